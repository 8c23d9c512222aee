import pytest

from engine.contract.prompt import canonical_prompt
from engine.contract.sentence import with_word, word_of, words_to_pick
from engine.contract.vocabulary import built_in_vocabulary
from engine.models.world.words.vocabulary import bodies_vocabulary

BODIES, TOYS = bodies_vocabulary(), built_in_vocabulary()


@pytest.mark.parametrize(
    ("text", "kind", "word", "after"),
    [
        ("", "objects", "dog", "a dog"),
        ("a dog", "limb_motions", "running", "a dog running"),
        ("a dog running", "colours", "orange", "an orange dog running"),
        ("an orange dog running", "motions", "orbiting", "an orange dog running and orbiting"),
        ("a dog running and orbiting", "motions", "still", "a dog running"),
        ("a huge DOG, running fast!", "objects", "horse", "a large horse running fast"),
        ("a dog running", "objects", "fish", "a fish"),
        ("a snake", "limb_motions", "flying", "a bird flying"),
        ("a red fish with blue fins", "sizes", "small", "a small red and blue fish"),
        ("a red and blue fish", "colours", "green", "a green fish"),
        ("a dog running", "limb_motions", "", "a dog"),
        ("a purple unicorn", "limb_motions", "turning", "a windmill turning"),
    ],
)
def test_a_picked_word_takes_the_place_of_what_was_said(text, kind, word, after):
    assert with_word(text, BODIES, kind, word) == after


def test_every_pick_makes_a_prompt_that_is_read():
    prompt = ""
    for kind in BODIES.kinds:
        for word in getattr(BODIES, kind):
            prompt = with_word(prompt, BODIES, kind, word)
            canonical_prompt(prompt, BODIES)
            if kind != "motions":
                assert word_of(prompt, BODIES, kind) == word


def test_limb_motions_are_those_of_the_object():
    assert words_to_pick("a flag", BODIES, "limb_motions") == ["waving"]
    assert words_to_pick("", BODIES, "limb_motions") == list(BODIES.limb_motions)
    assert words_to_pick("a ball", BODIES, "limb_motions") == []


def test_words_of_toys_are_picked_as_well():
    assert with_word("a ball", TOYS, "motions", "bouncing") == "a ball bouncing"
    assert with_word("a ball bouncing", TOYS, "colours", "red") == "a red ball bouncing"
    assert word_of("a red ball", TOYS, "motions") == "" and word_of("a unicorn", TOYS, "objects") == ""
