"""How good the one moving mesh of a prompt is: python -m scripts.benchmark.assets.

Prompts are drawn at random, or given as "colour object motion". Each goes through the engine; then the textured mesh is drawn
without light from six views that no stage used, and compared with the field's own renders of the same (PSNR over whole
pictures). Turn is the sum of the angles about the vertical by which the vertices turn from frame to frame. Triangles: 1st
percentile over all frames of their smallest angles, and how much their areas vary (standard deviation over mean) in the worst
frame. A picture DIR/sheet.png has field and mesh of each prompt side by side. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch

from engine.evaluate.prompts import Words, draw
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.mesh.picture import draw_shaded, draw_textured, labelled
from engine.mesh.surface import Mesh
from engine.pipeline.checkpoint import load_state
from engine.pipeline.render_frames import render_frames
from engine.scene.camera_path import Pose
from scripts.benchmark.machine import describe_machine

SIZE, SAMPLES, GREY = 128, 128, 0.45
VIEWS, ELEVATIONS = 6, (10.0, 35.0, -10.0)
FOV, DISTANCE = 38.0, 3.2


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.assets", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("output/assets"))
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of prompts")
    parser.add_argument("--prompts", nargs="*", help="these instead of drawn ones, each as colour object motion")
    options = parser.parse_args()
    chosen = [Words.of(prompt) for prompt in options.prompts] if options.prompts else draw(options.count, options.seed)
    print(describe_machine())
    print(f"Quality {options.quality}\n")
    print("| prompt | PSNR, dB | worst view | distance, % | folds, % | turn, ° | smallest angle, ° | areas vary |")
    print("|---|---|---|---|---|---|---|---|")
    rows = []
    for words in chosen:
        folder = options.output / words.prompt.replace(" ", "-")
        command = [sys.executable, "-m", "engine", "generate", words.prompt, "--output", str(folder)]
        subprocess.run([*command, "--quality", options.quality, "--seed", "0"], check=True, stdout=subprocess.DEVNULL)
        asset = json.loads((folder / "asset" / "asset.json").read_text("utf-8"))
        if asset["topology"] == "per-frame":
            print(f"| {words.prompt} | {asset.get('advice', 'a mesh a frame')} |", flush=True)
            continue
        quality, picture = compare(folder)
        positions, triangles, _ = read_mesh(folder)
        (angle, vary), metrics = evenness(positions, triangles), asset["metrics"]
        track = metrics["track"]["mean"] if "track" in metrics else {"distance": metrics["rig"]["mean"], "folds": 0.0}
        values = [f"{np.mean(quality):.1f}", f"{min(quality):.1f}", f"{track['distance']:.2f}", f"{track['folds']:.2f}"]
        values += [f"{turn(positions):.0f}", f"{angle:.0f}", f"{vary:.2f}"]
        print(f"| {words.prompt} | {' | '.join(values)} |", flush=True)
        rows.append(labelled(picture, words.prompt))
    if rows:
        imageio.imwrite(options.output / "sheet.png", np.concatenate(rows))


def compare(folder: Path) -> tuple[list[float], np.ndarray]:
    """The textured mesh of a finished job against its field: the PSNR of each view in dB, and a picture of them all."""
    positions, triangles, uv = read_mesh(folder)
    job = JobFolder(folder)
    resolved = resolve_folder(job)
    state, _ = load_state(job, resolved.quality, resolved.request.seed)
    quality, tiles = [], []
    for number in range(VIEWS):
        frame = number * len(positions) // VIEWS
        own = folder / "asset" / f"albedo_{frame + 1:04d}.png"
        albedo = imageio.imread(own if own.exists() else folder / "asset" / "albedo.png")[..., :3]
        azimuth, elevation = math.radians(25 + 60 * number), math.radians(ELEVATIONS[number % len(ELEVATIONS)])
        pose = Pose(azimuth, elevation, DISTANCE, math.radians(FOV), (frame + 0.5) / len(positions))
        with torch.no_grad():
            field = next(render_frames(state.field, [pose], SIZE, SAMPLES, GREY)) / 255
        mesh = Mesh(positions[frame], triangles)
        drawn = draw_textured(mesh, uv, albedo, pose.cameras(), SIZE, GREY)
        quality.append(-10 * math.log10(((field - drawn) ** 2).mean()))
        lines = draw_shaded(mesh, pose.cameras(), SIZE, lines=True)
        tiles.append(np.concatenate([np.uint8(255 * field.clip(0, 1)), np.uint8(255 * drawn.clip(0, 1)), lines]))
    return quality, np.concatenate(tiles, 1)


def read_mesh(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """positions [F, V, 3], triangles [T, 3] and uv [T, 3, 2] of a job's moving mesh."""
    with np.load(folder / "asset" / "mesh.npz", allow_pickle=False) as file:
        return file["vertices"], file["triangles"], file["uv"]


def turn(positions: np.ndarray) -> float:
    """Degrees about the vertical that vertices [F, V, 3] turn in all, frame to frame, about where they are then."""
    flat = positions[..., 0] + 1j * positions[..., 1]
    flat = flat - flat.mean(1, keepdims=True)
    return float(np.angle((flat[1:] * np.conj(flat[:-1])).sum(1), deg=True).sum())


def evenness(positions: np.ndarray, triangles: np.ndarray) -> tuple[float, float]:
    """The 1st percentile of the triangles' smallest angles in degrees, and how much areas vary in the worst frame."""
    corners = positions[:, triangles].astype(np.float64)
    sides = np.roll(corners, -1, 2) - corners
    length = np.linalg.norm(sides, axis=-1)
    cosine = -(sides * np.roll(sides, 1, 2)).sum(-1) / np.maximum(length * np.roll(length, 1, -1), 1e-30)
    smallest = np.degrees(np.arccos(cosine.clip(-1, 1))).min(-1)
    area = np.linalg.norm(np.cross(sides[:, :, 0], sides[:, :, 1]), axis=-1)
    return float(np.percentile(smallest, 1)), float((area.std(1) / area.mean(1)).max())


if __name__ == "__main__":
    main()
