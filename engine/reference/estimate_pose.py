"""What a picture shows and from where, estimated with the built-in image model.

The model is asked, under so much noise that the words alone decide, to draw each object from each side near the front; one step
is enough, and a dark and a bright background give the drawing's opacity. The drawing whose outline fits the picture's best says
object, camera and size: the picture is laid over it so that areas and centres agree.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from engine.config.stage import DistillationConfig
from engine.contract.errors import EngineError
from engine.contract.vocabulary import Vocabulary
from engine.guidance.built_in import ImageGuidance
from engine.guidance.precision import mixed_precision
from engine.guidance.sds import add_noise
from engine.guidance.text.encoders import encode_clip
from engine.models.folder.loader import load_components
from engine.reference.camera import ReferenceCamera
from engine.reference.image import ReferenceImage
from engine.reference.palette import nearest_colour
from engine.reference.resample import premultiplied, resampled
from engine.scene.cameras import DISTANCE, Cameras

# Degrees. Pictures are taken from the front; how far from it is found, no finer than is worth while.
AZIMUTHS, ELEVATIONS = (0, -15, 15, -30, 30), (-10, 0, 10, 20, 30, 45)
SIZE, TIMESTEP, DRAWINGS_PER_CALL = 32, 960, 60
# Places a side that a pixel is compared at.
SAMPLES = 4
# What is fainter in a drawing is its background.
FAINT = 0.15
# Objects whose outlines fit this much worse than the best from the very front are not tried from other sides.
NEAR = 0.08
# What a difference in shading counts beside outlines, for the object and then for the camera; and what a camera's being 30
# degrees off the front, or off ELEVATION, counts. Set by trying, with `scripts.benchmark.images --recognise`.
SHADING, CAMERA_SHADING, OBLIQUE, ELEVATION = 0.15, 0.1, 0.02, 10
# Below this the picture shows something else.
MIN_OVERLAP = 0.75


class UnknownObjectError(EngineError):
    kind = "image"


@dataclass(frozen=True)
class _Drawings:
    """keys: object and camera of each, degrees. colours: on black, [N, 3, SIZE, SIZE]. opacity: [N, SIZE, SIZE]."""

    keys: list[tuple[str, int, int]]
    colours: Tensor
    opacity: Tensor


@torch.no_grad()
def estimate_pose(
    image: ReferenceImage,
    folder: Path,
    vocabulary: Vocabulary,
    colour: str | None = None,
    shape: str | None = None,
    device: torch.device | str = "cpu",
) -> ReferenceCamera:
    """The camera and the object of `image`. folder: of a built-in image model. colour, shape: where they are known already.

    Raises UnknownObjectError where no object of the vocabulary looks like it, unless `shape` says what it is.
    """
    picture = premultiplied(image)
    colour = colour or colour_of(image, vocabulary.palette)
    drawer = _Drawer(folder, colour, device)
    names = [shape] if shape else list(vocabulary.objects)
    found = _fits(drawer.draw(list(itertools.product(names, AZIMUTHS[:1], ELEVATIONS))), picture)
    best = max(fit.likeness for fit in found)
    near = list(dict.fromkeys(fit.shape for fit in found if fit.likeness > best - NEAR))
    found += _fits(drawer.draw(list(itertools.product(near, AZIMUTHS[1:], ELEVATIONS))), picture)
    chosen = max(found, key=lambda fit: fit.likeness).shape
    fit = max((fit for fit in found if fit.shape == chosen), key=lambda fit: fit.as_camera)
    if shape is None and fit.overlap < MIN_OVERLAP:
        raise UnknownObjectError(
            "The picture shows nothing that the built-in models know (its outline is at best "
            f"{fit.overlap:.0%} that of a {chosen}): name the object in the prompt, or use a preset with public models."
        )
    width, right, up = (value * drawer.width for value in (fit.width, fit.x, -fit.y))
    azimuth, elevation = math.radians(fit.azimuth), math.radians(fit.elevation)
    return ReferenceCamera(azimuth, elevation, width, right, up, colour, chosen, round(fit.overlap, 3))


def colour_of(image: ReferenceImage, palette: dict[str, list[float]]) -> str:
    """The palette's name for most of what the image shows."""
    some = image.pixels[::8, ::8].reshape(-1, 4)
    return nearest_colour(some[some[:, 3] > 127][:, :3] / 255, palette)


@dataclass(frozen=True)
class _Fit:
    """How the picture fits one drawing. width: of the picture in widths of the drawing's frame; x, y: of its middle, to the
    right and down. overlap: of outlines, intersection over union. shading: relative difference of what both show."""

    shape: str
    azimuth: int
    elevation: int
    width: float
    x: float
    y: float
    overlap: float
    shading: float

    @property
    def likeness(self) -> float:
        return self.overlap - SHADING * self.shading

    @property
    def as_camera(self) -> float:
        off = (self.azimuth / 30) ** 2 + ((self.elevation - ELEVATION) / 30) ** 2
        return self.overlap - CAMERA_SHADING * self.shading - OBLIQUE * off


