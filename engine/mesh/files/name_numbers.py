"""The numbers in file names: which of them orders a sequence, and whether a dash before one is its sign."""

from __future__ import annotations

import re
from fractions import Fraction

# Decimal digits of any script; what merely looks like one, such as a superscript, is none.
NUMBER = re.compile(r"\d+")
DASHES = "-\u2212"


class SignedNames:
    """Whether dashes before numbers are signs, decided over all `names` of a sequence.

    They are where the same place has a number without a dash in another name (f_-1, f_0), or where the name begins with the
    dash or has another separator before it (f_-2, f_-1); in shot-001 it separates.
    """

    def __init__(self, names: list[str]) -> None:
        places = [(name, match.start()) for name in names for match in NUMBER.finditer(name)]
        plain = {_blank(name, start) for name, start in places}
        before = {_blank(name, start - 1) for name, start in places if _after_dash(name, start)}
        self._signed = {text for text in before if not text or text in plain or text.endswith(("_", "."))}

    def split(self, name: str) -> tuple[list[str], list[Fraction]]:
        """A name's texts, one more than its numbers, and its numbers."""
        texts, numbers, at = [], [], 0
        for match in NUMBER.finditer(name):
            start, sign = match.start(), 1
            if _after_dash(name, start) and start - 1 >= at and _blank(name, start - 1) in self._signed:
                start, sign = start - 1, -1
            texts.append(name[at:start].lower())
            numbers.append(sign * Fraction(int(match[0])))
            at = match.end()
        return [*texts, name[at:].lower()], numbers


def template(name: str, signed: SignedNames) -> str:
    """A name with its numbers blanked out: files of one sequence have the same."""
    return "#".join(signed.split(name)[0])


def numbers_of(names: list[str], signed: SignedNames) -> list[tuple[Fraction, ...]] | None:
    """What orders `names`: of each the one number that differs in all, or, where none does, all its numbers that vary.

    None where names have no number in the same place, or the same numbers.
    """
    split = [signed.split(name) for name in names]
    if len(names) < 2:
        return [tuple(numbers[-1:]) for _, numbers in split] if split and split[0][1] else None
    columns = _columns(split)
    varying = [column for column in columns if len(set(column)) > 1]
    if not varying:
        return None
    different = [column for column in varying if len(set(column)) == len(column)]
    if different:
        # Nearest to counting, the last of several that are as near.
        best = min(reversed(different), key=lambda column: max(column) - min(column))
        return [(value,) for value in best]
    return _decimals(names) or list(zip(*varying, strict=True))


def restarts(numbers: list[tuple[Fraction, ...]]) -> bool:
    """Whether names with several numbers that vary count from the same number again and again, as take1_001, take2_001 do."""
    runs: dict[tuple[Fraction, ...], list[Fraction]] = {}
    for *outer, last in numbers:
        runs.setdefault(tuple(outer), []).append(last)
    least = {min(run) for run in runs.values()}
    return len(runs) > 1 and len(least) == 1 and min(map(len, runs.values())) > 1


def natural(name: str) -> list[tuple[int, int | str]]:
    """A key by which frame_2 comes before frame_10."""
    pieces = re.split(r"(\d+)", name.lower())
    return [(0, int(piece)) if index % 2 else (1, piece) for index, piece in enumerate(pieces)]


def _columns(split: list[tuple[list[str], list[Fraction]]]) -> list[list[Fraction]]:
    """Numbers that stand in the same place of every name: after the same texts, or else before the same."""
    texts = [pair[0] for pair in split]
    if all(text == texts[0] for text in texts):
        return [list(column) for column in zip(*(pair[1] for pair in split), strict=True)]
    shortest = min(len(pair[1]) for pair in split)
    if not shortest:
        return []
    if all(text[0] == texts[0][0] for text in texts):
        return [[pair[1][0] for pair in split]]
    if all(text[-1] == texts[0][-1] for text in texts):
        return [[pair[1][-1] for pair in split]]
    return []


def _decimals(names: list[str]) -> list[tuple[Fraction, ...]]:
    """The numbers of names such as t_0.5, t_1.25; none where names are otherwise."""
    found = [re.fullmatch(r"(\D*)(\d+\.\d+)(\D*)", name) for name in names]
    if not all(found) or len({(match[1].lower(), match[3].lower()) for match in found}) > 1:
        return []
    numbers = [(Fraction(match[2]),) for match in found]
    return numbers if len(set(numbers)) == len(numbers) else []


def _after_dash(name: str, start: int) -> bool:
    return start > 0 and name[start - 1] in DASHES


def _blank(name: str, end: int) -> str:
    """What stands before a place in a name, its numbers blanked out."""
    return NUMBER.sub("#", name[:end].lower())
