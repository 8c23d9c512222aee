"""Orbit cameras and their rays.

World: right-handed, Z up. Azimuth 0 looks from -Y to +Y and grows towards +X; cameras look at the origin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

DISTANCE = 3.2
FOV = math.radians(38.0)


@dataclass(frozen=True)
class Cameras:
    """A batch of orbit cameras.

    azimuth, elevation: radians, [cameras] for a still clip or [cameras, frames] for a moving one.
    distance: metres from the origin. fov: vertical field of view, radians.
    """

    azimuth: Tensor
    elevation: Tensor
    distance: float = DISTANCE
    fov: float = FOV

    def __post_init__(self) -> None:
        if self.azimuth.shape != self.elevation.shape:
            raise ValueError("azimuth and elevation need the same shape")

    def __len__(self) -> int:
        return self.azimuth.shape[0]

    @property
    def moving(self) -> bool:
        """Whether each frame has a pose of its own."""
        return self.azimuth.dim() == 2

    def to(self, device: torch.device) -> Cameras:
        """The same cameras with their angles on `device`."""
        return replace(self, azimuth=self.azimuth.to(device), elevation=self.elevation.to(device))

    def repeat_interleave(self, times: int) -> Cameras:
        """Every camera `times` times in a row."""
        azimuth, elevation = (value.repeat_interleave(times, 0) for value in (self.azimuth, self.elevation))
        return replace(self, azimuth=azimuth, elevation=elevation)

    def per_frame(self, frames: int) -> Cameras:
        """One still camera for each of `frames` frames of each clip, [cameras * frames]."""
        if not self.moving:
            return self.repeat_interleave(frames)
        return replace(self, azimuth=self.azimuth.flatten(), elevation=self.elevation.flatten())

    def twice(self) -> Cameras:
        """The batch, and the same again behind it."""
        return replace(self, azimuth=torch.cat([self.azimuth] * 2), elevation=torch.cat([self.elevation] * 2))

    def positions(self) -> Tensor:
        """Camera centres, [..., 3]."""
        return self.distance * _direction(self.azimuth, self.elevation)

    def axes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Right, up and forward unit vectors of each camera in world space, [..., 3] each."""
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
        directions = torch.nn.functional.normalize(forward + x * right + y * up, dim=-1)
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
