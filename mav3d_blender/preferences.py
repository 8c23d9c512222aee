"""The add-on's preferences: set-up in three steps, each with what mends it."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from . import package
from .lines import wrapped
from .runtime import engine_python, environments, runtime
from .setup.check import Line
from .setup.environments import installed, needs_update
from .setup.variants import VARIANTS

DEVICES = [
    ("CPU", "CPU", "Any computer"),
    ("CUDA", "CUDA", "An NVIDIA card"),
    ("MPS", "Metal", "Apple's own graphics"),
]
ICONS = {"ok": "CHECKMARK", "missing": "ERROR", "broken": "ERROR"}


class MAV3D_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = package.NAME

    engine_python: StringProperty(
        name="Engine Python",
        description="The interpreter that runs the engine; empty: the environment installed below",
        subtype="FILE_PATH",
    )
    device: EnumProperty(name="Device", description="Where the engine computes", items=DEVICES, default="CPU")
    variant: EnumProperty(
        name="Build",
        description="Which build of the engine is installed",
        items=[(name.upper(), variant.label, variant.sentence) for name, variant in VARIANTS.items()],
        default="CPU",
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout, now = self.layout, runtime()
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(self, "engine_python")
        column.prop(self, "device")
        steps = layout.column()
        self._draw_engine(steps.box(), context)
        lines = now.report.lines if now.report else ()
        for number, (name, line) in enumerate(zip(("Models", "Device"), lines[1:] or (None, None), strict=True), 2):
            _draw_line(steps.box(), context, f"{number}. {name}", line)
        row = layout.row(align=True)
        row.operator("mav3d.check_engine", icon="FILE_REFRESH", text="Checking …" if now.check else "Check")
        row.operator("mav3d.copy_report", icon="COPYDOWN")

    def _draw_engine(self, box: bpy.types.UILayout, context: bpy.types.Context) -> None:
        now, chosen = runtime(), engine_python()
        if now.report is not None and chosen is not None:
            _draw_line(box, context, "1. Engine", now.report.lines[0])
        else:
            said = f"Uses {chosen}" if chosen else "Not installed yet, and no Python is named above"
            wrapped(box, context, f"1. Engine: {said}", "NONE" if chosen else "ERROR")
        status = now.install.poll() if now.install is not None else None
        if status is not None and not status.ended:
            box.progress(factor=status.fraction, text=status.phase or "Installing")
            box.operator("mav3d.cancel_install", icon="X")
            return
        if status is not None and status.state == "failed":
            wrapped(box, context, status.sentence, "ERROR")
        if self.engine_python.strip():
            return
        own = installed(environments())
        row = box.row(align=True)
        row.prop(self, "variant", expand=True)
        wrapped(box, context, VARIANTS[self.variant.lower()].sentence)
        row = box.row(align=True)
        text = "Install Engine" if own is None else ("Update Engine" if needs_update(own) else "Install Again")
        row.operator("mav3d.install_engine", text=text, icon="IMPORT")
        row.operator("mav3d.use_python", icon="FILE_FOLDER")
        if own is not None:
            row.operator("mav3d.uninstall_engine", icon="TRASH")


def _draw_line(box: bpy.types.UILayout, context: bpy.types.Context, name: str, line: Line | None) -> None:
    if line is None:
        box.label(text=f"{name}: not checked yet", icon="QUESTION")
        return
    wrapped(box, context, f"{name}: {line.sentence}", ICONS[line.state])


CLASSES = (MAV3D_AP_preferences,)
