"""A camera made readable for a diffusion model: pose features mixed into the text's states, and maps of rays and places."""

from __future__ import annotations

import math

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from engine.scene.cameras import Cameras

RAY_CHANNELS = 6


class PoseEncoder(ModelMixin, ConfigMixin):
    """Mixes a camera's azimuth and elevation into text hidden states with a small transformer.

    A pose given only as a word or a class is ignored in training; mixed with the words before the denoiser it is used.
    The configuration also names the cameras the denoiser was trained on and how many frames it takes at once.

    width: channels of the text states. harmonics: highest multiple of the azimuth. fov, distance: the trained camera.
    elevation_low, elevation_high: trained range, radians. frames: of a clip.
    place_harmonics: of the place map beside the ray map, 0 for no such map.
    """

    @register_to_config
    def __init__(
        self,
        width: int = 128,
        layers: int = 3,
        heads: int = 4,
        harmonics: int = 6,
        fov: float = 0.66,
        distance: float = 3.2,
        elevation_low: float = -0.35,
        elevation_high: float = 1.13,
        frames: int = 16,
        place_harmonics: int = 0,
    ) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(pose_feature_count(harmonics), 2 * width), nn.SiLU())
        self.token = nn.Linear(2 * width, width)
        self.shift = nn.Linear(2 * width, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 3 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.mixer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, text_states: Tensor, cameras: Cameras) -> Tensor:
        """text_states [batch, tokens, width], one still camera each -> mixed states [batch, tokens + 1, width]."""
        features = pose_features(cameras, self.config.harmonics).to(text_states)
        pose = self.embed(features)
        states = torch.cat([self.token(pose)[:, None], text_states + self.shift(pose)[:, None]], 1)
        return self.mixer(states)


def pose_feature_count(harmonics: int) -> int:
    return 5 * (1 + 2 * harmonics)


def pose_features(cameras: Cameras, harmonics: int) -> Tensor:
    """Products of azimuth harmonics and elevation terms, [cameras, features]; smooth over the full turn."""
    azimuth, elevation = cameras.azimuth, cameras.elevation
    order = torch.arange(1, harmonics + 1, device=azimuth.device)
    angles = azimuth[:, None] * order
    around = torch.cat([torch.ones_like(azimuth)[:, None], angles.sin(), angles.cos()], 1)
    up = torch.stack(
        [torch.ones_like(elevation), elevation.sin(), elevation.cos(), (2 * elevation).sin(), (2 * elevation).cos()], 1
    )
    return (around[:, :, None] * up[:, None]).flatten(1)


def ray_map(cameras: Cameras, size: int) -> Tensor:
    """Pluecker coordinates of the rays through a size x size image (direction, moment), [cameras, 6, size, size].

    Gives the denoiser a sense of place in the image as well as of the camera.
    """
    origins, directions = cameras.rays(size, size)
    moments = torch.linalg.cross(origins, directions) / cameras.distance
    return torch.cat([directions, moments], -1).permute(0, 3, 1, 2)


def place_channels(harmonics: int) -> int:
    return 2 + 4 * harmonics if harmonics else 0


def place_map(size: int, harmonics: int) -> Tensor:
    """Where in the image a cell is: column and row in [-1, 1], and sines and cosines of pi 2^k times both, k < harmonics.

    [channels, size, size]. With the pose in the features and the place beside them, an outline is a function of few numbers;
    the ray map gives the place only as turned into the world's axes.
    """
    centre = (torch.arange(size) + 0.5) * 2 / size - 1
    place = torch.stack(torch.meshgrid(centre, centre, indexing="xy"))
    waves = [place] if harmonics else [place[:0]]
    for order in range(harmonics):
        angle = math.pi * 2**order * place
        waves += [angle.sin(), angle.cos()]
    return torch.cat(waves)
