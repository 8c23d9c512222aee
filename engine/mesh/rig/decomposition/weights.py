"""Soft weights for bones whose motion is known, and the motion of bones whose weights are known."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from engine.mesh.rig.skinning import INFLUENCES, rigid

# Steps of sequential minimal optimisation; each moves weight from one bone of a vertex to another.
STEPS = 40
# How much it costs to differ from the neighbours: as an error of this share of the size does.
SMOOTHNESS = 0.002
# So many vertices at a time: their distances from where each bone would take them, in all frames, are held in memory.
CHUNK = 4096


def solve_weights(
    vertices: np.ndarray,
    rest: np.ndarray,
    pose: np.ndarray,
    near: np.ndarray,
    smooth: scipy.sparse.csr_matrix,
    start: np.ndarray,
) -> np.ndarray:
    """Weights [bones, vertices], at most four to a vertex, none negative, which sum to 1, that explain the motion best.

    vertices [frames, vertices, 3], rest [vertices, 3], pose [frames, bones, 4, 4]. near [bones, vertices]: which bones a vertex
    may go with. smooth [vertices, vertices]: the mean over neighbours. start [bones, vertices]: weights to begin with.
    """
    size = np.linalg.norm(np.ptp(rest, axis=0))
    pull, weights = smooth @ start.T, np.empty(start.T.shape)
    for first in range(0, len(rest), CHUNK):
        own = slice(first, first + CHUNK)
        off = np.stack([_moved(rest[own], pose[:, bone]) - vertices[:, own] for bone in range(len(start))])
        off = off.transpose(2, 0, 1, 3).reshape(off.shape[2], len(start), -1) / (size * np.sqrt(len(pose)))
        quadratic = off @ off.transpose(0, 2, 1) + SMOOTHNESS**2 * np.eye(len(start))
        linear = -(SMOOTHNESS**2) * pull[own]
        found = _minimise(quadratic, linear, near.T[own], (start * near).T[own])
        few = np.zeros_like(near.T[own])
        np.put_along_axis(few, np.argsort(-found, 1)[:, :INFLUENCES], True, 1)
        weights[own] = _minimise(quadratic, linear, near.T[own] & few, found * few)
    return weights.T


def solve_pose(vertices: np.ndarray, rest: np.ndarray, pose: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """pose [frames, bones, 4, 4], each bone in turn moved as what the others leave of the motion wants it (Le and Deng
    2012)."""
    pose = pose.copy()
    owns = [np.flatnonzero(row > 0) for row in weights]
    left = vertices.copy()
    for bone, own in enumerate(owns):
        left[:, own] -= _moved(rest[own], pose[:, bone]) * weights[bone, own, None]
    for bone, own in enumerate(owns):
        if len(own) == 0:
            continue
        share = weights[bone, own, None]
        wanted = left[:, own] + _moved(rest[own], pose[:, bone]) * share
        turn, shift = rigid(rest[own], wanted / share, share.T**2)
        pose[:, bone, :3, :3], pose[:, bone, :3, 3] = turn[:, 0], shift[:, 0]
        left[:, own] = wanted - _moved(rest[own], pose[:, bone]) * share
    return pose


def _moved(rest: np.ndarray, pose: np.ndarray) -> np.ndarray:
    return rest @ pose[:, :3, :3].transpose(0, 2, 1) + pose[:, None, :3, 3]


def _minimise(quadratic: np.ndarray, linear: np.ndarray, allowed: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The least of w.Q.w / 2 + l.w over each row's simplex of allowed entries: quadratic [N, K, K], linear, allowed, weights
    [N, K]."""
    row = np.arange(len(weights))
    weights = np.where(allowed, np.maximum(weights, 0), 0)
    weights += np.where(weights.sum(1, keepdims=True) > 0, 0, allowed)
    weights /= weights.sum(1, keepdims=True)
    slope = (quadratic @ weights[..., None])[..., 0] + linear
    for _ in range(STEPS):
        to = np.where(allowed, slope, np.inf).argmin(1)
        off = np.where(weights > 0, slope, -np.inf).argmax(1)
        bend = quadratic[row, to, to] + quadratic[row, off, off] - 2 * quadratic[row, to, off]
        step = np.clip((slope[row, off] - slope[row, to]) / np.maximum(bend, 1e-30), 0, weights[row, off])
        weights[row, off] -= step
        weights[row, to] += step
        slope += step[:, None] * (quadratic[row, :, to] - quadratic[row, :, off])
    return np.maximum(weights, 0)
