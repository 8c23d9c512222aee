"""Moves an armature that was there before as an asset moves: a new Action for it, and nothing else of it changes.

Poses are given in the world, of the bones that hold the mesh. What lies between in the hierarchy, and all other bones, stay in
their own pose. The motion of the whole body is the armature's own, where the mesh hangs on it; else that of the bones.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from . import compat
from .animation.timing import Timing
from .animation.transforms import KEY_TOLERANCE, TURNS, continuous, key_values, own_turn
from .asset_folder.archive import AssetError
from .asset_folder.rig import Rig, quaternion_matrix

# On an Action: it was made here.
MADE = "mav3d"
# How far bones may be from where they were sent, as a share of the size; and scales of an armature from one another.
SAME, EVEN = 1e-2, 1e-3


def uneven(armature: bpy.types.Object) -> bool:
    """Whether an armature is scaled more along one axis than along another, itself or by what it hangs on.

    What its bones turn is then sheared: a body that only turns in the world has no pose of such bones.
    """
    # Not by its columns: what turns below an uneven scale may have equal ones.
    scale = np.linalg.svd(np.array(armature.matrix_world.to_3x3()), compute_uv=False)
    return bool(np.ptp(scale) > EVEN * scale.max())


def has_made_action(armature: bpy.types.Object) -> bool:
    """Whether what moves an armature now is an Action that `animate_armature` gave it."""
    animation = armature.animation_data
    return animation is not None and animation.action is not None and bool(animation.action.get(MADE))


def animate_armature(armature: bpy.types.Object, host: bpy.types.Object, rig: Rig, timing: Timing, name: str) -> list[str]:
    """Gives `armature`, which moves `host`, a new Action called `name`, and returns sentences on what the person should know.

    rig: of the mesh of `host`, along the world's axes about its origin. The Action before stays in the file. Raises AssetError,
    with nothing changed, where the armature has not these bones any more.
    """
    _check_bones(armature, host, rig)
    place, pivot = np.array(armature.matrix_world, np.float64), np.array(host.matrix_world.translation, np.float64)
    size = max(float(np.linalg.norm(np.ptp(rig.rest, axis=0))), 1e-9)
    about = _moved(np.eye(4), pivot)
    whole = about @ _root_matrices(rig) @ np.linalg.inv(about)
    by_object = _carries(armature, host)
    bones = (np.eye(4) if by_object else whole[:, None]) @ (about @ np.float64(rig.pose) @ np.linalg.inv(about))
    local = _own_channels(armature, rig.names, np.linalg.inv(place) @ bones @ place)
    basis, animation = armature.matrix_basis.copy(), armature.animation_data
    notes = _notes(armature, rig.names, animation.action if animation is not None else None)
    _begin_action(armature, name)
    if by_object:
        above = np.array(armature.matrix_world @ basis.inverted_safe(), np.float64)
        own = np.linalg.inv(above) @ whole @ above @ np.array(basis, np.float64)
        _key_matrices(armature, "", [Matrix(each) for each in own], timing, size / _scale(above), False, "Object Transforms")
    for bone, matrices in local.items():
        path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"]'
        fixed = armature.data.bones[bone].use_connect
        _key_matrices(armature, path, matrices, timing, size / _scale(place), fixed, bone)
    return notes


def _check_bones(armature: bpy.types.Object, host: bpy.types.Object, rig: Rig) -> None:
    """Raises AssetError unless the armature has the rig's bones where they were."""
    changed = f"{armature.name} has been changed since it was sent: undo that, or animate {host.name} again."
    if uneven(armature) or any(name not in armature.data.bones for name in rig.names):
        raise AssetError(changed)
    if armature.animation_data is not None and armature.animation_data.use_tweak_mode:
        raise AssetError(f"{armature.name} is in tweak mode: leave that in the Nonlinear Animation editor and choose Place.")
    place, pivot = armature.matrix_world, host.matrix_world.translation
    heads = np.array([place @ armature.data.bones[name].head_local - pivot for name in rig.names])
    if np.abs(heads - rig.rest_head).max() > SAME * np.linalg.norm(np.ptp(rig.rest, axis=0)):
        raise AssetError(changed)


def _carries(armature: bpy.types.Object, host: bpy.types.Object) -> bool:
    """Whether keys of the armature's own transform move what it shows, as a whole and as they say."""
    above = host.parent
    while above is not None and above != armature:
        above = above.parent
    turn = own_turn(armature.rotation_mode, {name: getattr(armature, name) for name in TURNS})
    deltas = armature.matrix_basis != Matrix.LocRotScale(armature.location, turn, armature.scale)
    return above is not None and not deltas and not any(each.enabled for each in armature.constraints)


