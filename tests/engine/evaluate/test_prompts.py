import pytest

from engine.contract.errors import PromptError
from engine.evaluate.prompts import Words, draw
from engine.models.world.motions import MOTIONS


def test_a_prompt_has_its_article():
    assert Words("red", "duck", "still").prompt == "a red duck still"
    assert Words("orange", "duck", "still").prompt == "an orange duck still"


def test_words_are_read_from_the_models_own():
    assert Words.of("blue cube spinning") == Words("blue", "cube", "spinning")
    assert Words.of(Words("red", "ball", "bouncing").canonical) == Words("red", "ball", "bouncing")


@pytest.mark.parametrize("text", ["", "red ball", "red ball still now", "ball red still", "pink ball still", "red dog still"])
def test_anything_else_can_not_be_judged(text):
    with pytest.raises(PromptError, match="can't be judged"):
        Words.of(text)


def test_a_draw_goes_through_every_motion_before_one_comes_again():
    count = len(MOTIONS)
    words = draw(2 * count + 1, seed=3)
    assert len(words) == 2 * count + 1
    for rounds in (words[:count], words[count : 2 * count]):
        assert {each.motion for each in rounds} == set(MOTIONS)
    assert all(Words.of(each.canonical) == each for each in words)


def test_a_seed_draws_the_same_again():
    assert draw(8, seed=3) == draw(8, seed=3) != draw(8, seed=4)
    assert draw(0, seed=0) == []
