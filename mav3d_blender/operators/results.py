"""Actions on a result: regenerate, vary, continue, mark as asset, export; and the import of assets from disk."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..controller import submit
from ..controller.placing.recipe import read_recipe
from ..controller.placing.results import place_asset
from ..controller.request import random_seed
from ..controller.state import state
from ..controller.validation import engine_problem, recipe_problem, result_problem
from ..export.export import export
from ..export.verify import ExportError
from ..export.write import FORMATS, format_items, with_suffix
from ..jobs.job import Job, JobError
from ..timeline import AssetError
from ..timeline.asset_browser import mark_as_asset
from ..timeline.asset_folder.asset import read_asset
from .job_runner import poll_without, run_job


def _is_result(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    return poll_without(cls, result_problem(context))


def _is_result_with_engine(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    return poll_without(cls, engine_problem() or recipe_problem(context))


class MAV3D_OT_regenerate(bpy.types.Operator):
    """Make this object again, with the same prompt, seed and settings"""

    bl_idname, bl_label = "mav3d.regenerate", "Regenerate"
    poll = classmethod(_is_result_with_engine)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return run_job(self, lambda: submit.generate(context, read_recipe(context.object)))


class MAV3D_OT_vary_seed(bpy.types.Operator):
    """Make this object again with a new seed, in its place: its transform, materials, modifiers and collections stay. What it
    was is kept, hidden"""

    bl_idname, bl_label = "mav3d.vary_seed", "Vary"
    poll = classmethod(_is_result_with_engine)

    def execute(self, context: bpy.types.Context) -> set[str]:
        request = read_recipe(context.object) | {"seed": random_seed()}
        return run_job(self, lambda: submit.vary(context, request, context.object))


class MAV3D_OT_continue_optimizing(bpy.types.Operator):
    """Optimize the scene of this object for more steps; the result is a new object"""

    bl_idname, bl_label = "mav3d.continue_optimizing", "Continue Optimizing"
    poll = classmethod(_is_result_with_engine)

    steps: IntProperty(name="Steps", description="Additional steps of its last stage", default=50, min=1, max=100_000)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        return run_job(self, lambda: self._submit(context))

    def _submit(self, context: bpy.types.Context) -> Job:
        job = state().open_session().store.get(context.object.mav3d.job)
        if job is None:
            raise JobError("The job that made this object has been removed: use Regenerate.")
        changes = {} if job.state != "DONE" else submit.more_steps(job, self.steps)
        return submit.resume(context, job.id, changes)


class MAV3D_OT_mark_as_asset(bpy.types.Operator):
    """Put this object in the asset browser, with its prompt, tags and a preview"""

    bl_idname, bl_label = "mav3d.mark_as_asset", "Mark as Asset"
    bl_options = {"REGISTER", "UNDO"}
    poll = classmethod(_is_result)

    def execute(self, context: bpy.types.Context) -> set[str]:
        mark_as_asset(context.object)
        return {"FINISHED"}


class MAV3D_OT_export(bpy.types.Operator):
    """Write this object with its motion to a file that other programs read"""

    bl_idname, bl_label = "mav3d.export", "Export Result"
    poll = classmethod(_is_result)

    format: EnumProperty(name="Format", description="The file format", items=format_items(), default="GLB")
    filepath: StringProperty(name="File", description="The file to write", subtype="FILE_PATH", options={"SKIP_SAVE"})
    # The file browser asks before it replaces a file where an operator has this.
    check_existing: BoolProperty(
        name="Check Existing", description="Ask before replacing a file", default=True, options={"HIDDEN"}
    )  # fmt: skip

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = bpy.path.clean_name(context.object.name) + FORMATS[self.format].suffix
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: bpy.types.Context) -> bool:
        """Puts the format's ending to the name while it is typed, so that the browser knows which file is meant."""
        name = str(with_suffix(Path(self.filepath), self.format)) if Path(self.filepath).name else self.filepath
        changed, self.filepath = name != self.filepath, name
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        typed = Path(bpy.path.abspath(self.filepath))
        # The browser has asked about the file of the name that it knew.
        known = typed == with_suffix(typed, self.format)
        try:
            path = export(context, context.object, typed, self.format, replace=known or not self.check_existing)
        except ExportError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Exported to {path}")
        return {"FINISHED"}


class MAV3D_OT_import_asset(bpy.types.Operator):
    """Import an asset folder of the engine into the scene, as the placement settings say"""

    bl_idname, bl_label = "mav3d.import_asset", "Import Asset"
    bl_options = {"REGISTER", "UNDO"}

    directory: StringProperty(name="Folder", description="The asset folder, with asset.json in it", subtype="DIR_PATH")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = Path(bpy.path.abspath(self.directory))
        # The job folder does as well.
        folder = folder if (folder / "asset.json").is_file() else folder / "asset"
        try:
            place_asset(context.scene, read_asset(folder), submit.target_of(context))
        except AssetError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (
    MAV3D_OT_regenerate, MAV3D_OT_vary_seed, MAV3D_OT_continue_optimizing, MAV3D_OT_mark_as_asset,
    MAV3D_OT_export, MAV3D_OT_import_asset,
)  # fmt: skip
