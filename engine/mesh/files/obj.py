"""Wavefront OBJ and its materials.

Own code: trimesh drops what this project has to say or keep: vertex colours beside texture coordinates, materials without a
picture, the names of files that are missing, colours of a few vertices alone, relative indices, and the byte order marks, line
ends and decimal commas that other programs write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.mesh.files.frame import Faces, MeshError, RawMesh
from engine.mesh.files.paint import Paint, coordinates
from engine.mesh.files.pictures import Pictures, find_beside
from engine.mesh.files.polygons import triangulated

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# What the lines of such a file begin with; those of surfaces without polygons are among them.
STATEMENTS = {"v", "vt", "vn", "vp", "f", "fo", "l", "p", "o", "g", "s", "mg", "mtllib", "usemtl", "#", "deg", "cstype", "curv",
              "surf", "parm", "end"}  # fmt: skip
CURVED = {"curv", "curv2", "surf"}
# How many values the options of a texture's line take.
OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-bm": 1, "-cc": 1, "-clamp": 1, "-imfchan": 1, "-mm": 2, "-o": 3, "-s": 3,
           "-t": 3, "-texres": 1, "-type": 1, "-colorspace": 1}  # fmt: skip


@dataclass
class _Material:
    colour: np.ndarray | None = None
    picture: str = ""
    glows: bool = False


@dataclass
class _Statements:
    """What the lines say: vertices with their colours (NaN where one has none), texture coordinates, and of every face its
    corners' indices, from 0, -1 for no texture coordinate, and its material."""

    vertices: list[list[float]] = field(default_factory=list)
    uv: list[list[float]] = field(default_factory=list)
    corners: list[int] = field(default_factory=list)
    uv_corners: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)


def read_obj(path: Path, name: str, pictures: Pictures) -> RawMesh:
    """Polygons, vertex colours, and materials' colours and pictures. Raises MeshError naming the line that can't be read."""
    text = decoded(path.read_bytes())
    if "\0" in text:
        _refuse_zeros(text, name)
    said = _statements(text, name)
    if not said.counts and text.strip():
        keywords = {_keyword(line) for line in text.split("\n")}
        if not keywords & STATEMENTS:
            shown = text.strip().split("\n")[0][:40]
            raise MeshError(f"{name} is no Wavefront OBJ, which begins with {shown!r}: give another file, or export it anew.")
        if keywords & CURVED:
            raise MeshError(f"{name} holds curved surfaces (NURBS) and no polygons: convert them to a mesh before the export.")
    vertices = np.array(said.vertices, np.float64).reshape(-1, 6)
    corners, uv_corners = np.array(said.corners, np.int64), np.array(said.uv_corners, np.int64)
    if len(corners) and not (0 <= corners.min() and corners.max() < len(vertices)):
        wrong = corners[(corners < 0) | (corners >= len(vertices))][0] + 1
        raise MeshError(
            f"{name} has faces that point outside its {len(vertices)} vertices, such as to number {wrong}: export it anew, it "
            "is damaged."
        )
    counts = np.array(said.counts, np.int64)
    places, owner = triangulated(vertices[:, :3], corners, counts)
    triangles = corners[places] if len(places) else np.zeros((0, 3), np.int64)
    uv_corners = uv_corners[places] if len(places) else triangles
    inside = (uv_corners >= 0) & (uv_corners < len(said.uv))
    known = coordinates(np.array(said.uv).reshape(-1, 2))
    uv = np.where(inside[..., None], known[np.where(inside, uv_corners, 0)], 0.0) if said.uv else np.zeros((*inside.shape, 2))
    paint, losses = _paint(said, vertices[:, 3:], triangles, uv, inside, owner, path, pictures)
    faces = Faces(corners, counts, places, owner)
    return RawMesh(vertices[:, :3], triangles, paint, tuple(losses), uv if inside.all() else None, faces)


