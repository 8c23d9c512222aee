import json
import shutil
from pathlib import Path

import pytest
import sentencepiece
import torch
from safetensors.torch import load_file, save_file

from engine.contract.errors import ModelError
from engine.models.folder.loader import load_components


@pytest.fixture
def model(tiny_models, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_models / "image", tmp_path / "image"))


def test_every_component_of_the_index_is_loaded_frozen(model):
    components = load_components(model)
    assert set(components) == {"pose_encoder", "scheduler", "text_encoder", "tokenizer", "unet"}
    assert type(components["unet"]).__name__ == "UNet2DConditionModel"
    weights = list(components["unet"].parameters())
    assert all(w.dtype == torch.float32 and not w.requires_grad for w in weights)
    assert not components["unet"].training
    assert components["tokenizer"]("red ball bouncing").input_ids[0] == 1


def test_two_loads_are_equal_and_the_pose_encoder_keeps_its_camera(model):
    first, second = load_components(model), load_components(model)
    for one, other in zip(first["unet"].parameters(), second["unet"].parameters(), strict=True):
        assert torch.equal(one, other)
    assert first["pose_encoder"].config.fov == pytest.approx(0.4189, abs=1e-3)


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(ModelError, match="model_index.json is missing"):
        load_components(tmp_path)


def test_a_truncated_weights_file_is_named(model):
    weights = next((model / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelError, match="unet can't be read"):
        load_components(model)


def test_a_missing_component_is_named(model):
    shutil.rmtree(model / "scheduler")
    with pytest.raises(ModelError, match="scheduler is missing"):
        load_components(model)


def test_weights_that_are_no_safetensors_are_not_touched(model):
    weights = next((model / "unet").glob("*.safetensors"))
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelError, match="holds no diffusion_pytorch_model.safetensors"):
        load_components(model)


@pytest.mark.parametrize("entry", [["os", "system"], ["diffusers", "NoSuchModel"], "unet", ["diffusers"]])
def test_only_known_classes_are_ever_imported(model, entry):
    index = json.loads((model / "model_index.json").read_text())
    (model / "model_index.json").write_text(json.dumps(index | {"unet": entry}))
    with pytest.raises(ModelError):
        load_components(model)


def test_a_damaged_index_is_one_sentence(model):
    (model / "model_index.json").write_text('{"unet": ')
    with pytest.raises(ModelError, match="damaged"):
        load_components(model)


@pytest.fixture
def public(public_model, tmp_path) -> Path:
    return Path(shutil.copytree(public_model, tmp_path / "public"))


def change_weights(folder: Path, change) -> None:
    """Rewrites the tensors of a component by `change`, a function of their dictionary."""
    path = next(path for path in folder.glob("*.safetensors") if "fp16" not in path.name)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, {"format": "pt"})


