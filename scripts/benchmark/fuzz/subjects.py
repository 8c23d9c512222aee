"""What is damaged, and what then reads it."""

from __future__ import annotations

import io
import json
import math
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from engine.config.field import FieldConfig
from engine.contract import protocol
from engine.contract.request import Request
from engine.finite import check_finite, json_text
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import resolve
from engine.mesh.asset import MovingMesh, write_asset
from engine.pipeline.checkpoint import load_checkpoint, save_checkpoint
from engine.reference.camera import ReferenceCamera
from engine.reference.image import ReferenceImage, read_image
from engine.server.queue import Queue
from engine.server.reader import Reader
from engine.stages.train_state import TrainState
from mav3d_blender.client.messages import apply_message
from mav3d_blender.jobs.job import Job
from mav3d_blender.timeline.asset_folder.asset import read_asset
from mav3d_blender.viewport.overlay import read_preview
from scripts.benchmark.fuzz.meshes import meshes
from scripts.benchmark.fuzz.mutations import (
    damage_arrays,
    damage_bytes,
    damage_json,
    damage_png,
    damage_text,
)
from scripts.benchmark.fuzz.subject import Subject

FIELD = FieldConfig(resolutions=(4,), times=2, channels=2, hidden=4, occupancy=4)


def subjects() -> list[Subject]:
    """All kinds of input."""
    return [*meshes(), *_pictures(), *_jobs(), *_assets(), *_lines()]


def _pictures() -> list[Subject]:
    image = Image.new("RGBA", (64, 48))
    image.paste((200, 20, 20, 255), (20, 12, 44, 36))
    flat = Image.new("RGB", image.size, (240, 240, 240))
    flat.paste(image, mask=image.getchannel("A"))
    deep = Image.fromarray(np.asarray(flat.convert("L")).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "PNG": ("a.png", _saved(image, "PNG")),
        "PNG, 16 bits": ("a.png", _saved(deep, "PNG")),
        "PNG, palette": ("a.png", _saved(image.quantize(8), "PNG")),
        "JPEG": ("a.jpg", _saved(flat, "JPEG", exif=exif)),
        "JPEG, CMYK": ("a.jpg", _saved(flat.convert("CMYK"), "JPEG")),
        "JPEG, phone": ("a.jpg", _saved(flat, "MPO", save_all=True, append_images=[flat], exif=exif)),
        "WebP": ("a.webp", _saved(image, "WEBP", exif=exif)),
    }
    return [
        Subject(name, file, content, (damage_bytes, damage_png) if file == "a.png" else (damage_bytes,), _read_picture)
        for name, (file, content) in files.items()
    ]


def _read_picture(folder: Path) -> None:
    photo = read_image(next(folder.iterdir()))
    photo.save(folder / "reference.png")
    ReferenceImage.load(folder / "reference.png", photo.sha256)


def _jobs() -> list[Subject]:
    request = Request.checked({"prompt": "a red ball bouncing", "seed": 3}).as_dict()
    job = json.dumps({"request": request, "engine": "1", "shares": {"static": 0.5}}).encode()
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(JobFolder(Path(folder)), TrainState.new(FIELD, 0), Progress("static", 1))
        state = (Path(folder) / "state.safetensors").read_bytes()
    camera = json.dumps(asdict(ReferenceCamera())).encode()
    text = (damage_json, damage_json, damage_text, damage_bytes)
    return [
        Subject("job.json", "job.json", job, text, _read_job),
        Subject("job.2.json", "job.2.json", job, text, _read_job),
        Subject("checkpoint", "state.safetensors", state, (damage_bytes, damage_text), _read_state),
        Subject("reference.json", "reference.json", camera, text, _read_camera),
    ]


def _read_job(folder: Path) -> None:
    job = JobFolder(folder)
    if not (folder / "job.json").exists():
        (folder / "job.json").write_text('{"request": {"prompt": "a red ball"}}')
    request = Request.checked(job.request())
    resolve(request)
    json_text([request.as_dict(), job.shares(), job.finished], "job.json")


def _read_camera(folder: Path) -> None:
    _number(ReferenceCamera.load(folder / "reference.json").width)


def _read_state(folder: Path) -> None:
    job, state = JobFolder(folder), TrainState.new(FIELD, 0)
    job.progress()
    load_checkpoint(job, state)
    for name, value in state.field.state_dict().items():
        check_finite(value, name)