def _moved(matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    moved = matrix.copy()
    moved[:3, 3] += shift
    return moved


def _root_matrices(rig: Rig) -> np.ndarray:
    """The motion of the whole body, [frames, 4, 4]; it grows evenly."""
    matrices = np.tile(np.eye(4), (len(rig.root), 1, 1))
    for matrix, root in zip(matrices, np.float64(rig.root), strict=True):
        matrix[:3, :3], matrix[:3, 3] = quaternion_matrix(root[3:7]) * np.cbrt(root[7:].prod()), root[:3]
    return matrices


def _scale(matrix: np.ndarray) -> float:
    return max(float(np.cbrt(abs(np.linalg.det(matrix[:3, :3])))), 1e-12)


def _own_channels(armature: bpy.types.Object, names: list[str], moved: np.ndarray) -> dict[str, list[Matrix]]:
    """What the bones of these names have in their own local space, after what they hang on, a matrix a frame.

    moved [frames, bones, 4, 4]: from rest to posed, armature space. Blender's own conversion knows what a bone inherits.
    """
    bones = armature.data.bones
    needed = {*names, *(each.name for name in names for each in bones[name].parent_recursive)}
    found: dict[str, list[Matrix]] = {}
    posed: dict[str, list[Matrix]] = {}
    for bone in sorted((bones[name] for name in needed), key=lambda bone: len(bone.parent_recursive)):
        above = _above(bone, posed, len(moved))
        if bone.name in names:
            goal = [Matrix(each) @ bone.matrix_local for each in moved[:, names.index(bone.name)]]
            own = [_converted(bone, each, on, invert=True) for each, on in zip(goal, above, strict=True)]
            if bone.use_connect:
                # Blender leaves such a bone at its parent's end.
                own = [Matrix.LocRotScale(None, each.to_quaternion(), each.to_scale()) for each in own]
            found[bone.name] = own
        else:
            own = [armature.pose.bones[bone.name].matrix_basis.copy()] * len(moved)
        posed[bone.name] = [_converted(bone, each, on) for each, on in zip(own, above, strict=True)]
    return found


def _above(bone: bpy.types.Bone, posed: dict[str, list[Matrix]], frames: int) -> list[dict[str, Matrix]]:
    """What a bone hangs on in each frame, as Blender's conversion takes it."""
    if bone.parent is None:
        return [{}] * frames
    return [{"parent_matrix": each, "parent_matrix_local": bone.parent.matrix_local} for each in posed[bone.parent.name]]


def _converted(bone: bpy.types.Bone, matrix: Matrix, above: dict[str, Matrix], invert: bool = False) -> Matrix:
    return bone.convert_local_to_pose(matrix, bone.matrix_local, **above, invert=invert)


def _begin_action(armature: bpy.types.Object, name: str) -> None:
    """An Action of its own for what comes; the one before stays in the file."""
    animation = armature.animation_data or armature.animation_data_create()
    if animation.action is not None:
        animation.action.use_fake_user = True
        animation.action = None
    compat.begin_action(armature, name)
    animation.action[MADE] = True


def _key_matrices(
    owner: bpy.types.Object, path: str, matrices: list[Matrix], timing: Timing, size: float, fixed: bool, group: str
) -> None:
    """Keys location, unless `fixed`, rotation in the mode that it has, and scale of an object, or of its bone at `path`; only
    what moves, or is not what it is now. size: of what moves, in the units of the location."""
    holder, before = (owner.path_resolve(path), f"{path}.") if path else (owner, "")
    parts = [each.decompose() for each in matrices]
    turns = continuous(np.array([turn for _, turn, _ in parts]))
    kind, values = _in_mode(holder.rotation_mode, turns)
    channels = {"location": np.array([place for place, _, _ in parts])} if not fixed else {}
    channels |= {kind: values, "scale": np.array([scale for _, _, scale in parts])}
    for name, wanted in channels.items():
        tolerance = KEY_TOLERANCE * (size if name == "location" else 0.5 if name == "rotation_quaternion" else 1.0)
        if np.abs(wanted - np.array(getattr(holder, name))).max() > tolerance:
            key_values(owner, f"{before}{name}", wanted, timing, tolerance, group, keyed=True)


def _in_mode(mode: str, turns: np.ndarray) -> tuple[str, np.ndarray]:
    """The name of what a rotation mode is kept in, and its values [frames, channels] for quaternions [frames, 4]."""
    if mode == "QUATERNION":
        return "rotation_quaternion", turns
    if mode == "AXIS_ANGLE":
        # The axis of no turn is any: the quaternions are on one side, and half their angle goes beyond a right one unbroken.
        angles = 2 * np.arctan2(np.linalg.norm(turns[:, 1:], axis=1), turns[:, 0])
        axes = turns[:, 1:] / np.maximum(np.linalg.norm(turns[:, 1:], axis=1, keepdims=True), 1e-12)
        for frame in range(len(axes)):
            if angles[frame] < 1e-4:
                axes[frame] = axes[frame - 1] if frame else (0, 1, 0)
            elif frame and axes[frame] @ axes[frame - 1] < 0:
                axes[frame], angles[frame] = -axes[frame], -angles[frame]
        return "rotation_axis_angle", np.concatenate([angles[:, None], axes], 1)
    angles = [Quaternion(turns[0]).to_euler(mode)]
    for turn in turns[1:]:
        angles.append(Quaternion(turn).to_euler(mode, angles[-1]))
    return "rotation_euler", np.array(angles)


def _notes(armature: bpy.types.Object, names: list[str], before: bpy.types.Action | None) -> list[str]:
    """What the person should know of an armature that has a new Action for the bones of these names."""
    notes = []
    if before is not None:
        notes.append(f"The Action {before.name} is kept: choose it in the Action Editor.")
    held = [name for name in names if any(each.enabled and each.influence for each in armature.pose.bones[name].constraints)]
    animation = armature.animation_data
    paths = [driver.data_path for driver in animation.drivers] if animation is not None else []
    driven = [name for name in names if any(path.startswith(f'pose.bones["{name}"]') for path in paths)]
    if count := len({*held, *driven}):
        bones = f"{(held or driven)[0]} has" if count == 1 else f"{count} bones of {armature.name} have"
        notes.append(f"{bones} constraints or drivers, which go before the new keys: mute these to see all of the motion.")
    if animation is not None and any(not track.mute and len(track.strips) for track in animation.nla_tracks):
        notes.append(f"NLA tracks of {armature.name} go on below the new Action.")
    if armature.data.pose_position == "REST":
        notes.append(f"{armature.name} shows its rest position: choose Pose Position in its data.")
    return notes
