"""A denoiser of several views of one thing, conditioned on their cameras: MVDream's U-Net (Shi et al. 2023, section 3.1).

Stable Diffusion's U-Net in latent diffusion's own layout, with the camera added to the time embedding and self-attention
that reaches over all views of a group. Diffusers does not hold it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.contract.errors import ModelError
from engine.files import write_text, written_aside
from engine.models.mvdream.config import GROUPS, MultiViewConfig, read_config
from engine.models.mvdream.layers import Downsample, ResBlock, SpatialTransformer, Upsample

WEIGHTS = "diffusion_pytorch_model.safetensors"
# Where the U-Net's weights are in a file that holds the whole of a latent diffusion model.
PREFIX = "model.diffusion_model."
MAX_PERIOD = 10000.0


class MultiViewUNet(nn.Module):
    """Predicts the noise in the latents of groups of views."""

    def __init__(self, config: MultiViewConfig) -> None:
        super().__init__()
        self.config = config
        width = config.model_channels
        embedding = 4 * width
        self.time_embed = _embedder(width, embedding)
        self.camera_embed = _embedder(config.camera_dim, embedding)

        def level(before: int, after: int, scale: int) -> list[nn.Module]:
            """A residual block, and a transformer where levels of this scale have them."""
            layers: list[nn.Module] = [ResBlock(before, after, embedding)]
            if scale in config.attention_resolutions:
                layers.append(transformer(after))
            return layers

        def transformer(channels: int) -> SpatialTransformer:
            return SpatialTransformer(channels, config.context_dim, config.heads(channels), config.transformer_depth)

        self.input_blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(config.in_channels, width, 3, padding=1)])])
        # Channels that each input block leaves for the output block across from it.
        left = [width]
        channels, scale = width, 1
        for factor in config.channel_mult:
            for _ in range(config.num_res_blocks):
                self.input_blocks.append(nn.ModuleList(level(channels, factor * width, scale)))
                channels = factor * width
                left.append(channels)
            if scale < config.coarsest:
                self.input_blocks.append(nn.ModuleList([Downsample(channels)]))
                left.append(channels)
                scale *= 2

        middle = [ResBlock(channels, channels, embedding), transformer(channels), ResBlock(channels, channels, embedding)]
        self.middle_block = nn.ModuleList(middle)

        self.output_blocks = nn.ModuleList()
        for factor in reversed(config.channel_mult):
            for index in range(config.num_res_blocks + 1):
                layers = level(channels + left.pop(), factor * width, scale)
                channels = factor * width
                if scale > 1 and index == config.num_res_blocks:
                    layers.append(Upsample(channels))
                    scale //= 2
                self.output_blocks.append(nn.ModuleList(layers))
        self.out = nn.Sequential(
            nn.GroupNorm(GROUPS, channels), nn.SiLU(), nn.Conv2d(channels, config.out_channels, 3, padding=1)
        )

    @property
    def dtype(self) -> torch.dtype:
        """What its weights are kept in."""
        return self.time_embed[0].weight.dtype

    def forward(self, noisy: Tensor, timesteps: Tensor, states: Tensor, camera: Tensor, views: int) -> Tensor:
        """noisy [batch * views, in_channels, h, w], timesteps [batch * views] -> noise [batch * views, out_channels, h, w].

        states: of the words, [batch * views, tokens, context_dim]. camera: [batch * views, 16], as `camera_matrices` gives.
        The views of a group come one after another. Computed in the type of the weights, returned in that of `noisy`.
        Raises ValueError where shapes don't fit.
        """
        self._check(noisy, timesteps, states, camera, views)
        weight = self.out[2].weight
        features, states, camera = (value.to(weight.dtype) for value in (noisy, states, camera))
        times = timestep_waves(timesteps.to(noisy.device), self.config.model_channels).to(weight.dtype)
        embedding = self.time_embed(times) + self.camera_embed(camera)
        left = []
        for block in self.input_blocks:
            features = _run(block, features, embedding, states, views)
            left.append(features)
        features = _run(self.middle_block, features, embedding, states, views)
        for block in self.output_blocks:
            features = _run(block, torch.cat([features, left.pop()], 1), embedding, states, views)
        return self.out(features).to(noisy.dtype)

    def _check(self, noisy: Tensor, timesteps: Tensor, states: Tensor, camera: Tensor, views: int) -> None:
        count, config = len(noisy), self.config
        if views < 1 or count % views:
            raise ValueError(f"{count} pictures are not groups of {views} views")
        if timesteps.shape != (count,) or len(states) != count or camera.shape != (count, config.camera_dim):
            raise ValueError(
                f"{count} pictures need as many timesteps, text states and cameras of {config.camera_dim} numbers, not "
                f"{tuple(timesteps.shape)}, {tuple(states.shape)} and {tuple(camera.shape)}"
            )
        if any(side % config.coarsest for side in noisy.shape[-2:]):
            raise ValueError(f"latents of {tuple(noisy.shape[-2:])} need sides that can be divided by {config.coarsest}")

    @classmethod
    def from_pretrained(cls, path: str | Path, torch_dtype: torch.dtype = torch.float32, **_options: Any) -> MultiViewUNet:
        """The U-Net in a folder with config.json and a safetensors file, or in a safetensors file alone.

        The weights' names are those of the U-Net, or those of a whole latent diffusion model, of which the other parts are
        passed over. A file alone is taken for MVDream's `sd-v2.1-base-4view`. Other options, which diffusers' models take,
        are passed over. Raises ModelError where something is missing, damaged, or of another network.
        """
        path = Path(path)
        if path.suffix == ".safetensors" and path.is_file():
            config, file = MultiViewConfig(), path
        else:
            config, file = read_config(path / "config.json"), _weights_file(path)
        # Made without memory of its own: the weights become the parameters.
        with torch.device("meta"):
            model = cls(config)
        weights = _read_weights(file)
        _check_names(model.state_dict(), weights, file)
        model.load_state_dict({name: value.to(torch_dtype) for name, value in weights.items()}, assign=True)
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes config.json and the weights into `folder`, each aside and then renamed."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with written_aside(folder / WEIGHTS) as part:
            save_file({name: value.contiguous() for name, value in self.state_dict().items()}, part, metadata={"format": "pt"})
        about = {"_class_name": "MultiViewUNetModel", **self.config.to_dict()}
        write_text(folder / "config.json", json.dumps(about, indent=2) + "\n")


def timestep_waves(timesteps: Tensor, channels: int) -> Tensor:
    """Cosines, then sines of timesteps [N] at frequencies from 1 down towards 1 / 10000, [N, channels] in float32."""
    half = channels // 2
    frequencies = torch.exp(torch.arange(half, device=timesteps.device) * (-math.log(MAX_PERIOD) / half))
    angles = timesteps.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], 1)


def _embedder(channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(channels, out_channels), nn.SiLU(), nn.Linear(out_channels, out_channels))


def _run(block: nn.ModuleList, features: Tensor, embedding: Tensor, states: Tensor, views: int) -> Tensor:
    """The layers of a block in order, each with what it needs."""
    for layer in block:
        if isinstance(layer, ResBlock):
            features = layer(features, embedding)
        elif isinstance(layer, SpatialTransformer):
            features = layer(features, states, views)
        else:
            features = layer(features)
    return features


def _weights_file(folder: Path) -> Path:
    """The safetensors file of a folder: the one with diffusers' name, or the only one."""
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    files = sorted(folder.glob("*.safetensors"))
    if len(files) != 1:
        raise ModelError(f"{folder} holds no {WEIGHTS}. Install the model again.")
    return files[0]