def _refuse_zeros(text: str, name: str) -> None:
    """Raises MeshError for text with zero bytes: another kind of file, or one whose writing was cut off."""
    before = text[: text.index("\0")]
    if any(_keyword(line) in STATEMENTS - {"#"} for line in before.split("\n")):
        raise MeshError(f"{name} has zero bytes from line {before.count(chr(10)) + 1} on: export it anew, it is damaged.")
    raise MeshError(
        f"{name} is no Wavefront OBJ but binary data, such as a compiler's object file: give another file, or export it anew."
    )


def decoded(content: bytes) -> str:
    """A text file's text, whatever its encoding, byte order mark and line ends; bytes that are no UTF-8 are read as Latin-1."""
    content = _marked(content)
    for mark, encoding in MARKS:
        if content.startswith(mark):
            text = content[len(mark) :].decode(encoding, "replace")
            break
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _marked(content: bytes) -> bytes:
    """With its byte order mark, where text of two bytes a letter lacks it: there every second one of its first bytes is 0."""
    first = content[:256]
    if len(first) >= 4:
        for zeros, letters, mark in ((first[1::2], first[::2], b"\xff\xfe"), (first[::2], first[1::2], b"\xfe\xff")):
            if not any(zeros) and all(letters):
                return mark + content
    return content


def number(token: str) -> float:
    """A number, also one with a decimal comma or a comma after it. Raises ValueError."""
    try:
        return float(token)
    except ValueError:
        return float(token.rstrip(",").replace(",", "."))


def _statements(text: str, name: str) -> _Statements:
    said, material = _Statements(), ""
    lines = text.replace("\\\n", " ").split("\n")
    for at, line in enumerate(lines, 1):
        keyword, _, rest = line.lstrip().partition(" ")
        if "\t" in keyword:
            keyword, _, rest = line.lstrip().partition("\t")
        try:
            if keyword == "v":
                said.vertices.append(_vertex([number(token) for token in rest.split("#")[0].split()]))
            elif keyword == "vt":
                values = [number(token) for token in rest.split("#")[0].split()]
                said.uv.append([values[0], values[1] if len(values) > 1 else 0.0])
            elif keyword in ("f", "fo"):
                _add_face(said, rest.split("#")[0].split(), material)
            elif keyword == "usemtl":
                material = rest.strip()
            elif keyword == "mtllib":
                said.libraries.append(rest.strip())
        except (ValueError, IndexError) as error:
            shown = line.strip()[:40]
            raise MeshError(f"{name} can't be read at line {at} ({shown!r}): export it anew, it is damaged.") from error
    return said


def _keyword(line: str) -> str:
    word = (line.split(None, 1) or [""])[0]
    return "#" if word.startswith("#") else word


def _vertex(values: list[float]) -> list[float]:
    """Position and colour: x y z, x y z w, x y z r g b, or x y z r g b a."""
    if len(values) < 3:
        raise ValueError("too few numbers")
    colour = values[3:6] if len(values) >= 6 else [np.nan] * 3
    return values[:3] + colour


def _add_face(said: _Statements, tokens: list[str], material: str) -> None:
    counts = len(said.vertices), len(said.uv)
    for token in tokens:
        first, _, rest = token.partition("/")
        second = rest.partition("/")[0]
        said.corners.append(_index(first, counts[0]))
        said.uv_corners.append(_index(second, counts[1]) if second else -1)
    said.counts.append(len(tokens))
    said.materials.append(material)


def _index(token: str, count: int) -> int:
    """From 0; negative numbers count back from the newest."""
    value = int(token)
    if value == 0 or count + value < 0:
        raise ValueError("no such index")
    # An index too large for an array is as wrong as one beyond the end.
    return min(value - 1, 2**62) if value > 0 else count + value


