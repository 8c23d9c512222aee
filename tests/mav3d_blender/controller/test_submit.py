import json
from dataclasses import replace

import bpy
import pytest

from mav3d_blender.controller.state import state
from mav3d_blender.controller.submit import generate, history, more_steps, resume, resumed_target
from mav3d_blender.jobs.job import Job, JobError


def test_more_steps_are_more_than_the_last_stage_had(tmp_path):
    messages = [
        {"type": "progress", "stage": "static", "step": 110, "steps": 110},
        {"type": "progress", "stage": "dynamic", "step": 90, "steps": 90},
        {"type": "progress", "stage": "track", "step": 15, "steps": 15},
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(message) + "\n" for message in messages))
    assert more_steps(Job("a", str(tmp_path), {}), 5) == {"dynamic_steps": 95}
    for content in ("{", "", '{"type": "progress"}'):
        (tmp_path / "events.jsonl").write_text(content)
        with pytest.raises(JobError, match="generate it again"):
            more_steps(Job("a", str(tmp_path), {}), 5)


def test_a_scene_of_another_file_is_not_looked_for(addon):
    job = Job("a", "", {}, target={"start_frame": 3, "scene": addon.name, "file": "another", "location": [0, 0, 1]})
    other = bpy.data.scenes.new("Other")
    file = state().results.file
    with bpy.context.temp_override(scene=other):
        assert resumed_target(bpy.context, job) == job.target | {"scene": "Other", "file": file}
        here = replace(job, target=job.target | {"file": file})
        assert resumed_target(bpy.context, here)["scene"] == addon.name
        assert resumed_target(bpy.context, replace(job, target={})).keys() >= {"start_frame", "location", "scene", "file"}


def test_a_job_is_in_the_history_with_its_placement(addon):
    addon.mav3d.start_frame = 12
    state().notices.warning = "old"
    job = generate(bpy.context, {"prompt": "a ball", "seed": 3})
    assert job.state == "QUEUED" and job.target["start_frame"] == 12 and state().notices.warning == ""
    where = {"at_cursor": True, "size": 1.0, "origin": "BOTTOM", "beside": True}
    placement = {"start_frame": 12, "repeat": "LOOP", "rate": "KEEP"} | where
    assert history() == [{"prompt": "a ball", "seed": 3} | placement]


def test_without_an_engine_nothing_is_queued(addon, preferences, tmp_path):
    preferences.engine_python = str(tmp_path / "none")
    with pytest.raises(JobError, match="no Python at"):
        generate(bpy.context, {"prompt": "a ball"})
    assert state().jobs() == [] and history() == []


def test_a_job_that_is_resumed_keeps_going_where_the_panel_says_so(addon, monkeypatch):
    job, asked = generate(bpy.context, {"prompt": "a ball", "seed": 3}), []
    session = type(state().open_session())
    monkeypatch.setattr(session, "resume", lambda self, job_id, changes=None: asked.append(changes) or job)
    for keep_going in (False, True):
        addon.mav3d.keep_going = keep_going
        resume(bpy.context, job.id)
    assert asked == [None, {"keep_going": True}]
