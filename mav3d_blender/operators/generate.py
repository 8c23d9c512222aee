"""Generate, estimate, and settings from before."""

from __future__ import annotations

import bpy
from bpy.props import IntProperty

from ..common import package
from ..controller import submit as asking
from ..controller import timer as ticking
from ..controller.state import lacking, runtime, session
from ..jobs.history import read_history
from ..jobs.store import JobError
from ..ui.panels import complaint


def with_prompt(cls, context: bpy.types.Context) -> bool:
    """Poll: there has to be an engine, and a prompt that it can take."""
    why = lacking() or complaint(context.scene.mav3d)
    if why:
        cls.poll_message_set(why)
    return not why


class MAV3D_OT_generate(bpy.types.Operator):
    """Make an animated object from the prompt. You can go on working meanwhile"""

    bl_idname, bl_label = "mav3d.generate", "Generate"
    poll = classmethod(with_prompt)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return begin(self, context, lambda: asking.start(context, asking.request_of(context.scene.mav3d)))


class MAV3D_OT_estimate(bpy.types.Operator):
    """Find out how long this would take and how much memory, by trying a few steps"""

    bl_idname, bl_label = "mav3d.estimate", "Estimate"
    poll = classmethod(with_prompt)

    def execute(self, context: bpy.types.Context) -> set[str]:
        session().estimate(context.scene.mav3d.request())
        runtime().estimate = "Trying a few steps …"
        ticking.start()
        while bpy.app.background and session().busy:
            ticking.advance(runtime())
        if bpy.app.background:
            self.report({"INFO"}, runtime().estimate)
        return {"FINISHED"}


class MAV3D_OT_use_settings(bpy.types.Operator):
    """Take this prompt and all its settings"""

    bl_idname, bl_label = "mav3d.use_settings", "Use These Settings"
    bl_options = {"REGISTER", "UNDO"}

    entry: IntProperty(name="Entry", description="Its place in the list of earlier prompts, from 0", min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        entries = read_history(package.user_folder() / asking.HISTORY)
        if self.entry >= len(entries):
            self.report({"ERROR"}, "That prompt is no longer in the list.")
            return {"CANCELLED"}
        context.scene.mav3d.take(entries[self.entry])
        return {"FINISHED"}


def begin(operator: bpy.types.Operator, context: bpy.types.Context, ask) -> set[str]:
    """Asks for a job; Blender without a window, whose timers never fire, waits for it here and has the result placed."""
    try:
        job = ask()
    except (JobError, ValueError) as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    if not bpy.app.background:
        operator.report({"INFO"}, f"“{job.request.get('prompt', '')}” is on its way: see Jobs in the sidebar")
        return {"FINISHED"}
    job = ticking.wait(job.id)
    if job.state == "DONE" and not job.imported:
        operator.report({"ERROR"}, runtime().warned or "The result could not be placed.")
    elif job.state != "DONE":
        operator.report({"ERROR"}, f"{job.message} {job.advice}".strip())
    return {"FINISHED"} if job.state == "DONE" and job.imported else {"CANCELLED"}


CLASSES = (MAV3D_OT_generate, MAV3D_OT_estimate, MAV3D_OT_use_settings)
