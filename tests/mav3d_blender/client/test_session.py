"""Jobs and a fake engine together: what is asked for, what becomes of it, and what is left when things go wrong."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mav3d_blender.client.events import Limits
from mav3d_blender.client.messages import RESUME_HINT
from mav3d_blender.jobs.job import JobError
from mav3d_blender.jobs.process_identity import ProcessIdentity, host_name, start_time
from mav3d_blender.jobs.store import JobStore
from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.mav3d_blender.client.desk import LONG, REQUEST, Desk
from tests.mav3d_blender.engines import exists
from tests.root import ROOT


@pytest.fixture
def desk(tmp_path):
    """Makes desks, whose engines are gone after the test."""
    made = []

    def make(*words, **options) -> Desk:
        made.append(Desk(tmp_path, *words, **options))
        return made[-1]

    yield make
    for each in made:
        pids = [engine.pid for engine in each.engines if engine.pid]
        each.session.close(1.0)
        assert not any(exists(pid) for pid in pids)


def test_a_prompt_becomes_an_asset(desk):
    here = desk()
    session = here.session
    name = here.ask(scene="Scene")
    assert here.engines == [] and session.busy and here.job(name).state == "QUEUED" and session.engine_state == "stopped"
    job = here.until_state(name, "DONE")
    assert read_asset(Path(job.asset)).frames == 3 and job.request["seed"] == 7 and job.target == {"scene": "Scene"}
    assert Path(job.image).is_file() and Path(job.mesh).is_file() and (job.step, job.stage) == (5, "static")
    kinds = here.kinds(name)
    assert {"job", "preview", "result"} == set(kinds) and kinds[0] == "job" and "result" in kinds[-2:]
    previews = [event for event in here.events if event.kind == "preview"]
    assert {event.mesh for event in previews} == {True, False} and all(Path(event.path).is_file() for event in previews)
    assert not session.busy and session.running is None
    assert session.engine_state == "ready" and "fake on cpu" in session.engine_text and len(here.engines) == 1
    session.mark_imported(name)
    again = JobStore(session.store.folder)
    again.load()
    assert again.get(name) == here.job(name) and again.get(name).imported


def test_jobs_wait_their_turn(desk):
    here = desk("slow-hello")
    names = [here.ask(f"steps={steps}") for steps in (20, 2, 2)]
    here.until_state(names[0], "RUNNING")
    assert [here.job(name).state for name in names] == ["RUNNING", "QUEUED", "QUEUED"]
    assert here.session.running.id == names[0]
    here.session.cancel(names[1])
    assert here.job(names[1]).state == "CANCELLING"
    here.until_state(names[2], "DONE")
    assert [here.job(name).state for name in names] == ["DONE", "CANCELLED", "DONE"]
    assert "nothing was written" in here.job(names[1]).message


def test_a_cancel_keeps_what_there_is_and_resume_goes_on(desk):
    here = desk()
    name = here.running("steps=60")
    here.session.cancel(name)
    assert here.job(name).state == "CANCELLING"
    job = here.until_state(name, "CANCELLED")
    assert not job.asset and 0 < job.step < 60 and "result" not in here.kinds(name)
    assert job.message == f"Stopped in Shape at step {job.step}; its folder holds the checkpoint."
    with pytest.raises(JobError, match="has ended"):
        here.session.cancel(name)
    here.session.resume(name, {"frames": 5})
    assert here.job(name).state == "QUEUED" and here.job(name).changes == {"frames": 5}
    first = here.until(lambda: here.job(name).state == "RUNNING" and here.job(name).step)
    job = here.until_state(name, "DONE")
    assert first >= 2 and job.request["frames"] == 5 and job.changes == {} and read_asset(Path(job.asset)).frames == 5
    assert len(here.engines) == 1


def test_a_job_is_finished_early_with_a_result_where_that_is_asked_for(desk):
    here = desk()
    name = here.running("steps=60")
    here.session.cancel(name, keep=True)
    job = here.until_state(name, "CANCELLED")
    assert read_asset(Path(job.asset)).frames == 3 and 0 < job.step < 60 and "result" in here.kinds(name)
    here.session.resume(name)
    here.until(lambda: here.job(name).state == "RUNNING" and here.job(name).step)
    here.events.clear()
    here.session.cancel(name)
    here.until_state(name, "CANCELLED")
    assert "result" not in here.kinds(name), "the earlier one has come already"


def test_a_job_is_cancelled_before_it_is_sent(desk):
    here = desk("slow-hello")
    name = here.ask()
    here.tick()
    here.session.cancel(name)
    assert here.job(name).state == "CANCELLED" and not here.job(name).begun
    here.until(lambda: here.session.engine_state == "ready")
    here.session.resume(name, {"frames": 2})
    assert here.job(name).request["frames"] == 2
    assert read_asset(Path(here.until_state(name, "DONE").asset)).frames == 2


def test_retry_is_a_new_job_of_the_same_request(desk):
    here = desk()
    first = here.ask("fail", scene="Scene")
    job = here.until_state(first, "FAILED")
    assert job.message == "There is not enough memory." and job.advice == "Choose a lower quality."
    assert "not enough memory. Choose" in here.sentences()
    second = here.session.retry(first)
    assert second.id != first and (second.request, second.target) == (job.request, {"scene": "Scene"})
    here.until_state(second.id, "FAILED")
    here.session.remove(first)
    assert here.job(first) is None and not Path(job.folder).exists() and Path(second.folder).exists()


def test_an_engine_that_dies_interrupts_its_job_and_the_next_engine_does_the_rest(desk):
    here = desk()
    first, second = here.ask("die steps=4"), here.ask()
    job = here.until_state(first, "INTERRUPTED")
    assert "ended unexpectedly" in job.message and "the fake engine dies" in job.message and "last checkpoint" in job.message
    here.until_state(second, "DONE")
    assert len(here.engines) == 2 and here.job(first).state == "INTERRUPTED"
    assert any(event.kind == "engine" and "dies" in event.message for event in here.events)
    here.session.resume(first, {"fake": "steps=4"})
    assert here.until_state(first, "DONE").step == 4


def test_an_engine_that_dies_is_not_started_again_for_nothing(desk):
    here = desk()
    name = here.ask("die")
    here.until_state(name, "INTERRUPTED")
    for _ in range(20):
        here.tick()
    assert len(here.engines) == 1 and not here.session.busy and here.session.engine_state == "failed"


def test_engines_that_die_again_and_again_are_given_up(desk):
    here = desk()
    names = [here.ask("die") for _ in range(5)]
    here.until(lambda: not here.session.busy)
    assert len(here.engines) == 3 and here.session.engine_state == "failed"
    assert {here.job(name).state for name in names} == {"INTERRUPTED"}
    assert "3 times within 5 minutes" in here.job(names[4]).message and "3 times" in here.session.engine_text
    here.session.resume(names[4], {"fake": ""})
    assert here.until_state(names[4], "INTERRUPTED") and len(here.engines) == 3
    here.session.start_engine()
    here.session.resume(names[4], {"fake": ""})
    here.until_state(names[4], "DONE")
    assert len(here.engines) == 4 and here.session.engine_state == "ready"


def test_a_job_that_comes_to_its_end_closes_the_breaker(desk):
    here = desk()
    for _ in range(2):
        bad, good = here.ask("die"), here.ask()
        here.until_state(good, "DONE")
        assert here.job(bad).state == "INTERRUPTED"
        here.session.resume(bad)
        here.until(lambda: not here.session.busy)
    assert not here.session._scheduler._breaker.open


@pytest.mark.parametrize(
    ("word", "reason"), [("no-torch", "not installed"), ("no-device", "abacus"), ("wrong-protocol", "version")]
)
def test_an_engine_that_can_not_work_fails_the_jobs_at_once(desk, word, reason):
    here = desk(word)
    names = [here.ask(), here.ask()]
    here.session.estimate(REQUEST)
    here.until(lambda: not here.session.busy)
    assert len(here.engines) == 1
    for name in names:
        assert here.job(name).state == "FAILED" and reason in here.job(name).message
    assert reason in here.session.engine_text and reason in here.sentences()


def test_an_engine_that_never_opens(desk):
    here = desk("silent", hello_seconds=0.3)
    name = here.ask()
    assert "not ready" in here.until_state(name, "FAILED").message
    assert not here.session.busy


def test_a_cancel_that_is_not_heard_is_followed_by_a_signal(desk):
    here = desk(limits=Limits(acknowledge=0.2))
    name = here.running(f"ignore-cancel {LONG}")
    waits = here.ask()
    here.until(lambda: here.session.running)
    here.session.cancel(name)
    job = here.until_state(name, "CANCELLED")
    assert job.message == "Stopped; the checkpoint is kept." and job.begun and job.advice == RESUME_HINT
    here.until_state(waits, "DONE")
    assert len(here.engines) == 2


@pytest.mark.parametrize("word", ["stubborn ignore-cancel", "stubborn slow-cancel"])
def test_a_cancel_that_is_never_done_ends_the_engine(desk, word):
    here = desk(*word.split(), limits=Limits(acknowledge=0.1, cancel=0.4))
    name = here.running()
    pid = here.engines[0].pid
    here.session.cancel(name)
    job = here.until_state(name, "CANCELLED")
    assert "was ended" in job.message and "last checkpoint" in job.message and not exists(pid)


def test_a_cancel_of_a_waiting_job_leaves_the_running_one_alone(desk):
    here = desk("ignore-cancel", limits=Limits(acknowledge=0.0, cancel=0.1))
    running = here.running("steps=60")
    waits = here.ask()
    here.tick()
    here.session._scheduler.send = lambda message: None  # the cancel is lost
    here.session.cancel(waits)
    assert here.until_state(running, "DONE").step == 60


def test_an_estimate_in_words(desk):
    here = desk()
    here.session.estimate(REQUEST)
    here.session.estimate(REQUEST | {"quality": "high"})
    here.until(lambda: "estimate" in here.kinds())
    assert [event.message for event in here.events if event.kind == "estimate"] == ["About 1 min 40 s and 900 MB of memory"]
    here.until(lambda: not here.session.busy)


def test_a_silent_engine_is_reported_once(desk):
    here = desk()
    name = here.ask("mute")
    # It says nothing from its third step of five on.
    here.until(lambda: here.job(name).step == 2)
    for ahead in (300, 601, 602, 1300):
        here.ahead = ahead
        here.tick()
    assert sum("said nothing" in event.message for event in here.events) == 1 and here.job(name).state == "RUNNING"
    here.session.cancel(name)
    here.until_state(name, "CANCELLED")


def test_an_idle_engine_gives_its_memory_back(desk):
    here = desk()
    here.until_state(here.ask(), "DONE")
    pid = here.engines[0].pid
    here.ahead = 500.0
    here.tick()
    assert here.session.engine_state == "ready"
    here.ahead = 601.5
    here.until(lambda: here.session.engine_state == "stopped")
    assert not exists(pid)
    # A job after a long pause is no silence.
    here.until_state(here.ask(), "DONE")
    assert len(here.engines) == 2 and "said nothing" not in here.sentences()


def test_the_engine_is_stopped_by_hand(desk):
    here = desk()
    running, waits = here.running(), here.ask()
    here.tick()
    here.session.stop_engine()
    assert here.job(waits).state == "INTERRUPTED"
    job = here.until_state(running, "INTERRUPTED")
    assert "Resume continues" in f"{job.message} {job.advice}"
    here.until(lambda: not here.session.busy)
    assert here.session.engine_state == "stopped" and len(here.engines) == 1
    here.session.resume(waits)
    here.until_state(waits, "DONE")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_engine_ended_from_outside(desk):
    here = desk()
    running, waits = here.running(), here.ask("steps=2")
    here.until(lambda: not here.session._scheduler._waiting)
    os.kill(here.engines[0].pid, 15)
    here.until_state(running, "INTERRUPTED")
    here.until_state(waits, "DONE")
    assert len(here.engines) == 2


def test_blender_closes_in_the_middle(desk):
    here = desk("stubborn")
    running, waits, stopping = here.running(), here.ask(), here.ask()
    here.until(lambda: not here.session._scheduler._waiting)
    here.session.cancel(stopping)
    pid = here.engines[0].pid
    here.session.close(0.5)
    assert not exists(pid) and not here.session.busy
    states = [here.job(name).state for name in (running, waits, stopping)]
    assert states == ["INTERRUPTED", "INTERRUPTED", "CANCELLED"]
    later = Desk(here.folder)
    later.session.store.load()
    assert [job.state for job in later.session.store.jobs()] == states
    later.session.resume(waits, {"fake": ""})
    later.until_state(waits, "DONE")
    later.session.close(1.0)


def test_blender_crashes_in_the_middle(desk, tmp_path):
    """Another process runs a job and is killed: its engine leaves, its job is interrupted here and goes on."""
    code = (
        "import sys\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tests.mav3d_blender.client.desk import Desk\n"
        "here = Desk(Path(sys.argv[2]))\nname = here.running()\n"
        "print(name, here.engines[0].pid, flush=True)\nhere.until(lambda: False)\n"
    )
    root = str(ROOT)
    blender = subprocess.Popen([sys.executable, "-c", code, root, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    name, _ = blender.stdout.readline().split()
    here = desk()
    here.session.store.load()
    assert here.job(name).state == "RUNNING" and not here.session.busy and here.session.running is None
    for deed in (here.session.cancel, here.session.resume, here.session.remove, lambda name: here.session.set_target(name, {})):
        with pytest.raises(JobError, match="another Blender"):
            deed(name)
    blender.kill()
    blender.wait()
    blender.stdout.close()
    here.ahead = 6.0
    here.until_state(name, "INTERRUPTED")
    assert here.kinds(name) == ["job"]
    here.session.resume(name, {"fake": "steps=20"})
    here.until_state(name, "DONE")


def test_two_blenders_side_by_side(desk, tmp_path):
    neighbour = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        theirs = JobStore(tmp_path / "jobs", owner=ProcessIdentity(neighbour.pid, host_name(), start_time(neighbour.pid)))
        other = theirs.new(REQUEST, {})
        theirs.put(replace(other, state="RUNNING"))
        here = desk()
        here.session.store.load()
        mine = here.until_state(here.ask(), "DONE")
        here.session.close(1.0)
        assert here.job(other.id).state == "RUNNING" and mine.state == "DONE"
        theirs.load()
        assert {job.id: job.state for job in theirs.jobs()} == {other.id: "RUNNING", mine.id: "DONE"}
    finally:
        neighbour.kill()
        neighbour.wait()
