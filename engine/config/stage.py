"""One stage of a run: how long, what it looks at, how it asks its model, and how it steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

# In the order in which a run goes through them.
STAGES = ("static", "dynamic", "super_resolution")


@dataclass(frozen=True)
class DistillationConfig:
    """How a stage asks its model, as functions of progress. Where guidance_scale, noise_start or weighting is None, it and what
    belongs to it are those of the model's class (`engine.config.recipes`).

    guidance_scale: classifier-free guidance in diffusers' convention at the first step; guidance_end: at the last, the same if
    None. noise_start, noise_end: noise level in [0, 1] at the first and last step; noise_spread, noise_spread_end: half-width
    of the uniform draw about it, the same throughout if the latter is None; noise_until: the share of the stage after which
    both stay; noise_limits: what no draw leaves. weighting: "residual", "sds" or "velocity", see
    `engine.guidance.sds.distillation_gradient`; rescale: share of the estimate whose contrast is brought back to that without
    guidance, see `engine.guidance.sds.rescale_contrast`.
    """

    guidance_scale: float | None = 3.0
    noise_start: float | None = 0.95
    noise_end: float = 0.3
    noise_spread: float = 0.05
    weighting: str | None = "residual"
    guidance_end: float | None = None
    noise_spread_end: float | None = None
    noise_until: float = 1.0
    noise_limits: tuple[float, float] = (0.02, 0.98)
    rescale: float = 0.0

    def scale(self, progress: float) -> float:
        """The guidance scale at `progress` of the stage, 0 to 1."""
        return _between(self.guidance_scale, self.guidance_end, progress)

    def noise(self, progress: float) -> tuple[float, float]:
        """The noise level's centre and half-width at `progress` of the stage, 0 to 1."""
        share = min(1.0, progress / self.noise_until)
        return _between(self.noise_start, self.noise_end, share), _between(self.noise_spread, self.noise_spread_end, share)

    @property
    def conditional_only(self) -> bool:
        """Whether the unconditional prediction never counts."""
        return self.guidance_scale == 1 and self.guidance_end in (None, 1)

    def filled(self, own: DistillationConfig) -> DistillationConfig:
        """The same with what is left open as `own` has it."""
        filled = self
        if self.guidance_scale is None:
            filled = replace(filled, guidance_scale=own.guidance_scale, guidance_end=own.guidance_end)
        if self.noise_start is None:
            names = ("noise_start", "noise_end", "noise_spread", "noise_spread_end", "noise_until", "noise_limits")
            filled = replace(filled, **{name: getattr(own, name) for name in names})
        if self.weighting is None:
            filled = replace(filled, weighting=own.weighting, rescale=own.rescale)
        return filled


# All as the model's class has it.
AS_PUBLISHED = DistillationConfig(guidance_scale=None, noise_start=None, weighting=None)


def _between(first: float, last: float | None, share: float) -> float:
    return first if last is None else first + (last - first) * share


@dataclass(frozen=True)
class LearningRates:
    """Learning rates of the space planes, the time planes, the decoder, the trajectory (metres, radians, log scale), and the
    skeleton (metres, radians)."""

    space: float
    time: float
    decoder: float
    trajectory: float = 0.0
    skeleton: float = 0.0


@dataclass(frozen=True)
class CameraConfig:
    """The range that a stage draws its cameras from. azimuth, elevation: radians; fov: vertical, radians; the model's own where
    None.

    scattered: whether each frame of a clip has a camera of its own, for models that look at frames one by one: a step then sees
    the motion from all sides. moving: share of the steps in which cameras move during a clip (MAV3D's dynamic cameras,
    recalled; Animate124's code has 0.9). swing: largest change of azimuth and elevation over such a clip, radians (Animate124:
    90 and 45 degrees either way).
    """

    azimuth: tuple[float, float] = (0.0, 2 * math.pi)
    elevation: tuple[float, float] | None = None
    fov: float | None = None
    moving: float = 0.0
    swing: tuple[float, float] = (math.radians(90), math.radians(45))
    scattered: bool = False


