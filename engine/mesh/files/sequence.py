"""Mesh files, or one that moves, as a sequence: read, checked, and with its times, before any work begins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from engine.mesh.files.frame import EmptyError, Frame, MeshError, RawMesh, check_sound, checked
from engine.mesh.files.frame_list import KINDS, MAX_FRAMES, FrameList, Timing, list_frames, timing
from engine.mesh.files.gltf.animation import animations, chosen
from engine.mesh.files.gltf.scene import GltfScene
from engine.mesh.files.mesh_file import check_kind, read_mesh
from engine.mesh.files.pictures import Pictures
from engine.mesh.files.shared import same_faces, shared_frames

# Frames of one thing that differ more than this in size were saved in different units.
MAX_GROWTH = 5.0
FPS = 12


@dataclass(frozen=True)
class Sequence:
    """frames: those that have a mesh. timing: where each is in the clip. held: places of the clip that show the frame before
    (the first show the one after); other places without a frame lie between their neighbours, or hold where `gaps` says so.
    fps: frames a second, if the file says it. notes: sentences for the user. shared: the frames are one mesh that moves, with
    the same triangles and vertices in the same order."""

    frames: list[Frame]
    timing: Timing
    held: frozenset[int]
    fps: float | None
    notes: list[str]
    shared: bool

    @property
    def clip_frames(self) -> int:
        return max([self.timing.places[-1], *self.held]) + 1

    def fill(self, positions: np.ndarray) -> np.ndarray:
        """Positions of one mesh at the frames, [F, V, 3], as positions at all of the clip's, [clip frames, V, 3]."""
        places, found = np.array(self.timing.places), []
        if self.clip_frames == len(positions):
            return positions
        for place in range(self.clip_frames):
            after = int(np.searchsorted(places, place))
            before = after if after < len(places) and places[after] == place else max(after - 1, 0)
            if place in self.held or after == len(places) or before == after:
                found.append(positions[before])
                continue
            share = (place - places[before]) / (places[after] - places[before])
            share = min(max(share, 0.0), 1.0)
            found.append(((1 - share) * positions[before] + share * positions[after]).astype(positions.dtype))
        return np.stack(found)

    def frame_at(self, place: int) -> int:
        """The number in `frames` of the one that a place of the clip shows, or the last before it; the first before all."""
        return max(int(np.searchsorted(self.timing.places, place, side="right")) - 1, 0)


