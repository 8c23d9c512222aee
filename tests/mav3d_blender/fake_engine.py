"""An engine that speaks the protocol, makes an octahedron of every request, and misbehaves on demand. Standard library only.

    python fake_engine.py [WORD ...]

Words say how it behaves; those in a request's "fake" do so for that one job. "steps=N" and "pause=SECONDS" say how long a job
takes. In the life of the engine:
    silent          never says hello
    slow-hello      after a second
    wrong-protocol  another version
    no-torch        ends at once
    no-device       says so after hello, then ends
    chatter         prints what is no message before hello
    stubborn        ignores signals, shutdown and a closed stdin
    deaf            reads nothing
    child           starts a program that outlives it
In a job, in the middle of it:
    die             ends
    crash           ends by signal 9
    flood           10,000 messages at once
    garbage         lines that are no messages
    half            half a line, then the end
    huge            a line of 3 MiB
    mute            says nothing more
    fail            an error with advice, at the end
    ignore-cancel   goes on, but ends at a signal
    slow-cancel     tells that it cancels, and never comes to an end
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

PROTOCOL = 1
LIFE = {"silent", "slow-hello", "wrong-protocol", "no-torch", "no-device", "chatter", "stubborn", "deaf", "child"}
JOB = {"die", "crash", "flood", "garbage", "half", "huge", "fail", "mute", "ignore-cancel", "slow-cancel"}
POINTS = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
FACES = [(0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)]


class Engine:
    def __init__(self, words: list[str]) -> None:
        self.words = self.options = words
        self.tasks: queue.Queue = queue.Queue()
        self.waiting: list[str] = []
        self.running = ""
        self.cancelled: set[str] = set()
        self.leaving = self.wanted = False
        self.lock = threading.Lock()

    def send(self, kind: str, /, **message) -> None:
        self.write(json.dumps({"type": kind, **message}) + "\n")

    def write(self, text: str) -> None:
        with self.lock:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError:
                os._exit(0)

    def run(self) -> int:
        if "no-torch" in self.words:
            print("Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'", file=sys.stderr)
            return 1
        for number in [signal.SIGINT, signal.SIGTERM, *([signal.SIGBREAK] if os.name == "nt" else [])]:
            signal.signal(number, signal.SIG_IGN if "stubborn" in self.words else lambda *_: self.leave())
        print("the fake engine has set its signals", file=sys.stderr, flush=True)
        if "child" in self.words:
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        if "silent" in self.words:
            self.wait_for_ever()
        if "slow-hello" in self.words:
            time.sleep(1)
        if "chatter" in self.words:
            self.write('Loading libraries: done\n\n[1, 2]\n{"job": 1}\n')
        preset = {"name": "primitives", "ready": True, "reason": ""}
        version = PROTOCOL + ("wrong-protocol" in self.words)
        self.send("hello", protocol=version, engine="fake", device="cpu", presets=[preset], qualities=["draft", "standard"])
        print("the fake engine is ready", file=sys.stderr, flush=True)
        if "no-device" in self.words:
            self.send("error", kind="device", message="There is no device 'abacus' here: choose cpu.", advice="")
            return 1
        if "deaf" in self.words:
            self.wait_for_ever()
        threading.Thread(target=self.listen, daemon=True).start()
        while not self.leaving or "stubborn" in self.words:
            try:
                self.work(self.tasks.get(timeout=0.02))
            except queue.Empty:
                continue
        for name in self.waiting:
            self.send("cancelled", job=name, message="It had not begun; nothing was written.")
        return 0

    def leave(self) -> None:
        self.leaving = True

    def wait_for_ever(self) -> None:
        while not self.leaving or "stubborn" in self.words:
            time.sleep(0.02)
        os._exit(0)

    def listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            kind, name = message["type"], message.get("job")
            if kind == "shutdown":
                self.leave()
            elif kind in ("generate", "resume", "track"):
                self.waiting.append(name)
                self.send("queued", job=name, place=len(self.waiting) - 1 + bool(self.running))
                self.tasks.put(message)
            elif kind == "cancel" and name in self.waiting:
                self.waiting.remove(name)
                self.send("cancelled", job=name, message="It had not begun; nothing was written.")
            elif kind == "cancel" and name == self.running:
                if "ignore-cancel" not in self.options:
                    self.cancelled.add(name)
                    self.wanted = message.get("asset") is True
                    self.send("cancelling", job=name)
            elif kind == "estimate":
                seconds = {"static": 50.0, "dynamic": 40.0, "mesh": 10.0}
                self.send("estimate", id=message["id"], seconds=seconds, memory_mb=900)
            else:
                self.send("error", kind="protocol", message=f"There is nothing to do for {kind!r}.", advice="")
        self.leave()

    def work(self, message: dict) -> None:
        name, folder = message["job"], Path(message["folder"])
        if name not in self.waiting:
            return
        request = self.begin(folder, message)
        self.options = [*self.words, *check(str(request.get("fake", "")).split())]
        self.cancelled.discard(name)
        self.running = name
        self.waiting.remove(name)
        numbers = dict(word.split("=") for word in self.options if "=" in word)
        steps, pause = int(numbers.get("steps", 5)), float(numbers.get("pause", 0.01))
        (folder / "previews").mkdir(exist_ok=True)
        self.send("started", job=name, **request)
        done = int((folder / "state").read_text()) if (folder / "state").exists() else 0
        for step in range(min(done, steps), steps):
            self.misbehave(name, step, steps)
            eta, metrics = round((steps - step) * pause, 2), {"loss": 1 / (step + 1)}
            self.send("progress", job=name, stage="static", step=step + 1, steps=steps, eta_s=eta, metrics=metrics)
            (folder / "state").write_text(str(step + 1))
            if step in (0, steps // 2):
                self.preview(name, folder, step, message.get("previews", []))
            until = time.monotonic() + pause
            while time.monotonic() < until and not self.leaving:
                time.sleep(min(pause, 0.01))
            if name in self.cancelled and "slow-cancel" not in self.options:
                asset = {"path": str(write_asset(folder / "asset", request, name))} if self.wanted else {}
                where = f"Stopped in stage static at step {step + 1}; {folder} holds the checkpoint."
                return self.end("cancelled", job=name, message=where, **asset)
            if self.leaving and "stubborn" not in self.options:
                return self.end("cancelled", job=name, message="Stopped; the checkpoint is kept.")
        if "fail" in self.options:
            advice = "Choose a lower quality."
            return self.end("error", job=name, kind="memory", message="There is not enough memory.", advice=advice)
        self.end("result", job=name, path=str(write_asset(folder / "asset", request, name)))

    def end(self, kind: str, /, **message) -> None:
        self.running = ""
        self.send(kind, **message)

    def begin(self, folder: Path, message: dict) -> dict:
        """The request in force, with a seed; it is in job.json from then on."""
        folder.mkdir(parents=True, exist_ok=True)
        if message["type"] == "track":
            return {"prompt": message["request"]["name"]}
        file = folder / "job.json"
        request = json.loads(file.read_text())["request"] if file.exists() else {"seed": 7} | message.get("request", {})
        request |= message.get("changes", {})
        file.write_text(json.dumps({"request": request}))
        return request

    def misbehave(self, name: str, step: int, steps: int) -> None:
        if step != steps // 2:
            return
        if "die" in self.options:
            print("RuntimeError: the fake engine dies", file=sys.stderr, flush=True)
            os._exit(3)
        if "crash" in self.options:
            os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        if "flood" in self.options:
            line = {"type": "progress", "job": name, "stage": "static", "step": step, "steps": steps, "eta_s": 1.0}
            text = json.dumps(line | {"metrics": {"loss": 0.5, "padding": "x" * 200}}) + "\n"
            other = json.dumps({"type": "preview", "job": "nobody", "kind": "image", "path": "x" * 200}) + "\n"
            self.write((text + other) * 5000)
        if "garbage" in self.options:
            self.write('no message\n\0\x01\n{\n[]\n{"type": 3}\n' + '{"type": "progress"}\n' + "[" * 5000 + "\n")
        if "huge" in self.options:
            self.write("x" * 3 * 2**20 + "\n")
        if "half" in self.options:
            self.write('{"type": "result", "job": "' + name)
            os._exit(0)
        while "mute" in self.options and not self.leaving and name not in self.cancelled:
            time.sleep(0.02)

    def preview(self, name: str, folder: Path, step: int, kinds: list[str]) -> None:
        if "image" in kinds:
            path = folder / "previews" / f"static_{step:05d}.png"
            path.write_bytes(png(64, 16, (60 + 40 * (step % 4), 90, 120)))
            self.send("preview", job=name, kind="image", path=str(path))
        if "mesh" in kinds:
            path = folder / "previews" / f"mesh_static_{step:05d}.npz"
            colours = [(200, 60, 40)] * len(POINTS)
            arrays = {"vertices": ("<f4", POINTS), "triangles": ("<i4", FACES), "colours": ("|u1", colours)}
            write_npz(path, arrays)
            self.send("preview", job=name, kind="mesh", path=str(path))


def write_asset(folder: Path, request: dict, job: str) -> Path:
    """An octahedron that turns and grows: one mesh of fixed topology, one texture."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = int(request.get("frames", 4))
    positions = [[turned(point, 0.2 * frame, 1 + 0.05 * frame) for point in POINTS] for frame in range(frames)]
    uv = [((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))] * len(FACES)
    write_npz(folder / "mesh.npz", {"vertices": ("<f4", positions), "triangles": ("<i4", FACES), "uv": ("<f4", uv)})
    (folder / "albedo.png").write_bytes(png(8, 8, (200, 40, 30)))
    (folder / "preview.png").write_bytes(png(32, 32, (200, 40, 30)))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.suffix != ".json"}
    about = {
        "format": 1, "prompt": request.get("prompt", ""), "seed": request.get("seed", 0), "preset": "primitives",
        "quality": request.get("quality", "draft"), "models": {}, "engine": "fake", "job": job, "fps": request.get("fps", 12),
        "frames": frames, "loop": False, "topology": "fixed", "texture": "one", "metrics": {}, "files": files,
    }  # fmt: skip
    (folder / "asset.json").write_text(json.dumps(about, indent=2), "utf-8")
    return folder


