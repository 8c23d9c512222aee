"""A job from request to asset: the three stages one after the other, checkpoints, progress, and the export."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.config.quality import Distillation, Quality, StageSettings
from engine.contract import protocol
from engine.contract.errors import DivergedError, EmptySceneError, EngineError, OutOfMemoryError
from engine.guidance.load import Lesson, Teacher, check_models, load_teacher, scaled
from engine.job.folder import STAGES, JobFolder, Progress
from engine.job.request import Request
from engine.pipeline.eta import Clock
from engine.pipeline.export import export_asset, export_seconds, frame_times
from engine.pipeline.memory_plan import roles_of, wants_low
from engine.pipeline.plot import plot_metrics
from engine.pipeline.previews import Previews
from engine.reference.conditioning import load_reference
from engine.scene.field import BLOB_WIDTH
from engine.stages.dynamic import dynamic_step
from engine.stages.static import ANY_TIME, static_step
from engine.stages.super_resolution import super_resolution_step
from engine.stages.train_state import Scene
from engine.stages.turns import try_turns

SAVE_EVERY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 0.5
# What a run's `stop` may say; a plain yes is STOP.
GO_ON, STOP, LEAVE = range(3)

Emit = Callable[[dict[str, Any]], None]


class Stopped(EngineError):
    """The run was asked to stop; its checkpoint is written. asset: folder of what there was, if it could be made."""

    kind = "stopped"

    def __init__(self, message: str, asset: Path | None = None) -> None:
        super().__init__(message)
        self.asset = asset


def check_teachers(request: Request) -> None:
    """Raises ModelError where a model that a stage of the request needs is not there, not whole, or of another class."""
    roles = roles_of(request.resolved_quality()).values()
    check_models(request.models(), dict.fromkeys(role for each in roles for role in each))


def generate(
    request: Request,
    folder: JobFolder,
    emit: Emit,
    stop: Callable[[], int],
    device: torch.device | str = "cpu",
    previews: tuple[str, ...] = ("image",),
) -> None:
    """Runs, or goes on with, the job in `folder` to its asset.

    emit: takes every message. stop: asked after each step; when it says STOP, a checkpoint and an asset of the state reached
    are written and Stopped raised; at LEAVE the checkpoint alone, and an export under way ends as well. previews: kinds wanted,
    "image" and "mesh". Raises DivergedError or OutOfMemoryError with the last good checkpoint kept.
    """
    reference = load_reference(request, folder.path, device)
    text = request.canonical_prompt(reference.shot.seen if reference else None)
    quality = request.resolved_quality()
    # Settings that were changed since may need other models than `work` looked at.
    check_teachers(request)
    low_memory = wants_low(request, quality, torch.device(device))
    lesson = Lesson(text, request.models(), request.negative_prompt, low_memory, texts=folder.texts)
    if reference is not None:
        lesson = replace(lesson, picture=reference.pixels, adapter=request.image_adapter or "")
    scene = Scene.new(quality.field, request.seed, device)
    scene.reference = reference
    done = folder.load(scene)
    progress = done or Progress(STAGES[0], 0)
    shown = Previews(folder.previews, previews, emit)

    later = sum(export_seconds(quality.mesh, request.frames, request.topology).values())

    def reckoned(message: dict[str, Any]) -> None:
        """The time left is that of the export as well."""
        emit(message | ({"eta_s": round(message["eta_s"] + later, 1)} if "eta_s" in message else {}))

    def leaving(message: dict[str, Any]) -> None:
        if stop() == LEAVE:
            raise Stopped("Stopped before the asset was written; the checkpoint is kept.")
        emit(message)

    try:
        for progress in optimise(scene, lesson, quality, done, reckoned, folder, shown):
            if asked := stop():
                folder.save(scene, progress)
                _stop(scene, request, quality, folder, leaving if asked != LEAVE else None, progress)
    except DivergedError as error:
        raise DivergedError(
            f"In stage {progress.stage} after step {progress.step} {error}: start again with another seed or model. The last "
            f"good checkpoint is kept in {folder.path}."
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            f"There is not enough memory for stage {progress.stage}: {_way_out(low_memory)}; the last checkpoint is kept."
        ) from error
    export_asset(scene, request, quality, folder, leaving)


def _stop(
    scene: Scene, request: Request, quality: Quality, folder: JobFolder, emit: Emit | None, progress: Progress
) -> None:
    """Makes what there is of the scene usable, unless there is no `emit` to tell of it, then raises Stopped."""
    where = f"Stopped in stage {progress.stage} at step {progress.step}"
    if emit is None:
        raise Stopped(f"{where}; the checkpoint is kept.")
    emit(protocol.cancelling())
    try:
        export_asset(scene, request, quality, folder, emit, unfinished=progress)
    except EmptySceneError:
        raise Stopped(f"{where}; nothing solid had formed yet.") from None
    raise Stopped(f"{where}; {folder.asset} holds the scene as it was then.", folder.asset)


def _way_out(low_memory: bool) -> str:
    """What to do where memory did not suffice."""
    if low_memory:
        return "close other programs, or begin anew with smaller models or at a lower quality"
    return "close other programs, or go on at low memory, which has less on the device at once"


def is_out_of_memory(error: Exception) -> bool:
    """Whether that is what PyTorch or Python mean by `error`."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # What PyTorch's allocator of main memory says on Windows and elsewhere.
    return "not enough memory" in str(error) or "can't allocate memory" in str(error)


