"""Skinned characters whose motion is known: a dog, a figure, a bird with thin wings and a snake, built of capsules.

They face -Y with Z up and their left at +X, as Blender's characters do, and are about two metres long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from engine.mesh.surface import Mesh
from scripts.benchmark.sequences import capsule, meshed

# Metres over which neighbouring parts share vertices, and the least share that counts.
BLEND, LEAST = 0.025, 0.02


@dataclass(frozen=True)
class Part:
    """A bone and the capsule around it, from `head` to `tail` [3] in metres. flat: its thickness along Z as a share of its
    width. parent: the name of the part it turns with, None for the first."""

    name: str
    parent: str | None
    head: tuple[float, float, float]
    tail: tuple[float, float, float]
    radius: float
    flat: float = 1.0

    def distance(self, points: np.ndarray) -> np.ndarray:
        """About the distance to the capsule's surface, negative inside, [N]."""
        squash = np.array([1, 1, 1 / self.flat])
        return capsule(points * squash, np.array(self.head) * squash, np.array(self.tail) * squash, self.radius)


@dataclass(frozen=True)
class Character:
    """Parts, and how they turn: turns(frame) gives a rotation vector by part, about its head, in the axes of the rest pose;
    `move` the whole body's translation [3] in a frame."""

    parts: list[Part]
    frames: int
    turns: Callable[[int], dict[str, tuple[float, float, float]]]
    move: Callable[[int], tuple[float, float, float]] = field(default=lambda frame: (0, 0, 0))

    def rest(self, seed: int, cell: float) -> Mesh:
        """The surface at rest, float64, on a grid of `cell` metres turned and shifted by `seed`."""
        return meshed(lambda points: self._distances(points).min(0), seed, 1.25, cell)

    def weights(self, points: np.ndarray) -> np.ndarray:
        """Each part's share of points at rest, [N, parts]."""
        near = -self._distances(points) / BLEND
        shares = np.exp(near - near.max(0))
        shares /= shares.sum(0)
        shares[shares < LEAST] = 0
        return (shares / shares.sum(0)).T

    def pose(self, frame: int) -> np.ndarray:
        """What each part does to points at rest, [parts, 4, 4]."""
        turns, moved = self.turns(frame), {}
        for part in self.parts:
            own, head = np.eye(4), np.array(part.head)
            own[:3, :3] = Rotation.from_rotvec(turns.get(part.name, (0, 0, 0))).as_matrix()
            own[:3, 3] = head - own[:3, :3] @ head
            if part.parent is None:
                own[:3, 3] += self.move(frame)
            moved[part.name] = own if part.parent is None else moved[part.parent] @ own
        return np.stack([moved[part.name] for part in self.parts])

    def carry(self, points: np.ndarray, frame: int) -> np.ndarray:
        """Where points at rest [N, 3] are in a frame."""
        blended = np.einsum("nb,bij->nij", self.weights(points), self.pose(frame))
        return np.einsum("nij,nj->ni", blended[:, :3, :3], points) + blended[:, :3, 3]

    def sequence(self, cell: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """One mesh in every frame: vertices float64 [frames, vertices, 3] and triangles int32 [triangles, 3]."""
        rest = self.rest(seed, cell)
        return np.stack([self.carry(rest.vertices, frame) for frame in range(self.frames)]), rest.triangles

    def remeshed(self, cell: float) -> tuple[list[Mesh], list[np.ndarray]]:
        """A mesh of its own in every frame, no two with a vertex in common, and where its vertices are at rest."""
        rests = [self.rest(frame, cell) for frame in range(self.frames)]
        meshes = [Mesh(self.carry(rest.vertices, frame), rest.triangles) for frame, rest in enumerate(rests)]
        return meshes, [rest.vertices for rest in rests]

    def _distances(self, points: np.ndarray) -> np.ndarray:
        return np.stack([part.distance(points) for part in self.parts])


def dog(frames: int = 12) -> Character:
    """A quadruped that gallops and bounces."""
    parts = [
        Part("hips", None, (0, 0.15, 0.1), (0, 0.5, 0.1), 0.17),
        Part("chest", "hips", (0, 0.15, 0.1), (0, -0.3, 0.1), 0.19),
        Part("neck", "chest", (0, -0.42, 0.2), (0, -0.62, 0.42), 0.1),
        Part("head", "neck", (0, -0.62, 0.46), (0, -0.9, 0.4), 0.12),
        Part("tail", "hips", (0, 0.62, 0.2), (0, 0.85, 0.35), 0.05),
        Part("tail end", "tail", (0, 0.85, 0.35), (0, 1.0, 0.55), 0.045),
    ]
    for side, sign in (("L", 1), ("R", -1)):
        for name, parent, y in (("fore", "chest", -0.32), ("hind", "hips", 0.5)):
            parts.append(Part(f"{name} {side}", parent, (0.17 * sign, y, 0), (0.17 * sign, y, -0.3), 0.075))
            parts.append(Part(f"{name} foot {side}", f"{name} {side}", (0.17 * sign, y, -0.3), (0.17 * sign, y, -0.62), 0.06))

    def turns(frame: int) -> dict[str, tuple[float, float, float]]:
        phase = 2 * np.pi * frame / frames
        found = {"chest": (0.15 * np.sin(phase), 0, 0), "neck": (0.25 * np.sin(phase + 1), 0, 0)}
        found |= {"head": (-0.3 * np.sin(phase + 1), 0, 0), "tail": (0.3 * np.sin(phase), 0, 0.5 * np.sin(2 * phase))}
        found |= {"tail end": (0, 0, 0.4 * np.sin(2 * phase - 1))}
        for name, shift in (("fore L", 0), ("fore R", 0.7), ("hind L", np.pi), ("hind R", np.pi + 0.7)):
            knee = -0.5 if name.startswith("fore") else 0.5
            found[name] = (0.6 * np.sin(phase + shift), 0, 0)
            found[name.replace(" ", " foot ")] = (knee * (1 + np.cos(phase + shift)), 0, 0)
        return found

    return Character(parts, frames, turns, lambda frame: (0, 0, 0.15 * abs(np.sin(np.pi * frame / frames))))


def figure(frames: int = 12) -> Character:
    """A biped that walks with swinging arms."""
    parts = [
        Part("hips", None, (0, 0, 0), (0, 0, 0.15), 0.16),
        Part("chest", "hips", (0, 0, 0.2), (0, 0, 0.42), 0.17),
        Part("head", "chest", (0, 0, 0.62), (0, 0, 0.85), 0.14),
    ]
    for side, sign in (("L", 1), ("R", -1)):
        parts.append(Part(f"arm {side}", "chest", (0.22 * sign, 0, 0.48), (0.45 * sign, 0, 0.25), 0.065))
        parts.append(Part(f"forearm {side}", f"arm {side}", (0.45 * sign, 0, 0.25), (0.66 * sign, 0, 0.02), 0.055))
        parts.append(Part(f"thigh {side}", "hips", (0.13 * sign, 0, -0.05), (0.15 * sign, 0, -0.42), 0.09))
        parts.append(Part(f"shin {side}", f"thigh {side}", (0.15 * sign, 0, -0.42), (0.15 * sign, 0, -0.82), 0.07))
        parts.append(Part(f"foot {side}", f"shin {side}", (0.15 * sign, 0, -0.88), (0.15 * sign, -0.18, -0.9), 0.06))

    def turns(frame: int) -> dict[str, tuple[float, float, float]]:
        phase = 2 * np.pi * frame / frames
        found = {"chest": (0.05, 0, 0.15 * np.sin(phase)), "head": (0.1 * np.sin(2 * phase), 0, -0.15 * np.sin(phase))}
        for side, sign in (("L", 1), ("R", -1)):
            swing = sign * np.sin(phase)
            found |= {f"thigh {side}": (0.55 * swing, 0, 0), f"shin {side}": (0.35 - 0.35 * sign * np.cos(phase), 0, 0)}
            found |= {f"foot {side}": (-0.2 * swing, 0, 0), f"arm {side}": (-0.45 * swing, 0, 0)}
            found[f"forearm {side}"] = (-0.35 + 0.3 * swing, 0, 0)
        return found

    return Character(parts, frames, turns, lambda frame: (0, 0, 0.03 * np.cos(4 * np.pi * frame / frames)))


def bird(frames: int = 12) -> Character:
    """A bird that flaps its thin wings."""
    parts = [
        Part("body", None, (0, -0.15, 0), (0, 0.3, 0), 0.13),
        Part("head", "body", (0, -0.32, 0.06), (0, -0.5, 0.08), 0.09),
        Part("tail", "body", (0, 0.4, 0), (0, 0.75, 0.02), 0.13, 0.18),
    ]
    for side, sign in (("L", 1), ("R", -1)):
        parts.append(Part(f"wing {side}", "body", (0.1 * sign, 0, 0.03), (0.5 * sign, 0, 0.03), 0.17, 0.15))
        parts.append(Part(f"tip {side}", f"wing {side}", (0.55 * sign, 0, 0.03), (1.0 * sign, 0.08, 0.03), 0.14, 0.15))

    def turns(frame: int) -> dict[str, tuple[float, float, float]]:
        phase = 2 * np.pi * frame / frames
        found = {"tail": (0.2 * np.sin(phase), 0, 0), "head": (0.1 * np.sin(phase), 0, 0)}
        for side, sign in (("L", 1), ("R", -1)):
            found[f"wing {side}"] = (0, -0.6 * sign * np.sin(phase), 0)
            found[f"tip {side}"] = (0, -0.5 * sign * np.sin(phase - 0.9), 0)
        return found

    return Character(parts, frames, turns, lambda frame: (0, 0, -0.08 * np.sin(2 * np.pi * frame / frames)))


def snake(frames: int = 12, links: int = 10) -> Character:
    """A snake that winds on the ground, its head at -Y."""
    ends, radii = np.linspace(-1, 1, links + 1), np.linspace(0.1, 0.05, links)
    middle = links // 2
    parts = []
    for index in [*range(middle, -1, -1), *range(middle + 1, links)]:
        near, far = (ends[index + 1], ends[index]) if index <= middle else (ends[index], ends[index + 1])
        parent = None if index == middle else f"link {index + 1 if index < middle else index - 1}"
        parts.append(Part(f"link {index}", parent, (0, near, 0), (0, far, 0), radii[index]))

    def turns(frame: int) -> dict[str, tuple[float, float, float]]:
        phase = 2 * np.pi * frame / frames
        return {f"link {index}": (0, 0, 0.45 * np.sin(phase + 0.9 * index)) for index in range(links)}

    return Character(parts, frames, turns)


CHARACTERS = {"dog": dog, "figure": figure, "bird": bird, "snake": snake}
