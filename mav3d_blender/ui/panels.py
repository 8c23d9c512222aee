"""The sidebar tab MAV3D: prompt and Generate, placement, details, jobs, the selected result, and the engine."""

from __future__ import annotations

import bpy

from ..common import package
from ..controller.state import lacking, runtime
from ..controller.submit import HISTORY
from ..controller.vocabulary import KINDS, Vocabulary, objection, read_vocabulary
from ..jobs.history import read_history
from .job_list import draw_jobs
from .labels import wrapped
from .properties import MODELS, SCALES

VOCABULARY = package.ROOT / "engine" / "models" / "primitives" / "vocabulary.json"
_vocabulary: list[Vocabulary | None] = []


def vocabulary() -> Vocabulary | None:
    """The built-in models' words, read once."""
    if not _vocabulary:
        _vocabulary.append(read_vocabulary(VOCABULARY))
    return _vocabulary[0]


def complaint(settings: bpy.types.PropertyGroup) -> str:
    """What is wrong with the prompt, in a few words; empty where nothing is."""
    if not settings.prompt.strip():
        return "Type a prompt"
    known = vocabulary()
    if settings.preset == "primitives":
        return objection(settings.prompt, known, bool(settings.image)) if known else ""
    if settings.preset == "custom":
        return "" if names_models(settings) else "Name the image and the video model under Models"
    return not_ready(settings)


def names_models(settings: bpy.types.PropertyGroup) -> bool:
    """Whether there is a model for the stages that no run can do without."""
    return all(getattr(settings, name).strip() for name in MODELS[:2])


def own_roles(settings: bpy.types.PropertyGroup) -> tuple[str, ...]:
    """The roles that the preset's own models have."""
    return tuple(name.removesuffix("_model") for name in MODELS if not getattr(settings, name).strip())


def not_ready(settings: bpy.types.PropertyGroup) -> str:
    """Why the engine can't use the preset's models, as it said when it started; empty where it can, or has not said."""
    now = runtime()
    hello = now.session.hello if now.session else None
    presets = hello.get("presets") if isinstance(hello, dict) else None
    about = next((each for each in presets or [] if isinstance(each, dict) and each.get("name") == settings.preset), {})
    if about.get("ready", True):
        return ""
    missing = about.get("missing")
    if isinstance(missing, dict) and missing:
        # The preset's own model does not matter where the role has another.
        own = [role for role in own_roles(settings) if role in missing and (settings.preset, role) not in now.fetched]
        return str(missing[own[0]]) if own else ""
    return str(about.get("reason") or "Its models are missing")


def settings_column(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, names: tuple[str, ...]):
    """A column of settings, their names to the left; an empty name leaves a gap. Returns it, for more."""
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    for name in names:
        if name:
            column.prop(settings, name)
        else:
            column.separator()
    return column


