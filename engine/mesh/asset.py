"""Writes the asset folder that Blender's side reads: asset.json, meshes, textures, previews."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np

from engine.mesh.surface import Mesh

FORMAT = 1


@dataclass(frozen=True)
class TexturedMesh:
    """uv float32 [triangles, 3, 2], origin bottom left; albedo sRGB uint8 [height, width, 3], row 0 at the top."""

    mesh: Mesh
    uv: np.ndarray
    albedo: np.ndarray


def write_asset(folder: Path, frames: list[TexturedMesh], preview: np.ndarray, about: dict[str, Any]) -> None:
    """Writes one mesh and one texture a frame (topology "per-frame") into a new `folder`, replacing an older one whole.

    preview: uint8 frames [frames, height, width, 3] for preview.png (the middle one) and preview.mp4.
    about: the other entries of asset.json (prompt, seed, preset, quality, models, engine, job, fps, loop, metrics).
    """
    work = folder.with_name(folder.name + ".part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for number, frame in enumerate(frames, 1):
        np.savez_compressed(
            work / f"frame_{number:04d}.npz", vertices=frame.mesh.vertices, triangles=frame.mesh.triangles, uv=frame.uv
        )
        imageio.imwrite(work / f"albedo_{number:04d}.png", frame.albedo)
    imageio.imwrite(work / "preview.png", preview[len(preview) // 2])
    imageio.imwrite(work / "preview.mp4", preview, fps=about["fps"], codec="libx264", macro_block_size=2)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(work.iterdir())}
    record = {"format": FORMAT, **about, "frames": len(frames), "topology": "per-frame", "texture": "per-frame", "files": files}
    (work / "asset.json").write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    work.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
