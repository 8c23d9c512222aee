"""Propagates a reference mesh through all frames: outwards from its own, the rest shape always the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.mesh.bake import vertex_normals
from engine.mesh.surface import Mesh
from engine.mesh.track.graph import NODES, Pose, between, build_graph, deform, extrapolated, part
from engine.mesh.track.registration import RegistrationParams, Template, icp, transport, two_way
from engine.mesh.track.sample import Samples, sample, vertex_areas

COARSE, FINE, TARGET = 1200, 2500, 5000
ATTEMPTS = (RegistrationParams(), RegistrationParams(normal=0.25))
ENERGY_WEIGHT, ACCELERATION_WEIGHT = 0.02, 0.03
POLISH, POLISH_ROUNDS, SWEEP_ROUNDS, NEIGHBOURS_PULL = (0.3, 0.1), 8, 3, 0.02


@dataclass(frozen=True)
class TrackedPoses:
    """poses: of each frame. score: how well they fit, in box diagonals; lower is better."""

    poses: list[Pose]
    score: float


@dataclass(frozen=True)
class Surfaces:
    """One frame's surface, finely and coarsely sampled."""

    fine: Samples
    coarse: Samples


def surfaces(meshes: list[Mesh], colours: list[np.ndarray | None]) -> list[Surfaces]:
    """Samples of every frame."""
    return [
        Surfaces(sample(mesh, colour, TARGET, 0), sample(mesh, colour, COARSE, 1))
        for mesh, colour in zip(meshes, colours, strict=True)
    ]


class Tracker:
    """One reference mesh and what it takes to bring it onto any frame."""

    def __init__(self, mesh: Mesh, colours: np.ndarray | None, nodes: int = NODES) -> None:
        """colours: of the vertices, [V, 3] in [0, 1], or None. nodes: of the deformation graph."""
        self.mesh = mesh
        self.graph = build_graph(mesh, nodes)
        weights = vertex_areas(mesh)
        self.coarse = self._body(colours, weights, COARSE)
        self.middle = self._body(colours, weights, FINE)
        self.whole = self._body(colours, weights, len(mesh.vertices))

    def _body(self, colours: np.ndarray | None, weights: np.ndarray, count: int) -> Template:
        vertices = self.mesh.vertices.astype(np.float64)
        which = np.arange(len(vertices))
        if count < len(vertices):
            # Evenly over the area, so that fine parts of a mesh do not outvote coarse ones.
            share = np.cumsum(weights) / weights.sum()
            which = np.unique(np.searchsorted(share, (np.arange(count) + 0.5) / count))
        chosen = Samples(
            vertices[which], vertex_normals(self.mesh)[which], None if colours is None else colours[which], which
        )
        return Template(part(self.graph, which), chosen, weights[which] / weights[which].sum())

    def positions(self, pose: Pose) -> np.ndarray:
        """The mesh's vertices in a pose, [V, 3]."""
        return deform(self.graph, pose, self.mesh.vertices.astype(np.float64))


def propagate(
    tracker: Tracker,
    frames: list[Surfaces],
    reference: int,
    nearby: bool = False,
    report: Callable[[int], None] = lambda done: None,
) -> TrackedPoses:
    """Poses for every frame, outwards from `reference`, then all twice more with the frames on both sides in view.

    nearby: surfaces hardly move from frame to frame, so that closest points alone find the way. report: called with the number
    of frames done, of `frames_to_do`.
    """
    poses: list[Pose | None] = [None] * len(frames)
    poses[reference] = Pose.rest(len(tracker.graph.nodes))
    done = 0
    for step in (1, -1):
        for index in range(reference + step, len(frames) if step > 0 else -1, step):
            near, far = poses[index - step], None
            if 0 <= index - 2 * step < len(frames):
                far = poses[index - 2 * step]
            found = near if nearby else _search(tracker, frames[index], near, far)
            poses[index] = polish(tracker, found, frames[index])
            done += 1
            report(done)
    if not nearby and len(frames) > 2:
        poses = refine(tracker, frames, reference, poses, lambda number: report(done + number))
    poses = _sweep(tracker, frames, reference, poses)
    return TrackedPoses(poses, _total(tracker, frames, poses))


def frames_to_do(count: int, nearby: bool) -> int:
    """How many frames `propagate` reports for a clip of `count`."""
    return (count - 1) * (1 if nearby or count < 3 else 2)


