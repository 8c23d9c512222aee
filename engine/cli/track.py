"""`engine track`: any mesh sequence becomes an asset folder with one mesh of fixed topology."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.cli.console import Tell
from engine.contract import protocol
from engine.contract.version import VERSION
from engine.job.request import whole
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.picture import draw_shaded, labelled
from engine.mesh.read import Frame, MeshError, find_meshes, read_sequence
from engine.mesh.remesh import reduced
from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.rig import MOST_BONES, RigError
from engine.mesh.rig.sequence import RiggedMesh, rig_sequence
from engine.mesh.simplify import simplify
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import Track, track
from engine.mesh.track.report import Report
from engine.mesh.transfer import albedo
from engine.scene.cameras import Cameras

# A reference with more triangles is simplified; no editor likes shape keys of more.
MOST_TRIANGLES = 50_000
PREVIEW, TILE, TILES = 256, 200, 8


def track_command(options: argparse.Namespace, tell: Tell) -> int:
    """Reads, follows and writes; tells of progress and of what is odd. Raises MeshError in one sentence."""
    for name, low, high in (("fps", 1, 120), ("texture", 16, 8192)):
        whole(name, getattr(options, name), low, high)
    if options.triangles is not None:
        whole("triangles", options.triangles, 20, 1_000_000)
    if options.bones is not None:
        whole("bones", options.bones, 1, MOST_BONES)
    _check_output(options.output, options.overwrite)
    frames = read_sequence(find_meshes(options.meshes))
    if options.reference is not None:
        whole("reference", options.reference, 1, len(frames))
    _tell_oddities(frames, tell)
    started = time.monotonic()

    def told(done: int, of: int) -> None:
        left = (time.monotonic() - started) / done * (of - done)
        tell(protocol.progress("track", done, of, left, {}), None)

    meshes = [Mesh(frame.vertices, frame.triangles) for frame in frames]
    colours = [frame.colours for frame in frames]
    reference = None if options.reference is None else options.reference - 1
    found = track(meshes, colours, reference, lambda mesh: _prepared(mesh, options.triangles), told)
    rigged = _rigged(found, options.bones, tell) if options.rig or options.bones else None
    _write(options, frames, meshes, found, rigged)
    objection = found.report.objection()
    advice = f"One mesh follows badly: {objection}. A mesh a frame shows more." if objection else ""
    tell(protocol.result(str(options.output), advice), _summary(options.output, found.report, advice))
    return 0


def _check_output(output: Path, overwrite: bool) -> None:
    if output.exists() and not output.is_dir():
        raise MeshError(f"{output} is a file: choose another --output folder.")
    if output.is_dir() and any(output.iterdir()):
        if not overwrite:
            raise MeshError(f"{output} is not empty: choose another --output folder, or add --overwrite.")
        if not (output / "asset.json").is_file():
            raise MeshError(f"{output} holds something else than an asset, and --overwrite would remove it: choose another.")


def _tell_oddities(frames: list[Frame], tell: Tell) -> None:
    odd = [f"frame {number} ({frame.path.name}): {frame.note}" for number, frame in enumerate(frames, 1) if frame.note]
    if odd:
        more = f", and {len(odd) - 3} frames more" if len(odd) > 3 else ""
        text = f"Not closed surfaces, which are followed all the same: {'; '.join(odd[:3])}{more}."
        tell({"type": "note", "message": text}, text)


def _prepared(mesh: Mesh, triangles: int | None) -> Mesh:
    if triangles is None:
        return simplify(mesh, MOST_TRIANGLES)
    return reduced(mesh, triangles)


def _rigged(found: Track, bones: int | None, tell: Tell) -> RiggedMesh | None:
    """None where there can be no bones, which is told; the tracked mesh is written all the same."""
    try:
        rigged = rig_sequence(found.positions, found.triangles, bones, rest=found.report.reference)
    except RigError as error:
        tell({"type": "note", "message": str(error)}, str(error))
        return None
    for note in rigged.notes:
        tell({"type": "note", "message": note}, note)
    return rigged


def _write(
    options: argparse.Namespace, frames: list[Frame], meshes: list[Mesh], found: Track, rigged: RiggedMesh | None
) -> None:
    rest = found.meshes()[found.report.reference]
    uv = unwrap(rest, options.texture)
    picture = albedo(frames, found.positions, found.triangles, uv, options.texture)
    positions = found.positions if rigged is None else rigged.vertices
    parts = (None, None) if rigged is None else (rigged.rest, rigged.rig)
    moving = MovingMesh(positions, found.triangles, uv, [picture], *parts)
    metrics = {"track": found.report.as_dict()} | ({} if rigged is None else {"rig": rigged.report.as_dict()})
    pictures = preview(positions, found.triangles)
    about = {
        "prompt": options.output.name, "seed": 0, "preset": "track", "quality": "track", "models": {}, "engine": VERSION,
        "job": options.output.name, "fps": options.fps, "loop": False, "metrics": metrics,
        "sources": [frame.path.name for frame in frames],
    }  # fmt: skip
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        extra = {"report.json": _as_json(found.report), "report.png": report_picture(found, meshes)}
        if rigged is not None:
            extra["rig.png"] = rig_picture(rigged)
        write_asset(options.output, moving, pictures, about, extra)
    except OSError as error:
        raise MeshError(f"Can't write to {options.output} ({error.strerror or error}): choose another --output.") from error


def preview(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The mesh shaded, seen from the front right, uint8 [frames, size, size, 3]."""
    unit = _unit(positions)
    return np.stack([draw_shaded(Mesh(unit(place), triangles), _camera(), PREVIEW) for place in positions])


