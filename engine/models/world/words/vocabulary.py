"""The words of the models that know bodies that bend, as vocabulary.json beside them has them. Standard library only."""

from __future__ import annotations

from engine.contract import words
from engine.contract.vocabulary import Vocabulary
from engine.models.world.words import lexicon, synonyms

# Parts that a second colour is said of: "a red fish with blue fins".
PARTS = (
    "fins wings legs arms eyes ears tail spots stripes belly trousers pants shirt hat leaves petals sails wheels roof trunk "
    "its head body feet beak mane horns tentacles claws moving very"
).split()


def bodies_vocabulary() -> Vocabulary:
    def with_synonyms(known, other) -> dict[str, list[str]]:
        return {word: list(other.get(word, ())) for word in known}

    natural = lexicon.NATURAL_COLOURS
    limbs = [limb for limb in lexicon.LIMB_MOTIONS if limb != lexicon.RESTING]
    return Vocabulary(
        with_synonyms(lexicon.COLOURS, synonyms.COLOURS),
        with_synonyms(lexicon.OBJECTS, synonyms.OBJECTS),
        with_synonyms(lexicon.WHOLE_MOTIONS, synonyms.WHOLE_MOTIONS),
        [*words.IGNORED, *PARTS],
        {name: first for name, (first, _) in natural.items()},
        lexicon.STILL,
        {name: list(colour) for name, colour in lexicon.COLOURS.items()},
        {name: second for name, (_, second) in natural.items()},
        with_synonyms(limbs, synonyms.LIMB_MOTIONS),
        {limb: list(lexicon.LIMB_MOTIONS[limb]) for limb in limbs},
        dict(lexicon.LACKS),
        with_synonyms((size for size in lexicon.SIZES if size != "medium"), synonyms.SIZES),
        with_synonyms((speed for speed in lexicon.SPEEDS if speed != "steady"), synonyms.SPEEDS),
    )
