"""The pace of results, from buttons and scripts."""

import bpy
import pytest

from mav3d_blender.ui.panels import pace_text
from tests.mav3d_blender.timeline.assets import FRAMES, world_points, write_asset, write_fixed_asset


@pytest.fixture
def host(addon, tmp_path) -> bpy.types.Object:
    write_fixed_asset(tmp_path / "asset")
    addon.mav3d.rate = "EVERY"
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "asset"))
    return bpy.context.view_layer.objects.active


def test_twice_as_fast_backwards_and_back(addon, host):
    before = [world_points(addon, host, frame) for frame in range(1, FRAMES + 2)]
    assert pace_text(host) == "Retime" and bpy.ops.mav3d.retime.poll()
    assert bpy.ops.mav3d.retime(speed=2.0, reverse=True, repeat="LOOP") == {"FINISHED"}
    assert pace_text(host) == "Retime: 2×, Reverse"
    # A loop ends as it begins, and backwards it begins there.
    for step in range(FRAMES // 2):
        assert abs(world_points(addon, host, 1 + step) - before[FRAMES - 2 * step]).max() < 1e-4
    assert bpy.ops.mav3d.retime() == {"FINISHED"}
    assert pace_text(host) == "Retime"
    for frame, points in enumerate(before, 1):
        assert abs(world_points(addon, host, frame) - points).max() < 1e-4


def test_clips_that_are_spread_over_the_scene_s_frames_keep_their_keys_on_frames(addon, tmp_path):
    write_fixed_asset(tmp_path / "asset")
    addon.render.fps, addon.mav3d.rate = 24, "KEEP"
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "asset"))
    host = bpy.context.view_layer.objects.active
    assert host.mav3d.spacing == 2
    before = world_points(addon, host, 5)
    bpy.ops.mav3d.retime(speed=2.0)
    assert abs(world_points(addon, host, 3) - before).max() < 1e-4


def test_smoothing_says_where_there_is_nothing_to_smooth(addon, host, tmp_path):
    still = world_points(addon, host, 1)
    assert bpy.ops.mav3d.smooth_motion(times=3) == {"FINISHED"}
    # A loop that jumps from its last frame to its first is evened out there.
    assert abs(world_points(addon, host, 1) - still).max() > 0.1
    write_asset(tmp_path / "frames")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "frames"))
    with pytest.raises(RuntimeError, match="use To Shape Keys first"):
        bpy.ops.mav3d.smooth_motion()
    bpy.context.view_layer.objects.active.animation_data_clear()
    with pytest.raises(RuntimeError, match="has no keys that MAV3D made"):
        bpy.ops.mav3d.retime(speed=2.0)
