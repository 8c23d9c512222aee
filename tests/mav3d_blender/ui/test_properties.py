import bpy
import pytest

from mav3d_blender.common.contract import request
from mav3d_blender.ui import properties

TEXTS = {
    "preset": properties.PRESETS, "quality": properties.QUALITIES, "topology": properties.TOPOLOGIES,
    "memory": properties.MEMORY,
}  # fmt: skip


@pytest.fixture
def rna():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    properties.register()
    yield bpy.context.scene.mav3d.bl_rna.properties
    properties.unregister()


@pytest.mark.parametrize("name", TEXTS)
def test_every_choice_of_the_contract_can_be_chosen(rna, name):
    items = {item.identifier.lower().replace("_", "-"): item.value for item in rna[name].enum_items}
    assert set(items) == set(request.SETTINGS[name].choices) == set(TEXTS[name])
    assert items == {choice: number for choice, (number, *_) in TEXTS[name].items()}, "numbers are what .blend files hold"


def test_numbers_in_blend_files_never_change():
    assert {choice: number for texts in TEXTS.values() for choice, (number, *_) in texts.items()} == {
        "primitives": 0, "paper": 3, "open": 2, "custom": 3, "creatures": 4, "draft": 0, "standard": 1, "high": 2, "auto": 0,
        "fixed": 1, "per-frame": 2, "rigged": 3, "low": 1,
    }  # fmt: skip


def test_limits_and_defaults_are_the_contracts(rna):
    assert (rna["frames"].hard_min, rna["frames"].hard_max, rna["frames"].default) == (1, 250, 16)
    assert (rna["video_guidance_scale"].hard_max, rna["static_steps"].hard_max) == (1000, 1_000_000)
    assert rna["seed"].hard_max == 2**31 - 1 and rna["topology"].default == "AUTO" and rna["preset"].default == "primitives"
