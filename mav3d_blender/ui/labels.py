"""Text over several lines: Blender's labels don't wrap."""

from __future__ import annotations

import textwrap

import bpy

# The mean width of a character in pixels, at an interface scale of 1.
CHARACTER_WIDTH = 6.4


def wrapped_label(layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE") -> None:
    """Draws text over as many lines as the region's width needs."""
    width = context.region.width if context.region else 250
    # 0 where nothing is drawn on a screen.
    scale = context.preferences.system.ui_scale or 1.0
    room = max(16, int((width - (70 if icon != "NONE" else 45) * scale) / (CHARACTER_WIDTH * scale)))
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(textwrap.wrap(text, room) or [""]):
        column.label(text=line, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"))
