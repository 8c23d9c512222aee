"""Sequences that loop and turn round, and what baking makes of them."""

import bpy
import pytest

from mav3d_blender.timeline import bake_to_frames, frames_to_shape_keys, import_asset
from mav3d_blender.timeline.compat import fcurves
from tests.mav3d_blender.timeline.assets import shown_mesh, write_asset, write_fixed_asset


def size(scene: bpy.types.Scene, host: bpy.types.Object, frame: float) -> float:
    """In tenths above one: the clip's frame number in `write_asset`."""
    return round(10 * (max(vertex.co.x for vertex in shown_mesh(scene, host, frame).vertices) - 1))


def test_a_clip_of_another_rate_is_spread_over_the_scene(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path, 3), scene, start=10, spacing=2.0)
    assert (imported.first_frame, imported.last_frame) == (10, 14)
    assert [size(scene, imported.object, frame) for frame in (9, 10, 11, 12, 14, 20)] == [1, 1, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("repeat", "numbers"), [("LOOP", [3, 1, 2, 3, 1, 2, 3, 1]), ("PING_PONG", [2, 1, 2, 3, 2, 1, 2, 3])]
)
def test_a_sequence_goes_on_before_and_after(scene, tmp_path, repeat, numbers):
    host = import_asset(write_asset(tmp_path, 3), scene, start=1, repeat=repeat).object
    assert [size(scene, host, frame) for frame in range(8)] == numbers


@pytest.mark.parametrize("repeat", ["LOOP", "PING_PONG"])
def test_baking_there_and_back_keeps_the_repeat_and_the_count(scene, tmp_path, repeat):
    host = import_asset(write_fixed_asset(tmp_path), scene, start=4, repeat=repeat).object
    frames = bake_to_frames(host, scene)
    assert len([o for o in bpy.data.objects if o.name.startswith(f"{frames.name} 0")]) == 12
    back = frames_to_shape_keys(frames, scene)
    assert len(back.data.shape_keys.key_blocks) == 13
    curve = fcurves(back.data.shape_keys)[0]
    assert [m.mode_after for m in curve.modifiers] == [{"LOOP": "REPEAT", "PING_PONG": "MIRROR"}[repeat]]
