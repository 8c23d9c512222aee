"""Four drafts with four seeds, to choose from, and a chosen one made better."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..controller import sheet, submit, timer
from ..controller.placing.recipe import read_recipe
from ..controller.request import BETTER, draw_seed, request_of
from ..controller.validation import engine_problem, recipe_problem, request_problem
from ..jobs.job import JobError
from .job_runner import poll_without, report_job_error, run_job


class MAV3D_OT_four_seeds(bpy.types.Operator):
    """Make four drafts of the prompt with four seeds, and choose one of them when they are there"""

    bl_idname, bl_label = "mav3d.four_seeds", "Try Four Seeds"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem() or request_problem(context.scene.mav3d))

    def execute(self, context: bpy.types.Context) -> set[str]:
        draw_seed(context.scene.mav3d)
        try:
            jobs = sheet.begin(context, request_of(context.scene.mav3d))
        except (JobError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for job in jobs if bpy.app.background else ():
            timer.wait_for_job(job.id)
        return {"FINISHED"}


class MAV3D_OT_choose_draft(bpy.types.Operator):
    """Put this draft into the scene. Better Quality, under Selected Result, then makes it again with more steps"""

    bl_idname, bl_label = "mav3d.choose_draft", "Choose"

    job: StringProperty(name="Job", description="The draft's job", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        done = report_job_error(self, lambda: submit.place(context, self.job))
        if bpy.app.background and done == {"FINISHED"}:
            timer.wait_for_job(self.job)
        return done


class MAV3D_OT_close_sheet(bpy.types.Operator):
    """Close the sheet of drafts and stop those that are not made yet; all of them stay under Jobs"""

    bl_idname, bl_label = "mav3d.close_sheet", "Close Drafts"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, "" if sheet.drafts() else "Use Try Four Seeds first")

    def execute(self, context: bpy.types.Context) -> set[str]:
        return report_job_error(self, sheet.close)


class MAV3D_OT_improve(bpy.types.Operator):
    """Make this object again with the same seed at the next better quality, in its place; what it was is kept, hidden"""

    bl_idname, bl_label = "mav3d.improve", "Better Quality"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        problem = engine_problem() or recipe_problem(context)
        best = "" if problem or context.object.mav3d.quality in BETTER else "It has the best quality already"
        return poll_without(cls, problem or best)

    def execute(self, context: bpy.types.Context) -> set[str]:
        request = read_recipe(context.object) | {"quality": BETTER[context.object.mav3d.quality]}
        return run_job(self, lambda: submit.vary(context, request, context.object))


CLASSES = (MAV3D_OT_four_seeds, MAV3D_OT_choose_draft, MAV3D_OT_close_sheet, MAV3D_OT_improve)
