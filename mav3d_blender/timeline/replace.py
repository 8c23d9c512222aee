"""A new result in the place of an older one, whose object stays, with what an artist gave it.

The object keeps its name, transform, parent, modifiers, constraints, collections and materials, and gets the new mesh and
motion. What it was is kept beside it, as a hidden object.
"""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from . import compat
from .animation.timing import Timing
from .animation.transforms import own_turn
from .armature import armature_of
from .asset_folder.archive import AssetError
from .asset_folder.asset import Asset
from .bake import hide
from .geometry_nodes import frame_input
from .geometry_nodes.material_frames import MODIFIER_NAME as MATERIALS
from .geometry_nodes.sequence import frames_of, sequence_of
from .materials import is_made
from .place import Imported

CHANNELS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


def carrier_of(host: bpy.types.Object) -> bpy.types.Object:
    """What stands where a result was placed: its armature, where it hangs on one, else itself."""
    armature = armature_of(host)
    return armature if armature is not None and host.parent == armature else host


def basis_at(owner: bpy.types.Object, frame: float) -> Matrix:
    """An object's own transform at a frame, as its keys have it; the scene's frame stays."""
    values = {name: list(getattr(owner, name)) for name in CHANNELS}
    for curve in compat.fcurves(owner):
        if curve.data_path in values and len(curve.keyframe_points):
            values[curve.data_path][curve.array_index] = curve.evaluate(frame)
    return Matrix.LocRotScale(values["location"], own_turn(owner.rotation_mode, values), values["scale"])


def moved(asset: Asset, change: Matrix) -> Asset:
    """A rigged asset whose whole motion is elsewhere: `change`, a turn, an even scale and a shift, after it."""
    shift, turn, scale = change.decompose()
    root, size = np.float64(asset.rig.root), float(np.mean(np.abs(scale)))

    def there(points: np.ndarray) -> np.ndarray:
        return size * (points + asset.origin) @ np.array(turn.to_matrix()).T + np.array(shift)

    turns = np.array([turn @ Quaternion(each) for each in root[:, 3:7]])
    placed = np.float32(np.concatenate([there(root[:, :3]), turns, size * root[:, 7:]], 1))
    return replace(
        asset, rig=replace(asset.rig, root=placed), about=asset.about | {"origin": [0.0, 0.0, 0.0]},
        meshes=replace(asset.meshes, positions=np.float32(there(np.float64(asset.meshes.positions)))),
    )  # fmt: skip


def replace_result(host: bpy.types.Object, new: Imported, timing: Timing, basis: Matrix, name: str) -> bpy.types.Object:
    """Gives `host` the mesh and the motion of `new`, whose own objects go; returns what `host` was, hidden, called `name`.

    basis: the transform for `host` where it hangs on no armature.
    """
    old_armature, made, armature = armature_of(host), new.object, new.armature
    kept = keep(host, old_armature, name)
    materials = _materials(kept.data, made.data)
    host.data = made.data
    for slot, material in enumerate(materials):
        host.data.materials[slot] = material
    _take_made_modifiers(host, old_armature, armature)
    if armature is not None and old_armature is not None:
        _take_armature(old_armature, armature)
    elif armature is not None:
        _hang_on(host, armature)
    elif old_armature is not None:
        _take_parent(host, old_armature)
        host.matrix_basis = basis
        bpy.data.objects.remove(old_armature)
    elif not any(curve.data_path == "location" for curve in compat.fcurves(host)):
        # Turn and size are the same; how far the mesh is above its origin need not be.
        host.location = basis.to_translation()
    _give_frames(host, made, timing)
    host.color = made.color
    bpy.data.objects.remove(made)
    bpy.data.collections.remove(new.collection)
    return kept


def keep(host: bpy.types.Object, armature: bpy.types.Object | None, name: str) -> bpy.types.Object:
    """What an object is now, as another one, hidden in the same collections."""
    kept = host.copy()
    kept.name = name
    carriers = [] if armature is None else [armature.copy()]
    for copy, original in zip([kept, *carriers], [host, armature], strict=False):
        for collection in original.users_collection:
            collection.objects.link(copy)
        hide(copy)
    if carriers:
        carriers[0].name = f"{name} Armature"
        for modifier in kept.modifiers:
            if modifier.type == "ARMATURE" and modifier.object == armature:
                modifier.object = carriers[0]
        if kept.parent == armature:
            kept.parent, kept.matrix_parent_inverse = carriers[0], host.matrix_parent_inverse
    return kept


