import ast
import sys
from pathlib import Path

import pytest

from engine.models.world.words import lexicon
from engine.models.world.words.lexicon import COLOURS, HELD_OUT_PAIRS, LIMB_MOTIONS, OBJECTS, Words, held_out, natural, refusal


def test_there_are_as_many_objects_and_motions_as_promised():
    assert len(OBJECTS) >= 28
    assert len(set(LIMB_MOTIONS) | set(lexicon.WHOLE_MOTIONS)) - 1 >= 18


def test_it_needs_the_standard_library_only():
    tree = ast.parse(Path(lexicon.__file__).read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= set(sys.stdlib_module_names) | {"__future__"}


def test_words_are_written_and_read_in_seven_places():
    words = Words("brown", "dark", "dog", "running", "orbiting", "small", "fast")
    assert str(words) == "brown dark dog running orbiting small fast"
    assert Words.parse(str(words)) == words and words.cycles == (4, 2)
    assert words.colours == ((0.55, 0.34, 0.17), (0.275, 0.17, 0.085))
    with pytest.raises(ValueError, match='"dog" is no colour'):
        Words.parse("dog dark brown running still medium steady")
    with pytest.raises(ValueError, match="has 2 words in place of 7"):
        Words.parse("brown dog")


def test_a_dog_without_a_colour_is_brown():
    assert natural("dog") == ("brown", "dark")
    assert natural("fish", "red", "blue") == ("red", "blue")
    assert natural("cat", "white") == ("white", "dark")
    assert natural("cat", "black") == ("black", "white")


def test_what_does_not_go_together_gets_a_sentence():
    assert refusal("dog", "running") is None
    assert refusal("snake", "waving").startswith("A snake has no arms to wave: it can be swimming, crawling or nodding, ")
    assert refusal("ball", "swimming").startswith("A ball has nothing to swim with: it can only move as a whole ")
    assert refusal("elephant", "flying").startswith("An elephant has no wings: it can be walking, running, ")


def test_every_refusal_is_a_sentence():
    for name in OBJECTS:
        for limb, able in LIMB_MOTIONS.items():
            sentence = refusal(name, limb)
            assert (sentence is None) == (name in able)
            assert sentence is None or (sentence.endswith(").") and f" {name} has no" in sentence)


def test_about_an_eighth_is_held_out_and_some_pairs_whole():
    every = [Words(c, "dark", name, limb) for limb, names in LIMB_MOTIONS.items() for name in names for c in COLOURS]
    pairs = [words for words in every if (words.object, words.limb) in HELD_OUT_PAIRS]
    others = [words for words in every if (words.object, words.limb) not in HELD_OUT_PAIRS]
    assert len(HELD_OUT_PAIRS) >= 8 and len(pairs) == len(HELD_OUT_PAIRS) * len(COLOURS)
    assert all(held_out(words) for words in pairs)
    assert sum(held_out(words) for words in others) / len(others) == pytest.approx(1 / 8 * 11 / 12, abs=0.02)
    # What a prompt without a colour means is always shown.
    assert not any(held_out(words) for words in others if words.colour == lexicon.NATURAL_COLOURS[words.object][0])
    # Each motion that is asked of a body that never showed it is shown by another, and the body shows others.
    for name, limb in HELD_OUT_PAIRS:
        assert any((other, limb) not in HELD_OUT_PAIRS for other in LIMB_MOTIONS[limb])
        assert any((name, other) not in HELD_OUT_PAIRS for other in lexicon.motions_of(name))
