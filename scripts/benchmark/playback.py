"""How fast an animated object comes into Blender and plays there: python -m scripts.benchmark.playback.

A sphere that stretches and slides, as shape keys (one texture or one a frame) and as a sequence of meshes, beside an unkeyed
mesh of the same size whose vertices a script sets, the least that any moving mesh costs. A played frame is the evaluated mesh
with its smooth normals, which a viewport needs before it draws; drawing itself is not in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np

from mav3d_blender.timeline import import_asset
from scripts.benchmark.machine import describe_machine

PLAIN = "vertices set by a script"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.playback", description=__doc__.splitlines()[0])
    parser.add_argument("--vertices", type=int, default=20_000, help="about so many")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--texture", type=int, default=512, help="pixels a side")
    parser.add_argument("--repeat", type=int, default=5, help="imports and rounds of playback; medians count")
    options = parser.parse_args()
    positions, triangles, uv = sphere(options.vertices, options.frames)
    print(describe_machine())
    print(f"Blender {bpy.app.version_string}; {len(triangles)} triangles, median of {options.repeat}\n")
    print("| object | frames | vertices | import, s | frames a second | ratio |")
    print("|---|---|---|---|---|---|")
    kinds = [(PLAIN, "fixed", "one"), ("shape keys", "fixed", "one"), ("shape keys, a texture a frame", "fixed", "per-frame"),
             ("a mesh a frame", "per-frame", "per-frame")]  # fmt: skip
    plain = 0.0
    for kind, topology, texture in kinds:
        frames = positions[:1] if kind == PLAIN else positions
        about = {"topology": topology, "texture": texture}
        with tempfile.TemporaryDirectory() as folder:
            write_asset(Path(folder), frames, triangles, uv, about, options.texture)
            imported, host = _import(Path(folder), options.repeat)
        speed = 1 / _play(host, options.frames, options.repeat, _setter(host, positions) if kind == PLAIN else None)
        plain = plain or speed
        row = f"| {kind} | {len(frames)} | {positions.shape[1]} | {imported:.3f} | {speed:.0f} | {speed / plain:.2f} |"
        print(row, flush=True)


def sphere(vertices: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """positions float32 [frames, vertices, 3], triangles int32 [triangles, 3], uv float32 [triangles, 3, 2]; no poles."""
    rings = max(3, round((vertices / 2) ** 0.5))
    columns = 2 * rings
    ring, column = np.divmod(np.arange(rings * columns), columns)
    polar, azimuth = np.pi * (ring + 0.5) / rings, 2 * np.pi * column / columns
    shape = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], -1)
    steps = np.arange(frames)[:, None] / frames
    positions = shape * (1 + 0.3 * np.sin(2 * np.pi * steps))[..., None]
    positions[..., 0] += steps
    here = np.arange((rings - 1) * columns)
    right = here + 1 - columns * (column[: len(here)] == columns - 1)
    upper, lower = (here, here + columns, right), (right, here + columns, right + columns)
    triangles = np.concatenate([np.stack(upper, -1), np.stack(lower, -1)])
    uv = np.stack([column / columns, 1 - ring / rings], -1)[triangles]
    return positions.astype(np.float32), triangles.astype(np.int32), uv.astype(np.float32)


def write_asset(
    folder: Path, positions: np.ndarray, triangles: np.ndarray, uv: np.ndarray, about: dict[str, str], side: int
) -> None:
    """An asset folder whose textures are noise of `side` pixels a side. about: its topology and texture."""
    frames = len(positions)
    if about["topology"] != "per-frame":
        np.savez(folder / "mesh.npz", vertices=positions, triangles=triangles, uv=uv)
    else:
        for number, vertices in enumerate(positions, 1):
            np.savez(folder / f"frame_{number:04d}.npz", vertices=vertices, triangles=triangles, uv=uv)
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    for name in ["albedo.png"] if about["texture"] == "one" else [f"albedo_{n:04d}.png" for n in range(1, frames + 1)]:
        imageio.imwrite(folder / name, picture)
    (folder / "asset.json").write_text(json.dumps({"format": 1, "prompt": "a sphere", "fps": 24, "frames": frames, **about}))


def _import(folder: Path, repeat: int) -> tuple[float, bpy.types.Object]:
    """Seconds of import_asset, and the object of the last one, alone in an empty file."""
    seconds = []
    for _ in range(repeat):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        started = time.perf_counter()
        host = import_asset(folder, bpy.context.scene).object
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), host


def _setter(host: bpy.types.Object, positions: np.ndarray) -> Callable[[int], None]:
    def move(frame: int) -> None:
        host.data.attributes["position"].data.foreach_set("vector", positions[frame - 1].ravel())
        host.data.update()

    return move


def _play(host: bpy.types.Object, frames: int, repeat: int, move: Callable[[int], None] | None) -> float:
    """Seconds a frame."""
    scene = bpy.context.scene
    seconds = []
    for _ in range(repeat + 1):
        started = time.perf_counter()
        for frame in range(1, frames + 1):
            if move:
                move(frame)
            scene.frame_set(frame)
            shown = host.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
            # Reading one has all of them computed.
            shown.corner_normals[0].vector.copy()
        seconds.append((time.perf_counter() - started) / frames)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
