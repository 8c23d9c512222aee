"""What can be done with a job: cancel, resume, retry, place, remove."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from ..controller import submit as asking
from ..controller import timer as ticking
from ..controller.state import runtime, session
from ..jobs.store import JobError
from .generate import begin

JOB = StringProperty(name="Job", description="The job's name; the newest that fits if left out", options={"SKIP_SAVE"})


def newest(states: tuple[str, ...]) -> str:
    """The newest job in one of `states`; empty where there is none."""
    return next((job.id for job in reversed(session().store.jobs()) if job.state in states), "")


def act(operator: bpy.types.Operator, action, name: str) -> set[str]:
    """Does something with a job; what is in the way is reported."""
    try:
        action(name)
    except JobError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    ticking.start()
    return {"FINISHED"}


class MAV3D_OT_cancel(bpy.types.Operator):
    """Stop this job. What there is of it is kept, and it can go on later"""

    bl_idname, bl_label = "mav3d.cancel", "Cancel"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        return act(self, session().cancel, self.job or newest(("RUNNING", "QUEUED")))


class MAV3D_OT_resume(bpy.types.Operator):
    """Go on with this job from its last checkpoint. Its result goes where it was to go when it was asked for"""

    bl_idname, bl_label = "mav3d.resume", "Resume"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        name = self.job or newest(("INTERRUPTED", "CANCELLED", "FAILED"))
        return begin(self, context, lambda: asking.go_on(context, name))


class MAV3D_OT_retry(bpy.types.Operator):
    """Start this job anew, with the same settings"""

    bl_idname, bl_label = "mav3d.retry", "Retry"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        found = session().store.get(self.job or newest(("DONE", "FAILED", "CANCELLED", "INTERRUPTED")))
        if found is None:
            self.report({"ERROR"}, "There is no such job any more.")
            return {"CANCELLED"}
        return begin(self, context, lambda: asking.start(context, found.request))


class MAV3D_OT_remove(bpy.types.Operator):
    """Delete this job with its checkpoints. Objects that came of it stay"""

    bl_idname, bl_label = "mav3d.remove", "Remove Job"
    job: JOB

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return act(self, session().remove, self.job)


class MAV3D_OT_place(bpy.types.Operator):
    """Put this job's result into the scene, as the placement settings say"""

    bl_idname, bl_label = "mav3d.place", "Place"
    job: JOB

    def execute(self, context: bpy.types.Context) -> set[str]:
        now, name = runtime(), self.job or newest(("DONE",))
        found = session().store.get(name)
        if found is None or not found.asset:
            self.report({"ERROR"}, "The job has no result yet.")
            return {"CANCELLED"}
        session().aim(name, asking.target_of(context))
        ticking.fetch(now, session().store.get(name))
        ticking.start()
        while bpy.app.background and name in now.waiting:
            ticking.advance(now)
        return {"FINISHED"}


class MAV3D_OT_dismiss(bpy.types.Operator):
    """Take this message away"""

    bl_idname, bl_label = "mav3d.dismiss", "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        runtime().warned = ""
        return {"FINISHED"}


CLASSES = (MAV3D_OT_cancel, MAV3D_OT_resume, MAV3D_OT_retry, MAV3D_OT_remove, MAV3D_OT_place, MAV3D_OT_dismiss)
