"""Mesh frames as Blender's side writes them, and those of an asset folder: see `engine.contract.track`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from engine.contract.track import MATERIALS
from engine.mesh.files.frame import Faces, MeshError, RawMesh
from engine.mesh.files.paint import Paint, coordinates
from engine.mesh.files.pictures import Pictures
from engine.mesh.files.polygons import triangulated

MAX_VALUES, MAX_MATERIALS = 2**28, 4096


def read_mesh_frame(path: Path, name: str, pictures: Pictures) -> RawMesh:
    """Polygons or triangles with their colours, materials and pictures. name: for sentences. Raises MeshError."""
    try:
        arrays = _arrays(path)
        if "faces_of" in arrays:
            other = str(arrays["faces_of"])
            if Path(other).name != other or other == path.name:
                raise ValueError(f"it has the faces of {other[:60]!r}, which is no frame beside")
            if not (path.parent / other).is_file():
                raise MeshError(f"{name} needs {other} beside it, which is missing: put it back, or write the frames again.")
            arrays = _arrays(path.parent / other) | {"vertices": arrays["vertices"]}
        vertices = _array(arrays, "vertices", "f", 3).astype(np.float64)
        if "triangles" in arrays:
            return _asset_frame(path, vertices, arrays, pictures)
        return _polygons(path, vertices, arrays, pictures)
    except (MeshError, MemoryError):
        raise
    except Exception as error:
        # Archives and the arrays in them fail in many ways.
        text = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        if "pickle" in text:
            text = "it holds objects of a program, which are never loaded, where there should be numbers"
        raise MeshError(f"{name} can't be read ({text}): write the frames again, it is damaged.") from error


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file, whose sizes are looked at before they are unpacked."""
    with np.load(path, allow_pickle=False) as file:
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("it is no .npz")
        total = sum(item.file_size for item in file.zip.infolist())
        if total > 8 * MAX_VALUES:
            raise ValueError(f"it unpacks to {total // 2**20} MB")
        return {name: file[name] for name in file.files}


def _array(arrays: dict[str, np.ndarray], name: str, kinds: str, *shape: int) -> np.ndarray:
    """One of the arrays, [N, …shape]. Raises ValueError where it is missing or of another kind."""
    if name not in arrays:
        raise ValueError(f"its {name} are missing")
    array = arrays[name]
    if array.dtype.kind not in kinds or array.shape[1:] != shape or array.ndim != 1 + len(shape):
        raise ValueError(f"its {name} are of the wrong kind, {array.dtype} {list(array.shape)}")
    return array


def _polygons(path: Path, vertices: np.ndarray, arrays: dict[str, np.ndarray], pictures: Pictures) -> RawMesh:
    corners, counts = (_array(arrays, key, "iu").astype(np.int64) for key in ("corners", "counts"))
    if (counts < 0).any() or counts.sum() != len(corners):
        raise ValueError(f"its {len(counts)} polygons have {counts.sum()} corners, and there are {len(corners)}")
    if len(corners) and not (0 <= corners.min() and corners.max() < len(vertices)):
        raise ValueError(f"its faces point outside its {len(vertices)} vertices")
    places, owner = triangulated(vertices, corners, counts)
    uv = colours = None
    if "uv" in arrays:
        uv = coordinates(_of(len(corners), _array(arrays, "uv", "f", 2), "uv"))[places]
    if "colours" in arrays:
        colours = np.nan_to_num(_of(len(corners), _array(arrays, "colours", "f", 3), "colours")).clip(0, 1)[places]
    losses: list[str] = []
    paint = None if colours is None else Paint.of_corners(colours.astype(np.float64))
    if "material" in arrays:
        material = _of(len(counts), _array(arrays, "material", "iu"), "material")[owner]
        paint = _painted(path.parent, material, colours, uv, len(places), pictures, losses)
    triangles = corners[places].reshape(-1, 3)
    return RawMesh(vertices, triangles, paint, tuple(losses), uv, Faces(corners, counts, places, owner), split=False)


def _painted(
    folder: Path, material: np.ndarray, colours: np.ndarray | None, uv: np.ndarray | None, count: int, pictures: Pictures,
    losses: list[str],
) -> Paint | None:  # fmt: skip
    """What materials give triangles: a picture, their own colours where the material has none, or its colour."""
    tint, image, images, known = np.ones((count, 3, 3)), np.full(count, -1), [], False
    materials = _materials(folder / MATERIALS)
    for number in np.unique(material):
        here = material == number
        entry = materials[number] if 0 <= number < len(materials) else {"colour": None, "picture": None}
        pixels = None
        if entry["picture"] is not None and uv is None:
            losses.append(f"the picture {entry['picture']} has no texture coordinates to lie by and is left out")
        elif entry["picture"] is not None:
            try:
                pixels = pictures.beside(entry["picture"], folder)
            except ValueError as error:
                losses.append(f"{error}, its material's plain color is used")
        if pixels is not None:
            image[here] = len(images)
            images.append(pixels)
        elif entry["colour"] is not None:
            tint[here] = entry["colour"]
        elif colours is not None:
            tint[here] = colours[here]
        else:
            continue
        known = True
    return Paint(tint, np.zeros((count, 3, 2)) if uv is None else uv, image, images) if known else None


def _materials(path: Path) -> list[dict[str, Any]]:
    """Raises ValueError where the file is missing or damaged."""
    if not path.is_file():
        raise ValueError(f"{path.name} beside it is missing")
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} beside it is damaged") from error
    if not isinstance(found, list) or len(found) > MAX_MATERIALS:
        raise ValueError(f"{path.name} beside it is no list of materials")
    return [_material(entry, path.name) for entry in found]


def _material(entry: Any, name: str) -> dict[str, Any]:
    colour, picture = (entry.get("colour"), entry.get("picture")) if isinstance(entry, dict) else (0, 0)
    if picture is not None and not isinstance(picture, str):
        raise ValueError(f"{name} beside it holds what is no material")
    if colour is not None:
        if not isinstance(colour, list) or len(colour) != 3 or not all(type(value) in (int, float) for value in colour):
            raise ValueError(f"{name} beside it holds a color that is none")
        colour = np.nan_to_num(np.array(colour, np.float64)).clip(0, 1)
    return {"colour": colour, "picture": picture}


def _asset_frame(path: Path, vertices: np.ndarray, arrays: dict[str, np.ndarray], pictures: Pictures) -> RawMesh:
    triangles = _array(arrays, "triangles", "iu", 3).astype(np.int64)
    if "uv" not in arrays:
        return RawMesh(vertices, triangles)
    uv = coordinates(_of(len(triangles), _array(arrays, "uv", "f", 3, 2), "uv").reshape(-1, 2)).reshape(-1, 3, 2)
    number = re.search(r"\d+$", path.stem)
    names = [f"albedo_{number[0]}.png"] if number else []
    picture = next((each for each in [*names, "albedo.png"] if (path.parent / each).is_file()), None)
    if picture is None:
        return RawMesh(vertices, triangles, None, (), uv)
    try:
        image = pictures.beside(picture, path.parent)
    except ValueError as error:
        return RawMesh(vertices, triangles, None, (f"{error}, and its colors are lost",), uv)
    return RawMesh(vertices, triangles, Paint(np.ones((len(uv), 3, 3)), uv, np.zeros(len(uv), int), [image]), (), uv)


def _of(count: int, array: np.ndarray, name: str) -> np.ndarray:
    if len(array) != count:
        raise ValueError(f"its {name} are {len(array)}, and {count} are needed")
    return array
