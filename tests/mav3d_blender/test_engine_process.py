"""The engine as a process, against a fake one that misbehaves."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mav3d_blender.client.circuit_breaker import CircuitBreaker
from mav3d_blender.client.exit_reason import explain
from mav3d_blender.client.process import EngineProcess, environment
from tests.mav3d_blender.engines import exists, make_engine, until
from tests.root import ROOT


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


def hear(engine: EngineProcess, kind: str, seconds: float = 10.0) -> list[dict]:
    """All messages up to one of this type."""
    told = []
    until(lambda: told.extend(engine.poll()) or any(message["type"] == kind for message in told), seconds)
    return told


def ended(engine: EngineProcess, seconds: float = 10.0) -> EngineProcess:
    until(lambda: engine.poll() is not None and not engine.alive, seconds)
    return engine


def test_an_engine_opens_works_and_ends(engine, tmp_path):
    process = engine()
    assert process.state == "stopped" and process.poll() == []
    process.start()
    assert process.state == "starting"
    told = hear(process, "hello")
    assert process.state == "ready" and process.hello == told[0] and told[0]["presets"][0]["name"] == "primitives"
    ask(process, tmp_path / "job")
    told = hear(process, "result")
    assert [m["type"] for m in told if m["type"] not in ("progress", "preview")] == ["queued", "started", "result"]
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
    until(lambda: (tmp_path / "job" / "asset" / "asset.json").is_file())
    time.sleep(0.2)
    told = process.poll(budget_s=1.0)
    assert [m["step"] for m in told if m["type"] == "progress"] == [300]
    assert [m["type"] for m in told][-2:] == ["progress", "result"]
    assert sum(m["type"] == "preview" for m in told) == 4


def test_a_flood_never_makes_blender_wait(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "flood")
    told, times = [], []

    def look() -> bool:
        began = time.perf_counter()
        messages = process.poll()
        times.append(time.perf_counter() - began)
        assert len(messages) <= 200
        told.extend(messages)
        return bool(messages) and messages[-1]["type"] == "result"

    until(look, 20)
    # The machine may look away once.
    assert sorted(times)[-2] < 0.05, sorted(times)[-5:]
    assert sum(message.get("job") == "nobody" for message in told) == 5000


def test_a_flood_that_nobody_takes_waits_outside(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "flood")
    time.sleep(0.5)
    assert len(process._inbox._messages) <= 500
    assert not (tmp_path / "job" / "asset").exists()
    process.close(2.0)
    assert not process.alive


@pytest.mark.parametrize(("fake", "garbage"), [("garbage", 6), ("huge", 1)])
def test_what_is_no_message_goes_into_the_log(engine, tmp_path, fake, garbage):
    process = ready(engine())
    ask(process, tmp_path / "job", fake)
    hear(process, "result")
    assert process.garbage == garbage and process.state == "ready"
    log = process.log_tail(100)
    assert "no message" in log and len(log) < 5000


def test_chatter_before_hello_is_no_harm(engine):
    process = ready(engine("chatter"))
    assert process.garbage == 4 and "Loading libraries" in process.log_tail()


def test_half_a_line_at_the_end_is_no_result(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "half")
    told = []
    until(lambda: told.extend(process.poll()) or not process.alive)
    assert "result" not in {message["type"] for message in told}
    assert process.state == "failed" and process.garbage == 1 and "has no end" in process.log_tail()


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
    assert hear(slow, "estimate")[0]["type"] == "hello"
    silent = engine("silent", hello_seconds=0.3)
    silent.start()
    assert "not ready within" in ended(silent).reason and silent.state == "failed"


def test_an_interpreter_that_is_missing(tmp_path):
    for command, folder, reason in [
        ([str(tmp_path / "python")], tmp_path, "no Python at"),
        ([str(tmp_path)], tmp_path, "may not be run|can't be started"),
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
    ask(process, tmp_path / "job", "steps=1000")
    hear(process, "progress")
    began = time.monotonic()
    process.send({"type": "cancel", "job": "a"})
    kinds = [message["type"] for message in hear(process, "cancelled")]
    assert "cancelling" in kinds and time.monotonic() - began < 1.0


def test_an_interrupt_lets_it_save_and_leave(engine, tmp_path):
    process = ready(engine())
    ask(process, tmp_path / "job", "steps=1000 ignore-cancel")
    hear(process, "progress")
    process.interrupt()
    process.interrupt()
    assert process.state == "stopping"
    hear(process, "cancelled")
    assert ended(process).state == "stopped"


@pytest.mark.parametrize("words", [("stubborn",), ("deaf",), ("stubborn", "silent"), ("stubborn", "slow-hello")])
def test_nothing_is_left_after_close(engine, tmp_path, words):
    process = engine(*words)
    process.start()
    time.sleep(0.3)
    process.poll()
    ask(process, tmp_path / "job", "steps=100000")
    pid, began = process.pid, time.monotonic()
    process.close(0.5)
    assert not exists(pid) and not process.alive and time.monotonic() - began < 3.0
    assert process.state == "stopped"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to look at")
def test_what_the_engine_started_goes_with_it(engine):
    process = ready(engine("child"))
    group = process.pid
    assert len(members(group)) == 2
    process.stop()
    ended(process)
    until(lambda: not members(group), 3)


def members(group: int) -> list[str]:
    """The processes of a group that run."""
    done = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.split()[0] == str(group) and line.split()[1][0] != "Z"]


def test_a_pipe_that_nobody_reads_does_not_block(engine):
    process = ready(engine("deaf"))
    began, sent = time.monotonic(), 0
    while process.send({"type": "estimate", "id": 1, "request": {"prompt": "x" * 2000}}):
        sent += 1
    assert 1000 <= sent < 1200 and time.monotonic() - began < 1.0
    assert process.state == "failed" and "takes no messages" in process.reason
    ended(process)


def test_an_engine_ends_with_its_blender(tmp_path):
    """Blender gone without a word: stdin closes, and the engine leaves by itself."""
    code = (
        "import sys, time\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tests.mav3d_blender.engines import make_engine\n"
        "engine = make_engine(Path(sys.argv[2]))\nengine.start()\n"
        "while engine.state != 'ready': engine.poll(); time.sleep(0.01)\n"
        "print(engine.pid, flush=True)\ntime.sleep(60)\n"
    )
    blender = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(tmp_path)], stdout=subprocess.PIPE)
    pid = int(blender.stdout.readline())
    assert exists(pid)
    blender.kill()
    blender.wait()
    blender.stdout.close()
    until(lambda: not running(pid), 5)


def running(pid: int) -> bool:
    """Whether a process that is nobody's child here runs; a zombie does not."""
    if not exists(pid):
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_environment_is_not_blenders(monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "blender")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    online, offline = environment(False), environment(True)
    assert "blender" not in online.values() and online["PYTHONNOUSERSITE"] == online["PYTHONDONTWRITEBYTECODE"] == "1"
    assert online["PYTHONIOENCODING"] == "utf-8" and online["PATH"] == os.environ["PATH"]
    assert offline["HF_HUB_OFFLINE"] == "1" and "HF_HUB_OFFLINE" not in online


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_it_gives_way_to_blender(engine):
    process = ready(engine())
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= min(10, os.getpriority(os.PRIO_PROCESS, 0) + 1)
    assert os.getpgid(process.pid) == process.pid


