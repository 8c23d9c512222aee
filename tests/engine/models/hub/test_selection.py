"""Which files of a repository are fetched, from their names alone."""

import pytest

from engine.contract.errors import ModelError
from engine.models.folder.layout import Component
from engine.models.hub.selection import RemoteFile, Wanted, select

UNET = Component("unet", "diffusers", "UNet2DConditionModel", "unet")
TEXT = Component("text_encoder", "transformers", "CLIPTextModel", "text_encoder")
TOKENS = Component("tokenizer", "transformers", "CLIPTokenizer", "tokenizer")
NOISE = Component("scheduler", "diffusers", "DDIMScheduler", "scheduler")
WHOLE = "unet/diffusion_pytorch_model"
PARTS = [f"text_encoder/model-0000{number}-of-00002.safetensors" for number in (1, 2)]


def files(*names: str) -> list[RemoteFile]:
    return [RemoteFile(name, 10, name) for name in names]


def chosen(part: Component, names: list[str], **options) -> dict[str, str]:
    """The name that each file is read by, less the component's settings."""
    wanted = select([part], files(f"{part.folder}/config.json", "README.md", *names), **options)
    return {each.file.name: each.name for each in wanted if not each.name.endswith("config.json")}


@pytest.mark.parametrize(("half", "suffix"), [(True, ".fp16"), (False, "")])
def test_one_set_of_weights_is_taken_in_the_precision_asked_for(half, suffix):
    names = [f"{WHOLE}{precision}.{kind}" for precision in ("", ".fp16") for kind in ("safetensors", "bin")]
    assert list(chosen(UNET, names, half=half)) == [f"{WHOLE}{suffix}.safetensors"]


def test_safetensors_go_before_the_precision():
    assert list(chosen(UNET, [f"{WHOLE}.safetensors", f"{WHOLE}.fp16.bin"])) == [f"{WHOLE}.safetensors"]
    assert list(chosen(UNET, [f"{WHOLE}.fp16.safetensors", f"{WHOLE}.bin"], half=False)) == [f"{WHOLE}.fp16.safetensors"]


def test_what_is_on_this_machine_already_goes_before_half_precision_alone():
    names = [f"{WHOLE}.safetensors", f"{WHOLE}.fp16.safetensors"]

    def there(file):
        return "fp16" not in file.name

    assert list(chosen(UNET, names, there=there)) == [f"{WHOLE}.safetensors"]
    assert list(chosen(UNET, names, half=False, there=lambda file: "fp16" in file.name)) == [f"{WHOLE}.safetensors"]


def test_weights_of_torch_are_renamed_as_what_they_become():
    assert chosen(UNET, [f"{WHOLE}.bin"]) == {f"{WHOLE}.bin": f"{WHOLE}.safetensors"}
    assert chosen(TEXT, ["text_encoder/pytorch_model.fp16.bin"]) == {
        "text_encoder/pytorch_model.fp16.bin": "text_encoder/model.safetensors"
    }


def test_files_in_several_parts_come_with_their_index_or_without_one_that_does_not_fit():
    index = "text_encoder/model.safetensors.index.json"
    assert chosen(TEXT, [*PARTS, index]) == {name: name for name in (index, *PARTS)}
    assert chosen(TEXT, PARTS) == {name: name for name in PARTS}
    old = [f"text_encoder/pytorch_model-0000{number}-of-00002.bin" for number in (2, 1)]
    assert chosen(TEXT, [*old, "text_encoder/pytorch_model.bin.index.json"]) == dict(zip(sorted(old), PARTS, strict=True))


def test_a_single_checkpoint_of_any_name_will_do_and_training_s_leftovers_are_none():
    assert chosen(UNET, ["unet/dream.ckpt", "unet/optimizer.pt", "unet/dream_non_ema.ckpt"]) == {
        "unet/dream.ckpt": f"{WHOLE}.safetensors"
    }
    with pytest.raises(ModelError, match="lacks weights in a format that can be read"):
        chosen(UNET, ["unet/one.ckpt", "unet/other.ckpt"])


@pytest.mark.parametrize(
    ("part", "names", "lacks"),
    [
        (UNET, [f"{WHOLE}.safetensors"], "config.json"),
        (UNET, ["unet/config.json"], "weights in a format that can be read"),
        (TEXT, ["text_encoder/config.json", PARTS[1]], "some of the parts of its weights"),
        (TEXT, ["text_encoder/config.json", PARTS[0]], "some of the parts of its weights"),
        (NOISE, ["scheduler/config.json"], "scheduler_config.json"),
        (TOKENS, ["tokenizer/vocab.json"], "a vocabulary"),
    ],
)
def test_what_a_component_lacks_is_named(part, names, lacks):
    with pytest.raises(ModelError, match=rf"its component {part.name} \({part.class_name}\) lacks {lacks}"):
        select([part], files(*names))


def test_a_tokenizer_is_all_of_its_texts_and_no_code():
    names = [f"tokenizer/{name}" for name in ("vocab.json", "merges.txt", "tokenizer_config.json")]
    wanted = select([TOKENS], files(*names, "tokenizer/tokenizer.py", "tokenizer/weights.bin", "tokenizer/a.index.json"))
    assert [each.name for each in wanted] == names


def test_a_model_of_one_component_lies_at_the_top():
    adapter = Component("motion_adapter", "diffusers", "MotionAdapter", "")
    names = ["config.json", "diffusion_pytorch_model.safetensors", "other/diffusion_pytorch_model.safetensors"]
    assert [each.name for each in select([adapter], files(*names))] == names[:2]


def test_small_files_have_no_sha256_and_only_other_formats_are_converted():
    assert RemoteFile("a", 1, "0" * 40).sha256 == "" and RemoteFile("a", 1, "0" * 64).sha256 == "0" * 64
    (old, new) = (RemoteFile(name, 1, "") for name in ("w.bin", "w.safetensors"))
    assert Wanted(old, "w.safetensors").converted and not Wanted(new, "v.safetensors").converted
    assert not Wanted(old, "w.bin").converted
