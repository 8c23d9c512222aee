"""Mesh files and sequences of them, and what reads and writes them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from engine.contract.track import MATERIALS, frame_name
from engine.finite import check_finite
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.files.frame import Frame, checked
from engine.mesh.files.frame_list import list_frames, timing
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence
from engine.mesh.own_texture import own_texture
from engine.mesh.surface import Mesh
from engine.mesh.track.box import Box
from engine.mesh.transfer import albedo
from mav3d_blender.timeline.asset_folder.asset import read_asset
from scripts.benchmark.fuzz.mutations import damage_arrays, damage_bytes, damage_glb, damage_json, damage_text
from scripts.benchmark.fuzz.subject import Subject

# Of so many meshes that are read, one goes on to a written asset.
WRITTEN = 8


def meshes() -> list[Subject]:
    """Mesh files of all kinds, sequences of them, and their names."""
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
        "GLB, instances": ("mesh.glb", _instanced(skinned.export(file_type="glb")), glb),
        "mesh frame": ("frame_0001.npz", _frame(ball), (damage_bytes, damage_arrays, damage_arrays)),
        "mesh frame, materials": (MATERIALS, json.dumps(LOOKS).encode(), (damage_json, damage_json, damage_text, damage_bytes)),
        "OBJ, second frame": ("f_2.obj", obj.encode(), text),
        "mesh frame, second": ("frame_0002.npz", _second_frame(ball), (damage_bytes, damage_arrays, damage_arrays)),
    }
    found = [Subject(name, file, content, ways, _Meshes(obj, ball).read) for name, (file, content, ways) in files.items()]
    return [*found, Subject("file names", "names.txt", _names(), (damage_bytes, damage_text), _read_names)]


class _Meshes:
    """Reads a mesh, or a sequence of two, and writes an asset of every WRITTENth that could be read."""

    def __init__(self, obj: str, ball: trimesh.Trimesh) -> None:
        self.obj, self.ball, self.count = obj, ball, 0

    def read(self, folder: Path) -> None:
        path = next(folder.iterdir())
        Image.new("RGB", (4, 4), "blue").save(folder / "skin.png")
        first, shared = self._frames(folder, path)
        for frame in first:
            check_finite(frame.vertices, "a frame")
            if frame.paint is not None:
                check_finite(frame.colours, "colours")
                if frame.colours.min() < 0 or frame.colours.max() > 1 + 1e-9:
                    raise AssertionError("colours beyond [0, 1]")
        self.count += 1
        if self.count % WRITTEN == 0 and sum(len(frame.triangles) for frame in first[:2]) < 2000:
            _write_shared(first, folder / "asset") if shared else _write(first[:2], folder / "asset")

    def _frames(self, folder: Path, path: Path) -> tuple[list[Frame], bool]:
        """The frames that a damaged file makes with whole ones beside it, and whether they share their faces."""
        if path.suffix == ".mtl":
            (folder / "mesh.obj").write_text(self.obj)
            path = folder / "mesh.obj"
        elif path.name == "f_2.obj":
            (folder / "f_1.obj").write_text(self.obj)
            path = folder
        elif path.suffix in (".npz", ".json"):
            whole = {frame_name(1): _frame(self.ball), frame_name(2): _second_frame(self.ball)}
            whole[MATERIALS] = json.dumps(LOOKS).encode()
            for name, content in whole.items():
                if name != path.name:
                    (folder / name).write_bytes(content)
            path = folder
        elif path.suffix != ".glb" or b'"animations"' not in path.read_bytes():
            return [checked(path, "Frame 1", read_mesh(path, "Frame 1"))], False
        else:
            sequence = read_sequence([path])
            return sequence.frames, sequence.shared
        if path.is_file():
            return [checked(path, "Frame 1", read_mesh(path, "Frame 1"))], False
        sequence = read_sequence([path])
        return sequence.frames, sequence.shared


def _write_shared(frames: list[Frame], output: Path) -> None:
    """An asset of frames that are passed through, read back by Blender's side."""
    box, texture = Box.around(frames), own_texture(frames, 64)
    vertices = np.stack([frame.vertices for frame in frames])
    positions = (vertices - box.origin).astype(np.float32)
    preview, about = np.zeros((len(frames), 16, 16, 3), np.uint8), {"prompt": "", "fps": 12, "loop": False}
    mesh = MovingMesh(positions, frames[0].triangles, texture.uv, texture.pictures)
    write_asset(output, mesh, preview, about | {"origin": box.origin.tolist()})
    if not np.array_equal(read_asset(output).meshes.positions, positions):
        raise AssertionError("an asset with other vertices than were passed through")


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
    return _glb(root, binary)


def _instanced(glb: bytes) -> bytes:
    """The same with a node that shows its mesh three times."""
    size = int.from_bytes(glb[12:16], "little")
    root, binary = json.loads(glb[20 : 20 + size]), glb[28 + size :]
    attributes = {}
    places, turns = [[0, 0, 0], [3, 0, 0], [0, 3, 0]], [[0, 0, 0, 1], [0, 0, 0.6, 0.8], [0, 0, 1, 0]]
    for name, values, kind in (("TRANSLATION", places, "VEC3"), ("ROTATION", turns, "VEC4")):
        array = np.array(values, "<f4")
        root["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        root["accessors"].append({"bufferView": len(root["bufferViews"]) - 1, "componentType": 5126, "count": 3, "type": kind})
        attributes[name] = len(root["accessors"]) - 1
        binary += array.tobytes()
    node = next(each for each in root["nodes"] if "mesh" in each)
    node["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    root["buffers"][0]["byteLength"] = len(binary)
    return _glb(root, binary)


def _glb(root: dict, binary: bytes) -> bytes:
    text = json.dumps(root).encode()
    text += b" " * (-len(text) % 4)
    chunks = len(text).to_bytes(4, "little") + b"JSON" + text + len(binary).to_bytes(4, "little") + b"BIN\0" + binary
    return b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunks)).to_bytes(4, "little") + chunks


# Of materials.json.
LOOKS = [{"colour": [1, 0.5, 0], "picture": None}, {"colour": None, "picture": "skin.png"}, {"colour": None, "picture": None}]


def _frame(ball: trimesh.Trimesh) -> bytes:
    corners = ball.faces.reshape(-1).astype(np.int32)
    written = io.BytesIO()
    np.savez(
        written, vertices=ball.vertices, corners=corners, counts=np.full(len(ball.faces), 3, np.int32),
        uv=np.float32(ball.vertices[corners, :2] * 0.4 + 0.5), colours=np.full((len(corners), 3), 0.5, np.float32),
        material=(np.arange(len(ball.faces)) % 3).astype(np.int32),
    )  # fmt: skip
    return written.getvalue()


def _second_frame(ball: trimesh.Trimesh) -> bytes:
    written = io.BytesIO()
    np.savez(written, vertices=ball.vertices * 1.1, faces_of=np.array(frame_name(1)))
    return written.getvalue()
