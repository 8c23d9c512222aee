import json

import pytest

from engine.contract.errors import ModelError, PromptError
from engine.contract.prompt import ParsedPrompt, canonical_prompt, check_prompt, choose_vocabulary, parse_prompt
from engine.contract.vocabulary import Vocabulary, built_in_vocabulary
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.models.world.words.lexicon import Words
from engine.models.world.words.vocabulary import bodies_vocabulary

WORDS = built_in_vocabulary()


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
        ("ＲＥＤ ball BOUNCİNG", "red ball bouncing"),
        ("snowmen jumping", "white snowman jumping"),
        ("DONUTS_growing", "purple torus growing"),
        ("the duck\u2019s spinning", "yellow duck spinning"),
        ("a snow-man", "white snowman still"),
        ("boxes", "blue cube still"),
        ("1 red ball", "red ball still"),
        ("\ufeffa r\u00aded b\u200dall boun\u2060cing", "red ball bouncing"),
        ("red\u200bball\u200bbouncing", "red ball bouncing"),
        ("the duck\u00b4s spinning", "yellow duck spinning"),
        ("a red ball not moving", "red ball still"),
    ],
)
def test_sentences_are_understood(text, canonical):
    assert canonical_prompt(text, WORDS) == canonical


def test_what_a_prompt_does_not_say_is_what_the_picture_shows():
    seen = ("white", "duck")
    assert canonical_prompt("bouncing up and down", WORDS, seen=seen) == "white duck bouncing"
    assert canonical_prompt("a blue one jumping", WORDS, seen=seen) == "blue duck jumping"
    assert canonical_prompt("a box", WORDS, seen=seen) == "white cube still"
    assert parse_prompt("a blue one jumping", WORDS) == ParsedPrompt("blue", None, "jumping")
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
        ("a ball that isn't red", "leave things out .+isn't"),
        ("a ball that isn\u00b4t red", "leave things out .+isn't"),
        ("a ball that isn`t red", "leave things out .+isn't"),
        ("a ball that ISNT red", "leave things out .+ISNT"),
        ("a non-red ball", "leave things out .+non-red"),
        ("a ball w/o color", "leave things out .+without"),
        ("a ball without colour", "leave things out .+without"),
        ("two donuts", 'one object at a time.*"two"'),
        ("3 balls", 'one object at a time.*"3"'),
        ("sphere-like", '"sphere-like". Did you mean ball\\? They'),
        ("a r\u00e9d b\u0103ll", "Did you mean red or ball\\? They"),
        ("a red corgi's", '"corgi"'),
        ("cubes spinnning", "mean spinning"),
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


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a corgi playing", "Unknown: corgi, playing"),
        ("cubes spinnning", "Unknown: spinnning (spinning?)"),
        ("red bouncing", "Name an object"),
        ("a red blue ball", "One of the colors at a time: red, blue"),
        ("", "Type a prompt"),
    ],
)
def test_a_panel_is_told_in_a_few_words(text, short):
    with pytest.raises(PromptError) as raised:
        canonical_prompt(text, WORDS)
    assert raised.value.short == short


def test_every_word_and_every_synonym_is_known():
    for kind in ("colours", "objects", "motions"):
        for own, synonyms in getattr(WORDS, kind).items():
            for phrase in (own, *synonyms):
                prompt = phrase if kind == "objects" else f"{phrase} ball"
                assert own in canonical_prompt(prompt, WORDS).split(), phrase


def test_a_vocabulary_goes_through_a_message():
    assert Vocabulary.from_dict(json.loads(json.dumps(WORDS.as_dict()))) == WORDS


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a dog running", "brown dark dog running still medium steady"),
        ("a red fish with blue fins swimming", "red blue fish swimming still medium steady"),
        ("A bird, flying and orbiting slowly", "blue dark bird flying orbiting medium slowly"),
        ("a tall robot that dances fast", "cyan blue robot dancing still tall fast"),
        ("a red ball bouncing", "red dark ball resting bouncing medium steady"),
        ("a red crab", "red orange crab resting still medium steady"),
    ],
)
def test_models_of_bodies_that_bend_have_a_word_in_each_of_seven_places(text, words):
    vocabulary = bodies_vocabulary()
    assert canonical_prompt(text, vocabulary) == words and str(Words.parse(words)) == words


def test_limbs_that_an_object_has_not_got_are_said_with_what_it_can_do():
    with pytest.raises(PromptError, match="A snake has no arms to wave: it can be swimming, crawling or nodding"):
        canonical_prompt("a snake waving", bodies_vocabulary())
    with pytest.raises(PromptError, match="A ball has no legs to run with: it can only be bouncing"):
        canonical_prompt("a ball running", bodies_vocabulary())
    with pytest.raises(PromptError, match="several limb motions"):
        canonical_prompt("a dog running and swimming", bodies_vocabulary())
    with pytest.raises(PromptError, match="several colors"):
        canonical_prompt("a red green blue dog", bodies_vocabulary())
    assert canonical_prompt("a dog running", bodies_vocabulary(), still=True).endswith("dog resting still medium steady")


def test_the_first_vocabulary_that_reads_a_prompt_is_chosen_else_the_last():
    toys, bodies = built_in_vocabulary(), bodies_vocabulary()
    assert choose_vocabulary("a red ball bouncing", [toys, bodies]) == 0
    assert choose_vocabulary("a brown dog running", [toys, bodies]) == 1
    assert choose_vocabulary("a quark", [toys, bodies]) == 1 and choose_vocabulary("a quark", [toys]) == 0
    assert choose_vocabulary("spinning", [toys, bodies], seen=("red", "ball")) == 0
