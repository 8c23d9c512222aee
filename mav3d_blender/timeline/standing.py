"""Gives an asset the size that is asked for, and has it stand where it is put, its origin where an animator wants it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .asset_folder.asset import Asset, MovingMesh
from .asset_folder.rig import Rig, quaternion_matrix

ORIGINS = ("BOTTOM", "CENTER")
# From coordinates with +Y up to those with +Z up.
Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
# A root that tilts the vertical by more than this, as a sine, turns about the body's own middle.
UPRIGHT = 0.02


def stand(asset: Asset, size: float = 0.0, origin: str = "BOTTOM") -> Asset:
    """The asset as it stands on the plane Z = 0 of its object's location: the lowest point of the clip touches it, and the
    first frame is in the middle above it.

    size: the longest side of the first frame's box, or of a rigged mesh's at rest, metres; 0 leaves it as it was made. origin:
    "BOTTOM", the object's origin is on that plane; "CENTER", in the middle of the first frame. A rig's is in the rest pose, and
    stays in its middle where it tumbles.
    """
    first = asset.rig.rest if asset.rig is not None else _positions(asset)[0]
    longest = float(np.ptp(first, axis=0).max())
    factor = size / longest if size > 0 and longest > 0 else 1.0
    if asset.rig is not None:
        return _stand_rig(asset, factor, origin)
    low = np.min([frame.min(0) for frame in _positions(asset)], axis=0)[2]
    middle = (first.min(0) + first.max(0)) / 2
    pivot = np.array([middle[0], middle[1], middle[2] if origin == "CENTER" else low])
    lifted = (pivot - [middle[0], middle[1], low]) * factor
    about = asset.about | {"origin": (lifted + asset.origin).tolist()}
    if isinstance(asset.meshes, MovingMesh):
        positions = np.float32((asset.meshes.positions - pivot) * factor)
        return replace(asset, about=about, meshes=replace(asset.meshes, positions=positions))
    meshes = [replace(mesh, vertices=np.float32((mesh.vertices - pivot) * factor)) for mesh in asset.meshes]
    return replace(asset, about=about, meshes=meshes)


def z_up(asset: Asset) -> Asset:
    """An asset whose coordinates have +Y up and +Z towards the viewer, as Blender has it: +Z up, -Y towards the viewer."""
    turn, about = Y_UP, asset.about | {"origin": (Y_UP @ asset.origin).tolist()}
    if not isinstance(asset.meshes, MovingMesh):
        return replace(asset, about=about, meshes=[replace(mesh, vertices=_turned(mesh.vertices)) for mesh in asset.meshes])
    mesh = replace(asset.meshes, positions=_turned(asset.meshes.positions))
    rig = asset.rig
    if rig is not None:
        pose = np.float64(rig.pose)
        pose[..., :3, :3], pose[..., :3, 3] = turn @ pose[..., :3, :3] @ turn.T, pose[..., :3, 3] @ turn.T
        w, x, y, z = rig.root[:, 3:7].T
        scale = rig.root[:, 7:][:, [0, 2, 1]]
        root = np.concatenate([_turned(rig.root[:, :3]), np.stack([w, x, -z, y], 1), scale], axis=1)
        ends = {name: _turned(getattr(rig, name)) for name in ("rest_head", "rest_tail", "rest")}
        rig = replace(rig, pose=np.float32(pose), root=np.float32(root), **ends)
    return replace(asset, about=about, meshes=mesh, rig=rig)


def _turned(points: np.ndarray) -> np.ndarray:
    return np.float32(points @ Y_UP.T)


def clip_box(asset: Asset) -> np.ndarray:
    """The corners of the box of the whole clip, about its object's location: [2, 3], metres."""
    positions = _positions(asset)
    low = np.min([frame.min(0) for frame in positions], axis=0)
    high = np.max([frame.max(0) for frame in positions], axis=0)
    return np.float64([low, high]) + asset.origin


def _positions(asset: Asset) -> np.ndarray | list[np.ndarray]:
    """The vertices of each frame, [vertices, 3]."""
    return asset.meshes.positions if isinstance(asset.meshes, MovingMesh) else [mesh.vertices for mesh in asset.meshes]


def _stand_rig(asset: Asset, factor: float, origin: str) -> Asset:
    rig, mesh = asset.rig, asset.meshes
    root = np.float64(rig.root)
    turns = np.array([quaternion_matrix(turn) for turn in root[:, 3:7]])
    low, high = rig.rest.min(0), rig.rest.max(0)
    pivot = (low + high) / 2
    upright = np.abs(turns[:, :2, 2]).max() <= UPRIGHT
    if origin == "BOTTOM" and upright:
        # The axis that the engine turns it about stays.
        pivot = np.array([0.0, 0.0, low[2]])
    # World: turn @ (scale * rest) + translation, of the rest as the armature has it.
    places = root[:, :3] + np.einsum("fij,fj->fi", turns, root[:, 7:] * pivot)
    ground = np.array([places[0, 0], places[0, 1], mesh.positions[..., 2].min()])
    root = np.concatenate([(places - ground) * factor, root[:, 3:]], axis=1)
    moved = Rig(
        names=rig.names,
        parents=rig.parents,
        rest_head=np.float32((rig.rest_head - pivot) * factor),
        rest_tail=np.float32((rig.rest_tail - pivot) * factor),
        pose=_moved_pose(rig.pose, pivot, factor),
        weights=rig.weights,
        bones=rig.bones,
        root=np.float32(root),
        rest=np.float32((rig.rest - pivot) * factor),
    )
    positions = np.float32((mesh.positions - ground) * factor)
    return replace(asset, rig=moved, meshes=replace(mesh, positions=positions))


def _moved_pose(pose: np.ndarray, pivot: np.ndarray, factor: float) -> np.ndarray:
    """Poses [frames, bones, 4, 4] in a space whose origin is at `pivot` and whose unit is 1 / factor of theirs."""
    moved = np.float64(pose)
    moved[..., :3, 3] += moved[..., :3, :3] @ pivot - pivot
    moved[..., :3, 3] *= factor
    return np.float32(moved)
