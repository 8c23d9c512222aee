"""Exports one result to a file, with the options that keep its motion exact."""

from __future__ import annotations

from pathlib import Path

import bpy

from .armature import armature_of

FORMATS = [
    ("GLB", "glTF (.glb)", "For the web and game engines; with bones or morph targets, one mesh per frame is not kept"),
    ("FBX", "FBX (.fbx)", "For game engines and other 3D programs; with bones or shape keys, one mesh per frame is not kept"),
    ("USDC", "USD (.usdc)", "For other 3D programs; any motion is kept"),
    ("ABC", "Alembic (.abc)", "For other 3D programs; any motion is kept, textures are not"),
]


def export(context: bpy.types.Context, host: bpy.types.Object, path: Path, kind: str) -> Path:
    """Writes `host` alone, with its armature if it has one, over the scene's frame range, and returns the file. Raises
    RuntimeError where this Blender can't."""
    path = path.with_suffix("." + kind.lower())
    selected, active = list(context.selected_objects), context.view_layer.objects.active
    for other in selected:
        other.select_set(False)
    armature = armature_of(host)
    written = [host] if armature is None else [host, armature]
    for item in written:
        item.select_set(True)
    context.view_layer.objects.active = host
    try:
        _write(context.scene, path, kind)
    finally:
        for item in written:
            item.select_set(False)
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
    elif kind == "FBX":
        bpy.ops.export_scene.fbx(
            filepath=str(path), use_selection=True, object_types={"ARMATURE", "MESH"}, add_leaf_bones=False,
            use_armature_deform_only=True, bake_anim=True, bake_anim_simplify_factor=0, bake_anim_use_nla_strips=False,
            bake_anim_use_all_actions=False, path_mode="COPY", embed_textures=True,
        )  # fmt: skip
    elif kind == "USDC":
        bpy.ops.wm.usd_export(
            filepath=str(path), selected_objects_only=True, export_animation=True, export_armatures=True, export_shapekeys=True
        )
    else:
        bpy.ops.wm.alembic_export(
            filepath=str(path), selected=True, start=scene.frame_start, end=scene.frame_end, as_background_job=False
        )
