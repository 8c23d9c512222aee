"""How a prompt is read: tidied, and for small models put into their own words.

The engine and Blender's side both read prompts with these functions, so that what is underlined while one types is what the
engine would refuse.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .errors import PromptError
from .vocabulary import KIND_NAMES, Vocabulary

MAX_CHARACTERS = 400
# What models of bodies that bend are told where a prompt says nothing.
RESTING, MEDIUM, STEADY, DARK = "resting", "medium", "steady", "dark"
# Words that turn round the meaning of what follows. Phrases of a vocabulary, such as "not moving", are looked for first.
NEGATIONS = frozenset(
    (
        "not no non without never none nor neither except minus cannot "
        # Typed without the apostrophe.
        "isnt arent wasnt doesnt dont didnt cant couldnt wont wouldnt shouldnt hasnt havent"
    ).split()
)
MAX_SUGGESTIONS = 3
# How alike, 0 to 1 (difflib), a known word has to be to be suggested for an unknown one.
SUGGESTION_RATIO = 0.78
# What keyboards, and programs that set quotes, make of an apostrophe.
APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u00b4`\u2032\uff07"), "'")
# What is typed into words and not seen: soft hyphens, joiners, marks of order and direction; a space of no width separates.
UNSEEN = {0x200B: " "} | dict.fromkeys((0xAD, 0xFEFF, *range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)))
NUMBERS = frozenset("two three four five six seven eight nine ten twelve many several some few both pair couple dozen".split())


@dataclass(frozen=True)
class ParsedPrompt:
    """The model's own words for what a prompt says; None for what it leaves open."""

    colour: str | None
    object: str | None
    motion: str | None
    second_colour: str | None = None
    limb_motion: str | None = None
    size: str | None = None
    speed: str | None = None


@dataclass(frozen=True)
class _Token:
    """A word in normal form, and the run of characters between spaces that it comes from."""

    word: str
    source: str


def check_prompt(text: str) -> str:
    """The prompt with its white space tidied. Raises PromptError if it is empty or too long."""
    tidy = " ".join(text.split())
    if not tidy:
        raise PromptError('The prompt is empty: say what to make, for example "a red ball bouncing".', "Type a prompt")
    if len(tidy) > MAX_CHARACTERS:
        raise PromptError(
            f"The prompt has {len(tidy)} characters: shorten it to {MAX_CHARACTERS} or fewer.",
            f"Over {MAX_CHARACTERS} characters",
        )
    return tidy


def choose_vocabulary(
    text: str, vocabularies: Sequence[Vocabulary], still: bool = False, seen: tuple[str, str] = ("", "")
) -> int:
    """Which of the built-in models' vocabularies, at least one, reads a prompt: the index of the first that does. Where none
    does it is that of the last, which has the most words to suggest."""
    for index, vocabulary in enumerate(vocabularies):
        try:
            canonical_prompt(text, vocabulary, still, seen)
        except PromptError:
            continue
        return index
    return len(vocabularies) - 1


def canonical_prompt(text: str, vocabulary: Vocabulary, still: bool = False, seen: tuple[str, str] = ("", "")) -> str:
    """The prompt in the model's own words, "colour object motion", or for models of bodies that bend "colour, second colour,
    object, limb motion, motion, size, speed", a word each; the motion is left out of account if `still`.

    seen: the colour and the object in a picture, for a prompt that names none; empty where there is none. Raises PromptError as
    `parse_prompt`, and where there is no object at all.
    """
    parsed = parse_prompt(text, vocabulary)
    name = parsed.object or seen[1]
    if not name:
        raise PromptError(f"The prompt names no object: name one of {', '.join(vocabulary.objects)}.", "Name an object")
    colour = parsed.colour or seen[0] or vocabulary.default_colours[name]
    motion = (None if still else parsed.motion) or vocabulary.default_motion
    if vocabulary.limb_motions:
        limb = (None if still else parsed.limb_motion) or RESTING
        _check_suits(name, limb, vocabulary)
        second = parsed.second_colour or _second_colour(name, colour, vocabulary)
        return " ".join((colour, second, name, limb, motion, parsed.size or MEDIUM, parsed.speed or STEADY))
    return f"{colour} {name} {motion}"


def is_still(canonical: str, vocabulary: Vocabulary) -> bool:
    """Whether a prompt in the model's own words, as `canonical_prompt` puts it, asks for no motion."""
    words = canonical.split()
    return vocabulary.default_motion in words and (not vocabulary.limb_motions or RESTING in words)


