"""Whether a preset's models will run, found without loading a weight: what is here, what it takes, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from engine.config.quality import Quality
from engine.config.stage import StageConfig
from engine.contract.errors import ModelError
from engine.guidance.load import check_models
from engine.models.catalogue import Listed, listed
from engine.models.hub.ids import MAIN, split_source
from engine.models.presets import Preset
from engine.pipeline.memory.models import gradient_work
from engine.pipeline.memory.plan import MemoryPlan, plan_memory

# What a card of 24 GB is taken to do, in 16 and in 32 bits, floating-point operations a second: about a third of what makers of
# such cards of 2022 name. Not measured; a card's own times are what `estimate` tries out.
HALF_RATE, FULL_RATE = 50e12, 25e12


@dataclass(frozen=True)
class DryRun:
    """faults: why it will not run, a sentence each. plan: memory, None where a model is not known at all. seconds: of the
    models alone, of each stage; empty where a model is not here."""

    preset: Preset
    faults: list[str]
    plan: MemoryPlan | None
    seconds: dict[str, float]

    @property
    def runs(self) -> bool:
        return not self.faults

    def lines(self) -> list[str]:
        """For people: each model, memory, time by stage, and the verdict."""
        rows = [f"{role:<8} {about_model(source)}" for role, source in self.preset.sources().items() if source]
        rows += self.plan.lines() if self.plan is not None else []
        rows += [f"{stage.replace('_', '-'):<18} about {seconds / 3600:.1f} h" for stage, seconds in self.seconds.items()]
        if self.faults:
            return [*rows, "This will not run:", *(f"  {fault}" for fault in self.faults)]
        hours = sum(self.seconds.values()) / 3600
        return [*rows, f"This will run: about {hours:.1f} h, reckoned for a card of 24 GB. `estimate` tries a few steps."]

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        seconds = {stage: round(value, 1) for stage, value in self.seconds.items()}
        memory = None if self.plan is None else self.plan.as_dict()
        return {"runs": self.runs, "faults": self.faults, "seconds": seconds, "memory": memory}


def dry_run(preset: Preset, quality: Quality, device: torch.device, limit_gb: float | None = None) -> DryRun:
    """Puts every component together on PyTorch's meta device, as it is configured, and counts. limit_gb: memory of the card
    that is meant, where it is not this machine's `device`."""
    faults, plan, seconds = [], None, {}
    roles = dict.fromkeys(role for asked in quality.model_roles().values() for role in asked)
    for role in roles:
        try:
            check_models(preset, [role])
        except ModelError as error:
            faults.append(str(error))
    try:
        plan = plan_memory(preset, quality, device, limit_gb)
        if not faults:
            seconds = {stage: stage_seconds(preset, quality, stage) for stage in quality.model_roles()}
    except ModelError as error:
        faults.append(str(error))
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        faults.append(f"The configurations of its components do not fit one another ({reason}): fetch the models again.")
    if plan is not None and not plan.fits_low:
        faults.append(plan.verdict())
    return DryRun(preset, list(dict.fromkeys(faults)), plan, seconds)


def stage_seconds(preset: Preset, quality: Quality, stage: str) -> float:
    """Of the models' work in a stage, on a card as HALF_RATE and FULL_RATE say."""
    config = quality.stage(stage)
    return sum(
        config.steps * share * _step_seconds(preset, role, config, frames, cameras)
        for role, share, frames, cameras in _asked(quality, stage)
    )


def _asked(quality: Quality, stage: str) -> list[tuple[str, float, int, int]]:
    """Which models a stage asks: the role, in what share of the steps, about how many frames of how many views."""
    config, frames = quality.stage(stage), quality.field.times
    if stage == "static":
        return [("image", 1.0, 1, config.cameras)]
    if stage == "dynamic":
        still = [("image", config.image_share, 1, config.image_cameras)] if config.image_share else []
        return [("video", 1 - config.image_share, frames, config.cameras), *still]
    beside = "video" if frames > 1 else "image"
    return [("upscale", 1.0, frames, config.cameras), (beside, 1.0, frames, config.cameras)]


def _step_seconds(preset: Preset, role: str, config: StageConfig, frames: int, cameras: int) -> float:
    source = preset.sources()[role]
    denoiser, autoencoder = gradient_work(source, role, preset.image, config.size, frames, cameras)
    return denoiser / HALF_RATE + autoencoder / FULL_RATE


def about_model(source: str) -> str:
    """A model's id with what the catalogue knows of it: licence, size, whether it is gated, and whether its commit is
    pinned."""
    name, revision = split_source(source) or (source, MAIN)
    model: Listed | None = listed(name)
    parts = []
    if model is not None:
        use = {True: "commercial work allowed", False: "not for commercial work", None: "see its license"}[model.commercial]
        parts = [f"license {model.licence}", use, f"about {model.download_gb:g} GB to fetch"]
        parts += ["gated"] if model.gated else []
    if split_source(source) is not None:
        parts.append(f"commit {revision[:12]}" if revision != MAIN else "no commit pinned")
    return f"{name} ({'; '.join(parts)})" if parts else name
