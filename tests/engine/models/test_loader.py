import json
import shutil
from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.models.loader import load_components


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
    with pytest.raises(ModelError, match="no safetensors"):
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
