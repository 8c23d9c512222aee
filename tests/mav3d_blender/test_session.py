"""Jobs and a fake engine together: what is asked for, what becomes of it, and what is left when things go wrong."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mav3d_blender.client.messages import GOES_ON, advice, applied
from mav3d_blender.client.session import Event, Limits, Session
from mav3d_blender.jobs.process_identity import Owner, host, start_stamp
from mav3d_blender.jobs.store import Job, JobError, JobStore
from mav3d_blender.timeline.asset import read_asset
from tests.mav3d_blender.engines import exists, make_engine, until
from tests.root import ROOT

REQUEST = {"prompt": "a red ball bouncing", "quality": "draft", "frames": 3}
LONG = "steps=100000 pause=0.01"


class Desk:
    """A session, the events that came, and the engines that were made."""

    def __init__(self, folder: Path, *words: str, limits: Limits | None = None, **options) -> None:
        self.folder, self.words, self.options = folder, words, options
        self.events: list[Event] = []
        self.engines, self.ahead = [], 0.0
        self.session = Session(JobStore(folder / "jobs"), self.make, limits)

    def make(self):
        self.engines.append(make_engine(self.folder, *self.words, **self.options))
        return self.engines[-1]

    def tick(self) -> list[Event]:
        events = self.session.tick(time.monotonic() + self.ahead)
        self.events += events
        return events

    def until(self, look, seconds: float = 10.0):
        return until(lambda: self.tick() is not None and look(), seconds)

    def until_state(self, name: str, *states: str, seconds: float = 10.0):
        """The job as soon as it is in one of the states."""
        return self.until(lambda: self.job(name).state in states and self.job(name), seconds)

    def job(self, name: str):
        return self.session.store.get(name)

    def ask(self, fake: str = "", **target):
        return self.session.generate(REQUEST | {"fake": fake}, target).id

    def running(self, fake: str = LONG) -> str:
        """A job that has made steps."""
        name = self.ask(fake)
        self.until(lambda: self.job(name).state == "RUNNING" and self.job(name).step)
        return name

    def kinds(self, name: str = "") -> list[str]:
        return [event.kind for event in self.events if event.job == name]

    def said(self) -> str:
        return " ".join(event.message for event in self.events)


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
    assert here.engines == [] and session.busy and here.job(name).state == "QUEUED" and session.state == "stopped"
    job = here.until_state(name, "DONE")
    assert read_asset(Path(job.asset)).frames == 3 and job.request["seed"] == 7 and job.target == {"scene": "Scene"}
    assert Path(job.image).is_file() and Path(job.mesh).is_file() and (job.step, job.stage) == (5, "static")
    kinds = here.kinds(name)
    assert {"job", "preview", "result"} == set(kinds) and kinds[0] == "job" and "result" in kinds[-2:]
    previews = [event for event in here.events if event.kind == "preview"]
    assert {event.mesh for event in previews} == {True, False} and all(Path(event.path).is_file() for event in previews)
    assert not session.busy and session.running is None and session.unfinished() == []
    assert session.state == "ready" and "fake on cpu" in session.engine_state and len(here.engines) == 1
    session.imported(name)
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
    assert read_asset(Path(job.asset)).frames == 3 and 0 < job.step < 60
    with pytest.raises(JobError, match="has ended"):
        here.session.cancel(name)
    here.session.resume(name, {"frames": 5})
    assert here.job(name).state == "QUEUED" and here.job(name).changes == {"frames": 5}
    first = here.until(lambda: here.job(name).state == "RUNNING" and here.job(name).step)
    job = here.until_state(name, "DONE")
    assert first >= 2 and job.request["frames"] == 5 and job.changes == {} and read_asset(Path(job.asset)).frames == 5
    assert len(here.engines) == 1


def test_a_job_is_cancelled_before_it_is_sent(desk):
    here = desk("slow-hello")
    name = here.ask()
    here.tick()
    here.session.cancel(name)
    assert here.job(name).state == "CANCELLED" and not here.job(name).begun
    here.until(lambda: here.session.state == "ready")
    here.session.resume(name, {"frames": 2})
    assert here.job(name).request["frames"] == 2
    assert read_asset(Path(here.until_state(name, "DONE").asset)).frames == 2


def test_retry_is_a_new_job_of_the_same_request(desk):
    here = desk()
    first = here.ask("fail", scene="Scene")
    job = here.until_state(first, "FAILED")
    assert job.message == "There is not enough memory." and job.advice == "Choose a lower quality."
    assert "not enough memory. Choose" in here.said()
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
    assert [each.id for each in here.session.unfinished()] == [first]
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
    assert len(here.engines) == 1 and not here.session.busy and here.session.state == "failed"


def test_engines_that_die_again_and_again_are_given_up(desk):
    here = desk()
    names = [here.ask("die") for _ in range(5)]
    here.until(lambda: not here.session.busy)
    assert len(here.engines) == 3 and here.session.state == "failed"
    assert {here.job(name).state for name in names} == {"INTERRUPTED"}
    assert "3 times within 5 minutes" in here.job(names[4]).message and "3 times" in here.session.engine_state
    here.session.resume(names[4], {"fake": ""})
    assert here.until_state(names[4], "INTERRUPTED") and len(here.engines) == 3
    here.session.start()
    here.session.resume(names[4], {"fake": ""})
    here.until_state(names[4], "DONE")
    assert len(here.engines) == 4 and here.session.state == "ready"


def test_a_job_that_comes_to_its_end_closes_the_breaker(desk):
    here = desk()
    for _ in range(2):
        bad, good = here.ask("die"), here.ask()
        here.until_state(good, "DONE")
        assert here.job(bad).state == "INTERRUPTED"
        here.session.resume(bad)
        here.until(lambda: not here.session.busy)
    assert not here.session._work.breaker.open


@pytest.mark.parametrize(
    ("word", "said"), [("no-torch", "not installed"), ("no-device", "abacus"), ("wrong-protocol", "version")]
)
def test_an_engine_that_can_not_work_fails_the_jobs_at_once(desk, word, said):
    here = desk(word)
    names = [here.ask(), here.ask()]
    here.session.estimate(REQUEST)
    here.until(lambda: not here.session.busy)
    assert len(here.engines) == 1
    for name in names:
        assert here.job(name).state == "FAILED" and said in here.job(name).message
    assert said in here.session.engine_state and said in here.said()


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
    assert job.message == "Stopped; the checkpoint is kept." and job.begun and job.advice == GOES_ON
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
    here.session._work.send = lambda message: None  # the cancel is lost
    here.session.cancel(waits)
    assert here.until_state(running, "DONE").step == 60


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"kind": "memory", "advice": "Close other programs."}, "Close other programs."),
        ({"kind": "memory", "advice": ""}, "Resume goes on from the last checkpoint. A lower quality takes less."),
        ({"kind": "taken"}, "Retry begins it anew, in a folder of its own."),
        ({"kind": "busy"}, "Then press Resume."),
        ({"kind": "prompt"}, ""),
        ({"kind": ["memory"]}, ""),
    ],
)
def test_what_to_do_about_an_error_is_in_words_of_the_panel(message, said):
    assert advice(message) == said
    job = applied(Job("a", "", {}, state="RUNNING"), {"type": "error", "message": "No.", **message})
    assert (job.state, job.message, job.advice) == ("FAILED", "No.", said)


def test_a_stopped_job_says_that_it_can_go_on_where_it_has_begun(tmp_path):
    job, message = Job("a", str(tmp_path), {}, state="CANCELLING"), {"type": "cancelled", "message": "Stopped."}
    assert (applied(job, message).message, applied(job, message).advice) == ("Stopped.", "")
    (tmp_path / "job.json").write_text("{}")
    assert applied(job, message).advice == GOES_ON


def test_an_estimate_in_words(desk):
    here = desk()
    here.session.estimate(REQUEST)
    here.session.estimate(REQUEST | {"quality": "high"})
    here.until(lambda: "estimate" in here.kinds())
    assert [event.message for event in here.events if event.kind == "estimate"] == ["About 1 min 40 s and 900 MB of memory"]
    here.until(lambda: not here.session.busy)


def test_a_silent_engine_is_told_of_once(desk):
    here = desk(limits=Limits(silence=0.2))
    name = here.ask("mute")
    here.until(lambda: "said nothing" in here.said())
    time.sleep(0.3)
    here.tick()
    assert sum("said nothing" in event.message for event in here.events) == 1 and here.job(name).state == "RUNNING"
    here.session.cancel(name)
    here.until_state(name, "CANCELLED")


def test_an_idle_engine_gives_its_memory_back(desk):
    here = desk()
    here.until_state(here.ask(), "DONE")
    pid = here.engines[0].pid
    here.ahead = 599.0
    here.tick()
    assert here.session.state == "ready"
    here.ahead = 601.5
    here.until(lambda: here.session.state == "stopped")
    assert not exists(pid)
    # A job after a long pause is no silence.
    here.until_state(here.ask(), "DONE")
    assert len(here.engines) == 2 and "said nothing" not in here.said()


def test_the_engine_is_stopped_by_hand(desk):
    here = desk()
    running, waits = here.running(), here.ask()
    here.tick()
    here.session.stop_engine()
    assert here.job(waits).state == "INTERRUPTED"
    job = here.until_state(running, "INTERRUPTED")
    assert "Resume goes on" in f"{job.message} {job.advice}"
    here.until(lambda: not here.session.busy)
    assert here.session.state == "stopped" and len(here.engines) == 1
    here.session.resume(waits)
    here.until_state(waits, "DONE")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_engine_ended_from_outside(desk):
    here = desk()
    running, waits = here.running(), here.ask("steps=2")
    here.until(lambda: not here.session._assigned.waiting)
    os.kill(here.engines[0].pid, 15)
    here.until_state(running, "INTERRUPTED")
    here.until_state(waits, "DONE")
    assert len(here.engines) == 2


def test_blender_closes_in_the_middle(desk):
    here = desk("stubborn")
    running, waits, stopping = here.running(), here.ask(), here.ask()
    here.until(lambda: not here.session._assigned.waiting)
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
        "import sys, time\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tests.mav3d_blender.test_session import LONG, Desk\n"
        "here = Desk(Path(sys.argv[2]))\nname = here.running('steps=300 pause=0.01')\n"
        "print(name, here.engines[0].pid, flush=True)\nhere.until(lambda: False, 60)\n"
    )
    root = str(ROOT)
    blender = subprocess.Popen([sys.executable, "-c", code, root, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    name, _ = blender.stdout.readline().split()
    here = desk()
    here.session.store.load()
    assert here.job(name).state == "RUNNING" and not here.session.busy and here.session.running is None
    for deed in (here.session.cancel, here.session.resume, here.session.remove, lambda name: here.session.aim(name, {})):
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
    neighbour = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        theirs = JobStore(tmp_path / "jobs", owner=Owner(neighbour.pid, host(), start_stamp(neighbour.pid)))
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


class Script:
    """An engine that says what a test has it say."""

    def __init__(self) -> None:
        self.state, self.alive, self.reason, self.advice, self.hello = "ready", True, "", "", {"engine": "script"}
        self.says, self.sent = [], []

    def start(self) -> None:
        pass

    def send(self, message) -> bool:
        self.sent.append(message)
        return True

    def poll(self) -> list[dict]:
        says, self.says = self.says, []
        return says

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
    engine.says = [{"type": "started", "job": name, **REQUEST, "seed": 5}, {"type": "result", "job": name, "path": "/asset"}]
    session.tick(0.2)
    done = session.store.get(name)
    session.resume(name, {"fps": -1})
    session.tick(0.3)
    engine.says = [{"type": "error", "job": name, "kind": "request", "message": "fps is -1.", "advice": ""}]
    assert Event("error", name, "fps is -1.") in session.tick(0.4)
    assert session.store.get(name) == replace(done, message="fps is -1.")
    session.resume(name)
    session.cancel(name)
    assert session.store.get(name) == replace(done, message="It had not begun.")
    session.resume(name)
    session.tick(0.5)
    engine.says = [{"type": "started", "job": name, **REQUEST, "seed": 5}, {"type": "error", "job": name, "message": "Ill."}]
    session.tick(0.6)
    assert (session.store.get(name).state, session.store.get(name).message) == ("FAILED", "Ill.")


def test_a_result_can_go_elsewhere(script):
    session, engine = script
    name = session.generate(REQUEST, {"scene": "Scene"}).id
    session.aim(name, {"scene": "Other", "location": [1.0, 2.0, 3.0]})
    assert session.store.get(name).target == {"scene": "Other", "location": [1.0, 2.0, 3.0]}
    with pytest.raises(JobError, match="no job"):
        session.aim("nobody", {})


def test_words_of_the_wrong_kind_do_no_harm(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    nonsense = [None, 3, [], {}, "x" * 100_000, float("1e300"), -1, True]
    for value in nonsense:
        engine.says += [
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
    engine.says = [{"type": "result", "job": name, "path": "/asset", "advice": "Look twice."}]
    session.tick(0.3)
    assert (session.store.get(name).state, session.store.get(name).message) == ("DONE", "Look twice.")
    assert JobStore(session.store.folder).load() == []


def test_messages_of_unknown_or_ended_jobs_are_ignored(script):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    engine.says = [{"type": "result", "job": "nobody", "path": "/x"}, {"type": "result", "job": name, "path": "/asset"},
                   {"type": "error", "job": name, "kind": "job", "message": "No.", "advice": ""}]  # fmt: skip
    session.tick(0.2)
    assert session.store.get(name).state == "DONE" and session.store.get(name).asset == "/asset"


def test_silence_begins_with_a_job(script):
    session, engine = script
    session.start()
    session.tick(0.0)
    engine.says = [{"type": "queued", "job": "nobody", "place": 0}]
    session.tick(1.0)
    name = session.generate(REQUEST).id
    said = [session.tick(now) for now in (595.0, 603.0, 1190.0, 1204.0, 1300.0)]
    assert [any(event.kind == "engine" and event.job == name for event in events) for events in said] == [
        False, False, False, True, False
    ]  # fmt: skip


def test_a_protocol_error_ends_no_job_that_runs(script):
    session, engine = script
    name, bad = session.generate(REQUEST).id, session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)
    engine.says = [{"type": "started", "job": name, **REQUEST, "seed": 5}] + [
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
    engine.says = [{"type": "started", "job": name, **REQUEST, "seed": 41}]
    session.tick(0.2)
    assert session.store.get(name).request == REQUEST | {"seed": 41}


@pytest.mark.parametrize("package", ["mav3d_blender", "bl_ext.mine.mav3d.mav3d_blender"])
def test_nothing_but_the_standard_library_is_needed(tmp_path, package):
    """Also where it is installed as an extension, whose engine is beside it and has no name of its own."""
    root = ROOT
    above = tmp_path.joinpath(*package.split(".")[:-1])
    above.mkdir(parents=True, exist_ok=True)
    for name in ("mav3d_blender", "engine"):
        (above / name).mkdir()
        for file in (root / name).glob("*.py"):
            shutil.copy(file, above / name)
    shutil.copytree(root / "mav3d_blender" / "setup", above / "mav3d_blender" / "setup")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {package}.session; import {package}.protocol as protocol\n"
        "print(protocol.VERSION, [name for name in ('bpy', 'numpy', 'torch') if name in sys.modules])\n"
        f"print('engine' in sys.modules, {package.rpartition('.')[0] + '.engine.contract.protocol'!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    installed = "." in package
    assert done.stdout.split("\n")[:2] == ["1 []", f"{not installed} {installed}"], done.stderr


def test_a_full_disk_is_said_and_stops_nothing(script, monkeypatch):
    session, engine = script
    name = session.generate(REQUEST).id
    session.tick(0.0)
    session.tick(0.1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mav3d_blender.jobs.store.os.replace", full)
    engine.says = [{"type": "result", "job": name, "path": "/asset"}]
    events = session.tick(0.2)
    assert session.store.get(name).state == "DONE" and any("No space" in event.message for event in events)
