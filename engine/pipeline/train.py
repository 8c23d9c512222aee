"""One step of a run, with all that belongs to it: the stage's models, learning rates, what is free to move, occupancy."""

from __future__ import annotations

import torch

from engine.config.quality import Quality
from engine.config.stage import DistillationConfig, StageConfig
from engine.guidance.load import GuidanceConfig, LoadedGuidance, load_guidance
from engine.scene.field import BLOB_WIDTH
from engine.scene.frozen.baked import BakedBody, bake_body
from engine.stages.bones import lay_out_skeleton
from engine.stages.dynamic import dynamic_step, still_step
from engine.stages.joint_motion import begin_joint_motion
from engine.stages.static import ANY_TIME, static_step
from engine.stages.super_resolution import super_resolution_step
from engine.stages.train_state import TrainState
from engine.stages.train_step import Metrics
from engine.stages.turns import try_turns
from engine.stages.whole_motion import begin_whole_motion


def take_step(
    state: TrainState,
    stage: str,
    step: int,
    loaded: dict[str, LoadedGuidance],
    quality: Quality,
    times: torch.Tensor,
    least_share: float = 0.0,
) -> Metrics:
    """Takes step number `step` of `stage` and returns its metrics.

    loaded: guidance by role, as `load_stage_models` leaves it. times: of the frames, [frames] in [0, 1]. least_share: how far
    through the stage's schedule its steps are at least, 0 to 1.
    """
    config = quality.stage(stage)
    share = max(step / config.steps, least_share)
    config = config.at(share)
    rigid_steps = round(config.rigid_until * config.steps) if state.field.trajectory is not None else 0
    rigid_only = step < rigid_steps and least_share < config.rigid_until
    state.set_rates(config.rates, config.final_lr_ratio**share)
    state.free(config.rates, rigid_only)
    if stage == "dynamic" and step == 0:
        _begin_motion(state, loaded["video"], config, bool(rigid_steps), times)
    state.field.baked = _baked_body(state, config) if state.field.skeleton is not None else None
    if config.blob_growth != 1:
        state.field.blob_width.fill_(BLOB_WIDTH * config.blob_growth**share)
    metrics = _stage_step(stage, step, state, loaded, config, share, times, quality)
    if (step + 1) % config.occupancy_interval == 0 or step + 1 == config.steps:
        state.occupancy.update(state.field, torch.tensor(ANY_TIME, device=times.device) if stage == "static" else times)
    return metrics


def _begin_motion(
    state: TrainState, video: LoadedGuidance, config: StageConfig, tries_turns: bool, times: torch.Tensor
) -> None:
    """What a body at rest gets before it moves: where it goes as a whole and bones, and how these move, as far as the
    video model says."""
    moves = state.field.trajectory is not None and config.rates.trajectory > 0
    if not (moves and begin_whole_motion(state, video, times)) and tries_turns:
        try_turns(state, video, config, times)
    if state.field.skeleton is not None:
        if config.joint_motion and begin_joint_motion(state, video):
            state.occupancy.update(state.field, times)
        else:
            lay_out_skeleton(state)


def _baked_body(state: TrainState, config: StageConfig) -> BakedBody | None:
    """The body at rest, baked once, where nothing of it moves in this stage; None where something does."""
    rates, field = config.rates, state.field
    if rates.space or rates.decoder or rates.time or not field.skeleton.is_laid_out:
        return None
    return field.baked or bake_body(field)


def _stage_step(
    stage: str,
    step: int,
    state: TrainState,
    loaded: dict[str, LoadedGuidance],
    config: StageConfig,
    progress: float,
    times: torch.Tensor,
    quality: Quality,
) -> Metrics:
    if stage == "static":
        return static_step(state, loaded["image"], config, progress)
    if stage == "dynamic" and config.asks_image(step):
        return still_step(state, loaded["image"], config, progress, times)
    if stage == "dynamic":
        return dynamic_step(state, loaded["video"], config, progress, times)
    beside = loaded["video" if quality.field.times > 1 else "image"]
    return super_resolution_step(state, loaded["upscale"], beside, config, progress, times, quality.dynamic.size)


def load_stage_models(
    loaded: dict[str, LoadedGuidance],
    stage: str,
    guidance: GuidanceConfig,
    quality: Quality,
    device: torch.device | str = "cpu",
) -> None:
    """Loads the models that `stage` asks into `loaded`, by role, on `device`, and frees those it does not ask."""
    roles = quality.model_roles()[stage]
    for role in [role for role in loaded if role not in roles]:
        del loaded[role]
    for role in roles:
        distillation = _distillation(role, stage, quality)
        if role in loaded:
            model = loaded[role].guidance
            model.distillation = model.filled(distillation)
        else:
            loaded[role] = load_guidance(role, guidance, distillation, device)


def _distillation(role: str, stage: str, quality: Quality) -> DistillationConfig:
    """How `stage` asks its model of a role; one that is kept on beside another is asked in a way of its own."""
    config = quality.stage(stage)
    if stage == "dynamic" and role == "image":
        return config.image_distillation or config.distillation
    return config.video_distillation if stage == "super_resolution" and role != "upscale" else config.distillation