def report_picture(found: Track, meshes: list[Mesh]) -> np.ndarray:
    """Some frames: the surface that was given, and below it the one mesh with its edges, and the error of each frame."""
    chosen = np.unique(np.linspace(0, len(meshes) - 1, min(TILES, len(meshes))).round().astype(int))
    unit, columns = _unit(np.concatenate([mesh.vertices for mesh in meshes])[None]), []
    for index in chosen:
        error = found.report.frames[index]
        given = draw_shaded(Mesh(unit(meshes[index].vertices), meshes[index].triangles), _camera(), TILE)
        own = draw_shaded(Mesh(unit(found.positions[index]), found.triangles), _camera(), TILE, lines=True)
        name = f"frame {index + 1}" + (" (reference)" if index == found.report.reference else "")
        columns.append(np.concatenate([labelled(given, name), labelled(own, f"{error.distance:.2f} % away")]))
    return np.concatenate([np.concatenate(columns, 1), _curve(found.report, len(chosen) * TILE)])


def _curve(report: Report, width: int, height: int = 90) -> np.ndarray:
    """Mean distance and what is lost, over the frames."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for name, ink, left in (("distance", (40, 60, 140), 4), ("lost", (176, 32, 32), width // 2)):
        values = [getattr(frame, name) for frame in report.frames]
        top, wide = max(max(values), 0.5), width // 2 - 12
        what = "mean distance" if name == "distance" else "98 % of the surface within"
        draw.text((left, 2), f"{what}, 0 to {top:.2f} % of the size", fill=ink)
        line = [(left + wide * n / max(len(values) - 1, 1), height - 6 - (height - 26) * v / top) for n, v in enumerate(values)]
        draw.line(line, fill=ink, width=2)
    return np.array(image)


def _unit(positions: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Points of the whole sequence into a box that the camera sees whole."""
    low, high = positions.min((0, 1)), positions.max((0, 1))
    middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
    return lambda points: (points - middle) * (1.9 / size)


def _camera() -> Cameras:
    return Cameras(torch.tensor([0.5]), torch.tensor([0.25]))


def _summary(output: Path, report: Report, advice: str) -> str:
    lost = max(frame.lost for frame in report.frames)
    lines = [
        f"Asset: {output} ({len(report.frames)} frames, the mesh of frame {report.reference + 1})",
        f"On average {report.distance:.2f} % of the size from the surfaces, 98 % of them within {lost:.2f} % in the worst "
        f"frame, {report.folds:.2f} % of the edges folded; more in report.json and report.png there.",
    ]
    return "\n".join([*lines, advice] if advice else lines)


def _as_json(report: Report) -> str:
    return json.dumps(report.as_dict(), indent=2) + "\n"
