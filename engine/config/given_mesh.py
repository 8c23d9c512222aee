"""A quality for a mesh that is given: its body is there already, and only bones and the trajectory move it."""

from __future__ import annotations

from dataclasses import replace

from engine.config.quality import BODIES_STANDARD, Quality
from engine.config.stage import LearningRates, StageConfig


def moved_mesh(quality: Quality) -> Quality:
    """`quality` without the stages that form a body, and with a skeleton where it has none.

    Super-resolution has nothing to add to a surface that stays as it is. A user who gives it steps still gets them, for motion.
    """
    like = BODIES_STANDARD
    bones = quality.field.bones or like.field.bones
    return replace(
        quality,
        static=replace(quality.static, steps=0),
        dynamic=_moving(quality.dynamic, like.dynamic),
        super_resolution=_moving(replace(quality.super_resolution, steps=0), like.dynamic, 0.1),
        field=replace(quality.field, trajectory=True, bones=bones),
    )


def _moving(stage: StageConfig, like: StageConfig, share: float = 1.0) -> StageConfig:
    """`stage` with rates of what moves a body alone: its own where it has them, else a `share` of those of `like`."""
    own = stage.rates
    rates = LearningRates(
        0.0, 0.0, 0.0, own.trajectory or share * like.rates.trajectory, own.skeleton or share * like.rates.skeleton
    )
    rigid = stage.rigid_until if own.skeleton else like.rigid_until * share
    stiffness = max(stage.skeleton_rigidity, like.skeleton_rigidity)
    return replace(stage, rates=rates, rigid_until=rigid, skeleton_rigidity=stiffness)
