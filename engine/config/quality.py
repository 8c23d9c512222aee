"""Every number of a run, typed, as Python values: qualities say how long and how fine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Distillation:
    """How a stage asks its model.

    guidance_scale: classifier-free, diffusers' convention; None for that of the model's class. noise_start, noise_end: noise
    level in [0, 1] at the first and last step. noise_spread: half-width of the uniform draw about it. weighting: see
    `residual_gradient`.
    """

    guidance_scale: float | None = 3.0
    noise_start: float = 0.95
    noise_end: float = 0.3
    noise_spread: float = 0.05
    weighting: str = "residual"


BACKBONES = ("hexplane", "mlp")


@dataclass(frozen=True)
class FieldSettings:
    """resolutions: texels a side of each level. occupancy: cells a side. max_density: per metre.

    trajectory: whether the planes ride on one (TC4D's idea, optimised here); without, they carry all motion, as in MAV3D.
    backbone: "hexplane", or "mlp" for comparison.
    """

    resolutions: tuple[int, ...] = (24, 64)
    times: int = 16
    channels: int = 12
    hidden: int = 32
    max_density: float = 40.0
    occupancy: int = 32
    trajectory: bool = True
    backbone: str = "hexplane"


@dataclass(frozen=True)
class Rates:
    """Learning rates of the space planes, the time planes, the decoder, and the trajectory (metres, radians, log)."""

    space: float
    time: float
    decoder: float
    trajectory: float = 0.0


@dataclass(frozen=True)
class CameraSettings:
    """Where a stage looks from. azimuth, elevation: ranges, radians; fov: vertical, radians; the model's own where None.

    moving: share of the steps in which cameras move during a clip (MAV3D's dynamic cameras, recalled; Animate124's code has
    0.9). swing: most that azimuth and elevation change over such a clip, radians (Animate124: 90 and 45 degrees either way).
    """

    azimuth: tuple[float, float] = (0.0, 2 * math.pi)
    elevation: tuple[float, float] | None = None
    fov: float | None = None
    moving: float = 0.0
    swing: tuple[float, float] = (math.radians(90), math.radians(45))


@dataclass(frozen=True)
class StageSettings:
    """One stage. cameras: views a step. size: pixels a side. samples: intervals a ray.

    last_rate: learning rate at the last step as a share of the first. explore: see `View`. entropy, sparsity, solid,
    variation, smoothness, time_variation, trajectory_jitter, trajectory_offset: weights of the regularisers. occupancy_every:
    steps between occupancy updates. video_distillation: how the video model is asked where it is kept on beside another.
    rigid_until: share of the stage in which only the trajectory moves; whole turns are tried before it. span: range of the
    share of the clip that one step sees, from a random start (MAV3D's frame-rate sampling, recalled). blob_growth: what the
    width of the blob of density that a scene begins with is multiplied by over the stage, so that motion can leave the middle
    (MAV3D's annealing, recalled; 4D-fy has 10 with another blob). coloured: random colours behind the scene, not greys.
    reference: weight of a picture that was given, against all cameras together.
    """

    steps: int
    cameras: int
    size: int
    samples: int
    rates: Rates
    distillation: Distillation
    last_rate: float = 0.2
    explore: float = 0.0
    entropy: float = 0.0
    sparsity: float = 0.0
    solid: float = 0.0
    variation: float = 0.0
    smoothness: float = 0.0
    time_variation: float = 0.0
    trajectory_jitter: float = 5.0
    trajectory_offset: float = 5.0
    occupancy_every: int = 16
    video_distillation: Distillation | None = None
    rigid_until: float = 0.0
    look: CameraSettings = CameraSettings()
    span: tuple[float, float] = (1.0, 1.0)
    blob_growth: float = 1.0
    coloured: bool = False
    reference: float = 1.0


@dataclass(frozen=True)
class MeshSettings:
    """resolution: grid cells a side. surface_depth: metres of density at the level that make a ray half opaque.

    triangles: most a frame. texture: pixels a side.
    """

    resolution: int = 96
    surface_depth: float = 0.4
    triangles: int = 4000
    texture: int = 512


@dataclass(frozen=True)
class Quality:
    name: str
    static: StageSettings
    dynamic: StageSettings
    super_resolution: StageSettings
    field: FieldSettings = FieldSettings()
    mesh: MeshSettings = MeshSettings()


STANDARD = Quality(
    "standard",
    static=StageSettings(
        steps=150, cameras=6, size=32, samples=48, rates=Rates(0.02, 0.0, 0.005),
        distillation=Distillation(guidance_scale=1.5, noise_start=0.95, noise_end=0.35), explore=0.05,
        entropy=2e-3, sparsity=1e-4, solid=1e-4, variation=0.1,
    ),
    dynamic=StageSettings(
        steps=120, cameras=1, size=32, samples=40, rates=Rates(0.0, 0.0005, 0.0, 0.04),
        distillation=Distillation(guidance_scale=1.0, noise_start=0.95, noise_end=0.4), explore=0.05,
        entropy=2e-3, sparsity=1e-4, solid=1e-4, variation=0.1, smoothness=0.01, occupancy_every=8, rigid_until=0.25,
        last_rate=0.1, look=CameraSettings(moving=1.0),
    ),
    super_resolution=StageSettings(
        steps=30, cameras=1, size=64, samples=48, rates=Rates(0.0007, 0.0002, 0.0002, 0.001),
        distillation=Distillation(guidance_scale=1.0, noise_start=0.7, noise_end=0.45),
        video_distillation=Distillation(guidance_scale=1.0, noise_start=0.7, noise_end=0.45),
        variation=0.1, smoothness=0.01,
    ),
)  # fmt: skip

DRAFT = replace(
    STANDARD,
    name="draft",
    static=replace(STANDARD.static, steps=110, cameras=4, samples=32),
    dynamic=replace(STANDARD.dynamic, steps=50, samples=32, rates=Rates(0.0, 0.0005, 0.0, 0.05)),
    super_resolution=replace(STANDARD.super_resolution, steps=0),
    mesh=MeshSettings(resolution=64, triangles=3000, texture=256),
)

HIGH = replace(
    STANDARD,
    name="high",
    static=replace(STANDARD.static, steps=400, samples=64),
    dynamic=replace(STANDARD.dynamic, steps=240),
    super_resolution=replace(STANDARD.super_resolution, steps=120, samples=96),
    mesh=MeshSettings(resolution=128, triangles=12000, texture=1024),
)

# The paper's own numbers as far as they are known. Verified: 8 cameras, 64 x 64 pixels, 16 frames, 12,000 steps in all.
# Recalled and not read: how the steps are shared out, 128 intervals, the learning rate, 256 x 256 pixels, the annealed blob,
# moving cameras, frame-rate sampling. Not known, and taken from HexPlane's and 4D-fy's code: planes, noise levels, weights
# of the regularisers. Guidance scales are those published for a model's class. For public models on a GPU; not run with them
# yet.
PAPER = Quality(
    "paper",
    static=StageSettings(
        steps=5000, cameras=8, size=64, samples=128, rates=Rates(1e-3, 0.0, 1e-3), last_rate=1.0,
        distillation=Distillation(None, 0.98, 0.3, 0.3, "sds"), explore=0.05, entropy=1e-3, variation=1e-4,
    ),
    dynamic=StageSettings(
        steps=5000, cameras=8, size=64, samples=128, rates=Rates(1e-4, 1e-3, 1e-4), last_rate=1.0,
        distillation=Distillation(None, 0.98, 0.3, 0.3, "sds"), explore=0.05, entropy=1e-3, variation=1e-4,
        smoothness=1e-2, time_variation=2e-4, look=CameraSettings(moving=0.9), span=(0.25, 1.0), blob_growth=10.0,
    ),
    super_resolution=StageSettings(
        steps=2000, cameras=1, size=256, samples=128, rates=Rates(1e-4, 1e-4, 1e-4), last_rate=1.0,
        distillation=Distillation(None, 0.5, 0.02, 0.1, "sds"), video_distillation=Distillation(None, 0.5, 0.02, 0.1, "sds"),
        entropy=1e-3, variation=1e-4, smoothness=1e-2, time_variation=2e-4, look=CameraSettings(moving=0.9),
    ),
    field=FieldSettings(resolutions=(64, 128), channels=24, hidden=64, occupancy=64, trajectory=False),
    mesh=MeshSettings(resolution=128, triangles=20000, texture=1024),
)  # fmt: skip

QUALITIES = {quality.name: quality for quality in (DRAFT, STANDARD, HIGH, PAPER)}

# The same for public models, which guide by far larger scales and need far more steps: PAPER's settings with fewer of them,
# and smaller pictures. Not run with real weights yet.
PUBLIC_STANDARD = replace(
    PAPER,
    name="standard",
    static=replace(PAPER.static, steps=3000, cameras=4, samples=64),
    dynamic=replace(PAPER.dynamic, steps=2000, cameras=1, samples=64),
    super_resolution=replace(PAPER.super_resolution, steps=300, size=128, samples=64),
)
PUBLIC_DRAFT = replace(
    PUBLIC_STANDARD,
    name="draft",
    static=replace(PUBLIC_STANDARD.static, steps=1000),
    dynamic=replace(PUBLIC_STANDARD.dynamic, steps=500),
    super_resolution=replace(PUBLIC_STANDARD.super_resolution, steps=0),
    mesh=replace(PUBLIC_STANDARD.mesh, resolution=96, triangles=8000, texture=512),
)
PUBLIC_HIGH = replace(
    PUBLIC_STANDARD,
    name="high",
    static=replace(PAPER.static, cameras=8),
    dynamic=replace(PAPER.dynamic, cameras=2),
    super_resolution=replace(PAPER.super_resolution, steps=1000),
)
PUBLIC_QUALITIES = {quality.name: quality for quality in (PUBLIC_DRAFT, PUBLIC_STANDARD, PUBLIC_HIGH, PAPER)}
