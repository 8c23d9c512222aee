"""What a few pictures of a scene say of its health: how much there is, how hazy, how gaudy, how flat, and how much it moves."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from engine.scene.field import Field
from engine.scene.mlp_field import MlpField

# Opacity from which a pixel is the object's, and from which it is solid.
OBJECT, SOLID = 0.5, 0.9
# Between its lowest and its highest channel, a colour as strong as any.
STRONG = 0.95


@dataclass(frozen=True)
class Looks:
    """opacity: mean over pixels. haze: share of the opacity that is in pixels that are not solid, of which an outline has some.
    saturation: share of the object's pixels whose colour is as strong as any. contrast: standard deviation of the object's
    colours, the mean of the channels. motion: mean absolute difference of neighbouring frames over the mean opacity."""

    opacity: float
    haze: float
    saturation: float
    contrast: float
    motion: float

    def as_metrics(self) -> dict[str, float]:
        return {name: round(value, 5) for name, value in asdict(self).items()}


def measure_looks(images: Tensor, opacity: Tensor, background: Tensor) -> Looks:
    """Of images [cameras, frames, 3, height, width] in [0, 1] with their opacity [cameras, frames, height, width], from cameras
    that stand still, before `background` [cameras, 3]."""
    mean = float(opacity.mean())
    faint = torch.where(opacity < SOLID, opacity, 0.0)
    clear = (1 - opacity)[:, :, None] * background[:, None, :, None, None]
    colours = ((images - clear) / opacity.clamp(min=OBJECT)[:, :, None]).clamp(0, 1)
    own = colours.movedim(2, -1)[opacity > OBJECT]
    strong = own.amax(1) - own.amin(1) > STRONG if len(own) else own.new_zeros(1)
    moved = float(images.diff(dim=1).abs().mean()) if images.shape[1] > 1 else 0.0
    return Looks(
        opacity=mean,
        haze=float(faint.mean()) / max(mean, 1e-9),
        saturation=float(strong.float().mean()),
        contrast=float(own.std(0).mean()) if len(own) > 1 else 0.0,
        motion=moved / max(mean, 1e-9),
    )


@torch.no_grad()
def turns_by(field: Field | MlpField) -> float:
    """How far the body turns over the clip, radians: the largest change of an angle of its trajectory; 0 without one."""
    if field.trajectory is None:
        return 0.0
    rotation = field.trajectory.rotation
    return float((rotation.amax(0) - rotation.amin(0)).max())
