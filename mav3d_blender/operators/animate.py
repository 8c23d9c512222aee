"""Animate an object of one's own."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..capture.recording import CaptureError
from ..controller.animate import animate, mesh_prompt_problem, mesh_request, object_problem
from ..controller.request import draw_seed, set_values
from ..controller.validation import engine_problem
from .generate import QUALITIES
from .job_runner import poll_without, run_job


class MAV3D_OT_animate_mesh(bpy.types.Operator):
    """Make the selected mesh move as the prompt says, such as "a dog running". It gets an armature with keyframes; its faces,
    UVs, materials and other modifiers stay"""

    bl_idname, bl_label = "mav3d.animate_mesh", "Animate This Mesh"

    prompt: StringProperty(
        name="Prompt", description="What it is and how it moves; empty for the sidebar's", options={"SKIP_SAVE"}
    )
    quality: EnumProperty(name="Quality", description="How long to optimize", items=QUALITIES, default="SIDEBAR",
                          options={"SKIP_SAVE"})  # fmt: skip
    seed: IntProperty(
        name="Seed", description="The same seed and settings give the same motion; -1 for the sidebar's", default=-1, min=-1,
        options={"SKIP_SAVE"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem() or object_problem(context))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.mav3d
        self.prompt, self.quality, self.seed = settings.prompt, settings.quality, settings.seed
        return context.window_manager.invoke_props_dialog(self, confirm_text="Animate")

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mav3d
        given = {"prompt": self.prompt} if self.prompt else {}
        given |= {} if self.quality == "SIDEBAR" else {"quality": self.quality}
        set_values(settings, given | ({"seed": self.seed} if self.seed >= 0 else {}))
        if problem := mesh_prompt_problem(settings):
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        if self.seed < 0:
            draw_seed(settings)
        try:
            return run_job(self, lambda: animate(context, mesh_request(settings)))
        except CaptureError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}


CLASSES = (MAV3D_OT_animate_mesh,)
