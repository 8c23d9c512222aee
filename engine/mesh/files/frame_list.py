"""Which files are the frames of a sequence, in what order, and when each is shown."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.contract.errors import is_address
from engine.mesh.files.frame import MeshError
from engine.mesh.files.name_numbers import SignedNames, natural, numbers_of, restarts, template

KINDS = {".obj": "OBJ", ".ply": "PLY", ".glb": "glTF", ".gltf": "glTF", ".stl": "STL", ".off": "OFF",
         ".npz": "mesh frame"}  # fmt: skip
# Kinds that hold scenes or move by themselves, which Blender opens.
FOREIGN = {".abc": "Alembic", ".usd": "USD", ".usda": "USD", ".usdc": "USD", ".usdz": "USD", ".fbx": "FBX", ".blend": "Blender",
           ".dae": "Collada", ".3ds": "3D Studio", ".mdd": "MDD", ".pc2": "PC2"}  # fmt: skip
MAX_FRAMES = 2000


@dataclass(frozen=True)
class FrameList:
    """paths: the frames' files in their order, one alone if it moves by itself. numbers: of each, as its name says; None where
    names say none. notes: sentences on what was taken otherwise than as it was given."""

    paths: list[Path]
    numbers: list[Fraction] | None
    notes: list[str]


@dataclass(frozen=True)
class Timing:
    """places: at which frame of the clip, from 0, each file is. numbers: of all the clip's frames; None where names say none.
    missing: those that have no file."""

    places: list[int]
    numbers: list[Fraction] | None
    missing: list[Fraction]

    @property
    def frames(self) -> int:
        return self.places[-1] + 1


def list_frames(names: list[Path]) -> FrameList:
    """The files that `names` mean: files, folders, and patterns such as "f_*.obj", "f_####.obj" or "f_%04d.obj".

    Frames are ordered by the number in their names that varies; where names have none, files stay as given, and a folder's are
    taken alphabetically. Raises MeshError where it is not clear which files are meant, or a kind is unknown.
    """
    if len(names) == 1 and not _is_file(names[0]):
        return _series(_inside(names[0]) if names[0].is_dir() else _matching(names[0]), str(names[0]))
    paths: list[Path] = []
    for name in names:
        if _is_file(name):
            # A shell's * leaves hidden files out, other programs' lists do not.
            paths += [] if name.name.startswith(".") else [name]
        else:
            paths += _series(_inside(name) if name.is_dir() else _matching(name), str(name)).paths
    return _given(paths)


def timing(frames: FrameList, gaps: str) -> tuple[Timing, list[str]]:
    """When the frames are shown, and what is to be said of it. gaps: what becomes of missing numbers, one of GAPS.

    The steps between neighbours are as many frames of the clip as their numbers' common step goes into. Raises MeshError where
    the clip would have more than MAX_FRAMES.
    """
    count, numbers = len(frames.paths), frames.numbers
    if numbers is None or count < 2:
        return Timing(list(range(count)), None, []), []
    steps = [after - before for before, after in zip(numbers[:-1], numbers[1:], strict=True)]
    step = steps[0]
    for other in steps[1:]:
        step = _common(step, other)
    notes = [] if step == 1 else [f"Frames are numbered in steps of {shown(step)}: each step is one frame of the clip."]
    places = [int((number - numbers[0]) / step) for number in numbers]
    missing = [numbers[0] + step * place for place in sorted(set(range(min(places[-1], MAX_FRAMES * 2))) - set(places))]
    if not missing:
        return Timing(places, numbers, []), notes
    said = f"Number {shown(missing[0])} is" if len(missing) == 1 else f"Numbers {ranges(missing, step)} are"
    if gaps == "close":
        return Timing(list(range(count)), numbers, missing), [*notes, f"{said} missing: the gap is closed, as asked."]
    if places[-1] >= MAX_FRAMES:
        raise MeshError(
            f"The frames' numbers go from {shown(numbers[0])} to {shown(numbers[-1])}, {places[-1] + 1} frames where "
            f"{MAX_FRAMES} is the most: close the gaps between them, or number the files anew."
        )
    what = "the frame before is held" if gaps == "hold" else "the mesh is interpolated there"
    whole = [numbers[0] + step * place for place in range(places[-1] + 1)]
    return Timing(places, whole, missing), [*notes, f"{said} missing: {what}, so that the others keep their times."]


def ranges(numbers: list[Fraction], step: Fraction) -> str:
    """Numbers in words: "4 to 6, 9"."""
    runs: list[list[Fraction]] = []
    for number in numbers:
        if runs and number - runs[-1][-1] == step:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [shown(run[0]) if len(run) == 1 else f"{shown(run[0])} to {shown(run[-1])}" for run in runs]
    return ", ".join(texts[:4]) + (f" and {len(texts) - 4} more gaps" if len(texts) > 4 else "")


def shown(number: Fraction) -> str:
    """As a person writes it."""
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"


def _is_file(name: Path) -> bool:
    """Raises MeshError where that can't be told."""
    try:
        return name.exists() and not name.is_dir()
    except (OSError, ValueError) as error:
        raise MeshError(
            f"{str(name)[:100]} can't be read ({getattr(error, 'strerror', None) or error}): give another."
        ) from error


