"""glTF animations: which there are, at what times, and what they do to nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from engine.mesh.files.frame import MeshError
from engine.mesh.files.gltf.document import Document

WIDTHS = {"translation": 3, "rotation": 4, "scale": 3, "weights": None}
# Keys closer than this many a second are those of a clip that was sampled; fewer are an animator's own.
SAMPLED = 7.5
MAX_FRAMES = 2000
# Seconds; keys are in single precision.
SAME_MOMENT = 1e-5

# What nodes are set to: "translation", "rotation" (quaternion xyzw), "scale" or "weights".
Pose = dict[int, dict[str, np.ndarray]]


@dataclass(frozen=True)
class _Channel:
    """times float64 [K], seconds, rising; values [K, width], or [K, 3, width] with tangents where the way is cubic."""

    node: int
    path: str
    way: str
    times: np.ndarray
    values: np.ndarray

    def at(self, seconds: float) -> np.ndarray:
        """The value at a moment; the first and the last hold beyond the ends."""
        cubic = self.way == "CUBICSPLINE"
        keys = self.values[:, 1] if cubic else self.values
        after = int(np.searchsorted(self.times, seconds + SAME_MOMENT, side="right"))
        if after == 0 or after == len(self.times):
            return keys[0 if after == 0 else -1]
        before = after - 1
        span = self.times[after] - self.times[before]
        share = max((seconds - self.times[before]) / span, 0.0)
        if self.way == "STEP":
            return keys[before]
        if cubic:
            s, s2, s3 = share, share**2, share**3
            return (
                (2 * s3 - 3 * s2 + 1) * keys[before]
                + (s3 - 2 * s2 + s) * span * self.values[before, 2]
                + (3 * s2 - 2 * s3) * keys[after]
                + (s3 - s2) * span * self.values[after, 0]
            )
        if self.path == "rotation":
            pair = keys[[before, after]]
            if (np.linalg.norm(pair, axis=1) > 0).all():
                return Slerp([0, 1], Rotation.from_quat(pair))(share).as_quat()
        return (1 - share) * keys[before] + share * keys[after]


@dataclass(frozen=True)
class Animation:
    """One or several of a file's animations that play together. name: theirs."""

    name: str
    channels: list[_Channel]

    def pose(self, seconds: float) -> Pose:
        """What the nodes are set to at a moment."""
        pose: Pose = {}
        for channel in self.channels:
            pose.setdefault(channel.node, {})[channel.path] = channel.at(seconds)
        return pose

    def moments(self, fps: float | None) -> tuple[np.ndarray, float | None]:
        """When to look, in seconds, and the rate that is: the keys' own times where they are even and close, else `fps` a
        second from the first key to the last. fps: wanted even where the keys have their own; None as rate asks for one."""
        times = np.unique(np.concatenate([channel.times for channel in self.channels]).round(6))
        steps = np.diff(times)
        if fps is None and len(steps):
            step = float(np.median(steps))
            # A channel with fewer keys leaves gaps of whole steps.
            counted = np.round((times - times[0]) / step)
            if step < 1 / SAMPLED and np.abs((times - times[0]) / step - counted).max() < 0.05:
                rate = float(counted[-1] / (times[-1] - times[0]))
                rate = float(round(rate)) if abs(rate - round(rate)) < 0.01 else round(rate, 3)
                return times[0] + np.arange(int(counted[-1]) + 1) * (times[-1] - times[0]) / counted[-1], rate
        if fps is None:
            return times, None
        count = max(int(np.floor((times[-1] - times[0]) * fps + 1e-6)), 0) + 1
        return times[0] + np.arange(min(count, MAX_FRAMES + 1)) / fps, fps


def animations(document: Document) -> list[Animation]:
    """The file's animations that move anything, in its order. Raises MeshError."""
    found = []
    for number, animation in enumerate(document.list(document.json, "animations"), 1):
        if not isinstance(animation, dict):
            raise document.damaged("an animation is no object")
        samplers = document.list(animation, "samplers")
        channels = [_channel(document, channel, samplers) for channel in document.list(animation, "channels")]
        channels = [channel for channel in channels if channel is not None]
        if channels:
            found.append(Animation(str(animation.get("name") or f"animation {number}"), channels))
    return found


def chosen(found: list[Animation], wanted: str | None, name: str) -> tuple[Animation, str]:
    """The animation to play, and what is to be said of the choice, if anything.

    wanted: its name. Without one all play together where they move different things, as Blender writes one for each object;
    else the first. Raises MeshError where none has that name.
    """
    names = ", ".join(animation.name for animation in found)
    if wanted is not None:
        for animation in found:
            if animation.name == wanted:
                return animation, ""
        raise MeshError(f"{name} has no animation {wanted!r}: choose one of {names}.")
    moved = [(channel.node, channel.path) for animation in found for channel in animation.channels]
    if len(set(moved)) == len(moved):
        return Animation(names, [channel for animation in found for channel in animation.channels]), ""
    return found[0], f"{name} has {len(found)} animations ({names}): {found[0].name} is taken."


def _channel(document: Document, channel: Any, samplers: list[Any]) -> _Channel | None:
    """None where it moves nothing that is known here."""
    if not isinstance(channel, dict):
        raise document.damaged("a channel is no object")
    target = document.object(channel, "target")
    node, path, which = target.get("node"), target.get("path"), channel.get("sampler")
    if node is None or not isinstance(path, str) or path not in WIDTHS:
        return None
    document.item("nodes", node)
    if isinstance(which, bool) or not isinstance(which, int) or not 0 <= which < len(samplers):
        raise document.damaged(f"an animation's channel lacks its sampler, for the {path} of node {node}")
    sampler = samplers[which] if isinstance(samplers[which], dict) else {}
    times = document.numbers(sampler.get("input")).astype(np.float64).ravel()
    values = document.numbers(sampler.get("output")).astype(np.float64)
    way = sampler.get("interpolation", "LINEAR")
    keys = 3 if way == "CUBICSPLINE" else 1
    if len(times) == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any() or not np.isfinite(values).all():
        raise document.damaged(f"an animation's times do not rise, or its values are not finite, for the {path} of node {node}")
    width = WIDTHS[path] or values.size // (len(times) * keys)
    if values.size != len(times) * keys * width or width == 0:
        raise document.damaged(f"an animation has not a value for every key, for the {path} of node {node}")
    values = values.reshape(len(times), 3, width) if keys == 3 else values.reshape(len(times), width)
    return _Channel(node, path, way, times, values)
