"""The menu of recent prompts, and entries in Blender's own menus."""

from __future__ import annotations

import bpy

from ..controller.submit import history


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


def draw_object_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """The entry in the 3D view's Object menu."""
    menu.layout.separator()
    menu.layout.operator("mav3d.capture_to_one_mesh", icon="MESH_DATA")


CLASSES = (MAV3D_MT_history,)