def release(host: bpy.types.Object, pivot: Matrix, name: str) -> None:
    """Takes from an artist's own object what was made to move it; what it is now is kept, hidden, called `name`. pivot: where
    the armature was placed."""
    armature = armature_of(host)
    keep(host, armature, name).data = host.data.copy()
    host.shape_key_clear()
    if armature is None:
        return
    for modifier in [each for each in host.modifiers if each.type == "ARMATURE" and each.object == armature]:
        host.modifiers.remove(modifier)
    for group in [each for each in host.vertex_groups if each.name in armature.data.bones]:
        host.vertex_groups.remove(group)
    own = host.matrix_parent_inverse.copy()
    _take_parent(host, armature)
    host.matrix_parent_inverse = armature.matrix_parent_inverse @ pivot @ own
    bpy.data.objects.remove(armature)
    if host.parent is None:
        # Blender takes no notice of an inverse without a parent.
        host.matrix_basis = host.matrix_parent_inverse @ host.matrix_basis
        host.matrix_parent_inverse = Matrix()
    bpy.context.view_layer.update()


def released_place(host: bpy.types.Object, pivot: Matrix) -> Matrix:
    """The world transform that `host` has after `release`. Raises AssetError where another armature moves it as well: it is not
    known which of them was made for it."""
    armature = armature_of(host)
    if any(each.type == "ARMATURE" and each.object not in (None, armature) for each in host.modifiers):
        raise AssetError(f"{host.name} has several armatures: remove all but the one that was made for it, then choose Place.")
    if armature is None:
        return host.matrix_world.copy()
    carried = armature.matrix_world @ armature.matrix_basis.inverted_safe()
    return carried @ pivot @ host.matrix_parent_inverse @ host.matrix_basis


def _materials(old: bpy.types.Mesh, new: bpy.types.Mesh) -> list[bpy.types.Material]:
    """The old materials, with the new picture where there was a made one; none where pictures change from frame to frame."""
    if len(new.materials) != 1 or not old.materials or old.materials[0] is None or len(old.materials) > 1:
        return []
    picture = next(node.image for node in new.materials[0].node_tree.nodes if is_made(node))
    material = old.materials[0]
    if material.node_tree is None or not any(map(is_made, material.node_tree.nodes)):
        return [material]
    material = material.copy()
    for node in material.node_tree.nodes:
        if is_made(node):
            node.image = picture
    material.diffuse_color = new.materials[0].diffuse_color
    return [material]


def _take_made_modifiers(
    host: bpy.types.Object, old_armature: bpy.types.Object | None, armature: bpy.types.Object | None
) -> None:
    """Takes away the modifiers that were made for the old motion; that of the armature stays where there is one again."""
    if host.animation_data is not None and host.animation_data.action is not None:
        # What is kept has the same one.
        compat.copy_action(host)
    for modifier in list(host.modifiers):
        frames = modifier.type == "NODES" and (modifier == sequence_of(host) or modifier.name.startswith(MATERIALS))
        bones = modifier.type == "ARMATURE" and modifier.object == old_armature and armature is None
        if frames or bones:
            path = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"]'
            for curve in compat.fcurves(host):
                if curve.data_path.startswith(path):
                    compat.remove_fcurve(host, curve)
            host.modifiers.remove(modifier)


def _take_armature(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Gives the old armature object the bones and the motion of the new one, which goes."""
    old.data, old.rotation_mode = new.data, new.rotation_mode
    for channel in CHANNELS:
        setattr(old, channel, getattr(new, channel))
    if new.animation_data is not None and new.animation_data.action is not None:
        compat.share_action(old, new)
    elif old.animation_data is not None:
        old.animation_data.action = None
    bpy.data.objects.remove(new)


def _take_parent(owner: bpy.types.Object, other: bpy.types.Object) -> None:
    """Hangs an object on what the other hangs on, in the same way."""
    owner.parent, owner.parent_type, owner.parent_bone = other.parent, other.parent_type, other.parent_bone
    owner.matrix_parent_inverse = other.matrix_parent_inverse


def _hang_on(host: bpy.types.Object, armature: bpy.types.Object) -> None:
    """Puts an armature between an object and what it hangs on; the object is at its origin."""
    for collection in host.users_collection:
        if armature.name not in collection.objects:
            collection.objects.link(armature)
    _take_parent(armature, host)
    host.parent, host.parent_type, host.parent_bone, host.matrix_parent_inverse = armature, "OBJECT", "", Matrix()
    host.matrix_basis = Matrix()
    modifier = host.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    host.modifiers.move(len(host.modifiers) - 1, 0)


def _give_frames(host: bpy.types.Object, made: bpy.types.Object, timing: Timing) -> None:
    """The modifiers by which another mesh, or another material, is shown in each frame, before all others."""
    for modifier in reversed(made.modifiers):
        if modifier.type != "NODES":
            continue
        is_sequence = modifier == sequence_of(made)
        count = len(frames_of(modifier).objects) if is_sequence else len(made.data.materials)
        frame_input.add_modifier(host, modifier.name, modifier.node_group, count, timing)
        host.modifiers.move(len(host.modifiers) - 1, 0)
