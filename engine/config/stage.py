"""One stage of a run: how long, what it looks at, how it asks its model, and how it steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

# In the order in which a run goes through them.
STAGES = ("static", "dynamic", "super_resolution")


@dataclass(frozen=True)
class DistillationConfig:
    """How a stage asks its model.

    guidance_scale: classifier-free guidance in diffusers' convention; None for the scale published for the model's class.
    noise_start, noise_end: noise level in [0, 1] at the first and last step. noise_spread: half-width of the uniform draw about
    it. weighting: "residual" or "sds", see `engine.guidance.sds.distillation_gradient`.
    """

    guidance_scale: float | None = 3.0
    noise_start: float = 0.95
    noise_end: float = 0.3
    noise_spread: float = 0.05
    weighting: str = "residual"


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
    time_smoothness, time_variation, trajectory_jitter, trajectory_offset, skeleton_rigidity, skeleton_jerkiness.

    occupancy_interval: steps between updates of the occupancy grid. video_distillation: how the video model is asked where it
    is kept on beside another model. rigid_until: share of the stage in which only the trajectory moves; whole turns are tried
    before it. settled_trajectory: what its learning rate is multiplied by from then on; a root that shakes hides the limbs'
    motion. camera: what the cameras are drawn from. clip_fraction: range of the share of the clip that one step sees, from a
    random start (MAV3D's frame-rate sampling, recalled). blob_growth: what the width of the blob of density that a scene begins
    with is multiplied by over the stage, so that motion can leave the middle (MAV3D's annealing, recalled; 4D-fy has 10 with
    another blob). coloured_backgrounds: random colours behind the scene, not greys. reference: weight of a reference picture
    against all cameras together.
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
    settled_trajectory: float = 1.0
    camera: CameraConfig = CameraConfig()
    clip_fraction: tuple[float, float] = (1.0, 1.0)
    blob_growth: float = 1.0
    coloured_backgrounds: bool = False
    reference: float = 1.0
