"""From an optimised scene to the asset folder, and pictures of it on the way."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from engine.config.quality import MeshConfig
from engine.contract import protocol
from engine.contract.errors import EmptySceneError
from engine.contract.version import VERSION
from engine.finite import pixels
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import ResolvedJob
from engine.mesh.asset import MovingMesh, TexturedMesh, write_asset
from engine.mesh.atlas import unwrap
from engine.mesh.bake import MOMENTS, bake, bake_sequence
from engine.mesh.remesh import reduced
from engine.mesh.rig.rig import RigError
from engine.mesh.rig.sequence import TRACKED, rig_sequence
from engine.mesh.simplify import smooth
from engine.mesh.surface import Mesh, density_grid, silhouette_depth, surface, volume
from engine.mesh.track.follow import Track
from engine.mesh.track.scene import track_scene
from engine.models.source import model_names
from engine.pipeline.animated_mesh import animated_mesh
from engine.pipeline.eta import TaskEta
from engine.pipeline.posed_mesh import has_bones, posed_mesh, root_keys
from engine.pipeline.rigid_mesh import find_rigid_body, rigid_mesh
from engine.scene.cameras import DISTANCE, FOV, Cameras
from engine.scene.field import Field
from engine.scene.frame_times import frame_times
from engine.scene.occupancy import Occupancy
from engine.scene.render import View
from engine.scene.viewer import Viewer
from engine.stages.train_state import TrainState

Emit = Callable[[dict[str, Any]], None]
# Frames of the turntable that are rendered at once; and seconds to write the asset.
FRAMES_PER_RENDER, WRITING = 4, 0.5


def export_seconds(config: MeshConfig, frames: int, topology: str = "auto") -> dict[str, float]:
    """About how long the parts of an export take, as measured on two cores: surfaces, "track", "texture", "preview"."""
    mesh = 0.05 * (config.resolution / 64) ** 3
    one = {
        "track": (frames - 1) * (0.35 + 8e-5 * config.triangles),
        "texture": 0.3 + min(frames, MOMENTS) * 1.2e-6 * config.texture**2,
    }
    several = {"track": 0.0, "texture": frames * (0.3 + 2.5e-6 * config.texture**2)}
    return {"mesh": frames * mesh, **(several if topology == "per-frame" else one), "preview": WRITING + 0.25 * frames}


def export_asset(
    state: TrainState,
    job: ResolvedJob,
    folder: JobFolder,
    emit: Emit,
    unfinished: Progress | None = None,
) -> None:
    """Meshes and textures every frame of the scene and writes the asset folder. Raises EmptySceneError if a frame is empty.

    unfinished: how far the optimisation had come, if it was stopped; the asset says so and the job does not count as finished.
    """
    request, quality = job.request, job.quality
    emit = _FallingEta(emit)
    if state.given is not None:
        # The shape is the artist's, and only the motion the model's.
        state = dataclasses.replace(state, field=state.field.about_rest())
    times = frame_times(request.frames).to(state.device)
    occupancy = Occupancy(quality.field.occupancy)
    occupancy.update(state.field, times)
    seconds = export_seconds(quality.mesh, request.frames, request.topology)
    if state.given is not None:
        meshes, figures = animated_mesh(state.field, state.given, times, quality.mesh)
        metrics, advice = {"rig": figures}, _lost(state.given.mesh.losses)
        if request.topology == "fixed":
            meshes = dataclasses.replace(meshes, rest=None, rig=None)
    elif has_bones(state.field) and request.topology != "per-frame":
        meshes, advice = posed_mesh(state.field, times, quality.mesh), ""
        metrics = _volumes([Mesh(positions, meshes.triangles) for positions in meshes.positions])
        if request.topology == "fixed":
            meshes = dataclasses.replace(meshes, rest=None, rig=None)
    else:
        surfaces = _surfaces(state, occupancy, times, quality.mesh, emit, sum(seconds.values()) - seconds["mesh"])
        meshes, metrics, advice = textured(state.field, surfaces, times, request.topology, quality.mesh, emit)
    about = {
        "prompt": request.prompt,
        "seed": request.seed,
        "preset": request.preset,
        "quality": request.quality,
        "models": model_names(job.models),
        "engine": VERSION,
        "job": folder.path.name,
        "fps": request.fps,
        "loop": True,
        "metrics": metrics,
    }
    if advice:
        about["advice"] = advice
    if folder.revision > 1:
        about["revision"] = folder.revision
    if unfinished:
        about["unfinished"] = dataclasses.asdict(unfinished)
    shown = turntable(state, occupancy, times, on_frame=_PartProgress(emit, "preview", len(times), WRITING))
    write_asset(folder.asset, meshes, shown, about)
    if not unfinished:
        emit(protocol.result(str(folder.asset), advice))


def _lost(losses: tuple[str, ...]) -> str:
    """What a file could not give, as one sentence; empty where that is nothing."""
    return f"Of the mesh, {'; '.join(losses)}." if losses else ""


def _surfaces(
    state: TrainState, occupancy: Occupancy, times: torch.Tensor, config: MeshConfig, emit: Emit, later: float
) -> list[Mesh]:
    found, report = [], _PartProgress(emit, "mesh", len(times), later)
    for frame, moment in enumerate(times.tolist()):
        mesh = surface_at(state.field, occupancy, moment, frame, config)
        if len(mesh.triangles) == 0:
            raise EmptySceneError(
                f"Nothing solid formed in frame {frame + 1} of {len(times)}: try another seed, or a higher quality."
            )
        found.append(mesh)
        report(frame + 1)
    return found


def surface_at(field: Field, occupancy: Occupancy, moment: float, frame: int, config: MeshConfig) -> Mesh:
    """The smoothed surface at one moment in [0, 1], frame number `frame` of the occupancy; empty where nothing is solid."""
    density = density_grid(field, occupancy, moment, frame, config.resolution)
    return smooth(surface(density, silhouette_depth(density, config.surface_depth)))


def textured(
    field: Field, surfaces: list[Mesh], times: torch.Tensor, topology: str, config: MeshConfig, emit: Emit
) -> tuple[MovingMesh | list[TexturedMesh], dict[str, Any], str]:
    """The surfaces of all frames as one moving mesh or as a mesh a frame, with textures.

    topology: "fixed", "rigged" (one mesh with bones that move it), "per-frame", or "auto": rigged where the trajectory alone
    explains the motion, else one mesh where it follows well. Also
    returns figures for asset.json, and why meshes of their own were taken, or had better be.
    """
    advice, metrics = "", {}
    seconds = export_seconds(config, len(surfaces), topology)
    if topology in ("auto", "rigged") and field.trajectory is not None:
        body = find_rigid_body(surfaces, root_keys(field, times), config.triangles)
        if body.explains:
            report = _PartProgress(emit, "texture", min(len(surfaces), MOMENTS), seconds["preview"])
            moving = rigid_mesh(field, body, times, config, report)
            volumes = _volumes([Mesh(positions, moving.triangles) for positions in moving.positions])
            return moving, {"rig": body.as_metrics()} | volumes, ""
    if topology != "per-frame":
        report = _PartProgress(emit, "track", len(surfaces) - 1, seconds["texture"] + seconds["preview"])
        found = track_scene(field, surfaces, times, config.triangles, report)
        metrics["track"] = found.report.as_dict()
        objection = found.report.objection()
        if objection is None or topology in ("fixed", "rigged"):
            advice = f"One mesh follows badly: {objection}. A mesh a frame shows more." if objection else ""
            report = _PartProgress(emit, "texture", min(len(surfaces), MOMENTS), seconds["preview"])
            moving = _moving(field, found, times, config, report)
            if topology == "rigged":
                moving, figures, notes = _rigged(moving, found.report.reference)
                metrics |= figures
                advice = " ".join([*([advice] if advice else []), *notes])
            return moving, metrics | _volumes(found.meshes()), advice
        advice = f"Each frame has a mesh of its own, since one could not follow: {objection}."
    meshes, report = [], _PartProgress(emit, "texture", len(surfaces), seconds["preview"])
    for number, (mesh, moment) in enumerate(zip(surfaces, times.tolist(), strict=True), 1):
        meshes.append(texture_frame(field, mesh, moment, config))
        report(number)
    return meshes, metrics | _volumes([item.mesh for item in meshes]), advice


def _moving(field: Field, found: Track, times: torch.Tensor, config: MeshConfig, report: _PartProgress) -> MovingMesh:
    uv = unwrap(found.meshes()[found.report.reference], config.texture)
    albedos = bake_sequence(field, found.positions, found.triangles, uv, times.tolist(), config.texture, report)
    return MovingMesh(found.positions, found.triangles, uv, albedos)


def _rigged(mesh: MovingMesh, reference: int) -> tuple[MovingMesh, dict[str, Any], list[str]]:
    """The mesh with bones, figures of them, and what is to be said; the mesh as it was where it can have none."""
    try:
        rigged = rig_sequence(mesh.positions, mesh.triangles, rest=reference, noise=TRACKED)
    except RigError as error:
        return mesh, {}, [f"There is no armature. {error}"]
    moved = dataclasses.replace(mesh, positions=rigged.vertices, rest=rigged.rest, rig=rigged.rig)
    return moved, {"rig": rigged.report.as_dict()}, rigged.notes


def texture_frame(field: Field, mesh: Mesh, moment: float, config: MeshConfig) -> TexturedMesh:
    """A frame's surface with fewer, even triangles and a texture of its own."""
    mesh = reduced(mesh, config.triangles)
    uv = unwrap(mesh, config.texture)
    return TexturedMesh(mesh, uv, bake(field, mesh, uv, moment, config.texture))


