"""Clips of the analytic world, rendered by sphere tracing.

A clip is stored as coefficients, so that one render serves every colour and background:
    image = coefficient 0 * colour + coefficients 1..3 + (1 - coefficient 4) * background
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.contract.words import PALETTE
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import BOUNDING_RADIUS, DARK, DARK_FACTOR, FIXED_TONES, PRIMARY, distance, tone
from engine.scene.cameras import Cameras
from engine.scene.frame_times import frame_times

FRAMES = 16
STEPS = 28
AMBIENT = 0.62
LIGHT = (0.0, -0.58, 0.81)

COLOURS = {name: tuple(colour) for name, colour in PALETTE.items()}


def render_coefficients(shape: str, motion: str, cameras: Cameras, size: int, frames: int = FRAMES) -> Tensor:
    """Renders one object in one motion from still cameras, with 2 x 2 samples a pixel.

    Returns uint8 coefficients, [cameras, frames, 5, size, size].
    """
    samples = 2 * size
    centre, rotation, scale = (value.to(cameras.azimuth) for value in MOTIONS[motion](frame_times(frames)))
    origins, directions = cameras.rays(samples, samples)
    # World to local: x_local = R^T (x - c) / s, applied to rays, [cameras, frames, height * width, 3].
    to_local = rotation.transpose(1, 2) / scale[:, :, None]
    start = torch.einsum("fij,cfj->cfi", to_local, origins[:, 0, 0, None] - centre)
    ray = torch.einsum("fij,cpj->cfpi", to_local, directions.flatten(1, 2))
    # Closest approach to the bounding sphere, in units of the unnormalised local ray.
    length2 = ray.square().sum(-1)
    nearest = -(ray * start[:, :, None]).sum(-1) / length2
    miss2 = (start[:, :, None] + nearest[..., None] * ray).square().sum(-1)
    hit = miss2 < BOUNDING_RADIUS**2
    camera, frame, _ = hit.nonzero(as_tuple=True)
    o, d = start[camera, frame], ray[hit]
    half_chord = ((BOUNDING_RADIUS**2 - miss2[hit]) / length2[hit]).sqrt()
    depth, end = nearest[hit] - half_chord, nearest[hit] + half_chord
    speed = d.norm(dim=-1)
    active = torch.arange(len(depth))
    for _ in range(STEPS):
        step = distance(shape, o[active] + depth[active, None] * d[active]) / speed[active]
        depth[active] += step
        active = active[(step * speed[active] > 1e-3) & (depth[active] < end[active])]
    points = o + depth[:, None] * d
    # A surface point is one that the march closed in on; grazing rays that ran out of steps count if they are near.
    inside = (depth < end).nonzero()[:, 0]
    inside = inside[distance(shape, points[inside]) < 2e-3]
    coefficients = torch.zeros(*hit.shape, 5)
    if len(inside):
        surface = points[inside]
        normal = torch.nn.functional.normalize(_gradient(shape, surface) / scale[frame[inside]], dim=-1)
        normal = torch.einsum("pij,pj->pi", rotation[frame[inside]], normal)
        light = torch.nn.functional.normalize(normal.new_tensor(LIGHT), dim=0)
        shade = AMBIENT + (1 - AMBIENT) * (normal @ light).clamp(min=0)
        tones = tone(shape, surface)
        table = torch.zeros(max(FIXED_TONES) + 1, 5)
        table[PRIMARY, 0], table[DARK, 0] = 1.0, DARK_FACTOR
        for index, colour in FIXED_TONES.items():
            table[index, 1:4] = torch.tensor(colour)
        value = table[tones] * shade[:, None]
        value[:, 4] = 1
        place = hit.flatten().nonzero()[:, 0][inside]
        coefficients.view(-1, 5)[place] = value
    image = coefficients.view(len(cameras) * frames, samples, samples, 5).permute(0, 3, 1, 2)
    image = torch.nn.functional.avg_pool2d(image, 2)
    return (image * 255).round().to(torch.uint8).view(len(cameras), frames, 5, size, size)


def compose(coefficients: Tensor, colour: Tensor, background: Tensor) -> Tensor:
    """Colours a clip: uint8 coefficients [clips, frames, 5, H, W], colour [clips, 3], background [clips, 3].

    Returns sRGB images in [0, 1], [clips, frames, 3, H, W].
    """
    c = coefficients.float() / 255
    return (
        c[:, :, :1] * colour[:, None, :, None, None]
        + c[:, :, 1:4]
        + (1 - c[:, :, 4:]) * background[:, None, :, None, None]
    )


def _gradient(shape: str, points: Tensor, epsilon: float = 2e-3) -> Tensor:
    """Normal direction from four taps on a tetrahedron, [P, 3]."""
    corners = points.new_tensor([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])
    values = torch.stack([distance(shape, points + epsilon * corner) for corner in corners])
    return torch.einsum("kp,ki->pi", values, corners)
