"""The add-on's preferences: set-up in three steps, each with the buttons that fix it."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..common import package
from ..common.remote import configured_hosts
from ..controller import timer
from ..controller.preferences import DEVICES, engine_python, environments_folder
from ..controller.state import state
from ..setup.environments import installed, needs_update
from ..setup.packages.requirements import SetupError
from ..setup.packages.variants import VARIANTS
from ..setup.steps import Step, steps
from .host import draw_host
from .labels import wrapped_label

BUILDS = [(name.upper(), variant.label, variant.sentence) for name, variant in VARIANTS.items()]
ICONS = {"ok": "CHECKMARK", "better": "INFO", "missing": "ERROR", "broken": "ERROR", "unknown": "QUESTION"}
FIX_ICONS = {
    "mav3d.install_engine": "IMPORT", "mav3d.use_python": "FILE_FOLDER", "mav3d.use_device": "CHECKMARK",
}  # fmt: skip


def _python_changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    # Without a window nothing would take what the check finds.
    if not bpy.app.background:
        state().setup.begin_check()
        timer.start()


def _host_changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    state().change_host()


def _known_hosts(preferences: bpy.types.AddonPreferences, context: bpy.types.Context, text: str) -> list[str]:
    """The hosts of the person's ssh configuration; Blender looks for the text in them."""
    config = preferences.ssh_config.strip()
    return configured_hosts(Path(bpy.path.abspath(config)) if config else None)


def _jobs_folder_changed(preferences: bpy.types.AddonPreferences, context: bpy.types.Context) -> None:
    state().change_jobs_folder()


class MAV3D_AP_preferences(bpy.types.AddonPreferences):
    bl_idname = package.NAME

    engine_python: StringProperty(
        name="Engine Python",
        description="The Python interpreter that runs the engine; empty for the environment installed below",
        subtype="FILE_PATH",
        update=_python_changed,
    )
    engine_host: StringProperty(
        name="Run Engine On",
        description=(
            "Another computer, by its name in your ssh configuration, which jobs and their files go to; empty for this computer"
        ),
        search=_known_hosts,
        search_options={"SUGGESTION"},
        update=_host_changed,
    )
    host_folder: StringProperty(
        name="Folder There",
        description="The folder with the engine on that computer, from the home folder; empty for .mav3d",
        update=_host_changed,
    )
    ssh_config: StringProperty(
        name="SSH Configuration",
        description="A configuration file of ssh in place of your own",
        subtype="FILE_PATH",
        update=_host_changed,
    )
    device: EnumProperty(name="Device", description="The device that the engine computes on", items=DEVICES, default="CPU")
    variant: EnumProperty(name="Build", description="Which build of the engine is installed", items=BUILDS, default="CPU")
    jobs_folder: StringProperty(
        name="Jobs Folder",
        description="Where jobs and their checkpoints are kept; empty for a folder beside Blender's own settings",
        subtype="DIR_PATH",
        update=_jobs_folder_changed,
    )
    advanced: BoolProperty(name="Advanced", description="Where packages come from, and removing the engine")
    package_index: StringProperty(
        name="Package Index",
        description=(
            "Address of a package index, such as a company's mirror, in place of PyPI and of PyTorch's own for the CPU build; "
            "its PyTorch may be larger. Empty for those two, or for what pip's settings on this computer say"
        ),
    )

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(self, "engine_host", icon="NETWORK_DRIVE")
        there = bool(self.engine_host.strip())
        if not there:
            column.prop(self, "engine_python")
        column.prop(self, "device")
        column.prop(self, "jobs_folder")
        if there:
            draw_host(layout, context, self)
        else:
            self._draw_steps(layout, context)
        self._draw_advanced(layout, context)

    def _draw_steps(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        found = self._steps()
        for number, step in enumerate(found, 1):
            box = layout.box()
            if number == 1 and self._draw_install(box, context):
                continue
            wrapped_label(box, context, f"{number}. {step.name}: {step.sentence}", ICONS[step.state])
            if number == 1 and step.fixes:
                self._draw_build(box, context)
            _draw_fixes(box, step)
        row = layout.row(align=True)
        row.operator("mav3d.check_engine", icon="FILE_REFRESH", text="Checking …" if state().setup.checking else "Check")
        row.operator("mav3d.copy_report", icon="COPYDOWN")

    def _steps(self) -> tuple[Step, Step, Step]:
        own, outdated = installed(environments_folder()), False
        try:
            outdated = own is not None and needs_update(own)
        except SetupError:
            pass  # the check says so
        return steps(state().setup.report, engine_python(), self.device.lower(), own is not None, outdated)

    def _draw_install(self, box: bpy.types.UILayout, context: bpy.types.Context) -> bool:
        """Draws a running installation, or why the last one failed; whether one is running."""
        status = state().setup.install_status
        if status is None or (status.ended and status.state != "failed"):
            return False
        if status.state == "failed":
            wrapped_label(box, context, status.sentence, "ERROR")
            return False
        box.label(text="1. Engine: being installed", icon="IMPORT")
        box.progress(factor=status.fraction, text=f"{status.fraction:.0%}")
        wrapped_label(box, context, status.phase or "Installing")
        box.operator("mav3d.cancel_install", icon="X")
        return True

    def _draw_build(self, box: bpy.types.UILayout, context: bpy.types.Context) -> None:
        box.row(align=True).prop(self, "variant", expand=True)
        wrapped_label(box, context, VARIANTS[self.variant.lower()].sentence)

    def _draw_advanced(self, layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
        shown = self.advanced
        row = layout.row()
        row.alignment = "LEFT"
        row.prop(self, "advanced", icon="DOWNARROW_HLT" if shown else "RIGHTARROW", emboss=False)
        if not shown:
            return
        box = layout.box()
        column = box.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(self, "host_folder")
        column.prop(self, "ssh_config")
        column.prop(self, "package_index")
        if installed(environments_folder()) is not None:
            self._draw_build(box, context)
            row = box.row(align=True)
            row.operator("mav3d.install_engine", text="Install Again", icon="IMPORT")
            row.operator("mav3d.uninstall_engine", icon="TRASH")


def _draw_fixes(box: bpy.types.UILayout, step: Step) -> None:
    if not step.fixes:
        return
    row = box.row(align=True)
    for fix in step.fixes:
        button = row.operator(fix.operator, text=fix.text, icon=FIX_ICONS[fix.operator])
        for name, value in fix.options:
            setattr(button, name, value)


CLASSES = (MAV3D_AP_preferences,)