def _volumes(meshes: list[Mesh]) -> dict[str, float]:
    volumes = [volume(mesh) for mesh in meshes]
    return {"volume_min": min(volumes), "volume_max": max(volumes)}


class _PartProgress:
    """Reports how far one part of the export is. later: seconds that the parts after it may take."""

    def __init__(self, emit: Emit, stage: str, steps: int, later: float = 0.0) -> None:
        self.emit, self.stage, self.steps, self.later, self.eta = emit, stage, steps, later, TaskEta()

    def __call__(self, done: int, steps: int | None = None) -> None:
        steps = steps or self.steps
        self.emit(protocol.progress(self.stage, done, steps, self.eta.seconds_left(done, steps) + self.later, {}))


class _FallingEta:
    """Passes messages on; the seconds that are left never grow, however much a guess of them was too small."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.least = emit, math.inf

    def __call__(self, message: dict[str, Any]) -> None:
        if "eta_s" in message:
            self.least = min(self.least, message["eta_s"])
            message = message | {"eta_s": self.least}
        self.emit(message)


def framing_fov(occupancy: Occupancy, elevation: float) -> float:
    """The field of view, radians and at most FOV, in which cameras at an elevation see all that is occupied at any time."""
    bounds = occupancy.bounds(0.0)
    if bounds is None:
        return FOV
    x, y, z = torch.maximum(bounds[0].abs(), bounds[1].abs()).amax(0).tolist()
    across = math.hypot(x, y)
    reach = max(across, z * math.cos(elevation) + across * math.sin(abs(elevation)))
    return min(FOV, 2 * math.asin(min(reach / DISTANCE, 1.0)))


def turntable(
    state: TrainState,
    occupancy: Occupancy,
    times: torch.Tensor,
    size: int = 128,
    on_frame: Callable[[int], None] = lambda done: None,
) -> np.ndarray:
    """The clip from the front right and the left, side by side, uint8 [frames, size, 2 * size, 3].

    on_frame: takes how many frames are done.
    """
    elevation = torch.tensor([0.25, 0.25])
    cameras = Cameras(torch.tensor([0.5, -0.9]), elevation, fov=framing_fov(occupancy, float(elevation[0]))).to(state.device)
    background = torch.full((2, 3), 0.45, device=state.device)
    viewer, frames = Viewer.of(state.field), []
    for moments in times.split(FRAMES_PER_RENDER):
        images, _ = viewer.render(View(cameras, moments, size, 96, background), occupancy.at(moments))
        frames.append(pixels(torch.cat(list(images), -1).permute(0, 2, 3, 1), "the asset's preview"))
        on_frame(sum(map(len, frames)))
    return np.concatenate(frames)
