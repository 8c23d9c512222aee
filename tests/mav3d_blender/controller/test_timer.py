"""What a tick does with the events of a session; a test writes them."""

from dataclasses import replace

import bpy
import pytest

from mav3d_blender.client.events import Event
from mav3d_blender.controller import timer
from mav3d_blender.controller.state import state
from mav3d_blender.jobs.store import JobStore
from tests.mav3d_blender.fake_engine import write_asset


class Script:
    """A session with one job, that reports `events` once."""

    hello, busy, engine_state = {}, False, "starting"

    def __init__(self, folder, target) -> None:
        self.store, self.events, self.imported = JobStore(folder), [], []
        self.job = replace(self.store.new({"prompt": "a ball"}, target), state="RUNNING")
        self.store.put(self.job)

    def tick(self, now):
        events, self.events = self.events, []
        return events

    def mark_imported(self, job_id):
        self.imported.append(job_id)

    def close(self, timeout):
        pass


@pytest.fixture
def script(addon, tmp_path, monkeypatch):
    target = {"scene": addon.name, "file": state().results.file, "location": [0.0, 0.0, 3.0]}
    session = Script(tmp_path / "jobs", target)
    monkeypatch.setattr(state(), "_session", session)
    return session


def test_a_tick_is_soon_where_something_changes_and_late_where_nothing_does(script):
    assert timer.tick() == timer.IDLE_S
    script.events = [Event("job", script.job.id)]
    assert timer.tick() == timer.BUSY_S
    script.busy = True
    assert timer.tick() == timer.BUSY_S


def test_sentences_come_into_the_panel(script):
    script.events = [Event("error", message="No."), Event("estimate", message="About 5 s"), Event("engine", message="")]
    assert timer.advance(state())
    assert (state().notices.warning, state().notices.estimate) == ("No.", "About 5 s")


def test_a_warning_goes_when_what_it_is_about_is_well(script):
    notices = state().notices
    script.events = [Event("engine", message="The engine ended.")]
    timer.advance(state())
    script.events = [Event("job", script.job.id), Event("engine")]
    timer.advance(state())
    assert notices.warning == "The engine ended.", "it is not ready yet"
    script.engine_state, script.events = "ready", [Event("engine")]
    timer.advance(state())
    assert notices.warning == ""
    script.store.put(replace(script.job, state="FAILED"))
    script.events = [Event("error", script.job.id, "No room."), Event("job", script.job.id)]
    timer.advance(state())
    assert notices.warning == "No room."
    script.store.remove(script.job.id)
    script.events = [Event("job", script.job.id)]
    timer.advance(state())
    assert notices.warning == ""


@pytest.mark.parametrize("same_file", [True, False])
def test_a_result_is_placed_in_the_file_that_asked_for_it(script, tmp_path, same_file):
    asset = write_asset(tmp_path / "asset", {"prompt": "a ball"}, script.job.id)
    script.store.put(replace(script.job, state="DONE", asset=str(asset)))
    if not same_file:
        state().results.change_file()
    script.events = [Event("result", script.job.id, path=str(asset))]
    timer.wait_for_job(script.job.id)
    assert script.imported == ([script.job.id] if same_file else [])
    assert [host.location.z for host in bpy.context.scene.objects if host.mav3d.prompt] == ([3.0] if same_file else [])


def test_a_stage_is_reported_once(script):
    lines = []
    script.store.put(replace(script.job, state="RUNNING", stage="super_resolution"))

    def end(line):
        lines.append(line)
        script.store.put(replace(script.job, state="FAILED"))

    assert timer.wait_for_job(script.job.id, end).state == "FAILED" and lines == ["MAV3D: super-resolution"]


def test_the_timer_starts_once_and_stops(addon):
    timer.start()
    timer.start()
    assert bpy.app.timers.is_registered(timer.tick)
    timer.stop()
    timer.stop()
    assert not bpy.app.timers.is_registered(timer.tick)
