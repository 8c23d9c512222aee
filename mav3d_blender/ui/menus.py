"""The menu of recent prompts."""

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


CLASSES = (MAV3D_MT_history,)
