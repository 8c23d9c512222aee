"""The sidebar tab MAV3D: prompt and Generate, placement, details, models, jobs, the selected result, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import bpy

from ..common.contract import sentence
from ..controller.animate import animate_problem, mesh_to_animate
from ..controller.pace import pace_of
from ..controller.request import BETTER, BUILT_IN, CUSTOM, request_of
from ..controller.state import state
from ..controller.validation import engine_problem, known_words, missing_models, request_problem
from ..timeline import armature_of, edited_sequence
from ..timeline.geometry_nodes.sequence import sequence_of
from .draft_sheet import draw_sheet
from .job_list import draw_jobs
from .labels import wrapped_label
from .translations import label

# The presets whose models are part of the extension.
OWN_MODELS = (BUILT_IN, "creatures")
# The kinds of known words, with what a prompt says by one of each.
KINDS = {
    "objects": "Object", "colours": "Color", "limb_motions": "Limb Motion", "motions": "Motion", "sizes": "Size",
    "speeds": "Speed",
}  # fmt: skip


class _Tab:
    """Where the panels are."""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"


class MAV3D_PT_main(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_main"
    bl_label = "MAV3D"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.mav3d
        if problem := engine_problem():
            box = layout.box()
            wrapped_label(box, context, problem + ".", "ERROR")
            box.operator("mav3d.open_preferences", icon="PREFERENCES")
        row = layout.row(align=True)
        row.prop(settings, "prompt", text="", placeholder="a red ball bouncing")
        row.menu("MAV3D_MT_history", text="", icon="RECOVER_LAST")
        problem = request_problem(settings)
        if problem and (mesh_to_animate(context) is None or animate_problem(context)):
            wrapped_label(layout, context, problem, "ERROR" if settings.prompt.strip() else "INFO")
        _draw_words(layout, context)
        column = _draw_settings(layout, settings, ("image", "preset", "quality"))
        row = column.row(align=True)
        sub = row.row(align=True)
        sub.enabled = not settings.random_seed
        sub.prop(settings, "seed")
        row.prop(settings, "random_seed", text="", icon="FILE_REFRESH")
        _draw_download(layout, context)
        row = layout.row(align=True)
        row.scale_y = 1.5
        # Blender's menus ask for a prompt; here the one above holds.
        row.enabled = not problem
        row.operator_context = "EXEC_DEFAULT"
        row.operator("mav3d.generate", icon="PLAY")
        row.operator("mav3d.estimate", text="", icon="TIME")
        row = layout.row()
        row.enabled = not problem
        row.operator("mav3d.four_seeds", icon="OUTLINER_OB_GROUP_INSTANCE")
        draw_sheet(layout)
        _draw_animate(layout, context)
        if estimate := state().notices.estimate_of(request_of(settings)):
            wrapped_label(layout, context, estimate, "TIME")


class MAV3D_PT_placement(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_placement"
    bl_label = "Placement"
    bl_parent_id = "MAV3D_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        _draw_settings(
            self.layout, context.scene.mav3d, ("size", "origin", "at_cursor", "beside", "", "start_frame", "repeat", "rate")
        )


class MAV3D_PT_details(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_details"
    bl_label = "Details"
    bl_parent_id = "MAV3D_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings, column = context.scene.mav3d, self.layout.column()
        _draw_settings(column, settings, ("frames", "fps", "topology"))
        column.label(text="Steps")
        labels = {"static_steps": "Shape", "dynamic_steps": "Motion", "super_resolution_steps": "Detail"}
        _draw_settings(column, settings, tuple(labels), labels)
        _draw_settings(column, settings, ("", "keep_going", "live_preview"))


class MAV3D_PT_models(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_models"
    bl_label = "Models"
    bl_parent_id = "MAV3D_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # The built-in models take none of these settings.
        return context.scene.mav3d.preset not in OWN_MODELS

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.mav3d
        column = self.layout.column()
        labels = {"image_model": "Image", "video_model": "Video", "upscale_model": "Upscaler"}
        _draw_settings(column, settings, tuple(labels), labels)
        column.operator("mav3d.fetch_models", icon="IMPORT")
        column.label(text="Negative Prompt")
        column.prop(settings, "negative_prompt", text="")
        column.label(text="Guidance Scale")
        labels = {"image_guidance_scale": "Image", "video_guidance_scale": "Video", "upscale_guidance_scale": "Upscaler"}
        _draw_settings(column, settings, tuple(labels), labels)
        _draw_settings(column, settings, ("", "image_adapter", "memory"), {"image_adapter": "Adapter"})


class MAV3D_PT_jobs(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_jobs"
    bl_label = "Jobs"

    def draw(self, context: bpy.types.Context) -> None:
        if warning := state().notices.warning:
            box = self.layout.box()
            wrapped_label(box, context, warning, "ERROR")
            row = box.row(align=True)
            row.operator("mav3d.dismiss")
            row.operator("mav3d.show_log", text="Log")
        draw_jobs(self.layout, context)


class MAV3D_PT_one_mesh(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_one_mesh"
    bl_label = "Mesh Sequence"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        wrapped_label(self.layout, context, "What the selected objects do becomes one mesh with shape keys or bones.")
        self.layout.operator("mav3d.capture_to_one_mesh", icon="MESH_DATA")
        self.layout.operator("mav3d.files_to_one_mesh", icon="FILE_FOLDER")


class MAV3D_PT_result(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_result"
    bl_label = "Selected Result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.object is not None and (bool(context.object.mav3d.prompt) or edited_sequence(context.object) is not None)

    def draw(self, context: bpy.types.Context) -> None:
        layout, recipe = self.layout, context.object.mav3d
        if edited_sequence(context.object) is not None:
            layout.label(text=f"Editing {context.object.name}")
            layout.operator("mav3d.finish_frame", icon="CHECKMARK")
            return
        wrapped_label(layout, context, f"“{recipe.prompt}”")
        wrapped_label(layout, context, f"{recipe.preset}, {recipe.quality}, seed {recipe.seed}")
        column = layout.column(align=True)
        column.operator("mav3d.regenerate", icon="FILE_REFRESH")
        column.operator("mav3d.vary_seed", icon="MOD_NOISE")
        if recipe.quality in BETTER:
            column.operator("mav3d.improve", icon="TRIA_UP_BAR")
        column.operator("mav3d.continue_optimizing", icon="FF")
        column = layout.column(align=True)
        for operator, icon, text in _motion_buttons(context.object):
            column.operator(operator, icon=icon, text=text)
        column = layout.column(align=True)
        column.operator("mav3d.retime", icon="TIME", text=pace_text(context.object))
        column.operator("mav3d.smooth_motion", icon="SMOOTHCURVE")
        column.operator("mav3d.mark_as_asset", icon="ASSET_MANAGER")
        layout.menu("MAV3D_MT_export", icon="EXPORT")


class MAV3D_PT_engine(_Tab, bpy.types.Panel):
    bl_idname = "MAV3D_PT_engine"
    bl_label = "Engine"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        wrapped_label(layout, context, state().engine_text)
        row = layout.row(align=True)
        row.operator("mav3d.stop_engine", icon="SNAP_FACE")
        row.operator("mav3d.show_log", icon="TEXT")
        layout.operator("mav3d.open_preferences", icon="PREFERENCES")
        layout.operator("mav3d.import_asset", icon="IMPORT")
        layout.operator("mav3d.show_manual", icon="HELP")


def pace_text(host: bpy.types.Object) -> str:
    """What the button that changes the pace says: how the motion plays, where that is not as it was made."""
    translated, pace = bpy.app.translations.pgettext_iface, pace_of(host)
    said = ([f"{pace.speed:.3g}×"] if pace.speed != 1 else []) + ([translated("Reverse")] if pace.reverse else [])
    return ": ".join([translated("Retime"), *([", ".join(said)] if said else [])])


def _motion_buttons(host: bpy.types.Object) -> list[tuple[str, str, str]]:
    """The operators, with their icons and texts that a narrow sidebar has room for, that can change how the motion of `host` is
    stored."""
    to_frames = ("mav3d.bake_to_frames", "RENDER_ANIMATION", "Bake to Frames")
    to_keys = ("mav3d.frames_to_shape_keys", "SHAPEKEY_DATA", "To Shape Keys")
    if sequence_of(host) is not None:
        return [("mav3d.edit_frame", "EDITMODE_HLT", "Edit This Frame"), to_keys]
    if armature_of(host) is not None:
        return [to_keys, to_frames]
    if getattr(host.data, "shape_keys", None) is not None:
        return [("mav3d.convert_to_transform_keys", "KEYFRAME", "To Transform Keys"), to_frames]
    return []


def _draw_settings(
    layout: bpy.types.UILayout,
    settings: bpy.types.PropertyGroup,
    names: tuple[str, ...],
    labels: Mapping[str, str] = MappingProxyType({}),
) -> bpy.types.UILayout:
    """Draws a column of settings, their labels to the left; an empty name leaves a gap. labels: shorter ones than the settings'
    own, where a heading says the rest. Returns the column."""
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    for name in names:
        if name:
            text = labels.get(name) or settings.bl_rna.properties[name].name
            column.prop(settings, name, text=label(text), translate=False)
        else:
            column.separator()
    return column


def _draw_animate(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draws the button that animates the selected mesh, where one is selected, and why it can't be."""
    if mesh_to_animate(context) is None:
        return
    problem = animate_problem(context)
    row = layout.row(align=True)
    row.scale_y = 1.5
    row.enabled = not problem
    row.operator_context = "EXEC_DEFAULT"
    row.operator("mav3d.animate_mesh", icon="ARMATURE_DATA")
    if problem and context.scene.mav3d.prompt.strip():
        wrapped_label(layout, context, problem, "INFO")


