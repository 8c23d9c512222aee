import pytest
import torch

from engine.models.world import scene
from engine.models.world.bodies import BODIES
from engine.models.world.skeleton import JOINTS


def test_moments_are_each_as_if_alone():
    times = torch.tensor([0.1, 0.6])
    both = scene.moments("dog", "running", times)
    points = torch.rand(3, 50, generator=torch.Generator().manual_seed(0)) - 0.5
    for moment, t in enumerate(times):
        alone = scene.distance("dog", "running", float(t), points.T)
        assert torch.allclose(both.distance(moment, points), alone, atol=1e-4)
        joints, _ = scene.joints("dog", "running", t[None])
        assert torch.allclose(both.joints[0][moment], joints[0], atol=1e-4)


def test_joints_are_those_of_the_body():
    joints, used = scene.joints("dog", "resting", torch.zeros(1))
    heads = BODIES["dog"].skeleton.heads
    assert [name for name, there in zip(JOINTS, used.tolist(), strict=True) if there] == [n for n in JOINTS if n in heads]
    for name, head in heads.items():
        assert joints[0, JOINTS.index(name)].tolist() == pytest.approx(head)


@pytest.mark.parametrize("size", scene.PROPORTIONS)
def test_a_proportion_stretches_the_body_along_its_axes(size):
    scale = torch.tensor(scene.PROPORTIONS[size])
    rest, _ = scene.joints("horse", "resting", torch.zeros(1))
    assert torch.allclose(scene.joints("horse", "resting", torch.zeros(1), size)[0], rest * scale)
    points = torch.rand(200, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    inside = scene.distance("horse", "resting", 0.0, points) < 0
    assert inside.any() and torch.equal(scene.distance("horse", "resting", 0.0, points * scale, size) < 0, inside)
    assert torch.equal(
        scene.tones("horse", "resting", 0.0, points * scale, size), scene.tones("horse", "resting", 0.0, points)
    )


def test_cycles_repeat_the_motion():
    once, _ = scene.joints("bird", "flying", torch.tensor([0.4]))
    often, _ = scene.joints("bird", "flying", torch.tensor([0.1, 0.6]), cycles=4)
    assert torch.allclose(often, once.expand(2, -1, -1), atol=1e-5)
