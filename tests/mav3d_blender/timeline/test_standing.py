import numpy as np
import pytest

from mav3d_blender.timeline import clip_box, import_asset, stand, z_up
from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.mav3d_blender.timeline.assets import (
    FRAMES,
    moving_octahedron,
    world_points,
    write_asset,
    write_fixed_asset,
    write_rigged_asset,
)  # fmt: skip

WRITERS = [write_asset, write_fixed_asset, write_rigged_asset]


def standing(folder, write, **options):
    write(folder)
    return read_asset(folder), stand(read_asset(folder), **options)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("origin", ["BOTTOM", "CENTER"])
def test_it_stands_where_it_is_put_in_the_size_asked_for(scene, tmp_path, write, origin):
    before, after = standing(tmp_path / "asset", write, size=0.5, origin=origin)
    imported = import_asset(after, scene, start=1, location=(3, 4, 5))
    clip = [world_points(scene, imported.object, frame) for frame in range(1, FRAMES + 1)]
    lowest = min(points[:, 2].min() for points in clip)
    first = clip[0]
    assert lowest == pytest.approx(5, abs=2e-3)
    assert (first[:, :2].min(0) + first[:, :2].max(0)) / 2 == pytest.approx([3, 4], abs=2e-3)
    longest = np.ptp(first, axis=0).max()
    assert longest == pytest.approx(0.5, rel=2e-3)
    # The motion is as it was, but for the size.
    factor = 0.5 / np.ptp(before.rig.rest if before.rig else before.meshes.positions[0] if write is write_fixed_asset
                          else before.meshes[0].vertices, axis=0).max()  # fmt: skip
    for frame in (4, 8):
        was = before.meshes[frame].vertices if write is write_asset else before.meshes.positions[frame]
        start = before.meshes[0].vertices if write is write_asset else before.meshes.positions[0]
        shift = (was.mean(0) - start.mean(0)) * factor
        if write is not write_asset:
            assert clip[frame].mean(0) - clip[0].mean(0) == pytest.approx(shift, abs=2e-3)


def test_the_origin_is_on_the_floor_or_in_the_middle(tmp_path):
    _, bottom = standing(tmp_path / "a", write_fixed_asset, size=0.5)
    assert bottom.origin == (0, 0, 0) and bottom.meshes.positions[..., 2].min() == pytest.approx(0, abs=1e-6)
    _, center = standing(tmp_path / "b", write_fixed_asset, size=0.5, origin="CENTER")
    first = center.meshes.positions[0]
    assert first.min(0) + first.max(0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert center.origin[2] == pytest.approx(-center.meshes.positions[..., 2].min())
    assert clip_box(bottom) == pytest.approx(clip_box(center), abs=1e-6)


def test_a_rig_stands_on_its_feet_at_rest_and_a_tumbling_one_turns_about_its_middle(tmp_path):
    _, bar = standing(tmp_path / "a", write_rigged_asset, size=1.0)
    assert (bar.rig.rest[:, 2].min(), bar.rig.rest[:, 2].max()) == pytest.approx((0, 1))
    assert bar.rig.rest_head[1] == pytest.approx([0, 0, 0.5]) and bar.rig.root[0, :3] == pytest.approx([0, 0, 0], abs=1e-6)
    for frame in range(FRAMES):
        assert bar.rig.in_world(bar.rig.vertices(frame), frame) == pytest.approx(bar.meshes.positions[frame], abs=1e-4)
    root = np.zeros((FRAMES, 10))
    angle = np.linspace(0, 3, FRAMES)
    root[:, 3], root[:, 4], root[:, 7:] = np.cos(angle / 2), np.sin(angle / 2), 1
    write_rigged_asset(tmp_path / "b", rig={"root": np.float32(root)})
    tumbling = stand(read_asset(tmp_path / "b"), 1.0)
    assert tumbling.rig.rest.min(0)[2] == pytest.approx(-0.5) and tumbling.rig.rest.max(0)[2] == pytest.approx(0.5)


def test_without_a_size_it_keeps_its_own(tmp_path):
    _, same = standing(tmp_path / "a", write_fixed_asset)
    assert np.ptp(same.meshes.positions, axis=1) == pytest.approx(np.ptp(moving_octahedron(), axis=1), abs=1e-6)


@pytest.mark.parametrize("write", WRITERS)
def test_what_has_y_up_stands_upright(scene, tmp_path, write):
    write(tmp_path / "asset", origin=[0, 7, 0])
    asset = read_asset(tmp_path / "asset")
    lying, upright = (import_asset(each, scene, start=1).object for each in (asset, z_up(asset)))
    for frame in (1, 5, 9):
        x, y, z = world_points(scene, lying, frame).T
        assert world_points(scene, upright, frame) == pytest.approx(np.stack([x, -z, y], 1), abs=2e-3)
