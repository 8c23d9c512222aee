"""From an optimised scene to the asset folder, and pictures of it on the way."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import torch

from engine import protocol
from engine.errors import EmptySceneError
from engine.guidance.presets import PRESETS
from engine.job import JobFolder, Progress
from engine.mesh.asset import TexturedMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.bake import bake
from engine.mesh.simplify import simplify, smooth
from engine.mesh.surface import density_grid, surface, volume
from engine.request import Request
from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.settings import MeshSettings, Quality
from engine.stages.scene import Scene
from engine.version import VERSION


def export_asset(
    scene: Scene,
    request: Request,
    quality: Quality,
    folder: JobFolder,
    emit: Callable[[dict[str, Any]], None],
    unfinished: Progress | None = None,
) -> None:
    """Meshes and textures every frame of the scene and writes the asset folder. Raises EmptySceneError if a frame is empty.

    unfinished: how far the optimisation had come, if it was stopped; the asset says so and the job does not count as finished.
    """
    times = ((torch.arange(request.frames) + 0.5) / request.frames).to(scene.device)
    occupancy = Occupancy(quality.field.occupancy)
    occupancy.update(scene.field, times)
    meshes, started, settings = [], time.monotonic(), quality.mesh
    for frame, moment in enumerate(times.tolist()):
        textured = mesh_frame(scene.field, occupancy, moment, frame, settings)
        if textured is None:
            raise EmptySceneError(
                f"Nothing solid formed in frame {frame + 1} of {request.frames}: try another seed, or a higher quality. "
                f"The scene is kept in {folder.path}."
            )
        meshes.append(textured)
        left = (time.monotonic() - started) / (frame + 1) * (request.frames - frame - 1)
        emit(protocol.progress("mesh", frame + 1, request.frames, left, {"triangles": float(len(textured.mesh.triangles))}))
    volumes = [volume(item.mesh) for item in meshes]
    preset = PRESETS[request.preset]
    about = {
        "prompt": request.prompt,
        "seed": request.seed,
        "preset": request.preset,
        "quality": request.quality,
        "models": {role: f"{preset.name}/{role}" for role in ("image", "video", "upscale")},
        "engine": VERSION,
        "job": folder.path.name,
        "fps": request.fps,
        "loop": True,
        "metrics": {"volume_min": min(volumes), "volume_max": max(volumes)},
    }
    if unfinished:
        about["unfinished"] = dataclasses.asdict(unfinished)
    write_asset(folder.asset, meshes, turntable(scene, occupancy, times), about)
    if not unfinished:
        emit(protocol.result(str(folder.asset)))


def mesh_frame(
    field: Field, occupancy: Occupancy, moment: float, frame: int, settings: MeshSettings
) -> TexturedMesh | None:
    """The mesh and texture of one moment in [0, 1], frame number `frame` of the occupancy; None where nothing is solid."""
    mesh = surface(density_grid(field, occupancy, moment, frame, settings.resolution), settings.surface_depth)
    if len(mesh.triangles) == 0:
        return None
    mesh = simplify(smooth(mesh), settings.triangles)
    uv = unwrap(mesh, settings.texture)
    return TexturedMesh(mesh, uv, bake(field, mesh, uv, moment, settings.texture))


def turntable(scene: Scene, occupancy: Occupancy, times: torch.Tensor, size: int = 128) -> np.ndarray:
    """The clip from the front and the side by side, uint8 [frames, size, 2 * size, 3]."""
    cameras = Cameras(torch.tensor([0.5, -0.9]), torch.tensor([0.25, 0.25])).to(scene.device)
    background = torch.full((2, 3), 0.45, device=scene.device)
    images, _ = render(scene.field, occupancy, View(cameras, times, size, 96, background))
    return (torch.cat(list(images), -1).clamp(0, 1) * 255).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def front_strip(scene: Scene, path: Path, frames: int = 4, size: int = 64) -> Path:
    """Writes a small picture of the scene as it is: a few frames seen from the front right."""
    occupancy = Occupancy(scene.occupancy.resolution)
    times = ((torch.arange(frames) + 0.5) / frames).to(scene.device)
    occupancy.update(scene.field, times)
    cameras = Cameras(torch.tensor([0.5]), torch.tensor([0.25])).to(scene.device)
    background = torch.full((1, 3), 0.45, device=scene.device)
    images, _ = render(scene.field, occupancy, View(cameras, times, size, 64, background))
    strip = torch.cat(list(images[0]), -1).clamp(0, 1)
    imageio.imwrite(path, (strip * 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy())
    return path
