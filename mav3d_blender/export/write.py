"""Blender's exporters, with the options that keep a result's motion exact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..timeline.geometry_nodes.sequence import sequence_of


@dataclass(frozen=True)
class Format:
    """name: of the choice. suffix: of the file. one_mesh: it holds one mesh only, and moves that."""

    name: str
    label: str
    description: str
    suffix: str
    one_mesh: bool = False

    @property
    def built_in(self) -> bool:
        """Whether this Blender was built with it."""
        options = bpy.app.build_options
        return {".usdc": options.usd, ".abc": options.alembic}.get(self.suffix, True)


NOT_KEPT = "one mesh per frame is not kept"
FORMATS = {
    each.name: each
    for each in (
        Format("GLB", "glTF (.glb)", f"For the web; with bones or morph targets, {NOT_KEPT}", ".glb", True),
        Format("FBX", "FBX (.fbx)", f"For other 3D programs; with bones or shape keys, {NOT_KEPT}", ".fbx", True),
        Format("USDC", "USD (.usdc)", "For other 3D programs; any motion is kept", ".usdc"),
        Format("ABC", "Alembic (.abc)", "For other 3D programs; any motion is kept, textures are not", ".abc"),
        Format(
            "GLB_GAME", "glTF for Game Engines (.glb)",
            f"Meters and +Y up, from time 0, deforming bones alone with four weights a vertex; {NOT_KEPT}", ".glb", True,
        ),
        Format(
            "FBX_GAME", "FBX for Game Engines (.fbx)",
            f"Meters and +Y up at a scale of 1, the clip from time 0, deforming bones alone; {NOT_KEPT}", ".fbx", True,
        ),
    )
}  # fmt: skip


def format_items() -> list[tuple[str, str, str, int]]:
    """The formats that this Blender has, as an EnumProperty takes them; a format's number never changes."""
    known = enumerate(FORMATS.values())
    return [(each.name, each.label, each.description, number) for number, each in known if each.built_in]


def formats_for(host: bpy.types.Object | None) -> list[Format]:
    """The formats that this Blender has and that keep what `host` does."""
    changes = host is not None and sequence_of(host) is not None
    return [each for each in FORMATS.values() if each.built_in and not (changes and each.one_mesh)]


def with_suffix(path: Path, kind: str) -> Path:
    """The path with the format's ending; another format's is replaced, anything else ("shot.v2") is part of the name."""
    wanted = FORMATS[kind].suffix
    if path.suffix.lower() == wanted:
        return path
    if path.suffix.lower() in {each.suffix for each in FORMATS.values()}:
        return path.with_suffix(wanted)
    return path.with_name(path.name + wanted)


def write(scene: bpy.types.Scene, path: Path, kind: str) -> None:
    """Writes what is selected in the context's scene, `scene`, over its frame range. Raises RuntimeError as exporters do."""
    suffix, game = FORMATS[kind].suffix, kind.endswith("_GAME")
    if suffix == ".glb":
        own = {"export_def_bones": True, "export_all_influences": False, "export_anim_slide_to_zero": True} if game else {}
        bpy.ops.export_scene.gltf(
            filepath=str(path), use_selection=True, use_active_scene=True, export_format="GLB", export_morph=True,
            export_morph_animation=True, export_yup=True, **_motion(), **own,
        )  # fmt: skip
    elif suffix == ".fbx":
        own = {"apply_scale_options": "FBX_SCALE_ALL", "mesh_smooth_type": "FACE"} if game else {}
        bpy.ops.export_scene.fbx(
            filepath=str(path), use_selection=True, object_types={"ARMATURE", "MESH", "EMPTY"}, add_leaf_bones=False,
            use_armature_deform_only=True, bake_anim=True, bake_anim_simplify_factor=0, bake_anim_use_nla_strips=False,
            bake_anim_use_all_actions=False, path_mode="COPY", embed_textures=True, axis_forward="-Z", axis_up="Y", **own,
        )  # fmt: skip
    elif suffix == ".usdc":
        bpy.ops.wm.usd_export(
            filepath=str(path), selected_objects_only=True, export_animation=True, export_armatures=True, export_shapekeys=True
        )
    else:
        bpy.ops.wm.alembic_export(
            filepath=str(path), selected=True, start=scene.frame_start, end=scene.frame_end, as_background_job=False
        )


def read(path: Path, kind: str) -> None:
    """Reads a file into the context's scene, so that its frame 0 is the file's time 0."""
    suffix = FORMATS[kind].suffix
    if suffix == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0)
    elif suffix == ".usdc":
        bpy.ops.wm.usd_import(filepath=str(path), set_frame_range=False)
    else:
        bpy.ops.wm.alembic_import(filepath=str(path), set_frame_range=False, as_background_job=False)


def _motion() -> dict[str, str | bool]:
    """How glTF's exporter takes the motion: by the Actions that are in use, since its default also takes every other one whose
    bones have the same names. Up to 4.3 it gets the turns of an armature with keys of its own wrong there: the scene is sampled
    instead, which holds nothing else."""
    if bpy.app.version >= (4, 4):
        return {"export_animation_mode": "ACTIVE_ACTIONS"}
    return {"export_animation_mode": "SCENE", "export_anim_scene_split_object": False}
