from dataclasses import replace
from pathlib import Path

import bpy
import pytest

from mav3d_blender.controller.state import close_state, state
from tests.mav3d_blender.scenes import generate


def test_a_resumed_job_is_placed_as_it_was_asked_for(addon):
    addon.cursor.location = (1, 2, 3)
    settings = addon.mav3d
    settings.start_frame, settings.repeat, settings.rate, settings.at_cursor = 40, "PING_PONG", "SCENE", True
    settings.beside, settings.size = False, 0.5
    first = generate(addon)
    job_id = first.mav3d.job
    store = state().session.store
    asked = store.get(job_id).target
    store.put(replace(store.get(job_id), state="INTERRUPTED"))
    # Blender is closed and opened again, and other things are set.
    close_state()
    settings.start_frame, settings.repeat, settings.rate, settings.at_cursor = 7, "HOLD", "EVERY", False
    settings.size = 3
    addon.cursor.location = (9, 9, 9)
    assert bpy.ops.mav3d.resume(job=job_id) == {"FINISHED"}
    second = bpy.context.view_layer.objects.active
    assert second != first and tuple(second.location) == (1, 2, 3)
    assert tuple(second.dimensions) == pytest.approx(tuple(first.dimensions))
    kept = state().session.store.get(job_id).target
    assert {**kept, "file": ""} == {**asked, "file": ""} and kept["file"] == state().results.file != asked["file"]


def test_a_result_is_placed_again_and_its_job_removed(addon):
    first = generate(addon)
    addon.cursor.location = (4, 5, 6)
    assert bpy.ops.mav3d.place() == {"FINISHED"}
    second = bpy.context.view_layer.objects.active
    assert second != first and tuple(second.location) == (4, 5, 6) and second.mav3d.job == first.mav3d.job
    assert bpy.ops.mav3d.remove(job=first.mav3d.job) == {"FINISHED"}
    assert state().jobs() == [] and first.name in addon.objects
    with pytest.raises(RuntimeError, match="no result yet"):
        bpy.ops.mav3d.place(job=first.mav3d.job)
    with pytest.raises(RuntimeError, match="no such job"):
        bpy.ops.mav3d.retry()


def test_a_job_is_retried_and_an_ended_one_not_cancelled(addon):
    first = generate(addon)
    assert bpy.ops.mav3d.retry() == {"FINISHED"}
    jobs = state().jobs()
    assert len(jobs) == 2 and jobs[0].request == jobs[1].request
    with pytest.raises(RuntimeError, match="has ended"):
        bpy.ops.mav3d.cancel(job=first.mav3d.job)


def test_finished_jobs_are_cleared_and_their_objects_stay(addon):
    assert not bpy.ops.mav3d.clear_finished.poll()
    hosts = [generate(addon), generate(addon)]
    store = state().session.store
    kept = store.get(hosts[1].mav3d.job)
    store.put(replace(kept, state="INTERRUPTED"))
    folder = Path(store.get(hosts[0].mav3d.job).folder)
    assert bpy.ops.mav3d.clear_finished() == {"FINISHED"}
    assert [job.id for job in state().jobs()] == [kept.id] and not folder.exists() and Path(kept.folder).exists()
    assert all(host.name in addon.objects for host in hosts) and not bpy.ops.mav3d.clear_finished.poll()


def test_the_object_of_a_job_is_selected(addon):
    host = generate(addon)
    host.select_set(False)
    bpy.context.view_layer.objects.active = None
    assert bpy.ops.mav3d.select_result(job=host.mav3d.job) == {"FINISHED"}
    assert bpy.context.view_layer.objects.active == host and host.select_get()
    bpy.data.objects.remove(host)
    with pytest.raises(RuntimeError, match="not in this scene"):
        bpy.ops.mav3d.select_result()


def test_a_message_is_dismissed(addon):
    state().notices.warning = "Something."
    assert bpy.ops.mav3d.dismiss() == {"FINISHED"} and state().notices.warning == ""
