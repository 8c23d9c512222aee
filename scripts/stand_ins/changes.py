"""The public models' recipe as the stand-ins are judged by it, and each of its five changes undone.

Undone, each has what quality `paper` has or all classes once had: the blob grows, the video model alone holds what moves,
regularisers are weak, and Wan and MVDream are asked as any class is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.config.quality import PAPER, PUBLIC_DRAFT, Quality
from engine.config.stage import DistillationConfig, LearningRates
from engine.scene.cameras import FOV

RECIPE = "the recipe"
# In place of the draft's 2000 and 2000 steps, which would take hours without a card; and rays of fewer samples.
STATIC_STEPS, DYNAMIC_STEPS = 400, 300
SAMPLES = 48
# Those that the built-in models were measured with over as few steps.
STATIC_RATES = LearningRates(0.02, 0.0, 0.005)
DYNAMIC_RATES = LearningRates(0.0, 0.0, 0.0, 0.02, 0.02)


def judged_quality(static_steps: int = STATIC_STEPS, dynamic_steps: int = DYNAMIC_STEPS) -> Quality:
    """PUBLIC_DRAFT in fewer steps, at the rates that go with them, with rays of fewer samples; all else is as it is there."""
    static = replace(PUBLIC_DRAFT.static, steps=static_steps, samples=SAMPLES, rates=STATIC_RATES)
    dynamic = replace(PUBLIC_DRAFT.dynamic, steps=dynamic_steps, samples=SAMPLES, rates=DYNAMIC_RATES)
    return replace(PUBLIC_DRAFT, static=static, dynamic=dynamic)


def _blob_growth(quality: Quality) -> Quality:
    return replace(quality, dynamic=replace(quality.dynamic, blob_growth=PAPER.dynamic.blob_growth))


def _holding(quality: Quality) -> Quality:
    """The video model alone; the body goes on learning while it moves, and cameras move."""
    before = PAPER.dynamic
    rates = replace(quality.dynamic.rates, space=before.rates.space, decoder=before.rates.decoder)
    return replace(quality, dynamic=replace(quality.dynamic, image_share=0.0, rates=rates, camera=before.camera))


def _regularisers(quality: Quality) -> Quality:
    static = replace(
        quality.static, total_variation=PAPER.static.total_variation, sparsity=0.0, late_opacity_entropy=None
    )
    before = PAPER.dynamic
    dynamic = replace(
        quality.dynamic, total_variation=before.total_variation, time_smoothness=before.time_smoothness,
        time_variation=before.time_variation,
    )  # fmt: skip
    return replace(quality, static=static, dynamic=dynamic)


def _wan(quality: Quality) -> Quality:
    """Guidance 100 throughout, the noise of all classes, and the flow's plain weight."""
    asked = DistillationConfig(100.0, noise_start=0.98, noise_end=0.3, noise_spread=0.3, weighting="velocity")
    return replace(quality, dynamic=replace(quality.dynamic, distillation=asked))


def _mvdream(quality: Quality) -> Quality:
    """DreamFusion's weight without rescale, the noise of all classes, the usual field of view and grey backgrounds."""
    asked = DistillationConfig(50.0, noise_start=0.98, noise_end=0.3, noise_spread=0.3, weighting="sds")
    camera = replace(quality.static.camera, fov=FOV)
    static = replace(quality.static, distillation=asked, camera=camera, coloured_backgrounds=False)
    return replace(quality, static=static)


VARIANTS: dict[str, Callable[[Quality], Quality]] = {
    RECIPE: lambda quality: quality,
    "blob growth": _blob_growth,
    "nothing holds the object": _holding,
    "weak regularisers": _regularisers,
    "Wan as before": _wan,
    "MVDream as before": _mvdream,
}
