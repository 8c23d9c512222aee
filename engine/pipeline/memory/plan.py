"""What the stages of a run need of a device's memory, whether that fits, and how to go about it where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from engine.config.quality import Quality
from engine.contract.errors import ModelError
from engine.guidance.precision import half_type
from engine.job.resolve import ResolvedJob, qualities_of
from engine.models.presets import PRESETS, Preset
from engine.pipeline.device import memory_gb
from engine.pipeline.memory.models import Need, preset_needs

# A chunk of rays with its graph, the scene and its optimiser, PyTorch itself: what every stage holds beside models.
SCENE_GB = 1.5


@dataclass(frozen=True)
class MemoryPlan:
    """usual: the most that each stage holds, GB, with its models side by side. low: the same at low memory: one model on the
    device at a time, one picture at a time, text encoders in main memory. needs: of each role's model. available: on the
    device, GB; None where that is not known."""

    usual: dict[str, float]
    low: dict[str, float]
    needs: dict[str, Need]
    available: float | None

    @property
    def fits(self) -> bool:
        return self.available is None or max(self.usual.values(), default=0.0) <= self.available

    @property
    def fits_low(self) -> bool:
        return self.available is None or max(self.low.values(), default=0.0) <= self.available

    @property
    def known(self) -> bool:
        """Whether all models are on this machine; else some figures are the catalogue's."""
        return all(need.known for need in self.needs.values())

    def lines(self) -> list[str]:
        """A table for people, GB."""
        rows = ["GB                 text encoders  weights  working"]
        for role, need in self.needs.items():
            mark = "" if need.known else "  not fetched: an estimate"
            rows.append(f"{role:<18} {need.text:>13.1f} {need.weights:>8.1f} {need.working:>8.1f}{mark}")
        rows.append("GB                 usual  low memory")
        for stage, usual in self.usual.items():
            rows.append(f"{stage.replace('_', '-'):<18} {usual:>5.1f} {self.low[stage]:>11.1f}")
        return [*rows, self.verdict()]

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        names = ("usual", "low", "available", "fits", "fits_low", "known")
        return {name: getattr(self, name) for name in names}

    def verdict(self) -> str:
        """One sentence: whether it fits."""
        if self.available is None:
            return "How much memory the device has is not known."
        most, least = max(self.usual.values(), default=0.0), max(self.low.values(), default=0.0)
        if self.fits:
            return f"It fits: {most:.1f} of {self.available:.1f} GB."
        if self.fits_low:
            return f"It fits at low memory alone, which is chosen by itself: {least:.1f} of {self.available:.1f} GB."
        return f"It does not fit: {least:.1f} GB even at low memory, and the device has {self.available:.1f} GB."


def plan_memory(preset: Preset, quality: Quality, device: torch.device, limit_gb: float | None = None) -> MemoryPlan:
    """Loads nothing. limit_gb: plans for a graphics card that has so much memory, whatever `device` is. Raises ModelError where
    a model is neither on this machine nor in the catalogue."""
    half = limit_gb is not None or (device.type == "cuda" and half_type(device) is not None)
    needs = preset_needs(preset, quality, half)
    alone = preset_needs(preset, quality, half, low=True)
    usual, low = {}, {}
    for stage, roles in quality.model_roles().items():
        models = [needs[role] for role in roles]
        beside = sum(need.weights for need in models) + max(need.working for need in models)
        usual[stage] = SCENE_GB + max(beside, *(need.text for need in models))
        low[stage] = SCENE_GB + max(alone[role].weights + alone[role].working for role in roles)
    return MemoryPlan(usual, low, needs, memory_gb(device) if limit_gb is None else limit_gb)


def fitting_presets(quality: str, device: torch.device) -> list[str]:
    """The presets whose models fit on `device` at the quality of this name, the built-in one included."""
    fitting = []
    for preset in PRESETS.values():
        if not all(preset.sources().values()):
            continue
        settings = qualities_of(preset)[quality]
        try:
            plan = plan_memory(preset, settings, device)
        except ModelError:
            continue
        if plan.fits_low:
            fitting.append(preset.name)
    return fitting


def needs_low_memory(job: ResolvedJob, device: torch.device) -> bool:
    """Whether a run is to go about with low memory: where the request says so, or its models fit no other way."""
    if job.request.memory == "low":
        return True
    if job.models.built_in or device.type == "cpu":
        return False
    return not plan_memory(job.models, job.quality, device).fits
