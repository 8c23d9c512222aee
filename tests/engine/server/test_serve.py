"""The engine as the add-on drives it: its own process, over pipes, on tiny random models."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.contract.version import VERSION
from engine.job.folder import JobFolder, Progress
from engine.job.lock import held
from tests.engine.cli.launching import LAUNCH
from tests.root import PATIENCE, ROOT

SHORT = {
    "prompt": "a red ball bouncing", "quality": "draft", "seed": 4, "topology": "fixed", "frames": 3,
    "static_steps": 2, "dynamic_steps": 2, "super_resolution_steps": 0,
}  # fmt: skip
LONG = SHORT | {"static_steps": 100_000}


class Engine:
    """A running engine: `send` it messages, wait for its own."""

    def __init__(self, models: Path, *options: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(models), "serve", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=ROOT,
        )  # fmt: skip
        self.lines: queue.Queue[bytes] = queue.Queue()
        self.log: list[bytes] = []
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def send(self, kind: str, **message) -> None:
        self.write(json.dumps({"type": kind, **message}).encode() + b"\n")

    def write(self, line: bytes) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def until(self, kind: str, **wanted) -> list[dict]:
        """All messages up to the first of this type that has the `wanted` entries."""
        told = []
        while True:
            told.append(json.loads(self.lines.get(timeout=PATIENCE)))
            if told[-1]["type"] == kind and wanted.items() <= told[-1].items():
                return told

    def end(self) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def engine(tiny_models):
    engine = Engine(tiny_models)
    engine.hello = engine.until("hello")
    yield engine
    engine.send("shutdown")
    assert engine.end() == 0


@pytest.fixture(scope="module")
def finished(engine, tmp_path_factory) -> tuple[Path, list[dict]]:
    folder = tmp_path_factory.mktemp("jobs") / "whole"
    engine.send("generate", job="whole", folder=str(folder), request=SHORT, previews=["image", "mesh"])
    return folder, engine.until("result")


def types(messages: list[dict]) -> list[str]:
    """Types in order, each once where it comes several times in a row, without progress."""
    kinds = [message["type"] for message in messages if message["type"] not in ("progress", "preview")]
    return [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]


def test_hello_comes_first_and_says_what_there_is(engine):
    (hello,) = engine.hello
    assert (hello["protocol"], hello["engine"], hello["device"]) == (1, VERSION, "cpu")
    assert hello["qualities"] == ["draft", "standard", "high", "paper"]
    preset = next(preset for preset in hello["presets"] if preset["name"] == "primitives")
    assert preset["ready"] is True and preset["reason"] == ""
    assert "red" in preset["words"]["colours"] and "ball" in preset["words"]["objects"]
    assert "bouncing" in preset["words"]["motions"]


def test_hello_does_not_wait_for_torch():
    said = subprocess.run(
        [sys.executable, "-c", "import engine.server.serve, sys; print('torch' in sys.modules)"], capture_output=True, cwd=ROOT
    )
    assert said.stdout.strip() == b"False"


def test_a_job_goes_from_queued_to_result(finished):
    folder, told = finished
    assert types(told) == ["queued", "started", "result"]
    assert all(message["job"] == "whole" for message in told)
    assert told[0]["place"] == 0 and told[1]["seed"] == 4
    assert told[-1]["path"] == str(folder / "asset") and (folder / "asset" / "mesh.npz").is_file()
    assert {m["stage"] for m in told if m["type"] == "progress"} == {"static", "dynamic", "mesh", "track", "texture", "preview"}
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [{**event, "job": "whole"} for event in events] == told[1:]


def test_preview_meshes_can_be_read(finished):
    folder, told = finished
    paths = [Path(message["path"]) for message in told if message["type"] == "preview" and message["kind"] == "mesh"]
    assert [path.name for path in paths] == ["mesh_static_00002.npz", "mesh_dynamic_00002.npz"]
    with np.load(paths[-1], allow_pickle=False) as file:
        vertices, triangles, colours = file["vertices"], file["triangles"], file["colours"]
    assert vertices.dtype == np.float32 and triangles.dtype == np.int32 and colours.dtype == np.uint8
    assert colours.shape == vertices.shape and 0 < len(triangles) <= 20_000 and triangles.max() < len(vertices)


def test_the_same_request_again_is_finished_at_once(engine, finished):
    folder, _ = finished
    engine.send("generate", job="again", folder=str(folder), request={**SHORT, "seed": None})
    assert [message["type"] for message in engine.until("result", job="again")] == ["queued", "result"]


def test_another_request_there_is_refused_and_the_engine_goes_on(engine, finished):
    folder, _ = finished
    engine.send("generate", job="other", folder=str(folder), request=SHORT | {"prompt": "a blue cube"})
    error = engine.until("error", job="other")[-1]
    assert error["kind"] == "taken" and "different prompt" in error["message"] and "--" not in error["message"]


def test_a_job_that_another_process_works_on_is_waited_for(engine, finished):
    folder, _ = finished
    with held(folder):
        engine.send("resume", job="late", folder=str(folder))
        engine.until("queued", job="late")
        # The engine answers meanwhile, and has nothing to say about the job.
        engine.send("cancel", job="nobody")
        assert [message["type"] for message in engine.until("error")] == ["error"]
    engine.until("result", job="late")


def test_a_finished_job_is_exported_anew_or_goes_on_with_more_steps(engine, finished):
    folder, _ = finished
    before = (folder / "job.json").read_bytes()
    engine.send("resume", job="anew", folder=str(folder), changes={"topology": "per-frame", "frames": 2, "fps": 24})
    told = engine.until("result", job="anew")
    assert {m["stage"] for m in told if m["type"] == "progress"} == {"mesh", "texture", "preview"}
    about = json.loads((folder / "asset" / "asset.json").read_text())
    assert (about["topology"], about["frames"], about["fps"]) == ("per-frame", 2, 24)
    engine.send("resume", job="more", folder=str(folder), changes={"dynamic_steps": 4, "frames": 2})
    told = engine.until("result", job="more")
    steps = {(m["stage"], m["step"]) for m in told if m["type"] == "progress" and m["stage"] in ("static", "dynamic")}
    assert ("dynamic", 4) in steps and steps <= {("dynamic", 3), ("dynamic", 4)}
    assert JobFolder(folder).progress() == Progress("dynamic", 4) and JobFolder(folder).finished
    assert (folder / "job.json").read_bytes() == before and (folder / "job.3.json").is_file()
    engine.send("generate", job="as before", folder=str(folder), request=SHORT)
    assert engine.until("result", job="as before")[-1]["path"] == str(folder / "asset")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": "a blue cube"}, "prompt can't change"),
        ({"seed": 5}, "seed can't change"),
        ({"dynamic_steps": 1}, "steps are done already"),
        ({"static_steps": 9}, "stage static is over"),
        ({"frames": 0}, "whole number"),
        ({"speed": 3}, "speed can't change"),
    ],
)
def test_what_can_not_change_is_one_sentence(engine, finished, changes, said):
    folder, _ = finished
    engine.send("resume", job="no", folder=str(folder), changes=changes)
    (error,) = engine.until("error")
    assert error["job"] == "no" and error["kind"] == "request" and said in error["message"]


def test_a_running_job_is_cancelled_and_goes_on_later(engine, tmp_path):
    folder = tmp_path / "job"
    engine.send("generate", job="long", folder=str(folder), request=LONG)
    engine.until("progress", job="long")
    engine.send("cancel", job="long")
    told = engine.until("cancelled", job="long")
    assert "checkpoint is kept" in told[-1]["message"] and "path" not in told[-1] and not (folder / "asset").exists()
    before = JobFolder(folder).progress()
    engine.send("resume", job="long", folder=str(folder))
    engine.until("progress", job="long")
    engine.send("cancel", job="long", asset=True)
    engine.until("cancelling", job="long")
    told = engine.until("cancelled", job="long")
    assert types(told) == ["cancelled"] and "stage static at step" in told[-1]["message"]
    assert JobFolder(folder).progress().step > before.step
    assert told[-1]["path"] == str(folder / "asset")
    done = json.loads((folder / "asset" / "asset.json").read_text())["unfinished"]["step"]
    assert JobFolder(folder).progress() == Progress("static", done)
    engine.send("resume", job="long", folder=str(folder), changes={"static_steps": done + 1})
    engine.until("result", job="long")
    assert JobFolder(folder).finished
    log = [json.loads(line)["type"] for line in (folder / "events.jsonl").read_text().splitlines()]
    assert log.count("cancelled") == 2 and log.count("cancelling") == log.count("result") == 1


def test_one_job_at_a_time_and_the_rest_waits_in_order(engine, tmp_path):
    for name, request in (("one", LONG), ("two", SHORT), ("three", SHORT)):
        engine.send("generate", job=name, folder=str(tmp_path / name), request=request)
    told = engine.until("queued", job="three")
    assert {m["job"]: m["place"] for m in told if m["type"] == "queued"} == {"one": 0, "two": 1, "three": 2}
    engine.send("cancel", job="two")
    told = engine.until("queued", job="three", place=1)
    assert "cancelled" in {m["type"] for m in told if m["job"] == "two"} and not (tmp_path / "two").exists()
    engine.send("generate", job="one", folder=str(tmp_path / "x"), request=SHORT)
    assert engine.until("error")[-1]["kind"] == "protocol"
    engine.send("generate", job="four", folder=str(tmp_path / "x"), request=SHORT | {"prompt": "a corgi"})
    no = engine.until("error")[-1]
    assert (no["job"], no["kind"]) == ("four", "prompt") and "corgi" in no["message"]
    engine.send("estimate", id=7, request=SHORT)
    engine.send("cancel", job="one")
    told = engine.until("result", job="three")
    assert types([m for m in told if m["job"] == "three"]) == ["queued", "started", "result"]
    answer = engine.until("estimate")[-1]
    assert answer["id"] == 7 and set(answer["seconds"]) == {"static", "dynamic", "mesh"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"", "no message"),
        (b"nonsense", "no message"),
        (b"\xff\xfe{}", "no message"),
        (b"[" * 100_000, "no message"),
        (b'{"type": "generate", "pad": "' + b"x" * 3 * 2**20 + b'"}', "longer than"),
        (b'{"job": "a"}', "no message"),
        (b'{"type": "dance", "job": "a"}', "dance"),
        (b'{"type": "generate", "folder": "/tmp/x", "request": {"prompt": "a red ball"}}', "needs a job"),
        (b'{"type": "generate", "job": "a", "request": {"prompt": "a red ball"}}', "needs a folder"),
        (b'{"type": "generate", "job": "a", "folder": "\\u0000", "request": {"prompt": "a red ball"}}', "needs a folder"),
        (b'{"type": "generate", "job": "a", "folder": "/tmp/x"}', "needs a request"),
        (b'{"type": "generate", "job": "a", "folder": "/tmp/x", "request": {"prompt": "a ball", "preset": [1]}}', "text"),
        (b'{"type": "generate", "job": "a", "folder": "/tmp/x", "request": {"prompt": "a ball", "without": 3}}', "list"),
        (b'{"type": "generate", "job": "a", "folder": "/x", "request": {"prompt": "a ball", "image": "a.png"}}', "whole path"),
        (b'{"type": "estimate", "request": {"prompt": "still", "image": 7}}', "path of a picture"),
        (b'{"type": "generate", "job": "a", "folder": "/x", "request": {"prompt": "a ball"}, "previews": "mesh"}', "previews"),
        (b'{"type": "resume", "job": "a", "folder": "/nowhere/at/all"}', "no job"),
        (b'{"type": "cancel", "job": "nobody"}', "nobody"),
        (b'{"type": "estimate", "id": [1], "request": {"prompt": "a red ball"}}', "id has to be"),
    ],
)
def test_what_makes_no_sense_is_answered_and_changes_nothing(engine, line, said):
    engine.write(line + b"\n")
    (error,) = engine.until("error")
    assert said in error["message"] and error["kind"] in ("protocol", "request", "job")


def test_a_picture_that_is_not_there_ends_its_job_alone(engine, tmp_path):
    request = SHORT | {"image": str(tmp_path / "none.png")}
    engine.send("generate", job="pictured", folder=str(tmp_path / "job"), request=request)
    error = engine.until("error", job="pictured")[-1]
    assert error["kind"] == "photo" and "none.png" in error["message"]
    assert not (tmp_path / "job" / "job.json").exists()


def test_a_closed_stdin_leaves_a_checkpoint(tiny_models, tmp_path):
    engine, folder = Engine(tiny_models), tmp_path / "job"
    engine.send("generate", job="long", folder=str(folder), request=LONG)
    engine.send("generate", job="next", folder=str(tmp_path / "next"), request=SHORT)
    engine.until("progress")
    engine.process.stdin.close()
    told = engine.until("cancelled", job="next")
    assert engine.end() == 0, engine.log
    assert [m["job"] for m in told if m["type"] == "cancelled"] == ["long", "next"]
    assert JobFolder(folder).progress().step >= 1 and not (folder / "asset").exists() and not (tmp_path / "next").exists()


def test_a_killed_engine_loses_nothing_that_was_saved(engine, tiny_models, tmp_path):
    killed, folder = Engine(tiny_models), tmp_path / "job"
    killed.send("generate", job="long", folder=str(folder), request=SHORT | {"dynamic_steps": 100_000})
    killed.until("progress", stage="dynamic")
    killed.process.kill()
    assert killed.end() != 0
    assert JobFolder(folder).progress() == Progress("static", 2)
    engine.send("resume", job="again", folder=str(folder), changes={"dynamic_steps": 2})
    told = engine.until("result", job="again")
    assert "static" not in {m["stage"] for m in told if m["type"] == "progress"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_a_signal_ends_it_as_shutdown_does(tiny_models, tmp_path):
    engine, folder = Engine(tiny_models), tmp_path / "job"
    engine.send("generate", job="long", folder=str(folder), request=LONG)
    engine.until("progress")
    engine.process.send_signal(signal.SIGTERM)
    engine.until("cancelled", job="long")
    assert engine.end() == 0 and JobFolder(folder).progress() is not None


def test_a_device_that_is_not_there_is_said(tiny_models):
    engine = Engine(tiny_models, "--device", "abacus")
    hello, error = engine.until("error")
    assert hello["type"] == "hello" and error["kind"] == "device" and "abacus" in error["message"]
    assert engine.end() == 1


PRINTING = """
import os, subprocess, sys
from engine.server.stdio import Output, take_streams
source, sink = take_streams()
print("a library speaks")
subprocess.run([sys.executable, "-c", "import sys; print('a program speaks', len(sys.stdin.read()))"])
Output(sink).send({"type": "hello"})
print(os.read(source, 100).decode())
"""


def test_nothing_but_messages_goes_through_stdout():
    done = subprocess.run([sys.executable, "-c", PRINTING], input=b"for us", capture_output=True, cwd=ROOT)
    assert done.stdout == b'{"type": "hello"}\n'
    said = done.stderr.decode()
    assert "a library speaks" in said and "a program speaks 0" in said and "for us" in said