def any_seen(text: str, vocabulary: Vocabulary, still: bool = False) -> tuple[str, str]:
    """A colour and an object that go with what a prompt says: what may yet be seen in a picture or a mesh, before anyone has
    looked. Raises PromptError as `parse_prompt`."""
    limb = None if still else parse_prompt(text, vocabulary).limb_motion
    return next(iter(vocabulary.colours)), next(iter(vocabulary.suits.get(limb, vocabulary.objects)))


def _second_colour(name: str, colour: str, vocabulary: Vocabulary) -> str:
    """An object's own, or the first one darkened where it has none or would not stand out."""
    own = vocabulary.second_colours.get(name, DARK)
    return DARK if own == colour else own


def _check_suits(name: str, limb: str, vocabulary: Vocabulary) -> None:
    """Raises PromptError where an object can't move its limbs so, which says what it can do."""
    if limb == RESTING or name in vocabulary.suits[limb]:
        return
    able = [motion for motion, names in vocabulary.suits.items() if name in names]
    whole = [motion for motion in vocabulary.motions if motion != vocabulary.default_motion]
    can = f"it can be {_either(able)}, or move as a whole ({_either(whole)})" if able else f"it can only be {_either(whole)}"
    raise PromptError(
        f"{'An' if name[0] in 'aeiou' else 'A'} {name} has {vocabulary.lacks[limb]}: {can}.", f"A {name} can't be {limb}"
    )


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def parse_prompt(text: str, vocabulary: Vocabulary) -> ParsedPrompt:
    """What a prompt says, in the model's own words.

    Word order, articles, plurals, synonyms, upper case and the form of Unicode do not matter. Raises PromptError that names any
    word the model does not know, a negation, or words of one kind where there is more than one.
    """
    known = _known_words(vocabulary)
    tokens = [_Token(_singular(token.word, known), token.source) for token in _tokens(check_prompt(text))]
    found, left = _match_phrases(tokens, vocabulary)
    unknown = [token for token in left if token.word not in vocabulary.ignored]
    if negations := [token for token in unknown if token.word in NEGATIONS or token.word.endswith("n't")]:
        raise PromptError(
            f"The built-in models can't leave things out (\"{negations[0].source}\"): say what there is, not what there isn't.",
            f"Can't leave things out: {negations[0].source}",
        )
    unknown = [token for token in unknown if not (token.word.isdecimal() and int(token.word) == 1)]
    if counts := [token for token in unknown if token.word in NUMBERS or token.word.isdecimal()]:
        raise PromptError(
            f'The built-in models make one object at a time, and the prompt counts them ("{counts[0].source}"): name one.',
            f"One object at a time: {counts[0].source}",
        )
    if unknown:
        raise _unknown_words(unknown, known, vocabulary)
    for kind in ("objects", "colours", *(kind for kind in vocabulary.kinds if kind not in ("objects", "colours"))):
        if len(found[kind]) > (2 if kind == "colours" and vocabulary.second_colours else 1):
            names = " and ".join(f'"{word}"' for word in found[kind])
            raise PromptError(
                f"The prompt names several {KIND_NAMES[kind]} ({names}): the built-in models make one at a time, keep one.",
                f"One of the {KIND_NAMES[kind]} at a time: {', '.join(found[kind])}",
            )
    first = {kind: next(iter(found[kind]), None) for kind in found}
    second = found["colours"][1] if len(found["colours"]) > 1 else None
    own = (first.get("limb_motions"), first.get("sizes"), first.get("speeds"))
    return ParsedPrompt(first["colours"], first["objects"], first["motions"], second, *own)


def _tokens(text: str) -> Iterator[_Token]:
    """The words of a text in normal form: full-width letters, ligatures and a dotted capital I are what they look like."""
    # Before the normal form, which makes an accent that stands alone a space and a combining one.
    text = unicodedata.normalize("NFKC", text.translate(APOSTROPHES).translate(UNSEEN))
    text = re.sub(r"\bw/o\b", "without", text, flags=re.IGNORECASE)
    for source in re.split(r"[\s_,;:!?\"()\[\]{}/]+", text):
        # Case folding makes the dotted capital I an i with a combining dot.
        folded = unicodedata.normalize("NFC", source.casefold().replace("\N{COMBINING DOT ABOVE}", ""))
        for word in re.findall(r"\w+(?:'\w+)*", folded.replace("_", " ")):
            yield _Token(word.removesuffix("'s"), source.strip(".'"))


