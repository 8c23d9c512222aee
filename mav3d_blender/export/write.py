"""Blender's exporters, with the options that keep a result's motion exact."""

from __future__ import annotations

from pathlib import Path

import bpy

FORMATS = [
    ("GLB", "glTF (.glb)", "For the web and game engines; with bones or morph targets, one mesh per frame is not kept"),
    ("FBX", "FBX (.fbx)", "For game engines and other 3D programs; with bones or shape keys, one mesh per frame is not kept"),
    ("USDC", "USD (.usdc)", "For other 3D programs; any motion is kept"),
    ("ABC", "Alembic (.abc)", "For other 3D programs; any motion is kept, textures are not"),
]
# What holds one mesh only, and moves that.
ONE_MESH = ("GLB", "FBX")


def is_built_in(kind: str) -> bool:
    """Whether this Blender was built with the format."""
    options = bpy.app.build_options
    return {"USDC": options.usd, "ABC": options.alembic}.get(kind, True)


def with_suffix(path: Path, kind: str) -> Path:
    """The path with the format's ending; another format's is replaced, anything else ("shot.v2") is part of the name."""
    wanted = "." + kind.lower()
    if path.suffix.lower() == wanted:
        return path
    if path.suffix.lower() in {"." + name.lower() for name, *_ in FORMATS}:
        return path.with_suffix(wanted)
    return path.with_name(path.name + wanted)


def write(scene: bpy.types.Scene, path: Path, kind: str) -> None:
    """Writes what is selected in the context's scene, `scene`, over its frame range. Raises RuntimeError as exporters do."""
    # glTF's own default also takes every other action whose bones have the same names.
    if kind == "GLB":
        bpy.ops.export_scene.gltf(
            filepath=str(path), use_selection=True, use_active_scene=True, export_format="GLB", export_morph=True,
            export_morph_animation=True, export_animation_mode="ACTIVE_ACTIONS",
        )  # fmt: skip
    elif kind == "FBX":
        bpy.ops.export_scene.fbx(
            filepath=str(path), use_selection=True, object_types={"ARMATURE", "MESH", "EMPTY"}, add_leaf_bones=False,
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


def read(path: Path, kind: str) -> None:
    """Reads a file into the context's scene, so that its frame 0 is the file's time 0."""
    if kind == "GLB":
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif kind == "FBX":
        bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0)
    elif kind == "USDC":
        bpy.ops.wm.usd_import(filepath=str(path), set_frame_range=False)
    else:
        bpy.ops.wm.alembic_import(filepath=str(path), set_frame_range=False, as_background_job=False)