def _paint(
    said: _Statements, colours: np.ndarray, triangles: np.ndarray, uv: np.ndarray, inside: np.ndarray, owner: np.ndarray,
    path: Path, pictures: Pictures,
) -> tuple[Paint | None, list[str]]:  # fmt: skip
    """The triangles' colours, and what is lost of them. uv: of their corners, [T, 3, 2]; inside: which have some, [T, 3]."""
    names, losses = sorted(set(said.materials)), []
    materials = _materials(said.libraries, path.parent, losses)
    unknown = [name for name in names if name and name not in materials]
    if unknown and materials:
        losses.append(f"the material {unknown[0]} is in no material file and counts as white")
    coloured = np.isfinite(colours).all(1)
    with np.errstate(invalid="ignore"):
        colours = colours / (255 if coloured.any() and colours[coloured].max() > 1 else 1)
    tint = np.where(coloured[:, None], colours, 1.0).clip(0, 1)[triangles]
    image, images = np.full(len(triangles), -1), []
    known = bool(coloured.any())
    of_triangle = np.array([names.index(name) for name in said.materials], np.int64)[owner] if names else owner
    for number_, name in enumerate(names):
        material, here = materials.get(name), of_triangle == number_
        if material is None or not here.any():
            continue
        pixels, seen = None, here & inside.all(1)
        if material.picture and not seen.any():
            losses.append(f"the picture {material.picture} has no texture coordinates to lie by and is left out")
        elif material.picture:
            try:
                pixels = pictures.beside(material.picture, path.parent)
            except ValueError as error:
                own = "its vertices' colors are used"
                plain = "its material's plain color is used" if material.colour is not None else "its material has no color"
                losses.append(f"{error}, {own if coloured.any() else plain}")
        if pixels is not None:
            image[seen] = len(images)
            images.append(pixels)
            # As viewers have it: the picture takes the place of vertex colours.
            tint[seen] = 1
            known = True
        elif material.colour is not None and not coloured.any():
            tint[here] = material.colour
            known = True
        if material.glows:
            losses.append(f"the light that the material {name} gives off is left out")
    return (Paint(tint, uv, image, images) if known else None), losses


def _materials(libraries: list[str], folder: Path, losses: list[str]) -> dict[str, _Material]:
    found: dict[str, _Material] = {}
    for line in dict.fromkeys(libraries):
        # One name with spaces, or several without.
        for name in [line] if find_beside(line, folder) else line.split():
            path = find_beside(name, folder)
            try:
                found |= _library(decoded(path.read_bytes()), name, losses) if path else {}
                if path is None:
                    losses.append(f"the material file {name} is missing, and its colors with it")
            except OSError as error:
                losses.append(f"the material file {name} can't be read ({error.strerror or error}), and its colors are lost")
    return found


def _library(text: str, name: str, losses: list[str]) -> dict[str, _Material]:
    materials, material = {}, _Material()
    for at, line in enumerate(text.split("\n"), 1):
        keyword, *values = line.split(None, 1)[:2] or [""]
        rest = values[0].strip() if values else ""
        if keyword.lower() == "newmtl":
            material = materials.setdefault(rest, _Material())
        elif keyword.lower() == "kd":
            try:
                material.colour = _colour([number(token) for token in rest.split("#")[0].split()[:3]])
            except ValueError:
                losses.append(f"the color in line {at} of the material file {name} ({rest[:30]!r}) can't be read")
        elif keyword.lower() == "map_kd":
            material.picture = _picture_name(rest)
        elif keyword.lower() in ("ke", "map_ke"):
            material.glows |= keyword.lower() == "map_ke" or bool(re.search("[1-9]", rest))
    return materials


def _colour(values: list[float]) -> np.ndarray:
    """Of one number for grey, or three; of those beyond 1, which are bytes, shares. Raises ValueError where there is none."""
    if not values:
        raise ValueError("no number")
    if not np.isfinite(values).all():
        raise ValueError("not finite")
    colour = np.resize(values, 3)
    return np.clip(colour / (255 if 1 < colour.max() <= 255 else 1), 0, 1)


def _picture_name(rest: str) -> str:
    """The name in a texture's line, without the options before it; names may have spaces."""
    tokens = rest.split(" ")
    while tokens and tokens[0].lower() in OPTIONS:
        del tokens[: 1 + OPTIONS[tokens[0].lower()]]
    return " ".join(tokens).strip()
