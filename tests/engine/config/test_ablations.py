from dataclasses import asdict, fields

import pytest

from engine.config.ablations import ABLATIONS, FRONT_ELEVATION, MODES, ablate
from engine.config.quality import BODIES_STANDARD, PAPER, STANDARD


def changes(before, after, prefix=""):
    """Dotted names of what differs."""
    found = set()
    for field in fields(before):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if one != other:
            nested = hasattr(one, "__dataclass_fields__") and hasattr(other, "__dataclass_fields__")
            found |= changes(one, other, f"{prefix}{field.name}.") if nested else {prefix + field.name}
    return found


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("super-resolution", {"super_resolution.steps"}),
        ("static", {"static.steps", "dynamic.steps", "dynamic.rates.space", "dynamic.rates.decoder"}),
        ("dynamic-cameras", {"dynamic.camera.moving", "super_resolution.camera.moving"}),
        ("frame-rate-sampling", {"dynamic.clip_fraction"}),
        ("trajectory", set()),
    ],
)
def test_a_part_left_out_changes_that_and_nothing_else(part, changed):
    assert changes(PAPER, ablate(PAPER, [part])) == changed


def test_without_regularisers_motion_is_free():
    for quality in (PAPER, STANDARD, BODIES_STANDARD):
        for name in ("dynamic", "super_resolution"):
            values = asdict(getattr(ablate(quality, ["regularisers"]), name))
            weights = ("time_smoothness", "time_variation", "trajectory_jitter", "skeleton_rigidity", "skeleton_jerkiness")
            assert not any(values[weight] for weight in weights)
            assert values["total_variation"] == getattr(quality, name).total_variation


def test_without_the_static_stage_the_dynamic_one_forms_the_object():
    quality = ablate(STANDARD, ["static"])
    assert quality.static.steps == 0
    assert quality.dynamic.steps == STANDARD.static.steps + STANDARD.dynamic.steps
    assert quality.dynamic.rates.space == STANDARD.static.rates.space and quality.dynamic.rigid_until == 0


def test_without_the_trajectory_the_planes_carry_all_motion():
    quality = ablate(STANDARD, ["trajectory"])
    rates = {"dynamic.rates.space", "dynamic.rates.time", "dynamic.rates.trajectory"}
    assert changes(STANDARD, quality) == {"field.trajectory", "dynamic.rigid_until"} | rates
    assert quality.dynamic.rates.time == STANDARD.static.rates.space


def test_without_the_skeleton_the_planes_bend_the_body_beside_the_trajectory():
    quality = ablate(BODIES_STANDARD, ["skeleton"])
    rates = {"dynamic.rates.time", "dynamic.rates.trajectory", "dynamic.rates.skeleton"}
    assert changes(BODIES_STANDARD, quality) == {"field.bones", "dynamic.rigid_until", "dynamic.joint_motion"} | rates
    assert quality.field.trajectory and quality.dynamic.rates.time > 0
    assert ablate(STANDARD, ["skeleton"]) == STANDARD


def test_without_the_models_joints_bones_begin_at_rest_and_have_further_to_go():
    quality = ablate(BODIES_STANDARD, ["joint-motion"])
    rates = {"dynamic.rates.trajectory", "dynamic.rates.skeleton"}
    assert changes(BODIES_STANDARD, quality) == {"dynamic.rigid_until", "dynamic.joint_motion"} | rates
    assert quality.dynamic.rates.skeleton == 10 * BODIES_STANDARD.dynamic.rates.skeleton
    # Nothing to leave out, nothing changes; nor the second time.
    assert ablate(quality, ["joint-motion"]) == quality
    assert all(ablate(each, ["joint-motion"]) == each for each in (STANDARD, PAPER))


def test_parts_add_up():
    both = ablate(STANDARD, ["super-resolution", "trajectory"])
    assert both.super_resolution.steps == 0 and not both.field.trajectory and both.dynamic.rates.time > 0


def test_every_part_is_in_one_of_the_qualities():
    assert all(any(ablate(quality, [part]) != quality for quality in (PAPER, STANDARD, BODIES_STANDARD)) for part in ABLATIONS)


def test_a_video_is_seen_from_the_front_alone():
    quality = MODES["video"](PAPER)
    for stage in (quality.static, quality.dynamic, quality.super_resolution):
        assert stage.camera.azimuth == (0.0, 0.0) and stage.camera.elevation == (FRONT_ELEVATION, FRONT_ELEVATION)
        assert stage.camera.moving == 0
