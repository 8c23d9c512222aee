"""What an animator changes about a result's motion: how it is stored, when it plays, and single frames."""

from __future__ import annotations

from collections.abc import Callable

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

from ..controller.pace import REPEAT_ITEMS, pace_of, set_pace, smooth_motion
from ..controller.placing.results import select_object
from ..controller.validation import result_problem
from ..timeline import (
    BakeError,
    Pace,
    armature_of,
    bake_to_frames,
    begin_frame_edit,
    edited_sequence,
    end_frame_edit,
    frames_to_shape_keys,
    rig_to_shape_keys,
    to_transform_keys,
)  # fmt: skip
from .job_runner import poll_without


class Baking:
    """What operators that show a result by another object have in common. bake: makes that object, which is selected."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, result_problem(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            twin = self.bake(context.object, context.scene)
        except BakeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        select_object(context.scene, twin)
        return {"FINISHED"}


class MAV3D_OT_bake_to_frames(Baking, bpy.types.Operator):
    """Turn shape keys or an armature into one editable mesh per frame, in a new object; this one is hidden"""

    bl_idname, bl_label, bake = "mav3d.bake_to_frames", "Bake to Frames", staticmethod(bake_to_frames)


class MAV3D_OT_frames_to_shape_keys(Baking, bpy.types.Operator):
    """Turn an armature or one mesh per frame into one mesh with shape keys, in a new object; all frames need the same faces"""

    bl_idname, bl_label = "mav3d.frames_to_shape_keys", "To Shape Keys"

    def bake(self, host: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object:
        return (frames_to_shape_keys if armature_of(host) is None else rig_to_shape_keys)(host, scene)


class MAV3D_OT_convert_to_transform_keys(Baking, bpy.types.Operator):
    """Turn shape keys that hold moved copies of one shape into that shape, moved by keys of location, rotation and scale, in a
    new object; an edit of its mesh is then there in every frame"""

    bl_idname, bl_label = "mav3d.convert_to_transform_keys", "Convert to Transform Keys"
    bake = staticmethod(to_transform_keys)


class MAV3D_OT_retime(bpy.types.Operator):
    """Change how fast, which way and how often the motion plays, from the frame where it begins; its keys stay keys. Forward at
    speed 1 it is as it was made"""

    bl_idname, bl_label = "mav3d.retime", "Retime"
    bl_options = {"REGISTER", "UNDO"}

    speed: FloatProperty(
        name="Speed", description="How many times as fast as it was made", default=1.0, min=0.01, soft_min=0.1, soft_max=10.0,
        max=100.0, precision=3,
    )  # fmt: skip
    reverse: BoolProperty(name="Reverse", description="Play from the end to the beginning")
    repeat: EnumProperty(name="Repeat", description="What comes before and after the clip", items=REPEAT_ITEMS, default="LOOP")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, result_problem(context))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        pace = pace_of(context.object)
        self.speed, self.reverse, self.repeat = pace.speed, pace.reverse, pace.repeat
        return context.window_manager.invoke_props_dialog(self, confirm_text="Retime")

    def execute(self, context: bpy.types.Context) -> set[str]:
        # Speeds are single precision in Blender: what was typed, so that going back is exact.
        pace = Pace(round(self.speed, 6), self.reverse, self.repeat)
        return _changed(self, lambda: set_pace(context.object, pace))


class MAV3D_OT_smooth_motion(bpy.types.Operator):
    """Take small jerks out of the motion: each frame becomes more like its neighbors"""

    bl_idname, bl_label = "mav3d.smooth_motion", "Smooth Motion"
    bl_options = {"REGISTER", "UNDO"}

    times: IntProperty(name="Strength", description="How many times over", default=1, min=1, max=50)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, result_problem(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        return _changed(self, lambda: smooth_motion(context.object, self.times))


class MAV3D_OT_edit_frame(Baking, bpy.types.Operator):
    """Edit the mesh of the frame that is shown now, alone"""

    bl_idname, bl_label, bake = "mav3d.edit_frame", "Edit This Frame", staticmethod(begin_frame_edit)

    def execute(self, context: bpy.types.Context) -> set[str]:
        done = super().execute(context)
        if done == {"FINISHED"}:
            bpy.ops.object.mode_set(mode="EDIT")
        return done


class MAV3D_OT_finish_frame(bpy.types.Operator):
    """Put the edited frame back into its sequence"""

    bl_idname, bl_label = "mav3d.finish_frame", "Back to Sequence"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, "" if edited_sequence(context.object) else "Use Edit This Frame first")

    def execute(self, context: bpy.types.Context) -> set[str]:
        if context.object.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        select_object(context.scene, end_frame_edit(context.object))
        return {"FINISHED"}


def _changed(operator: bpy.types.Operator, change: Callable[[], None]) -> set[str]:
    """Makes a change, or reports why it can't be."""
    try:
        change()
    except BakeError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    return {"FINISHED"}


CLASSES = (
    MAV3D_OT_bake_to_frames, MAV3D_OT_frames_to_shape_keys, MAV3D_OT_convert_to_transform_keys, MAV3D_OT_edit_frame,
    MAV3D_OT_finish_frame, MAV3D_OT_retime, MAV3D_OT_smooth_motion,
)  # fmt: skip
