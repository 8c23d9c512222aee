"""Stanford PLY, text and binary.

Own code: trimesh refuses binary files with polygons of several sizes, which is what Blender writes, and leaves vertex colours
out beside texture coordinates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.mesh.files.frame import Faces, MeshError, RawMesh
from engine.mesh.files.obj import number
from engine.mesh.files.paint import Paint, coordinates
from engine.mesh.files.pictures import Pictures
from engine.mesh.files.polygons import triangulated

TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4", "double": "f8",
    "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4", "float32": "f4",
    "float64": "f8", "int64": "i8", "uint64": "u8",
}  # fmt: skip
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
COLOURS = (("red", "green", "blue"), ("r", "g", "b"), ("diffuse_red", "diffuse_green", "diffuse_blue"))
COORDINATES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))
FACES = ("vertex_indices", "vertex_index")
MAX_HEADER = 2**16


@dataclass(frozen=True)
class _Property:
    """type: numpy's, without byte order; length: that of a list's length, empty for a single value."""

    name: str
    type: str
    length: str


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: list[_Property]


# An element's columns: values [count]; or of a list all values one after the other, and how many each has, [count].
_Columns = dict[str, np.ndarray | tuple[np.ndarray, np.ndarray]]


def read_ply(path: Path, name: str, pictures: Pictures) -> RawMesh:
    """Polygons, colours of vertices or faces, and a texture named in a comment. Raises MeshError."""
    content = path.read_bytes()
    try:
        order, elements, texture, body = _header(content)
        columns = _text(content[body:], elements) if order == "" else _binary(content[body:], elements, order)
        return _mesh(columns, texture, path, name, pictures)
    except (ValueError, KeyError, OverflowError) as error:
        raise MeshError(f"{name} can't be read ({error}): export it anew, it is damaged.") from error


def _header(content: bytes) -> tuple[str, list[_Element], str, int]:
    """Byte order ("" for text), the elements, the texture's name, and where the data begin."""
    ended = re.search(rb"end_header[ \t]*(\r\n|\n|\r)", content[:MAX_HEADER])
    if not re.match(rb"(\xef\xbb\xbf)?ply\s", content) or not ended:
        raise ValueError("it has no PLY header")
    order, elements, texture = None, [], ""
    for line in re.split(r"[\r\n]+", content[: ended.start()].decode("utf-8", "replace")):
        words = line.split()
        match words:
            case ["format", kind, *_] if kind in ORDERS:
                order = ORDERS[kind]
            case ["element", name, count]:
                elements.append(_Element(name, int(count), []))
                if elements[-1].count < 0:
                    raise ValueError(f"it has {count} of {name}")
            case ["property", "list", length, kind, name] if elements:
                elements[-1].properties.append(_Property(name, _type(kind), _type(length)))
            case ["property", kind, name] if elements:
                elements[-1].properties.append(_Property(name, _type(kind), ""))
            case ["comment", "TextureFile", *_]:
                texture = line.split(None, 2)[2]
    if order is None:
        raise ValueError("its format is none known here")
    return order, elements, texture, ended.end()


def _type(name: str) -> str:
    if name not in TYPES:
        raise ValueError(f"its header names a type {name!r} that PLY does not know")
    return TYPES[name]


