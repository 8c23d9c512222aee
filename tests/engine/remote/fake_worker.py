"""In place of the engine's worker: steps that each depend on the one before, a checkpoint after each, and no torch.

The steps of a job are its static_steps. In its negative prompt, "die" ends the engine in the middle, "fail" is an error at the
end, "large" makes a result of 4 MB, and "wait" waits in the middle until the host's folder holds a file of the name `go`.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from engine.contract import protocol
from engine.job.folder import JobFolder

PAUSE = 0.02


class Worker:
    def __init__(self, device, queue, emit, leaving) -> None:
        self.queue, self.emit, self.leaving = queue, emit, leaving

    def work(self, timeout: float) -> None:
        task = self.queue.next(timeout)
        if task is None:
            return
        if task.kind == "estimate":
            # Whether its picture has come.
            picture = Path(task.request.image).read_bytes() if task.request.image else b""
            self.queue.finish(protocol.estimate({"static": float(len(picture))}, 10))
            return
        self.queue.finish(self.outcome(task, JobFolder(task.folder)))

    def outcome(self, task, folder: JobFolder) -> dict:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.previews.mkdir(exist_ok=True)
        if task.kind in ("track", "rig"):
            inside = sorted(path.relative_to(folder.path).as_posix() for path in (folder.path / "input").rglob("*"))
            asked = [str(path) for path in task.track.meshes] if task.track else [str(task.rig.asset)]
            return protocol.result(str(write_asset(folder.asset, json.dumps([inside, asked]).encode())), "As asked.")
        file = folder.path / "job.json"
        if task.kind == "generate" and not file.exists():
            file.write_text(json.dumps({"request": task.request.as_dict()}))
        request = json.loads(file.read_text())["request"] | task.changes
        folder.log(protocol.started(request))
        self.emit(protocol.of_job(protocol.started(request), task.name))
        steps, fake = request["static_steps"], request.get("negative_prompt", "").split()
        state = folder.path / "state.safetensors"
        given = folder.path / "input" / Path(request.get("image") or "none").name
        seed = given.read_bytes() if given.is_file() else b""
        done, before = state.read_bytes().split(b"\n", 1) if state.exists() else (b"0", seed)
        value = before
        for step, value in chain(int(done), steps, before):
            part = state.with_name("state.part")
            part.write_bytes(b"%d\n%s" % (step, value))
            os.replace(part, state)
            message = protocol.progress("static", step, steps, (steps - step) * PAUSE, {})
            folder.log(message)
            self.emit(protocol.of_job(message, task.name))
            if step % 10 == 0:
                path = folder.previews / f"static_{step:05d}.png"
                path.write_bytes(value * 100)
                self.emit(protocol.of_job(protocol.preview("image", str(path)), task.name))
            time.sleep(PAUSE)
            while "wait" in fake and step == steps // 2 and not (folder.path.parents[2] / "go").exists():
                time.sleep(PAUSE)
            if "die" in fake and step == steps // 2:
                print("RuntimeError: the fake worker dies", flush=True)
                os._exit(3)
            if task.cancelled or self.leaving.asked:
                path = str(write_asset(folder.asset, value)) if task.asset else ""
                return protocol.cancelled(f"Stopped at step {step}; {folder.path} holds the checkpoint.", path)
        if "fail" in fake:
            return protocol.error("memory", f"There is not enough memory for {folder.path}.")
        return protocol.result(str(write_asset(folder.asset, value, 2**22 if "large" in fake else 0)))


def chain(done: int, steps: int, value: bytes) -> Iterator[tuple[int, bytes]]:
    for step in range(done, steps):
        value = hashlib.sha256(value + str(step).encode()).hexdigest().encode()
        yield step + 1, value


def write_asset(folder: Path, value: bytes, padding: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "mesh.npz").write_bytes(value)
    (folder / "albedo.png").write_bytes(value * (padding // len(value)))
    (folder / "asset.json").write_text(json.dumps({"format": 2, "value": value.decode()}))
    return folder
