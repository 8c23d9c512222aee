import math

import pytest
import torch

from engine.models.world.bodies import BODIES
from engine.models.world.movements import (
    X,
    Z,
    beat,
    bone_y,
    flutter,
    has,
    lift,
    lift_axis,
    radial_limbs,
    step,
    swing_arm,
    undulate,
    wag_tail,
)
from engine.models.world.skeleton import Pose, posed

# Quarters of a cycle.
PHASE = torch.arange(4) * math.pi / 2


def angles(pose: Pose, bone: str, axis: int) -> list[float]:
    turned = pose.turns[bone]
    others = [other for other in range(3) if other != axis]
    assert not turned[:, others].any()
    return turned[:, axis].tolist()


def test_a_knee_is_straight_at_the_back_and_bent_while_the_leg_comes_forward():
    pose = Pose(4)
    step(pose, "hind_left", PHASE, 0.4, 0.8)
    assert angles(pose, "hind_left_2", 0) == pytest.approx([0, 0.4, 0.8, 0.4], abs=1e-6)
    assert angles(pose, "hind_left_1", 0) == pytest.approx([0, 0.4 - 0.1, -0.2, -0.4 - 0.1], abs=1e-6)


def test_an_arm_swings_and_its_elbow_stays_bent():
    pose = Pose(4)
    swing_arm(pose, "fore_left", PHASE, 0.5, 1.0)
    assert angles(pose, "fore_left_1", 0) == pytest.approx([0, 0.5, 0, -0.5], abs=1e-6)
    assert angles(pose, "fore_left_2", 0) == pytest.approx([-0.7, -0.4, -0.7, -1.0], abs=1e-6)


def test_a_wave_runs_along_a_tail_and_a_flag():
    pose = Pose(4)
    wag_tail(pose, PHASE, 0.3)
    assert angles(pose, "tail_1", 2) == pytest.approx([0, 0.3, 0, -0.3], abs=1e-6)
    assert angles(pose, "tail_2", 2)[0] == pytest.approx(-0.3 * math.sin(0.5))
    cloth = Pose(4)
    flutter(cloth, PHASE)
    assert len(cloth.turns) == 6 and cloth.turns["far_left_3"].abs().max() > cloth.turns["tail_1"].abs().max()


@pytest.mark.parametrize("limb", ["fore_left", "fore_right"])
def test_a_lifted_limb_goes_up(limb):
    bird = BODIES["bird"]
    pose = Pose(1)
    lift(pose, bird, limb, torch.tensor([0.3]), torch.zeros(1), torch.zeros(1))
    tip = posed(bird.skeleton, pose).names.index(f"{limb}_3")
    raised, rest = (posed(bird.skeleton, each).heads[0, tip] for each in (pose, Pose(1)))
    assert raised[2] > rest[2] + 0.03
    assert lift_axis(bird, limb).norm() == pytest.approx(1)


def test_wings_beat_alike_on_both_sides():
    bird, pose = BODIES["bird"], Pose(4)
    for limb in ("fore_left", "fore_right"):
        beat(pose, bird, limb, PHASE, 0.7, 0.5)
    bones = posed(bird.skeleton, pose)
    left, right = (bones.heads[:, bones.names.index(f"fore_{side}_3")] for side in ("left", "right"))
    assert torch.allclose(left * torch.tensor([-1.0, 1, 1]), right, atol=1e-5)


def test_a_limb_that_is_not_there_is_left_out():
    snake = next(body for body in BODIES.values() if not body.limbs and not has(body, "fore_left_3"))
    pose = Pose(1)
    lift(pose, snake, "fore_left", *[torch.ones(1)] * 3)
    assert pose.turns == {} and radial_limbs(snake) == []


def test_a_body_that_winds_turns_each_bone_against_the_one_before():
    dog = BODIES["dog"]
    pose = Pose(4)
    undulate(pose, dog, PHASE, lambda y: 0.5, 4.0)
    hips = 0.5 * (PHASE - 4 * bone_y(dog, "hips")).sin()
    assert angles(pose, "hips", 2) == pytest.approx(hips.tolist(), abs=1e-6)
    waist = 0.5 * (PHASE - 4 * bone_y(dog, "waist")).sin()
    assert angles(pose, "waist", 2) == pytest.approx((waist - hips).tolist(), abs=1e-6)
    assert bone_y(dog, "no such bone") == 0 and X != Z
