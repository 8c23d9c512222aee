"""How a sequence of triangle soups moves as a whole: path, growth and turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluate.triangle_soup import TriangleSoup

# Faces within about this many degrees of a direction make its colour.
DIRECTION_WIDTH = 8.0


@dataclass(frozen=True)
class Motion:
    """travel: extent of the centroid's path along X, Y and Z, in mean box sizes. growth: largest over smallest volume.
    turn: degrees about Z in all."""

    travel: tuple[float, float, float]
    growth: float
    turn: float


def measure_motion(soups: list[TriangleSoup]) -> Motion:
    """The motion of frames that follow one another."""
    size = float(np.mean([np.ptp(soup.triangles.reshape(-1, 3), 0) for soup in soups]))
    measures = [volume_and_centroid(soup.triangles) for soup in soups]
    volumes, centroids = np.array([m[0] for m in measures]), np.array([m[1] for m in measures])
    profiles = [profile(soup, centroid) for soup, centroid in zip(soups, centroids, strict=True)]
    travel = tuple(float(x) for x in np.ptp(centroids, 0) / size)
    return Motion(travel, float(volumes.max() / max(volumes.min(), 1e-9)), turn(profiles))


def volume_and_centroid(triangles: np.ndarray) -> tuple[float, np.ndarray]:
    """Cubic metres and the centre of the volume [3] of closed triangles [T, 3, 3]."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    parts = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    volume = parts.sum()
    return float(volume), ((a + b + c) / 4 * parts[:, None]).sum(0) / volume


def profile(soup: TriangleSoup, centroid: np.ndarray) -> np.ndarray:
    """In each of 360 directions about the centroid: largest horizontal radius over the mean of all, and colour, [360, 4]."""
    angle = np.arange(360) * np.pi / 180
    direction = np.stack([np.cos(angle), np.sin(angle)])
    radius = ((soup.triangles.reshape(-1, 3)[:, :2] - centroid[:2]) @ direction).max(0)
    outward = (soup.triangles.mean(1) - centroid)[:, :2]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    closeness = np.exp((outward @ direction - 1) / np.radians(DIRECTION_WIDTH) ** 2) * soup.areas[:, None]
    colour = closeness.T @ soup.colours / np.maximum(closeness.sum(0), 1e-12)[:, None]
    return np.concatenate([radius[:, None] / radius.mean(), colour], 1)


def turn(profiles: list[np.ndarray]) -> float:
    """Degrees turned about Z in all, from the rotation of each frame's outline and colours that best gives the next, within 45.

    A round thing turns by its colours alone.
    """
    total = 0.0
    for before, after in zip(profiles[:-1], profiles[1:], strict=True):
        shifts = np.arange(-44, 45)
        errors = [np.abs(np.roll(before, shift, 0) - after).mean() for shift in shifts]
        total += float(shifts[int(np.argmin(errors))])
    return total


def moves_as(name: str, motion: Motion) -> bool:
    """Whether a motion of the built-in world is what the word `name` says, and as large."""
    x, y, z = motion.travel
    third = 1 / 3
    calm = max(x, y, z) < third
    keeps_size = motion.growth < 2
    return {
        "still": calm and keeps_size and abs(motion.turn) < 90,
        "bouncing": z >= third and max(x, y) < third and keeps_size,
        "spinning": calm and abs(motion.turn) >= 240 and keeps_size,
        "sliding": x >= third and max(y, z) < third and keeps_size,
        "growing": calm and not keeps_size,
        "orbiting": x >= third and y >= third and z < third and keeps_size,
        "swinging": x >= third and y < third and keeps_size,
        "jumping": z >= third and max(x, y) < third and keeps_size,
    }[name]
