"""Joints of the world's own bodies, whose true motion is known."""

import math

import pytest
import torch

from engine.guidance.joint_motion import JointMotion
from engine.models.world.scene import joints, moments
from engine.models.world.skeleton import JOINTS
from engine.scene.frame_times import frame_times

TIMES = frame_times(16)


def motion(name: str, gait: str) -> JointMotion:
    moved, used = joints(name, gait, TIMES)
    return JointMotion(joints(name, "resting", TIMES[:1])[0][0], moved, used)


@pytest.mark.parametrize("name, gait", [("dog", "running"), ("windmill", "turning"), ("bird", "flying")])
def test_joints_are_carried_to_where_they_go(name, gait):
    found = motion(name, gait)
    own = found.used.nonzero()[:, 0]
    joined = {joint for first, second, _ in found.sticks for joint in (first, second)}
    places, turn = found.carried(found.rest[own])
    off = (places - found.moved[:, own]).norm(dim=-1).amax(0)
    assert max(float(off[index]) for index, joint in enumerate(own.tolist()) if joint in joined) < 0.02
    assert (turn @ turn.mT - torch.eye(3)).abs().max() < 1e-4


def test_what_is_beside_a_limb_turns_with_it():
    """A place beside a shin, against where the world's own bone takes it."""
    found, bones = motion("dog", "running"), moments("dog", "running", TIMES).bones
    knee, ankle = (JOINTS.index(f"hind_left_{number}") for number in (2, 3))
    place = found.rest[[knee, ankle]].mean(0) + torch.tensor([0.03, 0.0, 0.0])
    bone = bones.names.index("hind_left_2")
    true = bones.heads[:, bone] + bones.rotations[:, bone] @ (place - bones.rest[bone])
    places, _ = found.carried(place[None])
    assert (places[:, 0] - true).norm(dim=-1).max() < 0.01
    assert (true - place).norm(dim=-1).max() > 0.15


def test_a_sail_goes_right_round():
    found = motion("windmill", "turning")
    tip = found.rest[JOINTS.index("fore_left_3")]
    _, turn = found.carried(tip[None])
    angle = torch.atan2(turn[:, 0, 0, 2], turn[:, 0, 0, 0])
    assert angle.diff().remainder(2 * math.pi).sum() == pytest.approx(2 * math.pi * 15 / 16, abs=0.05)


def test_a_turn_from_back_to_front_has_an_axis_across():
    rest = torch.zeros(len(JOINTS), 3)
    first, second = JOINTS.index("hips"), JOINTS.index("waist")
    rest[second] = torch.tensor([0.0, 0.0, 1.0])
    used = torch.zeros(len(JOINTS), dtype=torch.bool)
    used[[first, second]] = True
    places, turn = JointMotion(rest, -rest[None], used).carried(rest[second][None])
    assert torch.allclose(places[0, 0], -rest[second], atol=1e-5) and torch.linalg.det(turn[0, 0]) == pytest.approx(1, abs=1e-4)


def test_sails_are_one_wheel_and_a_cars_wheels_are_four():
    (mill,) = motion("windmill", "turning").wheels()
    assert torch.allclose(mill.hub, torch.tensor([0.0, -0.27, 0.2]), atol=0.01) and len(mill.sticks) == 8
    assert abs(float(mill.axis[1])) == pytest.approx(1, abs=1e-4) and mill.radius == pytest.approx(0.54, abs=0.02)
    wheels = motion("car", "turning").wheels()
    assert [len(wheel.sticks) for wheel in wheels] == [2] * 4 and len({tuple(w.hub.sign().tolist()) for w in wheels}) == 4
    assert all(wheel.radius == pytest.approx(0.15, abs=0.01) for wheel in wheels)
    assert motion("dog", "running").wheels() == []


def test_a_fender_stays_where_the_wheel_beneath_it_turns():
    found = motion("car", "turning")
    hub = found.rest[JOINTS.index("fore_left_1")]
    top, fender, inboard = (hub + torch.tensor(by) for by in ([0.03, 0.0, 0.13], [0.0, 0.0, 0.2], [-0.2, 0.0, 0.05]))
    _, turn = found.carried(torch.stack([top, fender, inboard]))
    assert found.wheel_at(torch.stack([top, fender, inboard])).tolist() == [0, -1, -1]
    assert (turn[:, 1:] - torch.eye(3)).abs().max() < 1e-4
    # Half a clip from a quarter on, the wheel is half a turn further.
    standing = found.without(found.wheels()[:1])
    assert len(standing.wheels()) == 3 and (standing.carried(top[None])[1] - torch.eye(3)).abs().max() < 1e-4
    assert torch.allclose(turn[4, 0] @ torch.diag(torch.tensor([1.0, -1.0, -1.0])), turn[12, 0], atol=1e-3)
