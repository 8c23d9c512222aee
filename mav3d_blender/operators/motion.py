"""What an animator changes about a result's motion: how it is stored, and single frames."""

from __future__ import annotations

import bpy

from ..controller.placing.results import select_object
from ..controller.validation import result_problem
from ..timeline import (
    BakeError,
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


CLASSES = (
    MAV3D_OT_bake_to_frames, MAV3D_OT_frames_to_shape_keys, MAV3D_OT_convert_to_transform_keys, MAV3D_OT_edit_frame,
    MAV3D_OT_finish_frame,
)  # fmt: skip
