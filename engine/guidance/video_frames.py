"""The frames of a scene as a video model wants them, and its gradient back: the one place where the two are matched.

A scene has as many frames as its settings say, 16 as a rule, at (i + 1/2) / n of the clip. What public models want:

    UNet of ModelScope, Zeroscope; AnimateDiff     any number up to what their time layers hold: the scene's, as they are
    causal video autoencoders (Wan, CogVideoX)     4 k + 1: the first frame is encoded alone, then four at a time

For the latter the first frame is shown more than once, so that 16 frames become 17 and each group of four is four of the
scene's own. Where a model holds fewer frames than the scene has, it sees as many, evenly chosen.
All of it is linear in the frames, so autograd gives the way back: a frame's gradient is the sum over where it was shown.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate


def shown_frames(frames: int, group: int = 1, most: int | None = None) -> Tensor:
    """Which scene frame each of the model's frames shows, [model frames].

    group: frames that the autoencoder encodes together after the first; 1 for none. most: what the model holds.
    """
    chosen = torch.arange(frames)
    if most is not None and frames > most:
        chosen = ((torch.arange(most) + 0.5) * frames / most).long()
    again = (1 - len(chosen)) % group
    return torch.cat([chosen[:1].expand(again), chosen])


def as_shown(frames: Tensor, size: int, group: int = 1, most: int | None = None) -> Tensor:
    """frames [clips, frames, 3, H, W] as a model sees them, [clips, model frames, 3, size, size]; see `shown_frames`."""
    shown = shown_frames(frames.shape[1], group, most)
    return resized(frames[:, shown.to(frames.device)], size, size)


def resized(images: Tensor, height: int, width: int) -> Tensor:
    """images [..., 3, H, W] as [..., 3, height, width]: smoothly enlarged, or averaged over what they shrink to."""
    if images.shape[-2:] == (height, width):
        return images
    flat = images.reshape(-1, *images.shape[-3:])
    flat = interpolate(flat, (height, width), mode="bilinear", align_corners=False, antialias=True)
    return flat.view(*images.shape[:-2], height, width)