def _binary(body: bytes, elements: list[_Element], order: str) -> dict[str, _Columns]:
    found, at = {}, 0
    for element in elements:
        if all(not item.length for item in element.properties):
            kind = np.dtype([(item.name, order + item.type) for item in element.properties])
            if len(body) - at < kind.itemsize * element.count:
                raise _cut_short(element, max(len(body) - at, 0) // max(kind.itemsize, 1))
            rows = np.frombuffer(body, kind, element.count, at)
            found[element.name] = {item.name: rows[item.name] for item in element.properties}
            at += kind.itemsize * element.count
        else:
            even = _even_lists(body, at, element, order)
            found[element.name], at = even if even is not None else _binary_lists(body, at, element, order)
    return found


def _even_lists(body: bytes, at: int, element: _Element, order: str) -> tuple[_Columns, int] | None:
    """Rows with one list that has the same length in all; None where they are not so."""
    items, listed = element.properties, [item for item in element.properties if item.length]
    before = sum(np.dtype(item.type).itemsize for item in items[: items.index(listed[0])])
    head = np.dtype(order + listed[0].length)
    if len(listed) > 1 or not element.count or at + before + head.itemsize > len(body):
        return None
    many = int(np.frombuffer(body, head, 1, at + before)[0])
    if not 0 < many <= len(body):
        return None
    fields = []
    for item in items:
        fields += [("", head), (item.name, order + item.type, (many,))] if item.length else [(item.name, order + item.type)]
    kind = np.dtype(fields)
    if at + kind.itemsize * element.count > len(body):
        return None
    rows = np.frombuffer(body, kind, element.count, at)
    if (rows[kind.names[items.index(listed[0])]] != many).any():
        return None
    counts = np.full(element.count, many, np.int64)
    columns = {item.name: (rows[item.name].reshape(-1), counts) if item.length else rows[item.name] for item in items}
    return columns, at + kind.itemsize * element.count


def _binary_lists(body: bytes, at: int, element: _Element, order: str) -> tuple[_Columns, int]:
    """Rows of lists whose lengths differ, walked one by one."""
    types = [(item, np.dtype(order + item.type), np.dtype(order + item.length) if item.length else None)
             for item in element.properties]  # fmt: skip
    parts: dict[str, list[bytes]] = {item.name: [] for item in element.properties}
    counts: dict[str, list[int]] = {item.name: [] for item in element.properties}
    lengths = {kind: int.from_bytes for kind in ("u1", "u2", "u4", "u8")}
    byteorder = "big" if order == ">" else "little"
    for row in range(element.count):
        for item, kind, length in types:
            many = 1
            if length is not None:
                head = body[at : at + length.itemsize]
                if len(head) < length.itemsize:
                    raise _cut_short(element, row)
                at += length.itemsize
                many = lengths[item.length](head, byteorder) if item.length in lengths else int(np.frombuffer(head, length)[0])
            end = at + many * kind.itemsize
            if many < 0 or end > len(body):
                raise _cut_short(element, row)
            parts[item.name].append(body[at:end])
            counts[item.name].append(many)
            at = end
    columns: _Columns = {}
    for item, kind, length in types:
        values = np.frombuffer(b"".join(parts[item.name]), kind)
        columns[item.name] = values if length is None else (values, np.array(counts[item.name], np.int64))
    return columns, at


def _text(body: bytes, elements: list[_Element]) -> dict[str, _Columns]:
    values = _numbers(body.decode("utf-8", "replace").split())
    found, at = {}, 0
    for element in elements:
        lists: dict[str, list[float]] = {item.name: [] for item in element.properties}
        counts: dict[str, list[int]] = {item.name: [] for item in element.properties}
        for row in range(element.count if element.properties else 0):
            for item in element.properties:
                many = 1
                if item.length and at < len(values):
                    many, at = int(values[at]), at + 1
                if many < 0 or at + many > len(values):
                    raise _cut_short(element, row)
                lists[item.name] += values[at : at + many]
                counts[item.name].append(many)
                at += many
        columns: _Columns = {}
        for item in element.properties:
            typed = _typed(lists[item.name], item)
            columns[item.name] = (typed, np.array(counts[item.name], np.int64)) if item.length else typed
        found[element.name] = columns
    return found


def _cut_short(element: _Element, row: int) -> ValueError:
    return ValueError(f"it ends, or goes wrong, after {row} of {element.count} of its element {element.name}")


def _numbers(tokens: list[str]) -> list[float]:
    try:
        return list(map(float, tokens))
    except ValueError:
        return [number(token) for token in tokens]


def _typed(values: list[float], item: _Property) -> np.ndarray:
    """Whole numbers of the property's type; others in double precision, since text often says more than its type."""
    array = np.array(values, np.float64)
    if item.type[0] == "f":
        return array
    limits = np.iinfo(item.type)
    if len(array) and not ((array == np.floor(array)) & (array >= limits.min) & (array <= limits.max)).all():
        raise ValueError(f"{item.name} holds what is no {item.type}")
    return array.astype(item.type)


def _mesh(elements: dict[str, _Columns], texture: str, path: Path, name: str, pictures: Pictures) -> RawMesh:
    points = elements.get("vertex", {})
    if points and not all(isinstance(points.get(axis), np.ndarray) for axis in "xyz"):
        raise ValueError("its vertices have no x, y and z")
    vertices = np.stack([points[axis].astype(np.float64) for axis in "xyz"], 1) if points else np.zeros((0, 3))
    faces = elements.get("face", {})
    if not faces and "tristrips" in elements:
        raise ValueError("it holds triangle strips, which few programs read")
    if not faces and "f_dc_0" in points:
        raise MeshError(f"{name} holds Gaussian splats, which have no surface: export a mesh of them.")
    listed = next((faces[key] for key in FACES if key in faces), (np.zeros(0, np.int64), np.zeros(0, np.int64)))
    corners, counts = listed[0].astype(np.int64), listed[1]
    if len(corners) and not (0 <= corners.min() and corners.max() < len(vertices)):
        raise ValueError(f"its faces point outside its {len(vertices)} vertices")
    places, owner = triangulated(vertices, corners, counts)
    triangles = corners[places] if len(places) else np.zeros((0, 3), np.int64)
    tint = _colours(points, triangles.reshape(-1)) if len(vertices) else None
    if tint is None:
        tint = _colours(faces, np.repeat(owner, 3))
    uv, losses, images = _coordinates(points, faces, triangles, places, counts), [], []
    if texture and uv is None:
        losses.append(f"the picture {texture} has no texture coordinates to lie by and is left out")
    elif texture:
        try:
            images = [pictures.beside(texture, path.parent)]
        except ValueError as error:
            losses.append(f"{error}, {'its vertices have no colors either' if tint is None else 'vertex colors are used'}")
    paint = None
    if tint is not None or images:
        # As viewers have it: a picture takes the place of vertex colours.
        tint = np.ones((len(triangles), 3, 3)) if tint is None or images else tint.reshape(-1, 3, 3)
        image = np.full(len(triangles), 0 if images else -1)
        paint = Paint(tint, np.zeros((*triangles.shape, 2)) if uv is None else uv, image, images)
    # Coordinates that belong to vertices make one of every seam's vertices two.
    split = True if uv is not None and not isinstance(faces.get("texcoord"), tuple) else None
    return RawMesh(vertices, triangles, paint, tuple(losses), uv, Faces(corners, counts, places, owner), split)


def _colours(columns: _Columns, rows: np.ndarray) -> np.ndarray | None:
    """Colours of rows [N], [N, 3] in [0, 1]; None where the element has none. Whole numbers are shares of their largest."""
    for names in COLOURS:
        if all(isinstance(columns.get(name), np.ndarray) for name in names):
            values = np.stack([columns[name] for name in names], 1)
            largest = 1.0
            if values.dtype.kind in "iu":
                largest = float(np.iinfo(values.dtype).max)
            elif len(values) and np.nanmax(values) > 1:
                # Some writers put bytes into floats.
                largest = 255.0 if np.nanmax(values) <= 255 else 65535.0
            return np.nan_to_num(values.astype(np.float64)[rows] / largest).clip(0, 1)
    return None


def _coordinates(
    points: _Columns, faces: _Columns, triangles: np.ndarray, places: np.ndarray, counts: np.ndarray
) -> np.ndarray | None:
    """Texture coordinates of the triangles' corners, [T, 3, 2]; None where there are none."""
    listed = faces.get("texcoord")
    if isinstance(listed, tuple) and np.array_equal(listed[1], 2 * counts):
        return coordinates(listed[0].reshape(-1, 2)[places])
    for names in COORDINATES:
        if all(isinstance(points.get(name), np.ndarray) for name in names):
            return coordinates(np.stack([points[name] for name in names], 1)[triangles])
    return None
