"""What a scene is conditioned on beside its text: a reference image, and the camera that took it.

The picture shows the first moment of the clip: how the body looks and how it stands. Where a trajectory carries the body, its
place and its size at that moment are the motion's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.contract.prompt import ParsedPrompt
from engine.contract.request import REFERENCE_IMAGE
from engine.contract.vocabulary import Vocabulary
from engine.guidance.model_class import BUILT_IN, detect_model_class
from engine.models.source import locate
from engine.reference.camera import ReferenceCamera
from engine.reference.estimate_pose import estimate_pose
from engine.reference.image import FILL, ReferenceImage
from engine.reference.resample import premultiplied, resampled
from engine.scene.cameras import DISTANCE, Cameras

# Room round the object in its view, a share of its size.
ROOM = 1.1


@dataclass(frozen=True)
class Reference:
    """pixels: of the picture, float32 [4, SIDE, SIDE] in [0, 1], colours times alpha and alpha. camera: that took it."""

    pixels: Tensor
    camera: ReferenceCamera

    @classmethod
    def of(cls, image: ReferenceImage, camera: ReferenceCamera, device: torch.device | str = "cpu") -> Reference:
        return cls(premultiplied(image).to(device), camera)

    def view_camera(self) -> Cameras:
        """One still camera that sees the whole object and little else."""
        camera = self.camera
        reach = max(abs(camera.right), abs(camera.up)) + ROOM * camera.width * FILL / 2
        angles = (torch.tensor([angle], device=self.pixels.device) for angle in (camera.azimuth, camera.elevation))
        return Cameras(*angles, fov=2 * math.atan(reach / DISTANCE))

    def target(self, size: int) -> tuple[Tensor, Tensor]:
        """What `view_camera` should see in size x size pixels: colours times alpha [3, size, size], alpha [size, size]."""
        view, camera = self.view_camera(), self.camera
        width = 2 * view.distance * math.tan(view.fov / 2)
        across = ((torch.arange(size, device=self.pixels.device) + 0.5) / size - 0.5) * width
        x, y = (across - camera.right) / camera.width, (across + camera.up) / camera.width
        picture = resampled(self.pixels, x[None], y[None], width / size / camera.width)[0]
        return picture[:3], picture[3]


def estimate_camera(
    image: ReferenceImage,
    model: str,
    vocabulary: Vocabulary | None,
    said: ParsedPrompt,
    device: torch.device | str = "cpu",
) -> ReferenceCamera:
    """What the picture shows and from where, as far as the image model knows; the prompt's own words come first.

    model: of the image role. Models that take any text say nothing of it: the picture is then taken from the very front.
    Raises UnknownObjectError.
    """
    if vocabulary is None or not model:
        return ReferenceCamera()
    folder = locate(model)
    if detect_model_class(folder, "image") != BUILT_IN:
        return ReferenceCamera()
    return estimate_pose(image, folder, vocabulary, said.colour, said.object, device)


def camera_path(folder: Path) -> Path:
    """Where a job keeps the camera of its picture."""
    return folder / "reference.json"


def keep_image(folder: Path, image: ReferenceImage, camera: ReferenceCamera | None) -> None:
    """Writes what is not in a job's folder yet. Raises OSError."""
    if not (folder / REFERENCE_IMAGE).exists():
        image.save(folder / REFERENCE_IMAGE)
    if camera is not None:
        camera.save(camera_path(folder))


def load_reference(folder: Path, sha256: str, device: torch.device | str = "cpu") -> Reference:
    """The picture in a job's folder, with this sum of its pixels, and its camera. Raises ImageError or DamagedError."""
    image = ReferenceImage.load(folder / REFERENCE_IMAGE, sha256)
    return Reference.of(image, ReferenceCamera.load(camera_path(folder)), device)
