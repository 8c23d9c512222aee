"""Actions on a job: cancel, resume, retry, place, remove."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..controller import submit, timer
from ..controller.placing.results import select_object
from ..controller.state import state
from ..jobs.disk_use import size_text
from .job_runner import poll_without, report_job_error, run_job

JOB = StringProperty(name="Job", description="The job's id; the newest one that fits if left out", options={"SKIP_SAVE"})


def newest(*states: str) -> str:
    """The id of the newest job in one of the states; empty where there is none."""
    state().open_session()
    return next((job.id for job in reversed(state().jobs()) if job.state in states), "")


class MAV3D_OT_cancel(bpy.types.Operator):
    """Stop this job at once. Its checkpoint is kept, and it can be resumed"""

    bl_idname, bl_label = "mav3d.cancel", "Cancel"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job_id = self.job or newest("RUNNING", "QUEUED")
        return report_job_error(self, lambda: state().open_session().cancel(job_id))


class MAV3D_OT_finish_now(bpy.types.Operator):
    """Stop this job here, and make an object of what there is. It can be resumed"""

    bl_idname, bl_label = "mav3d.finish_now", "Finish Now"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job_id = self.job or newest("RUNNING")
        return report_job_error(self, lambda: submit.finish_now(job_id))


class MAV3D_OT_resume(bpy.types.Operator):
    """Resume this job from its last checkpoint. Its result goes where it was to go in the first place"""

    bl_idname, bl_label = "mav3d.resume", "Resume"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job_id = self.job or newest("INTERRUPTED", "CANCELLED", "FAILED")
        return run_job(self, lambda: submit.resume(context, job_id))


class MAV3D_OT_retry(bpy.types.Operator):
    """Start this job again from the beginning, with the same settings. An object of yours that it moved is moved once more"""

    bl_idname, bl_label = "mav3d.retry", "Retry"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job = state().open_session().store.get(self.job or newest("DONE", "FAILED", "CANCELLED", "INTERRUPTED"))
        if job is None:
            self.report({"ERROR"}, "There is no such job any more.")
            return {"CANCELLED"}
        return run_job(self, lambda: submit.retry(context, job))


class MAV3D_OT_remove(bpy.types.Operator):
    """Delete this job with its checkpoints. Objects made by it stay"""

    bl_idname, bl_label = "mav3d.remove", "Remove Job"
    job: JOB

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return report_job_error(self, lambda: state().open_session().remove(self.job))


class MAV3D_OT_clear_finished(bpy.types.Operator):
    """Delete all jobs that are placed, failed or stopped, with their checkpoints. Objects made by them stay"""

    bl_idname, bl_label = "mav3d.clear_finished", "Clear Finished"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, "" if _finished() else "No job is finished")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        done = _finished()
        size = size_text(state().disk_use.total(done))
        noun = "job" if len(done) == 1 else "jobs"
        message = f"This frees {size}. Objects made by them stay, but can't be optimized any further."
        return context.window_manager.invoke_confirm(
            self, event, title=f"Delete {len(done)} {noun} with checkpoints?", message=message, confirm_text="Delete"
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        session, done = state().open_session(), _finished()
        state().disk_use.look(session.store)
        size = size_text(state().disk_use.total(done))
        for job_id in done:
            if report_job_error(self, lambda job_id=job_id: session.remove(job_id)) == {"CANCELLED"}:
                return {"CANCELLED"}
        self.report({"INFO"}, f"{size} are free again")
        return {"FINISHED"}


def _finished() -> list[str]:
    """The ids of the finished jobs."""
    return [job.id for job in state().jobs() if job.finished]


class MAV3D_OT_place(bpy.types.Operator):
    """Put this job's result into the scene, as the placement settings say"""

    bl_idname, bl_label = "mav3d.place", "Place"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job_id = self.job or newest("DONE")
        done = report_job_error(self, lambda: submit.place(context, job_id))
        if bpy.app.background and done == {"FINISHED"}:
            timer.wait_for_job(job_id)
        return done


class MAV3D_OT_select_result(bpy.types.Operator):
    """Select the object that this job made"""

    bl_idname, bl_label = "mav3d.select_result", "Select"
    bl_options = {"REGISTER", "UNDO"}
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        job_id = self.job or newest("DONE")
        host = next((each for each in context.scene.objects if job_id and each.mav3d.job == job_id), None)
        if host is None:
            self.report({"ERROR"}, "The object is not in this scene any more: Place puts it there once more.")
            return {"CANCELLED"}
        select_object(context.scene, host)
        return {"FINISHED"}


class MAV3D_OT_dismiss(bpy.types.Operator):
    """Hide this message"""

    bl_idname, bl_label = "mav3d.dismiss", "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        state().notices.warn("")
        return {"FINISHED"}


CLASSES = (
    MAV3D_OT_cancel, MAV3D_OT_finish_now, MAV3D_OT_resume, MAV3D_OT_retry, MAV3D_OT_remove, MAV3D_OT_clear_finished,
    MAV3D_OT_place, MAV3D_OT_select_result, MAV3D_OT_dismiss,
)  # fmt: skip
