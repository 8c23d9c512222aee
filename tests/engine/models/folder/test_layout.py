"""What a model's folder says of itself, before anything is loaded."""

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from engine.contract.errors import ModelError
from engine.models.folder.layout import (
    INDEX,
    MULTI_VIEW_UNET,
    Component,
    components,
    components_of_index,
    index_name,
    is_file_name,
    is_model,
    read_header,
    read_object,
    single_component,
    stems_of,
    weights,
    whole_name,
)

UNET = Component("unet", "diffusers", "UNet2DConditionModel", "unet")
TEXT = Component("text_encoder", "transformers", "CLIPTextModel", "text_encoder")
OTHER = Component("unet", "engine.models", "Denoiser", "unet")


def named(index: dict) -> list[tuple[str, str, str]]:
    return [(part.name, part.library, part.class_name) for part in components_of_index(index, "here")]


@pytest.mark.parametrize(
    ("class_name", "kind", "config"),
    [
        ("CLIPTokenizer", "tokenizer", None),
        ("T5TokenizerFast", "tokenizer", None),
        ("DDIMScheduler", "scheduler", "scheduler_config.json"),
        ("UNet2DConditionModel", "network", "config.json"),
    ],
)
def test_a_component_s_kind_and_settings_follow_from_its_class(class_name, kind, config):
    part = Component("part", "some", class_name, "part")
    assert (part.kind, part.config) == (kind, config)


def test_an_index_names_the_components_that_are_there():
    index = {
        "_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "vae": [None, None],
        "safety_checker": ["stable_diffusion", "Checker"], "requires_safety_checker": False, "scale": 8.0, "extra": None,
    }  # fmt: skip
    assert named(index) == [("unet", "diffusers", "UNet2DConditionModel")]


@pytest.mark.parametrize(
    "entry", [["mv_unet", "MultiViewUNetModel"], ["mvdream.models", "Any"], ["x", "MultiViewUNetWrapperModel"]]
)
def test_ports_of_mvdream_are_read_by_our_own_class(entry):
    assert named({"unet": entry}) == [("unet", *MULTI_VIEW_UNET)]


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ({}, "names no component"),
        ({"unet": "UNet"}, "names 'UNet' for unet"),
        ({"unet": ["diffusers"]}, "which this engine does not load"),
        ({"unet": ["diffusers", 3]}, "which this engine does not load"),
        ({"../up": ["diffusers", "UNet2DModel"]}, "which is no name"),
    ],
)
def test_an_index_that_can_not_be_is_refused(index, said):
    with pytest.raises(ModelError, match=f"here .*{said}"):
        components_of_index(index, "here")


def test_a_folder_is_a_model_by_its_index_or_as_a_single_component(tmp_path):
    with pytest.raises(ModelError, match=f"No model in .*{INDEX} is missing"):
        components(tmp_path)
    assert not is_model(tmp_path)
    (tmp_path / "config.json").write_text('{"_class_name": "MotionAdapter"}')
    assert components(tmp_path) == [Component("motion_adapter", "diffusers", "MotionAdapter", "")] and is_model(tmp_path)
    (tmp_path / INDEX).write_text('{"unet": ["diffusers", "UNet2DConditionModel"]}')
    assert components(tmp_path) == [UNET]
    with pytest.raises(ModelError, match="config.json is of class 'UNet2DModel'"):
        single_component({"_class_name": "UNet2DModel"}, "here")


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "[" * 100_000])
def test_a_file_that_holds_no_object_is_damaged(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ModelError, match="a.json is damaged"):
        read_object(tmp_path / "a.json")


def touch(folder, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


def test_weights_have_the_name_that_their_library_gives_them():
    assert stems_of(UNET) == ("diffusion_pytorch_model",) and stems_of(TEXT) == ("model",)
    assert whole_name("model", None) == "model.safetensors" and whole_name("model", "fp16") == "model.fp16.safetensors"
    assert index_name("model", "fp16") == "model.safetensors.index.fp16.json"


def test_whole_precision_goes_before_half(tmp_path):
    touch(tmp_path, "diffusion_pytorch_model.fp16.safetensors")
    assert weights(tmp_path, UNET) == ("fp16", [tmp_path / "diffusion_pytorch_model.fp16.safetensors"])
    touch(tmp_path, "diffusion_pytorch_model.safetensors")
    assert weights(tmp_path, UNET) == (None, [tmp_path / "diffusion_pytorch_model.safetensors"])


def test_weights_in_several_files_are_those_of_their_index_and_a_whole_set_goes_first(tmp_path):
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = {"weight_map": {"b": names[1], "a": names[0], "c": names[1]}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert weights(tmp_path, TEXT) == (None, [tmp_path / name for name in names])
    touch(tmp_path, "model.fp16.safetensors")
    assert weights(tmp_path, TEXT)[0] == "fp16"
    touch(tmp_path, *names)
    assert weights(tmp_path, TEXT)[0] is None


@pytest.mark.parametrize("names", [{}, {"a": "../../up.safetensors"}, {"a": 3}, []])
def test_an_index_of_weights_that_leads_nowhere_is_damaged(tmp_path, names):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    with pytest.raises(ModelError, match="no weight_map"):
        weights(tmp_path, TEXT)


def test_only_classes_of_no_known_library_may_have_weights_of_any_name(tmp_path):
    touch(tmp_path, "anything.safetensors")
    assert weights(tmp_path, OTHER) == (None, [tmp_path / "anything.safetensors"])
    with pytest.raises(ModelError, match="holds no diffusion_pytorch_model.safetensors, the weights of a UNet2DConditionModel"):
        weights(tmp_path, UNET)
    touch(tmp_path, "another.safetensors")
    with pytest.raises(ModelError, match="holds no"):
        weights(tmp_path, OTHER)


@pytest.mark.parametrize(
    ("name", "fits"),
    [("a.safetensors", True), ("", False), (".", False), ("..", False), ("a/b", False), ("c:x", False), (3, False)],
)
def test_a_file_s_name_leads_into_no_other_folder(name, fits):
    assert is_file_name(name) is fits


def test_a_header_tells_of_the_tensors(tmp_path):
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.float16)}, tmp_path / "w.safetensors", {"k": "v"})
    header = read_header(tmp_path / "w.safetensors")
    found = {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()}
    assert found == {"a": ("F32", [2, 3]), "b": ("F16", [4])}


def test_a_file_as_long_as_its_header_says_is_whole_and_no_other(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(8)}, path)
    whole = path.read_bytes()
    for content in (whole[:-1], whole + b"0", whole[:20], b"", struct.pack("<Q", 2**40) + b"{}", struct.pack("<Q", 2) + b"[]"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="w.safetensors can't be read"):
            read_header(path)