@pytest.mark.parametrize(
    ("code", "line", "reason", "advice"),
    [
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate", "graphics card's memory", "quality"),
        (1, "RuntimeError: No CUDA GPUs are available", "graphics card can't be used", "CPU"),
        (1, "ModuleNotFoundError: No module named 'engine'", "own files are missing", "extension"),
        (1, "python: Error while finding module specification for 'engine'", "ended before it was ready", "log"),
        (1, "OSError: [Errno 28] No space left on device", "disk is full", "room"),
        (-11, "", "crashed", "log"),
        (0xC0000005, "", "crashed", "log"),
        (-15, "", "from outside", ""),
        (0, "", "exit status 0", "log"),
    ],
)
def test_known_ends(code, line, reason, advice):
    end = explain(code, ["something", line] if line else [], False)
    assert reason in end.reason and advice in end.advice


def test_an_engine_that_ends_again_and_again_is_left_alone():
    breaker = CircuitBreaker()
    assert [breaker.may_start(now) for now in (0, 10, 20, 30)] == [True, True, True, False]
    assert not breaker.may_start(10_000) and breaker.open and "3 times within 5 minutes" in breaker.sentence
    breaker.reset()
    assert breaker.may_start(10_001)
    spread = CircuitBreaker()
    assert all(spread.may_start(now) for now in range(0, 2000, 150))
