"""Which models a preset uses, and what there is to know about them before using them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PRIMITIVES_FOLDER = Path(__file__).resolve().parent.parent / "models" / "primitives"
# Judges what came of a prompt; guides nothing.
SCORER_FOLDER = PRIMITIVES_FOLDER / "scorer"


@dataclass(frozen=True)
class Preset:
    """image, video, upscale: model folders in diffusers' layout. licence: of the weights."""

    name: str
    image: Path
    video: Path
    upscale: Path
    licence: str
    description: str


PRESETS = {
    "primitives": Preset(
        "primitives",
        PRIMITIVES_FOLDER / "image",
        PRIMITIVES_FOLDER / "video",
        PRIMITIVES_FOLDER / "upscale",
        "CC0-1.0",
        "small built-in models: offline, on a CPU, a small vocabulary",
    )
}
