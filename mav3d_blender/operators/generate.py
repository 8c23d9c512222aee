"""Generate, estimate, and settings of before."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty

from ..controller import submit, timer
from ..controller.request import apply_request, draw_seed, request_of
from ..controller.validation import engine_problem, request_problem
from .job_runner import poll_without, run_job


def _can_generate(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    return poll_without(cls, engine_problem() or request_problem(context.scene.mav3d))


class MAV3D_OT_generate(bpy.types.Operator):
    """Make an animated object from the prompt. You can go on working meanwhile"""

    bl_idname, bl_label = "mav3d.generate", "Generate"
    poll = classmethod(_can_generate)

    def execute(self, context: bpy.types.Context) -> set[str]:
        draw_seed(context.scene.mav3d)
        return run_job(self, lambda: submit.generate(context, request_of(context.scene.mav3d)))


class MAV3D_OT_estimate(bpy.types.Operator):
    """Find out how long this would take and how much memory, by running a few steps"""

    bl_idname, bl_label = "mav3d.estimate", "Estimate"
    poll = classmethod(_can_generate)

    def execute(self, context: bpy.types.Context) -> set[str]:
        submit.estimate(request_of(context.scene.mav3d))
        if bpy.app.background:
            self.report({"INFO"}, timer.wait_for_estimate())
        return {"FINISHED"}


class MAV3D_OT_use_settings(bpy.types.Operator):
    """Use this prompt with all its settings"""

    bl_idname, bl_label = "mav3d.use_settings", "Use These Settings"
    bl_options = {"REGISTER", "UNDO"}

    entry: IntProperty(name="Entry", description="Index in the list of recent prompts, from 0", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        entries = submit.history()
        if self.entry >= len(entries):
            self.report({"ERROR"}, "That prompt is no longer in the list.")
            return {"CANCELLED"}
        apply_request(context.scene.mav3d, entries[self.entry])
        return {"FINISHED"}


CLASSES = (MAV3D_OT_generate, MAV3D_OT_estimate, MAV3D_OT_use_settings)
