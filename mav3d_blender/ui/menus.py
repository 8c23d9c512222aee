"""The menu of recent prompts, and entries in Blender's own menus."""

from __future__ import annotations

import bpy

from ..controller.submit import history
from ..export.write import formats_for


class MAV3D_MT_history(bpy.types.Menu):
    bl_idname = "MAV3D_MT_history"
    bl_label = "Recent Prompts"

    def draw(self, context: bpy.types.Context) -> None:
        entries = history()
        if not entries:
            self.layout.label(text="No prompts yet")
        for number, entry in enumerate(entries):
            text = f"{entry['prompt'][:50]}  ·  {entry.get('quality', '')}, seed {entry.get('seed', '?')}"
            self.layout.operator("mav3d.use_settings", text=text).entry = number


class MAV3D_MT_export(bpy.types.Menu):
    bl_idname = "MAV3D_MT_export"
    bl_label = "Export Result"

    def draw(self, context: bpy.types.Context) -> None:
        for kind in formats_for(context.object):
            self.layout.operator("mav3d.export", text=kind.label).format = kind.name


class MAV3D_MT_object(bpy.types.Menu):
    bl_idname = "MAV3D_MT_object"
    bl_label = "MAV3D"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        # What a menu names, F3 finds.
        for group in OBJECT_MENU:
            for operator, icon in group:
                layout.operator(operator, icon=icon)
            layout.separator()
        layout.menu("MAV3D_MT_export", icon="EXPORT")
        layout.menu("MAV3D_MT_jobs", icon="PLAY")


class MAV3D_MT_jobs(bpy.types.Menu):
    bl_idname = "MAV3D_MT_jobs"
    bl_label = "Jobs and Engine"

    def draw(self, context: bpy.types.Context) -> None:
        for group in JOB_MENU:
            for operator, icon in group:
                self.layout.operator(operator, icon=icon)
            self.layout.separator()


OBJECT_MENU = (
    (("mav3d.animate_mesh", "ARMATURE_DATA"), ("mav3d.capture_to_one_mesh", "MESH_DATA")),
    (
        ("mav3d.regenerate", "FILE_REFRESH"), ("mav3d.vary_seed", "MOD_NOISE"), ("mav3d.improve", "TRIA_UP_BAR"),
        ("mav3d.continue_optimizing", "FF"),
    ),
    (
        ("mav3d.convert_to_transform_keys", "KEYFRAME"), ("mav3d.bake_to_frames", "RENDER_ANIMATION"),
        ("mav3d.frames_to_shape_keys", "SHAPEKEY_DATA"), ("mav3d.edit_frame", "EDITMODE_HLT"),
        ("mav3d.finish_frame", "CHECKMARK"),
    ),
    (("mav3d.retime", "TIME"), ("mav3d.smooth_motion", "SMOOTHCURVE")),
    (("mav3d.mark_as_asset", "ASSET_MANAGER"),),
)  # fmt: skip
# Without a job's name each takes the newest that fits.
JOB_MENU = (
    (
        ("mav3d.estimate", "TIME"), ("mav3d.four_seeds", "OUTLINER_OB_GROUP_INSTANCE"), ("mav3d.close_sheet", "X"),
        ("mav3d.fetch_models", "IMPORT"),
    ),
    (
        ("mav3d.cancel", "X"), ("mav3d.finish_now", "CHECKMARK"), ("mav3d.resume", "PLAY"), ("mav3d.retry", "FILE_REFRESH"),
        ("mav3d.place", "IMPORT"), ("mav3d.select_result", "RESTRICT_SELECT_OFF"), ("mav3d.clear_finished", "TRASH"),
    ),
    (
        ("mav3d.check_engine", "FILE_REFRESH"), ("mav3d.install_engine", "IMPORT"), ("mav3d.stop_engine", "SNAP_FACE"),
        ("mav3d.check_host", "FILE_REFRESH"), ("mav3d.install_engine_there", "IMPORT"), ("mav3d.cancel_install_there", "X"),
        ("mav3d.show_log", "TEXT"), ("mav3d.open_preferences", "PREFERENCES"), ("mav3d.show_manual", "HELP"),
    ),
)  # fmt: skip


def _draw_add(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.operator("mav3d.generate", text="Animated Object from Text …", icon="PLAY")


def _draw_object(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.menu("MAV3D_MT_object")


def _draw_import(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator("mav3d.import_asset", text="MAV3D Asset (folder)")
    menu.layout.operator("mav3d.files_to_one_mesh", text="Mesh Files to One Mesh (folder)")


def _draw_export(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.menu("MAV3D_MT_export", text="MAV3D Result")


# Blender's own menus, with what is put at their ends.
ENTRIES = {
    "VIEW3D_MT_add": _draw_add, "VIEW3D_MT_object": _draw_object, "TOPBAR_MT_file_import": _draw_import,
    "TOPBAR_MT_file_export": _draw_export,
}  # fmt: skip


def append() -> None:
    """Puts the entries into Blender's menus."""
    for name, draw in ENTRIES.items():
        getattr(bpy.types, name).append(draw)


def remove() -> None:
    """Takes them out again."""
    for name, draw in ENTRIES.items():
        getattr(bpy.types, name).remove(draw)


CLASSES = (MAV3D_MT_history, MAV3D_MT_export, MAV3D_MT_object, MAV3D_MT_jobs)