def _assets() -> list[Subject]:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "asset"
        ball = trimesh.creation.icosphere(1)
        positions = np.stack([ball.vertices, ball.vertices * 1.1]).astype(np.float32)
        mesh = MovingMesh(positions, ball.faces.astype(np.int32), np.zeros((len(ball.faces), 3, 2), np.float32),
                          [np.zeros((8, 8, 3), np.uint8)])  # fmt: skip
        about = {"prompt": "a ball", "fps": 12, "origin": [1, 2, 3], "frame_numbers": [4, 6]}
        write_asset(output, mesh, np.zeros((2, 16, 16, 3), np.uint8), about)
        whole = {path.name: path.read_bytes() for path in output.iterdir()}
    preview = io.BytesIO()
    np.savez(preview, vertices=positions[0], triangles=mesh.triangles, colours=np.zeros((len(positions[0]), 3), np.uint8))
    text, arrays = (damage_json, damage_json, damage_text, damage_bytes), (damage_bytes, damage_arrays)

    def read(folder: Path) -> None:
        for name, content in whole.items():
            if not (folder / name).exists():
                (folder / name).write_bytes(content)
        asset = read_asset(folder)
        check_finite(asset.meshes.positions, "the asset")
        _number(sum(asset.origin) + asset.fps + (asset.first_number or 0) + asset.number_step)

    return [
        Subject("asset.json", "asset.json", whole["asset.json"], text, read),
        Subject("mesh.npz", "mesh.npz", whole["mesh.npz"], arrays, read),
        Subject("albedo.png", "albedo.png", whole["albedo.png"], (damage_bytes,), read),
        Subject("preview mesh", "preview.npz", preview.getvalue(), arrays, _read_preview),
    ]


def _read_preview(folder: Path) -> None:
    found = read_preview(folder / "preview.npz")
    if found is None:
        raise ValueError("No preview.")
    check_finite(found[0], "the preview")


def _lines() -> list[Subject]:
    request = {"prompt": "a red ball bouncing", "preset": "primitives", "quality": "draft", "seed": 3, "frames": 4}
    to_engine = [
        {"type": "estimate", "id": 1, "request": request},
        {"type": "generate", "job": "a", "folder": "/tmp/nowhere", "request": request, "previews": ["image", "mesh"]},
        {"type": "resume", "job": "a", "folder": "/tmp/nowhere", "changes": {"frames": 8}},
        {"type": "cancel", "job": "a"},
        {"type": "track", "job": "a", "folder": "/tmp/nowhere", "request": {"meshes": ["/tmp/none"], "fps": 24, "rig": True}},
    ]
    to_blender = [
        protocol.queued(1), protocol.started(request), protocol.progress("static", 3, 10, 2.5, {"opacity": 0.5}),
        protocol.preview("image", "/tmp/nowhere.png"), protocol.result("/tmp/nowhere", "Advice."), protocol.cancelling(),
        protocol.cancelled("Stopped.", "/tmp/nowhere"), protocol.error("memory", "There is not enough memory."),
    ]  # fmt: skip
    text = (damage_json, damage_json, damage_json, damage_text, damage_bytes)
    found = [Subject("line to the engine", "line.json", json.dumps(each).encode(), text, _engine_takes) for each in to_engine]
    return found + [
        Subject("line to Blender", "line.json", json.dumps(each).encode(), text, _blender_takes) for each in to_blender
    ]


def _engine_takes(folder: Path) -> None:
    """What the engine would do with the lines; its answers have to be messages themselves."""
    answers: list[dict[str, Any]] = []
    reader = Reader(Queue(answers.append), answers.append, lambda: None)
    content = io.BytesIO((folder / "line.json").read_bytes() + b"\n")
    reader.read(content.read)
    for answer in answers:
        protocol.decode(protocol.encode(answer))
        if answer.get("kind") == "internal":
            raise AssertionError(answer["message"])
    refused = [answer for answer in answers if answer["type"] == "error"]
    if refused:
        raise ValueError(refused[0]["message"])


def _blender_takes(folder: Path) -> None:
    content = io.BytesIO((folder / "line.json").read_bytes() + b"\n")
    for line in protocol.lines(content.read):
        job = apply_message(Job("a", "", {"prompt": "a ball"}), protocol.decode(line))
        json_text(asdict(job), "the job")


def _number(value: float) -> None:
    if not math.isfinite(value):
        raise AssertionError("a number that is not finite")


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()
