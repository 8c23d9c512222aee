"""What a user asks for when meshes are to become one mesh that moves, and the files that Blender writes them to.

Mesh frames are .npz files, one a frame, `frame_name` of its number, read without pickle:

    vertices    float [V, 3], Z up
    corners     int32 [C], the polygons' vertices one after the other; counts  int32 [P], how many each has
    uv          float32 [C, 2], origin bottom left; colours  float32 [C, 3], sRGB; both may be missing
    material    int32 [P], a number in MATERIALS beside, a JSON list of {"colour": [r, g, b] in sRGB or null, "picture": the
                name of a file or null}; may be missing
    faces_of    the name of an earlier frame beside, which has everything but the vertices

Frames of an asset folder are read as well: vertices, triangles int32 [T, 3], uv float32 [T, 3, 2], and albedo.png or
albedo_0001.png beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RequestError
from .request import check_choice, check_integer, check_names, check_number

GAPS = ("interpolate", "hold", "close")
EMPTY_FRAMES = ("refuse", "skip", "hold")
MATERIALS = "materials.json"
MAX_NAME = 200


@dataclass(frozen=True)
class TrackRequest:
    """meshes: files, a folder, a pattern, or one file that moves. output: the asset folder to write; overwrite: whether one
    there is replaced; name: what it is called, its folder's name if left out. reference: number of the frame whose mesh is
    followed, from 1; None to find it. triangles: about so many even ones, which are followed in any case; None for the meshes'
    own. texture: pixels a side. fps: frames a second, None for the file's own. gaps: what becomes of missing frame numbers;
    empty_frames: of frames without a surface; animation: the name of a moving file's. rig: whether bones that move it are found
    as well; bones: at most so many, None for as many as the motion needs."""

    meshes: list[Path]
    output: Path
    reference: int | None = None
    triangles: int | None = None
    texture: int = 512
    fps: float | None = None
    gaps: str = "interpolate"
    empty_frames: str = "refuse"
    animation: str | None = None
    rig: bool = False
    bones: int | None = None
    overwrite: bool = False
    name: str | None = None

    @classmethod
    def checked(cls, values: dict[str, Any]) -> TrackRequest:
        """A request from plain values; paths may be texts. Raises RequestError with one sentence."""
        check_names(cls, values)
        values = {name: value for name, value in values.items() if value is not None}
        meshes, output = values.get("meshes"), values.get("output")
        if not isinstance(meshes, list) or not meshes or not all(map(is_path, meshes)) or not is_path(output):
            raise RequestError("meshes have to be a list of paths, and output a path.")
        limits = (("texture", 16, 8192), ("triangles", 20, 1_000_000), ("bones", 1, 256), ("reference", 1, 1_000_000))
        for name, low, high in limits:
            if name in values:
                check_integer(name, values[name], low, high)
        if "fps" in values:
            check_number("fps", values["fps"], 1, 120)
        check_choice("way with gaps", values.get("gaps", GAPS[0]), GAPS)
        check_choice("way with empty frames", values.get("empty_frames", EMPTY_FRAMES[0]), EMPTY_FRAMES)
        for name in ("animation", "name"):
            if not isinstance(values.get(name, ""), str) or len(values.get(name, "")) > MAX_NAME:
                raise RequestError(f"{name} has to be a text of {MAX_NAME} characters or fewer.")
        for name in ("rig", "overwrite"):
            if not isinstance(values.get(name, False), bool):
                raise RequestError(f"{name} is {values[name]!r}: give true or false.")
        return cls(**values | {"meshes": [Path(each) for each in meshes], "output": Path(output)})


def frame_name(number: int) -> str:
    """The file of a frame, which sorts and reads as its number: frame_0012.npz, frame_-0003.npz."""
    return f"frame_{'-' if number < 0 else ''}{abs(number):04d}.npz"


def is_path(value: Any) -> bool:
    """Whether a value can be the path of a file or folder."""
    return isinstance(value, Path) or isinstance(value, str) and bool(value.strip()) and "\0" not in value
