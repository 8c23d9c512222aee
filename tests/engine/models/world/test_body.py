import pytest
import torch

from engine.models.world.body import (
    BLACK,
    PRIMARY,
    SECONDARY,
    Body,
    Part,
    body_distance,
    body_tones,
    limb,
    pair,
    part_distances,
    skeleton,
    stick,
)
from engine.models.world.skeleton import Pose, posed

# A ball of 0.2 on the hips, and one of 0.1 on a head that sits 0.5 above.
BONES = {"hips": (None, (0.0, 0.0, 0.0)), "head": ("hips", (0.0, 0.0, 0.5))}


def ball(x: float, y: float, z: float, radius: float):
    return lambda points: (points - torch.tensor([[x], [y], [z]])).norm(dim=0) - radius


PARTS = (Part("hips", ball(0, 0, 0, 0.2), blend=0.0), Part("head", ball(0, 0, 0.5, 0.1), tone=BLACK, blend=0.0))
BODY = Body(skeleton(BONES), PARTS, {})


def points(*places):
    return torch.tensor(places).T.contiguous()


def bent(angle: float):
    """The head turned about X at the hips."""
    pose = Pose(1)
    pose.turn("hips", (1.0, 0, 0), torch.tensor([angle]))
    return posed(BODY.skeleton, pose)


def test_a_body_is_the_union_of_its_parts():
    at_rest = posed(BODY.skeleton, Pose(1))
    found = body_distance(BODY, at_rest, 0, points([0.0, 0, 0], [0, 0, 1.0], [1.0, 0, 0]))
    assert found.tolist() == pytest.approx([-0.2, 0.4, 0.8])
    parts, _ = part_distances(BODY, at_rest, 0, points([0.0, 0, 0.5]))
    assert [float(part) for part in parts] == pytest.approx([0.3, -0.1])


def test_parts_go_with_their_bones():
    quarter = bent(torch.pi / 2)
    # Turned from +Z to -Y.
    assert float(body_distance(BODY, quarter, 0, points([0.0, -0.5, 0]))) == pytest.approx(-0.1, abs=1e-6)
    assert float(body_distance(BODY, quarter, 0, points([0.0, 0, 0.5]))) == pytest.approx(0.3, abs=1e-6)


def test_the_tone_is_that_of_the_nearest_part_at_rest():
    halves = Part("head", ball(0, 0, 0.5, 0.1), tone=lambda at: torch.where(at[1] < 0, SECONDARY, BLACK), blend=0.0)
    body = Body(BODY.skeleton, (PARTS[0], halves), {})
    front_and_back = points([0.0, -0.1, 0.5], [0, 0.1, 0.5], [0.2, 0, 0])
    assert body_tones(body, posed(body.skeleton, Pose(1)), 0, front_and_back).tolist() == [SECONDARY, BLACK, PRIMARY]
    # Bent forwards, the front of the head looks down.
    assert body_tones(body, bent(torch.pi / 2), 0, points([0.0, -0.5, -0.1])).tolist() == [SECONDARY]


def test_a_pair_is_the_same_on_the_other_side():
    left, right = pair(stick("fore_left_1", (0.1, 0, 0), (0.5, 0, 0), 0.05))
    assert (left.bone, right.bone) == ("fore_left_1", "fore_right_1")
    assert torch.allclose(left.solid(points([0.3, 0.02, 0.0])), right.solid(points([-0.3, 0.02, 0.0])))


def test_a_limbs_bones_hang_on_one_another():
    bones = limb("fore", (0.1, 0.0, 0.3), (0.2, 0.0, 0.2), (0.3, 0.0, 0.1), "chest")
    assert bones["fore_left_1"] == ("chest", (0.1, 0.0, 0.3)) and bones["fore_right_1"] == ("chest", (-0.1, 0.0, 0.3))
    assert bones["fore_left_2"][0] == "fore_left_1" and bones["fore_right_3"] == ("fore_right_2", (-0.3, 0.0, 0.1))
