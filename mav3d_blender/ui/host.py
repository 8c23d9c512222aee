"""The preferences' part about another computer that the engine runs on."""

from __future__ import annotations

import bpy

from ..controller.state import state
from .labels import wrapped_label

ICONS = {"ok": "CHECKMARK", "missing": "ERROR", "broken": "ERROR"}


def draw_host(layout: bpy.types.UILayout, context: bpy.types.Context, preferences: bpy.types.AddonPreferences) -> None:
    """Draws what a check has found there, and the buttons; or a running installation."""
    setup = state().host_setup
    box = layout.box()
    status = setup.status
    if setup.installing:
        box.label(text="The engine is being installed there", icon="IMPORT")
        box.progress(factor=status.fraction, text=f"{status.fraction:.0%}")
        wrapped_label(box, context, status.phase)
        box.operator("mav3d.cancel_install_there", icon="X")
        return
    if status is not None and status.state == "failed":
        wrapped_label(box, context, status.sentence, "ERROR")
    for line in setup.report or ():
        wrapped_label(box, context, f"{line.name}: {line.sentence}", ICONS[line.state])
    if setup.report is None and not setup.checking:
        wrapped_label(box, context, "Not checked yet. Jobs go there through ssh, with their pictures and meshes.", "QUESTION")
    box.row(align=True).prop(preferences, "variant", expand=True)
    row = box.row(align=True)
    row.operator("mav3d.check_host", icon="FILE_REFRESH", text="Checking …" if setup.checking else "Check")
    row.operator("mav3d.install_engine_there", icon="IMPORT")
