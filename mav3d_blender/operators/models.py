"""Public models: downloaded from the Hugging Face hub."""

from __future__ import annotations

import bpy

from ..controller import timer
from ..controller.state import state
from ..controller.validation import fetch_problem
from .job_runner import poll_without


class MAV3D_OT_fetch_models(bpy.types.Operator):
    """Download the models chosen here, or continue a download. They are kept for all files and all versions of MAV3D"""

    bl_idname, bl_label = "mav3d.fetch_models", "Fetch Models"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, fetch_problem(context.scene.mav3d))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.mav3d
        about = settings.bl_rna.properties["preset"].enum_items[settings.preset].description
        message = f"{about}. What is there already is not fetched again, and each model has a license of its own."
        return context.window_manager.invoke_confirm(
            self, event, title="Download these models?", message=message, confirm_text="Fetch"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        downloads = state().downloads
        downloads.begin(context.scene.mav3d)
        timer.start()
        status = downloads.wait() if bpy.app.background else downloads.status
        if status.state == "failed":
            self.report({"ERROR"}, status.sentence)
            return {"CANCELLED"}
        return {"FINISHED"}


class MAV3D_OT_cancel_fetch(bpy.types.Operator):
    """Stop the download. What has been fetched is kept, and the next download continues there"""

    bl_idname, bl_label = "mav3d.cancel_fetch", "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().downloads.cancel()
        timer.start()
        return {"FINISHED"}


CLASSES = (MAV3D_OT_fetch_models, MAV3D_OT_cancel_fetch)