def _read_weights(file: Path) -> dict[str, Tensor]:
    """The U-Net's weights by the U-Net's names, projections of transformers as matrices."""
    try:
        weights = load_file(file)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{file} can't be read ({error}). Install the model again.") from error
    # Beside the U-Net such a file holds the text encoder, the autoencoder and the noise schedule.
    own = {name.removeprefix(PREFIX): value for name, value in weights.items() if name.startswith(PREFIX)}
    weights = own or weights
    for name, value in weights.items():
        if name.endswith((".proj_in.weight", ".proj_out.weight")) and value.shape[2:] == (1, 1):
            weights[name] = value[:, :, 0, 0]
    return weights


def _check_names(expected: dict[str, Tensor], found: dict[str, Tensor], file: Path) -> None:
    """Raises ModelError where the names or the shapes of `found` are not those of `expected`."""
    missing, unknown = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if missing:
        raise ModelError(f"{file} lacks weights of this model ({len(missing)}, as {missing[0]}). Install the model again.")
    if unknown:
        raise ModelError(f"{file} holds weights of another model ({len(unknown)}, as {unknown[0]}). Choose another model.")
    for name, value in expected.items():
        if value.shape != found[name].shape:
            raise ModelError(
                f"{file} holds {name} as {list(found[name].shape)}, but its configuration makes it {list(value.shape)}. "
                "Choose another model."
            )