def change_json(path: Path, **values) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(folder: Path, **options) -> str:
    with pytest.raises(ModelError) as caught:
        load_components(folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_saved_pipeline_comes_back_without_its_checker(public):
    components = load_components(public)
    assert set(components) == {"vae", "text_encoder", "tokenizer", "unet", "scheduler"}
    assert components["tokenizer"]("ab").input_ids == [0, 6, 1]


def test_only_what_is_asked_for_is_loaded(public):
    shutil.rmtree(public / "vae")
    assert set(load_components(public, only=("unet", "scheduler"))) == {"unet", "scheduler"}
    assert "has no transformer" in refused(public, only=("unet", "transformer"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_weights_come_in_the_precision_asked_for(public, dtype):
    components = load_components(public, dtype)
    for name in ("unet", "vae", "text_encoder"):
        assert {value.dtype for value in components[name].parameters()} == {dtype}


def test_weights_that_are_only_there_in_half_are_found(public):
    for folder in ("unet", "vae", "text_encoder"):
        next(path for path in (public / folder).glob("*.safetensors") if "fp16" not in path.name).unlink()
    components = load_components(public)
    half = load_file(public / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    assert all(torch.equal(value, half[name].float()) for name, value in components["unet"].state_dict().items())


@pytest.mark.parametrize("name", ["unet", "vae", "text_encoder"])
def test_missing_tensors_are_never_made_up(public, name):
    change_weights(public / name, lambda tensors: tensors.pop(sorted(tensors)[3]))
    assert name in refused(public) and "1 of its tensors are missing" in refused(public)


@pytest.mark.parametrize("name", ["unet", "text_encoder"])
def test_tensors_of_another_size_are_refused(public, name):
    change_weights(public / name, lambda tensors: tensors.update({sorted(tensors)[3]: torch.zeros(3, 5)}))
    assert name in refused(public) and "shape" in refused(public)


def test_another_class_than_the_weights_are_of_is_refused(public):
    change_json(public / "model_index.json", text_encoder=["transformers", "T5EncoderModel"])
    assert "not those of a T5EncoderModel" in refused(public)
    change_json(public / "model_index.json", text_encoder=["diffusers", "UNet2DConditionModel"])
    assert "no diffusion_pytorch_model.safetensors, the weights of a UNet2DConditionModel" in refused(public)
    change_json(
        public / "model_index.json", text_encoder=["transformers", "CLIPTextModel"], unet=["diffusers", "AutoencoderKL"]
    )
    assert "unet can't be read as AutoencoderKL" in refused(public) or "not those of a AutoencoderKL" in refused(public)


@pytest.mark.parametrize(
    "entry",
    [
        ["diffusers", "UNet2DConditionModle"], ["transformers", "pipeline"], ["diffusers", "StableDiffusionPipeline"],
        ["transformers", "CLIPTextConfig"], ["diffusers.utils", "logging"], ["unet", "UNet"],
    ],
)  # fmt: skip
def test_classes_that_are_no_network_are_refused(public, entry):
    change_json(public / "model_index.json", unet=entry)
    assert entry[1] in refused(public)


def test_settings_of_another_release_are_no_hindrance(public):
    for name in ("unet", "vae", "text_encoder"):
        change_json(public / name / "config.json", a_setting_of_tomorrow=3)
    assert "unet" in load_components(public)


def test_settings_that_make_no_network_are_refused(public):
    change_json(public / "unet" / "config.json", down_block_types=["NoSuchBlock", "DownBlock2D"])
    assert "unet can't be read" in refused(public)
    change_json(public / "text_encoder" / "config.json", num_attention_heads="two")
    assert "text_encoder can't be read" in refused(public, only=("text_encoder",))


def test_a_tokenizer_without_words_is_refused(public):
    (public / "tokenizer" / "tokenizer.json").unlink()
    assert "holds no whole vocabulary" in refused(public)


@pytest.mark.parametrize("name", ["unet", "text_encoder"])
def test_weights_in_several_files_load_and_a_missing_one_is_named(public, name):
    whole = load_components(public, only=(name,))[name]
    for path in (public / name).glob("*.safetensors"):
        path.unlink()
    whole.save_pretrained(public / name, max_shard_size="5KB" if name == "text_encoder" else "40KB")
    loaded = load_components(public, only=(name,))[name].state_dict()
    assert all(torch.equal(value, loaded[key]) for key, value in whole.state_dict().items())
    shard = sorted((public / name).glob("*-of-*.safetensors"))[1]
    content = shard.read_bytes()
    shard.write_bytes(content[:-8])
    assert shard.name in refused(public)
    shard.unlink()
    assert f"{shard.name} is missing" in refused(public)


def test_no_code_beside_a_model_is_run(public):
    # A repository may point at its own classes.
    change_json(public / "unet" / "config.json", auto_map={"AutoModel": "unet.Anything"})
    change_json(public / "text_encoder" / "config.json", auto_map={"AutoModel": "unet.Anything"})
    (public / "text_encoder" / "unet.py").write_text("raise SystemExit")
    assert set(load_components(public)) >= {"unet", "text_encoder"}


def test_a_tokenizer_of_sentencepiece_reads_its_own_format(public, tmp_path):
    (tmp_path / "text").write_text("a corgi playing with a ball\na red ball bouncing\n" * 20)
    shutil.rmtree(public / "tokenizer")
    (public / "tokenizer").mkdir()
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(public / "tokenizer" / "spiece"), vocab_size=24, pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    (public / "tokenizer" / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer", "extra_ids": 100}')
    change_json(public / "model_index.json", tokenizer=["transformers", "T5Tokenizer"])
    pieces = sentencepiece.SentencePieceProcessor(str(public / "tokenizer" / "spiece.model"))
    tokenizer = load_components(public, only=("tokenizer",))["tokenizer"]
    assert tokenizer("a red corgi").input_ids == [*pieces.encode("a red corgi"), 1]


def test_a_tokenizer_of_older_releases_reads_its_two_files(public):
    old = json.loads((public / "tokenizer" / "tokenizer.json").read_text())["model"]
    shutil.rmtree(public / "tokenizer")
    (public / "tokenizer").mkdir()
    (public / "tokenizer" / "vocab.json").write_text(json.dumps(old["vocab"]))
    assert "holds no whole vocabulary" in refused(public, only=("tokenizer",))
    (public / "tokenizer" / "merges.txt").write_text("#version: 0.2\na b</w>\n")
    (public / "tokenizer" / "tokenizer_config.json").write_text('{"tokenizer_class": "CLIPTokenizer", "model_max_length": 8}')
    assert load_components(public, only=("tokenizer",))["tokenizer"]("ab a").input_ids == [0, 6, 4, 1]
