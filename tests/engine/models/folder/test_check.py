import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.contract.errors import ModelError
from engine.models.folder.check import check_model, content_hash, is_whole, sha256
from engine.models.folder.layout import components_of_index, read_header
from engine.models.hub import store
from engine.models.presets import PRIMITIVES_FOLDER


@pytest.fixture
def model(public_model, tmp_path) -> Path:
    return Path(shutil.copytree(public_model, tmp_path / "model"))


def the_fault(model: Path, **options) -> str:
    (fault,) = check_model(model, **options)
    return fault


def test_whole_models_have_no_fault(model):
    assert check_model(model) == []
    for role in ("image", "video", "upscale"):
        assert check_model(PRIMITIVES_FOLDER / role) == []


def test_a_folder_without_a_model_is_told(tmp_path):
    assert "model_index.json is missing" in the_fault(tmp_path)
    (tmp_path / "config.json").write_text('{"_class_name": "UNet2DConditionModel"}')
    assert "UNet2DConditionModel" in the_fault(tmp_path)
    for text in ("{", "[]", "{}", '{"unet": "UNet"}', '{"unet": ["diffusers"]}', '{"../up": ["diffusers", "UNet2DModel"]}'):
        (tmp_path / "model_index.json").write_text(text)
        assert str(tmp_path / "model_index.json") in the_fault(tmp_path)


@pytest.mark.parametrize("length", [0, 5, 100, 5000, -1])
def test_a_truncated_file_of_weights_is_found(model, length):
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:length])
    assert str(weights) in the_fault(model) and "Fetch or copy" in the_fault(model)


def test_a_file_that_is_too_long_or_no_safetensors_is_found(model):
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    for content in (weights.read_bytes() + b"0", b"<html>not here</html>", b"\2\0\0\0\0\0\0\0[]", b"\xff" * 50):
        weights.write_bytes(content)
        assert str(weights) in the_fault(model)


def test_what_a_component_lacks_is_named(model):
    for name in ("unet/config.json", "scheduler/scheduler_config.json", "tokenizer/tokenizer.json"):
        content = (model / name).read_bytes()
        (model / name).unlink()
        assert name.split("/")[0] in the_fault(model)
        (model / name).write_bytes(content)
    (model / "vae" / "config.json").write_text("{")
    assert "vae" in the_fault(model) and "damaged" in the_fault(model)
    shutil.rmtree(model / "vae")
    assert "vae is missing" in the_fault(model)


def test_every_fault_is_told(model):
    shutil.rmtree(model / "vae")
    (model / "text_encoder" / "config.json").unlink()
    for path in (model / "unet").glob("*.safetensors"):
        path.unlink()
    assert len(check_model(model)) == 3


def test_a_missing_shard_and_a_truncated_one_are_found(model):
    folder = model / "unet"
    for path in folder.glob("*.safetensors"):
        path.unlink()
    names = [f"diffusion_pytorch_model-{number:05}-of-00002.safetensors" for number in (1, 2)]
    for number, name in enumerate(names):
        save_file({str(number): torch.zeros(100)}, folder / name)
    index = folder / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"0": names[0], "1": names[1]}}))
    assert check_model(model) == []
    (folder / names[1]).write_bytes((folder / names[1]).read_bytes()[:-4])
    assert names[1] in the_fault(model)
    (folder / names[1]).unlink()
    assert f"{names[1]} is missing" in the_fault(model)
    for text in ("{}", '{"weight_map": {}}', '{"weight_map": {"0": "../../outside.safetensors"}}', '{"weight_map": [1]}'):
        index.write_text(text)
        assert "no weight_map" in the_fault(model)


def test_files_are_compared_with_what_was_fetched(model):
    files = {
        path.relative_to(model).as_posix(): store.File(path.stat().st_size, sha256(path))
        for path in model.rglob("*") if path.is_file()
    }  # fmt: skip
    store.write_record(model, store.Record("someone/model", "main", "a" * 40, "mit", files))
    assert check_model(model, hashes=True) == []
    readme = model / "README.md"
    readme.write_text(readme.read_text().replace("A", "B"))
    assert check_model(model) == [] and "SHA-256 differs" in the_fault(model, hashes=True)
    readme.write_text("A")
    assert "had 36 when it was fetched" in the_fault(model)
    readme.unlink()
    assert "README.md is missing" in the_fault(model)
    (model / store.RECORD).write_text("{")
    assert "damaged" in the_fault(model)


def test_a_header_tells_tensors_without_reading_them(model):
    header = read_header(model / "unet" / "diffusion_pytorch_model.safetensors")
    assert header["conv_in.bias"]["shape"] == [8] and header["conv_in.bias"]["dtype"] == "F32"
    with pytest.raises(ModelError, match="can't be read"):
        read_header(model / "nothing.safetensors")


def test_settings_and_absent_parts_are_no_components():
    index = {
        "_class_name": "Pipeline", "_diffusers_version": "0.1", "requires_safety_checker": False, "boundary_ratio": None,
        "scale": 0.5, "image_encoder": [None, None], "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": ["transformers", "CLIPFeatureExtractor"],
        "image_processor": ["transformers", "CLIPImageProcessor"],
        "watermarker": ["diffusers.pipelines.deepfloyd_if", "IFWatermarker"], "unet": ["diffusers", "UNet2DConditionModel"],
    }  # fmt: skip
    (unet,) = components_of_index(index, "index")
    assert (unet.name, unet.kind, unet.folder) == ("unet", "network", "unet")


@pytest.mark.parametrize(
    "entry",
    [["mv_unet", "MultiViewUNetModel"], ["mvdream.models", "MultiViewUNetWrapperModel"], ["diffusers", "MultiViewUNetModel"]],
)
def test_ports_of_mvdream_get_our_class(entry):
    (unet,) = components_of_index({"unet": entry}, "index")
    assert (unet.library, unet.class_name) == ("engine.models.mvdream.unet", "MultiViewUNet")


def test_content_in_the_hub_s_cache_is_compared_with_its_name(model, tmp_path):
    (tmp_path / "blobs").mkdir()
    for name in ("unet/config.json", "vae/diffusion_pytorch_model.safetensors"):
        path = model / name
        known = content_hash(path, "0" * (40 if name.endswith(".json") else 64))
        path.rename(tmp_path / "blobs" / known)
        path.symlink_to(tmp_path / "blobs" / known)
    assert check_model(model, hashes=True) == []
    for name in ("unet/config.json", "vae/diffusion_pytorch_model.safetensors"):
        content = (model / name).read_bytes()
        (model / name).write_bytes(content[:-1] + b" ")
        assert name in the_fault(model, hashes=True) and check_model(model) == []
        (model / name).write_bytes(content)


def test_git_s_hash_is_git_s(tmp_path):
    (tmp_path / "file").write_bytes(b"hello\n")
    # `printf 'hello\n' | git hash-object --stdin`
    assert content_hash(tmp_path / "file", "0" * 40) == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_model_is_whole_when_no_file_is_missing_whatever_is_in_them(model):
    assert is_whole(model) and not is_whole(model / "unet")
    weights = model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(b"")
    assert is_whole(model)
    weights.unlink()
    # Another precision does as well.
    assert is_whole(model)
    (model / "unet" / "diffusion_pytorch_model.fp16.safetensors").unlink()
    assert not is_whole(model)
    assert not is_whole(model / "nothing")
