"""Any mesh sequence as an asset folder with one mesh of fixed topology: read, tracked, textured, measured, written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.contract import protocol
from engine.contract.errors import DivergedError
from engine.contract.request import check_choice, check_integer
from engine.contract.version import VERSION
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.files.frame import Frame, MeshError
from engine.mesh.files.frame_list import GAPS
from engine.mesh.files.sequence import EMPTY_FRAMES, FPS, fractions, read_sequence
from engine.mesh.picture import draw_shaded, labelled
from engine.mesh.remesh import reduced
from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.rig import RigError
from engine.mesh.rig.sequence import TRACKED, RiggedMesh, rig_sequence
from engine.mesh.simplify import simplify
from engine.mesh.surface import Mesh
from engine.mesh.track.box import Box
from engine.mesh.track.follow import Track, track
from engine.mesh.track.report import Report
from engine.mesh.transfer import albedo
from engine.pipeline.eta import TaskEta
from engine.scene.cameras import Cameras

# A reference with more triangles is simplified; no editor likes shape keys of more.
MAX_TRIANGLES = 50_000
PREVIEW, TILE, TILES = 256, 200, 8

# Takes a message, and for some a line for people in its place.
Emit = Callable[..., None]


@dataclass(frozen=True)
class TrackRequest:
    """meshes: files, a folder, a pattern, or one file that moves. output: the asset folder to write; overwrite: whether one
    there is replaced. reference: number of the frame whose mesh is followed, from 1; None to find it. triangles: about so many
    even ones, None for the reference's own. texture: pixels a side. fps: frames a second, None for the file's own. gaps: what
    becomes of missing frame numbers; empty_frames: of frames without a surface; animation: the name of a moving file's. rig:
    whether bones that move it are found as well; bones: at most so many, None for as many as the motion needs."""

    meshes: list[Path]
    output: Path
    reference: int | None = None
    triangles: int | None = None
    texture: int = 512
    fps: int | None = None
    gaps: str = "interpolate"
    empty_frames: str = "refuse"
    animation: str | None = None
    rig: bool = False
    bones: int | None = None
    overwrite: bool = False


def track_meshes(request: TrackRequest, emit: Emit) -> None:
    """Reads, tracks and writes; reports progress and what is odd. Raises MeshError in one sentence."""
    check_choice("way with gaps", request.gaps, GAPS)
    check_choice("way with empty frames", request.empty_frames, EMPTY_FRAMES)
    _check_output(request.output, request.overwrite)
    sequence = read_sequence(request.meshes, request.empty_frames, request.gaps, request.animation, request.fps)
    if request.reference is not None:
        check_integer("reference", request.reference, 1, len(sequence.frames))
    box = Box.around(sequence.frames)
    for note in [*sequence.notes, *_oddities(sequence.frames), *box.notes()]:
        emit({"type": "note", "message": note}, note)
    frames = [replace(frame, vertices=box.to_unit(frame.vertices)) for frame in sequence.frames]
    eta = TaskEta()

    def report(done: int, total: int) -> None:
        emit(protocol.progress("track", done, total, eta.seconds_left(done, total), {}))

    meshes = [Mesh(frame.vertices, frame.triangles) for frame in frames]
    colours = [frame.colours for frame in frames]
    if any(each is None for each in colours):
        colours = [None] * len(frames)
    reference = None if request.reference is None else request.reference - 1
    found = track(meshes, colours, reference, lambda mesh: _prepared(mesh, request.triangles), report)
    positions = box.from_unit(sequence.fill(found.positions))
    rest = sequence.timing.places[found.report.reference]
    rigged = _rigged(positions, found.triangles, request.bones, rest, emit) if request.rig else None
    extra = {"report.json": _as_json(found.report), "report.png": report_picture(found, meshes)}
    about: dict[str, Any] = {"origin": box.origin.tolist()} if box.origin.any() else {}
    if sequence.timing.numbers is not None:
        about["frame_numbers"] = fractions(sequence.timing.numbers)
    about |= {"fps": request.fps or sequence.fps or FPS, "sources": [frame.path.name for frame in frames]}
    uv = unwrap(found.meshes()[found.report.reference], request.texture)
    picture = albedo(frames, found.positions, found.triangles, uv, request.texture)
    _write(request.output, MovingMesh(positions, found.triangles, uv, [picture]), rigged, about, found.report, extra)
    objection = found.report.objection()
    advice = f"One mesh follows badly: {objection}. A mesh a frame shows more." if objection else ""
    emit(protocol.result(str(request.output), advice), _summary(request.output, sequence.clip_frames, found.report, advice))


def _check_output(output: Path, overwrite: bool) -> None:
    if output.exists() and not output.is_dir():
        raise MeshError(f"{output} is a file: choose another --output folder.")
    if output.is_dir() and any(output.iterdir()):
        if not overwrite:
            raise MeshError(f"{output} is not empty: choose another --output folder, or add --overwrite.")
        if not (output / "asset.json").is_file():
            raise MeshError(f"{output} holds something else than an asset, and --overwrite would remove it: choose another.")


def _oddities(frames: list[Frame]) -> list[str]:
    odd = [f"frame {number} ({frame.path.name}): {frame.note}" for number, frame in enumerate(frames, 1) if frame.note]
    more = f", and {len(odd) - 3} frames more" if len(odd) > 3 else ""
    return [f"Not closed surfaces, which are followed all the same: {'; '.join(odd[:3])}{more}."] if odd else []


def _prepared(mesh: Mesh, triangles: int | None) -> Mesh:
    if triangles is None:
        return simplify(mesh, MAX_TRIANGLES)
    return reduced(mesh, triangles)


def _rigged(positions: np.ndarray, triangles: np.ndarray, bones: int | None, rest: int, emit: Emit) -> RiggedMesh | None:
    """None where there can be no bones, which is said; the tracked mesh is written all the same."""
    try:
        rigged = rig_sequence(positions, triangles, bones, rest=rest, noise=TRACKED)
    except RigError as error:
        emit({"type": "note", "message": str(error)}, str(error))
        return None
    for note in rigged.notes:
        emit({"type": "note", "message": note}, note)
    return rigged


def _write(
    output: Path, mesh: MovingMesh, rigged: RiggedMesh | None, about: dict[str, Any], report: Report, extra: dict[str, Any]
) -> None:
    metrics = {"track": report.as_dict()}
    if rigged is not None:
        mesh = replace(mesh, positions=rigged.vertices, rest=rigged.rest, rig=rigged.rig)
        metrics["rig"] = rigged.report.as_dict()
        extra = extra | {"rig.png": rig_picture(rigged)}
    about = about | {
        "prompt": output.name, "seed": 0, "preset": "track", "quality": "track", "models": {}, "engine": VERSION,
        "job": output.name, "loop": False, "metrics": metrics,
    }  # fmt: skip
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_asset(output, mesh, preview(mesh.positions, mesh.triangles), about, extra)
    except DivergedError as error:
        raise MeshError(f"{error}: another reference frame may avoid it.") from error
    except OSError as error:
        raise MeshError(f"Can't write to {output} ({error.strerror or error}): choose another --output.") from error


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


def _summary(output: Path, frames: int, report: Report, advice: str) -> str:
    lost = max(frame.lost for frame in report.frames)
    lines = [
        f"Asset: {output} ({frames} frames, the mesh of frame {report.reference + 1})",
        f"On average {report.distance:.2f} % of the size from the surfaces, 98 % of them within {lost:.2f} % in the worst "
        f"frame, {report.folds:.2f} % of the edges folded; more in report.json and report.png there.",
    ]
    return "\n".join([*lines, advice] if advice else lines)


def _as_json(report: Report) -> str:
    return json.dumps(report.as_dict(), indent=2) + "\n"
