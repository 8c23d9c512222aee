"""Actions on the engine: stop it, show its log, set it up."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from ..common import package
from ..controller import timer
from ..controller.preferences import DEVICES, addon_preferences
from ..controller.state import state
from ..controller.validation import install_problem
from ..setup.packages.requirements import SetupError
from ..setup.packages.variants import VARIANTS
from .job_runner import poll_without

LOG_NAME, MANUAL_NAME = "MAV3D engine log", "MAV3D documentation"
MAX_LOG_BYTES = 200_000


class MAV3D_OT_stop_engine(bpy.types.Operator):
    """End the engine's process and free its memory. The running job keeps its checkpoint and can be resumed"""

    bl_idname, bl_label = "mav3d.stop_engine", "Stop Engine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, "" if state().engine_running else "The engine is not running")

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().open_session().stop_engine()
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_show_log(bpy.types.Operator):
    """Show the end of the engine's log in a text block"""

    bl_idname, bl_label = "mav3d.show_log", "Show Log"

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = package.user_path(package.ENGINE_LOG)
        try:
            with open(path, "rb") as file:
                file.seek(max(0, path.stat().st_size - MAX_LOG_BYTES))
                content = file.read().decode("utf-8", "replace")
        except OSError:
            self.report({"INFO"}, "There is no log yet: the engine has not been started.")
            return {"CANCELLED"}
        text = bpy.data.texts.get(LOG_NAME) or bpy.data.texts.new(LOG_NAME)
        text.from_string(content or "(empty)")
        if not bpy.app.background:
            show_text(text)
        return {"FINISHED"}


class MAV3D_OT_show_manual(bpy.types.Operator):
    """Show the documentation of this version in a text block"""

    bl_idname, bl_label = "mav3d.show_manual", "Documentation"

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            content = (package.ROOT / "docs" / "blender.md").read_text("utf-8")
        except OSError as error:
            self.report({"ERROR"}, f"The documentation can't be read ({error.strerror}): install MAV3D again.")
            return {"CANCELLED"}
        text = bpy.data.texts.get(MANUAL_NAME) or bpy.data.texts.new(MANUAL_NAME)
        text.from_string(content)
        text.cursor_set(0)
        if not bpy.app.background:
            show_text(text)
        return {"FINISHED"}


class MAV3D_OT_open_preferences(bpy.types.Operator):
    """Open the preferences of MAV3D, where the engine is set up"""

    bl_idname, bl_label = "mav3d.open_preferences", "Set Up Engine …"

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.screen.userpref_show("INVOKE_DEFAULT")
        context.preferences.active_section = "EXTENSIONS" if package.NAME.startswith("bl_ext.") else "ADDONS"
        if package.NAME in context.preferences.addons:
            bpy.ops.preferences.addon_show(module=package.NAME)
        return {"FINISHED"}


class MAV3D_OT_check_engine(bpy.types.Operator):
    """Check the engine's Python packages, the models, and the devices there are"""

    bl_idname, bl_label = "mav3d.check_engine", "Check"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().setup.begin_check()
        if bpy.app.background:
            self.report({"INFO"}, state().setup.finish_check().text)
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_find_pythons(bpy.types.Operator):
    """Look for Python interpreters on this computer that the engine can use"""

    bl_idname, bl_label = "mav3d.find_pythons", "Find Python"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().setup.begin_search()
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_use_python(bpy.types.Operator):
    """Use a Python interpreter that has the engine's packages already"""

    bl_idname, bl_label = "mav3d.use_python", "Use This Python"
    filepath: StringProperty(name="Python", description="The interpreter", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences = addon_preferences()
        if preferences is None:
            self.report({"ERROR"}, "Install MAV3D as an extension first.")
            return {"CANCELLED"}
        preferences.engine_python = self.filepath
        return bpy.ops.mav3d.check_engine()


class MAV3D_OT_use_device(bpy.types.Operator):
    """Use this device. A running engine keeps its device until it is started again"""

    bl_idname, bl_label = "mav3d.use_device", "Use This Device"
    device: EnumProperty(
        name="Device", description="The device that the engine computes on", items=DEVICES, options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        preferences = addon_preferences()
        if preferences is None:
            self.report({"ERROR"}, "Install MAV3D as an extension first.")
            return {"CANCELLED"}
        preferences.device = self.device
        return {"FINISHED"}


class MAV3D_OT_install_engine(bpy.types.Operator):
    """Download the engine's packages into an environment of its own, and use it in place of the Python named above"""

    bl_idname, bl_label = "mav3d.install_engine", "Install Engine"
    variant: StringProperty(
        name="Build", description='"CPU" or "CUDA"; as in the preferences if left out', options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, install_problem())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        preferences = addon_preferences()
        name = self.variant or (preferences.variant if preferences is not None else "CPU")
        variant = VARIANTS.get(name.lower())
        message = f"{variant.sentence} Nothing is installed into Blender's own Python." if variant else ""
        return context.window_manager.invoke_confirm(
            self, event, title="Download and install the engine?", message=message, confirm_text="Install"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            state().setup.begin_install(state().session, self.variant.lower())
        except SetupError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_cancel_install(bpy.types.Operator):
    """Stop the installation and remove what it made"""

    bl_idname, bl_label = "mav3d.cancel_install", "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().setup.cancel_install()
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_uninstall_engine(bpy.types.Operator):
    """Remove the environments that MAV3D installed. Jobs and results stay"""

    bl_idname, bl_label = "mav3d.uninstall_engine", "Uninstall Engine"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().setup.begin_removal(state().session)
        timer.start()
        return {"FINISHED"}


class MAV3D_OT_copy_report(bpy.types.Operator):
    """Copy the report of the check and the installation to the clipboard, for a bug report"""

    bl_idname, bl_label = "mav3d.copy_report", "Copy Report"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = state().setup.report_text()
        self.report({"INFO"}, "The report is in the clipboard.")
        return {"FINISHED"}


def show_text(text: bpy.types.Text) -> None:
    """Opens a window of its own with the text."""
    bpy.ops.wm.window_new()
    area = bpy.context.window_manager.windows[-1].screen.areas[0]
    area.type = "TEXT_EDITOR"
    area.spaces.active.text = text
    area.spaces.active.show_word_wrap = True


CLASSES = (
    MAV3D_OT_stop_engine, MAV3D_OT_show_log, MAV3D_OT_show_manual, MAV3D_OT_open_preferences, MAV3D_OT_check_engine,
    MAV3D_OT_find_pythons,
    MAV3D_OT_use_python, MAV3D_OT_use_device, MAV3D_OT_install_engine, MAV3D_OT_cancel_install, MAV3D_OT_uninstall_engine,
    MAV3D_OT_copy_report,
)  # fmt: skip
