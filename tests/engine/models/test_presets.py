from pathlib import Path

import pytest

from engine.contract.request import PRESETS as NAMES
from engine.contract.request import ROLES
from engine.models.folder.layout import is_model
from engine.models.hub.ids import MAIN, split_source
from engine.models.presets import PRESETS, SCORER_FOLDER, Preset


def test_the_presets_are_those_that_a_request_may_name():
    assert tuple(PRESETS) == NAMES and all(name == preset.name for name, preset in PRESETS.items())


def test_a_preset_has_a_model_for_each_role():
    preset = Preset("mine", "a/image", "a/video", "", "")
    assert preset.sources() == {"image": "a/image", "video": "a/video", "upscale": ""} and not preset.built_in
    assert tuple(preset.sources()) == ROLES


def test_the_built_in_models_are_here():
    sources = PRESETS["primitives"].sources()
    assert PRESETS["primitives"].built_in and all(is_model(Path(source)) for source in sources.values())
    assert (SCORER_FOLDER / "config.json").is_file()


@pytest.mark.parametrize("name", ["paper", "open"])
def test_public_presets_name_models_of_the_hub(name):
    assert not PRESETS[name].built_in and all(split_source(source) for source in PRESETS[name].sources().values())


def test_a_custom_preset_leaves_every_model_open():
    assert set(PRESETS["custom"].sources().values()) == {""}


def test_what_is_pinned_is_pinned_by_a_whole_commit():
    revisions = [split_source(source)[1] for name in ("paper", "open") for source in PRESETS[name].sources().values()]
    pinned = [revision for revision in revisions if revision != MAIN]
    assert len(pinned) == 4 and all(len(revision) == 40 and int(revision, 16) for revision in pinned)
