"""What is damaged, and what then reads it."""

from __future__ import annotations

import io
import json
import math
import random
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
from engine.mesh.atlas import unwrap
from engine.mesh.files.frame import Frame, checked
from engine.mesh.files.frame_list import list_frames, timing
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence
from engine.mesh.surface import Mesh
from engine.mesh.track.box import Box
from engine.mesh.transfer import albedo
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
from scripts.benchmark.fuzz.mutations import (
    Mutation,
    damage_arrays,
    damage_bytes,
    damage_glb,
    damage_json,
    damage_png,
    damage_text,
)

FIELD = FieldConfig(resolutions=(4,), times=2, channels=2, hidden=4, occupancy=4)
# Of so many meshes that are read, one goes on to a written asset.
WRITTEN = 8


@dataclass(frozen=True)
class Subject:
    """name: of the kind, in the table. file: what it is called. content: whole. mutations: what damages it. read: takes a
    folder with the damaged file in it; raises what its readers raise where they refuse it."""

    name: str
    file: str
    content: bytes
    mutations: tuple[Mutation, ...]
    read: Callable[[Path], None]


def subjects() -> list[Subject]:
    """All kinds of input."""
    return [*_meshes(), *_pictures(), *_jobs(), *_assets(), *_lines()]


def _meshes() -> list[Subject]:
    text, glb = (damage_bytes, damage_text, damage_text), (damage_bytes, damage_glb, damage_glb, damage_glb)
    ball = trimesh.creation.icosphere(1)
    colours = np.random.default_rng(0).integers(0, 255, (len(ball.vertices), 4)).astype(np.uint8)
    painted = trimesh.Trimesh(ball.vertices, ball.faces, vertex_colors=colours, process=False)
    uv = trimesh.visual.TextureVisuals(ball.vertices[:, :2], image=Image.new("RGB", (8, 8), "red"))
    skinned = trimesh.Trimesh(ball.vertices, ball.faces, visual=uv, process=False)
    obj = "mtllib a.mtl\n" + "".join(f"v {x:.4f} {y:.4f} {z:.4f}\n" for x, y, z in ball.vertices)
    obj += "vt 0.5 0.5\nusemtl a\nf 1/1 2/1 3/1 4/1 5/1\n" + "".join(f"f {a}/1 {b}/1 {c}/1\n" for a, b, c in ball.faces + 1)
    files = {
        "OBJ": ("mesh.obj", obj.encode(), text),
        "MTL": ("a.mtl", b"newmtl a\nKd 1 0.5 0\nmap_Kd -s 1 1 1 skin.png\n", text),
        "PLY, text": ("mesh.ply", painted.export(file_type="ply", encoding="ascii"), text),
        "PLY, binary": ("mesh.ply", painted.export(file_type="ply"), (damage_bytes, damage_text)),
        "PLY, polygons": ("mesh.ply", _polygons(), (damage_bytes, damage_text)),
        "STL": ("mesh.stl", ball.export(file_type="stl"), (damage_bytes,)),
        "STL, text": ("mesh.stl", trimesh.exchange.stl.export_stl_ascii(ball).encode(), text),
        "OFF": ("mesh.off", ball.export(file_type="off").encode(), text),
        "GLB": ("mesh.glb", skinned.export(file_type="glb"), glb),
        "GLB, moving": ("mesh.glb", _moving(skinned.export(file_type="glb")), glb),
    }
    found = [Subject(name, file, content, ways, _Meshes(obj).read) for name, (file, content, ways) in files.items()]
    return [*found, Subject("file names", "names.txt", _names(), (damage_bytes, damage_text), _read_names)]


class _Meshes:
    """Reads a mesh, and writes an asset of every WRITTENth that could be read."""

    def __init__(self, obj: str) -> None:
        self.obj, self.count = obj, 0

    def read(self, folder: Path) -> None:
        if (folder / "a.mtl").exists():
            (folder / "mesh.obj").write_text(self.obj)
        path = next(path for path in folder.iterdir() if path.suffix != ".mtl")
        Image.new("RGB", (4, 4), "blue").save(folder / "skin.png")
        if path.suffix == ".glb" and b'"animations"' in path.read_bytes():
            frames = read_sequence([path]).frames
        else:
            frames = [checked(path, "Frame 1", read_mesh(path, "Frame 1"))]
        for frame in frames:
            check_finite(frame.vertices, "a frame")
            if frame.paint is not None:
                check_finite(frame.colours, "colours")
                if frame.colours.min() < 0 or frame.colours.max() > 1 + 1e-9:
                    raise AssertionError("colours beyond [0, 1]")
        self.count += 1
        if self.count % WRITTEN == 0 and sum(len(frame.triangles) for frame in frames[:2]) < 2000:
            _write(frames[:2], folder / "asset")


