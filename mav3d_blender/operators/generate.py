"""Generate, estimate, and settings of before."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..common.contract import request as contract
from ..controller import submit, timer
from ..controller.request import apply_request, draw_seed, request_of, set_values
from ..controller.validation import engine_problem, request_problem
from .job_runner import poll_without, run_job

QUALITIES = [
    ("SIDEBAR", "As in the Sidebar", "The quality in the sidebar"),
    *((name.upper(), name.title(), "") for name in contract.SETTINGS["quality"].choices),
]


class MAV3D_OT_generate(bpy.types.Operator):
    """Make an animated object from the prompt. You can go on working meanwhile"""

    bl_idname, bl_label = "mav3d.generate", "Generate"

    prompt: StringProperty(
        name="Prompt", description="What to make and how it moves; empty for the sidebar's", options={"SKIP_SAVE"}
    )
    preset: StringProperty(
        name="Models",
        description='Which models, such as "primitives"; empty for the sidebar\'s',
        options={"SKIP_SAVE", "HIDDEN"},
    )
    quality: EnumProperty(
        name="Quality", description="How long to optimize, and how fine the result is", items=QUALITIES, default="SIDEBAR",
        options={"SKIP_SAVE"},
    )  # fmt: skip
    seed: IntProperty(
        name="Seed", description="The same seed and settings give the same result; -1 for the sidebar's", default=-1, min=-1,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    frames: IntProperty(
        name="Frames", description="Number of frames in the clip; 0 for the sidebar's", min=0, max=250,
        options={"SKIP_SAVE", "HIDDEN"},
    )  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        settings = context.scene.mav3d
        self.prompt, self.quality, self.seed = settings.prompt, settings.quality, settings.seed
        return context.window_manager.invoke_props_dialog(self, confirm_text="Generate")

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.mav3d
        known = contract.SETTINGS["preset"].choices
        if self.preset and self.preset not in known:
            self.report({"ERROR"}, f"There are no models called {self.preset}: choose {' or '.join(known)}.")
            return {"CANCELLED"}
        set_values(settings, self._given())
        if problem := request_problem(settings):
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        if self.seed < 0:
            draw_seed(settings)
        settings.result = ""
        done = run_job(self, lambda: submit.generate(context, request_of(settings)))
        if settings.result:
            self.report({"INFO"}, f"Made {settings.result}")
        return done

    def _given(self) -> dict[str, Any]:
        """What is asked for here in place of the sidebar's settings, which it becomes."""
        given = {"prompt": self.prompt, "preset": self.preset, "frames": self.frames}
        given = {name: value for name, value in given.items() if value}
        if self.quality != "SIDEBAR":
            given["quality"] = self.quality
        return given | ({"seed": self.seed} if self.seed >= 0 else {})


class MAV3D_OT_estimate(bpy.types.Operator):
    """Find out how long this would take and how much memory, by running a few steps"""

    bl_idname, bl_label = "mav3d.estimate", "Estimate"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem() or request_problem(context.scene.mav3d))

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
