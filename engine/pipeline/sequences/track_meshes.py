"""Any mesh sequence as an asset folder with one mesh of fixed topology: read, tracked, textured, measured, written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract import protocol
from engine.contract.errors import DivergedError
from engine.contract.request import check_integer
from engine.contract.track import TrackRequest
from engine.contract.version import VERSION
from engine.mesh.asset import MovingMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.files.frame import Frame, MeshError
from engine.mesh.files.sequence import FPS, Sequence, fractions, read_sequence
from engine.mesh.own_texture import own_texture
from engine.mesh.remesh import reduced
from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.rig import RigError
from engine.mesh.rig.sequence import TRACKED, RiggedMesh, rig_sequence
from engine.mesh.simplify import simplify
from engine.mesh.surface import Mesh
from engine.mesh.track.box import Box
from engine.mesh.track.follow import Track, track
from engine.mesh.track.report import Report, exact
from engine.mesh.transfer import albedo
from engine.pipeline.eta import TaskEta
from engine.pipeline.sequences.track_pictures import preview, report_picture

# A reference with more triangles is simplified; no editor likes shape keys of more.
MAX_TRIANGLES = 50_000
# The most that Blender's side reads of a moving mesh.
MAX_MESHES = 4 * 2**30
TELL_EVERY = 0.5
PASSED = "All frames have the same faces: the mesh is passed through as it is, and not followed."

# Takes a message, and for some a line for people in its place.
Emit = Callable[..., None]


def track_meshes(request: TrackRequest, emit: Emit) -> None:
    """Reads, tracks and writes; reports progress and what is odd. Raises MeshError in one sentence.

    Frames that share their faces are passed through as they are, unless other triangles are asked for.
    """
    _check_output(request.output, request.overwrite)
    sequence = read_sequence(
        request.meshes, request.empty_frames, request.gaps, request.animation, request.fps, request.triangles is None,
        _ReadProgress(emit),
    )  # fmt: skip
    if request.reference is not None:
        check_integer("reference", request.reference, 1, len(sequence.frames))
    box = Box.around(sequence.frames)
    oddities = [PASSED] if sequence.shared else _oddities(sequence.frames)
    for note in [*sequence.notes, *oddities, *box.notes()]:
        _say(note, emit)
    frames = [replace(frame, vertices=box.to_unit(frame.vertices)) for frame in sequence.frames]
    found = _passed(request, sequence, box, frames) if sequence.shared else _tracked(request, sequence, box, frames, emit)
    if found.note:
        _say(found.note, emit)
    report = found.track.report
    rest = None if sequence.shared and request.reference is None else sequence.timing.places[report.reference]
    noise = 0.0 if sequence.shared else TRACKED
    positions, triangles = found.mesh.positions, found.mesh.triangles
    rigged = _rigged(positions, triangles, request.bones, rest, noise, emit) if request.rig else None
    meshes = [Mesh(frame.vertices, frame.triangles) for frame in frames]
    extra = {"report.json": report_text(report, sequence), "report.png": report_picture(found.track, meshes)}
    about: dict[str, Any] = {"origin": box.origin.tolist()} if box.origin.any() else {}
    if sequence.timing.numbers is not None:
        about["frame_numbers"] = fractions(sequence.timing.numbers)
    about |= {"fps": request.fps or sequence.fps or FPS, "sources": [frame.path.name for frame in frames]}
    _write(request.output, request.name or request.output.name, found.mesh, rigged, about, report, extra)
    objection = None if sequence.shared else report.objection()
    advice = f"One mesh follows badly: {objection}. A mesh a frame shows more." if objection else ""
    emit(protocol.result(str(request.output), advice), _summary(request.output, sequence, report, advice))


@dataclass(frozen=True)
class _Found:
    """track: at the frames, in unit size. mesh: at all of the clip's, in the files' own coordinates. note: a sentence."""

    track: Track
    mesh: MovingMesh
    note: str = ""


def _tracked(request: TrackRequest, sequence: Sequence, box: Box, frames: list[Frame], emit: Emit) -> _Found:
    """One frame's mesh followed through all."""
    eta = TaskEta()

    def report(done: int, total: int) -> None:
        emit(protocol.progress("track", done, total, eta.seconds_left(done, total), {}))

    meshes = [Mesh(frame.vertices, frame.triangles) for frame in frames]
    colours = [frame.colours for frame in frames]
    if any(each is None for each in colours):
        colours = [None] * len(frames)
    reference = None if request.reference is None else request.reference - 1
    found = track(meshes, colours, reference, lambda mesh: _prepared(mesh, request.triangles), report)
    uv = unwrap(found.meshes()[found.report.reference], request.texture)
    picture = albedo(frames, found.positions, found.triangles, uv, request.texture)
    positions = box.from_unit(sequence.fill(found.positions))
    return _Found(found, MovingMesh(positions, found.triangles, uv, [picture]))