def turned(point: tuple, angle: float, size: float) -> tuple:
    x, y, z = (size * value for value in point)
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle), z


def write_npz(path: Path, arrays: dict[str, tuple[str, list]]) -> None:
    """Arrays by name, each its dtype and nested values, as numpy would write them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (dtype, values) in arrays.items():
            shape, flat = flattened(values)
            header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
            header += " " * (63 - (10 + len(header)) % 64) + "\n"
            code = {"<f4": "f", "<i4": "i", "|u1": "B"}[dtype]
            content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
            archive.writestr(f"{name}.npy", content + struct.pack(f"<{len(flat)}{code}", *flat))


def flattened(values) -> tuple[tuple[int, ...], list]:
    """The shape of nested values, and all of them in a row."""
    if not isinstance(values, list | tuple):
        return (), [values]
    parts = [flattened(value) for value in values]
    return (len(parts), *parts[0][0]), [item for _, flat in parts for item in flat]


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour, 8 bits a channel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def check(words: list[str]) -> list[str]:
    """Raises SystemExit for a word without a meaning."""
    unknown = [word for word in words if word not in LIFE | JOB and not word.startswith(("steps=", "pause="))]
    if unknown:
        raise SystemExit(f"fake_engine.py does not know {', '.join(unknown)}")
    return words


if __name__ == "__main__":
    code = Engine(check(sys.argv[1:])).run()
    sys.stdout.flush()
    os._exit(code)
