"""What a frame shows, as coloured triangles, whatever it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from engine.contract.errors import EngineError


class EvaluationError(EngineError):
    kind = "evaluation"


@dataclass(frozen=True)
class TriangleSoup:
    """triangles [T, 3, 3] in metres, wound counter-clockwise seen from outside; colours at their centres, sRGB [T, 3]."""

    triangles: np.ndarray
    colours: np.ndarray

    @property
    def areas(self) -> np.ndarray:
        """Square metres, [T]."""
        a, b, c = self.triangles[:, 0], self.triangles[:, 1], self.triangles[:, 2]
        return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def read_soups(asset: Path) -> list[TriangleSoup]:
    """Every frame of an asset folder. Raises EvaluationError where it can't be read."""
    try:
        about = json.loads((asset / "asset.json").read_text("utf-8"))
        return [_read_frame(asset, about, number) for number in range(1, about["frames"] + 1)]
    except (OSError, ValueError, KeyError) as error:
        raise EvaluationError(f"The asset in {asset} can't be read ({error}): export it again.") from error


def texel_colours(picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """picture [height, width, 3], row 0 at the bottom, at uv [N, 2] -> [N, 3]; repeats beyond [0, 1]."""
    column, row = (uv % 1 * (picture.shape[1], picture.shape[0])).astype(int).T
    return picture[row, column]


def _read_frame(asset: Path, about: dict, number: int) -> TriangleSoup:
    fixed = about["topology"] != "per-frame"
    with np.load(asset / ("mesh.npz" if fixed else f"frame_{number:04d}.npz"), allow_pickle=False) as arrays:
        vertices, triangles, uv = arrays["vertices"], arrays["triangles"], arrays["uv"]
    if fixed:
        vertices = vertices[number - 1]
    texture = "albedo.png" if about["texture"] == "one" else f"albedo_{number:04d}.png"
    picture = imageio.imread(asset / texture)[::-1, :, :3] / 255
    return TriangleSoup(vertices[triangles], texel_colours(picture, uv.mean(1)))
