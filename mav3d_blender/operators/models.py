"""Public models: fetched from the Hugging Face hub."""

from __future__ import annotations

import bpy

from ..client.model_fetch import ModelFetch
from ..common import package
from ..controller import timer as ticking
from ..controller.state import engine_python, lacking, runtime
from ..ui.panels import names_models, own_roles
from ..ui.properties import MODELS, PRESETS

LOG = "fetch.log"


class MAV3D_OT_fetch_models(bpy.types.Operator):
    """Download the models chosen here, or go on with a download. They are kept for all files and all versions of MAV3D"""

    bl_idname, bl_label = "mav3d.fetch_models", "Fetch Models"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        why = cls.objection(context.scene.mav3d)
        if why:
            cls.poll_message_set(why)
        return not why

    @staticmethod
    def objection(settings: bpy.types.PropertyGroup) -> str:
        """Why there is nothing to fetch now; empty where there is."""
        fetch = runtime().fetch
        if lacking():
            return lacking()
        if settings.preset == "primitives":
            return "The built-in models are there already"
        if settings.preset == "custom" and not names_models(settings):
            return "Name the image and the video model under Models"
        if not online():
            return "Allow Online Access in Preferences > System first"
        return "Models are being fetched already" if fetch is not None and not fetch.poll().ended else ""

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        about = next(each[2] for each in PRESETS if each[0] == context.scene.mav3d.preset)
        message = f"{about}. What is there already is not fetched again, and each model has a licence of its own."
        return context.window_manager.invoke_confirm(
            self, event, title="Download these models?", message=message, confirm_text="Fetch"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        now, settings = runtime(), context.scene.mav3d
        command = [str(engine_python()), "-u", "-m", "engine", "models", "fetch", settings.preset, "--json"]
        for name in MODELS:
            if source := getattr(settings, name).strip():
                command.append(f"--{name.replace('_', '-')}={source}")
        now.fetch = ModelFetch(command, package.ROOT, package.user_folder() / LOG, settings.preset, own_roles(settings))
        ticking.start()
        while bpy.app.background and not now.fetch.wait(1.0).ended:
            pass
        if now.fetch.poll().state == "failed":
            self.report({"ERROR"}, now.fetch.poll().sentence)
            return {"CANCELLED"}
        return {"FINISHED"}


class MAV3D_OT_cancel_fetch(bpy.types.Operator):
    """Stop fetching. What has come stays, and the next time goes on from there"""

    bl_idname, bl_label = "mav3d.cancel_fetch", "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        if runtime().fetch is not None:
            runtime().fetch.cancel()
        ticking.start()
        return {"FINISHED"}


def online() -> bool:
    """Whether the user lets Blender go online."""
    return bpy.app.online_access


CLASSES = (MAV3D_OT_fetch_models, MAV3D_OT_cancel_fetch)