def _known_words(vocabulary: Vocabulary) -> dict[str, str]:
    """Every single word in a phrase of the vocabulary, with the model's own word for it; ignored words for themselves."""
    known = {word: word for word in vocabulary.ignored}
    for phrase, (_, own) in _phrases(vocabulary).items():
        for word in phrase:
            known.setdefault(word, own)
        if len(phrase) == 1:
            known[phrase[0]] = own
    return known


def _phrases(vocabulary: Vocabulary) -> dict[tuple[str, ...], tuple[str, str]]:
    """Every phrase of the vocabulary, by its words: its kind and the model's own word."""
    return {
        tuple(phrase.split()): (kind, own)
        for kind in vocabulary.kinds
        for own, synonyms in getattr(vocabulary, kind).items()
        for phrase in (own, *synonyms)
    }


def _singular(word: str, known: dict[str, str]) -> str:
    """The known word that `word` is the plural of; `word` itself if it is known, or the plural of none."""
    if word in known:
        return word
    endings = (("men", "man"), ("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""), ("ice", "ouse"), ("i", "us"))
    for plural, ending in endings:
        if word.endswith(plural) and (single := word.removesuffix(plural) + ending) in known:
            return single
    return word


def _match_phrases(tokens: list[_Token], vocabulary: Vocabulary) -> tuple[dict[str, list[str]], list[_Token]]:
    """The model's words that the tokens say, by kind and in their order; and the tokens that belong to no phrase.

    Longer phrases are looked for first; a token belongs to one phrase at most.
    """
    phrases, taken, hits = _phrases(vocabulary), [False] * len(tokens), []
    for phrase in sorted(phrases, key=lambda words: (len(words), sum(map(len, words))), reverse=True):
        for start in range(len(tokens) - len(phrase) + 1):
            place = slice(start, start + len(phrase))
            if not any(taken[place]) and tuple(token.word for token in tokens[place]) == phrase:
                taken[place] = [True] * len(phrase)
                hits.append((start, *phrases[phrase]))
    found = {kind: list(dict.fromkeys(own for _, other, own in sorted(hits) if other == kind)) for kind in vocabulary.kinds}
    return found, [token for token, is_taken in zip(tokens, taken, strict=True) if not is_taken]


def _unknown_words(unknown: list[_Token], known: dict[str, str], vocabulary: Vocabulary) -> PromptError:
    # A word is named with what it hangs together with, without a genitive's ending.
    names = list(dict.fromkeys(token.source.casefold() if "-" in token.source else token.word for token in unknown))
    listed = " and ".join(f'"{name}"' for name in names)
    suggestions = list(dict.fromkeys(word for token in unknown for word in _suggestions(token, known, vocabulary)))
    suggestions = suggestions[:MAX_SUGGESTIONS]
    hint = f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""
    return PromptError(
        f"The built-in models do not know {listed}.{hint} They know the {vocabulary.described()}. "
        "Use these words, or a preset with public models.",
        "Unknown: " + ", ".join(names) + (f" ({' or '.join(suggestions)}?)" if suggestions else ""),
    )


def _suggestions(token: _Token, known: dict[str, str], vocabulary: Vocabulary) -> list[str]:
    """The model's own words that an unknown one comes near: known parts of it ("sphere-like"), words it begins with ("doggy"),
    the same letters without their accents ("réd"), or words spelt nearly so."""
    meanings = {word: own for word, own in known.items() if word not in vocabulary.ignored}
    # A single word of a longer phrase, such as "like a pendulum", means nothing by itself.
    alone = {phrase[0] for phrase in _phrases(vocabulary) if len(phrase) == 1}
    parts = [part for part in re.findall(r"\w+", token.source.casefold()) if part in alone]
    plain = "".join(letter for letter in unicodedata.normalize("NFD", token.word) if not unicodedata.combining(letter))
    if plain in alone:
        parts.append(plain)
    if parts:
        return list(dict.fromkeys(meanings[part] for part in parts))
    begins = [word for word in meanings if len(word) > 2 and token.word.startswith(word)]
    near = difflib.get_close_matches(token.word, meanings, MAX_SUGGESTIONS, SUGGESTION_RATIO)
    return list(dict.fromkeys(meanings[word] for word in (*begins, *near)))
