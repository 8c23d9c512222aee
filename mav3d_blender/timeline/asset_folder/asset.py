"""Reads an asset folder and checks everything before any of it is used."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .archive import AssetError, Shapes, has_array, read_arrays, read_shapes
from .rig import Rig, read_rig

# 2 has rigs, and 1 nothing that 2 has not.
FORMATS = (1, 2)
MAX_FRAMES = 2000
MAX_VERTICES = 2_000_000
MAX_TRIANGLES = 2 * MAX_VERTICES
MAX_MESHES = 4 * 2**30  # all arrays of an asset together, unpacked
MAX_SIDE = 16384  # of a texture, pixels
MAX_COORDINATE = 1e30  # of an object's place, metres
MAX_TIMELINE = 1_000_000  # frames that Blender's timeline reaches, about
PNG = b"\x89PNG\r\n\x1a\n"
DTYPES = {"vertices": np.float32, "triangles": np.int32, "uv": np.float32}
POLYGON_DTYPES = {"corners": np.int32, "counts": np.int32, "corner_uv": np.float32}


@dataclass(frozen=True)
class Polygons:
    """Faces that triangles were cut from: corners int32 [C], their vertices one after the other; counts int32 [P], how many
    each has; uv float32 [C, 2]."""

    corners: np.ndarray
    counts: np.ndarray
    uv: np.ndarray


@dataclass(frozen=True)
class FrameMesh:
    """vertices float32 [vertices, 3] in metres, triangles int32 [triangles, 3], uv float32 [triangles, 3, 2]; polygons: the
    faces, where these are no triangles."""

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    polygons: Polygons | None = None


@dataclass(frozen=True)
class MovingMesh:
    """Fixed topology: positions float32 [frames, vertices, 3] in metres; triangles, uv and polygons, as in FrameMesh, of all
    frames."""

    positions: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    polygons: Polygons | None = None

    def frame(self, index: int) -> FrameMesh:
        """The mesh at one frame, from 0; nothing is copied."""
        return FrameMesh(self.positions[index], self.triangles, self.uv, self.polygons)


@dataclass(frozen=True)
class Asset:
    """meshes: one for all frames (topology "rigged" or "fixed") or one a frame. textures: one path for all frames, or one a
    frame. rig: what moves a rigged mesh; where its vertices are elsewhere in a frame, shape keys correct it."""

    folder: Path
    about: dict[str, Any]
    meshes: MovingMesh | list[FrameMesh]
    textures: list[Path]
    rig: Rig | None = None

    @property
    def prompt(self) -> str:
        return self.about["prompt"]

    @property
    def fps(self) -> float:
        return self.about["fps"]

    @property
    def frames(self) -> int:
        return self.about["frames"]

    @property
    def origin(self) -> tuple[float, float, float]:
        """The place that the meshes are about, metres: where their object belongs."""
        return tuple(self.about.get("origin", (0.0, 0.0, 0.0)))

    @property
    def first_number(self) -> int | None:
        """The number that the first frame had in the sequence that the asset came of; None where there were none, or none that
        a timeline has."""
        numbers = self.about.get("frame_numbers")
        if not numbers or not all(float(each).is_integer() and abs(each) <= MAX_TIMELINE for each in (numbers[0], numbers[-1])):
            return None
        return int(numbers[0])

    @property
    def number_step(self) -> int:
        """How far the frames' numbers are apart; 1 where they have none, or go by no even steps."""
        numbers = self.about.get("frame_numbers") or []
        steps = {after - before for before, after in zip(numbers[:-1], numbers[1:], strict=True)}
        step = steps.pop() if len(steps) == 1 else 1
        return int(step) if self.first_number is not None and step >= 1 and float(step).is_integer() else 1


def read_asset(folder: Path) -> Asset:
    """Reads asset.json and the meshes, and checks the textures. Raises AssetError naming what is wrong."""
    about = _read_about(folder)
    numbers = range(1, about["frames"] + 1)
    textures = [folder / (f"albedo_{n:04d}.png" if about["texture"] == "per-frame" else "albedo.png") for n in numbers]
    textures = list(dict.fromkeys(textures))
    for texture in textures:
        _check_texture(texture)
    path = folder / "mesh.npz"
    if about["topology"] == "fixed":
        return Asset(folder, about, _read_moving_mesh(path, about["frames"], DTYPES), textures)
    if about["topology"] == "rigged":
        mesh = _read_moving_mesh(path, about["frames"], DTYPES | {"rest": np.float32})
        rig = read_rig(folder / "rig.npz", about["frames"], read_arrays(path, ["rest"])[0])
        return Asset(folder, about, mesh, textures, rig)
    return Asset(folder, about, _read_frames([folder / f"frame_{n:04d}.npz" for n in numbers]), textures)


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / "asset.json"
    try:
        about = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise AssetError(f"{folder} is no asset folder: asset.json is missing.") from error
    except (ValueError, OSError) as error:
        raise AssetError(f"{path} can't be read ({error}).") from error
    if not isinstance(about, dict) or about.get("format") not in FORMATS:
        known = " or ".join(map(str, FORMATS))
        raise AssetError(f"{path} is not of format {known}: update the extension or generate the asset again.")
    frames, fps = about.get("frames"), about.get("fps")
    wrong = []
    if not isinstance(frames, int) or not 1 <= frames <= MAX_FRAMES:
        wrong.append("frames")
    if not isinstance(fps, int | float) or not 0 < fps <= 1000:
        wrong.append("fps")
    if about.get("topology") not in ("rigged", "fixed", "per-frame") or about["format"] == 1 and about["topology"] == "rigged":
        wrong.append("topology")
    if about.get("texture") not in ("one", "per-frame"):
        wrong.append("texture")
    if not isinstance(about.get("prompt"), str):
        wrong.append("prompt")
    if not _is_place(about.get("origin", [0, 0, 0])):
        wrong.append("origin")
    if "frame_numbers" in about and not _are_numbers(about["frame_numbers"], frames):
        wrong.append("frame_numbers")
    if wrong:
        raise AssetError(f"{path} has no valid {', '.join(wrong)}: generate the asset again.")
    return about