def optimise(
    scene: Scene,
    lesson: Lesson,
    quality: Quality,
    done: Progress | None,
    emit: Emit,
    folder: JobFolder,
    previews: Previews,
) -> Iterator[Progress]:
    """Takes the steps that are not done yet; yields after each. Saves and reports as it goes.

    A stage that was at its end and has more steps now goes on at the end of its schedule.
    """
    clock = Clock({stage: getattr(quality, stage) for stage in STAGES})
    times = frame_times(quality.field.times).to(scene.device)
    first = STAGES.index(done.stage) if done else 0
    teachers: dict[str, Teacher] = {}
    shares = folder.shares()
    saved = time.monotonic()
    for stage in STAGES[first:]:
        settings: StageSettings = getattr(quality, stage)
        start = done.step if done and done.stage == stage else 0
        if start >= settings.steps:
            continue
        ready(teachers, stage, lesson, quality, scene.device)
        clock.begin()
        for step in range(start, settings.steps):
            metrics = advance(scene, stage, step, teachers, quality, times, shares.get(stage, 0.0))
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
            previews.show(scene, stage, step + 1, last)
            yield progress


def advance(
    scene: Scene,
    stage: str,
    step: int,
    teachers: dict[str, Teacher],
    quality: Quality,
    times: torch.Tensor,
    least_share: float = 0.0,
) -> dict[str, float]:
    """Takes step number `step` of `stage`, with all that belongs to it: learning rates, what is free to move, turns, occupancy.

    teachers: by role, as the stage needs them. times: of the frames, in [0, 1]. least_share: how far through the stage's
    schedule its steps are at least, 0 to 1. Returns the step's metrics.
    """
    settings: StageSettings = getattr(quality, stage)
    share = max(step / settings.steps, least_share)
    rigid = round(settings.rigid_until * settings.steps) if scene.field.trajectory is not None else 0
    scene.set_rates(settings.rates, settings.last_rate**share)
    scene.free(settings.rates, rigid_only=step < rigid and least_share < settings.rigid_until)
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
    teachers: dict[str, Teacher], stage: str, lesson: Lesson, quality: Quality, device: torch.device | str = "cpu"
) -> None:
    """Loads the models that `stage` needs into `teachers` on `device`, and drops those it does not."""
    roles = roles_of(quality)[stage]
    for role in [role for role in teachers if role not in roles]:
        del teachers[role]
    for role in roles:
        distillation: Distillation = {
            "image": quality.static.distillation if stage == "static" else quality.super_resolution.video_distillation,
            "video": quality.dynamic.distillation if stage == "dynamic" else quality.super_resolution.video_distillation,
            "upscale": quality.super_resolution.distillation,
        }[role]
        if role in teachers:
            guidance = teachers[role].guidance
            guidance.distillation = scaled(distillation, guidance)
        else:
            teachers[role] = load_teacher(role, lesson, distillation, device)
