"""A job from request to asset: the three stages one after the other, checkpoints, progress, and the export."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from engine import protocol
from engine.clock import Clock
from engine.errors import DivergedError, EmptySceneError, EngineError, OutOfMemoryError
from engine.export import export_asset, frame_times, front_strip
from engine.guidance.image import ImageGuidance
from engine.guidance.presets import PRESETS, Preset
from engine.guidance.prompts import EncodedPrompt, encode_prompt
from engine.guidance.video import ClipGuidance
from engine.job import STAGES, JobFolder, Progress
from engine.models.loader import load_components
from engine.plot import plot_metrics
from engine.request import Request
from engine.scene.field import BLOB_WIDTH
from engine.settings import Distillation, Quality, StageSettings
from engine.stages.dynamic import dynamic_step
from engine.stages.scene import Scene
from engine.stages.static import ANY_TIME, static_step
from engine.stages.super_resolution import super_resolution_step
from engine.stages.turns import try_turns

SAVE_EVERY_SECONDS = 10.0
PREVIEW_EVERY_SECONDS = 15.0
REPORT_EVERY_SECONDS = 0.5

Emit = Callable[[dict[str, Any]], None]


class Stopped(EngineError):
    """The run was asked to stop; its checkpoint is written."""

    kind = "stopped"


@dataclass(frozen=True)
class Teacher:
    """A guidance with the prompt in its own encoding."""

    guidance: ClipGuidance
    prompt: EncodedPrompt


def generate(
    request: Request, folder: JobFolder, emit: Emit, stop: Callable[[], bool], device: torch.device | str = "cpu"
) -> None:
    """Runs, or goes on with, the job in `folder` to its asset.

    emit: takes every message. stop: asked after each step; when it says yes, a checkpoint and an asset of the state reached
    are written and Stopped raised. Raises DivergedError or OutOfMemoryError with the last good checkpoint kept.
    """
    text = request.canonical_prompt()
    quality = request.resolved_quality()
    scene = Scene.new(quality.field, request.seed, device)
    done = folder.load(scene)
    progress = done or Progress(STAGES[0], 0)
    try:
        for progress in optimise(scene, text, PRESETS[request.preset], quality, done, emit, folder):
            if stop():
                folder.save(scene, progress)
                _stop(scene, request, quality, folder, emit, progress)
    except DivergedError as error:
        raise DivergedError(
            f"In stage {progress.stage} after step {progress.step} {error}: start again with another seed or model; the last "
            f"good checkpoint is kept in {folder.path}, and `export` makes an asset of it."
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            f"There is not enough memory for stage {progress.stage}: close other programs, then run the same command to go on "
            f"from the checkpoint in {folder.path}, or start with --quality draft."
        ) from error
    export_asset(scene, request, quality, folder, emit)


def _stop(
    scene: Scene, request: Request, quality: Quality, folder: JobFolder, emit: Emit, progress: Progress
) -> None:
    """Makes what there is of the scene usable, then raises Stopped."""
    where = f"Stopped in stage {progress.stage} at step {progress.step}"
    emit(protocol.cancelling())
    try:
        export_asset(scene, request, quality, folder, emit, unfinished=progress)
        kept = f"{folder.asset} holds the scene as it was then"
    except EmptySceneError:
        kept = "nothing solid had formed yet"
    raise Stopped(f"{where}; {kept}. Run the same command to go on from the checkpoint.")


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # What PyTorch's allocator of main memory says on Windows and elsewhere.
    return "not enough memory" in str(error) or "can't allocate memory" in str(error)


def optimise(
    scene: Scene,
    text: str,
    preset: Preset,
    quality: Quality,
    done: Progress | None,
    emit: Emit,
    folder: JobFolder,
) -> Iterator[Progress]:
    """Takes the steps that are not done yet; yields after each. Saves and reports as it goes."""
    clock = Clock({stage: getattr(quality, stage) for stage in STAGES})
    times = frame_times(quality.field.times).to(scene.device)
    first = STAGES.index(done.stage) if done else 0
    teachers: dict[str, Teacher] = {}
    saved = previewed = time.monotonic()
    for stage in STAGES[first:]:
        settings: StageSettings = getattr(quality, stage)
        start = done.step if done and done.stage == stage else 0
        if start >= settings.steps:
            continue
        ready(teachers, stage, preset, quality, text, scene.device)
        clock.begin()
        for step in range(start, settings.steps):
            metrics = advance(scene, stage, step, teachers, quality, times)
            progress = Progress(stage, step + 1)
            clock.tick(stage)
            now = time.monotonic()
            last = step + 1 == settings.steps
            if last or clock.due(REPORT_EVERY_SECONDS):
                emit(protocol.progress(stage, step + 1, settings.steps, clock.left(stage, step + 1), metrics))
            if last or now - saved > SAVE_EVERY_SECONDS:
                folder.save(scene, progress)
                saved = now
            if last:
                plot_metrics(folder.events, folder.previews / "metrics.png")
            if last or now - previewed > PREVIEW_EVERY_SECONDS:
                path = front_strip(scene, folder.previews / f"{stage}_{step + 1:05d}.png")
                emit(protocol.preview("image", str(path)))
                previewed = now
            yield progress


def advance(
    scene: Scene, stage: str, step: int, teachers: dict[str, Teacher], quality: Quality, times: torch.Tensor
) -> dict[str, float]:
    """Takes step number `step` of `stage`, with all that belongs to it: learning rates, what is free to move, turns, occupancy.

    teachers: by role, as the stage needs them. times: of the frames, in [0, 1]. Returns the step's metrics.
    """
    settings: StageSettings = getattr(quality, stage)
    share = step / settings.steps
    rigid = round(settings.rigid_until * settings.steps) if scene.field.trajectory is not None else 0
    scene.set_rates(settings.rates, settings.last_rate**share)
    scene.free(settings.rates, rigid_only=step < rigid)
    if step == 0 < rigid:
        try_turns(scene, teachers["video"].guidance, teachers["video"].prompt, settings, times)
    if settings.blob_growth != 1:
        scene.field.blob_width.fill_(BLOB_WIDTH * settings.blob_growth**share)
    metrics = _step(stage, scene, teachers, settings, share, times, quality)
    if (step + 1) % settings.occupancy_every == 0 or step + 1 == settings.steps:
        scene.occupancy.update(scene.field, torch.tensor(ANY_TIME, device=times.device) if stage == "static" else times)
    return metrics


def _step(
    stage: str,
    scene: Scene,
    teachers: dict[str, Teacher],
    settings: StageSettings,
    progress: float,
    times: torch.Tensor,
    quality: Quality,
) -> dict[str, float]:
    if stage == "static":
        teacher = teachers["image"]
        return static_step(scene, teacher.guidance, teacher.prompt, settings, progress)
    if stage == "dynamic":
        video = teachers["video"]
        return dynamic_step(scene, video.guidance, video.prompt, settings, progress, times)
    upscale, video = teachers["upscale"], teachers["video" if quality.field.times > 1 else "image"]
    return super_resolution_step(
        scene, upscale.guidance, upscale.prompt, video.guidance, video.prompt, settings, progress, times, quality.dynamic.size
    )


def ready(
    teachers: dict[str, Teacher], stage: str, preset: Preset, quality: Quality, text: str, device: torch.device | str = "cpu"
) -> None:
    """Loads the models that `stage` needs into `teachers` on `device`, and drops those it does not."""
    # A still scene has no video model to keep its text; the image model does that.
    low = "video" if quality.field.times > 1 else "image"
    roles = {"static": ["image"], "dynamic": ["video"], "super_resolution": [low, "upscale"]}[stage]
    for role in [role for role in teachers if role not in roles]:
        del teachers[role]
    for role in roles:
        distillation: Distillation = {
            "image": quality.static.distillation if stage == "static" else quality.super_resolution.video_distillation,
            "video": quality.dynamic.distillation if stage == "dynamic" else quality.super_resolution.video_distillation,
            "upscale": quality.super_resolution.distillation,
        }[role]
        components = load_components(getattr(preset, role), device=device)
        prompt = encode_prompt(components, text, by_view="pose_encoder" not in components)
        guidance = (ImageGuidance if role == "image" else ClipGuidance)(components, distillation)
        teachers[role] = Teacher(guidance, prompt)
