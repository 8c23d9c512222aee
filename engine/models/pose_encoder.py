"""A camera made readable for a diffusion model: pose features mixed into the text's states."""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from engine.models.view_map import BodyView, Placement
from engine.scene.cameras import Cameras

PLACEMENT_NUMBERS = 15


class PoseEncoder(ModelMixin, ConfigMixin):
    """Mixes the azimuth and elevation that a body is seen from into text hidden states with a small transformer.

    A pose given only as a word or a class is ignored in training; mixed with the words before the denoiser it is used.
    The configuration also names the cameras the denoiser was trained on.

    width: channels of the text states. harmonics: highest multiple of the azimuth. fov, distance: the trained camera.
    elevation_low, elevation_high: trained range, radians.
    place_harmonics: of the place map beside the ray map, 0 for no such map. place_fov: that it is measured by, 0 for `fov`.
    moves: whether bodies are seen away from rest; their placement is then given as well, for the light stays where it is.
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
        place_harmonics: int = 0,
        place_fov: float = 0.0,
        moves: bool = False,
    ) -> None:
        super().__init__()
        features = pose_feature_count(harmonics) + (PLACEMENT_NUMBERS if moves else 0)
        self.embed = nn.Sequential(nn.Linear(features, 2 * width), nn.SiLU())
        self.token = nn.Linear(2 * width, width)
        self.shift = nn.Linear(2 * width, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 3 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.mixer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, text_states: Tensor, view: BodyView, placement: Placement | None = None) -> Tensor:
        """text_states [batch, tokens, width] -> mixed states [batch, tokens + 1, width]. placement: where the model moves."""
        features = pose_features(view.cameras, self.config.harmonics)
        if self.config.moves:
            centre, rotation, scale = placement
            features = torch.cat([features, centre, rotation.flatten(1), scale.log()], 1)
        pose = self.embed(features.to(text_states))
        states = torch.cat([self.token(pose)[:, None], text_states + self.shift(pose)[:, None]], 1)
        return self.mixer(states)


def pose_feature_count(harmonics: int) -> int:
    return 5 * (1 + 2 * harmonics)


def pose_features(cameras: Cameras, harmonics: int) -> Tensor:
    """Products of azimuth harmonics and elevation terms, [cameras, features]; smooth over the full turn."""
    azimuth, elevation = cameras.azimuth, cameras.elevation
    up = torch.stack(
        [torch.ones_like(elevation), elevation.sin(), elevation.cos(), (2 * elevation).sin(), (2 * elevation).cos()], 1
    )
    return (waves(azimuth, harmonics)[:, :, None] * up[:, None]).flatten(1)


def waves(angle: Tensor, harmonics: int) -> Tensor:
    """1, then sines and cosines of the first multiples of angles [N] in radians, [N, 1 + 2 harmonics]."""
    angles = angle[:, None] * torch.arange(1, harmonics + 1, device=angle.device)
    return torch.cat([torch.ones_like(angle)[:, None], angles.sin(), angles.cos()], 1)