@dataclass(frozen=True)
class StageConfig:
    """One stage.

    steps: optimiser steps. cameras: views a step. size: pixels a side. samples: intervals a ray. rates: at the first step.
    distillation: how the stage's model is asked. final_lr_ratio: learning rate at the last step as a share of the first.
    empty_sample_prob: see `engine.scene.render.View`.

    Weights of the regularisers (`engine.stages.regularisers`): opacity_entropy, sparsity, density_entropy, total_variation,
    time_smoothness, time_variation, trajectory_jitter, trajectory_offset, skeleton_rigidity, skeleton_jerkiness. The first
    three are of a ray of a view of `size` pixels.

    late_opacity_entropy: what opacity_entropy grows to, evenly, from the share late_from of the stage to its end; it stays as
    it is where None. size_milestones: shares of the stage from which views are larger, and their sizes in pixels.

    image_share: share of the steps in which the image model is asked about stills of one random moment in the video model's
    place, from image_cameras views and as image_distillation says; it holds the look of what moves (4D-fy).

    occupancy_interval: steps between updates of the occupancy grid. video_distillation: how the video model is asked where it
    is kept on beside another model. rigid_until: share of the stage in which only the trajectory moves; whole turns are tried
    before it. camera: what the cameras are drawn from. clip_fraction: range of the share of the clip that one step sees, from a
    random start (MAV3D's frame-rate sampling, recalled). blob_growth: what the width of the blob of density that a scene begins
    with is multiplied by over the stage, so that motion can leave the middle (MAV3D's annealing, recalled; 4D-fy has 10 with
    another blob). coloured_backgrounds: random colours behind the scene, not greys. reference: weight of a reference picture
    against all cameras together. joint_motion: whether bones begin where the video model takes a body's joints to be, if it
    says.
    """

    steps: int
    cameras: int
    size: int
    samples: int
    rates: LearningRates
    distillation: DistillationConfig
    final_lr_ratio: float = 0.2
    empty_sample_prob: float = 0.0
    opacity_entropy: float = 0.0
    sparsity: float = 0.0
    density_entropy: float = 0.0
    total_variation: float = 0.0
    time_smoothness: float = 0.0
    time_variation: float = 0.0
    trajectory_jitter: float = 5.0
    trajectory_offset: float = 5.0
    skeleton_rigidity: float = 0.01
    skeleton_jerkiness: float = 0.1
    occupancy_interval: int = 16
    video_distillation: DistillationConfig | None = None
    rigid_until: float = 0.0
    camera: CameraConfig = CameraConfig()
    clip_fraction: tuple[float, float] = (1.0, 1.0)
    blob_growth: float = 1.0
    coloured_backgrounds: bool = False
    reference: float = 1.0
    late_opacity_entropy: float | None = None
    late_from: float = 1.0
    size_milestones: tuple[tuple[float, int], ...] = ()
    image_share: float = 0.0
    image_cameras: int = 4
    image_distillation: DistillationConfig | None = None
    joint_motion: bool = False

    def at(self, progress: float) -> StageConfig:
        """The stage with what changes over it as it is at `progress`, 0 to 1."""
        config = self
        if self.late_opacity_entropy is not None and progress > self.late_from:
            share = (progress - self.late_from) / (1 - self.late_from)
            config = replace(config, opacity_entropy=_between(self.opacity_entropy, self.late_opacity_entropy, share))
        reached = [size for share, size in self.size_milestones if progress >= share]
        if not reached:
            return config
        # Terms of rays are summed over them, and there are more now.
        rays = (self.size / reached[-1]) ** 2
        terms = {name: rays * getattr(config, name) for name in ("opacity_entropy", "sparsity", "density_entropy")}
        return replace(config, size=reached[-1], **terms)

    def asks_image(self, step: int) -> bool:
        """Whether the image model is asked in step number `step`: these are spread evenly."""
        return int((step + 1) * self.image_share) > int(step * self.image_share)