def read_sequence(
    names: list[Path],
    empty: str = "refuse",
    gaps: str = "interpolate",
    animation: str | None = None,
    fps: float | None = None,
    share: bool = True,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Sequence:
    """Reads the frames that `names` mean: files, a folder, a pattern, or one .glb that moves.

    empty: what becomes of frames without a surface, one of EMPTY_FRAMES; gaps: of numbers that no file has, as in
    `frame_list.timing`; animation: the name of a moving file's, fps: how often to look at it. share: whether frames that share
    their faces are left as they are (`shared_frames`) and not welded. report: called with the number of frames read, and of
    all. Raises MeshError naming the frame that is empty, damaged, not finite, or of another scale.
    """
    listed = list_frames(names)
    if len(listed.paths) == 1:
        return _moving(listed.paths[0], empty, gaps, animation, fps, share, report)
    if not listed.paths:
        raise MeshError("There is no mesh among the files given: give the frames' files, or a folder of them.")
    if animation is not None:
        raise MeshError("An animation's name belongs to one file that moves, and there are several: give that file alone.")
    pictures = Pictures()
    readers = [lambda name, path=path: read_mesh(path, name, pictures) for path in listed.paths]
    found, shared = _each(listed.paths, readers, empty, share, report)
    sequence = _timed(listed, found, empty, gaps, shared)
    pairs = [] if shared else zip(sequence.frames[:-1], sequence.frames[1:], strict=True)
    for number, (before, after) in enumerate(pairs, 2):
        growth = after.size / before.size
        if not 1 / MAX_GROWTH < growth < MAX_GROWTH:
            raise MeshError(
                f"Frame {number} ({after.path.name}) is {growth:.3g} times as large as the frame before it: save all frames at "
                "one scale."
            )
    return sequence


@np.errstate(all="ignore")
def _moving(
    path: Path, empty: str, gaps: str, wanted: str | None, fps: float | None, share: bool, report: Callable[[int, int], None]
) -> Sequence:
    """One file's animation as a sequence, sampled at its keys' times where these are even and close, else `fps` a second."""
    if KINDS[path.suffix.lower()] != "glTF":
        raise MeshError(f"One mesh is no sequence: {path.name} stands alone and can't move, give at least two frames.")
    try:
        check_kind(path, path.name)
        scene = GltfScene(path, path.name, Pictures())
    except OSError as error:
        raise MeshError(f"{path.name} can't be read ({error.strerror or error}): mend access to it.") from error
    found = animations(scene.document)
    if not found:
        raise MeshError(f"One mesh is no sequence: {path.name} has no animation, give one that has, or at least two frames.")
    animation, note = chosen(found, wanted, path.name)
    moments, rate = animation.moments(fps)
    if rate is None:
        moments, rate = animation.moments(FPS)
    if len(moments) > MAX_FRAMES:
        raise MeshError(f"{path.name} moves for more than {MAX_FRAMES} frames: give a lower rate, or a shorter animation.")
    if len(moments) < 2:
        raise MeshError(f"One mesh is no sequence: the animation {animation.name} of {path.name} has a single moment.")
    paths = [path] * len(moments)
    readers = [lambda name, at=at: scene.mesh(animation, float(at)) for at in moments]
    listed = FrameList(paths, [Fraction(number) for number in range(1, len(moments) + 1)], [note] if note else [])
    found, shared = _each(paths, readers, empty, share, report, moving=True)
    sequence = _timed(listed, found, empty, gaps, shared)
    said = f"{path.name}: the animation {animation.name}, {len(moments)} frames at {rate:g} a second."
    return replace(sequence, fps=rate, notes=[said, *sequence.notes])


def _each(
    paths: list[Path], readers: list[Callable[[str], RawMesh]], empty: str, share: bool, report: Callable[[int, int], None],
    moving: bool = False,
) -> tuple[list[Frame | EmptyError], bool]:  # fmt: skip
    """Every frame, or why it is empty where that is no reason to stop; and whether they share their faces."""
    names = [f"Frame {number} ({path.name})" for number, path in enumerate(paths, 1)]
    found: list[Frame | RawMesh | EmptyError] = []
    first: RawMesh | None = None
    for name, read in zip(names, readers, strict=True):
        report(len(found), len(paths))
        found.append(_unless_empty(empty, _sound, name, read))
        if share and isinstance(found[-1], RawMesh):
            first = first or found[-1]
            share = same_faces(first, found[-1])
        if not share:
            found = _welded(paths, names, found, empty)
    kept = [index for index, raw in enumerate(found) if isinstance(raw, RawMesh)]
    frames = shared_frames([paths[n] for n in kept], [found[n] for n in kept], moving) if share and kept else None
    if frames is None:
        return _welded(paths, names, found, empty), False
    for index, frame in zip(kept, frames, strict=True):
        found[index] = frame
    return found, True


def _sound(name: str, read: Callable[[str], RawMesh]) -> RawMesh:
    raw = read(name)
    check_sound(name, raw)
    return raw


def _welded(
    paths: list[Path], names: list[str], found: list[Frame | RawMesh | EmptyError], empty: str
) -> list[Frame | EmptyError]:
    """With what is not welded yet welded."""
    return [
        _unless_empty(empty, checked, path, name, each) if isinstance(each, RawMesh) else each
        for path, name, each in zip(paths, names, found, strict=False)
    ]


def _unless_empty(empty: str, make: Callable[..., Any], *arguments: Any) -> Any:
    """What `make` makes of the arguments, or why it is empty where that is no reason to stop."""
    try:
        return make(*arguments)
    except EmptyError as error:
        if empty == "refuse":
            raise EmptyError(f"{str(error).removesuffix('.')}; empty frames can be skipped or held.") from error
        return error


def _timed(listed: FrameList, found: list[Frame | EmptyError], empty: str, gaps: str, shared: bool) -> Sequence:
    """The frames at their times, and everything that is to be said of them."""
    kept = [index for index, frame in enumerate(found) if isinstance(frame, Frame)]
    if len(kept) < 2:
        have = "one has" if kept else "none has"
        raise MeshError(f"Of {len(found)} frames {have} a mesh: a sequence needs at least two, give more.")
    held, gone = frozenset(), [index for index in range(len(found)) if index not in kept]
    if empty == "hold":
        when, notes = timing(listed, gaps)
        first = min(when.places[0], 0)
        held = frozenset(when.places[index] - first for index in gone)
        when = Timing([when.places[index] - first for index in kept], when.numbers, when.missing)
    else:
        numbers = None if listed.numbers is None else [listed.numbers[index] for index in kept]
        when, notes = timing(FrameList([listed.paths[index] for index in kept], numbers, []), gaps)
    if gaps == "hold":
        taken = {*when.places, *held}
        held |= {place for place in range(when.places[-1]) if place not in taken}
    frames = [found[index] for index in kept]
    if gone:
        names = _names([listed.paths[index] for index in gone], [index + 1 for index in gone])
        notes.append(f"Empty, and {'skipped' if empty == 'skip' else 'held'}: {names}.")
    return Sequence(frames, when, held, None, [*listed.notes, *notes, *_losses(frames)], shared)


def _losses(frames: list[Frame]) -> list[str]:
    """What the frames lack, a sentence each."""
    by_kind: dict[str, list[tuple[int, str]]] = {}
    for index, frame in enumerate(frames):
        for loss in frame.losses:
            # Every frame may name a file of its own: f_0001.mtl, f_0002.mtl.
            by_kind.setdefault(re.sub(r"\d+", "#", loss), []).append((index, loss))
    notes = []
    for lost in by_kind.values():
        places = list(dict.fromkeys(index for index, _ in lost))
        names = _names([frames[index].path for index in places], [index + 1 for index in places])
        alike = "" if len({loss for _, loss in lost}) == 1 else " (and others like it)"
        notes.append(f"{names}: {lost[0][1]}{alike}.")
    without = [index for index, frame in enumerate(frames) if frame.paint is None]
    if without and len(without) < len(frames):
        names = _names([frames[index].path for index in without], [index + 1 for index in without])
        notes.append(f"{names}: no colors, those of the other frames are used.")
    return notes


def _names(paths: list[Path], numbers: list[int]) -> str:
    """Frames in words: "Frame 2 (b.obj)", "Frames 2 (b.obj), 3 (c.obj) and 5 more"."""
    named = [f"{number} ({path.name})" for number, path in zip(numbers, paths, strict=True)]
    if len(named) == 1:
        return f"Frame {named[0]}"
    if len(named) > 4:
        named = [*named[:3], f"{len(named) - 3} more"]
    return f"Frames {', '.join(named[:-1])} and {named[-1]}"


def fractions(numbers: list[Fraction] | None) -> list[float | int] | None:
    """Frame numbers as JSON holds them."""
    return None if numbers is None else [n.numerator if n.denominator == 1 else float(n) for n in numbers]
