"""The built-in models look at pictures of their world, in other light and from other places than they were taught."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.vocabulary import Vocabulary
from engine.models.presets import PRESETS
from engine.models.source import locate
from engine.models.world import clips
from engine.reference.estimate_pose import UnknownObjectError, estimate_pose
from engine.reference.image import SIDE, ReferenceImage, read_image
from engine.scene.cameras import DISTANCE, Cameras

FOLDER = locate(PRESETS["primitives"].image)
WORDS = Vocabulary.read(FOLDER.parent)


def rendered(path, shape: str, colour: str, azimuth: float, elevation: float, monkeypatch) -> ReferenceImage:
    monkeypatch.setattr(clips, "LIGHT", (0.4, -0.5, 0.75))
    camera = Cameras(*(torch.tensor([math.radians(angle)]) for angle in (azimuth, elevation)), fov=math.radians(31))
    coefficients = clips.render_coefficients(shape, "still", camera, 80, 1)
    image = clips.compose(coefficients, torch.tensor([clips.COLOURS[colour]]), torch.full((1, 3), 0.97))[0, 0]
    Image.fromarray((image.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()).save(path)
    return read_image(path)


@pytest.mark.parametrize(("shape", "colour", "azimuth", "elevation"), [("duck", "green", 12, 17), ("cone", "purple", -7, 33)])
def test_object_colour_camera_and_size_are_found(tmp_path, monkeypatch, shape, colour, azimuth, elevation):
    photo = rendered(tmp_path / "picture.png", shape, colour, azimuth, elevation, monkeypatch)
    shot = estimate_pose(photo, FOLDER, WORDS)
    assert (shot.colour, shot.shape) == (colour, shape) and shot.overlap > 0.85
    assert math.degrees(shot.azimuth) == pytest.approx(azimuth, abs=16)
    assert math.degrees(shot.elevation) == pytest.approx(elevation, abs=14)
    # The picture's width follows from how large the object is in the world, as seen through the camera's window.
    camera = Cameras(torch.tensor([shot.azimuth]), torch.tensor([shot.elevation]), fov=math.radians(24))
    ideal = clips.render_coefficients(shape, "still", camera, 64, 1)[0, 0, 4].float().mean() / 255
    area = float(ideal) * (2 * DISTANCE * math.tan(math.radians(12))) ** 2
    assert shot.width**2 * float((photo.pixels[..., 3] > 127).mean()) == pytest.approx(area, rel=0.12)


def test_what_the_prompt_says_is_not_looked_for(tmp_path, monkeypatch):
    photo = rendered(tmp_path / "picture.png", "cube", "red", 0, 10, monkeypatch)
    shot = estimate_pose(photo, FOLDER, WORDS, "cyan", "cylinder")
    assert (shot.colour, shot.shape) == ("cyan", "cylinder") and shot.width > 0


def test_what_the_models_do_not_know_is_told_of():
    pixels = np.full((SIDE, SIDE, 4), (200, 30, 30, 0), np.uint8)
    # A thin cross.
    pixels[51:461, 240:272, 3] = pixels[240:272, 51:461, 3] = 255
    with pytest.raises(UnknownObjectError, match="name the object in the prompt"):
        estimate_pose(ReferenceImage(pixels), FOLDER, replace(WORDS, objects={"snowman": []}))
