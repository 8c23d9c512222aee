"""Any object that moves, whatever moves it, as one mesh with shape keys or bones."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..capture.recording import CaptureError, Recording, Span
from ..controller import capture, submit
from ..controller.validation import engine_problem
from .job_runner import poll_without, run_job

# Seconds between frames, in which Blender draws and takes input.
BEAT_S = 0.01
# What may go on while frames are captured: the view, and nothing that changes the scene.
VIEW_EVENTS = {
    "MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM",
    "MOUSEROTATE", "WINDOW_DEACTIVATE",
}  # fmt: skip


UP_AXES = [
    ("AUTO", "Automatic", "As Blender's own exporters write them: Y in OBJ files, Z in others; glTF says it itself"),
    ("Y", "Y", "Y is up, and Z comes towards the viewer"),
    ("Z", "Z", "Z is up, as in Blender"),
]


class MAV3D_OT_capture_to_one_mesh(bpy.types.Operator):
    """Turn what the selected objects do, by armatures, modifiers, caches, simulations or nodes, into one mesh that moves.
    Faces that stay the same come back exactly; a mesh that changes is followed. Escape stops it"""

    bl_idname, bl_label = "mav3d.capture_to_one_mesh", "Mesh Sequence to One Mesh"
    bl_options = {"REGISTER"}
    # While frames are captured.
    _timer: bpy.types.Timer | None = None
    _recording: Recording | None = None

    use_scene_range: BoolProperty(name="Scene Range", description="Capture the frames that play in the scene", default=True)
    frame_start: IntProperty(name="Start", description="First frame to capture", default=1)
    frame_end: IntProperty(name="End", description="Last frame to capture", default=250)
    frame_step: IntProperty(name="Step", description="Capture every so many frames", default=1, min=1, max=100)
    rig: BoolProperty(name="Bones", description="Find bones that move the mesh, instead of a shape key a frame", default=False)
    bones: IntProperty(name="Max Bones", description="At most so many; 0 for as many as the motion needs", default=0, min=0,
                       max=256)  # fmt: skip

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem() or capture.capture_problem(context))

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        span = Span.of_scene(context.scene)
        self.frame_start, self.frame_end = span.first, span.last
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(self, "use_scene_range")
        part = column.column(align=True)
        part.active = not self.use_scene_range
        part.prop(self, "frame_start")
        part.prop(self, "frame_end")
        column.prop(self, "frame_step")
        column.prop(self, "rig")
        part = column.column()
        part.active = self.rig
        part.prop(self, "bones")

    def execute(self, context: bpy.types.Context) -> set[str]:
        self._name = (context.active_object or context.selected_objects[0]).name
        try:
            self._recording = capture.begin(context, self._span(context.scene))
        except CaptureError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not bpy.app.background:
            return self._start_modal(context)
        while not self._recording.finished:
            if not self._step():
                return {"CANCELLED"}
        return self._hand_over(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            self.cancel(context)
            self.report({"INFO"}, "Stopped; nothing was written")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"} if event.type in VIEW_EVENTS else {"RUNNING_MODAL"}
        if not self._step():
            self._end_modal(context)
            return {"CANCELLED"}
        self._show_progress(context)
        if not self._recording.finished:
            return {"RUNNING_MODAL"}
        self._end_modal(context)
        return self._hand_over(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender calls this as well: where a file is opened meanwhile, and where the dialog before is left."""
        if self._recording is not None:
            self._end_modal(context)
            self._recording.discard()

    def _span(self, scene: bpy.types.Scene) -> Span:
        span = Span.of_scene(scene) if self.use_scene_range else Span(self.frame_start, self.frame_end)
        return Span(span.first, span.last, self.frame_step)

    def _start_modal(self, context: bpy.types.Context) -> set[str]:
        manager = context.window_manager
        manager.progress_begin(0, self._recording.total)
        self._timer = manager.event_timer_add(BEAT_S, window=context.window)
        manager.modal_handler_add(self)
        self._show_progress(context)
        return {"RUNNING_MODAL"}

    def _end_modal(self, context: bpy.types.Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        context.window_manager.progress_end()
        if context.workspace is not None:
            context.workspace.status_text_set(None)

    def _show_progress(self, context: bpy.types.Context) -> None:
        recording = self._recording
        context.window_manager.progress_update(recording.done)
        if context.workspace is not None:
            context.workspace.status_text_set(f"Capturing frame {recording.done} of {recording.total}    Esc: stop")

    def _step(self) -> bool:
        """Captures a frame; whether that went well."""
        try:
            self._recording.step()
        except CaptureError as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _hand_over(self, context: bpy.types.Context) -> set[str]:
        try:
            return run_job(self, lambda: capture.hand_over(context, self._recording, self._name, self.rig, self.bones))
        except CaptureError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}


class MAV3D_OT_files_to_one_mesh(bpy.types.Operator):
    """Make one mesh that moves of a folder of mesh files, one a frame, such as OBJ, PLY, STL or glTF"""

    bl_idname, bl_label = "mav3d.files_to_one_mesh", "Mesh Files to One Mesh"

    directory: StringProperty(name="Folder", description="The folder with the files", subtype="DIR_PATH", options={"SKIP_SAVE"})
    up: EnumProperty(name="Up", description="The axis that is up in the files", items=UP_AXES, default="AUTO")
    rig: BoolProperty(name="Bones", description="Find bones that move the mesh, instead of a shape key a frame", default=False)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return poll_without(cls, engine_problem())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        folder = Path(bpy.path.abspath(self.directory))
        render = context.scene.render
        rate = min(max(render.fps / render.fps_base, 1.0), 120.0)
        values = {"name": (folder.name or "Sequence")[: capture.MAX_NAME], "fps": rate, "rig": self.rig}
        return run_job(self, lambda: submit.track_files(context, folder, values, self.up.removeprefix("AUTO")))


CLASSES = (MAV3D_OT_capture_to_one_mesh, MAV3D_OT_files_to_one_mesh)
