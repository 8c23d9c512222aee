"""Orbit cameras and their rays.

World: right-handed, Z up. Azimuth 0 looks from -Y to +Y and grows towards +X; cameras look at the origin, or follow a body
about on a mount.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.ranks import Portion

DISTANCE = 3.2
FOV = math.radians(38.0)


@dataclass(frozen=True)
class Mount:
    """A body's axes, frame by frame, that cameras are carried along in: x in them is centre + axes x in the scene.

    centre: [frames, 3] in metres. axes: [frames, 3, 3], whose columns need not be unit vectors: a body that is seen from a
    mount of its own placement, squashed or grown, looks as it does at rest.
    """

    centre: Tensor
    axes: Tensor

    @classmethod
    def of(cls, centre: Tensor, rotation: Tensor, scale: Tensor) -> Mount:
        """From a placement: centre [frames, 3], rotation body to scene [frames, 3, 3], scale along its axes [frames, 3]."""
        return cls(centre, rotation * scale[:, None])

    def to(self, device: torch.device) -> Mount:
        return Mount(self.centre.to(device), self.axes.to(device))

    @property
    def heading(self) -> Tensor:
        """Azimuth in the scene of what the body has at azimuth 0, radians, [frames]."""
        front = -self.axes[:, :, 1]
        return torch.atan2(front[:, 0], -front[:, 1])


@dataclass(frozen=True)
class Cameras:
    """A batch of orbit cameras.

    azimuth, elevation: radians, [cameras] for a still clip or [cameras, frames] for a moving one.
    distance: metres from the origin. fov: vertical field of view, radians. mount: the axes that all of these are meant in; the
    scene's own if left out. portion: which cameras of a larger batch these are; all of it if left out.
    """

    azimuth: Tensor
    elevation: Tensor
    distance: float = DISTANCE
    fov: float = FOV
    mount: Mount | None = None
    portion: Portion | None = None

    def __post_init__(self) -> None:
        if self.azimuth.shape != self.elevation.shape:
            raise ValueError("azimuth and elevation need the same shape")
        if self.mount is not None and self.azimuth.shape[1:] != self.mount.centre.shape[:1]:
            raise ValueError("cameras on a mount need a pose for each of its frames")

    def follow(self, mount: Mount) -> Cameras:
        """The same cameras on a mount, each looking at the body from the side of the scene that it looked from."""
        frames = len(mount.centre)
        azimuth, elevation = (
            value if self.moving else value[:, None].expand(-1, frames) for value in (self.azimuth, self.elevation)
        )
        return replace(self, azimuth=azimuth - mount.heading, elevation=elevation, mount=mount)

    def on_body(self) -> Cameras:
        """The same cameras in the axes of the body that they follow."""
        return replace(self, mount=None)

    def __len__(self) -> int:
        return self.azimuth.shape[0]

    def of(self, portion: Portion) -> Cameras:
        """Those that `portion` of these are."""
        chosen = slice(portion.start, portion.stop)
        return replace(self, azimuth=self.azimuth[chosen], elevation=self.elevation[chosen], portion=portion)

    @property
    def moving(self) -> bool:
        """Whether each frame has a pose of its own."""
        return self.azimuth.dim() == 2

    def to(self, device: torch.device) -> Cameras:
        """The same cameras with their angles on `device`."""
        mount = None if self.mount is None else self.mount.to(device)
        return replace(self, azimuth=self.azimuth.to(device), elevation=self.elevation.to(device), mount=mount)

    def repeat_interleave(self, times: int) -> Cameras:
        """Every camera `times` times in a row."""
        azimuth, elevation = (value.repeat_interleave(times, 0) for value in (self.azimuth, self.elevation))
        return replace(self, azimuth=azimuth, elevation=elevation)

    def per_frame(self, frames: int) -> Cameras:
        """One still camera for each of `frames` frames of each clip, [cameras * frames], in the axes of what they follow."""
        if not self.moving:
            return self.repeat_interleave(frames)
        return replace(self.on_body(), azimuth=self.azimuth.flatten(), elevation=self.elevation.flatten())

    def twice(self) -> Cameras:
        """The batch, and the same again behind it."""
        return replace(self, azimuth=torch.cat([self.azimuth] * 2), elevation=torch.cat([self.elevation] * 2))

    def positions(self) -> Tensor:
        """Camera centres, [..., 3]."""
        places = self.distance * _direction(self.azimuth, self.elevation)
        return places if self.mount is None else torch.einsum("fij,cfj->cfi", self.mount.axes, places) + self.mount.centre

    def axes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Right, up and forward unit vectors of each camera, [..., 3] each, in the axes that its angles are meant in."""
        back = _direction(self.azimuth, self.elevation)
        right = torch.stack([self.azimuth.cos(), self.azimuth.sin(), torch.zeros_like(self.azimuth)], -1)
        return right, torch.linalg.cross(back, right), -back

    def rays(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Rays through pixel centres; row 0 is the top of the image.

        Returns origins and unit directions, [..., height, width, 3] each.
        """
        right, up, forward = (axis[..., None, None, :] for axis in self.axes())
        tangent = math.tan(self.fov / 2)
        like = dict(device=self.azimuth.device, dtype=self.azimuth.dtype)
        y = (1 - (torch.arange(height, **like) + 0.5) * 2 / height)[:, None, None] * tangent
        x = ((torch.arange(width, **like) + 0.5) * 2 / width - 1)[None, :, None] * tangent * width / height
        directions = forward + x * right + y * up
        if self.mount is not None:
            directions = torch.einsum("fij,cfhwj->cfhwi", self.mount.axes, directions)
        directions = torch.nn.functional.normalize(directions, dim=-1)
        origins = self.positions()[..., None, None, :].expand_as(directions)
        return origins, directions


def _direction(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """Unit vector from the origin towards the camera."""
    return torch.stack(
        [elevation.cos() * azimuth.sin(), -elevation.cos() * azimuth.cos(), elevation.sin()], -1
    )


def random_cameras(
    count: int,
    generator: torch.Generator,
    elevation: tuple[float, float] = (math.radians(-15), math.radians(60)),
    fov: float = FOV,
    azimuth: tuple[float, float] = (0.0, 2 * math.pi),
) -> Cameras:
    """Still cameras whose azimuths are stratified over their range and whose elevations are uniform in theirs (radians)."""
    offset = torch.rand(1, generator=generator)
    jitter = torch.rand(count, generator=generator)
    left, right = azimuth
    turned = left + (offset + (torch.arange(count) + jitter) / count) % 1 * (right - left)
    low, high = elevation
    return Cameras(turned, low + (high - low) * torch.rand(count, generator=generator), fov=fov)


def ring_cameras(
    count: int, per_ring: int, generator: torch.Generator, elevation: tuple[float, float], fov: float = FOV
) -> Cameras:
    """Still cameras in rings of `per_ring`: each ring stands evenly round the scene, turned at random, at one elevation."""
    rings = -(-count // per_ring)
    start, height = torch.rand(2, rings, 1, generator=generator)
    azimuth = 2 * math.pi * (start + torch.arange(per_ring) / per_ring) % (2 * math.pi)
    low, high = elevation
    return Cameras(azimuth.flatten()[:count], (low + (high - low) * height).expand(-1, per_ring).flatten()[:count], fov=fov)


def moving_cameras(
    still: Cameras, frames: int, swing: tuple[float, float], elevation: tuple[float, float], generator: torch.Generator
) -> Cameras:
    """Still cameras set moving: over a clip each goes evenly through its pose, [cameras, frames] (MAV3D's dynamic cameras).

    swing: most that azimuth and elevation may change over the clip, radians; drawn uniformly, either way.
    elevation: limits that no frame leaves.
    """
    share = (torch.arange(frames) + 0.5) / frames - 0.5
    travel = (torch.rand(2, len(still), 1, generator=generator) * 2 - 1) * torch.tensor(swing).view(2, 1, 1)
    azimuth, height = still.azimuth[:, None] + travel[0] * share, still.elevation[:, None] + travel[1] * share
    return replace(still, azimuth=azimuth, elevation=height.clamp(*elevation))


def scattered_cameras(
    count: int,
    frames: int,
    generator: torch.Generator,
    elevation: tuple[float, float],
    fov: float = FOV,
    azimuth: tuple[float, float] = (0.0, 2 * math.pi),
) -> Cameras:
    """A camera of its own for each frame of each clip, [cameras, frames]: a clip is seen from all of the azimuths' range, in an
    order that says nothing of time. Elevations are uniform in theirs; radians."""
    offset, jitter, height = torch.rand(3, count, frames, generator=generator)
    order = torch.rand(count, frames, generator=generator).argsort(1)
    left, right = azimuth
    turned = left + (offset[:, :1] + (order + jitter) / frames) % 1 * (right - left)
    low, high = elevation
    return Cameras(turned, low + (high - low) * height, fov=fov)