def _inside(folder: Path) -> list[Path]:
    try:
        paths = sorted(
            (path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda path: natural(path.name)
        )
    except OSError as error:
        raise MeshError(f"The folder {folder} can't be read ({error.strerror or error}): choose another.") from error
    if (folder / "asset.json").is_file() and (folder / "mesh.npz").is_file():
        raise MeshError(f"{folder} is an asset with one mesh that moves already: `rig` finds bones for it.")
    found = [path for path in paths if path.suffix.lower() in KINDS and not path.is_dir()]
    if found:
        return found
    foreign = [path for path in paths if path.suffix.lower() in FOREIGN]
    if foreign:
        raise _foreign(foreign[0])
    if deeper := _in_folders(paths):
        raise MeshError(
            f"The meshes are in the folders of {folder}, and not in itself: give a pattern in quotes, such as "
            f"'{folder}/*/{deeper[0].name}'."
        )
    raise MeshError(f"There is no mesh in the folder {folder}: files that end in {', '.join(KINDS)} are looked for.")


def _in_folders(paths: list[Path]) -> list[Path]:
    """Meshes one folder further down."""
    found: list[Path] = []
    for path in paths:
        try:
            found += [each for each in sorted(path.iterdir()) if each.suffix.lower() in KINDS] if path.is_dir() else []
        except OSError:
            continue
    return found


def _matching(name: Path) -> list[Path]:
    """The files of a pattern."""
    folder, last = _real_folder(name)
    text = os.path.join(glob.escape(folder), re.sub(r"#+", "*", re.sub(r"%0?\d*d", "*", last)))
    if is_address(name):
        raise MeshError(f"{name} is an address on the net, and files are read from this machine alone: download it first.")
    if not glob.has_magic(last) and text == os.path.join(glob.escape(folder), last):
        raise MeshError(f"{name} is missing: give the frames' files, a folder of them, or a pattern such as f_*.obj.")
    paths = [Path(path) for path in glob.glob(text, recursive=True)]
    found = [path for path in paths if path.suffix.lower() in KINDS and path.is_file() and not path.name.startswith(".")]
    if not found:
        raise MeshError(f"No mesh file is meant by the pattern {name}: files that end in {', '.join(KINDS)} are looked for.")
    return sorted(found, key=lambda path: natural(str(path)))


def _real_folder(name: Path) -> tuple[str, str]:
    """The folder that a pattern begins with, empty for the current one, and the rest: names of folders may hold what a pattern
    is written with, such as "[take 1]"."""
    parts = name.parts
    for count in range(len(parts) - 1, 0, -1):
        folder = Path(*parts[:count])
        if folder.is_dir():
            return str(folder), str(Path(*parts[count:]))
    return "", str(name)


def _series(paths: list[Path], where: str) -> FrameList:
    """The one sequence among a folder's files; what else is there is left out, and said. Raises MeshError where there are
    several."""
    signed = SignedNames([_key(path, paths) for path in paths])
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        shape = template(_key(path, paths), signed), KINDS[path.suffix.lower()]
        groups.setdefault(shape, []).append(path)
    several = [group for group in groups.values() if len(group) > 1]
    if len(several) > 1:
        raise _which(several, where)
    if not several:
        kinds = Counter(KINDS[path.suffix.lower()] for path in paths)
        if len(kinds) > 1:
            raise _which([[path for path in paths if KINDS[path.suffix.lower()] == kind] for kind in kinds], where)
        ordered = _given(paths)
        notes = ["File names have no number that orders them: they are taken alphabetically."] if len(paths) > 1 else []
        return FrameList(ordered.paths, ordered.numbers, ordered.notes if ordered.numbers else notes)
    numbers = numbers_of([_key(path, paths) for path in several[0]], signed)
    if len(numbers[0]) > 1 and restarts(numbers):
        raise _which(_by_first(several[0], numbers), where)
    others = [path.name for path in paths if path not in several[0]]
    notes = []
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        notes = [f"Left out, since their names are of another kind than the others: {', '.join(others[:3])}{more}."]
    ordered = sorted(zip(numbers, several[0], strict=True), key=lambda pair: pair[0])
    _check_different([number for number, _ in ordered], [path for _, path in ordered])
    single = all(len(number) == 1 for number in numbers)
    return FrameList([path for _, path in ordered], [number[0] for number, _ in ordered] if single else None, notes)


def _given(paths: list[Path]) -> FrameList:
    """Files that were named one by one: by number where their names have one each, else as they are."""
    for path in paths:
        if path.suffix.lower() in FOREIGN:
            raise _foreign(path)
        if path.suffix.lower() not in KINDS:
            raise MeshError(f"{path} is no mesh file known here: give {', '.join(KINDS)}.")
    notes = []
    kinds = Counter(KINDS[path.suffix.lower()] for path in paths)
    keys = [_key(path, paths) for path in paths]
    if len(set(paths)) < len(paths):
        # Whoever names a file twice means the order.
        return FrameList(paths, None, [])
    numbers = numbers_of(keys, SignedNames(keys))
    if len(kinds) > 1:
        if numbers is None or len(set(numbers)) < len(numbers):
            raise _which([[path for path in paths if KINDS[path.suffix.lower()] == kind] for kind in kinds], "The list")
        notes.append(f"The frames are of {' and '.join(kinds)}: glTF is turned Z up, the others are taken as they are.")
    if numbers is None:
        if len(paths) > 1:
            notes.append("File names have no number that orders them: they are taken in the order given.")
        return FrameList(paths, None, notes)
    if len(numbers[0]) > 1 and restarts(numbers):
        raise _which(_by_first(paths, numbers), "The list")
    order = sorted(range(len(paths)), key=lambda place: numbers[place])
    _check_different([numbers[place] for place in order], [paths[place] for place in order])
    if order != list(range(len(paths))):
        first, last = paths[order[0]].name, paths[order[-1]].name
        notes.append(f"Frames are taken in the order of their numbers, {first} to {last}, not in the order given.")
    single = all(len(number) == 1 for number in numbers)
    return FrameList([paths[place] for place in order], [numbers[place][0] for place in order] if single else None, notes)


def _check_different(numbers: list[tuple[Fraction, ...]], paths: list[Path]) -> None:
    """Raises MeshError where two of the numbers, which are in their order, are the same."""
    for before, after, one, two in zip(numbers[:-1], numbers[1:], paths[:-1], paths[1:], strict=True):
        if before == after:
            raise MeshError(f"{one.name} and {two.name} have the same number: give the files of one sequence.")


def _key(path: Path, paths: list[Path]) -> str:
    """What may hold a path's number: its name without the ending, and the folders where files are in several."""
    if len({other.parent for other in paths}) == 1:
        return path.stem
    return str(path.with_suffix(""))


def _by_first(paths: list[Path], numbers: list[tuple[Fraction, ...]]) -> list[list[Path]]:
    groups: dict[Fraction, list[Path]] = {}
    for path, number in zip(paths, numbers, strict=True):
        groups.setdefault(number[0], []).append(path)
    return list(groups.values())


def _which(groups: list[list[Path]], where: str) -> MeshError:
    described = []
    for group in groups[:3]:
        described.append(f"{_common_start(group)}*{group[0].suffix} ({len(group)} files)")
    return MeshError(
        f"{where} holds more than one sequence, {', '.join(described)}: name one of them, as a list of files or as a pattern "
        "in quotes."
    )


def _common_start(paths: list[Path]) -> str:
    """What the names begin with, without a number that is cut in the middle."""
    start = os.path.commonprefix([path.stem for path in paths])
    return start.rstrip("0123456789-") if len(paths) > 1 else start


def _foreign(path: Path) -> MeshError:
    kind = FOREIGN[path.suffix.lower()]
    return MeshError(
        f"{path.name} is a file of {kind}, which only Blender opens: open it there, select what moves and choose Object > Mesh "
        "Sequence to One Mesh of MAV3D, or export it as Wavefront OBJ with Animation on."
    )


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The greatest step that goes into both."""
    while other:
        one, other = other, one % other
    return one
