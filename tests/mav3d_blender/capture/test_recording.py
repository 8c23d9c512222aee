"""Objects that move become frames that the engine reads, exactly."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from engine.mesh.files.sequence import Sequence, read_sequence
from mav3d_blender.capture.recording import CaptureError, Recording, Span
from tests.mav3d_blender.capture.moving import bending, grid, instancing, shrinking, slide, waving, world_points

TEN = Span(1, 10)


def recorded(folder: Path, *objects: bpy.types.Object, span: Span = TEN) -> Sequence:
    """What the engine reads of a recording."""
    recording = Recording(bpy.context, list(objects), span, folder)
    while not recording.finished:
        recording.step()
    recording.finish()
    return read_sequence([folder])


def test_an_object_bent_by_an_armature_comes_back_exactly(scene, tmp_path):
    host, armature = bending()
    scene.frame_set(4)
    sequence = recorded(tmp_path / "frames", armature)
    assert sequence.shared and scene.frame_current == 4 and sequence.timing.numbers == list(range(1, 11))
    for frame in (1, 6, 10):
        assert sequence.frames[frame - 1].vertices == pytest.approx(world_points(host, frame), abs=1e-6)
    assert sequence.frames[9].vertices[24, 2] > 0.2
    # Faces are in the first file alone.
    assert (tmp_path / "frames" / "frame_0002.npz").stat().st_size < (tmp_path / "frames" / "frame_0001.npz").stat().st_size


def test_a_wave_and_negative_frames(scene, tmp_path):
    host = waving()
    sequence = recorded(tmp_path / "frames", host, span=Span(-4, 40, 4))
    assert sequence.shared and sequence.timing.numbers == list(range(-4, 41, 4))
    assert sequence.frames[-1].vertices == pytest.approx(world_points(host, 40), abs=1e-6)


def test_instances_that_slide(scene, tmp_path):
    sequence = recorded(tmp_path / "frames", instancing())
    assert sequence.shared and len(sequence.frames[0].vertices) == 16
    moved = sequence.frames[-1].vertices - sequence.frames[0].vertices
    assert moved == pytest.approx(np.tile([1, 0, 0], (16, 1)), abs=1e-6)


def test_faces_that_change_are_a_sequence_to_follow(scene, tmp_path):
    sequence = recorded(tmp_path / "frames", shrinking())
    counts = [len(frame.triangles) for frame in sequence.frames]
    assert not sequence.shared and counts[0] == 128 and counts[-1] < 60


def test_what_is_gone_in_some_frames_is_empty_there(scene, tmp_path):
    host = grid()
    slide(host)
    for frame, hidden in ((1, False), (5, True), (7, False)):
        host.hide_viewport = hidden
        host.keyframe_insert("hide_viewport", frame=frame)
    recording = Recording(bpy.context, [host], Span(1, 10), tmp_path / "frames")
    while not recording.finished:
        recording.step()
    recording.finish()
    assert len(read_sequence([tmp_path / "frames"], empty="skip").frames) == 8


def test_stopping_puts_everything_back(scene, tmp_path):
    scene.frame_set(3, subframe=0.25)
    host = grid()
    slide(host)
    recording = Recording(bpy.context, [host], Span(1, 10), tmp_path / "frames")
    recording.step()
    assert scene.frame_current == 1 and (tmp_path / "frames").exists()
    recording.discard()
    assert (scene.frame_current, scene.frame_subframe) == (3, 0.25) and not (tmp_path / "frames").exists()


def test_the_range_is_that_which_plays(scene):
    scene.frame_start, scene.frame_end = 5, 90
    assert Span.of_scene(scene) == Span(5, 90)
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 10, 20
    assert Span.of_scene(scene) == Span(10, 20)


def test_what_can_t_be_captured_is_one_sentence(scene, tmp_path):
    host = grid()
    for objects, span, said in (([], Span(1, 10), "Select the objects"), ([host], Span(5, 5), "1 frames: choose from 2"),
                                ([host], Span(1, 5000), "choose from 2 to 2000")):  # fmt: skip
        with pytest.raises(CaptureError, match=said):
            Recording(bpy.context, objects, span, tmp_path / "frames")
        assert not (tmp_path / "frames").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptureError, match="Can't write to .*make room or mend access"):
        Recording(bpy.context, [host], Span(1, 10), tmp_path / "file" / "frames")


def test_what_stands_still_or_is_not_seen_is_said_and_leaves_nothing(scene, tmp_path):
    host = grid()
    with pytest.raises(CaptureError, match="do not move in these frames"):
        recorded(tmp_path / "frames", host)
    host.hide_set(True)
    with pytest.raises(CaptureError, match="show no surface"):
        recorded(tmp_path / "frames", host)
    assert not (tmp_path / "frames").exists()


def test_an_object_that_is_removed_meanwhile_ends_it(scene, tmp_path):
    host = grid()
    slide(host)
    recording = Recording(bpy.context, [host], Span(1, 10), tmp_path / "frames")
    recording.step()
    bpy.data.objects.remove(host)
    with pytest.raises(CaptureError, match="removed while they were captured"):
        recording.step()
    assert not (tmp_path / "frames").exists()
