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
    return finish(folder, count, {"topology": "per-frame", "texture": "per-frame"} | changes)


def write_fixed_asset(folder: Path, positions: np.ndarray | None = None, **changes) -> Path:
    """An octahedron at positions [frames, 6, 3], by default moving_octahedron(), with one texture if `changes` don't differ."""
    folder.mkdir(parents=True, exist_ok=True)
    positions = moving_octahedron() if positions is None else positions
    np.savez_compressed(folder / "mesh.npz", vertices=positions, triangles=FACES, uv=UV)
    return finish(folder, len(positions), {"topology": "fixed", "texture": "one"} | changes)


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


def write_rigged_asset(folder: Path, rig: dict | None = None, correct: int | None = None, **changes) -> Path:
    """A bar of 21 rings along Z from 0 to 2, whose upper half folds about X at 1 to one radian and back while the whole bounces
    once, turning a quarter about Z. rig: arrays in place of its own; correct: a frame in which the bar is thicker than the
    bones have it."""
    folder.mkdir(parents=True, exist_ok=True)
    rest, faces = bar()
    arrays = bar_rig(rest)
    positions = bar_positions(rest, arrays)
    if correct is not None:
        positions[correct] = bar_positions(rest * [1.5, 1, 1], arrays)[correct]
    uv = np.zeros((len(faces), 3, 2), np.float32)
    np.savez_compressed(folder / "mesh.npz", vertices=positions, triangles=faces, uv=uv, rest=np.float32(rest))
    np.savez_compressed(folder / "rig.npz", **(arrays | (rig or {})))
    return finish(folder, FRAMES, {"topology": "rigged", "texture": "one", "format": 2, "prompt": "a bar folding"} | changes)


def bar() -> tuple[np.ndarray, np.ndarray]:
    """The bar at rest, 0.2 wide: vertices [84, 3], faces [160, 3]; its ends are open."""
    corners = 0.1 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    rest = np.array([[x, y, z] for z in np.linspace(0, 2, 21) for x, y in corners])
    faces = []
    for ring in range(20):
        for side in range(4):
            a, b = 4 * ring + side, 4 * ring + (side + 1) % 4
            faces += [[a, b, b + 4], [a, b + 4, a + 4]]
    return rest, np.int32(faces)


def bar_rig(rest: np.ndarray) -> dict[str, np.ndarray]:
    """Its bones, "root" and "limb", with weights that change over over three rings."""
    steps = np.arange(FRAMES)
    angle = np.sin(np.pi * steps / (FRAMES - 1))
    pose = np.tile(np.eye(4), (FRAMES, 2, 1, 1))
    pose[:, 1, 1, 1] = pose[:, 1, 2, 2] = np.cos(angle)
    pose[:, 1, 1, 2], pose[:, 1, 2, 1] = -np.sin(angle), np.sin(angle)
    pose[:, 1, :3, 3] = [0, 0, 1] - pose[:, 1, :3, 2]
    root = np.zeros((FRAMES, 10))
    root[:, 2] = bounce(steps)
    root[:, 3], root[:, 6] = np.cos(np.pi / 4 * steps / (FRAMES - 1)), np.sin(np.pi / 4 * steps / (FRAMES - 1))
    root[:, 7:] = 1
    share = np.clip((rest[:, 2] - 0.85) / 0.3, 0, 1)
    weights = np.stack([1 - share, share, 0 * share, 0 * share], 1)
    bones = np.where(weights > 0, [0, 1, 0, 0], 0)
    ends = {"rest_head": np.float32([[0, 0, 0], [0, 0, 1]]), "rest_tail": np.float32([[0, 0, 1], [0, 0, 2]])}
    return ends | {
        "names": np.array(["root", "limb"]), "parents": np.int32([-1, 0]), "pose": np.float32(pose),
        "weights": np.float32(weights), "bones": np.int32(bones), "root": np.float32(root),
    }  # fmt: skip


def bounce(steps: np.ndarray) -> np.ndarray:
    """Up and down by a metre, as something thrown."""
    along = 2 * steps / (FRAMES - 1) - 1
    return 1 - along**2


def bar_positions(rest: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Where the bar is in each frame, float32 [frames, vertices, 3]."""
    posed = np.einsum("fbij,vj->bfvi", arrays["pose"], np.column_stack([rest, np.ones(len(rest))]))[..., :3]
    share = arrays["weights"][:, 1, None]
    local = posed[0] * (1 - share) + posed[1] * share
    half = 2 * np.arctan2(arrays["root"][:, 6], arrays["root"][:, 3])
    turned = local.copy()
    turned[..., 0] = np.cos(half)[:, None] * local[..., 0] - np.sin(half)[:, None] * local[..., 1]
    turned[..., 1] = np.sin(half)[:, None] * local[..., 0] + np.cos(half)[:, None] * local[..., 1]
    return np.float32(turned + arrays["root"][:, None, :3])


def world_points(scene: bpy.types.Scene, host: bpy.types.Object, frame: float | None = None) -> np.ndarray:
    """float32 [vertices, 3], what is seen at a frame, in the world."""
    points = shown_points(scene, host, frame)
    matrix = np.array(host.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    return points @ matrix[:3, :3].T + matrix[:3, 3]


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


def finish(folder: Path, count: int, changes: dict) -> Path:
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
