"""The operator as a user meets it, with an engine that is played; and, modal, with a window's events played."""

from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from engine.mesh.files.sequence import read_sequence
from mav3d_blender.controller import capture as controller
from mav3d_blender.controller.state import state
from mav3d_blender.operators.capture import MAV3D_OT_capture_to_one_mesh as Operator
from tests.mav3d_blender.capture.moving import grid, slide


def sliding(scene: bpy.types.Scene) -> bpy.types.Object:
    host = grid("a flying carpet")
    slide(host)
    host.select_set(True)
    bpy.context.view_layer.objects.active = host
    scene.frame_start, scene.frame_end, scene.render.fps = 1, 10, 25
    return host


def test_an_object_that_moves_becomes_a_job_and_its_result_is_placed_where_it_was(addon):
    sliding(addon)
    addon.cursor.location = (7, 7, 7)
    assert bpy.ops.mav3d.capture_to_one_mesh(rig=True, bones=4) == {"FINISHED"}
    (job,) = state().jobs()
    assert job.state == "DONE" and job.imported and job.title == "a flying carpet"
    frames = Path(job.folder) / "frames"
    assert job.request == {
        "name": "a flying carpet", "fps": 25.0, "empty_frames": "hold", "rig": True, "bones": 4, "meshes": [str(frames)],
    }  # fmt: skip
    assert read_sequence([frames]).shared and not list(frames.parent.parent.glob("capture-*"))
    made = bpy.context.view_layer.objects.active
    assert made.mav3d.prompt == "a flying carpet" and tuple(made.location) == (0, 0, 0)


def test_a_range_and_steps_of_ones_own(addon):
    sliding(addon)
    assert bpy.ops.mav3d.capture_to_one_mesh(use_scene_range=False, frame_start=2, frame_end=8, frame_step=3) == {"FINISHED"}
    (job,) = state().jobs()
    assert sorted(path.name for path in (Path(job.folder) / "frames").glob("*.npz")) == [
        "frame_0002.npz", "frame_0005.npz", "frame_0008.npz",
    ]  # fmt: skip
    assert job.request["fps"] == pytest.approx(25 / 3)


def test_retry_makes_it_again_of_the_same_frames(addon):
    sliding(addon)
    bpy.ops.mav3d.capture_to_one_mesh()
    (job,) = state().jobs()
    assert bpy.ops.mav3d.retry(job=job.id) == {"FINISHED"} and len(state().jobs()) == 1
    for path in (Path(job.folder) / "frames").iterdir():
        path.unlink()
    (Path(job.folder) / "frames").rmdir()
    with pytest.raises(RuntimeError, match="capture the objects again"):
        bpy.ops.mav3d.retry(job=job.id)


def test_what_does_not_move_is_one_sentence_and_leaves_nothing(addon):
    host = grid()
    host.select_set(True)
    bpy.context.view_layer.objects.active = host
    with pytest.raises(RuntimeError, match="do not move"):
        bpy.ops.mav3d.capture_to_one_mesh()
    assert state().jobs() == []


def test_a_folder_of_files_becomes_a_job_and_stays_as_it_is(addon, tmp_path):
    folder = tmp_path / "waves"
    folder.mkdir()
    with pytest.raises(RuntimeError, match="no files in"):
        bpy.ops.mav3d.files_to_one_mesh(directory=str(folder))
    (folder / "wave_0001.obj").write_text("v 0 0 0")
    addon.render.fps = 25
    assert bpy.ops.mav3d.files_to_one_mesh(directory=str(folder), rig=True) == {"FINISHED"}
    (job,) = state().jobs()
    assert job.state == "DONE" and job.imported and job.tracks
    assert job.request == {"name": "waves", "fps": 25.0, "rig": True, "meshes": [str(folder)]}
    assert job.target["up"] == "Y", "as Blender writes OBJ files"
    bpy.ops.mav3d.files_to_one_mesh(directory=str(folder), up="Z")
    assert state().jobs()[-1].target["up"] == "Z"
    bpy.ops.mav3d.remove(job=job.id)
    assert (folder / "wave_0001.obj").exists()


