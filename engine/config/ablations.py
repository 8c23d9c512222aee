"""A quality with a part of the method left out, one word each: what the paper's ablations compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.config.quality import STANDARD, Quality
from engine.config.stage import CameraConfig, StageConfig

# Of the time planes in the place of bones (scripts.benchmark.perfect_teacher).
PLANES_RATE = 0.01
# Of bones that begin at rest and not where the model takes the joints: how many times the rates are, and the share of the stage
# in which only the trajectory moves.
FROM_REST, RIGID_FIRST = 10, 0.15


def ablate(quality: Quality, parts: Iterable[str]) -> Quality:
    """`quality` without `parts`, which are keys of ABLATIONS."""
    for part in parts:
        quality = ABLATIONS[part](quality)
    return quality


def _static(quality: Quality) -> Quality:
    """The dynamic stage then has to form the object as well, in the steps of both and at the static stage's rates."""
    static, dynamic = quality.static, quality.dynamic
    rates = replace(dynamic.rates, space=static.rates.space, decoder=static.rates.decoder)
    both = replace(dynamic, steps=static.steps + dynamic.steps, rates=rates, rigid_until=0.0)
    return replace(quality, static=replace(static, steps=0), dynamic=both)


def _super_resolution(quality: Quality) -> Quality:
    return replace(quality, super_resolution=replace(quality.super_resolution, steps=0))


def _regularisers(quality: Quality) -> Quality:
    def free(stage: StageConfig) -> StageConfig:
        trajectory = {"trajectory_jitter": 0.0, "trajectory_offset": 0.0}
        skeleton = {"skeleton_rigidity": 0.0, "skeleton_jerkiness": 0.0}
        return replace(stage, time_smoothness=0.0, time_variation=0.0, **trajectory, **skeleton)

    return replace(quality, dynamic=free(quality.dynamic), super_resolution=free(quality.super_resolution))


def _dynamic_cameras(quality: Quality) -> Quality:
    def still(camera: CameraConfig) -> CameraConfig:
        return replace(camera, moving=0.0, scattered=False)

    dynamic, high = quality.dynamic, quality.super_resolution
    return replace(
        quality,
        dynamic=replace(dynamic, camera=still(dynamic.camera)),
        super_resolution=replace(high, camera=still(high.camera)),
    )


def _frame_rate_sampling(quality: Quality) -> Quality:
    return replace(quality, dynamic=replace(quality.dynamic, clip_fraction=(1.0, 1.0)))


def _trajectory(quality: Quality) -> Quality:
    """The planes carry all motion, as in the paper; they then learn at the static stage's rates."""
    if not quality.field.trajectory:
        return quality
    static, dynamic = quality.static, quality.dynamic
    rates = replace(dynamic.rates, space=0.2 * static.rates.space, time=static.rates.space, trajectory=0.0)
    moving = replace(dynamic, rates=rates, rigid_until=0.0)
    return replace(quality, field=replace(quality.field, trajectory=False), dynamic=moving)


def _skeleton(quality: Quality) -> Quality:
    """The time planes bend the body, beside the trajectory, as where there are no bones: it moves first, then they learn."""
    if not quality.field.bones:
        return quality
    quality = _joint_motion(quality)
    rates = replace(quality.dynamic.rates, time=PLANES_RATE, skeleton=0.0)
    dynamic = replace(quality.dynamic, rates=rates, rigid_until=STANDARD.dynamic.rigid_until)
    return replace(quality, field=replace(quality.field, bones=0), dynamic=dynamic)


def _joint_motion(quality: Quality) -> Quality:
    """Bones begin at rest, whatever the model knows of joints: they have further to go, after the whole has moved."""
    dynamic = quality.dynamic
    if not dynamic.joint_motion:
        return quality
    rates = replace(dynamic.rates, trajectory=FROM_REST * dynamic.rates.trajectory, skeleton=FROM_REST * dynamic.rates.skeleton)
    return replace(quality, dynamic=replace(dynamic, joint_motion=False, rates=rates, rigid_until=RIGID_FIRST))


# By the names that `engine.contract.request` has for them.
ABLATIONS: dict[str, Callable[[Quality], Quality]] = {
    "static": _static,
    "super-resolution": _super_resolution,
    "regularisers": _regularisers,
    "dynamic-cameras": _dynamic_cameras,
    "frame-rate-sampling": _frame_rate_sampling,
    "trajectory": _trajectory,
    "skeleton": _skeleton,
    "joint-motion": _joint_motion,
}


def text_to_3d(quality: Quality) -> Quality:
    """A still scene: the static stage, and super-resolution of its one frame (MAV3D without t)."""
    return replace(quality, field=replace(quality.field, times=1), dynamic=replace(quality.dynamic, steps=0))


def text_to_video(quality: Quality) -> Quality:
    """Everything is seen from the front alone, and is right from there alone (MAV3D without z)."""
    front = CameraConfig(azimuth=(0.0, 0.0), elevation=(FRONT_ELEVATION, FRONT_ELEVATION))

    def ahead(stage: StageConfig) -> StageConfig:
        return replace(stage, camera=front)

    return replace(
        quality, static=ahead(quality.static), dynamic=ahead(quality.dynamic), super_resolution=ahead(quality.super_resolution)
    )


# Radians.
FRONT_ELEVATION = 0.25

MODES: dict[str, Callable[[Quality], Quality]] = {"4d": lambda quality: quality, "3d": text_to_3d, "video": text_to_video}