def _passed(request: TrackRequest, sequence: Sequence, box: Box, frames: list[Frame]) -> _Found:
    """The frames' own mesh, as exact as single precision is. Raises MeshError where it is larger than Blender's side reads."""
    vertices, triangles = np.stack([frame.vertices for frame in sequence.frames]), frames[0].triangles
    size = 4 * 3 * sequence.clip_frames * vertices.shape[1]
    if size > MAX_MESHES:
        raise MeshError(
            f"{sequence.clip_frames} frames of {vertices.shape[1]} vertices are {size // 2**20} MB, and {MAX_MESHES // 2**20} "
            "are the most: give fewer frames, or ask for fewer triangles."
        )
    unit = np.stack([frame.vertices for frame in frames])
    report = exact(unit, triangles, 0 if request.reference is None else request.reference - 1)
    texture = own_texture(frames, request.texture)
    pictures = texture.pictures
    if len(pictures) > 1:
        pictures = [pictures[sequence.frame_at(place)] for place in range(sequence.clip_frames)]
    positions = sequence.fill(vertices - box.origin).astype(np.float32)
    note = f"Its colours are drawn into a texture of {texture.baked} pixels a side." if texture.baked else ""
    return _Found(Track(np.float32(unit), triangles, report), MovingMesh(positions, triangles, texture.uv, pictures), note)


class _ReadProgress:
    """Tells how many files are read, where that takes long. """

    def __init__(self, emit: Emit) -> None:
        self.emit, self.told = emit, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self.told >= TELL_EVERY:
            self.told = time.monotonic()
            self.emit(protocol.progress("read", done, total, 0.0, {}))


def _say(note: str, emit: Emit) -> None:
    emit({"type": "note", "message": note}, note)


def _check_output(output: Path, overwrite: bool) -> None:
    """Raises MeshError where the asset could not be written, before any work begins."""
    if output.exists() and not output.is_dir():
        raise MeshError(f"{output} is a file: choose another --output folder.")
    if output.is_dir() and any(output.iterdir()):
        if not overwrite:
            raise MeshError(f"{output} is not empty: choose another --output folder, or add --overwrite.")
        if not (output / "asset.json").is_file():
            raise MeshError(f"{output} holds something else than an asset, and --overwrite would remove it: choose another.")
    there = next(each for each in output.absolute().parents if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        why = "can't be written to" if there.is_dir() else "is a file"
        raise MeshError(f"{output} can't be made, since {there} {why}: choose another --output.")


def _oddities(frames: list[Frame]) -> list[str]:
    odd = [f"frame {number} ({frame.path.name}): {frame.note}" for number, frame in enumerate(frames, 1) if frame.note]
    more = f", and {len(odd) - 3} frames more" if len(odd) > 3 else ""
    return [f"Not closed surfaces, which are followed all the same: {'; '.join(odd[:3])}{more}."] if odd else []


def _prepared(mesh: Mesh, triangles: int | None) -> Mesh:
    if triangles is None:
        return simplify(mesh, MAX_TRIANGLES)
    return reduced(mesh, triangles)


def _rigged(
    positions: np.ndarray, triangles: np.ndarray, bones: int | None, rest: int | None, noise: float, emit: Emit
) -> RiggedMesh | None:
    """None where there can be no bones, which is said; the mesh is written all the same."""
    try:
        rigged = rig_sequence(positions, triangles, bones, rest=rest, noise=noise)
    except RigError as error:
        _say(str(error), emit)
        return None
    for note in rigged.notes:
        _say(note, emit)
    return rigged


def _write(
    output: Path,
    name: str,
    mesh: MovingMesh,
    rigged: RiggedMesh | None,
    about: dict[str, Any],
    report: Report,
    extra: dict[str, Any],
) -> None:
    metrics = {"track": report.as_dict()}
    if rigged is not None:
        mesh = replace(mesh, positions=rigged.vertices, rest=rigged.rest, rig=rigged.rig)
        metrics["rig"] = rigged.report.as_dict()
        extra = extra | {"rig.png": rig_picture(rigged)}
    about = about | {
        "prompt": name, "seed": 0, "preset": "track", "quality": "track", "models": {}, "engine": VERSION,
        "job": output.name, "loop": False, "metrics": metrics,
    }  # fmt: skip
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_asset(output, mesh, preview(mesh.positions, mesh.triangles), about, extra)
    except DivergedError as error:
        raise MeshError(f"{error}: another reference frame may avoid it.") from error
    except OSError as error:
        raise MeshError(f"Can't write to {output} ({error.strerror or error}): choose another --output.") from error


def report_text(report: Report, sequence: Sequence) -> str:
    """report.json: errors of each frame that was given, with its file, its own number, and which frame of the clip it is."""
    values = report.as_dict()
    own = _own_numbers(sequence)
    for index, (entry, frame) in enumerate(zip(values["frames"], sequence.frames, strict=True)):
        place = sequence.timing.places[index]
        entry |= {"file": frame.path.name, "clip_frame": place + 1} | ({"number": own[index]} if own else {})
    return json.dumps(values | {"clip_frames": sequence.clip_frames, "followed": not sequence.shared}, indent=2) + "\n"


def _own_numbers(sequence: Sequence) -> list[float | int] | None:
    """Of the frames that were given, as their names have them."""
    numbers, places = sequence.timing.numbers, sequence.timing.places
    return None if numbers is None else fractions([numbers[place] for place in places])


def _summary(output: Path, sequence: Sequence, report: Report, advice: str) -> str:
    if sequence.shared:
        return f"Asset: {output} ({sequence.clip_frames} frames of the mesh as it was given)"
    lost = max(frame.lost for frame in report.frames)
    lines = [
        f"Asset: {output} ({sequence.clip_frames} frames, the mesh of frame {report.reference + 1})",
        f"On average {report.distance:.2f} % of the size from the surfaces, 98 % of them within {lost:.2f} % in the worst "
        f"frame, {report.folds:.2f} % of the edges folded; more in report.json and report.png there.",
    ]
    return "\n".join([*lines, advice] if advice else lines)
