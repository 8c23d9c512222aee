"""Pictures of bodies by sphere tracing, stored as coefficients so that one render serves every colour and background.

    picture = coefficient 0 * first colour + coefficient 1 * second + coefficients 2..4 + (1 - coefficient 5) * background

The body is seen in its own axes, in which the light stands fixed before it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.models.world.body import FIXED_TONES, PRIMARY, SECONDARY
from engine.models.world.scene import Moments
from engine.scene.cameras import Cameras

COEFFICIENTS = 6
RADIUS = 0.86
STEPS, COARSE_STEPS = 36, 20
CAUTION = 0.9
COARSE = 4
NEAR, GRAZING = 2e-3, 8e-3
# Shares of light from all round, more of it from above, and from the lamp.
AMBIENT, SKY, LAMP = 0.57, 0.11, 0.32
LIGHT = (0.0, -0.60, 0.80)


@torch.no_grad()
def render(body: Moments, cameras: Cameras, size: int) -> Tensor:
    """Renders every moment from every camera with 2 x 2 samples a pixel: uint8 [moments, cameras, COEFFICIENTS, size, size]."""
    return torch.stack([render_moment(body, moment, cameras, size) for moment in range(len(body.bones.heads))])


def render_moment(body: Moments, moment: int, cameras: Cameras, size: int) -> Tensor:
    """One moment from still cameras, uint8 [cameras, COEFFICIENTS, size, size]."""
    samples = 2 * size
    origins, start, half_angle = _starts(body, moment, cameras, samples // COARSE)
    alive = start < _exit(cameras)
    block = alive.view(len(cameras), samples // COARSE, 1, samples // COARSE, 1)
    block = block.expand(-1, -1, COARSE, -1, COARSE).reshape(len(cameras), samples, samples)
    depth = start.view(len(cameras), samples // COARSE, 1, samples // COARSE, 1)
    depth = depth.expand(-1, -1, COARSE, -1, COARSE).reshape(len(cameras), samples, samples)[block]
    directions = cameras.rays(samples, samples)[1][block].T.contiguous()
    camera = block.nonzero()[:, 0]
    points_from = origins.T[:, camera].contiguous()
    depth, hit = _march(body, moment, points_from, directions, depth, _exit(cameras))
    surface = (points_from + depth * directions)[:, hit]
    picture = torch.zeros(len(cameras) * samples * samples, COEFFICIENTS)
    if surface.shape[1]:
        value = tone_table().to(surface)[body.tones(moment, surface)] * shade(body, moment, surface)[:, None]
        value[:, -1] = 1
        picture[block.flatten().nonzero()[:, 0][hit]] = value
    picture = picture.view(len(cameras), samples, samples, COEFFICIENTS).permute(0, 3, 1, 2)
    return (torch.nn.functional.avg_pool2d(picture, 2) * 255).round().to(torch.uint8)


def compose(coefficients: Tensor, first: Tensor, second: Tensor, background: Tensor) -> Tensor:
    """Colours pictures: uint8 coefficients [N, COEFFICIENTS, H, W], sRGB colours [N, 3] -> sRGB in [0, 1], [N, 3, H, W]."""
    c = coefficients.float() / 255
    first, second, background = (colour[:, :, None, None] for colour in (first, second, background))
    return c[:, 0:1] * first + c[:, 1:2] * second + c[:, 2:5] + (1 - c[:, 5:6]) * background


def tone_table() -> Tensor:
    """Coefficients of every tone, [tones, COEFFICIENTS]."""
    table = torch.zeros(max(FIXED_TONES) + 1, COEFFICIENTS)
    table[PRIMARY, 0], table[SECONDARY, 1] = 1.0, 1.0
    for index, colour in FIXED_TONES.items():
        table[index, 2:5] = torch.tensor(colour)
    return table


def _starts(body: Moments, moment: int, cameras: Cameras, blocks: int) -> tuple[Tensor, Tensor, float]:
    """Marches cones through blocks of pixels, [cameras, blocks, blocks]: how far each is empty for certain."""
    origins, directions = cameras.rays(blocks, blocks)
    # Half the diagonal of a block, at unit distance and with a margin for the picture's corners.
    spread = 2 * torch.tan(torch.tensor(cameras.fov / 2)).item() / blocks * 0.75
    position = cameras.positions()
    o = origins.reshape(-1, 3).T.contiguous()
    d = directions.reshape(-1, 3).T.contiguous()
    along = -(o * d).sum(0)
    miss2 = (o + along * d).square().sum(0)
    last = _exit(cameras)
    depth = torch.full_like(along, float(position.norm(dim=-1).min()) - RADIUS)
    active = (miss2.sqrt() - spread * along < RADIUS).nonzero()[:, 0]
    passed = torch.full_like(along, last)
    for _ in range(COARSE_STEPS):
        if not len(active):
            break
        here = depth[active]
        clear = body.distance(moment, o[:, active] + here * d[:, active]) - spread * here
        depth[active] = here + CAUTION * clear.clamp(min=0)
        active = active[(clear > NEAR) & (depth[active] < last)]
    near = depth < last
    reached = (miss2.sqrt() - spread * along < RADIUS) & near
    return position, torch.where(reached, depth, passed).view(len(cameras), blocks, blocks), spread


def _march(body: Moments, moment: int, o: Tensor, d: Tensor, depth: Tensor, last: float) -> tuple[Tensor, Tensor]:
    """Sphere tracing of rays [3, N] from `depth` [N]; returns the depths and the indices of rays that met the surface."""
    depth = depth.clone()
    hit = torch.zeros(len(depth), dtype=torch.bool)
    # A ray that runs out of steps along a surface counts as one that met it, if it is near.
    gap = torch.full_like(depth, GRAZING)
    active = torch.arange(len(depth))
    oa, da, here = o, d, depth
    for _ in range(STEPS):
        if not len(active):
            break
        gap = body.distance(moment, torch.addcmul(oa, here, da))
        here = here + CAUTION * gap
        depth[active] = here
        met = gap < NEAR
        hit[active[met]] = True
        going = ~met & (here < last)
        if going.sum() < 0.8 * len(going):
            active, oa, da, here, gap = active[going], oa[:, going], da[:, going], here[going], gap[going]
    hit[active[(gap < GRAZING) & (here < last)]] = True
    return depth, hit.nonzero()[:, 0]


def _exit(cameras: Cameras) -> float:
    return float(cameras.positions().norm(dim=-1).max()) + RADIUS


def shade(body: Moments, moment: int, points: Tensor, epsilon: float = 2e-3) -> Tensor:
    """Shade under a sky and a fixed lamp (Lambert), [P] in [AMBIENT - SKY, 1]; the normal from four taps on a tetrahedron."""
    corners = points.new_tensor([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]])
    normal = sum(corner[:, None] * body.distance(moment, points + epsilon * corner[:, None]) for corner in corners)
    normal = torch.nn.functional.normalize(normal, dim=0)
    light = torch.nn.functional.normalize(points.new_tensor(LIGHT), dim=0)
    return AMBIENT + SKY * normal[2] + LAMP * (light @ normal).clamp(min=0)
