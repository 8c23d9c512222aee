"""The judge on .blend files whose truth is known."""

import pytest

from scripts.benchmark.judge import judge
from tests.scripts.world_blend import save_world


@pytest.mark.parametrize(
    "words",
    ["red ball spinning", "blue cylinder spinning", "white car spinning", "green ball still", "cyan cube swinging",
     "purple mushroom jumping", "orange fish orbiting", "yellow duck sliding", "red cone growing", "white torus bouncing"],
)  # fmt: skip
def test_what_the_world_itself_leaves_is_right(words, tmp_path):
    colour, shape, motion = words.split()
    verdict = judge(save_world(tmp_path, colour, shape, motion), shape, motion)
    assert verdict.matches(colour, motion) == {"colour": True, "shape": True, "motion": True}, verdict


def test_what_stands_still_does_not_spin(tmp_path):
    verdict = judge(save_world(tmp_path, "red", "ball", "still"), "ball", "spinning")
    assert not verdict.matches("red", "spinning")["motion"], verdict
