"""What can be done with a result: made again, varied, gone on with, baked, marked, exported; and assets from disk."""

from __future__ import annotations

import random
from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..controller import submit as asking
from ..controller.results import place_result, recipe_request
from ..controller.state import lacking, session
from ..jobs.store import JobError
from ..timeline import AssetError, BakeError, bake_to_frames, frames_to_shape_keys
from ..timeline.asset import read_asset
from ..timeline.asset_browser import mark_as_asset
from ..timeline.export import FORMATS, export
from .generate import begin


def on_result(cls, context: bpy.types.Context) -> bool:
    """Poll: the active object has to be a result."""
    if context.object is None or not context.object.mav3d.prompt:
        cls.poll_message_set("Select an object that MAV3D made")
        return False
    return True


def on_result_with_engine(cls, context: bpy.types.Context) -> bool:
    """Poll: and the engine has to be there."""
    if lacking():
        cls.poll_message_set(lacking())
        return False
    return on_result(cls, context)


class MAV3D_OT_regenerate(bpy.types.Operator):
    """Make this object once more, with the same prompt, seed and settings"""

    bl_idname, bl_label = "mav3d.regenerate", "Regenerate"
    poll = classmethod(on_result_with_engine)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return begin(self, context, lambda: asking.start(context, recipe_request(context.object)))


class MAV3D_OT_vary_seed(bpy.types.Operator):
    """Make another one with the same settings and a new seed"""

    bl_idname, bl_label = "mav3d.vary_seed", "Vary Seed"
    poll = classmethod(on_result_with_engine)

    def execute(self, context: bpy.types.Context) -> set[str]:
        seed = random.randrange(2**31)
        return begin(self, context, lambda: asking.start(context, recipe_request(context.object) | {"seed": seed}))


class MAV3D_OT_continue_optimising(bpy.types.Operator):
    """Go on optimising the scene that this object is of; the result is a new object"""

    bl_idname, bl_label = "mav3d.continue_optimising", "Continue Optimising"
    poll = classmethod(on_result_with_engine)

    steps: IntProperty(name="Steps", description="How many more steps of its last stage", default=50, min=1, max=100_000)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return begin(self, context, lambda: self._ask(context))

    def _ask(self, context: bpy.types.Context):
        job = session().store.get(context.object.mav3d.job)
        if job is None:
            raise JobError("The job that made this object has been removed: use Regenerate.")
        changes = {} if job.state != "DONE" else asking.more_steps(job, self.steps)
        return asking.go_on(context, job.id, changes)


class Baking:
    """What both ways of baking have in common. bake: makes the new object, which is selected."""

    bl_options = {"REGISTER", "UNDO"}
    poll = classmethod(on_result)

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            twin = self.bake(context.object, context.scene)
        except BakeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        context.object.select_set(False)
        twin.select_set(True)
        context.view_layer.objects.active = twin
        return {"FINISHED"}


class MAV3D_OT_bake_to_frames(Baking, bpy.types.Operator):
    """Turn shape keys into one editable mesh a frame, in a new object; this one is hidden"""

    bl_idname, bl_label, bake = "mav3d.bake_to_frames", "Bake to Frames", staticmethod(bake_to_frames)


class MAV3D_OT_frames_to_shape_keys(Baking, bpy.types.Operator):
    """Turn a mesh a frame into one mesh with shape keys, in a new object, where all frames have the same faces"""

    bl_idname, bl_label = "mav3d.frames_to_shape_keys", "Frames to Shape Keys"
    bake = staticmethod(frames_to_shape_keys)


class MAV3D_OT_mark_as_asset(bpy.types.Operator):
    """Put this object in the asset browser, with its prompt, tags and a preview"""

    bl_idname, bl_label = "mav3d.mark_as_asset", "Mark as Asset"
    bl_options = {"REGISTER", "UNDO"}
    poll = classmethod(on_result)

    def execute(self, context: bpy.types.Context) -> set[str]:
        mark_as_asset(context.object)
        return {"FINISHED"}


class MAV3D_OT_export(bpy.types.Operator):
    """Write this object with its motion to a file that other programs read"""

    bl_idname, bl_label = "mav3d.export", "Export Result"
    poll = classmethod(on_result)

    format: EnumProperty(name="Format", description="The kind of file", items=FORMATS, default="GLB")
    filepath: StringProperty(name="File", description="Where it goes", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = bpy.path.clean_name(context.object.name) + "." + self.format.lower()
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            path = export(context, context.object, Path(bpy.path.abspath(self.filepath)), self.format)
        except (OSError, RuntimeError) as error:
            self.report({"ERROR"}, f"The object can't be exported: {str(error).strip()}")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Exported to {path}")
        return {"FINISHED"}


class MAV3D_OT_import_asset(bpy.types.Operator):
    """Put an asset folder that the engine wrote into the scene, as the placement settings say"""

    bl_idname, bl_label = "mav3d.import_asset", "Import Asset"
    bl_options = {"REGISTER", "UNDO"}

    directory: StringProperty(name="Folder", description="The asset folder, with asset.json in it", subtype="DIR_PATH")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = Path(bpy.path.abspath(self.directory))
        # People point at the job's folder as well.
        folder = folder if (folder / "asset.json").is_file() else folder / "asset"
        try:
            place_result(context.scene, read_asset(folder), asking.target_of(context))
        except AssetError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (
    MAV3D_OT_regenerate, MAV3D_OT_vary_seed, MAV3D_OT_continue_optimising, MAV3D_OT_bake_to_frames,
    MAV3D_OT_frames_to_shape_keys, MAV3D_OT_mark_as_asset, MAV3D_OT_export, MAV3D_OT_import_asset,
)  # fmt: skip
