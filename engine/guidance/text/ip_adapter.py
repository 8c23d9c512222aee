"""A picture as part of the prompt: IP-Adapter (Ye et al. 2023), as MAV3D conditions on an image's CLIP embedding.

An adapter's folder holds `image_encoder/` (a CLIP vision model with its projection) and one `ip-adapter*.safetensors`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import interpolate

from engine.contract.errors import ModelError
from engine.models.folder.layout import Component
from engine.models.folder.loader import load_component

ENCODER = Component("image_encoder", "transformers", "CLIPVisionModelWithProjection", "image_encoder")
# Of the pictures that CLIP was trained on.
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@torch.no_grad()
def embed_picture(folder: Path, picture: Tensor, device: torch.device | str = "cpu") -> Tensor:
    """The embedding of a picture by the adapter's encoder, which is gone when this returns, [1, width].

    picture: colours times alpha and alpha, [4, height, width] in [0, 1]; shown on white. Raises ModelError.
    """
    encoder = load_component(folder, ENCODER, torch.float32, device)
    size = encoder.config.image_size
    shown = (picture[:3] + 1 - picture[3:]).to(device)
    shown = interpolate(shown[None], (size, size), mode="bicubic", antialias=True).clamp(0, 1)
    mean, deviation = (torch.tensor(value, device=shown.device).view(1, 3, 1, 1) for value in (MEAN, DEVIATION))
    return encoder((shown - mean) / deviation).image_embeds


def fit_adapter(unet: Any, folder: Path) -> None:
    """Puts the adapter's attention into `unet`, which then takes an embedding beside its text. Raises ModelError."""
    weights = _read(folder)
    try:
        unet._load_ip_adapter_weights([weights], low_cpu_mem_usage=False)
    except (RuntimeError, KeyError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0][:160]
        raise ModelError(f"The image adapter in {folder} is not one for this model ({reason}): choose its own.") from error
    unet.eval().requires_grad_(False)


def _read(folder: Path) -> dict[str, dict[str, Tensor]]:
    """The adapter's weights, those of its projection and those of its attention."""
    files = sorted(folder.glob("ip-adapter*.safetensors"))
    if len(files) != 1:
        raise ModelError(f"{folder} holds {len(files)} files ip-adapter*.safetensors: give a folder with one of them.")
    try:
        flat = load_file(files[0])
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{files[0]} can't be read ({error}). Fetch or copy it again.") from error
    parts: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for name, value in flat.items():
        part, _, rest = name.partition(".")
        if part not in parts:
            raise ModelError(f"{files[0]} is no image adapter: it holds {name}.")
        parts[part][rest] = value
    if "proj.weight" not in parts["image_proj"]:
        raise ModelError(f"{files[0]} is an adapter of another kind than the plain IP-Adapter: choose that one.")
    return parts
