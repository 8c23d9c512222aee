"""Reads an asset folder and checks everything before any of it is used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
MOST_FRAMES = 2000
MOST_VERTICES = 2_000_000
LARGEST_FILE = 2**30


class AssetError(Exception):
    """What is wrong with an asset folder, in one sentence."""


@dataclass(frozen=True)
class FrameMesh:
    """vertices float32 [vertices, 3] in metres, triangles int32 [triangles, 3], uv float32 [triangles, 3, 2]."""

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray


@dataclass(frozen=True)
class Asset:
    """An asset folder with a mesh of its own in every frame. textures: one path for all frames, or one a frame."""

    folder: Path
    about: dict[str, Any]
    meshes: list[FrameMesh]
    textures: list[Path]

    @property
    def prompt(self) -> str:
        return self.about["prompt"]

    @property
    def fps(self) -> float:
        return self.about["fps"]


def read_asset(folder: Path) -> Asset:
    """Reads asset.json, the meshes and the names of the textures. Raises AssetError naming what is wrong."""
    about = _read_about(folder)
    frames = about["frames"]
    if about["topology"] != "per-frame":
        raise AssetError(f"{folder} has topology {about['topology']!r}, which this version can't show: update the extension.")
    meshes = [_read_mesh(folder / f"frame_{number:04d}.npz") for number in range(1, frames + 1)]
    names = ["albedo.png"] if about["texture"] == "one" else [f"albedo_{n:04d}.png" for n in range(1, frames + 1)]
    textures = [folder / name for name in names]
    for texture in textures:
        if not texture.is_file():
            raise AssetError(f"{texture} is missing: generate the asset again.")
    return Asset(folder, about, meshes, textures)


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / "asset.json"
    try:
        about = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise AssetError(f"{folder} is no asset folder: asset.json is missing.") from error
    except (ValueError, OSError) as error:
        raise AssetError(f"{path} can't be read ({error}).") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise AssetError(f"{path} is not of format {FORMAT}: update the extension or generate the asset again.")
    frames, fps = about.get("frames"), about.get("fps")
    wrong = []
    if not isinstance(frames, int) or not 1 <= frames <= MOST_FRAMES:
        wrong.append("frames")
    if not isinstance(fps, int | float) or not 0 < fps <= 1000:
        wrong.append("fps")
    if about.get("topology") not in ("fixed", "per-frame"):
        wrong.append("topology")
    if about.get("texture") not in ("one", "per-frame"):
        wrong.append("texture")
    if not isinstance(about.get("prompt"), str):
        wrong.append("prompt")
    if wrong:
        raise AssetError(f"{path} has no valid {', '.join(wrong)}: generate the asset again.")
    return about


def _read_mesh(path: Path) -> FrameMesh:
    if not path.is_file():
        raise AssetError(f"{path} is missing: generate the asset again.")
    if path.stat().st_size > LARGEST_FILE:
        raise AssetError(f"{path} is larger than {LARGEST_FILE // 2**20} MB, which no frame should be.")
    try:
        with np.load(path, allow_pickle=False) as file:
            vertices, triangles, uv = (np.ascontiguousarray(file[name]) for name in ("vertices", "triangles", "uv"))
    except Exception as error:
        raise AssetError(f"{path} can't be read ({error}): generate the asset again.") from error
    if vertices.dtype != np.float32 or vertices.ndim != 2 or vertices.shape[1] != 3 or len(vertices) > MOST_VERTICES:
        raise AssetError(f"{path} has vertices of the wrong kind, {vertices.dtype} {vertices.shape}.")
    if triangles.dtype != np.int32 or triangles.ndim != 2 or triangles.shape[1] != 3 or len(triangles) == 0:
        raise AssetError(f"{path} has triangles of the wrong kind, {triangles.dtype} {triangles.shape}.")
    if uv.dtype != np.float32 or uv.shape != (len(triangles), 3, 2):
        raise AssetError(f"{path} has uv of the wrong kind, {uv.dtype} {uv.shape}.")
    if not (np.isfinite(vertices).all() and np.isfinite(uv).all()):
        raise AssetError(f"{path} holds numbers that are not finite.")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise AssetError(f"{path} has triangles that point outside its {len(vertices)} vertices.")
    return FrameMesh(vertices, triangles, uv)