def refine(
    tracker: Tracker,
    frames: list[Surfaces],
    reference: int,
    poses: list[Pose],
    report: Callable[[int], None] = lambda done: None,
) -> list[Pose]:
    """One more attempt at every frame, now that those on both sides are known: from half way between them, or, at an end of the
    clip, from the other end, since many clips go round. Kept where it fits better."""
    found = list(poses)
    for done, index in enumerate(index for index in range(len(frames)) if index != reference):
        others = [found[place] for place in _three(index, len(frames))]
        start = between(others[0], others[2]) if others[1] is found[index] else found[-1 if index == 0 else 0]
        costs, fits = [], []
        for attempt in (found[index], transport(tracker.coarse, start, frames[index].coarse, ATTEMPTS[0])):
            pose, energy = icp(tracker.middle, attempt, frames[index].fine)
            three = [pose if other is found[index] else other for other in others]
            costs.append(score(tracker, pose, frames[index], energy, unevenness(*three)))
            fits.append(pose)
        if costs[1] < costs[0]:
            found[index] = polish(tracker, fits[1], frames[index])
        report(done + 1)
    return found


def polish(tracker: Tracker, pose: Pose, frame: Surfaces) -> Pose:
    """The pose after a few rounds with all vertices, and softer."""
    return icp(tracker.whole, pose, frame.fine, POLISH_ROUNDS, POLISH, (0.05, 0.03))[0]


def _three(index: int, count: int) -> range:
    """Three frames in a row with `index` in the middle, or at the end where there is none beyond."""
    first = int(np.clip(index - 1, 0, count - 3))
    return range(first, first + 3)


def _sweep(tracker: Tracker, frames: list[Surfaces], reference: int, poses: list[Pose]) -> list[Pose]:
    """All frames once more, drawn a little to the mean of their neighbours: that places what a frame shows nothing of."""
    template, swept = tracker.whole, list(poses)
    for index in range(1, len(frames) - 1):
        if index != reference:
            mean = (template.at(swept[index - 1]).points + template.at(poses[index + 1]).points) / 2
            swept[index], _ = icp(
                template, poses[index], frames[index].fine, SWEEP_ROUNDS, POLISH, (0.03, 0.03), (mean, NEIGHBOURS_PULL)
            )
    return swept


def _total(tracker: Tracker, frames: list[Surfaces], poses: list[Pose]) -> float:
    """The mean over frames of how far the surfaces are apart, root mean square, and of how unevenly the nodes move."""
    shifts = np.stack([pose.shift for pose in poses])
    apart = [
        two_way(tracker.middle.at(pose), frame.fine, tracker.middle.weights)[1]
        for pose, frame in zip(poses, frames, strict=True)
    ]
    uneven = np.sqrt((np.diff(shifts, 2, axis=0) ** 2).sum(-1).mean(-1)) if len(shifts) > 2 else np.zeros(1)
    return float(np.mean(apart) + ACCELERATION_WEIGHT * uneven.mean())


def _search(tracker: Tracker, frame: Surfaces, near: Pose, far: Pose | None) -> Pose:
    """The best of several attempts at a frame, from the neighbour's pose and from where its motion would lead."""
    best, least = near, np.inf
    for start in [near] if far is None else [near, extrapolated(near, far)]:
        for params in ATTEMPTS:
            pose = transport(tracker.coarse, start, frame.coarse, params)
            pose, energy = icp(tracker.middle, pose, frame.fine)
            cost = score(tracker, pose, frame, energy, 0.0 if far is None else unevenness(far, near, pose))
            if cost < least:
                best, least = pose, cost
    return best


def score(tracker: Tracker, pose: Pose, frame: Surfaces, energy: float, uneven: float) -> float:
    """Root mean square distance both ways, plus the graph's energy and sudden changes of speed, weighted."""
    _, distance = two_way(tracker.middle.at(pose), frame.fine, tracker.middle.weights)
    return distance + ENERGY_WEIGHT * np.sqrt(energy) + ACCELERATION_WEIGHT * uneven


def unevenness(first: Pose, second: Pose, third: Pose) -> float:
    """How much the nodes' velocity changes over three frames in a row, root mean square, box diagonals a frame."""
    change = first.shift - 2 * second.shift + third.shift
    return float(np.sqrt((change**2).sum(1).mean()))
