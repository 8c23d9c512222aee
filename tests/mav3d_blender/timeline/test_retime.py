"""Speed, direction and repeats of every kind of result, by what it shows from frame to frame."""

import bpy
import numpy as np
import pytest

from mav3d_blender.export.export import export
from mav3d_blender.timeline import (
    BakeError,
    Pace,
    Timing,
    animate_object,
    bake_to_frames,
    import_asset,
    motion_curves,
    repeat_of,
    retime,
    rig_to_shape_keys,
    smooth,
)
from mav3d_blender.timeline.asset_folder.asset import Asset, MovingMesh
from tests.mav3d_blender.rigged import FRAMES as RUN
from tests.mav3d_blender.rigged import add_rigged_dog, running_rig
from tests.mav3d_blender.timeline.assets import (
    FRAMES,
    write_asset,
    write_fixed_asset,
    write_rigged_asset,
)

KINDS = {"rigged": write_rigged_asset, "fixed": write_fixed_asset, "per-frame": write_asset}
START = 10
LOOP, HOLD, PING_PONG = (Pace(repeat=each) for each in ("LOOP", "HOLD", "PING_PONG"))


def made(kind: str, scene, tmp_path, repeat: str) -> tuple[bpy.types.Object, bool]:
    """A result of a kind, and whether its armature was there before."""
    if kind != "own":
        asset = KINDS[kind](tmp_path / "asset")
        return import_asset(asset, scene, start=START, repeat=repeat).object, False
    host, armature = add_rigged_dog()
    rig = running_rig(host, armature)
    positions = np.float32([rig.in_world(rig.vertices(frame), frame) for frame in range(RUN)])
    mesh = MovingMesh(positions, np.array([[0, 1, 2]], np.int32), np.zeros((1, 3, 2), np.float32))
    about = {"prompt": "running", "fps": 12, "frames": RUN}
    animate_object(host, Asset(tmp_path, about, mesh, [], rig), Timing(START, repeat=repeat))
    return host, True


def shown(host, frame: float) -> np.ndarray:
    bpy.context.scene.frame_set(int(frame), subframe=frame - int(frame))
    graph = bpy.context.evaluated_depsgraph_get()
    evaluated = host.evaluated_get(graph)
    mesh = evaluated.to_mesh()
    points = np.array([evaluated.matrix_world @ vertex.co for vertex in mesh.vertices])
    evaluated.to_mesh_clear()
    return points


def keys_of(curves) -> list[list[float]]:
    return [[value for point in curve.keyframe_points for part in (point.co, point.handle_left, point.handle_right)
             for value in part] for curve in curves]  # fmt: skip


def same(host, frame: float, wanted: np.ndarray, atol: float = 2e-4) -> None:
    np.testing.assert_allclose(shown(host, frame), wanted, atol=atol)