def _fits(drawings: _Drawings, picture: Tensor) -> list[_Fit]:
    """The picture [4, SIDE, SIDE] laid over every drawing."""
    area, x, y = _moments(drawings.opacity)
    own_area, own_x, own_y = (value[0] for value in _moments(picture[3:]))
    width = (area / own_area).sqrt()
    fine = SIZE * SAMPLES
    across = (torch.arange(fine) + 0.5) / fine - 0.5
    columns, rows = ((across - at[:, None]) / width[:, None] + own for at, own in ((x, own_x), (y, own_y)))
    laid = avg_pool2d(resampled(picture, columns, rows, 1 / (fine * float(width.mean()))), SAMPLES)
    least, most = torch.minimum(laid[:, 3], drawings.opacity), torch.maximum(laid[:, 3], drawings.opacity)
    overlap = least.sum((1, 2)) / most.sum((1, 2))
    here, there, weight = laid[:, :3], drawings.colours, least[:, None]
    # However bright the light was.
    gain = (here * there * weight).sum((1, 2, 3)) / (here.square() * weight).sum((1, 2, 3)).clamp(min=1e-6)
    off = (gain[:, None, None, None] * here - there).square() * weight
    shading = (off.sum((1, 2, 3)) / (there.square() * weight).sum((1, 2, 3)).clamp(min=1e-6)).sqrt()
    numbers = torch.stack([width, x - width * own_x, y - width * own_y, overlap, shading], 1).tolist()
    return [_Fit(*key, *row) for key, row in zip(drawings.keys, numbers, strict=True)]


def _moments(opacity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of opacity [N, H, W]: area as a share, and the centre's column and row in [-1/2, 1/2], each [N]."""
    height, width = opacity.shape[1:]
    total = opacity.sum((1, 2)).clamp(min=1e-6)
    columns, rows = ((torch.arange(count) + 0.5) / count - 0.5 for count in (width, height))
    x, y = (opacity * columns).sum((1, 2)) / total, (opacity * rows[:, None]).sum((1, 2)) / total
    return total / (height * width), x, y


class _Drawer:
    """The image model in `folder`, asked to draw things of one colour."""

    def __init__(self, folder: Path, colour: str, device: torch.device | str) -> None:
        self.colour, self.device, self.components = colour, device, load_components(folder, device=device)
        self.guidance = ImageGuidance(self.components, DistillationConfig())

    @property
    def width(self) -> float:
        """Metres across a drawing at the origin."""
        return 2 * DISTANCE * math.tan(self.guidance.fov / 2)

    def draw(self, keys: list[tuple[str, int, int]]) -> _Drawings:
        """Objects from cameras at azimuths and elevations in degrees."""
        texts = [f"{self.colour} {name} still" for name, _, _ in keys]
        states = encode_clip(self.components, texts).states
        angles = torch.tensor([key[1:] for key in keys], device=self.device).float().deg2rad()
        noise = torch.randn(1, 1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).to(self.device)
        dark, bright = (
            torch.cat([
                self._clean(states[at], angles[at], noise, behind)
                for at in torch.arange(len(keys), device=self.device).split(DRAWINGS_PER_CALL)
            ])
            for behind in (-1.0, 1.0)
        )  # fmt: skip
        opacity = (1 - (bright - dark).mean(1) / 2).clamp(0, 1)
        opacity = torch.where(opacity < FAINT, torch.zeros_like(opacity), opacity)
        return _Drawings(keys, (dark / 2 + 0.5).cpu(), opacity.cpu())

    def _clean(self, states: Tensor, angles: Tensor, noise: Tensor, behind: float) -> Tensor:
        """The model's estimates [N, 3, SIZE, SIZE] in [-1, 1] from an empty picture under noise."""
        schedule, count = self.guidance.schedule, len(states)
        step = torch.full((count,), TIMESTEP, device=self.device)
        alpha, sigma = (table.to(noise)[step] for table in (schedule.alpha, schedule.sigma))
        noise = noise.expand(count, -1, -1, -1, -1)
        noisy = add_noise(torch.full_like(noise, behind), noise, alpha, sigma)
        cameras = Cameras(angles[:, 0], angles[:, 1], fov=self.guidance.fov)
        background = torch.full((count, 3), behind, device=self.device)
        with mixed_precision(noise):
            clean = self.guidance.denoiser(noisy, step, states, cameras, background)
        return clean[:, 0].float().clamp(-1, 1)
