"""Small asset folders, made by hand, and what Blender shows of them."""

import hashlib
import json
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float32)
FACES = np.array(
    [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], np.int32
)  # fmt: skip
UV = np.array([[0, 0], [1, 0], [0, 1]], np.float32) * np.linspace(0.3, 1, 8, dtype=np.float32)[:, None, None]
FRAMES = 12


def write_asset(folder: Path, count: int = FRAMES, **changes) -> Path:
    """An octahedron that grows by a tenth a frame; every other frame lacks its lowest faces."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        faces = FACES if number % 2 else FACES[:4]
        uv = np.tile(np.array([[0, 0], [1, 0], [0, 1]], np.float32), (len(faces), 1, 1))
        np.savez(folder / f"frame_{number:04d}.npz", vertices=OCTAHEDRON * (1 + number / 10), triangles=faces, uv=uv)
    return _finish(folder, count, {"topology": "per-frame", "texture": "per-frame"} | changes)


def write_fixed_asset(folder: Path, positions: np.ndarray | None = None, **changes) -> Path:
    """An octahedron at positions [frames, 6, 3], by default moving_octahedron(), with one texture if `changes` don't differ."""
    folder.mkdir(parents=True, exist_ok=True)
    positions = moving_octahedron() if positions is None else positions
    np.savez_compressed(folder / "mesh.npz", vertices=positions, triangles=FACES, uv=UV)
    return _finish(folder, len(positions), {"topology": "fixed", "texture": "one"} | changes)


def moving_octahedron(frames: int = FRAMES) -> np.ndarray:
    """float32 [frames, 6, 3]: it slides along X, turns about Z and grows, each at its own even pace."""
    steps = np.arange(frames)
    angle, size, shift = 0.2 * steps, 1 + 0.05 * steps, 0.1 * steps
    turn = np.zeros((frames, 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle)
    turn[:, 1, 0], turn[:, 0, 1], turn[:, 2, 2] = np.sin(angle), -np.sin(angle), 1
    positions = size[:, None, None] * (OCTAHEDRON @ turn.transpose(0, 2, 1))
    positions[..., 0] += shift[:, None]
    return positions.astype(np.float32)


def shown_mesh(scene: bpy.types.Scene, host: bpy.types.Object, frame: float | None = None) -> bpy.types.Mesh:
    """The evaluated mesh at a frame, or as things stand."""
    if frame is not None:
        scene.frame_set(int(np.floor(frame)), subframe=frame - np.floor(frame))
    return host.evaluated_get(bpy.context.evaluated_depsgraph_get()).data


def shown_points(scene: bpy.types.Scene, host: bpy.types.Object, frame: float | None = None) -> np.ndarray:
    """float32 [vertices, 3], the object's own coordinates."""
    mesh = shown_mesh(scene, host, frame)
    points = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", points.ravel())
    return points


def shown_materials(scene: bpy.types.Scene, host: bpy.types.Object, frame: float) -> set[str]:
    """The names of the materials on the faces at a frame."""
    mesh = shown_mesh(scene, host, frame)
    return {mesh.materials[face.material_index].name for face in mesh.polygons}


def _finish(folder: Path, count: int, changes: dict) -> Path:
    """The textures, redder from frame to frame, and asset.json."""
    one = changes["texture"] == "one"
    for name, red in [("albedo.png", 200)] if one else [(f"albedo_{n:04d}.png", 80 + 14 * n) for n in range(1, count + 1)]:
        imageio.imwrite(folder / name, np.full((8, 8, 3), (red, 0, 0), np.uint8))
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    about = {"format": 1, "prompt": "an octahedron growing", "seed": 1, "preset": "primitives", "quality": "draft",
             "models": {}, "engine": "test", "job": "test", "fps": 12, "frames": count, "loop": True,
             "metrics": {}, "files": files}  # fmt: skip
    (folder / "asset.json").write_text(json.dumps(about | changes))
    return folder
