"""Names for bones: spine, head, tail, limbs with .L and .R where left and right are alike, else numbers."""

from __future__ import annotations

import numpy as np

# Bones mirror each other where they are this close, as a share of the size; bones as close to the mirror lie in the middle.
ALIKE, CENTRAL = 0.08, 0.04
# Names of pairs of limbs by where they meet the body, and how far apart they have to be for it, as a share of the size.
APART = 0.1


def bone_names(parents: np.ndarray, heads: np.ndarray, tails: np.ndarray, middles: np.ndarray, size: float) -> list[str]:
    """Names by bone, each once; the body faces -Y, its left is +X, its top +Z.

    parents [bones], the root first. heads, tails, middles [bones, 3]: ends at rest and the place of each bone's part, on
    average over the clip. size: the box diagonal.
    """
    names: dict[int, str] = {0: "root"}
    pairs, central = _symmetry(parents, middles, size)
    if pairs:
        _name_middle(names, parents, tails, central)
        _name_limbs(names, parents, heads, pairs, size)
    rest = [bone for bone in range(len(parents)) if bone not in names]
    for number, bone in enumerate(rest, 1):
        names[bone] = f"bone.{number:03d}"
    return [names[bone] for bone in range(len(parents))]


def _symmetry(parents: np.ndarray, middles: np.ndarray, size: float) -> tuple[dict[int, int], list[int]]:
    """The right bone of each left one, and the bones in the middle. The mirror goes through the root."""
    mirror = middles[0, 0]
    x = middles[:, 0] - mirror
    central = [bone for bone in range(len(parents)) if abs(x[bone]) < CENTRAL * size]
    flipped = middles * [-1, 1, 1] + [2 * mirror, 0, 0]
    distance = np.linalg.norm(flipped[:, None] - middles, axis=-1) / size
    pairs: dict[int, int] = {}
    # Parents come first, so that a pair's parents are the same bone or a pair themselves.
    for left in np.flatnonzero(x >= CENTRAL * size):
        parent = int(parents[left])
        rights = [right for right in range(1, len(parents)) if parents[right] == pairs.get(parent, parent) and x[right] < 0]
        rights = [right for right in rights if right not in pairs.values() and distance[left, right] < ALIKE]
        if rights and (parent in central or parent in pairs):
            pairs[int(left)] = min(rights, key=lambda right: distance[left, right])
    return pairs, central


def _name_middle(names: dict[int, str], parents: np.ndarray, tails: np.ndarray, central: list[int]) -> None:
    """The chain to the front and up is spine and head; the chain to the back is the tail."""
    chains = []
    for end in central:
        if end and not any(parents[other] == end for other in central):
            chain = []
            while end and end in central:
                chain.append(end)
                end = int(parents[end])
            if end == 0:
                chains.append(chain[::-1])
    front = [chain for chain in chains if _forward(tails[chain[-1]] - tails[0]) > 0]
    if front:
        spine = max(front, key=lambda chain: _forward(tails[chain[-1]] - tails[0]))
        for number, bone in enumerate(spine[:-1]):
            names[bone] = _numbered("spine", number)
        names[spine[-1]] = "head"
    back = [chain for chain in chains if chain[0] not in names and tails[chain[-1], 1] > tails[0, 1]]
    if back:
        chain = max(back, key=lambda chain: tails[chain[-1], 1])
        # Up to where legs hang on it, the chain is the body.
        legs = [number for number, bone in enumerate(chain, 1) if set(np.flatnonzero(parents == bone)) - set(central)]
        body = max(legs, default=0)
        for number, bone in enumerate(chain):
            names[bone] = _numbered("hips", number) if number < body else _numbered("tail", number - body)


def _forward(offset: np.ndarray) -> float:
    return float(offset[2] - offset[1])


def _name_limbs(names: dict[int, str], parents: np.ndarray, heads: np.ndarray, pairs: dict[int, int], size: float) -> None:
    """Pairs that meet the body are limbs; two of them are told apart by front and rear or upper and lower."""
    first = [left for left in pairs if parents[left] not in pairs]
    words = ["limb"] * len(first)
    if len(first) > 1:
        at = heads[first]
        axis = 1 if np.ptp(at[:, 1]) >= np.ptp(at[:, 2]) else 2
        order = np.argsort(at[:, 1] if axis == 1 else -at[:, 2])
        ends = ("front_limb", "rear_limb") if axis == 1 else ("upper_limb", "lower_limb")
        clear = len(first) == 2 and np.ptp(at[:, axis]) > APART * size
        for number, index in enumerate(order):
            words[index] = ends[number] if clear else f"limb_{number + 1}"
    for word, left in zip(words, first, strict=True):
        for side, start in (("L", left), ("R", pairs[left])):
            chain = [start]
            for number, bone in enumerate(chain, 1):
                names[bone] = f"{word}.{side}.{number}"
                chain += [child for child in np.flatnonzero(parents == bone) if child not in names]


def _numbered(word: str, number: int) -> str:
    """As Blender numbers: spine, spine.001, ..."""
    return f"{word}.{number:03d}" if number else word
