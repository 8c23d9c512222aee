"""The engine as a process, against a fake one that misbehaves."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mav3d_blender.client.process.engine_process import EngineProcess, environment
from tests.mav3d_blender.engines import exists, make_engine
from tests.root import ROOT
from tests.waiting import until


@pytest.fixture
def engine(tmp_path):
    """Makes engines, all of which are gone after the test."""
    made = []

    def make(*words, **options) -> EngineProcess:
        made.append(make_engine(tmp_path, *words, **options))
        return made[-1]

    yield make
    for each in made:
        pid = each.pid
        each.close(1.0)
        assert pid is None or not exists(pid)


def ready(engine: EngineProcess) -> EngineProcess:
    engine.start()
    until(lambda: engine.poll() and engine.state == "ready")
    return engine


def ask(engine: EngineProcess, folder: Path, fake: str = "", name: str = "a") -> None:
    engine.send({"type": "generate", "job": name, "folder": str(folder), "request": {"prompt": "a ball", "fake": fake},
                 "previews": ["image", "mesh"]})  # fmt: skip


def receive_until(engine: EngineProcess, kind: str) -> list[dict]:
    """All messages up to one of this type."""
    received = []
    until(lambda: received.extend(engine.poll()) or any(message["type"] == kind for message in received))
    return received


def ended(engine: EngineProcess) -> EngineProcess:
    until(lambda: engine.poll() is not None and not engine.alive)
    return engine


def test_an_engine_opens_works_and_ends(engine, tmp_path):
    process = engine()
    assert process.state == "stopped" and process.poll() == []
    process.start()
    assert process.state == "starting"
    received = receive_until(process, "hello")
    assert process.state == "ready" and process.hello == received[0] and received[0]["presets"][0]["name"] == "primitives"
    ask(process, tmp_path / "job")
    received = receive_until(process, "result")
    assert [m["type"] for m in received if m["type"] not in ("progress", "preview")] == ["queued", "started", "result"]
    pid = process.pid
    process.stop()
    assert process.state == "stopping" and not process.send({"type": "estimate"})
    assert ended(process).state == "stopped" and not exists(pid) and process.reason == ""


def test_an_engine_can_be_started_again(engine, tmp_path):
    process = ready(engine())
    process.close(2.0)
    assert ready(process).state == "ready"
    process.stop()
    ended(process)
    assert (tmp_path / "engine.log.1").is_file() and "the fake engine is ready" in process.log_tail()


def test_progress_that_is_over_is_left_out(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "steps=300 pause=0")
    until(lambda: process._inbox._messages and process._inbox._messages[-1][0]["type"] == "result")
    received = process.poll(budget_s=60.0)
    assert [m["step"] for m in received if m["type"] == "progress"] == [300]
    assert [m["type"] for m in received][-2:] == ["progress", "result"]
    assert sum(m["type"] == "preview" for m in received) == 4


def test_a_flood_is_taken_in_small_parts(engine, tmp_path, monkeypatch):
    process = ready(engine())
    ask(process, tmp_path / "job", "flood")
    received = []

    def look() -> bool:
        messages = process.poll()
        assert len(messages) <= 200
        received.extend(messages)
        return bool(messages) and messages[-1]["type"] == "result"

    until(lambda: len(process._inbox._messages) > 100)
    with monkeypatch.context() as patch:
        # Each look at the clock takes 5 ms of the 20 that a poll has.
        clock = SimpleNamespace(monotonic=itertools.count(0, 0.005).__next__)
        patch.setattr("mav3d_blender.client.process.engine_process.time", clock)
        received.extend(process.poll())
    assert 1 <= len(received) <= 4
    until(look)
    assert sum(message.get("job") == "nobody" for message in received) == 5000


def test_a_flood_that_nobody_takes_waits_outside(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "flood")
    until(lambda: len(process._inbox._messages) == 500)
    assert process.state == "ready" and not (tmp_path / "job" / "asset").exists()
    process.close(2.0)
    assert not process.alive


@pytest.mark.parametrize(("fake", "count"), [("garbage", 6), ("huge", 1)])
def test_what_is_no_message_goes_into_the_log(engine, tmp_path, fake, count):
    process = ready(engine())
    ask(process, tmp_path / "job", fake)
    receive_until(process, "result")
    assert process.invalid_lines == count and process.state == "ready"
    log = process.log_tail(100)
    assert "no message" in log and len(log) < 5000


def test_chatter_before_hello_is_no_harm(engine):
    process = ready(engine("chatter"))
    assert process.invalid_lines == 4 and "Loading libraries" in process.log_tail()


def test_half_a_line_at_the_end_is_no_result(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "half")
    received = []
    until(lambda: received.extend(process.poll()) or not process.alive)
    assert "result" not in {message["type"] for message in received}
    assert process.state == "failed" and process.invalid_lines == 1 and "has no end" in process.log_tail()


def test_an_end_in_the_middle_is_explained(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "die")
    assert ended(process).state == "failed" and "the fake engine dies" in process.reason and process.advice


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal 9")
def test_a_killed_engine_points_at_memory(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "crash")
    assert "memory" in ended(process).reason and "quality" in process.advice


@pytest.mark.parametrize(
    ("word", "reason", "advice"),
    [
        ("no-torch", "not installed in this Python, which has no module 'torch'", "install the engine"),
        ("no-device", "no device 'abacus'", ""),
        ("wrong-protocol", "version 2 of the protocol", "Install the engine again"),
    ],
)
def test_an_engine_that_can_not_start_says_why(engine, word, reason, advice):
    process = engine(word)
    process.start()
    ended(process)
    assert process.state == "failed" and reason in process.reason and advice in process.advice


def test_hello_may_take_its_time_but_not_for_ever(engine):
    slow = engine("slow-hello")
    slow.start()
    slow.poll()
    assert slow.state == "starting" and slow.send({"type": "estimate", "id": 1, "request": {}})
    assert receive_until(slow, "estimate")[0]["type"] == "hello"
    silent = engine("silent", hello_seconds=0.1)
    silent.start()
    assert "not ready within" in ended(silent).reason and silent.state == "failed"


def test_an_interpreter_that_is_missing(tmp_path):
    for command, folder, reason in [
        ([str(tmp_path / "python")], tmp_path, "no Python at"),
        ([str(tmp_path)], tmp_path, "is not allowed|can't be started"),
        ([sys.executable], tmp_path / "nowhere", "folder is missing"),
    ]:
        process = EngineProcess(command, folder, tmp_path / "engine.log")
        process.start()
        assert process.state == "failed" and any(part in process.reason for part in reason.split("|")), process.reason
        assert not process.alive and process.advice and not process.send({"type": "shutdown"})
        process.close(1.0)


def test_a_log_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    process = EngineProcess([sys.executable], tmp_path, tmp_path / "file" / "engine.log")
    process.start()
    assert process.state == "failed" and "can't be written" in process.reason


def test_a_cancel_is_taken(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "steps=100000")
    receive_until(process, "progress")
    process.send({"type": "cancel", "job": "a"})
    assert "cancelling" in [message["type"] for message in receive_until(process, "cancelled")]


def test_an_interrupt_lets_it_save_and_leave(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "steps=1000 ignore-cancel")
    receive_until(process, "progress")
    process.interrupt()
    process.interrupt()
    assert process.state == "stopping"
    receive_until(process, "cancelled")
    assert ended(process).state == "stopped"


@pytest.mark.parametrize("words", [("stubborn",), ("deaf",), ("stubborn", "silent"), ("stubborn", "slow-hello")])
def test_nothing_is_left_after_close(engine, tmp_path, words):
    process = engine(*words)
    process.start()
    until(lambda: "set its signals" in process.log_tail())
    process.poll()
    ask(process, tmp_path / "job", "steps=100000")
    pid = process.pid
    process.close(0.5)
    assert not exists(pid) and not process.alive and process.state == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to look at")
def test_what_the_engine_started_goes_with_it(engine):
    process = ready(engine("child"))
    group = process.pid
    assert len(members(group)) == 2
    process.stop()
    ended(process)
    until(lambda: not members(group))


def members(group: int) -> list[str]:
    """The processes of a group that run."""
    done = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.split()[0] == str(group) and line.split()[1][0] != "Z"]


def test_a_pipe_that_nobody_reads_does_not_block(engine):
    process = ready(engine("deaf"))
    sent = 0
    while process.send({"type": "estimate", "id": 1, "request": {"prompt": "x" * 2000}}):
        sent += 1
    assert 1000 <= sent < 1200
    assert process.state == "failed" and "takes no messages" in process.reason
    ended(process)


def test_an_engine_ends_with_its_blender(tmp_path):
    """Blender gone without a word: stdin closes, and the engine leaves by itself."""
    code = (
        "import sys, time\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tests.mav3d_blender.engines import make_engine\n"
        "engine = make_engine(Path(sys.argv[2]))\nengine.start()\n"
        "while engine.state != 'ready': engine.poll(); time.sleep(0.01)\n"
        "print(engine.pid, flush=True)\ntime.sleep(600)\n"
    )
    blender = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(tmp_path)], stdout=subprocess.PIPE)
    pid = int(blender.stdout.readline())
    assert exists(pid)
    blender.kill()
    blender.wait()
    blender.stdout.close()
    until(lambda: not running(pid))


def running(pid: int) -> bool:
    """Whether a process that is nobody's child here runs; a zombie does not."""
    if not exists(pid):
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_environment_is_not_blenders(tmp_path, monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "blender")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    online, offline = environment(tmp_path, False), environment(tmp_path, True)
    assert "blender" not in online.values() and online["PYTHONNOUSERSITE"] == online["PYTHONDONTWRITEBYTECODE"] == "1"
    assert online["PYTHONIOENCODING"] == "utf-8" and online["PATH"] == os.environ["PATH"]
    assert offline["HF_HUB_OFFLINE"] == "1" and "HF_HUB_OFFLINE" not in online


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_it_gives_way_to_blender(engine):
    process = ready(engine())
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= min(10, os.getpriority(os.PRIO_PROCESS, 0) + 1)
    assert os.getpgid(process.pid) == process.pid
