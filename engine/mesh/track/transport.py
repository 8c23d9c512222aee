"""Which part of a surface went where: unbalanced optimal transport between two sets of samples.

Everything is asked to go somewhere and everything to be reached, so that two legs that swap places do not both go to the
nearer one (Sejourne et al., Unbalanced Optimal Transport, 2023; stabilised scaling after Chizat et al., 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Scalings are taken into the potentials before float32 runs out of numbers.
MAX_LOG_SCALING, TINY = 20.0, 1e-37


@dataclass(frozen=True)
class Plan:
    """Where each of N source samples should go, float64 [N, 3]; how much of it has somewhere to go, [N] in 0 to about 1; and
    the potentials of both sides, [N] and [M], which the next plan can start from."""

    goals: np.ndarray
    mass: np.ndarray
    potentials: tuple[np.ndarray, np.ndarray]


def transport_plan(
    source: np.ndarray,
    target: np.ndarray,
    places: np.ndarray,
    blur: float,
    reach: float,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    rounds: int = 15,
) -> Plan:
    """Unbalanced transport between samples of equal mass.

    source [N, D], target [M, D]: features whose squared distance is the cost. places [M, 3]: of the target samples.
    blur, reach: lengths; plans are smooth below the one, and mass further away than the other is rather left than moved.
    """
    count, other = len(source), len(target)
    cost = (source**2).sum(1)[:, None] + (target**2).sum(1) - 2 * source @ target.T
    cost = np.maximum(cost, 0).astype(np.float32)
    blur2, reach2 = blur**2, reach**2
    f, g = (np.zeros(count), np.zeros(other)) if start is None else start
    kernel, u, v = _kernel(cost, f, g, blur2), np.ones(count), np.ones(other)
    for _ in range(rounds):
        # The potentials f and g are kept apart from the scalings u and v, which would overflow on their own.
        v = _scaled(kernel.T @ u.astype(np.float32), 1 / other, g, blur2, reach2)
        u = _scaled(kernel @ v.astype(np.float32), 1 / count, f, blur2, reach2)
        if max(np.abs(np.log(u)).max(), np.abs(np.log(v)).max()) > MAX_LOG_SCALING:
            f, g = f + blur2 * np.log(u), g + blur2 * np.log(v)
            kernel, u, v = _kernel(cost, f, g, blur2), np.ones(count), np.ones(other)
    weighted = v[:, None] * np.concatenate([places, np.ones((other, 1))], 1)
    moved = (kernel @ weighted.astype(np.float32)).astype(np.float64)
    mass = moved[:, 3]
    goals = moved[:, :3] / np.maximum(mass, TINY)[:, None]
    return Plan(goals, np.clip(u * mass * count, 0, 2), (f + blur2 * np.log(u), g + blur2 * np.log(v)))


def _kernel(cost: np.ndarray, f: np.ndarray, g: np.ndarray, blur2: float) -> np.ndarray:
    return np.exp(np.minimum((f.astype(np.float32)[:, None] + g.astype(np.float32) - cost) / np.float32(blur2), 60))


def _scaled(sums: np.ndarray, mass: float, potential: np.ndarray, blur2: float, reach2: float) -> np.ndarray:
    """The scaling that gives every sample as much of its mass as the reach lets it have."""
    scaling = (mass / np.maximum(sums.astype(np.float64), TINY)) ** (reach2 / (reach2 + blur2))
    return np.clip(scaling * np.exp(-potential / (reach2 + blur2)), 1e-30, 1e30)
