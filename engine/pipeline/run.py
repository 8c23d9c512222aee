"""A job from its folder to its asset: the stages one after the other, checkpoints, messages, and the export."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from engine.config.stage import STAGES
from engine.contract import protocol
from engine.contract.errors import DivergedError, EmptySceneError, GateError, OutOfMemoryError, RanksError, Stopped, WriteError
from engine.contract.prompt import is_still
from engine.contract.version import VERSION
from engine.guidance.load import GuidanceConfig, LoadedGuidance, check_models
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import ResolvedJob, resolve_folder
from engine.models.source import model_names
from engine.pipeline.checkpoint import begun_field, load_checkpoint, save_checkpoint
from engine.pipeline.eta import RunEta
from engine.pipeline.export import export_asset, export_seconds
from engine.pipeline.gate import Gate, fault_sentence
from engine.pipeline.given_scene import take_given
from engine.pipeline.memory.plan import needs_low_memory
from engine.pipeline.plot import plot_metrics
from engine.pipeline.previews import Previews
from engine.pipeline.sides import MOMENTS, view_sides
from engine.pipeline.train import load_stage_models, take_step
from engine.ranks import ALONE, Share, checksum
from engine.reference.conditioning import camera_path, estimate_camera, keep_image, load_reference
from engine.reference.given.conditioning import fit_path, keep_mesh
from engine.reference.given.fit import fit_mesh
from engine.scene.frame_times import frame_times
from engine.stages.looks import Looks, turns_by
from engine.stages.train_state import TrainState

SAVE_EVERY_SECONDS = 10.0
REPORT_EVERY_SECONDS = 0.5
# Of the norms of the regularisers' gradients, which a step takes longer for.
MEASURE_EVERY_STEPS = 20
# Of the ranks' scenes, which are meant to be the same.
COMPARE_EVERY_STEPS = 100
# Of what a gate looks at, pixels a side.
GATE_SIZE = 32
# A body may turn without anything to be seen, as a ball of one colour does; radians.
UNSEEN_TURN = 0.2
# What a run's `stop` may say; a plain yes is STOP.
GO_ON, STOP, LEAVE = range(3)

Emit = Callable[[dict[str, Any]], None]


def is_finished(job: ResolvedJob, folder: JobFolder) -> bool:
    """Whether the folder holds the result of this very job."""
    return folder.finished and folder.holds(job.request.as_dict())


def run_job(
    job: ResolvedJob,
    folder: JobFolder,
    emit: Emit,
    stop: Callable[[], int],
    device: torch.device | str,
    previews: tuple[str, ...] = ("image", "video"),
    overwrite: bool = False,
    share: Share = ALONE,
) -> None:
    """Begins the job in its folder, or goes on with it there, to its asset.

    The folder should be `held`. Where its settings were changed later, those are in force. emit: takes every message, each of
    which is logged. stop: asked after each step; at STOP a checkpoint and an asset of the state reached are written and Stopped
    is raised; at LEAVE the checkpoint alone, and an export under way ends as well. previews: kinds wanted, of
    `engine.contract.protocol.PREVIEWS`. share: where several processes work on the job, which of them this is; the first one's
    folder is the others' as well, and it alone writes and emits.

    Raises GateError, with a checkpoint, where the scene shows that it can't come right and the request does not say to keep
    going. Raises ModelError, and UnknownObjectError or PromptError where picture or mesh show nothing that suits the prompt,
    before anything is written, JobError where the folder holds something else or can't be written, DivergedError or
    OutOfMemoryError with the last good checkpoint kept.
    """
    if not share.leads:
        _follow(folder, stop, device, share)
        return
    if not overwrite and folder.holds(job.request.as_dict()):
        job = replace(resolve_folder(folder), image=job.image, mesh=job.mesh)
    check_models(job.models, dict.fromkeys(role for roles in job.quality.model_roles().values() for role in roles))
    camera = None
    if job.image is not None and (overwrite or not camera_path(folder.path).exists()):
        camera = estimate_camera(job.image, job.models.image, job.vocabulary, job.said(), device)
    fit = None
    if job.mesh is not None and (overwrite or not fit_path(folder.path).exists()):
        fit = fit_mesh(job.mesh, job.request.prompt, job.vocabulary)
        job.seen(fit.colour, fit.name)
    about = {"engine": VERSION, "protocol": protocol.VERSION, "models": model_names(job.models)}
    folder.open(job.request.as_dict(), about, overwrite)

    def log_and_emit(message: dict[str, Any]) -> None:
        folder.log(message)
        emit(message)

    try:
        if job.image is not None:
            keep_image(folder.path, job.image, camera)
        if job.mesh is not None:
            keep_mesh(folder.path, job.mesh, fit)
        log_and_emit(protocol.started(job.request.as_dict()) | ({"ranks": share.size} if share.size > 1 else {}))
        share.wait()
        _optimise_and_export(job, folder, log_and_emit, stop, device, previews, share)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WriteError(
            f"Can't write to {folder.path} ({error.strerror or error}): make room or mend access, then go on from the last "
            "checkpoint."
        ) from error


def _follow(folder: JobFolder, stop: Callable[[], int], device: torch.device | str, share: Share) -> None:
    """Works along with the first rank, once that has made the folder ready, until that has written the result."""
    share.wait()
    _optimise_and_export(resolve_folder(folder), folder, lambda message: None, stop, device, (), share)


def _optimise_and_export(
    job: ResolvedJob,
    folder: JobFolder,
    emit: Emit,
    stop: Callable[[], int],
    device: torch.device | str,
    previews: tuple[str, ...],
    share: Share = ALONE,
) -> None:
    low_memory = needs_low_memory(job, torch.device(device))
    guidance = GuidanceConfig(job.prompt, job.models, job.request.negative_prompt, low_memory, text_cache=folder.texts)
    state = TrainState.new(begun_field(folder, job.quality.field), job.request.seed, device)
    state.share = share
    if job.has_image:
        state.reference = load_reference(folder.path, job.request.image_sha256 or "", device)
        camera = state.reference.camera
        job = job.seen(camera.colour, camera.name)
        adapter = job.request.image_adapter or ""
        guidance = replace(guidance, prompt=job.prompt, picture=state.reference.pixels, adapter=adapter)
    if job.has_mesh:
        job = take_given(state, job, folder)
        guidance = replace(guidance, prompt=job.prompt)
    done = load_checkpoint(folder, state)
    progress = done or Progress(STAGES[0], 0)
    export_s = sum(export_seconds(job.quality.mesh, job.request.frames, job.request.topology).values())

    def emit_with_export(message: dict[str, Any]) -> None:
        """The time left is that of the export as well."""
        emit(message | ({"eta_s": round(message["eta_s"] + export_s, 1)} if "eta_s" in message else {}))

    def emit_unless_leaving(message: dict[str, Any]) -> None:
        if stop() == LEAVE:
            raise Stopped("Stopped before the asset was written; the checkpoint is kept.")
        emit(message)

    shown = Previews(folder.previews, previews, emit)
    try:
        for progress in optimise(state, job, guidance, done, emit_with_export, folder, shown):
            if share.any(asked := stop()):
                if share.leads:
                    save_checkpoint(folder, state, progress)
                share.wait()
                if share.size > 1:
                    # Whoever starts several processes does not wait for them as long as an asset may take.
                    asked = LEAVE
                _stop(state, job, folder, emit_unless_leaving if asked != LEAVE else None, progress)
    except DivergedError as error:
        raise DivergedError(
            f"In stage {progress.stage} after step {progress.step} {error}: start again with another seed or model. The last "
            f"good checkpoint is kept in {folder.path}."
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            f"There is not enough memory for stage {progress.stage}: {_memory_advice(low_memory)}; the last checkpoint is kept."
        ) from error
    if share.leads:
        export_asset(state, job, folder, emit_unless_leaving)
    share.wait()


def optimise(
    state: TrainState,
    job: ResolvedJob,
    guidance: GuidanceConfig,
    done: Progress | None,
    emit: Emit,
    folder: JobFolder,
    previews: Previews,
) -> Iterator[Progress]:
    """Takes the steps that are not done yet; yields after each. Saves and reports as it goes. Raises GateError with what is
    done saved, RanksError where the ranks of the scene's share have not the same scene.

    A stage that was at its end and has more steps now goes on at the end of its schedule.
    """
    eta = RunEta({stage: job.quality.stage(stage) for stage in STAGES})
    times = frame_times(job.quality.field.times).to(state.device)
    first = STAGES.index(done.stage) if done else 0
    loaded: dict[str, LoadedGuidance] = {}
    shares = folder.shares()
    saved = time.monotonic()
    gate = Gate(moves=is_to_move(job))
    gate.recall(folder.events)
    check_same_scene(state)
    if done and not job.request.keep_going and (faults := gate.faults_at(done)):
        raise GateError(fault_sentence(done.stage, done.step, faults))
    for stage in STAGES[first:]:
        config = job.quality.stage(stage)
        start = done.step if done and done.stage == stage else 0
        if start >= config.steps:
            continue
        # The first writes the encoded prompt, which the others then read.
        with state.share.after_first():
            load_stage_models(loaded, stage, guidance, job.quality, state.device)
        eta.begin_stage()
        for step in range(start, config.steps):
            last = step + 1 == config.steps
            state.measures_norms = step % MEASURE_EVERY_STEPS == 0 or last
            metrics = take_step(state, stage, step, loaded, job.quality, times, shares.get(stage, 0.0))
            progress = Progress(stage, step + 1)
            eta.count_step(stage)
            now = time.monotonic()
            if state.measures_norms or eta.report_due(REPORT_EVERY_SECONDS):
                emit(protocol.progress(stage, step + 1, config.steps, eta.seconds_left(stage, step + 1), metrics))
            if last or (step + 1) % COMPARE_EVERY_STEPS == 0:
                check_same_scene(state)
            if state.share.leads and (last or now - saved > SAVE_EVERY_SECONDS):
                save_checkpoint(folder, state, progress)
                saved = now
            if state.share.leads and last:
                plot_metrics(folder.events, folder.previews / "metrics.png")
            previews.show(state, stage, step + 1, last)
            if gate.is_due(stage, step + 1, config.steps):
                gate.turns = turns_by(state.field) > UNSEEN_TURN
                judged = gate.judge(stage, step + 1, config.steps, look(state, stage))
                emit(judged)
                if state.share.first(bool(judged["faults"])) and not job.request.keep_going:
                    if state.share.leads:
                        save_checkpoint(folder, state, progress)
                    raise GateError(fault_sentence(stage, step + 1, judged["faults"]))
            yield progress


def check_same_scene(state: TrainState) -> None:
    """Raises RanksError where the ranks that optimise a scene have not the same one, to the bit."""
    if state.share.size > 1 and not state.share.agrees(checksum(list(state.field.parameters()))):
        raise RanksError(
            "The processes that share this job no longer have the same scene: let all run on the same kind of processor "
            "or card, with the same software. The last checkpoint is kept."
        )


def look(state: TrainState, stage: str) -> Looks:
    """What the scene looks like from four sides, at a few moments of its clip where `stage` moves it."""
    return view_sides(state, 1 if stage == STAGES[0] else MOMENTS, GATE_SIZE).looks()


def is_to_move(job: ResolvedJob) -> bool:
    """Whether the clip is meant to move: not a still object, nor where the built-in models were asked for no motion."""
    if job.quality.field.times == 1:
        return False
    return job.vocabulary is None or not is_still(job.prompt, job.vocabulary)


def _stop(state: TrainState, job: ResolvedJob, folder: JobFolder, emit: Emit | None, progress: Progress) -> None:
    """Exports what there is of the scene, unless there is no `emit` to report it, then raises Stopped."""
    where = f"Stopped in stage {progress.stage} at step {progress.step}"
    if emit is None:
        raise Stopped(f"{where}; the checkpoint is kept.")
    emit(protocol.cancelling())
    try:
        export_asset(state, job, folder, emit, unfinished=progress)
    except EmptySceneError:
        raise Stopped(f"{where}; nothing solid had formed yet.") from None
    raise Stopped(f"{where}; {folder.asset} holds the scene as it was then.", folder.asset)


def _memory_advice(low_memory: bool) -> str:
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
