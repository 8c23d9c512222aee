"""Image-to-4D with the built-in models, measured: python -m scripts.benchmark.images.

Pictures of the vocabulary's objects in random colours, from random cameras near the front, of random size, margin and
background, become clips with a random motion; the prompt names the motion alone. Half of the pictures are rendered by Cycles
from meshes made in Blender (`scripts.benchmark.photographs`), half from the world that the models were taught, under another
light. Results go to DIR/results.jsonl as they come, and a contact sheet to DIR/sheet.png, a row a picture: the picture, it cut
out, the first frame's mesh from the same camera, both outlines over one another (grey: both, red: the picture's alone, blue:
the mesh's), six frames of the clip.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import random
import subprocess
import sys
import time
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from PIL import Image

from engine.contract.errors import EngineError
from engine.contract.request import REFERENCE_IMAGE
from engine.contract.vocabulary import Vocabulary
from engine.evaluate.triangle_soup import read_soups
from engine.evaluate.verdict import judge_soups
from engine.mesh.picture import draw_shaded, draw_textured, labelled
from engine.mesh.surface import Mesh
from engine.models.presets import PRESETS
from engine.models.source import locate
from engine.models.world import clips
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.reference.conditioning import camera_path
from engine.reference.estimate_pose import estimate_pose
from engine.reference.image import ReferenceImage, read_image
from engine.scene.cameras import Cameras
from scripts.benchmark.photographs import PhotoSetup, draw_shot, photograph

TILE, SIZE, FRAMES = 112, 256, (0, 3, 5, 8, 11, 13)


@dataclasses.dataclass(frozen=True)
class Case:
    shape: str
    colour: str
    motion: str
    shot: PhotoSetup
    cycles: bool

    @property
    def name(self) -> str:
        return f"{self.colour}-{self.shape}-{self.motion}-{'cycles' if self.cycles else 'world'}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.images", description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("output/images"))
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--draw", type=int, default=0, help="seed of the draw of pictures")
    parser.add_argument("--recognise", action="store_true", help="only ask what the pictures show")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.estimate_pose:
        recognised(draw_cases(options.count, options.draw), options.output)
        return
    results = options.output / "results.jsonl"
    done = {json.loads(line)["name"] for line in results.read_text().splitlines()} if results.exists() else set()
    for case in draw_cases(options.count, options.draw):
        if case.name not in done:
            record = run(case, options.output, options.quality)
            print(json.dumps(record), flush=True)
            with open(results, "a") as file:
                file.write(json.dumps(record) + "\n")
    report(results, options.output)


def recognised(cases: list[Case], output: Path) -> None:
    """Prints how many pictures are seen as what they show."""
    folder = locate(PRESETS["primitives"].image)
    vocabulary = Vocabulary.read(folder.parent)
    right = {"colour": 0, "object": 0}
    for case in cases:
        path = output / "picture.png"
        imageio.imwrite(path, photograph(case.shape, case.colour, case.shot) if case.cycles else world_picture(case))
        try:
            shot = estimate_pose(read_image(path), folder, vocabulary)
            right["colour"] += shot.colour == case.colour
            right["object"] += shot.name == case.shape
            print(f"{case.name}: {shot.colour} {shot.name}, outline {shot.overlap}", flush=True)
        except EngineError as error:
            print(f"{case.name}: {error}", flush=True)
    print(f"of {len(cases)} pictures: colour right {right['colour']}, object right {right['object']}")


def draw_cases(count: int, seed: int) -> list[Case]:
    """Random ones, each object once before one comes again."""
    generator = random.Random(seed)
    shapes = [shape for _ in range(0, count, len(SHAPES)) for shape in generator.sample(list(SHAPES), len(SHAPES))]
    colours, motions = list(clips.COLOURS), list(MOTIONS)
    return [
        Case(shape, generator.choice(colours), generator.choice(motions), draw_shot(generator), index % 2 == 0)
        for index, shape in enumerate(shapes[:count])
    ]


def run(case: Case, output: Path, quality: str) -> dict:
    """One picture from its file to the verdict."""
    folder = output / case.name
    folder.mkdir(exist_ok=True)
    picture = folder / "picture.png"
    imageio.imwrite(picture, photograph(case.shape, case.colour, case.shot) if case.cycles else world_picture(case))
    job = folder / "job"
    command = [sys.executable, "-m", "engine", "generate", case.motion, "--image", str(picture), "--output", str(job)]
    started = time.monotonic()
    finished = subprocess.run([*command, "--quality", quality, "--seed", "0"], capture_output=True, text=True)
    record = {"name": case.name, "seconds": round(time.monotonic() - started, 1), "shot": dataclasses.asdict(case.shot)}
    if finished.returncode:
        return record | {"recognised": False, "right": False, "overlap": 0.0, "error": finished.stderr.strip()[-300:]}
    seen = json.loads(camera_path(job).read_text())
    verdict = judge_soups(read_soups(job / "asset"), case.shape, case.motion)
    matches = verdict.matches(case.colour, case.motion)
    mine, its = outlines(case, job)
    record |= {"recognised": (seen["colour"], seen["shape"]) == (case.colour, case.shape), **matches}
    record |= {"right": record["recognised"] and matches["colour"] and matches["shape"]}
    record |= {"overlap": round(float((mine & its).sum() / (mine | its).sum()), 3)}
    record |= {"solid_overlap": round(verdict.shape_overlap, 3)}
    off = {name: math.degrees(seen[name]) - getattr(case.shot, name) for name in ("azimuth", "elevation")}
    write_strip(case, folder, mine, its)
    return record | {"camera_off": {name: round(value, 1) for name, value in off.items()}}


def world_picture(case: Case) -> np.ndarray:
    """uint8 [size, size, 4], or 3 where there is a background."""
    shot, own = case.shot, (clips.LIGHT, clips.AMBIENT)
    turn = math.radians(shot.light) / 2
    clips.LIGHT, clips.AMBIENT = (math.sin(turn), -0.6 * math.cos(turn), 0.7), 0.55
    camera = dataclasses.replace(camera_of(shot), fov=2 * math.atan(0.5 / shot.fill / 3.2))
    coefficients = clips.render_coefficients(case.shape, "still", camera, shot.size // 2, 1)
    clips.LIGHT, clips.AMBIENT = own
    alpha = coefficients[0, 0, 4].numpy()[..., None] / 255
    behind = torch.tensor([shot.background or (0.0, 0.0, 0.0)])
    colours = clips.compose(coefficients, torch.tensor([clips.COLOURS[case.colour]]), behind)[0, 0].permute(1, 2, 0).numpy()
    if shot.background is None:
        colours = np.concatenate([colours / np.maximum(alpha, 1e-3), alpha], -1)
    return (colours.clip(0, 1) * 255).round().astype(np.uint8)


def camera_of(shot: PhotoSetup) -> Cameras:
    return Cameras(*(torch.tensor([math.radians(angle)]) for angle in (shot.azimuth, shot.elevation)))


def outlines(case: Case, job: Path) -> tuple[np.ndarray, np.ndarray]:
    """What is solid in the picture, and in the first frame's mesh from the camera that the picture was taken by, bool
    [SIZE, SIZE]; each centred and scaled by its box."""
    shaded = draw_shaded(first_frame(job / "asset")[0], camera_of(case.shot), 2 * SIZE)
    photo = imageio.imread(job / REFERENCE_IMAGE)
    return boxed(photo[..., 3] > 127), boxed(shaded.min(-1) < 250)


def boxed(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(part.shape)
    top, left = (side - part.shape[0]) // 2, (side - part.shape[1]) // 2
    square = np.zeros((side, side), np.uint8)
    square[top : top + part.shape[0], left : left + part.shape[1]] = part * 255
    return np.array(Image.fromarray(square).resize((SIZE, SIZE), Image.Resampling.BOX)) > 127


def first_frame(asset: Path) -> tuple[Mesh, np.ndarray, np.ndarray]:
    """Mesh, uv and texture."""
    about = json.loads((asset / "asset.json").read_text())
    fixed = about["topology"] != "per-frame"
    with np.load(asset / ("mesh.npz" if fixed else "frame_0001.npz"), allow_pickle=False) as arrays:
        vertices, triangles, uv = arrays["vertices"], arrays["triangles"], arrays["uv"]
    albedo = imageio.imread(asset / ("albedo.png" if about["texture"] == "one" else "albedo_0001.png"))
    return Mesh(vertices[0] if fixed else vertices, triangles), uv, albedo[..., :3]


def write_strip(case: Case, folder: Path, mine: np.ndarray, its: np.ndarray) -> None:
    """One row of the contact sheet."""
    asset = folder / "job" / "asset"
    clip = imageio.imread(asset / "preview.mp4")
    mesh = draw_textured(*first_frame(asset), camera_of(case.shot), TILE, 0.45)
    both = np.full((*mine.shape, 3), 255, np.uint8)
    both[mine & its], both[mine & ~its], both[~mine & its] = (150, 150, 150), (220, 40, 40), (40, 60, 220)
    cut = ReferenceImage(imageio.imread(folder / "job" / REFERENCE_IMAGE)).pixels
    cut = cut[..., :3] * (cut[..., 3:] / 255) + np.array((40, 70, 40)) * (1 - cut[..., 3:] / 255)
    picture = imageio.imread(folder / "picture.png")[..., :3]
    tiles = [picture, cut, mesh * 255, both, *(clip[frame, :, : clip.shape[2] // 2] for frame in FRAMES)]
    small = [np.array(Image.fromarray(np.asarray(tile).clip(0, 255).astype(np.uint8)).resize((TILE, TILE))) for tile in tiles]
    imageio.imwrite(folder / "strip.png", np.concatenate(small, 1))


def report(results: Path, output: Path) -> None:
    """Prints the score and lays the strips out as one picture."""
    records = [json.loads(line) for line in results.read_text().splitlines()]
    for part in ("recognised", "right", "motion"):
        print(f"{part}: {sum(record.get(part, False) for record in records)} of {len(records)}")
    overlaps = [record["overlap"] for record in records]
    print(f"outline from the front: {min(overlaps)} to {max(overlaps)}, {sum(o >= 0.75 for o in overlaps)} at least 0.75")
    rows = []
    for record in records:
        strip = output / record["name"] / "strip.png"
        if strip.exists():
            wrong = ", ".join(part for part in ("colour", "shape", "motion") if not record[part])
            text = f"{record['name']}: outline {record['overlap']}, solid {record['solid_overlap']}"
            rows.append(labelled(imageio.imread(strip), text + (f"; wrong {wrong}" if wrong else "")))
    if rows:
        imageio.imwrite(output / "sheet.png", np.concatenate(rows))


if __name__ == "__main__":
    main()
