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

from engine.ranks import Portion, whole
from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy

STOP_BELOW = 1e-3
# How far round what is occupied density may still appear, metres.
EXPLORED_MARGIN = 0.25


@dataclass(frozen=True)
class View:
    """What one render pass looks at.

    cameras: still ones share their rays over all frames. times: [frames] in [0, 1]. size: pixels a side.
    samples: intervals a ray. background: [cameras, 3], sRGB in [0, 1]. seed: of the jitter; None for interval centres.
    empty_sample_prob: share of the samples in empty cells that are rendered all the same, so that density can appear there.
    chunk_samples: samples, over all frames and in empty space too, that are in memory at once; one ray's at least.
    stop_below: transmittance below which what lies behind on a ray is left out; 0 leaves nothing out. portion: the cameras that
    are rendered, at the very rays and samples that they have where all are; all of them if left out.
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
    portion: Portion | None = None

    @property
    def own(self) -> Portion:
        """The cameras that are rendered."""
        return whole(len(self.cameras)) if self.portion is None else self.portion

    @property
    def own_cameras(self) -> Cameras:
        return self.cameras if self.portion is None else self.cameras.of(self.portion)

    @property
    def own_background(self) -> Tensor:
        """[cameras, 3] of those that are rendered."""
        return self.background[self.own.start : self.own.stop]


@dataclass(frozen=True)
class Rendered:
    """colour [frames, rays, 3], opacity [frames, rays]; density per metre of the samples taken, [N]."""

    colour: Tensor
    opacity: Tensor
    density: Tensor


# Of a chunk's rendering, and of the scalar whose gradient the image's is: a scalar to be minimised as well, which adds up over
# chunks.
Penalty = Callable[[Rendered, Tensor], Tensor]


def random_backgrounds(count: int, generator: torch.Generator, coloured: bool = False) -> Tensor:
    """Random greys or colours, [count, 3]: against a changing background only solid things keep their look."""
    return torch.rand(count, 3 if coloured else 1, generator=generator).expand(-1, 3)


@torch.no_grad()
def render(field: Field, occupancy: Occupancy, view: View) -> tuple[Tensor, Tensor]:
    """Images [cameras, frames, 3, size, size] in [0, 1] and opacity [cameras, frames, size, size], without a graph.

    cameras: those of the view's portion, here and below.
    """
    return _images(view, [_render_chunk(field, occupancy, view, chunk) for chunk in _chunks(view)])


def back_propagate(
    field: Field,
    occupancy: Occupancy,
    view: View,
    gradient: Tensor,
    penalty: Penalty | None = None,
) -> float:
    """Renders `view` again in chunks and adds the field's gradients for an image gradient.

    gradient: with respect to `render`'s images, [cameras, frames, 3, size, size].
    Returns the sum of the penalty.
    """
    by_ray, done, value = _rays(gradient), 0, 0.0
    for chunk in _chunks(view):
        rendered = _render_chunk(field, occupancy, view, chunk)
        value += _back_propagate_chunk(rendered, by_ray[:, done : done + len(chunk)], penalty)
        done += len(chunk)
    return value


def render_and_backward(
    field: Field,
    occupancy: Occupancy,
    view: View,
    gradient: Callable[[Tensor], Tensor],
    penalty: Penalty | None = None,
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


def clip_to_box(
    origins: Tensor, directions: Tensor, low: Tensor | float = -1, high: Tensor | float = 1
) -> tuple[Tensor, Tensor]:
    """Where rays enter and leave the box from `low` to `high` (broadcastable to [..., 3]; the scene if left out), metres along
    the ray, [...] each; equal where they miss."""
    inverse = 1 / torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    first, second = (low - origins) * inverse, (high - origins) * inverse
    near = torch.minimum(first, second).amax(-1).clamp(min=0)
    far = torch.maximum(first, second).amin(-1)
    return near, torch.maximum(near, far)


@dataclass(frozen=True)
class _Chunk:
    """Rays that are rendered at once. drawn: of the whole view, what random numbers are drawn for; own: of those, by their
    places in `drawn`, the rays that the view's portion has."""

    drawn: slice
    own: slice

    def __len__(self) -> int:
        return self.own.stop - self.own.start

    @property
    def rays(self) -> slice:
        """Of the whole view."""
        return slice(self.drawn.start + self.own.start, self.drawn.start + self.own.stop)


