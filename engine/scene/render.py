"""Volume rendering of clips, and back-propagation through it in constant memory.

Rays are clipped to the scene, empty and hidden space is skipped, transmittance is accumulated in log space. A gradient is
deferred: images are rendered without a graph, the guidance turns them into an image gradient, and the rays are rendered again
in chunks, each back-propagated at once. Memory is that of one chunk, whatever the number of cameras, frames, pixels and
samples. Where one chunk holds everything, it is rendered once and its graph kept while the guidance works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy

STOP_BELOW = 1e-3


@dataclass(frozen=True)
class View:
    """What one render pass looks at.

    cameras: still ones share their rays over all frames. times: [frames] in [0, 1]. size: pixels a side.
    samples: intervals a ray. background: [cameras, 3], sRGB in [0, 1]. seed: of the jitter; None for interval centres.
    empty_sample_prob: share of the samples in empty cells that are rendered all the same, so that density can appear there.
    chunk_samples: samples, over all frames and in empty space too, that are in memory at once; one ray's at least.
    stop_below: transmittance below which what lies behind on a ray is left out; 0 leaves nothing out.
    """

    cameras: Cameras
    times: Tensor
    size: int
    samples: int
    background: Tensor
    seed: int | None = None
    empty_sample_prob: float = 0.0
    chunk_samples: int = 2**20
    stop_below: float = STOP_BELOW


@dataclass(frozen=True)
class Rendered:
    """colour [frames, rays, 3], opacity [frames, rays]; density per metre of the samples taken, [N]."""

    colour: Tensor
    opacity: Tensor
    density: Tensor


def random_backgrounds(count: int, generator: torch.Generator, coloured: bool = False) -> Tensor:
    """Random greys or colours, [count, 3]: against a changing background only solid things keep their look."""
    return torch.rand(count, 3 if coloured else 1, generator=generator).expand(-1, 3)


@torch.no_grad()
def render(field: Field, occupancy: Occupancy, view: View) -> tuple[Tensor, Tensor]:
    """Images [cameras, frames, 3, size, size] in [0, 1] and opacity [cameras, frames, size, size], without a graph."""
    return _images(view, [_render_chunk(field, occupancy, view, chunk) for chunk in _chunks(view)])


def back_propagate(
    field: Field,
    occupancy: Occupancy,
    view: View,
    gradient: Tensor,
    penalty: Callable[[Rendered], Tensor] | None = None,
) -> float:
    """Renders `view` again in chunks and adds the field's gradients for an image gradient.

    gradient: with respect to `render`'s images, [cameras, frames, 3, size, size].
    penalty: a scalar of each chunk's rendering to be minimised as well; it must add up over chunks. Returns its sum.
    """
    by_ray = _rays(gradient)
    return sum(
        _back_propagate_chunk(_render_chunk(field, occupancy, view, chunk), by_ray[:, chunk], penalty)
        for chunk in _chunks(view)
    )


def render_and_backward(
    field: Field,
    occupancy: Occupancy,
    view: View,
    gradient: Callable[[Tensor], Tensor],
    penalty: Callable[[Rendered], Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Renders `view`, asks `gradient` for the gradient of the images, and adds the field's gradients for it.

    The same as `render` and then `back_propagate`, without rendering twice where one chunk holds all.
    Returns the image gradient [cameras, frames, 3, size, size] and the opacity [cameras, frames, size, size].
    """
    chunks = _chunks(view)
    if len(chunks) > 1:
        images, opacity = render(field, occupancy, view)
        wanted = gradient(images)
        back_propagate(field, occupancy, view, wanted, penalty)
        return wanted, opacity
    rendered = _render_chunk(field, occupancy, view, chunks[0])
    images, opacity = _images(view, [rendered])
    wanted = gradient(images.detach())
    _back_propagate_chunk(rendered, _rays(wanted), penalty)
    return wanted, opacity.detach()


