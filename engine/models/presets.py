"""Which models a preset uses. What there is to know about the public ones is in `engine.models.catalogue`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.contract.request import ROLES

PRIMITIVES_FOLDER = Path(__file__).resolve().parent / "primitives"
CREATURES_FOLDER = Path(__file__).resolve().parent / "creatures"
# Judges what came of a prompt; guides nothing.
SCORER_FOLDER = PRIMITIVES_FOLDER / "scorer"


@dataclass(frozen=True)
class Preset:
    """image, video, upscale: a model folder's path or a hub id each, see `engine.models.source`; empty where the user has to
    name one; pinned to a commit where one is known. built_in: small models that come with the engine; bends: of them, those
    that know bodies that bend. beside: the preset whose models take the prompts that these have no words for; empty for
    none."""

    name: str
    image: str
    video: str
    upscale: str
    description: str
    built_in: bool = False
    bends: bool = False
    beside: str = ""

    def sources(self) -> dict[str, str]:
        """The model of each role."""
        return {role: getattr(self, role) for role in ROLES}


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "primitives",
            *(str(PRIMITIVES_FOLDER / role) for role in ROLES),
            "small built-in models: offline, on a CPU, a small vocabulary",
            built_in=True,
            beside="creatures",
        ),
        Preset(
            "creatures",
            str(CREATURES_FOLDER / "model"),
            str(CREATURES_FOLDER / "model"),
            "",
            "built-in models of creatures and things that bend: offline, on a CPU, still in training",
            built_in=True,
            bends=True,
        ),
        Preset(
            "paper",
            "DeepFloyd/IF-I-XL-v1.0@c03d510e9b75bce9f9db5bb85148c1402ad7e694",
            "ali-vilab/text-to-video-ms-1.7b",
            "DeepFloyd/IF-II-L-v1.0@609476ce702b2d94aff7d1f944dcc54d4f972901",
            "the closest public stand-ins for the paper's models; for research, not for commercial work",
        ),
        Preset(
            "open",
            "ashawkey/mvdream-sd2.1-diffusers",
            "Wan-AI/Wan2.1-T2V-1.3B-Diffusers@0fad780a534b6463e45facd96134c9f345acfa5b",
            "stabilityai/stable-diffusion-x4-upscaler@572c99286543a273bfd17fac263db5a77be12c4c",
            "public models whose licenses allow commercial work",
        ),
        Preset("custom", "", "", "", "models of your own choice, a folder or a hub id for each role"),
    )
}
