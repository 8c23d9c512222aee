"""Every body keeps to the skeleton's rules, fits its place and can do what the words say."""

import math

import pytest
import torch

from engine.models.world import scene
from engine.models.world.bodies import BODIES
from engine.models.world.gaits import GAITS
from engine.models.world.skeleton import JOINTS
from engine.models.world.words.lexicon import LIMB_MOTIONS, OBJECTS
from engine.scene.cameras import Cameras

AXIS = torch.linspace(-0.98, 0.98, 36)
POINTS = torch.cartesian_prod(AXIS, AXIS, AXIS)
PAIRS = [(name, limb) for limb, names in LIMB_MOTIONS.items() for name in names]


def test_every_word_has_a_body_and_every_motion_a_gait():
    assert tuple(BODIES) == OBJECTS and tuple(GAITS) == tuple(LIMB_MOTIONS)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_solid_about_their_origin_and_within_reach_at_rest(name):
    inside = POINTS[scene.distance(name, "resting", 0.0, POINTS) < 0]
    assert len(inside) > 30
    assert inside.norm(dim=-1).max() < 0.78
    # About centred: the middle of its extent, not of its mass.
    assert ((inside.amax(0) + inside.amin(0)) / 2).abs().max() < 0.16


@pytest.mark.parametrize(("name", "limb"), PAIRS)
def test_limb_motions_move_loop_and_stay_in_the_picture(name, limb):
    times = torch.linspace(0, 1, 9)
    joints, used = scene.joints(name, limb, times)
    assert torch.allclose(joints[0], joints[-1], atol=1e-5)
    moved = (joints[:-1] - joints[0]).norm(dim=-1).amax()
    assert moved == 0 if limb == "resting" else moved > 0.03
    assert joints[:, used].norm(dim=-1).max() < 0.8
    assert not joints[:, ~used].any()


def test_a_bone_keeps_its_length_in_a_motion():
    joints, _ = scene.joints("dog", "running", torch.linspace(0, 1, 7))
    thigh = joints[:, JOINTS.index("hind_left_1")] - joints[:, JOINTS.index("hind_left_2")]
    rest, _ = scene.joints("dog", "resting", torch.zeros(1))
    expected = (rest[0, JOINTS.index("hind_left_1")] - rest[0, JOINTS.index("hind_left_2")]).norm()
    assert torch.allclose(thigh.norm(dim=-1), expected.expand(7), atol=1e-5)


def test_the_same_motion_turns_the_same_joints_of_alike_bodies():
    """A horse runs as a dog does: its thighs make the same angle at every moment."""

    def angle(name: str) -> torch.Tensor:
        joints, _ = scene.joints(name, "running", torch.linspace(0, 0.9, 10))
        thigh = joints[:, JOINTS.index("hind_left_2")] - joints[:, JOINTS.index("hind_left_1")]
        at_rest, _ = scene.joints(name, "resting", torch.zeros(1))
        rest = at_rest[0, JOINTS.index("hind_left_2")] - at_rest[0, JOINTS.index("hind_left_1")]
        return torch.atan2(thigh[:, 1], -thigh[:, 2]) - torch.atan2(rest[1], -rest[2])

    assert torch.allclose(angle("dog"), angle("horse"), atol=1e-4)
    assert angle("dog").max() - angle("dog").min() > 1.2


def test_the_solid_moves_with_its_joints():
    """The paw of a running dog is where its joint is, and is not where it was at rest."""
    time = 0.25
    joints, _ = scene.joints("dog", "running", torch.tensor([time]))
    at_rest, _ = scene.joints("dog", "resting", torch.zeros(1))
    paw = JOINTS.index("fore_left_3")
    assert scene.distance("dog", "running", time, joints[:, paw]) < 0
    assert scene.distance("dog", "running", time, at_rest[:, paw]) > 0


def test_proportions_stretch_solid_and_joints_alike():
    joints, _ = scene.joints("horse", "resting", torch.zeros(1))
    long, _ = scene.joints("horse", "resting", torch.zeros(1), "long")
    assert torch.allclose(long, joints * torch.tensor([0.78, 1.1, 0.78]))
    points = torch.tensor([[0.0, -0.1, 0.05]])
    true = scene.distance("horse", "resting", 0.0, points)
    stretched = scene.distance("horse", "resting", 0.0, points * torch.tensor([0.78, 1.1, 0.78]), "long")
    assert torch.allclose(stretched, true * 0.78, atol=1e-5)


def test_cycles_repeat_a_motion():
    once, _ = scene.joints("bird", "flying", torch.tensor([0.3]))
    twice, _ = scene.joints("bird", "flying", torch.tensor([0.15, 0.65]), cycles=2)
    assert torch.allclose(twice, once.expand(2, -1, -1), atol=1e-5)


def test_a_wheel_turns_once_a_cycle():
    joints, _ = scene.joints("car", "turning", torch.tensor([0.0, 0.25, 0.5]))
    spoke = joints[:, JOINTS.index("fore_left_3")] - joints[:, JOINTS.index("fore_left_1")]
    radius = 0.15
    expected = torch.tensor([[0, 0, -radius], [0, radius, 0], [0, 0, radius]])
    assert torch.allclose(spoke, expected, atol=1e-5)


def test_tones_are_those_of_the_nearest_part():
    from engine.models.world.body import BLACK, PRIMARY, SECONDARY

    front, back = torch.tensor([[0.0, -0.46, 0.0]]), torch.tensor([[0.0, 0.46, 0.0]])
    assert scene.tones("ball", "resting", 0.0, front).tolist() == [SECONDARY]
    assert scene.tones("ball", "resting", 0.0, back).tolist() == [PRIMARY]
    eye = torch.tensor([[0.068, -0.485 - 0.0309, 0.325]])
    assert scene.tones("dog", "resting", 0.0, eye).tolist() == [BLACK]


def test_bodies_fill_the_picture():
    """27 degrees at 3.2 m: the half height is 0.77 m, and no body is seen whole outside it."""
    assert Cameras(torch.zeros(1), torch.zeros(1), fov=math.radians(27)).distance * math.tan(math.radians(13.5)) < 0.78
