"""An armature of the artist's own gets a new Action, and is else as it was."""

import subprocess
import sys

import bpy
import numpy as np
import pytest

from mav3d_blender.capture.base_mesh import write_base_mesh
from mav3d_blender.capture.bones import write_bones
from mav3d_blender.timeline import AssetError, Timing, animate_object, compat
from mav3d_blender.timeline.asset_folder.asset import read_asset
from mav3d_blender.timeline.own_rig import animate_armature, uneven
from tests.mav3d_blender.rigged import FRAMES, add_rigged_dog, running_rig, shown
from tests.root import ROOT

# Of the box's diagonal.
CLOSE = 0.01


def animate(host, armature, start=1):
    rig = running_rig(host, armature)
    pivot = np.array(host.matrix_world.translation)
    wanted = [rig.in_world(rig.vertices(frame), frame) + pivot for frame in range(FRAMES)]
    notes = animate_armature(armature, host, rig, Timing(start), "a dog running")
    return notes, wanted, float(np.linalg.norm(np.ptp(rig.rest, axis=0)))


@pytest.mark.parametrize("parent", [True, False])
def test_the_mesh_is_where_the_engine_has_it(scene, parent):
    host, armature = add_rigged_dog(parent=parent)
    rest, weights = [tuple(v.co) for v in host.data.vertices], [[g.weight for g in v.groups] for v in host.data.vertices]
    place = [tuple(row) for row in armature.matrix_world]
    notes, wanted, size = animate(host, armature)
    assert notes == []
    for frame in range(FRAMES):
        away = np.linalg.norm(shown(host, frame + 1) - wanted[frame], axis=1).max()
        assert away < CLOSE * size, (frame, away / size)
    assert armature.animation_data.action.name == "a dog running"
    # The motion of the whole is the armature's where the mesh hangs on it, and else its bones'.
    assert (shown(host, 1) is not None) and (([tuple(row) for row in armature.matrix_world] == place) or parent)
    assert [tuple(v.co) for v in host.data.vertices] == rest and [each.type for each in host.modifiers] == ["ARMATURE"]
    assert [[g.weight for g in v.groups] for v in host.data.vertices] == weights


def test_bones_that_hold_nothing_stay_and_others_turn_in_their_own_mode(scene):
    host, armature = add_rigged_dog()
    armature.pose.bones["control"].location = (0.1, 0.2, 0.3)
    armature.pose.bones["target"].rotation_quaternion = (0.8, 0.6, 0, 0)
    _, wanted, size = animate(host, armature)
    paths = {curve.data_path for curve in compat.fcurves(armature)}
    assert not any("control" in path or "target" in path for path in paths)
    assert {'pose.bones["head"].rotation_euler', 'pose.bones["chest"].rotation_axis_angle'} <= paths
    assert 'pose.bones["hips"].rotation_quaternion' in paths
    # Those that are connected can't leave their place.
    assert not any("lower" in path and path.endswith("location") for path in paths)
    np.testing.assert_allclose(armature.pose.bones["control"].location, (0.1, 0.2, 0.3), atol=1e-6)
    # A control that is out of its rest pose is allowed for.
    assert np.linalg.norm(shown(host, 3) - wanted[2], axis=1).max() < CLOSE * size


def test_the_action_before_is_kept_and_said(scene):
    host, armature = add_rigged_dog()
    head = armature.pose.bones["head"]
    head.rotation_euler = (0.5, 0, 0)
    head.keyframe_insert("rotation_euler", frame=1)
    before = armature.animation_data.action
    notes, wanted, size = animate(host, armature)
    assert armature.animation_data.action != before and before.use_fake_user and before.name in notes[0]
    assert np.linalg.norm(shown(host, 2) - wanted[1], axis=1).max() < CLOSE * size
    armature.animation_data.action = before
    if hasattr(before, "slots"):
        armature.animation_data.action_slot = before.slots[0]
    bpy.context.scene.frame_set(1)
    assert head.rotation_euler.x == pytest.approx(0.5)


def test_what_overrides_the_keys_is_said_and_left_alone(scene):
    host, armature = add_rigged_dog()
    held = armature.pose.bones["front_lower.L"].constraints.new("IK")
    held.target = host
    armature.pose.bones["head"].driver_add("rotation_euler", 0).driver.expression = "0"
    armature.data.pose_position = "REST"
    notes, *_ = animate(host, armature)
    assert "2 bones of rig have constraints or drivers" in notes[0] and "rest position" in notes[1]
    assert held.enabled and len(armature.animation_data.drivers) == 1


def test_an_armature_that_was_changed_meanwhile_is_left_alone(scene):
    host, armature = add_rigged_dog()
    rig = running_rig(host, armature)
    armature.data.bones["head"].name = "skull"
    with pytest.raises(AssetError, match="rig has been changed since it was sent"):
        animate_armature(armature, host, rig, Timing(1), "running")
    armature.data.bones["skull"].name = "head"
    armature.scale = (1, 1, 3)
    bpy.context.view_layer.update()
    assert uneven(armature)
    with pytest.raises(AssetError, match="rig has been changed since it was sent"):
        animate_armature(armature, host, rig, Timing(1), "running")
    assert armature.animation_data is None


def test_what_the_engine_itself_makes_of_it_is_what_blender_shows(scene, tmp_path):
    host, armature = add_rigged_dog()
    mesh, _ = write_base_mesh(host, tmp_path / "input")
    bones, notes = write_bones(host, armature, mesh.parent)
    assert notes == []
    few = ["--quality", "draft", "--dynamic-steps", "3", "--frames", "4", "--seed", "1"]
    files = ["--mesh", str(mesh), "--bones", str(bones), "--output", str(tmp_path / "job")]
    command = [sys.executable, "-m", "engine", "generate", "a dog running", *few, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    asset = read_asset(tmp_path / "job" / "asset")
    pivot, size = np.array(host.matrix_world.translation), np.linalg.norm(np.ptp(asset.rig.rest, axis=0))
    assert animate_object(host, asset, Timing(1)) == []
    assert np.ptp(asset.meshes.positions, axis=0).max() > 0.01 * size
    for frame, positions in enumerate(asset.meshes.positions):
        away = np.linalg.norm(shown(host, frame + 1) - pivot - positions, axis=1).max()
        assert away < CLOSE * size, (frame, away / size)
