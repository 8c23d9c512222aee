import numpy as np
import pytest

from mav3d_blender.timeline import BakeError, compat, import_asset, to_transform_keys
from tests.mav3d_blender.timeline.assets import FRAMES, OCTAHEDRON, moving_octahedron, world_points, write_fixed_asset


def still(scene, tmp_path, positions=None, **options):
    write_fixed_asset(tmp_path / "asset", positions)
    return import_asset(tmp_path / "asset", scene, **options).object


@pytest.mark.parametrize(("spacing", "repeat"), [(1, "HOLD"), (2, "LOOP")])
def test_the_motion_becomes_keys_of_one_shape(scene, tmp_path, spacing, repeat):
    host = still(scene, tmp_path, spacing=spacing, repeat=repeat, location=(1, 2, 3))
    host.rotation_euler, host.scale = (0.3, 0.2, 0.1), (2, 2, 2)
    expected = {frame: world_points(scene, host, 1 + spacing * frame) for frame in range(FRAMES)}
    twin = to_transform_keys(host, scene)
    assert twin != host and host.hide_viewport and host.hide_render and twin.data.shape_keys is None
    assert {curve.data_path for curve in compat.fcurves(twin)} >= {"location", "scale"}
    for frame, points in expected.items():
        assert world_points(scene, twin, 1 + spacing * frame) == pytest.approx(points, abs=0.01)


def test_an_edit_is_there_in_every_frame(scene, tmp_path):
    twin = to_transform_keys(still(scene, tmp_path), scene)
    before = [world_points(scene, twin, frame) for frame in range(1, FRAMES + 1)]
    twin.data.vertices[4].co *= 3
    for frame, points in enumerate(before, 1):
        after = world_points(scene, twin, frame)
        assert after[[0, 1, 2, 3, 5]] == pytest.approx(points[[0, 1, 2, 3, 5]], abs=1e-5)
        assert np.linalg.norm(after[4] - points[4]) > 1.5


def test_what_a_transform_does_not_explain_stays_in_shape_keys(scene, tmp_path):
    positions = moving_octahedron()
    positions[:, 4, 2] += 0.3 * np.sin(np.linspace(0, 3, FRAMES))
    host = still(scene, tmp_path, positions)
    twin = to_transform_keys(host, scene)
    assert len(twin.data.shape_keys.key_blocks) == FRAMES + 1
    for frame in range(FRAMES):
        assert world_points(scene, twin, frame + 1) == pytest.approx(positions[frame], abs=0.01)


def test_what_can_not_be_converted_is_one_sentence(scene, tmp_path):
    host = still(scene, tmp_path)
    host.keyframe_insert("location", frame=1)
    with pytest.raises(BakeError, match="keys of its own"):
        to_transform_keys(host, scene)
    still_one = still(scene, tmp_path / "still", OCTAHEDRON[None])
    with pytest.raises(BakeError, match="no keyed shape keys"):
        to_transform_keys(still_one, scene)
    assert not still_one.hide_viewport
