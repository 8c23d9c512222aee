"""Actions on another computer that the engine runs on: check it, install the engine there."""

from __future__ import annotations

import bpy

from ..controller import timer
from ..controller.preferences import addon_preferences
from ..controller.state import state
from ..controller.validation import install_problem
from ..setup.packages.requirements import SetupError
from ..setup.packages.variants import VARIANTS
from .job_runner import poll_without


class MAV3D_OT_check_host(bpy.types.Operator):
    """Check whether the computer can be reached, and its engine, device and disk"""

    bl_idname, bl_label = "mav3d.check_host", "Check"

    def execute(self, context: bpy.types.Context) -> set[str]:
        setup = state().host_setup
        try:
            setup.begin_check()
        except SetupError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if bpy.app.background:
            setup.wait()
            self.report({"INFO"}, "\n".join(f"{line.name}: {line.sentence}" for line in setup.report or ()))
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_install_engine_there(bpy.types.Operator):
    """Copy the engine to the computer named above, and download its packages there into an environment of its own"""

    bl_idname, bl_label = "mav3d.install_engine_there", "Install Engine There"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, install_problem())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        preferences = addon_preferences()
        variant = VARIANTS[preferences.variant.lower()]
        folder = preferences.host_folder.strip() or ".mav3d"
        return context.window_manager.invoke_confirm(
            self, event, title=f"Install the engine on {preferences.engine_host}?", confirm_text="Install",
            message=f"{variant.sentence} All of it goes into {folder} there; that computer downloads the packages.",
        )  # fmt: skip

    def execute(self, context: bpy.types.Context) -> set[str]:
        setup = state().host_setup
        try:
            setup.begin_install(state().session)
        except SetupError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if bpy.app.background:
            setup.wait()
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_cancel_install_there(bpy.types.Operator):
    """Stop the installation there; the next one goes on with what there is"""

    bl_idname, bl_label = "mav3d.cancel_install_there", "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().host_setup.cancel_install()
        timer.start()
        return {"FINISHED"}


CLASSES = (MAV3D_OT_check_host, MAV3D_OT_install_engine_there, MAV3D_OT_cancel_install_there)