def _draw_words(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draws menus of the words that the preset's models know, where they don't take any text."""
    settings = context.scene.mav3d
    vocabularies = known_words(settings)
    if not vocabularies:
        return
    # The last one's words have the first one's among them.
    words = vocabularies[-1]
    header, body = layout.panel("mav3d_words", default_closed=bool(settings.prompt.strip()))
    header.label(text="Known Words")
    if body:
        for kind, label in KINDS.items():
            if kind in words.kinds:
                # As Blender splits its own settings.
                row = body.split(factor=0.4)
                name = row.row()
                name.alignment = "RIGHT"
                name.label(text=label)
                said = sentence.word_of(settings.prompt, words, kind)
                row.operator_menu_enum("mav3d.say_word", "word", text=said.capitalize() or "Pick…").kind = kind


def _draw_download(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draws a running download or why the last one failed, and the button where models are missing."""
    settings, downloads = context.scene.mav3d, state().downloads
    status = downloads.status
    if status is not None and not status.ended:
        layout.progress(factor=status.fraction, text=f"{status.fraction:.0%}")
        wrapped_label(layout, context, status.phase)
        layout.operator("mav3d.cancel_fetch", icon="X")
        return
    if status is not None and status.state == "failed" and downloads.preset == settings.preset:
        for sentence in status.sentence.splitlines():
            wrapped_label(layout, context, sentence, "ERROR")
    if settings.preset not in (BUILT_IN, CUSTOM) and missing_models(settings):
        layout.operator("mav3d.fetch_models", icon="IMPORT")


CLASSES = (
    MAV3D_PT_main, MAV3D_PT_placement, MAV3D_PT_details, MAV3D_PT_models, MAV3D_PT_result, MAV3D_PT_jobs,
    MAV3D_PT_one_mesh, MAV3D_PT_engine,
)  # fmt: skip