@pytest.mark.parametrize("kind", [*KINDS, "own"])
def test_faster_backwards_and_back_again(scene, tmp_path, kind):
    host, own = made(kind, scene, tmp_path, "LOOP")
    curves = motion_curves(host, own)
    last = START + (RUN if own else FRAMES)
    before = {frame: shown(host, frame) for frame in range(START - 3, last + 4)}
    keys = keys_of(curves)
    fast = retime(curves, LOOP, Pace(2.0, repeat="LOOP"), 1.0)
    for frame in range(START, (START + last) // 2):
        same(host, frame, before[START + 2 * (frame - START)])
    back = retime(curves, fast, Pace(1.0, True, "LOOP"), 1.0)
    for frame in range(START, last + 1):
        same(host, frame, before[START + last - frame])
    assert retime(curves, back, LOOP, 1.0) == LOOP
    for frame, points in before.items():
        same(host, frame, points)
    for now, then in zip(keys_of(curves), keys, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_closes_to_and_fro_mirrors_and_hold_holds(scene, tmp_path, kind):
    host, _ = made(kind, scene, tmp_path, "HOLD")
    curves, last = motion_curves(host), START + FRAMES - 1
    before = {frame: shown(host, frame) for frame in range(START, last + 1)}
    keys = keys_of(curves)
    looped = retime(curves, HOLD, LOOP, 1.0)
    assert looped.closed and {repeat_of(curve) for curve in curves} == {"LOOP"}
    for frame in before:
        same(host, frame, before[frame], 5e-3)
        same(host, frame + FRAMES, before[frame], 5e-3)
    mirrored = retime(curves, looped, PING_PONG, 1.0)
    assert not mirrored.closed
    if kind != "per-frame":
        # Blender turns steps round at their ends, which are half open.
        for step in range(FRAMES):
            same(host, last + step, before[last - step])
    held = retime(curves, mirrored, HOLD, 1.0)
    for away in (1, 7, 50):
        same(host, START - away, before[START])
        same(host, last + away, before[last])
    assert held == HOLD
    for now, then in zip(keys_of(curves), keys, strict=True):
        # Curves that did not reach as far as the others do now, without a change.
        assert len(now) == len(then) or kind == "fixed"
        if len(now) == len(then):
            np.testing.assert_allclose(now, then, atol=1e-5)


def test_a_loop_that_was_closed_and_turned_round_opens_again_as_it_was(scene, tmp_path):
    host, _ = made("rigged", scene, tmp_path, "HOLD")
    curves = motion_curves(host)
    keys = keys_of(curves)
    pace = retime(curves, HOLD, Pace(1.5, True, "LOOP"), 1.0)
    pace = retime(curves, pace, Pace(0.75, False, "LOOP"), 1.0)
    assert retime(curves, pace, HOLD, 1.0) == HOLD
    for now, then in zip(keys_of(curves), keys, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-4)


@pytest.mark.parametrize("kind", ["rigged", "fixed"])
def test_exports_and_bakes_go_by_the_new_pace(scene, tmp_path, kind):
    host, _ = made(kind, scene, tmp_path, "LOOP")
    retime(motion_curves(host), LOOP, Pace(0.5, True, "LOOP"), 1.0)
    before = {frame: shown(host, frame) for frame in range(START, START + 2 * FRAMES)}
    # Reads the file again and compares what it shows.
    assert export(bpy.context, host, tmp_path / "slow.glb", "GLB").is_file()
    twin = bake_to_frames(host, scene)
    for frame, points in before.items():
        same(twin, frame, points)
    if kind == "rigged":
        host.hide_viewport = False
        keyed = rig_to_shape_keys(host, scene)
        same(keyed, START + 5, before[START + 5])


@pytest.mark.parametrize("kind", ["rigged", "fixed", "own"])
def test_smoothing_averages_neighbours(scene, tmp_path, kind):
    host, own = made(kind, scene, tmp_path, "LOOP")
    curves, last = motion_curves(host, own), START + (RUN if own else FRAMES)
    values = [[curve.evaluate(frame) for frame in range(START, last + 1)] for curve in curves]
    smooth(curves, 1.0, 1)
    for curve, before in zip(curves, values, strict=True):
        tolerance = 1e-3 * max(np.ptp(before), 1e-3) + 1e-5
        for step in range(1, len(before) - 1):
            wanted = 0.25 * before[step - 1] + 0.5 * before[step] + 0.25 * before[step + 1]
            assert curve.evaluate(START + step) == pytest.approx(wanted, abs=tolerance)
        # The ends of a loop are neighbours: what comes before the first is what came before the last.
        gained = before[-1] - before[0]
        assert curve.evaluate(START) == pytest.approx(
            0.25 * (before[-2] - gained) + 0.5 * before[0] + 0.25 * before[1], abs=tolerance
        )
    assert {repeat_of(curve) for curve in curves} == {"LOOP"}


def test_meshes_of_their_own_have_nothing_between_them(scene, tmp_path):
    host, _ = made("per-frame", scene, tmp_path, "LOOP")
    with pytest.raises(BakeError, match="use To Shape Keys first"):
        smooth(motion_curves(host), 1.0, 1)


def test_what_a_person_keyed_besides_is_no_part_of_the_motion(scene, tmp_path):
    host, _ = made("fixed", scene, tmp_path, "LOOP")
    host.keyframe_insert("location", frame=1)
    assert all(curve.data_path.startswith("key_blocks[") for curve in motion_curves(host))
    dog, own = made("own", scene, tmp_path, "LOOP")
    armature = dog.modifiers["Armature"].object
    assert motion_curves(dog, own)
    armature.animation_data.action = bpy.data.actions.new("walk")
    armature.pose.bones["head"].keyframe_insert("location", frame=1)
    assert motion_curves(dog, own) == []
