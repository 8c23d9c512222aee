"""An engine that outlives its connections, reached as the far side of one reaches it; its worker is fake."""

import json
import os
import signal
import subprocess
import sys

import pytest

from engine.remote.reasons import ENGINE_ENDED
from engine.server.lasting import Lifetime
from tests.engine.remote.far import engines, make_far
from tests.root import PATIENCE
from tests.waiting import until

if sys.platform == "win32":
    pytest.skip("an engine that lasts needs Unix sockets", allow_module_level=True)


class Attached:
    """What `ssh` starts on a host, without `ssh`."""

    def __init__(self, far) -> None:
        command = [str(far / ".venv" / "bin" / "python"), "-P", "-u", "-m", "engine.remote", "attach", str(far / "work"), "cpu"]
        self.process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(far)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def send(self, **message) -> None:
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def until(self, kind: str) -> dict:
        while line := self.process.stdout.readline():
            if (message := json.loads(line))["type"] == kind:
                return message
        raise AssertionError(f"it ended without {kind}: {self.process.stderr.read().decode()}")

    def leave(self) -> int:
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


def generate(attached, far, steps: int, name: str = "a") -> None:
    request = {"prompt": "a red ball bouncing", "static_steps": steps, "seed": 1}
    attached.send(type="generate", job=name, folder=str(far / "work" / "jobs" / name), request=request)


@pytest.fixture
def far(tmp_path):
    far = make_far(tmp_path / "far")
    yield far
    for pid in engines(far):
        os.kill(pid, signal.SIGTERM)
    until(lambda: not engines(far))


def test_those_who_come_at_once_find_one_engine_and_shutdown_leaves_nothing(far):
    several = [Attached(far) for _ in range(4)]
    for each in several:
        assert each.until("hello")["jobs"] == {}
    socket = next((far / "work").glob("*.socket"))
    assert socket.stat().st_mode & 0o777 == 0o600 and (far / "work").stat().st_mode & 0o777 == 0o700
    # Those that were too late have ended at once.
    until(lambda: len(engines(far)) == 5)
    several[0].send(type="shutdown")
    assert [each.process.wait(PATIENCE) for each in several] == [ENGINE_ENDED] * 4
    until(lambda: not engines(far))
    assert not socket.exists()


def test_a_job_goes_on_without_anyone_and_is_told_to_who_comes(far):
    first = Attached(far)
    folder = first.until("hello")["folder"]
    assert folder == str(far / "work")
    generate(first, far, 60)
    first.until("progress")
    assert first.leave() == 0
    second = Attached(far)
    assert second.until("hello")["jobs"] == {"a": "active"}
    assert second.until("started")["seed"] == 1 and second.until("progress")["step"] > 1
    assert second.until("result")["path"] == f"{folder}/jobs/a/asset"
    second.leave()
    third = Attached(far)
    assert third.until("hello")["jobs"] == {"a": "ended"} and third.until("result")["job"] == "a"
    third.leave()


def test_an_engine_that_was_killed_is_followed_by_another(far):
    first = Attached(far)
    first.until("hello")
    (engine,) = [pid for pid in engines(far) if pid != first.process.pid]
    os.kill(engine, signal.SIGKILL)
    assert first.process.wait(PATIENCE) == ENGINE_ENDED
    second = Attached(far)
    assert second.until("hello")["jobs"] == {}
    second.leave()


def test_an_engine_that_can_not_start_says_why(far):
    (far / "sitecustomize.py").write_text("import sys\nif 'serve' in sys.orig_argv: raise SystemExit('no engine today')\n")
    attached = Attached(far)
    said = attached.process.communicate(timeout=PATIENCE)
    assert attached.process.returncode == ENGINE_ENDED and b"no engine today" in said[1] and said[0] == b""


def test_a_malformed_line_is_answered_and_ends_nothing(far):
    attached = Attached(far)
    attached.until("hello")
    attached.process.stdin.write(b"nonsense\n")
    attached.process.stdin.flush()
    assert attached.until("error")["kind"] == "protocol"
    generate(attached, far, 2)
    attached.until("result")
    attached.leave()


def test_it_stays_for_a_while_after_it_is_needed_and_longer_for_an_end_nobody_knows():
    life = Lifetime(idle=600.0, unheard=86_400.0)
    assert not life.over(0.0, True, False) and not life.over(5000.0, True, False)
    assert not life.over(5599.0, False, False) and life.over(5600.0, False, False)
    assert not life.over(90_000.0, False, True) and life.over(91_400.0, False, True)
    assert not Lifetime(600.0, 86_400.0).over(1e6, False, False)
