"""From an asset folder to one animated object in the scene."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from .asset import Asset, read_asset
from .materials import make_material
from .meshes import make_mesh
from .sequence import make_sequence


@dataclass(frozen=True)
class Imported:
    """The object on the timeline, its collection, and the first and last frame it is animated over."""

    object: bpy.types.Object
    collection: bpy.types.Collection
    first_frame: int
    last_frame: int


def import_asset(
    folder: Path | str,
    scene: bpy.types.Scene,
    start: int = 1,
    match_frame_range: bool = False,
    match_fps: bool = False,
    pack_textures: bool = True,
) -> Imported:
    """Puts the asset on the timeline from frame `start` on, in a new collection named after the prompt.

    match_frame_range, match_fps: also set the scene's range and rate to the asset's. pack_textures: keep the pictures inside
    the .blend. Raises AssetError, before anything is added, where the folder can't be used.
    """
    asset = read_asset(Path(folder))
    name = _short_name(asset.prompt)
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    host = make_sequence(name, _meshes(name, asset, pack_textures), collection, start)
    last = start + len(asset.meshes) - 1
    if match_frame_range:
        scene.frame_start, scene.frame_end = start, last
    if match_fps:
        scene.render.fps, scene.render.fps_base = round(asset.fps), 1.0
    return Imported(host, collection, start, last)


def _meshes(name: str, asset: Asset, pack: bool) -> list[bpy.types.Mesh]:
    shared = make_material(name, asset.textures[0], pack) if len(asset.textures) == 1 else None
    meshes = []
    for index, frame in enumerate(asset.meshes):
        label = f"{name} {index + 1:04d}"
        mesh = make_mesh(label, frame)
        mesh.materials.append(shared or make_material(label, asset.textures[index], pack))
        meshes.append(mesh)
    return meshes


def _short_name(prompt: str) -> str:
    """A data-block name with room for a suffix in Blender 4's 63 bytes."""
    return prompt.encode("utf-8")[:40].decode("utf-8", "ignore").strip() or "MAV3D"
