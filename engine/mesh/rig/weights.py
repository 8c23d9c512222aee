"""Soft weights for bones whose motion is known, and the motion of bones whose weights are known."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from engine.mesh.rig.skinning import INFLUENCES, rigid

# Steps of sequential minimal optimisation; each moves weight from one bone of a vertex to another.
STEPS = 40
# How much it costs to differ from the neighbours: as an error of this share of the size does.
SMOOTHNESS = 0.002


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
    frames, bones = pose.shape[:2]
    size = np.linalg.norm(np.ptp(rest, axis=0))
    off = np.stack([_moved(rest, pose[:, bone]) - vertices for bone in range(bones)])
    off = off.transpose(2, 0, 1, 3).reshape(len(rest), bones, 3 * frames) / (size * np.sqrt(frames))
    quadratic = off @ off.transpose(0, 2, 1) + SMOOTHNESS**2 * np.eye(bones)
    linear = -(SMOOTHNESS**2) * (smooth @ start.T)
    weights = _minimise(quadratic, linear, near.T, (start * near).T)
    order = np.argsort(-weights, 1)
    few = np.zeros_like(near.T)
    np.put_along_axis(few, order[:, :INFLUENCES], True, 1)
    return _minimise(quadratic, linear, near.T & few, weights * few).T


def solve_pose(vertices: np.ndarray, rest: np.ndarray, pose: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """pose [frames, bones, 4, 4], each bone in turn moved as what the others leave of the motion wants it (Le and Deng
    2012)."""
    pose = pose.copy()
    place = [_moved(rest, pose[:, bone]) * row[:, None] for bone, row in enumerate(weights)]
    left = vertices - sum(place)
    for bone, row in enumerate(weights):
        own = np.flatnonzero(row > 0)
        left[:, own] += place[bone][:, own]
        turn, shift = rigid(rest[own], left[:, own] / row[own, None], row[None, own] ** 2)
        pose[:, bone, :3, :3], pose[:, bone, :3, 3] = turn[:, 0], shift[:, 0]
        place[bone] = _moved(rest, pose[:, bone]) * row[:, None]
        left[:, own] -= place[bone][:, own]
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
