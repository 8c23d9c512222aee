"""The denoiser of the built-in models: a picture of a body in its own axes, given words, camera, colours and joints."""

from __future__ import annotations

import math

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pixel_shuffle, scaled_dot_product_attention, silu

from engine.models.clip_denoiser import expected_size, fold, unfold
from engine.models.joint_map import joint_map
from engine.models.pose_encoder import pose_feature_count, pose_features, waves
from engine.scene.cameras import Cameras

BLOCK = 2
LEVEL_HARMONICS = 8
COLOURS = 2


class PictureDenoiser(ModelMixin, ConfigMixin):
    """Predicts the clean picture (x0) from a noisy one of `size` x `size` pixels, folded by cosines over blocks of two.

    Three resolutions with additive skips: a third of the arithmetic of a `UNet2DConditionModel` of the same widths, whose
    concatenated skips and second block a level cost more than they brought. Words, camera, noise level and colours
    reach every block as scales and shifts, and as a coarse map learned from them, the body's rough layout. Joints come in as
    `joint_map` at both upper resolutions.

    It says where the body's two colours are, and what is left: colours are known numbers, as the background is, so any
    colour can be asked for, and none has to be learned. The picture itself is predicted, without a share of the noisy one:
    noise that the network had to take off again would need a width that it lacks.

    width, tokens: of the text states. joints: how many names there are. widths: channels at size / 2, / 4 and / 8.
    blocks: residual blocks at each resolution going down, and the same going up. fov, distance, elevation_low, elevation_high:
    the cameras of the pictures, radians and metres.
    """

    @register_to_config
    def __init__(
        self,
        size: int = 64,
        width: int = 64,
        tokens: int = 9,
        joints: int = 34,
        widths: tuple[int, int, int] = (80, 160, 224),
        blocks: tuple[int, int, int] = (1, 1, 2),
        hidden: int = 256,
        layout_channels: int = 32,
        harmonics: int = 6,
        fov: float = math.radians(27),
        distance: float = 3.2,
        elevation_low: float = math.radians(-20),
        elevation_high: float = math.radians(65),
    ) -> None:
        super().__init__()
        channels = 3 * BLOCK**2
        fine, middle, coarse = widths
        features = width * tokens + pose_feature_count(harmonics) + 1 + 2 * LEVEL_HARMONICS + 3 + 4 * COLOURS
        self.known = nn.Sequential(
            nn.Linear(features, 2 * hidden), nn.SiLU(), nn.Linear(2 * hidden, hidden), nn.SiLU(), nn.Linear(hidden, hidden)
        )
        self.layout = nn.Sequential(nn.SiLU(), nn.Linear(hidden, layout_channels * (size // 8) ** 2))
        self.joints_fine = nn.Conv2d(2 * joints, fine, 1)
        self.joints_middle = nn.Conv2d(2 * joints, middle, 3, padding=1)
        self.enter = nn.Conv2d(channels + 3, fine, 3, padding=1)
        self.down_fine = blocks_of(fine, hidden, blocks[0])
        self.to_middle = nn.Conv2d(fine, middle, 4, stride=2, padding=1)
        self.down_middle = blocks_of(middle, hidden, blocks[1])
        self.to_coarse = nn.Conv2d(middle, coarse, 4, stride=2, padding=1)
        self.from_layout = nn.Conv2d(layout_channels, coarse, 1)
        self.bottom = blocks_of(coarse, hidden, blocks[2])
        self.attention = Attention(coarse)
        self.bottom_after = blocks_of(coarse, hidden, 1)
        self.up_middle = nn.Conv2d(coarse, 4 * middle, 1)
        self.middle_after = blocks_of(middle, hidden, blocks[1])
        self.up_fine = nn.Conv2d(middle, 4 * fine, 1)
        self.fine_after = blocks_of(fine, hidden, blocks[0])
        self.leave = nn.Conv2d(fine, channels + COLOURS * BLOCK**2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        alphas: Tensor,
        text_states: Tensor,
        cameras: Cameras,
        background: Tensor,
        colours: Tensor,
        said: Tensor,
        joints: Tensor,
        used: Tensor,
    ) -> Tensor:
        """noisy [batch, 3, size, size] in [-1, 1], timesteps [batch] in [0, 1000), alphas: the schedule's products of alphas at
        them [batch], text_states [batch, tokens, width], one still camera each in the body's axes, background [batch, 3] and
        colours [batch, 2, 3] in [-1, 1], said: whether the colours are known [batch], joints [batch, joints, 3] in metres in
        the body's axes and used: which there are [batch, joints].

        Returns the clean picture, [batch, 3, size, size]. Raises ValueError for pictures of another size.
        """
        if noisy.shape[-1] != self.config.size:
            raise ValueError(
                f"this model takes pictures of {self.config.size} pixels, not {noisy.shape[-1]}: render at the model's own size"
            )
        size = expected_size(BLOCK).to(noisy)[:, None, None]
        alpha = alphas.to(noisy).view(-1, 1, 1, 1)
        signal, sigma = alpha.sqrt(), (1 - alpha).sqrt()
        spread = (alpha * size**2 + sigma**2).sqrt()
        behind = background[:, :, None, None].to(noisy)
        folded = fold(noisy - signal * behind, BLOCK)
        around = behind.expand(-1, -1, *folded.shape[-2:])
        level = waves(math.pi / 2 * timesteps.to(noisy) / 1000, LEVEL_HARMONICS)
        said = said.to(noisy)[:, None, None]
        known_colours = torch.cat([colours.to(noisy) * said, said.expand(-1, COLOURS, -1)], -1).flatten(1)
        features = [text_states.flatten(1), pose_features(cameras, self.config.harmonics), level, background, known_colours]
        known = self.known(torch.cat([value.to(noisy) for value in features], 1))
        places = joint_map(joints.to(noisy), used, cameras, folded.shape[-1]).contiguous(memory_format=torch.channels_last)
        rest, where = self.parts(torch.cat([folded / spread, around], 1), known, places)
        contrast = (colours.to(noisy) - background.to(noisy)[:, None]) * said
        coloured = torch.einsum("bkqhw,bkc->bcqhw", where * 2 * size[: BLOCK**2], contrast).flatten(1, 2)
        return unfold(rest * size + coloured, BLOCK) + behind

    def parts(self, channels: Tensor, known: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """The network itself: channels [batch, 15, size / 2, size / 2] -> folded and over their expected sizes, what is neither
        colour [batch, 12, size / 2, size / 2] and where the two colours are [batch, 2, 4, size / 2, size / 2]."""
        fine = self.enter(channels.contiguous(memory_format=torch.channels_last)) + self.joints_fine(places)
        fine = through(self.down_fine, fine, known)
        middle = self.to_middle(silu(fine)) + self.joints_middle(avg_pool2d(places, 2))
        middle = through(self.down_middle, middle, known)
        layout = self.layout(known).unflatten(1, (-1, self.config.size // 8, self.config.size // 8))
        coarse = self.to_coarse(silu(middle)) + self.from_layout(layout.contiguous(memory_format=torch.channels_last))
        coarse = self.attention(through(self.bottom, coarse, known))
        coarse = through(self.bottom_after, coarse, known)
        middle = through(self.middle_after, middle + pixel_shuffle(self.up_middle(coarse), 2), known)
        fine = through(self.fine_after, fine + pixel_shuffle(self.up_fine(middle), 2), known)
        rest, where = self.leave(silu(fine)).split((3 * BLOCK**2, COLOURS * BLOCK**2), 1)
        return rest, where.unflatten(1, (COLOURS, BLOCK**2))


class Block(nn.Module):
    """Two convolutions with a residual; what is known scales and shifts the channels between them."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.known = nn.Linear(hidden, 2 * channels)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, known: Tensor) -> Tensor:
        scale, shift = self.known(silu(known))[:, :, None, None].chunk(2, 1)
        return x + self.second(silu(torch.addcmul(shift, self.first(silu(self.norm(x))), 1 + scale)))


class Attention(nn.Module):
    """Self-attention over the places of the coarsest map."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.ask = nn.Conv2d(channels, 3 * channels, 1)
        self.answer = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        asked = self.ask(self.norm(x)).view(batch, 3, self.heads, channels // self.heads, height * width)
        query, key, value = (part.transpose(-1, -2) for part in asked.unbind(1))
        mixed = scaled_dot_product_attention(query, key, value).transpose(-1, -2).reshape(x.shape)
        return x + self.answer(mixed.contiguous(memory_format=torch.channels_last))


def blocks_of(channels: int, hidden: int, count: int) -> nn.ModuleList:
    return nn.ModuleList(Block(channels, hidden) for _ in range(count))


def through(blocks: nn.ModuleList, x: Tensor, known: Tensor) -> Tensor:
    for block in blocks:
        x = block(x, known)
    return x
