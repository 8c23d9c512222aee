from dataclasses import replace

import numpy as np
import pytest

from engine.evaluate.bodies.verdict import judge_body
from engine.evaluate.triangle_soup import TriangleSoup
from engine.models.world.words.lexicon import Words, natural
from tests.engine.evaluate.bodies.world_soups import world_soups


def said(name: str, limb: str = "resting", whole: str = "still", **more) -> Words:
    return Words(*natural(name, more.pop("colour", None)), name, limb, whole, **more)


def moved(soups, scale: float, offset) -> list[TriangleSoup]:
    return [TriangleSoup(scale * soup.triangles + np.array(offset), soup.colours) for soup in soups]


@pytest.mark.parametrize(
    "words",
    [said("dog", "running"), said("bird", "flying", "orbiting"), said("fish", "swimming", colour="red"),
     said("ball", whole="bouncing"),
     said("person", "waving", "spinning", size="small"), said("snake", "crawling"), said("tree", whole="growing"),
     said("cat", whole="jumping", size="fat"), said("horse", "walking", "swinging", speed="slowly")],
    ids=lambda words: f"{words.object} {words.limb} {words.whole}",
)  # fmt: skip
def test_what_the_world_itself_leaves_is_right_wherever_it_stands(words):
    verdict = judge_body(moved(world_soups(words), 1.7, (3.0, -2.0, 0.9)), words)
    assert verdict.right, verdict
    assert verdict.overlap > 0.9
    if verdict.limbs is not None:
        assert verdict.limbs.explained > 0.9


def test_limbs_that_stand_still_or_move_otherwise_are_wrong():
    running = said("dog", "running")
    still = judge_body(world_soups(said("dog")), running)
    assert not still.motion and still.colour
    assert still.limbs.amplitude == pytest.approx(0, abs=1e-3)
    backwards = judge_body(world_soups(running)[::-1], running)
    assert not backwards.motion, backwards.limbs
    half_a_clip_late = world_soups(running)
    assert not judge_body(half_a_clip_late[2:] + half_a_clip_late[:2], running).motion
    assert not judge_body(world_soups(said("person", "waving")), said("person", "dancing")).motion


def test_half_of_the_motion_is_measured_as_half():
    whole, rest = world_soups(said("tree", "swaying")), world_soups(said("tree"))
    # Every second cycle of it only: the change correlates, and half of its square is there.
    verdict = judge_body(whole[:4] + rest[4:], said("tree", "swaying"))
    assert 0.2 < verdict.limbs.amplitude < 0.8


@pytest.mark.parametrize("whole", ["bouncing", "sliding", "growing", "orbiting", "spinning", "swinging", "jumping"])
def test_a_body_that_should_move_as_a_whole_and_does_not_is_wrong(whole):
    standing = world_soups(said("dog"))
    assert not judge_body(standing, said("dog", whole=whole)).motion
    assert not judge_body(world_soups(said("dog", whole=whole)), said("dog")).motion


def test_a_turn_the_other_way_is_wrong_but_of_what_is_round():
    for name, right in (("horse", False), ("ball", True)):
        spinning = said(name, whole="spinning")
        other_way = [TriangleSoup(soup.triangles * (-1, 1, 1), soup.colours) for soup in world_soups(spinning)]
        mirrored = [TriangleSoup(soup.triangles[:, ::-1], soup.colours) for soup in other_way]
        assert judge_body(mirrored, spinning).motion == right


def test_another_animal_is_the_wrong_shape():
    assert not judge_body(world_soups(said("snake")), said("horse")).shape
    assert not judge_body(world_soups(said("fish")), said("bird")).shape


def test_parts_in_another_colour_are_wrong():
    words = replace(said("fish"), colour="red", second="blue")
    assert judge_body(world_soups(words), words).colour
    assert not judge_body(world_soups(words), replace(words, second="yellow")).colour
    assert not judge_body(world_soups(words), replace(words, colour="green")).colour
    assert not judge_body(world_soups(said("dog", colour="grey")), said("dog", colour="brown")).colour


def test_a_darkened_second_colour_may_be_called_by_another_name():
    words = replace(said("bird"), colour="yellow", second="dark")
    soups = world_soups(words)
    assert judge_body(soups, words).colour
    # A dark yellow is a brown in weak light; blue it is in none.
    assert not judge_body(world_soups(replace(words, second="blue")), words).colour