def _chunks(view: View) -> list[_Chunk]:
    """The chunks of the whole view as far as its portion reaches into them: what is drawn does not depend on the portion."""
    rays = len(view.cameras) * view.size**2
    first, last = view.own.start * view.size**2, view.own.stop * view.size**2
    most = max(view.chunk_samples // (len(view.times) * view.samples), 1)
    chunks = []
    for start in range(first - first % most, last, most):
        drawn = slice(start, min(start + most, rays))
        chunks.append(_Chunk(drawn, slice(max(first - start, 0), min(last, drawn.stop) - start)))
    return chunks


def _images(view: View, chunks: list[Rendered]) -> tuple[Tensor, Tensor]:
    """The chunks of a view as images [cameras, frames, 3, size, size] and opacity [cameras, frames, size, size]."""
    colour = torch.cat([chunk.colour for chunk in chunks], 1)
    opacity = torch.cat([chunk.opacity for chunk in chunks], 1)
    count, frames, size = len(view.own), len(view.times), view.size
    colour = colour.view(frames, count, size, size, 3).permute(1, 0, 4, 2, 3)
    return colour, opacity.view(frames, count, size, size).transpose(0, 1)


def _rays(images: Tensor) -> Tensor:
    """[cameras, frames, 3, size, size] -> [frames, rays, 3]."""
    return images.permute(1, 0, 3, 4, 2).reshape(images.shape[1], -1, 3)


def _back_propagate_chunk(rendered: Rendered, gradient: Tensor, penalty: Penalty | None) -> float:
    """gradient [frames, rays, 3] of the chunk's colour. Returns the penalty's value."""
    objective, value = (rendered.colour * gradient).sum(), 0.0
    if penalty is not None:
        extra = penalty(rendered, objective)
        objective, value = objective + extra, extra.item()
    if objective.requires_grad:
        objective.backward()
    return value


def _render_chunk(field: Field, occupancy: Occupancy, view: View, chunk: _Chunk) -> Rendered:
    if view.cameras.moving:
        return _render_moving(field, occupancy, view, chunk)
    frames, samples = len(view.times), view.samples
    origins, directions = (value.reshape(-1, 3)[chunk.rays] for value in view.cameras.rays(view.size, view.size))
    near, far = clip_to_box(origins, directions, *_box(occupancy, view))
    lengths = ((far - near) / samples)[..., None]
    points = _points(origins, directions, near, lengths, _offsets(view, near.device)[chunk.rays], samples)
    seen = ~occupancy.hidden(points, lengths, frames, view.stop_below)
    keep = occupancy.lookup(points, frames) & seen
    chance = _chance(view, (frames, chunk.drawn.stop - chunk.drawn.start, samples), chunk, near.device)
    keep, explored = _explore(keep, points, seen, None if chance is None else chance[:, chunk.own])
    frame, ray, sample = keep.nonzero(as_tuple=True)
    values, colours = _read_field(field, points, frame, ray, sample, view)
    values, colours = _weigh_explored(values, colours, explored, (frame, ray, sample), view)
    density = torch.zeros(keep.shape, device=values.device, dtype=values.dtype).index_put((frame, ray, sample), values)
    weights, opacity = composite(density, lengths)
    rays = density.shape[1]
    colour = torch.zeros(frames * rays, 3, device=values.device, dtype=values.dtype)
    packed = weights[frame, ray, sample]
    colour = colour.index_add(0, frame * rays + ray, packed[:, None] * colours).view(frames, rays, 3)
    background = view.background.repeat_interleave(view.size**2, 0)[chunk.rays]
    return Rendered(colour + (1 - opacity)[..., None] * background, opacity, values)


def _render_moving(field: Field, occupancy: Occupancy, view: View, chunk: _Chunk) -> Rendered:
    """The same where each frame has rays of its own; those that miss what is occupied are left out."""
    frames, samples = len(view.times), view.samples
    # [cameras, frames, H, W, 3] -> [frames, rays, 3]
    origins, directions = (
        value.transpose(0, 1).reshape(frames, -1, 3)[:, chunk.drawn] for value in view.cameras.rays(view.size, view.size)
    )
    near, far = clip_to_box(origins, directions, *_box(occupancy, view))
    frame_of, ray_of = (far > near).nonzero(as_tuple=True)
    chance = _chance(view, (len(ray_of), samples), chunk, near.device)
    if len(chunk) < near.shape[1]:
        own = (ray_of >= chunk.own.start) & (ray_of < chunk.own.stop)
        frame_of, ray_of, chance = frame_of[own], ray_of[own], None if chance is None else chance[own]
    near, far = near[frame_of, ray_of], far[frame_of, ray_of]
    lengths = ((far - near) / samples)[:, None]
    offsets = _offsets(view, near.device)[chunk.drawn][ray_of]
    points = _points(origins[frame_of, ray_of], directions[frame_of, ray_of], near, lengths, offsets, samples)
    all_rays, ray_of = len(chunk), ray_of - chunk.own.start
    seen = ~occupancy.hidden(points, lengths, frames, view.stop_below, frame_of)
    keep = occupancy.lookup(points, frames, frame_of) & seen
    keep, explored = _explore(keep, points, seen, chance)
    ray, sample = keep.nonzero(as_tuple=True)
    values, colours = field.packed(points[ray, sample], frame_of[ray], view.times)
    values, colours = _weigh_explored(values, colours, explored, (ray, sample), view)
    density = torch.zeros(keep.shape, device=values.device, dtype=values.dtype).index_put((ray, sample), values)
    weights, opacity = composite(density, lengths)
    row = frame_of * all_rays + ray_of
    colour = torch.zeros(frames * all_rays, 3, device=values.device, dtype=values.dtype)
    colour = colour.index_add(0, row[ray], weights[ray, sample][:, None] * colours).view(frames, all_rays, 3)
    opacity = torch.zeros(frames * all_rays, device=values.device, dtype=values.dtype).index_put((row,), opacity)
    opacity = opacity.view(frames, all_rays)
    background = view.background.repeat_interleave(view.size**2, 0)[chunk.rays]
    return Rendered(colour + (1 - opacity)[..., None] * background, opacity, values)


def _offsets(view: View, device: torch.device) -> Tensor:
    """Where in its intervals each ray of the view has its samples, [rays, 1]; one draw for all rays, so that the image does not
    depend on how it is cut into chunks."""
    rays = len(view.cameras) * view.size**2
    if view.seed is None:
        return torch.full((rays, 1), 0.5, device=device)
    return torch.rand(rays, 1, generator=torch.Generator(device).manual_seed(view.seed), device=device)


def _points(
    origins: Tensor, directions: Tensor, near: Tensor, lengths: Tensor, offsets: Tensor, samples: int
) -> Tensor:
    """Samples along rays, [..., samples, 3]."""
    along = near[..., None] + (torch.arange(samples, device=near.device) + offsets) * lengths
    return origins[..., None, :] + along[..., None] * directions[..., None, :]


def _chance(view: View, shape: tuple[int, ...], chunk: _Chunk, device: torch.device) -> Tensor | None:
    """Which samples of `shape` are taken where they are in empty space; None for none. Each chunk has draws of its own."""
    if view.empty_sample_prob <= 0 or view.seed is None:
        return None
    generator = torch.Generator(device).manual_seed(view.seed * 4099 + chunk.drawn.start)
    return torch.rand(shape, generator=generator, device=device) < view.empty_sample_prob


def _explore(keep: Tensor, points: Tensor, seen: Tensor, chance: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """The samples to take, and which of them are in empty space."""
    if chance is None:
        return keep, None
    explored = ~keep & chance & (points.abs() <= 1).all(-1).expand(keep.shape) & seen
    return keep | explored, explored


def _weigh_explored(
    values: Tensor, colours: Tensor, explored: Tensor | None, index: tuple[Tensor, ...], view: View
) -> tuple[Tensor, Tensor]:
    """A sample drawn with probability p stands for 1 / p of its kind, in the gradient only."""
    if explored is None:
        return values, colours
    scale = torch.where(explored[index], 1 / view.empty_sample_prob, 1.0)
    return _scale_gradient(values, scale), _scale_gradient(colours, scale[:, None])


def _box(occupancy: Occupancy, view: View) -> tuple[Tensor, Tensor] | tuple[()]:
    """Where samples are taken: round what is occupied, [frames, 1, 3] for cameras that move, [3] for still ones."""
    if view.empty_sample_prob and len(view.times) > 1:
        # What moves may have left the cells that it was last seen in by far.
        return ()
    bounds = occupancy.bounds(EXPLORED_MARGIN if view.empty_sample_prob else 0.0)
    if bounds is None:
        return ()
    low, high = bounds
    return (low[:, None], high[:, None]) if view.cameras.moving else (low.amin(0), high.amax(0))


def _read_field(
    field: Field, points: Tensor, frame: Tensor, ray: Tensor, sample: Tensor, view: View
) -> tuple[Tensor, Tensor]:
    """Density and colour of the samples [N] that are kept, of points [rays, samples, 3] that frames share."""
    if len(view.times) == 1 or not getattr(field, "shares_space", False):
        return field.packed(points[ray, sample], frame, view.times)
    place = ray * view.samples + sample
    kept = torch.zeros(points.shape[0] * view.samples, dtype=torch.bool, device=points.device)
    kept[place] = True
    number = torch.cumsum(kept, 0) - 1
    return field.packed(points.reshape(-1, 3)[kept], frame, view.times, number[place])


def _scale_gradient(value: Tensor, scale: Tensor) -> Tensor:
    return value.detach() + (value - value.detach()) * scale
