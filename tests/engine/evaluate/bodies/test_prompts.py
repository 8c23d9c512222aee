import pytest

from engine.contract.prompt import canonical_prompt
from engine.evaluate.bodies.prompts import draw, sentence
from engine.models.world.words.lexicon import LIMB_MOTIONS, OBJECTS, RESTING, Words
from engine.models.world.words.vocabulary import bodies_vocabulary


def test_a_drawn_prompt_is_read_as_what_was_drawn():
    vocabulary = bodies_vocabulary()
    for words in draw(300, seed=5):
        assert canonical_prompt(sentence(words), vocabulary) == str(words)


def test_half_of_the_prompts_move_limbs_that_the_object_has():
    drawn = draw(2 * len(OBJECTS), seed=1)
    moving = [words for words in drawn if words.limb != RESTING]
    assert len(moving) == len(OBJECTS)
    assert all(words.object in LIMB_MOTIONS[words.limb] for words in moving)
    assert {words.object for words in drawn[1::2]} == set(OBJECTS)


def test_a_seed_means_the_same_prompts():
    assert draw(10, 3) == draw(10, 3) != draw(10, 4)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (Words("brown", "dark", "dog", "running"), "a dog running"),
        (Words("orange", "dark", "octopus"), "an orange octopus"),
        (Words("red", "blue", "fish", "swimming", "orbiting", "large", "fast"),
         "a large red and blue fish swimming and orbiting fast"),
    ],
)  # fmt: skip
def test_a_prompt_says_only_what_is_not_the_objects_own(words, text):
    assert sentence(words) == text