def draw_fetch(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Models on their way, or why they did not come; the button where they are missing."""
    settings, fetch = context.scene.mav3d, runtime().fetch
    status = fetch.poll() if fetch is not None else None
    if status is not None and not status.ended:
        layout.progress(factor=status.fraction, text=f"{status.fraction:.0%}")
        wrapped(layout, context, status.phase)
        layout.operator("mav3d.cancel_fetch", icon="X")
        return
    if status is not None and status.state == "failed" and fetch.preset == settings.preset:
        for sentence in status.sentence.splitlines():
            wrapped(layout, context, sentence, "ERROR")
    if settings.preset not in ("primitives", "custom") and not_ready(settings):
        layout.operator("mav3d.fetch_models", icon="IMPORT")


class MAV3D_PT_main(bpy.types.Panel):
    bl_idname = "MAV3D_PT_main"
    bl_label = "MAV3D"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"

    def draw(self, context: bpy.types.Context) -> None:
        layout, settings = self.layout, context.scene.mav3d
        if lacking():
            box = layout.box()
            wrapped(box, context, lacking() + ".", "ERROR")
            box.operator("mav3d.open_preferences", icon="PREFERENCES")
        row = layout.row(align=True)
        row.prop(settings, "prompt", text="", placeholder="a red ball bouncing")
        row.menu("MAV3D_MT_history", text="", icon="RECOVER_LAST")
        if settings.prompt.strip() and complaint(settings):
            wrapped(layout, context, complaint(settings), "ERROR")
        if settings.preset == "primitives" and vocabulary():
            header, body = layout.panel("mav3d_words", default_closed=bool(settings.prompt.strip()))
            header.label(text="Known Words")
            if body:
                for kind in KINDS:
                    wrapped(body, context, f"{kind.capitalize()}: {vocabulary().listed(kind)}")
        column = settings_column(layout, settings, ("image", "preset", "quality"))
        row = column.row(align=True)
        sub = row.row(align=True)
        sub.enabled = not settings.random_seed
        sub.prop(settings, "seed")
        row.prop(settings, "random_seed", text="", icon="FILE_REFRESH")
        draw_fetch(layout, context)
        row = layout.row(align=True)
        row.scale_y = 1.5
        row.operator("mav3d.generate", icon="PLAY")
        row.operator("mav3d.estimate", text="", icon="TIME")
        if runtime().estimate:
            wrapped(layout, context, runtime().estimate, "TIME")


class MAV3D_PT_placement(bpy.types.Panel):
    bl_idname = "MAV3D_PT_placement"
    bl_label = "Placement"
    bl_parent_id = "MAV3D_PT_main"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings_column(self.layout, context.scene.mav3d, ("start_frame", "repeat", "rate", "at_cursor"))


class MAV3D_PT_details(bpy.types.Panel):
    bl_idname = "MAV3D_PT_details"
    bl_label = "Details"
    bl_parent_id = "MAV3D_PT_main"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        names = ("frames", "fps", "topology", "", "static_steps", "dynamic_steps", "super_resolution_steps", "", "live_preview")
        settings_column(self.layout, context.scene.mav3d, names)


class MAV3D_PT_models(bpy.types.Panel):
    bl_idname = "MAV3D_PT_models"
    bl_label = "Models"
    bl_parent_id = "MAV3D_PT_main"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.mav3d
        column = self.layout.column()
        # The built-in models are what they are.
        column.active = settings.preset != "primitives"
        settings_column(column, settings, MODELS)
        column.operator("mav3d.fetch_models", icon="IMPORT")
        settings_column(column, settings, ("", "negative_prompt", *SCALES, "", "image_adapter", "memory"))


class MAV3D_PT_jobs(bpy.types.Panel):
    bl_idname = "MAV3D_PT_jobs"
    bl_label = "Jobs"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"

    def draw(self, context: bpy.types.Context) -> None:
        if runtime().warned:
            box = self.layout.box()
            wrapped(box, context, runtime().warned, "ERROR")
            row = box.row(align=True)
            row.operator("mav3d.dismiss")
            row.operator("mav3d.show_log", text="Log")
        draw_jobs(self.layout, context)


class MAV3D_PT_result(bpy.types.Panel):
    bl_idname = "MAV3D_PT_result"
    bl_label = "Selected Result"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.object is not None and bool(context.object.mav3d.prompt)

    def draw(self, context: bpy.types.Context) -> None:
        layout, recipe = self.layout, context.object.mav3d
        wrapped(layout, context, f"“{recipe.prompt}”")
        wrapped(layout, context, f"{recipe.preset}, {recipe.quality}, seed {recipe.seed}")
        column = layout.column(align=True)
        column.operator("mav3d.regenerate", icon="FILE_REFRESH")
        column.operator("mav3d.vary_seed", icon="MOD_NOISE")
        column.operator("mav3d.continue_optimising", icon="FF")
        column = layout.column(align=True)
        column.operator("mav3d.bake_to_frames", icon="RENDER_ANIMATION")
        column.operator("mav3d.frames_to_shape_keys", icon="SHAPEKEY_DATA")
        column.operator("mav3d.mark_as_asset", icon="ASSET_MANAGER")
        layout.operator_menu_enum("mav3d.export", "format", text="Export", icon="EXPORT")


class MAV3D_PT_engine(bpy.types.Panel):
    bl_idname = "MAV3D_PT_engine"
    bl_label = "Engine"
    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", "MAV3D"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout, now = self.layout, runtime()
        wrapped(layout, context, now.session.engine_state if now.session else "Not started")
        row = layout.row(align=True)
        row.operator("mav3d.stop_engine", icon="SNAP_FACE")
        row.operator("mav3d.show_log", icon="TEXT")
        layout.operator("mav3d.open_preferences", icon="PREFERENCES")
        layout.operator("mav3d.import_asset", icon="IMPORT")


class MAV3D_MT_history(bpy.types.Menu):
    bl_idname = "MAV3D_MT_history"
    bl_label = "Earlier Prompts"

    def draw(self, context: bpy.types.Context) -> None:
        entries = read_history(package.user_folder() / HISTORY)
        if not entries:
            self.layout.label(text="No prompts yet")
        for number, entry in enumerate(entries):
            text = f"{entry['prompt'][:50]}  ·  {entry.get('quality', '')}, seed {entry.get('seed', '?')}"
            self.layout.operator("mav3d.use_settings", text=text).entry = number


CLASSES = (
    MAV3D_PT_main, MAV3D_PT_placement, MAV3D_PT_details, MAV3D_PT_models, MAV3D_PT_jobs, MAV3D_PT_result, MAV3D_PT_engine,
    MAV3D_MT_history,
)  # fmt: skip
