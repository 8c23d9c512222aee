"""The picture that a scene is held to, and where it was taken from.

The picture shows the first moment of the clip: how the body looks and how it stands. Where a trajectory carries the body, its
place and its size at that moment are the motion's.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from engine.contract.errors import DamagedError
from engine.reference.image import FILL, SIDE, Photo
from engine.scene.cameras import DISTANCE, Cameras

# What a job calls the file with its picture's shot.
ABOUT = "reference.json"
# How large an object is taken to be where no model says so: its longer side, metres.
LENGTH = 1.0
# Room round the object in its view, a share of its size.
ROOM = 1.1


@dataclass(frozen=True)
class Shot:
    """How a picture was taken and of what. azimuth, elevation: of the camera, radians. width: metres at the origin that the
    picture's side spans. right, up: metres from the origin to the picture's middle, seen from the camera. colour, shape: in the
    models' own words, empty where they take any text. overlap: of the outline with the one the model would draw, 0 to 1."""

    azimuth: float = 0.0
    elevation: float = 0.0
    width: float = LENGTH / FILL
    right: float = 0.0
    up: float = 0.0
    colour: str = ""
    shape: str = ""
    overlap: float = 0.0

    @property
    def seen(self) -> tuple[str, str]:
        """Colour and object."""
        return self.colour, self.shape

    def save(self, path: Path) -> None:
        """Writes JSON aside, then renames it."""
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
        os.replace(part, path)

    @classmethod
    def load(cls, path: Path) -> Shot:
        """Raises DamagedError where the file is no shot."""
        try:
            shot = cls(**json.loads(path.read_text("utf-8")))
            numbers = (shot.azimuth, shot.elevation, shot.width, shot.right, shot.up)
            if not all(isinstance(value, float) and math.isfinite(value) for value in numbers) or shot.width <= 0:
                raise ValueError("not finite numbers")
            return shot
        except (OSError, ValueError, TypeError) as error:
            raise DamagedError(f"{path} is damaged ({error}): begin the job anew.") from error


@dataclass(frozen=True)
class Reference:
    """pixels: of the picture, float32 [4, SIDE, SIDE] in [0, 1], colours times alpha and alpha."""

    pixels: Tensor
    shot: Shot

    @classmethod
    def of(cls, photo: Photo, shot: Shot, device: torch.device | str = "cpu") -> Reference:
        return cls(premultiplied(photo).to(device), shot)

    def camera(self) -> Cameras:
        """One still camera that sees the whole object and little else."""
        shot = self.shot
        reach = max(abs(shot.right), abs(shot.up)) + ROOM * shot.width * FILL / 2
        angles = (torch.tensor([angle], device=self.pixels.device) for angle in (shot.azimuth, shot.elevation))
        return Cameras(*angles, fov=2 * math.atan(reach / DISTANCE))

    def seen(self, size: int) -> tuple[Tensor, Tensor]:
        """What `camera` should see in size x size pixels: colours times alpha [3, size, size], alpha [size, size]."""
        camera, shot = self.camera(), self.shot
        span = 2 * camera.distance * math.tan(camera.fov / 2)
        across = ((torch.arange(size, device=self.pixels.device) + 0.5) / size - 0.5) * span
        x, y = (across - shot.right) / shot.width, (across + shot.up) / shot.width
        picture = resampled(self.pixels, x[None], y[None], span / size / shot.width)[0]
        return picture[:3], picture[3]


def premultiplied(photo: Photo) -> Tensor:
    """The photo's colours times alpha, and alpha, float32 [4, SIDE, SIDE] in [0, 1]."""
    pixels = torch.from_numpy(photo.pixels.copy()).permute(2, 0, 1).float() / 255
    return torch.cat([pixels[:3] * pixels[3:], pixels[3:]])


def resampled(picture: Tensor, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """picture [C, SIDE, SIDE] at columns x [N, W] and rows y [N, H], both in [-1/2, 1/2] across it and growing to the right and
    down: [N, C, H, W]; nothing outside. pixel: the size of one that is wanted, a share of the picture's side."""
    side = max(1, min(SIDE, math.ceil(1 / pixel)))
    # What is finer than a pixel is averaged first.
    coarse = interpolate(picture[None], (side, side), mode="area")
    count, height, width = len(x), y.shape[1], x.shape[1]
    grid = torch.stack([x[:, None].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)], -1) * 2
    return grid_sample(coarse.expand(count, -1, -1, -1), grid, align_corners=False)
