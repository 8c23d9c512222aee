"""The words beside the models of bodies that bend are those of their world."""

from engine.contract.vocabulary import KIND_NAMES, Vocabulary
from engine.models.presets import CREATURES_FOLDER
from engine.models.world.words.lexicon import OBJECTS, motions_of
from engine.models.world.words.vocabulary import bodies_vocabulary


def test_the_file_beside_the_models_is_the_vocabulary():
    assert Vocabulary.read(CREATURES_FOLDER) == bodies_vocabulary()


def test_every_object_has_colors_and_its_limb_motions():
    words = bodies_vocabulary()
    assert set(words.objects) == set(words.default_colours) == set(words.second_colours) == set(OBJECTS)
    for name in OBJECTS:
        assert [limb for limb, names in words.suits.items() if name in names] == list(motions_of(name))
    assert set(words.kinds) == set(KIND_NAMES)


def test_a_word_that_counts_for_nothing_means_nothing_else():
    words = bodies_vocabulary()
    meanings = {phrase for kind in words.kinds for own, other in getattr(words, kind).items() for phrase in (own, *other)}
    assert not meanings & set(words.ignored)
