"""Exports one result to a file, with the options that keep its motion exact."""

from __future__ import annotations

from pathlib import Path

import bpy

FORMATS = [
    ("GLB", "glTF (.glb)", "For the web and game engines; shape keys become morph targets, one mesh per frame is not kept"),
    ("USDC", "USD (.usdc)", "For other 3D programs; any motion is kept"),
    ("ABC", "Alembic (.abc)", "For other 3D programs; any motion is kept, textures are not"),
]


def export(context: bpy.types.Context, host: bpy.types.Object, path: Path, kind: str) -> Path:
    """Writes `host` alone over the scene's frame range, and returns the file. Raises RuntimeError where this Blender can't."""
    path = path.with_suffix("." + kind.lower())
    selected, active = list(context.selected_objects), context.view_layer.objects.active
    for other in selected:
        other.select_set(False)
    host.select_set(True)
    context.view_layer.objects.active = host
    try:
        _write(context.scene, path, kind)
    finally:
        host.select_set(False)
        for other in selected:
            other.select_set(True)
        context.view_layer.objects.active = active
    return path


def _write(scene: bpy.types.Scene, path: Path, kind: str) -> None:
    options = bpy.app.build_options
    if (kind == "USDC" and not options.usd) or (kind == "ABC" and not options.alembic):
        raise RuntimeError(f"this Blender was built without {kind}: choose another format.")
    if kind == "GLB":
        bpy.ops.export_scene.gltf(
            filepath=str(path), use_selection=True, export_format="GLB", export_morph=True, export_morph_animation=True
        )
    elif kind == "USDC":
        bpy.ops.wm.usd_export(filepath=str(path), selected_objects_only=True, export_animation=True)
    else:
        bpy.ops.wm.alembic_export(
            filepath=str(path), selected=True, start=scene.frame_start, end=scene.frame_end, as_background_job=False
        )