def test_it_is_grey_where_there_is_nothing_to_capture(addon, preferences, tmp_path):
    assert not bpy.ops.mav3d.capture_to_one_mesh.poll()
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    addon.collection.objects.link(camera)
    camera.select_set(True)
    assert not bpy.ops.mav3d.capture_to_one_mesh.poll()
    empty = bpy.data.objects.new("empty", None)
    addon.collection.objects.link(empty)
    sliding(addon).parent = empty
    for each in bpy.context.selected_objects:
        each.select_set(each is empty)
    empty.select_set(True)
    assert bpy.ops.mav3d.capture_to_one_mesh.poll()
    preferences.engine_python = str(tmp_path / "none")
    assert not bpy.ops.mav3d.capture_to_one_mesh.poll()


class Window:
    """What a modal operator uses of Blender's window."""

    def __init__(self) -> None:
        self.timers, self.texts, self.reports = 0, [], []
        self.window, self.workspace, self.window_manager = None, self, self
        self.scene, self.view_layer = bpy.context.scene, bpy.context.view_layer
        self.selected_objects, self.active_object = bpy.context.selected_objects, bpy.context.active_object
        self.handlers = []

    def status_text_set(self, text) -> None:
        self.texts.append(text)

    def progress_begin(self, *_) -> None: ...

    def progress_update(self, *_) -> None: ...

    def progress_end(self) -> None: ...

    def modal_handler_add(self, operator) -> None:
        self.handlers.append(operator)

    def event_timer_add(self, seconds, window):
        self.timers += 1
        return object()

    def event_timer_remove(self, timer) -> None:
        self.timers -= 1


def operator(window: Window) -> SimpleNamespace:
    """The operator outside of Blender's own running of it, with its methods."""
    made = SimpleNamespace(rig=False, bones=0, use_scene_range=True, frame_step=1)
    made.report = lambda kind, text: window.reports.append(text)
    for name in ("_span", "_start_modal", "_end_modal", "_show_progress", "_step", "_hand_over", "modal", "cancel"):
        setattr(made, name, getattr(Operator, name).__get__(made))
    made._name, made._recording = "carpet", controller.begin(window, made._span(window.scene))
    return made


def test_a_beat_is_a_frame_and_escape_leaves_nothing(addon, monkeypatch):
    sliding(addon)
    addon.frame_set(6)
    window = Window()
    run = operator(window)
    assert run._start_modal(window) == {"RUNNING_MODAL"} and window.timers == 1
    beat = SimpleNamespace(type="TIMER", value="NOTHING")
    for done in (1, 2, 3):
        assert run.modal(window, beat) == {"RUNNING_MODAL"} and run._recording.done == done
    assert window.texts[-1] == "Capturing frame 3 of 10    Esc: stop"
    assert run.modal(window, SimpleNamespace(type="MOUSEMOVE", value="NOTHING")) == {"PASS_THROUGH"}
    assert run.modal(window, SimpleNamespace(type="X", value="PRESS")) == {"RUNNING_MODAL"} and run._recording.done == 3
    assert run.modal(window, SimpleNamespace(type="ESC", value="PRESS")) == {"CANCELLED"}
    assert addon.frame_current == 6 and window.timers == 0 and window.texts[-1] is None
    assert not run._recording.folder.exists() and window.reports == ["Stopped; nothing was written"]


def test_the_last_beat_hands_over(addon):
    sliding(addon)
    window = Window()
    run = operator(window)
    run._start_modal(window)
    beat = SimpleNamespace(type="TIMER", value="NOTHING")
    for _ in range(9):
        run.modal(window, beat)
    assert run.modal(window, beat) == {"FINISHED"} and window.timers == 0
    assert [job.state for job in state().jobs()] == ["DONE"]


def test_a_dialog_that_is_left_changes_nothing(addon):
    sliding(addon)
    Operator.cancel(SimpleNamespace(_recording=None), Window())
    assert state().jobs() == []
