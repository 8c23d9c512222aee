"""An object of the artist's own gets an armature that moves it, or the one that it has moves; nothing else of it changes."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from .animation.timing import Timing
from .animation.transforms import key_transform
from .armature import MODIFIER_NAME, add_groups, armature_of, key_bones, make_armature
from .asset_folder.archive import AssetError
from .asset_folder.asset import Asset, MovingMesh
from .asset_folder.rig import Rig
from .own_rig import animate_armature
from .shape_keys import add_shape_keys

# The mesh of an asset and that of its object may be this far apart, as a share of the size: float32 and no more.
SAME = 1e-3


def animate_object(host: bpy.types.Object, asset: Asset, timing: Timing) -> list[str]:
    """Moves `host`, whose own mesh the asset was made of, as the asset moves: by an armature, or by shape keys where the asset
    has no rig. Returns sentences on what the person should know.

    An armature that moves it already gets a new Action. A new one has the object's parent, and stands at its origin; the object
    is its child, at the place, and with the transform, that it has. Raises AssetError, with nothing changed, where the mesh is
    no longer the one that was animated.
    """
    check_animated(host, asset, host.matrix_world)
    if asset.rig is None:
        if host.data.shape_keys is not None:
            raise AssetError(f"{host.name} has shape keys of its own: choose Topology: Armature, or remove them.")
        world = np.array(host.matrix_world, np.float64)
        add_shape_keys(host, np.float64(asset.meshes.positions) @ np.linalg.inv(world[:3, :3]).T, timing)
        return []
    if (own := armature_of(host)) is not None:
        return animate_armature(own, host, asset.rig, timing, asset.prompt)
    _add_armature(host, asset.rig, timing)
    return []


def _add_armature(host: bpy.types.Object, found: Rig, timing: Timing) -> None:
    """A new armature that moves `host`."""
    rig = _with_free_names(found, {group.name for group in host.vertex_groups})
    size = max(float(np.linalg.norm(np.ptp(rig.rest, axis=0))), 1e-9)
    armature = make_armature(f"{host.name} Armature", rig, host.users_collection[0])
    place = host.matrix_world.copy()
    pivot = place.to_translation()
    own = place @ host.matrix_basis.inverted_safe()
    _take_parent(armature, host)
    key_transform(armature, rig.root, timing, np.array(pivot), size)
    key_bones(armature, rig, timing, size)
    host.parent, host.parent_type, host.parent_bone = armature, "OBJECT", ""
    host.matrix_parent_inverse = Matrix.Translation(pivot).inverted() @ own
    add_groups(host, rig)
    modifier = host.modifiers.new(MODIFIER_NAME, "ARMATURE")
    modifier.object = armature
    # What comes after, such as a subdivision, smooths the moved mesh.
    host.modifiers.move(len(host.modifiers) - 1, 0)


def check_animated(host: bpy.types.Object, asset: Asset, place: Matrix) -> None:
    """Raises AssetError unless the mesh of `host`, with the world transform `place`, is the one that the asset has at rest."""
    if not isinstance(asset.meshes, MovingMesh):
        raise AssetError(f"The result has a mesh of its own in every frame, and can't move {host.name}: generate it again.")
    rest = asset.meshes.positions[0] if asset.rig is None else asset.rig.rest
    changed = f"{host.name} has been changed since it was sent: undo that, or animate it again."
    if host.type != "MESH" or len(host.data.vertices) != len(rest):
        raise AssetError(changed)
    if asset.rig is None:
        return
    own = np.empty(3 * len(rest), np.float32)
    host.data.attributes["position"].data.foreach_get("vector", own)
    world = np.array(place, np.float64)[:3, :3]
    size = float(np.linalg.norm(np.ptp(rest, axis=0)))
    if np.abs(own.reshape(-1, 3) @ world.T - rest).max() > SAME * size:
        raise AssetError(changed)


def _with_free_names(rig: Rig, taken: set[str]) -> Rig:
    """The rig with other names for bones that vertex groups of other things have already."""
    names: list[str] = []
    for name in rig.names:
        free, number = name, 0
        while free in taken or free in names or (free != name and free in rig.names):
            number += 1
            free = f"{name}.mav3d{number if number > 1 else ''}"
        names.append(free)
    return Rig(names, rig.parents, rig.rest_head, rig.rest_tail, rig.pose, rig.weights, rig.bones, rig.root, rig.rest)


def _take_parent(armature: bpy.types.Object, host: bpy.types.Object) -> None:
    """Hangs the armature on what `host` hangs on, so that it stands in the world for now."""
    if host.parent is None:
        return
    armature.parent, armature.parent_type, armature.parent_bone = host.parent, host.parent_type, host.parent_bone
    if host.parent_type == "OBJECT":
        armature.matrix_parent_inverse = host.parent.matrix_world.inverted_safe()
    else:
        # Where a bone or vertices carry it: what they make of an object without a transform.
        carried = host.matrix_world @ (host.matrix_parent_inverse @ host.matrix_basis).inverted_safe()
        armature.matrix_parent_inverse = carried.inverted_safe()
