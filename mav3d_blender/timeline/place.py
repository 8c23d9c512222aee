"""From an asset folder to one animated object in the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from .animation.timing import Timing
from .armature import make_rigged
from .asset_folder.asset import Asset, MovingMesh, read_asset
from .geometry_nodes.material_frames import add_material_frames
from .geometry_nodes.sequence import make_sequence
from .materials import make_material
from .meshes import make_mesh
from .shape_keys import make_shape_keys


@dataclass(frozen=True)
class Imported:
    """The mesh object on the timeline, the armature that moves it if it is rigged, their collection, and the first and last
    frame they are animated over."""

    object: bpy.types.Object
    armature: bpy.types.Object | None
    collection: bpy.types.Collection
    first_frame: int
    last_frame: int


def import_asset(
    folder: Path | str | Asset,
    scene: bpy.types.Scene,
    start: float | None = None,
    spacing: float | None = None,
    repeat: str = "HOLD",
    match_frame_range: bool = False,
    match_fps: bool = False,
    pack_textures: bool = True,
    location: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Imported:
    """Puts the asset in `folder`, or one that was read before, on the timeline, in a new collection named after the prompt.

    A rig becomes an armature, fixed topology shape keys, one mesh per frame a sequence. start, spacing, repeat: where its
    frames go, as in `Timing`; left out, frames that came of numbered files are at their numbers, and others from 1 on.
    match_frame_range, match_fps: also set the scene's range and rate to the asset's. pack_textures:
    keep the pictures inside the .blend. location: where the asset's own origin is counted from, metres. Raises AssetError,
    before anything is added, where the folder can't be used.
    """
    asset = folder if isinstance(folder, Asset) else read_asset(Path(folder))
    if start is None:
        start = 1 if asset.first_number is None else asset.first_number
    timing = Timing(start, asset.number_step if spacing is None else spacing, repeat)
    name = _short_name(asset.prompt)
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    armature = None
    place_at = tuple(a + b for a, b in zip(location, asset.origin, strict=True))
    if asset.rig is not None:
        host, armature = make_rigged(name, asset.meshes, asset.rig, collection, timing, place_at)
        _add_materials(host, name, asset, timing, pack_textures)
    else:
        place = _place_moving if isinstance(asset.meshes, MovingMesh) else _place_changing
        host = place(name, asset, collection, timing, pack_textures)
        host.location = place_at
    if host.data.materials:
        # For viewports that show each object's own color.
        host.color = host.data.materials[0].diffuse_color
    first, last = math.floor(start), math.ceil(timing.at(asset.frames - 1))
    if match_frame_range:
        scene.frame_start, scene.frame_end = first, last
    if match_fps:
        set_fps(scene, asset.fps)
    return Imported(host, armature, collection, first, last)


def _place_moving(name: str, asset: Asset, collection: bpy.types.Collection, timing: Timing, pack: bool) -> bpy.types.Object:
    host = make_shape_keys(name, asset.meshes, collection, timing)
    _add_materials(host, name, asset, timing, pack)
    return host


def _add_materials(host: bpy.types.Object, name: str, asset: Asset, timing: Timing, pack: bool) -> None:
    materials = _materials(name, asset, pack)
    if len(materials) == 1:
        host.data.materials.append(materials[0])
    else:
        add_material_frames(host, materials, timing)


def _place_changing(name: str, asset: Asset, collection: bpy.types.Collection, timing: Timing, pack: bool) -> bpy.types.Object:
    materials = _materials(name, asset, pack)
    meshes = []
    for index, frame in enumerate(asset.meshes):
        mesh = make_mesh(f"{name} {index + 1:04d}", frame)
        mesh.materials.append(materials[index % len(materials)])
        meshes.append(mesh)
    return make_sequence(name, meshes, collection, timing)


def _materials(name: str, asset: Asset, pack: bool) -> list[bpy.types.Material]:
    """One a texture."""
    if len(asset.textures) == 1:
        return [make_material(name, asset.textures[0], pack, _uv(asset, 0))]
    return [
        make_material(f"{name} {index + 1:04d}", path, pack, _uv(asset, index)) for index, path in enumerate(asset.textures)
    ]


def _uv(asset: Asset, frame: int) -> np.ndarray:
    """Where a frame's surface is in its texture, [triangles, 3, 2]."""
    return asset.meshes.uv if isinstance(asset.meshes, MovingMesh) else asset.meshes[frame].uv


def set_fps(scene: bpy.types.Scene, fps: float) -> None:
    """Gives a scene a rate, frames a second."""
    # Blender's rate is a whole number over a base.
    scene.render.fps = math.ceil(fps)
    scene.render.fps_base = scene.render.fps / fps


def _short_name(prompt: str) -> str:
    """A data-block name with room for a suffix in Blender 4's 63 bytes."""
    return prompt.encode("utf-8")[:40].decode("utf-8", "ignore").strip() or "MAV3D"