def composite(density: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Weights of samples along rays: density [..., samples] per metre, lengths (broadcastable) in metres.

    weight_i = T_i (1 - exp(-density_i length_i)) with transmittance T_i = exp(-sum_{j<i} density_j length_j)
    (Max 1995; Mildenhall et al., NeRF, eq. 3). Returns weights [..., samples] and opacity [...].
    """
    depth = density * lengths
    before = torch.cumsum(depth, -1) - depth
    weights = torch.exp(-before) * -torch.expm1(-depth)
    return weights, -torch.expm1(-depth.sum(-1))


def clip_to_scene(origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave [-1, 1]^3, metres along the ray, [...] each; equal where they miss."""
    inverse = 1 / torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    first, second = (-1 - origins) * inverse, (1 - origins) * inverse
    near = torch.minimum(first, second).amax(-1).clamp(min=0)
    far = torch.maximum(first, second).amin(-1)
    return near, torch.maximum(near, far)


def _chunks(view: View) -> list[slice]:
    rays = len(view.cameras) * view.size**2
    most = max(view.chunk_samples // (len(view.times) * view.samples), 1)
    return [slice(start, min(start + most, rays)) for start in range(0, rays, most)]


def _images(view: View, chunks: list[Rendered]) -> tuple[Tensor, Tensor]:
    """The chunks of a view as images [cameras, frames, 3, size, size] and opacity [cameras, frames, size, size]."""
    colour = torch.cat([chunk.colour for chunk in chunks], 1)
    opacity = torch.cat([chunk.opacity for chunk in chunks], 1)
    count, frames, size = len(view.cameras), len(view.times), view.size
    colour = colour.view(frames, count, size, size, 3).permute(1, 0, 4, 2, 3)
    return colour, opacity.view(frames, count, size, size).transpose(0, 1)


def _rays(images: Tensor) -> Tensor:
    """[cameras, frames, 3, size, size] -> [frames, rays, 3]."""
    return images.permute(1, 0, 3, 4, 2).reshape(images.shape[1], -1, 3)


def _back_propagate_chunk(rendered: Rendered, gradient: Tensor, penalty: Callable[[Rendered], Tensor] | None) -> float:
    """gradient [frames, rays, 3] of the chunk's colour. Returns the penalty's value."""
    objective, value = (rendered.colour * gradient).sum(), 0.0
    if penalty is not None:
        extra = penalty(rendered)
        objective, value = objective + extra, extra.item()
    if objective.requires_grad:
        objective.backward()
    return value


def _render_chunk(field: Field, occupancy: Occupancy, view: View, chunk: slice) -> Rendered:
    frames, size, samples = len(view.times), view.size, view.samples
    origins, directions = view.cameras.rays(size, size)
    if view.cameras.moving:
        # [cameras, frames, H, W, 3] -> [frames, rays, 3]
        origins, directions = (value.transpose(0, 1).reshape(frames, -1, 3)[:, chunk] for value in (origins, directions))
    else:
        origins, directions = (value.reshape(-1, 3)[chunk] for value in (origins, directions))
    background = view.background.repeat_interleave(size**2, 0)[chunk]
    near, far = clip_to_scene(origins, directions)
    lengths = ((far - near) / samples)[..., None]
    generator = None
    offset = torch.full_like(near, 0.5)[..., None]
    if view.seed is not None:
        # One draw for all rays, so that the image does not depend on how it is cut into chunks.
        generator = torch.Generator(near.device).manual_seed(view.seed)
        offset = torch.rand(len(view.cameras) * size**2, 1, generator=generator, device=near.device)[chunk]
    along = near[..., None] + (torch.arange(samples, device=near.device) + offset) * lengths
    points = origins[..., None, :] + along[..., None] * directions[..., None, :]
    seen = ~occupancy.hidden(points, lengths, frames, view.stop_below)
    keep = occupancy.lookup(points, frames) & seen
    explored = None
    if view.empty_sample_prob > 0 and generator is not None:
        generator.manual_seed(view.seed * 4099 + chunk.start)
        chance = torch.rand(keep.shape, generator=generator, device=keep.device) < view.empty_sample_prob
        inside = (points.abs() <= 1).all(-1).expand(keep.shape)
        explored = ~keep & chance & inside & seen
        keep = keep | explored
    frame, ray, sample = keep.nonzero(as_tuple=True)
    values, colours = _read_field(field, points, frame, ray, sample, view)
    if explored is not None:
        # A sample drawn with probability p stands for 1 / p of its kind, in the gradient only.
        scale = torch.where(explored[frame, ray, sample], 1 / view.empty_sample_prob, 1.0)
        values = _scale_gradient(values, scale)
        colours = _scale_gradient(colours, scale[:, None])
    density = torch.zeros(keep.shape, device=values.device, dtype=values.dtype).index_put((frame, ray, sample), values)
    weights, opacity = composite(density, lengths)
    packed = weights[frame, ray, sample]
    rays = density.shape[1]
    colour = torch.zeros(frames * rays, 3, device=values.device, dtype=values.dtype)
    colour = colour.index_add(0, frame * rays + ray, packed[:, None] * colours).view(frames, rays, 3)
    colour = colour + (1 - opacity)[..., None] * background
    return Rendered(colour, opacity, values)


def _read_field(
    field: Field, points: Tensor, frame: Tensor, ray: Tensor, sample: Tensor, view: View
) -> tuple[Tensor, Tensor]:
    """Density and colour of the samples [N] that are kept, of points [rays, samples, 3] or [frames, rays, samples, 3]."""
    if view.cameras.moving:
        return field.packed(points[frame, ray, sample], frame, view.times)
    if len(view.times) == 1 or not getattr(field, "shares_space", False):
        return field.packed(points[ray, sample], frame, view.times)
    place = ray * view.samples + sample
    kept = torch.zeros(points.shape[0] * view.samples, dtype=torch.bool, device=points.device)
    kept[place] = True
    number = torch.cumsum(kept, 0) - 1
    return field.packed(points.reshape(-1, 3)[kept], frame, view.times, number[place])


def _scale_gradient(value: Tensor, scale: Tensor) -> Tensor:
    return value.detach() + (value - value.detach()) * scale
