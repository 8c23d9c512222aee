"""How each class of public model is asked where a stage leaves it open, and what it is shown. None of these has been run with
real weights.

Sources, read in 2026-11: MVT, MVDream-threestudio's `multiview_diffusion_guidance.py` and README; 4D-fy,
`configs/fourdfy_stage_1.yaml` and `_3.yaml`; TC4D, `configs/tc4d_stage_3_24_gb.yaml`; threestudio. "Ours" has no source but the
reckoning that stands beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.config.stage import DistillationConfig


@dataclass(frozen=True)
class Recipe:
    """distillation: how the class is asked. negative_prompt: what its pictures are to be unlike, where a request does not say.
    prompt_suffix: what is put behind the prompt. fov: vertical field of view that it is shown the scene with, radians; None for
    that of all. size, low_memory_size: side of the squares it is shown, and at low memory, pixels; None for its own.
    """

    distillation: DistillationConfig
    negative_prompt: str = ""
    prompt_suffix: str = ""
    fov: float | None = None
    size: int | None = None
    low_memory_size: int | None = None


# Noise from .98 to about .3 is ours: early steps decide what there is, later ones how it looks. w = sigma^2 is DreamFusion's.
_ANNEALED = DistillationConfig(None, noise_start=0.98, noise_end=0.3, noise_spread=0.3, weighting="sds")

# Guidance: DreamFusion, section 4; threestudio and stable-dreamfusion have it for Stable Diffusion.
STABLE_DIFFUSION = Recipe(replace(_ANNEALED, guidance_scale=100.0))

# Guidance: threestudio, for the first stage; none is published for the second.
DEEPFLOYD = Recipe(replace(_ANNEALED, guidance_scale=20.0))

# Guidance 50, the loss x - x0 with rescale .5, and the negative prompt: MVT and 4D-fy. Noise: 4D-fy's stage 1, of whose 10,000
# steps it is .98 in the first and drawn from .02 to .5 from the 8,000th on. The suffix: what captions of renders ended in. The
# field of view is ours: half of what it shows is .95 m, so that nothing is pulled to the edge of the scene at 1 m.
MVDREAM = Recipe(
    DistillationConfig(
        50.0, noise_start=0.98, noise_end=0.26, noise_spread=0.0, noise_spread_end=0.24, noise_until=0.8, weighting="residual",
        rescale=0.5,
    ),
    negative_prompt="ugly, bad anatomy, blurry, pixelated obscure, unnatural colors, poor lighting, dull, and unclear, "
    "cropped, lowres, low quality, artifacts, duplicate, morbid, mutilated, poorly drawn face, deformed, dehydrated, "
    "bad proportions",
    prompt_suffix=", 3d asset",
    fov=math.radians(33),
)  # fmt: skip

# Guidance 100: Animate124, Dream-in-4D, 4D-fy. Noise and the negative prompt: TC4D, for VideoCrafter 2; of its 30,000 steps it
# is drawn from .02 to .98 in the first and to .5 from the 5,000th on.
VIDEO_UNET = Recipe(
    DistillationConfig(
        100.0, noise_start=0.5, noise_end=0.26, noise_spread=0.48, noise_spread_end=0.24, noise_until=1 / 6, weighting="sds"
    ),
    negative_prompt="low motion, static statue, not moving, no motion",
)

# Guidance from 25 to 12: CHORD on Wan 2.2, second hand. The rest is ours. Level .9 is sigma .964 after Wan's shift of 3, a
# ratio of signal to noise of 1.4e-3, about what is left at the top of models that keep the variance; w = sigma (1 - sigma)
# follows from theirs. It was made for 832 x 480: 416 px are what its autoencoder's gradient fits a card of 24 GB with.
WAN = Recipe(
    DistillationConfig(
        25.0, noise_start=0.75, noise_end=0.35, noise_spread=0.15, noise_limits=(0.02, 0.9), weighting="sds", guidance_end=12.0
    ),
    negative_prompt="static, motionless, oversaturated, cluttered",
    prompt_suffix=", on a plain background",
    size=416,
    low_memory_size=320,
)

# None is published; guidance is that of the other video models.
COGVIDEOX = Recipe(replace(_ANNEALED, guidance_scale=100.0))

# None is published; guidance is that of Stable Diffusion, its first stage.
LATENT_UPSCALER = Recipe(replace(_ANNEALED, guidance_scale=100.0))
