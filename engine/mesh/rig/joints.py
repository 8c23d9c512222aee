"""Where bones meet, and where they begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

# How strongly a joint is drawn to the border of two bones' weights, beside the motion: radians squared. A hinge turns about a
# whole line, and noise moves the place of a joint that hardly bends.
BORDER = 0.005
# No joint is further from the border than this many times the border's own radius.
FARTHEST = 1.0
# Products of weights below this are no border.
MIN_OVERLAP = 1e-3
# The shortest bone, as a share of the mesh's box diagonal; how far along its part the end of a limb's last bone is; how
# well, as a cosine, a child has to lie ahead of a bone that ends at it; and how much longer than wide a root's part is that it
# lies along.
SHORTEST, REACH, AHEAD, LONG = 0.01, 0.95, 0.5, 1.5


@dataclass(frozen=True)
class Joints:
    """Of all pairs of bones, symmetric: place [bones, bones, 3] at rest, slip [bones, bones]: how far apart the two carry it on
    average, metres, gap [bones, bones]: how far apart the bones' parts of the surface are, metres."""

    place: np.ndarray
    slip: np.ndarray
    gap: np.ndarray


def find_joints(rest: np.ndarray, mass: np.ndarray, pose: np.ndarray, weights: np.ndarray) -> Joints:
    """Where the motions of two bones agree best over the clip (least squares), drawn to where their weights meet.

    rest [vertices, 3], mass [vertices], pose [frames, bones, 4, 4], weights [bones, vertices].
    """
    bones = len(weights)
    parts = [np.flatnonzero(weights.argmax(0) == bone) for bone in range(bones)]
    parts = [part if len(part) else row.argmax()[None] for part, row in zip(parts, weights, strict=True)]
    trees = [cKDTree(rest[part]) for part in parts]
    place, slip, gap = np.zeros((bones, bones, 3)), np.zeros((bones, bones)), np.zeros((bones, bones))
    for i in range(bones):
        for j in range(i):
            border, radius, gap[i, j] = _border(rest, mass, weights[[i, j]], (parts[i], parts[j]), (trees[i], trees[j]))
            apart = pose[:, i, :3] - pose[:, j, :3]
            turn, shift = apart[..., :3], -apart[..., 3]
            normal = np.einsum("fki,fkj->ij", turn, turn) / len(pose) + BORDER * np.eye(3)
            found = np.linalg.solve(normal, np.einsum("fki,fk->i", turn, shift) / len(pose) + BORDER * border)
            away = np.linalg.norm(found - border)
            found = border + (found - border) * min(1, FARTHEST * radius / max(away, 1e-12))
            place[i, j] = place[j, i] = found
            slip[i, j] = slip[j, i] = np.sqrt(((turn @ found - shift) ** 2).sum(-1).mean())
            gap[j, i] = gap[i, j]
    return Joints(place, slip, gap)


def _border(
    rest: np.ndarray, mass: np.ndarray, pair: np.ndarray, parts: tuple[np.ndarray, np.ndarray], trees: tuple[cKDTree, cKDTree]
) -> tuple[np.ndarray, float, float]:
    """The middle of where two bones share vertices, its radius, and the gap between them where they share none."""
    both = pair[0] * pair[1]
    if both.max() > MIN_OVERLAP:
        share = mass * both / (mass * both).sum()
        middle = share @ rest
        return middle, float(np.sqrt(share @ ((rest - middle) ** 2).sum(1))), 0.0
    distance, nearest = trees[1].query(rest[parts[0]])
    at = distance.argmin()
    return (rest[parts[0][at]] + rest[parts[1][nearest[at]]]) / 2, float(distance[at]), float(distance[at])


def heads_and_tails(
    rest: np.ndarray, mass: np.ndarray, weights: np.ndarray, parents: np.ndarray, joints: Joints
) -> tuple[np.ndarray, np.ndarray]:
    """Where each bone begins and ends at rest, [bones, 3] each: at the joint with its parent, and at the joint of the child
    ahead of it or at the end of its part of the surface. The root lies along its part, towards its front (-Y) or its top, or
    points to the joint that most hangs on."""
    size = float(np.linalg.norm(np.ptp(rest, axis=0)))
    heads, tails = np.zeros((len(parents), 3)), np.zeros((len(parents), 3))
    for bone, parent in enumerate(parents):
        share = mass * weights[bone] ** 2
        middle = share @ rest / share.sum()
        own = rest[weights[bone] >= min(0.5, weights[bone].max())]
        if parent < 0:
            heads[bone], tails[bone] = _along(own, share, rest, middle)
            children = np.flatnonzero(parents == bone)
            if len(children) and not _is_long(share, rest - middle):
                main = max(children, key=lambda child: (mass * weights[_below(parents, child)]).sum())
                heads[bone], tails[bone] = middle, joints.place[main, bone]
            continue
        heads[bone] = head = joints.place[bone, parent]
        ahead = (middle - head) / max(np.linalg.norm(middle - head), 1e-12)
        ends = [joints.place[bone, child] for child in np.flatnonzero(parents == bone)]
        ends = [end for end in ends if (end - head) @ ahead > max(AHEAD * np.linalg.norm(end - head), SHORTEST * size)]
        if ends:
            tails[bone] = max(ends, key=lambda end: (end - head) @ ahead)
        else:
            tails[bone] = head + REACH * max(float(((own - head) @ ahead).max()), SHORTEST * size) * ahead
    short = np.linalg.norm(tails - heads, axis=1) < SHORTEST * size
    tails[short] = heads[short] + [0, 0, SHORTEST * size]
    return heads, tails


def _along(own: np.ndarray, share: np.ndarray, rest: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of a part's longest axis."""
    offset = rest - middle
    axis = np.linalg.eigh((share[:, None] * offset).T @ offset)[1][:, 2]
    if axis[np.abs(axis).argmax()] * (-1 if np.abs(axis).argmax() == 1 else 1) < 0:
        axis = -axis
    along = (own - middle) @ axis
    return middle + REACH * along.min() * axis, middle + REACH * along.max() * axis


def _is_long(share: np.ndarray, offset: np.ndarray) -> bool:
    """Whether a part [vertices, 3] about its middle is longer than wide."""
    spread = np.sqrt(np.linalg.eigvalsh((share[:, None] * offset).T @ offset))
    return bool(spread[2] > LONG * spread[1])


def _below(parents: np.ndarray, bone: int) -> list[int]:
    """A bone and all that hangs on it."""
    found = [int(bone)]
    for each in found:
        found += np.flatnonzero(parents == each).tolist()
    return found
