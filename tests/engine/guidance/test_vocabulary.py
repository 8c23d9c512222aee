import json

import pytest

from engine.errors import ModelError, PromptError
from engine.guidance.vocabulary import Vocabulary, canonical_prompt, check_prompt, words_of
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.models.world.words import vocabulary

WORDS = Vocabulary(**vocabulary())


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a red ball bouncing", "red ball bouncing"),
        ("A bouncing, red SPHERE!", "red ball bouncing"),
        ("the blue box is spinning around", "blue cube spinning"),
        ("a turquoise donut that grows and shrinks", "cyan torus growing"),
        ("sliding left and right: one orange rubber duck", "orange duck sliding"),
        ("a car moving in circles", "red car orbiting"),
        ("a duck", "yellow duck still"),
    ],
)
def test_sentences_are_understood(text, canonical):
    assert canonical_prompt(text, WORDS) == canonical


def test_what_a_prompt_does_not_say_is_what_the_picture_shows():
    seen = ("white", "duck")
    assert canonical_prompt("bouncing up and down", WORDS, seen=seen) == "white duck bouncing"
    assert canonical_prompt("a blue one jumping", WORDS, seen=seen) == "blue duck jumping"
    assert canonical_prompt("a box", WORDS, seen=seen) == "white cube still"
    assert words_of("a blue one jumping", WORDS) == {"colours": "blue", "objects": None, "motions": "jumping"}
    with pytest.raises(PromptError, match="names no object"):
        canonical_prompt("bouncing", WORDS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a corgi playing with a ball", '"corgi" and "playing"'),
        ("something red bouncing", '"something"'),
        ("red bouncing", "names no object"),
        ("a red ball and a cube", '"ball" and "cube"'),
        ("a red blue ball", '"red" and "blue"'),
        ("a ball jumping and spinning", '"jumping" and "spinning"'),
        ("   ", "empty"),
        ("ball " * 200, "shorten"),
    ],
)
def test_what_is_not_understood_is_named(text, said):
    with pytest.raises(PromptError, match=said):
        canonical_prompt(text, WORDS)


def test_an_unknown_word_comes_with_what_is_known():
    with pytest.raises(PromptError) as raised:
        canonical_prompt("a corgi", WORDS)
    assert all(word in str(raised.value) for word in (*COLOURS, *SHAPES, *MOTIONS))


def test_white_space_is_tidied():
    assert check_prompt("  a\tred\n ball ") == "a red ball"


def test_the_words_are_those_of_the_world_and_none_means_two_things():
    assert list(WORDS.colours) == list(COLOURS) and list(WORDS.objects) == list(SHAPES)
    assert list(WORDS.motions) == list(MOTIONS)
    every = [phrase for kind in (WORDS.colours, WORDS.objects, WORDS.motions) for w, s in kind.items() for phrase in (w, *s)]
    assert len(every) == len(set(every))


def test_a_damaged_vocabulary_is_a_damaged_model(tmp_path):
    assert Vocabulary.read(tmp_path) is None
    (tmp_path / "vocabulary.json").write_text(json.dumps({"colours": {}}))
    with pytest.raises(ModelError, match="damaged"):
        Vocabulary.read(tmp_path)
