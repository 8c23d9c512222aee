"""Brings a deformation graph onto one frame's surface: first by transport, then by closest points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from engine.mesh.track.graph import Graph, Pose, deform, turn_normals
from engine.mesh.track.sample import Samples
from engine.mesh.track.solve import DataTerm, Solver
from engine.mesh.track.transport import transport_plan

# Everything is in box diagonals of the whole sequence.
TRANSPORT_ROUNDS, CLOSEST_ROUNDS = 10, 6
ALONG_SURFACE = 0.1


@dataclass(frozen=True)
class RegistrationParams:
    """How one attempt at a frame goes about it.

    normal, colour: what a difference of unit normals, and of colours in [0, 1], weighs beside a distance, in transport.
    reach: how far transport looks. stiff: the graph's stiffness in the first and the last round of transport.
    """

    normal: float = 0.1
    colour: float = 0.2
    reach: float = 0.2
    stiff: tuple[float, float] = (10.0, 0.5)


class Template:
    """The reference surface: its samples, which are vertices of the mesh, and the graph that carries them."""

    def __init__(self, graph: Graph, samples: Samples, weights: np.ndarray) -> None:
        """samples: one for each vertex that `graph` carries, at rest; weights [N]: their shares of the area, sum 1."""
        self.graph, self.samples, self.weights = graph, samples, weights
        self.solver = Solver(graph, samples.points)

    def at(self, pose: Pose) -> Samples:
        """The samples in a pose."""
        points = deform(self.graph, pose, self.samples.points)
        normals = turn_normals(self.graph, pose, self.samples.normals)
        return Samples(points, normals, self.samples.colours, self.samples.triangles)


def transport(template: Template, pose: Pose, target: Samples, params: RegistrationParams) -> Pose:
    """Moves `pose` towards where optimal transport sends each sample, softer with every round."""
    to, potentials = _features(target, params.normal, params.colour), None
    for index in range(TRANSPORT_ROUNDS):
        share = index / (TRANSPORT_ROUNDS - 1)
        now = template.at(pose)
        stiffness = params.stiff[0] * (params.stiff[1] / params.stiff[0]) ** share
        blur = 0.05 * (0.4**share)
        plan = transport_plan(_features(now, params.normal, params.colour), to, target.points, blur, params.reach, potentials)
        potentials = plan.potentials
        weight = np.minimum(plan.mass, 1) / len(now)
        metric = weight[:, None, None] * np.eye(3)
        pose, _ = template.solver.step(pose, DataTerm(metric, weight[:, None] * (plan.goals - now.points)), stiffness)
    return pose


def icp(
    template: Template,
    pose: Pose,
    target: Samples,
    rounds: int = CLOSEST_ROUNDS,
    stiff: tuple[float, float] = (1.0, 0.2),
    trim: tuple[float, float] = (0.10, 0.03),
    wanted: tuple[np.ndarray, float] | None = None,
) -> tuple[Pose, float]:
    """Moves `pose` to the closest points, both ways. Returns it with the graph's energy.

    stiff, trim: stiffness, and distance beyond which a pair does not count, in the first and last round.
    wanted: places [N, 3] that the samples are drawn to a little, and the weight of that.
    """
    energy = 0.0
    for index in range(rounds):
        share = index / max(rounds - 1, 1)
        now = template.at(pose)
        far = trim[0] * (trim[1] / trim[0]) ** share
        data = pairs(template, now, target, far)
        if wanted is not None:
            places, weight = wanted
            weights = weight * template.weights
            data = DataTerm(
                data.metric + weights[:, None, None] * np.eye(3), data.pull + weights[:, None] * (places - now.points)
            )
        pose, energy = template.solver.step(pose, data, stiff[0] * (stiff[1] / stiff[0]) ** share)
    return pose, energy


def pairs(template: Template, now: Samples, target: Samples, far: float) -> DataTerm:
    """What the closest points with agreeing normals want: along the target's normal, and a tenth of that in any direction."""
    normal, colour = 0.5 * far, 0.5 * far
    there, here = _features(target, normal, colour), _features(now, normal, colour)
    nearest = cKDTree(there).query(here, workers=-1)[1]
    back = cKDTree(here).query(there, workers=-1)[1]
    source = np.concatenate([np.arange(len(now)), back])
    goal = np.concatenate([nearest, np.arange(len(target))])
    weight = np.concatenate([template.weights, np.full(len(target), 1 / len(target))]) / 2
    gap = target.points[goal] - now.points[source]
    agree = (target.normals[goal] * now.normals[source]).sum(1)
    distance = np.linalg.norm(gap, axis=1)
    weight = weight * np.clip(agree, 0, 1) * np.clip(1 - (distance / far) ** 2, 0, 1)
    normals = target.normals[goal]
    metric = normals[:, :, None] * normals[:, None] + ALONG_SURFACE * np.eye(3)
    metric *= weight[:, None, None]
    pull = np.einsum("nij,nj->ni", metric, gap)
    return DataTerm(_sum_by(source, metric, len(now)), _sum_by(source, pull, len(now)))


def two_way(now: Samples, target: Samples, weights: np.ndarray) -> tuple[float, float]:
    """Mean and root mean square distance between samples and target, both ways; weights [N] of the samples."""
    there = cKDTree(target.points).query(now.points, workers=-1)[0]
    back = cKDTree(now.points).query(target.points, workers=-1)[0]
    mean = (weights @ there + back.mean()) / 2
    return float(mean), float(np.sqrt((weights @ there**2 + (back**2).mean()) / 2))


def _features(samples: Samples, normal: float, colour: float) -> np.ndarray:
    parts = [samples.points, normal * samples.normals]
    if samples.colours is not None:
        parts.append(colour * samples.colours)
    return np.concatenate(parts, 1)


def _sum_by(index: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    flat = values.reshape(len(values), -1)
    summed = np.stack([np.bincount(index, column, count) for column in flat.T], 1)
    return summed.reshape(count, *values.shape[1:])
