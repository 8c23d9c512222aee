"""What a file is called."""

from pathlib import Path

import bpy
import pytest

from mav3d_blender.export.write import FORMATS, Format, format_items, formats_for, with_suffix
from mav3d_blender.timeline import import_asset
from tests.mav3d_blender.timeline.assets import write_asset


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("shot.v2", "GLB", "shot.v2.glb"),
        ("shot", "USDC", "shot.usdc"),
        ("shot.GLB", "GLB", "shot.GLB"),
        ("shot.glb", "FBX", "shot.fbx"),
        ("ball 1.5 m", "ABC", "ball 1.5 m.abc"),
        ("shot", "FBX_GAME", "shot.fbx"),
        ("shot.fbx", "GLB_GAME", "shot.glb"),
    ],
)
def test_the_ending_is_added_and_a_name_keeps_its_dots(name, kind, expected):
    assert with_suffix(Path("/a", name), kind) == Path("/a", expected)


def test_a_format_that_this_blender_has_not_is_not_offered(monkeypatch):
    everything = [item[0] for item in format_items()]
    assert everything == list(FORMATS) == [each.name for each in formats_for(None)]
    monkeypatch.setattr(Format, "built_in", property(lambda self: self.suffix not in (".usdc", ".abc")))
    assert [item[0] for item in format_items()] == ["GLB", "FBX", "GLB_GAME", "FBX_GAME"]
    assert [item[3] for item in format_items()] == [0, 1, 4, 5], "numbers are what presets hold"


def test_what_has_one_mesh_per_frame_is_not_offered_formats_that_drop_it(tmp_path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    host = import_asset(write_asset(tmp_path / "asset"), bpy.context.scene).object
    assert [each.name for each in formats_for(host)] == ["USDC", "ABC"]