def _write(frames: list[Frame], output: Path) -> None:
    """An asset of the first frame's mesh, as the tracker writes it; read back by Blender's side, which refuses what is not
    finite."""
    box = Box.around(frames)
    first = frames[0]
    unit = Frame(first.path, box.to_unit(first.vertices), first.triangles, first.paint)
    uv = unwrap(Mesh(unit.vertices.astype(np.float32), unit.triangles), 64)
    picture = albedo([unit], unit.vertices[None], unit.triangles, uv, 64)
    preview = np.zeros((1, 16, 16, 3), np.uint8)
    about = {"prompt": "", "fps": 12, "loop": False, "origin": box.origin.tolist()}
    write_asset(output, MovingMesh(box.from_unit(unit.vertices[None]), unit.triangles, uv, [picture]), preview, about)
    read_asset(output)


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
        write_asset(output, mesh, np.zeros((2, 16, 16, 3), np.uint8), {"prompt": "a ball", "fps": 12, "origin": [1, 2, 3]})
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
        _number(sum(asset.origin) + asset.fps)

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


def _read_names(folder: Path) -> None:
    names = (folder / "names.txt").read_text("utf-8", "replace").split("\n")
    paths = [folder / "frames" / name for name in dict.fromkeys(names) if name and "/" not in name and "\0" not in name]
    (folder / "frames").mkdir()
    for path in paths:
        if len(path.name.encode()) < 250:
            path.touch()
    for given in ([folder / "frames"], paths or [folder]):
        timing(list_frames(given), "interpolate")


def _names() -> bytes:
    names = [f"walk_{'-' if n < 0 else ''}{abs(n):02d}.obj" for n in range(-3, 8)]
    return "\n".join([*names, "ground.obj", "a.mtl", "v2.walk-1_9.ply"]).encode()


def _number(value: float) -> None:
    if not math.isfinite(value):
        raise AssertionError("a number that is not finite")


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def _polygons() -> bytes:
    head = "ply\nformat binary_little_endian 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
    head += "property uchar red\nproperty uchar green\nproperty uchar blue\nelement face 3\n"
    head += "property list uchar int vertex_indices\nend_header\n"
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]], "<f4")
    rows = b"".join(point.tobytes() + b"\xff\x80\0" for point in points)
    faces = b"".join(bytes([len(face)]) + np.array(face, "<i4").tobytes() for face in ((3, 2, 1, 0), (0, 1, 4), (1, 2, 3, 4)))
    return head.encode() + rows + faces


def _moving(glb: bytes) -> bytes:
    """The same with a node that moves and turns."""
    size = int.from_bytes(glb[12:16], "little")
    root, binary = json.loads(glb[20 : 20 + size]), glb[28 + size :]
    times, values = np.array([0, 0.04, 0.08], "<f4"), np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]], "<f4")
    turns = np.array([[0, 0, 0, 1], [0, 0, 0.6, 0.8], [0, 0, 1, 0]], "<f4")
    for array, kind in ((times, "SCALAR"), (values, "VEC3"), (turns, "VEC4")):
        root["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        root["accessors"].append({"bufferView": len(root["bufferViews"]) - 1, "componentType": 5126, "count": 3, "type": kind})
        binary += array.tobytes()
    last = len(root["accessors"])
    samplers = [{"input": last - 3, "output": last - 2}, {"input": last - 3, "output": last - 1, "interpolation": "LINEAR"}]
    node = next(number for number, each in enumerate(root["nodes"]) if "mesh" in each)
    channels = [{"sampler": n, "target": {"node": node, "path": path}} for n, path in enumerate(("translation", "rotation"))]
    root["animations"] = [{"name": "move", "samplers": samplers, "channels": channels}]
    root["buffers"][0]["byteLength"] = len(binary)
    text = json.dumps(root).encode()
    text += b" " * (-len(text) % 4)
    chunks = len(text).to_bytes(4, "little") + b"JSON" + text + len(binary).to_bytes(4, "little") + b"BIN\0" + binary
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks


def draw_mutation(subject: Subject, draw: random.Random) -> bytes:
    """The subject's content after one to three mutations."""
    content = subject.content
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        content = draw.choice(subject.mutations)(content, draw) if content else content
    return content
