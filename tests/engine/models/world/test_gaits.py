import math

import pytest
import torch

from engine.models.world.bodies import BODIES
from engine.models.world.gaits import GAITS
from engine.models.world.skeleton import posed
from engine.models.world.words.lexicon import LIMB_MOTIONS

PHASE = torch.linspace(0, 2 * math.pi, 9)
PAIRS = [(name, gait) for gait, names in LIMB_MOTIONS.items() for name in names]


@pytest.mark.parametrize(("name", "gait"), PAIRS)
def test_a_cycle_turns_bones_and_ends_where_it_began(name, gait):
    body = BODIES[name]
    bones = posed(body.skeleton, GAITS[gait](body, PHASE))
    assert torch.allclose(bones.rotations[0], bones.rotations[-1], atol=1e-5)
    assert torch.allclose(bones.heads[0], bones.heads[-1], atol=1e-5)
    assert bool((bones.rotations - bones.rotations[0]).abs().max() < 0.05) == (gait == "resting")


def foot(name: str, gait: str, limb: str) -> torch.Tensor:
    body = BODIES[name]
    bones = posed(body.skeleton, GAITS[gait](body, PHASE[:-1]))
    return bones.heads[:, bones.names.index(f"{limb}_3")]


def test_a_walking_dog_moves_its_diagonal_legs_together():
    left, right = foot("dog", "walking", "hind_left")[:, 1], foot("dog", "walking", "fore_right")[:, 1]
    other = foot("dog", "walking", "hind_right")[:, 1]
    middle = [each - each.mean() for each in (left, right, other)]
    assert (middle[0] * middle[1]).sum() > 0 > (middle[0] * middle[2]).sum()


def test_a_cycle_starts_with_the_left_hind_leg_at_its_middle_and_going_back():
    body = BODIES["dog"]
    pose = GAITS["walking"](body, torch.tensor([0.0, 0.2]))
    thigh = pose.turns["hind_left_1"][:, 0]
    assert thigh[0] == 0 and thigh[1] > 0
    backwards = foot("dog", "walking", "hind_left")[:, 1]
    assert backwards[1] > backwards[0]


def test_a_galloping_dog_moves_its_hind_legs_nearly_together():
    left, right = (foot("dog", "running", f"hind_{side}")[:, 1] for side in ("left", "right"))
    left, right = left - left.mean(), right - right.mean()
    assert (left * right).sum() / (left.norm() * right.norm()) > 0.6


def test_who_waves_lifts_the_left_arm_alone():
    body = BODIES[next(name for name in LIMB_MOTIONS["waving"] if BODIES[name].limbs.get("fore") == "arm")]
    pose = GAITS["waving"](body, PHASE)
    assert "fore_left_1" in pose.turns and "fore_right_1" not in pose.turns
