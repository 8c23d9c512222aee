"""A session whose engine is on another computer: a real ssh server, a real relay in a process of its own, a fake worker."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mav3d_blender.client.events import REMOTE_LIMITS, Event
from mav3d_blender.client.process.engine_process import EngineProcess, relay_command
from mav3d_blender.client.session import Session
from mav3d_blender.jobs.job import JobError
from mav3d_blender.jobs.process_identity import current_process
from mav3d_blender.jobs.store import JobStore
from tests.engine.remote.fake_worker import chain
from tests.engine.remote.far import engines
from tests.root import ROOT
from tests.waiting import until

REQUEST = {"prompt": "a red ball bouncing", "quality": "draft", "seed": 1}


class RemoteDesk:
    """A session, as Blender has it, and the events that came."""

    def __init__(self, folder: Path, host) -> None:
        self.folder, self.host, self.events, self.processes = folder, host, [], []
        self.open()

    def open(self) -> None:
        # As another Blender: this process would know its own jobs.
        owner = replace(current_process(), started=str(len(self.processes)))
        store = JobStore(self.folder / "jobs", owner)
        store.load()
        self.session = Session(store, self.make, REMOTE_LIMITS, host=self.host.name)

    def make(self) -> EngineProcess:
        process = EngineProcess(relay_command(Path(sys.executable), self.host), ROOT, self.folder / "log", lasting=True)
        self.processes.append(process)
        return process

    def tick(self) -> list[Event]:
        events = self.session.tick(time.monotonic())
        self.events += events
        return events

    def until_state(self, name: str, *states: str):
        return until(lambda: self.tick() is not None and self.job(name).state in states and self.job(name))

    def job(self, name: str):
        return self.session.store.get(name)

    def running(self, steps: int) -> str:
        name = self.session.generate(REQUEST | {"static_steps": steps}).id
        until(lambda: self.tick() is not None and self.job(name).step)
        return name

    def cut(self) -> None:
        """Ends the connection that the relay holds."""
        said = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True).stdout
        rows = [line.split() for line in said.splitlines()]
        (child,) = [int(row[0]) for row in rows if row[1] == str(self.processes[-1].pid) and row[2] == "ssh"][:1]
        os.kill(child, signal.SIGKILL)


@pytest.fixture
def desk(host, far, tmp_path):
    desk = RemoteDesk(tmp_path, host)
    yield desk
    desk.session.start_engine()
    until(lambda: desk.tick() is not None and desk.session.engine_state in ("ready", "failed"))
    desk.session.stop_engine()
    until(lambda: desk.tick() is not None and desk.session.engine_state in ("stopped", "failed"))
    desk.session.close(5.0)
    until(lambda: not engines(far))
    assert not list((far / "work").glob("*.socket"))


def value_of(job) -> str:
    return json.loads((Path(job.asset) / "asset.json").read_text())["value"]


def value(steps: int) -> str:
    return list(chain(0, steps, b""))[-1][1].decode()


def test_a_job_there_looks_as_one_here_and_a_lost_connection_is_said(desk):
    name = desk.running(400)
    assert desk.job(name).host == "far" and desk.session.engine_text == "Ready: version 0.1.0 on cpu of far"
    desk.cut()
    until(lambda: desk.tick() is not None and "Connection lost" in desk.session.engine_text)
    assert desk.session.engine_text == "Connection lost; the job goes on there. Reconnecting in 1 s."
    assert desk.job(name).state == "RUNNING"
    job = desk.until_state(name, "DONE", "FAILED", "INTERRUPTED")
    assert job.state == "DONE" and value_of(job) == value(400)
    assert Path(job.image).is_file() and Path(job.asset) == Path(job.folder) / "asset"
    said = [event.message for event in desk.events if event.kind == "engine"]
    assert "Connection lost; the job goes on there. Reconnecting in 1 s." in said and said[-1] == ""


def test_leaving_blender_leaves_the_job_there_and_the_next_session_finds_it(desk, far):
    name = desk.running(300)
    desk.session.close(5.0)
    left = desk.job(name)
    assert (left.state, left.left) == ("INTERRUPTED", True) and "goes on on far" in left.message
    assert engines(far)
    desk.open()
    assert desk.session.take_up() == [name]
    job = desk.until_state(name, "DONE", "FAILED", "INTERRUPTED")
    assert job.state == "DONE" and not job.left and value_of(job) == value(300)
    events = (Path(job.folder) / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in events if "progress" in line] == list(range(1, 301))


def test_stopping_the_engine_ends_it_there_and_resume_goes_on(desk, far):
    name = desk.running(300)
    desk.session.stop_engine()
    desk.until_state(name, "INTERRUPTED", "CANCELLED")
    until(lambda: desk.tick() is not None and desk.session.engine_state == "stopped")
    until(lambda: not engines(far))
    assert not desk.job(name).left
    desk.session.resume(name)
    assert value_of(desk.until_state(name, "DONE", "FAILED")) == value(300)


def test_a_cancelled_job_brings_what_there_is(desk):
    name = desk.running(100_000)
    desk.session.cancel(name, keep=True)
    job = desk.until_state(name, "CANCELLED", "FAILED")
    assert job.state == "CANCELLED" and Path(job.asset) == Path(job.folder) / "asset"
    assert job.message.startswith("Stopped at step") and "its folder holds the checkpoint" in job.message


def test_a_job_of_another_computer_waits_for_that_one(desk):
    job = desk.session.store.new(REQUEST, {}, "render-box")
    desk.session.store.put(replace(job, state="INTERRUPTED"))
    with pytest.raises(JobError, match="The job is on render-box: choose that under Run Engine On"):
        desk.session.resume(job.id)
