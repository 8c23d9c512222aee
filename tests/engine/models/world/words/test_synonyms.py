from itertools import chain

import pytest

from engine.models.world.words import lexicon, synonyms

KINDS = {
    "COLOURS": lexicon.COLOURS, "OBJECTS": lexicon.OBJECTS, "LIMB_MOTIONS": lexicon.LIMB_MOTIONS,
    "WHOLE_MOTIONS": lexicon.WHOLE_MOTIONS, "SIZES": lexicon.SIZES, "SPEEDS": lexicon.SPEEDS,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_synonyms_are_of_known_words_and_each_means_one(kind):
    table = getattr(synonyms, kind)
    assert set(table) <= set(KINDS[kind])
    # What needs no saying has no other words.
    assert set(KINDS[kind]) - set(table) <= {"resting", "medium", "steady"}
    phrases = list(chain(table, *table.values()))
    assert len(phrases) == len(set(phrases))
    assert all(phrase == phrase.lower().strip() for phrase in phrases)


def test_a_phrase_of_limbs_and_one_of_the_whole_body_differ():
    limbs = set(chain(synonyms.LIMB_MOTIONS, *synonyms.LIMB_MOTIONS.values()))
    whole = set(chain(synonyms.WHOLE_MOTIONS, *synonyms.WHOLE_MOTIONS.values()))
    assert not limbs & whole
