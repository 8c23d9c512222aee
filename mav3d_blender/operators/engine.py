"""The engine: stopped, looked into, set up."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, StringProperty

from ..common import package
from ..controller import timer as ticking
from ..controller.engine_setup import begin_install, begin_removal, report_text
from ..controller.state import LOG, engine_python, preferences, runtime, session
from ..setup.background import Background
from ..setup.check import start_check
from ..setup.pythons import find_pythons
from ..setup.requirements import SetupError
from ..setup.variants import VARIANTS
from ..ui.preferences import DEVICES

LOG_NAME = "MAV3D engine log"
LARGEST_LOG = 200_000


class MAV3D_OT_stop_engine(bpy.types.Operator):
    """End the engine's process, which gives its memory back. What runs keeps its checkpoint and can be resumed"""

    bl_idname, bl_label = "mav3d.stop_engine", "Stop Engine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if runtime().session is None or runtime().session.state == "stopped":
            cls.poll_message_set("The engine is not running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().stop_engine()
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_show_log(bpy.types.Operator):
    """Show the end of the engine's log in a text block"""

    bl_idname, bl_label = "mav3d.show_log", "Show Log"

    def execute(self, context: bpy.types.Context) -> set[str]:
        path = package.user_folder() / LOG
        try:
            with open(path, "rb") as file:
                file.seek(max(0, path.stat().st_size - LARGEST_LOG))
                content = file.read().decode("utf-8", "replace")
        except OSError:
            self.report({"INFO"}, "There is no log yet: the engine has not been started.")
            return {"CANCELLED"}
        text = bpy.data.texts.get(LOG_NAME) or bpy.data.texts.new(LOG_NAME)
        text.from_string(content or "(empty)")
        if context.window is not None:
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
    """See whether the engine's Python has all it needs, whether the models are there, and which device it has"""

    bl_idname, bl_label = "mav3d.check_engine", "Check"

    def execute(self, context: bpy.types.Context) -> set[str]:
        now = runtime()
        now.check = start_check(engine_python())
        if bpy.app.background:
            now.report, now.check = now.check.wait(), None
            self.report({"INFO"}, now.report.text)
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_find_pythons(bpy.types.Operator):
    """Look for Pythons on this computer that the engine can be built on"""

    bl_idname, bl_label = "mav3d.find_pythons", "Find Python"

    def execute(self, context: bpy.types.Context) -> set[str]:
        runtime().pythons = Background(find_pythons)
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_use_python(bpy.types.Operator):
    """Use this Python, which has the engine's packages already"""

    bl_idname, bl_label = "mav3d.use_python", "Use This Python"
    filepath: StringProperty(name="Python", description="The interpreter", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences()
        if chosen is None:
            self.report({"ERROR"}, "Install MAV3D as an extension first.")
            return {"CANCELLED"}
        chosen.engine_python = self.filepath
        return bpy.ops.mav3d.check_engine()


class MAV3D_OT_use_device(bpy.types.Operator):
    """Have the engine compute there. One that runs goes on where it is until it is started anew"""

    bl_idname, bl_label = "mav3d.use_device", "Use This Device"
    device: EnumProperty(name="Device", description="Where the engine computes", items=DEVICES, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        chosen = preferences()
        if chosen is None:
            self.report({"ERROR"}, "Install MAV3D as an extension first.")
            return {"CANCELLED"}
        chosen.device = self.device
        return {"FINISHED"}


class MAV3D_OT_install_engine(bpy.types.Operator):
    """Download the engine's packages into an environment of its own, to be used instead of any Python named above"""

    bl_idname, bl_label = "mav3d.install_engine", "Install Engine"
    variant: StringProperty(
        name="Build", description='"CPU" or "CUDA"; as the preferences say if left out', options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.app.online_access:
            cls.poll_message_set("Allow Online Access in Preferences > System first, or use a Python that has the packages")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        chosen = preferences()
        name = self.variant or (chosen.variant if chosen is not None else "CPU")
        variant = VARIANTS.get(name.lower())
        message = f"{variant.sentence} Nothing is put into Blender's own Python." if variant else ""
        return context.window_manager.invoke_confirm(
            self, event, title="Download and install the engine?", message=message, confirm_text="Install"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            begin_install(self.variant.lower())
        except SetupError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_cancel_install(bpy.types.Operator):
    """Stop installing and remove what was begun"""

    bl_idname, bl_label = "mav3d.cancel_install", "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if runtime().install is not None:
            runtime().install.cancel()
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_uninstall_engine(bpy.types.Operator):
    """Remove the environments that MAV3D installed. Jobs and results stay"""

    bl_idname, bl_label = "mav3d.uninstall_engine", "Uninstall Engine"

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        begin_removal()
        ticking.start()
        return {"FINISHED"}


class MAV3D_OT_copy_report(bpy.types.Operator):
    """Copy what was found to the clipboard, for a bug report"""

    bl_idname, bl_label = "mav3d.copy_report", "Copy Report"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.clipboard = report_text()
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
    MAV3D_OT_stop_engine, MAV3D_OT_show_log, MAV3D_OT_open_preferences, MAV3D_OT_check_engine, MAV3D_OT_find_pythons,
    MAV3D_OT_use_python, MAV3D_OT_use_device, MAV3D_OT_install_engine, MAV3D_OT_cancel_install, MAV3D_OT_uninstall_engine,
    MAV3D_OT_copy_report,
)  # fmt: skip
