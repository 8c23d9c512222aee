"""The scheduler behind a session, against an engine whose messages a test writes."""

from dataclasses import replace

import pytest

from mav3d_blender.client.events import Event
from mav3d_blender.client.session import Session
from mav3d_blender.jobs.job import JobError
from mav3d_blender.jobs.store import JobStore
from tests.mav3d_blender.client.desk import REQUEST


class Script:
    """An engine whose messages a test writes."""

    def __init__(self) -> None:
        self.state, self.alive, self.reason, self.advice, self.hello = "ready", True, "", "", {"engine": "script"}
        self.outgoing, self.sent = [], []

    def start(self) -> None:
        pass

    def send(self, message) -> bool:
        self.sent.append(message)
        return True

    def poll(self) -> list[dict]:
        messages, self.outgoing = self.outgoing, []
        return messages

    def stop(self, grace: float = 0.0) -> None:
        self.state, self.alive = "stopped", False

    def close(self, timeout: float) -> None:
        self.stop()


@pytest.fixture
def script(tmp_path) -> tuple[Session, Script]:
    engine = Script()
    return Session(JobStore(tmp_path), lambda: engine), engine


def test_a_resume_that_is_refused_leaves_the_job_as_it_was(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    engine.outgoing = [
        {"type": "started", "job": name, **REQUEST, "seed": 5},
        {"type": "result", "job": name, "path": "/asset"},
    ]
    session.tick(0.2)
    done = session.store.get(name)
    session.resume(name, {"fps": -1})
    session.tick(0.3)
    engine.outgoing = [{"type": "error", "job": name, "kind": "request", "message": "fps is -1.", "advice": ""}]
    assert Event("error", name, "fps is -1.") in session.tick(0.4)
    assert session.store.get(name) == replace(done, message="fps is -1.")
    session.resume(name)
    session.cancel(name)
    assert session.store.get(name) == replace(done, message="It had not begun.")
    session.resume(name)
    session.tick(0.5)
    engine.outgoing = [
        {"type": "started", "job": name, **REQUEST, "seed": 5},
        {"type": "error", "job": name, "message": "Ill."},
    ]
    session.tick(0.6)
    assert (session.store.get(name).state, session.store.get(name).message) == ("FAILED", "Ill.")


def test_a_result_can_go_elsewhere(script):
    session, engine = script
    name = session.generate(REQUEST, {"scene": "Scene"}).id
    session.set_target(name, {"scene": "Other", "location": [1.0, 2.0, 3.0]})
    assert session.store.get(name).target == {"scene": "Other", "location": [1.0, 2.0, 3.0]}
    with pytest.raises(JobError, match="no job"):
        session.set_target("nobody", {})


def test_words_of_the_wrong_kind_do_no_harm(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    nonsense = [None, 3, [], {}, "x" * 100_000, float("1e300"), -1, True]
    for value in nonsense:
        engine.outgoing += [
            {"type": "progress", "job": name, "stage": value, "step": value, "steps": value, "eta_s": value, "metrics": value},
            {"type": "progress", "job": value},
            {"type": "preview", "job": name, "kind": value, "path": value},
            {"type": "preview", "job": name, "kind": "mesh", "path": 3},
            {"type": "started", "job": name, "seed": value, "prompt": [value], "frames": "many"},
            {"type": "error", "kind": value, "message": value, "advice": value, "id": value},
            {"type": "estimate", "id": value, "seconds": value},
            {"type": "hello", "presets": value},
            {"type": "queued", "job": name, "place": value},
            {"type": "unheard-of", "job": name},
        ]
    session.tick(0.2)
    job = session.store.get(name)
    assert job.state == "RUNNING" and job.request["prompt"] == REQUEST["prompt"] and job.request["frames"] == 3
    assert isinstance(job.step, int) and isinstance(job.stage, str) and len(job.stage) <= 2000
    engine.outgoing = [{"type": "result", "job": name, "path": "/asset", "advice": "Look twice."}]
    session.tick(0.3)
    assert (session.store.get(name).state, session.store.get(name).message) == ("DONE", "Look twice.")
    assert JobStore(session.store.folder).load() == []


def test_messages_of_unknown_or_ended_jobs_are_ignored(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    engine.outgoing = [{"type": "result", "job": "nobody", "path": "/x"}, {"type": "result", "job": name, "path": "/asset"},
                   {"type": "error", "job": name, "kind": "job", "message": "No.", "advice": ""}]  # fmt: skip
    session.tick(0.2)
    assert session.store.get(name).state == "DONE" and session.store.get(name).asset == "/asset"


def test_silence_begins_with_a_job(script):
    session, engine = script
    session.start_engine()
    session.tick(0.0)
    engine.outgoing = [{"type": "queued", "job": "nobody", "place": 0}]
    session.tick(1.0)
    name = session.generate(REQUEST).id
    ticks = [session.tick(now) for now in (595.0, 603.0, 1190.0, 1204.0, 1300.0)]
    assert [any(event.kind == "engine" and event.job == name for event in events) for events in ticks] == [
        False, False, False, True, False
    ]  # fmt: skip


def test_a_protocol_error_ends_no_job_that_runs(script):
    session, engine = script
    name, bad = session.generate(REQUEST).id, session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    engine.outgoing = [{"type": "started", "job": name, **REQUEST, "seed": 5}] + [
        {"type": "error", "job": each, "kind": "protocol", "message": "What?", "advice": ""} for each in (name, bad)
    ]
    events = session.tick(0.2)
    assert session.store.get(name).state == "RUNNING" and session.store.get(bad).state == "FAILED"
    assert Event("error", name, "What?") in events


def test_what_can_not_be_sent_fails_alone(script):
    session, engine = script
    name = session.generate(REQUEST).id

    def refuse(message):
        raise ValueError("it is too long")

    engine.send = refuse
    session.tick(0.0)
    session.tick(0.1)
    assert session.store.get(name).state == "FAILED" and "too long" in session.store.get(name).message
    assert not session.busy


def test_the_engine_gives_a_seed_where_none_was_asked_for(script):
    session, engine = script
    name = session.generate(REQUEST | {"seed": None}).id
    session.tick(0.0)
    session.tick(0.1)
    engine.outgoing = [{"type": "started", "job": name, **REQUEST, "seed": 41}]
    session.tick(0.2)
    assert session.store.get(name).request == REQUEST | {"seed": 41}


def test_a_full_disk_is_reported_and_stops_nothing(script, monkeypatch):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mav3d_blender.common.files.os.replace", full)
    engine.outgoing = [{"type": "result", "job": name, "path": "/asset"}]
    events = session.tick(0.2)
    assert session.store.get(name).state == "DONE" and any("No space" in event.message for event in events)


def test_the_fraction_of_a_job_is_of_the_time_that_the_engine_works_on_it(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(50.0)
    engine.outgoing = [{"type": "started", "job": name, **REQUEST, "seed": 5}]
    session.tick(100.0)
    progress = {"type": "progress", "job": name, "stage": "static", "step": 1, "steps": 10}
    engine.outgoing = [{**progress, "eta_s": 30.0}]
    session.tick(110.0)
    assert session.fraction(session.store.get(name)) == 0.25
    # Where the time left is not known, the stage's steps count.
    engine.outgoing = [{**progress, "step": 6, "eta_s": 0.0}]
    session.tick(120.0)
    assert session.fraction(session.store.get(name)) == 0.6
    # A job that is resumed begins anew.
    engine.outgoing = [{"type": "cancelled", "job": name, "message": "Stopped."}]
    session.tick(130.0)
    session.resume(name)
    session.tick(1000.0)
    engine.outgoing = [{**progress, "eta_s": 30.0}]
    session.tick(1000.5)
    session.tick(1010.5)
    assert session.fraction(session.store.get(name)) == 0.25