def _is_place(value: Any) -> bool:
    """Whether it is three numbers that Blender can place an object at."""
    if not isinstance(value, list) or len(value) != 3:
        return False
    return all(_is_number(v) and abs(v) <= MAX_COORDINATE for v in value)


def _are_numbers(values: Any, frames: Any) -> bool:
    """Whether they are the numbers of so many frames."""
    return isinstance(values, list) and len(values) == frames and all(map(_is_number, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _check_texture(path: Path) -> None:
    if not path.is_file():
        raise AssetError(f"{path} is missing: generate the asset again.")
    with path.open("rb") as file:
        head = file.read(24)
    if len(head) < 24 or head[:8] != PNG:
        raise AssetError(f"{path} is no PNG picture: generate the asset again.")
    width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise AssetError(f"{path} has {width} x {height} pixels, where {MAX_SIDE} a side is the most.")


def _read_moving_mesh(path: Path, frames: int, dtypes: dict[str, type]) -> MovingMesh:
    shapes = _read_shapes(path, dtypes)
    if len(shapes["vertices"]) != 3 or shapes["vertices"][0] != frames:
        raise AssetError(f"{path} has vertices of shape {shapes['vertices']}, where {frames} frames of points belong.")
    _check_size(path.parent, [shapes])
    return MovingMesh(*_read_mesh(path), _read_polygons(path, shapes["vertices"][1]))


def _read_polygons(path: Path, vertices: int) -> Polygons | None:
    """The faces of a mesh that has other ones than triangles."""
    if not has_array(path, "corners"):
        return None
    shapes = read_shapes(path, POLYGON_DTYPES)
    corners, counts, uv = (shapes[name] for name in POLYGON_DTYPES)
    if len(corners) != 1 or len(counts) != 1 or uv != (*corners, 2) or not 3 <= corners[0] <= 3 * MAX_TRIANGLES:
        raise AssetError(f"{path} has polygons of the wrong kind, shapes {corners}, {counts} and {uv}.")
    faces = Polygons(*read_arrays(path, list(POLYGON_DTYPES)))
    if len(faces.counts) == 0 or faces.counts.min() < 3 or faces.counts.sum(dtype=np.int64) != len(faces.corners):
        raise AssetError(f"{path} has polygons whose corners don't add up.")
    if faces.corners.min() < 0 or faces.corners.max() >= vertices:
        raise AssetError(f"{path} has polygons that point outside its {vertices} vertices.")
    return faces


def _read_frames(paths: list[Path]) -> list[FrameMesh]:
    sizes = []
    for path in paths:
        sizes.append(_read_shapes(path))
        if len(sizes[-1]["vertices"]) != 2:
            raise AssetError(f"{path} has vertices of shape {sizes[-1]['vertices']}, where one frame's points belong.")
    _check_size(paths[0].parent, sizes)
    return [FrameMesh(*_read_mesh(path)) for path in paths]


def _read_shapes(path: Path, dtypes: dict[str, type] = DTYPES) -> Shapes:
    """The shapes of a mesh's arrays."""
    shapes = read_shapes(path, dtypes)
    vertices, triangles, uv = (shapes[name] for name in DTYPES)
    if len(vertices) not in (2, 3) or vertices[-1] != 3 or not 1 <= vertices[-2] <= MAX_VERTICES:
        raise AssetError(f"{path} has vertices of the wrong kind, shape {vertices}.")
    if len(triangles) != 2 or triangles[1] != 3 or not 1 <= triangles[0] <= MAX_TRIANGLES:
        raise AssetError(f"{path} has triangles of the wrong kind, shape {triangles}.")
    if uv != (triangles[0], 3, 2):
        raise AssetError(f"{path} has uv of the wrong kind, shape {uv}.")
    if "rest" in shapes and shapes["rest"] != vertices[-2:]:
        raise AssetError(f"{path} has rest of the wrong kind, shape {shapes['rest']}.")
    return shapes


def _check_size(folder: Path, meshes: list[Shapes]) -> None:
    # All three kinds of array take four bytes an item.
    size = sum(4 * math.prod(shape) for shapes in meshes for shape in shapes.values())
    if size > MAX_MESHES:
        raise AssetError(f"{folder} has meshes of {size // 2**20} MB, where {MAX_MESHES // 2**20} MB is the most.")


def _read_mesh(path: Path) -> list[np.ndarray]:
    vertices, triangles, uv = read_arrays(path, list(DTYPES))
    count = vertices.shape[-2]
    if triangles.min() < 0 or triangles.max() >= count:
        raise AssetError(f"{path} has triangles that point outside its {count} vertices.")
    return [vertices, triangles, uv]
