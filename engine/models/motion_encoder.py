"""From the words of a prompt to how a body stands at a moment of a clip."""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from engine.models.pose_encoder import waves
from engine.models.view_map import Placement

MAX_LOG_SCALE = 1.5


class MotionEncoder(ModelMixin, ConfigMixin):
    """Reads a placement off text hidden states and a time; with it a model of single frames becomes one of clips.

    width: channels of the text states. hidden: of the network. harmonics: highest multiple of the time, which loops.
    """

    @register_to_config
    def __init__(self, width: int = 128, hidden: int = 256, harmonics: int = 8) -> None:
        super().__init__()
        self.words = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.moment = nn.Linear(1 + 2 * harmonics, hidden)
        self.body = nn.Sequential(nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 12))
        nn.init.zeros_(self.body[-1].weight)
        nn.init.zeros_(self.body[-1].bias)

    def forward(self, text_states: Tensor, times: Tensor) -> Placement:
        """text_states [batch, tokens, width], times [batch] in [0, 1] -> centre [batch, 3] in metres, rotation body to world
        [batch, 3, 3], scale [batch, 3] along the body's axes."""
        moment = self.moment(waves(2 * torch.pi * times, self.config.harmonics).to(text_states))
        words = self.words(text_states).mean(1)
        centre, log_scale, first, second = self.body(words * moment).split(3, -1)
        return centre, _rotation(first, second), log_scale.clamp(-MAX_LOG_SCALE, MAX_LOG_SCALE).exp()


def _rotation(first: Tensor, second: Tensor) -> Tensor:
    """Two vectors [..., 3], told from the X and Y axes, made orthonormal: the columns of a rotation [..., 3, 3]
    (Zhou et al. 2019, On the Continuity of Rotation Representations, section 4)."""
    x_axis, y_axis = torch.eye(3).to(first)[:2]
    x = nn.functional.normalize(x_axis + first, dim=-1)
    y = y_axis + second
    y = nn.functional.normalize(y - (x * y).sum(-1, keepdim=True) * x, dim=-1)
    return torch.stack([x, y, torch.linalg.cross(x, y)], -1)
