"""From the words of a prompt to where a body and its joints are at a moment of a clip, and to its colours."""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from engine.models.motion_encoder import MAX_LOG_SCALE, _rotation
from engine.models.pose_encoder import waves
from engine.models.view_map import Placement

PLACEMENT_NUMBERS = 12


class JointEncoder(ModelMixin, ConfigMixin):
    """Reads off text hidden states, for any time of a looping clip, the placement of the body in the scene and its joints.

    Everything is a sum of sines and cosines of the time whose sizes the words decide, so clips loop exactly. It also knows
    the numbers that words for colours stand for.

    width, tokens: of the text states. joints: how many names there are (`engine.models.world.skeleton.JOINTS`).
    hidden: of the network. harmonics: highest multiple of the time.
    """

    @register_to_config
    def __init__(
        self, width: int = 64, tokens: int = 9, joints: int = 34, hidden: int = 144, harmonics: int = 12
    ) -> None:
        super().__init__()
        self.words = nn.Sequential(
            nn.Linear(width * tokens, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
        )  # fmt: skip
        self.numbers = PLACEMENT_NUMBERS + 3 * joints
        self.sizes = nn.Linear(hidden, self.numbers * (1 + 2 * harmonics))
        self.used = nn.Linear(hidden, joints)
        self.colours = nn.Sequential(nn.Linear(width * tokens, 64), nn.SiLU(), nn.Linear(64, 7))
        nn.init.zeros_(self.sizes.weight)
        nn.init.zeros_(self.sizes.bias)

    def colours_of(self, text_states: Tensor) -> tuple[Tensor, Tensor]:
        """text_states [batch, tokens, width] -> first and second colour, sRGB in [-1, 1], [batch, 2, 3]; and how sure it is
        that they are said, logits [batch]."""
        numbers = self.colours(text_states.flatten(1))
        return numbers[:, :6].unflatten(1, (2, 3)), numbers[:, 6]

    def forward(self, text_states: Tensor, times: Tensor) -> tuple[Placement, Tensor, Tensor]:
        """text_states [batch, tokens, width], times [batch, moments] in [0, 1].

        Returns for each moment the placement (centre [batch, moments, 3] in metres, rotation body to world
        [batch, moments, 3, 3], scale [batch, moments, 3]) and the joints in the body's axes [batch, moments, joints, 3] in
        metres; and for each prompt how sure it is that there is each joint, logits [batch, joints].
        """
        words = self.words(text_states.flatten(1))
        sizes = self.sizes(words).unflatten(1, (self.numbers, -1))
        moment = waves(2 * torch.pi * times.flatten(), self.config.harmonics).to(sizes).view(*times.shape, -1)
        numbers = torch.einsum("bnh,bmh->bmn", sizes, moment)
        centre, log_scale, first, second, joints = numbers.split((3, 3, 3, 3, self.numbers - PLACEMENT_NUMBERS), -1)
        placement = centre, _rotation(first, second), log_scale.clamp(-MAX_LOG_SCALE, MAX_LOG_SCALE).exp()
        return placement, joints.unflatten(-1, (-1, 3)), self.used(words)
