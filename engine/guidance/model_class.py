"""Which class of model a folder holds, detected from its files before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.contract.errors import ModelError
from engine.guidance.denoisers.cogvideox import CogVideoX
from engine.guidance.denoisers.deepfloyd import DeepFloyd, DeepFloydUpscaler
from engine.guidance.denoisers.latent_upscaler import LatentUpscaler
from engine.guidance.denoisers.multi_view import MultiView
from engine.guidance.denoisers.stable_diffusion import StableDiffusion, StableDiffusionXL
from engine.guidance.denoisers.video_unet import AnimateDiff, VideoUNet
from engine.guidance.denoisers.wan import Wan
from engine.guidance.protocol import Denoiser

BUILT_IN, BODIES, ADAPTER = "ClipDiffusion", "PictureDiffusion", "MotionAdapter"
SUITABLE = {
    "image": "Stable Diffusion, SDXL, DeepFloyd IF-I or MVDream",
    "video": "ModelScope, Zeroscope, AnimateDiff, Wan 2.1, Wan 2.2 5B or CogVideoX",
    "upscale": "DeepFloyd IF-II or the x4 upscaler",
}


def detect_model_class(folder: Path, role: str) -> type[Denoiser] | str:
    """The denoiser's class for the model in `folder`; BUILT_IN or BODIES for one of the engine's own, ADAPTER for a motion
    adapter, which needs an image model to sit in.

    Raises ModelError where the model is of no class that can fill `role`, or its files are not those of a model.
    """
    index = _read(folder / "model_index.json")
    if index is None:
        about = _read(folder / "config.json") or {}
        if about.get("_class_name") == ADAPTER and role == "video":
            return ADAPTER
        raise ModelError(f"No model in {folder}: model_index.json is missing. Give a folder in diffusers' layout.")
    if index.get("_class_name") == BUILT_IN or index.get("_class_name") == BODIES and role in ("image", "video"):
        return index["_class_name"]
    found = _class_of_components(folder, index)
    if found is None or role not in found.roles:
        name = index.get("_class_name") or "no known class"
        raise ModelError(f"{folder} holds {name}, which can't be the {role} model: choose one of {SUITABLE[role]}.")
    return found


def _class_of_components(folder: Path, index: dict[str, Any]) -> type[Denoiser] | None:
    classes = {name: entry[1] for name, entry in index.items() if isinstance(entry, list) and len(entry) == 2 and entry[1]}
    network = classes.get("transformer") or classes.get("unet")
    if network == "WanTransformer3DModel":
        # With a second one it is Wan 2.2's 14B, whose noise levels are shared out between the two.
        return None if "transformer_2" in classes else Wan
    if network == "CogVideoXTransformer3DModel":
        return CogVideoX
    if network == "UNetMotionModel" or network == "UNet2DConditionModel" and "motion_adapter" in classes:
        return AnimateDiff
    if network == "UNet3DConditionModel":
        return VideoUNet
    if network and network.startswith("MultiView"):
        return MultiView
    if network != "UNet2DConditionModel":
        return None
    if "image_noising_scheduler" in classes:
        return DeepFloydUpscaler
    if "low_res_scheduler" in classes:
        return LatentUpscaler
    if "text_encoder_2" in classes:
        return StableDiffusionXL
    channels = (_read(folder / "unet" / "config.json") or {}).get("in_channels")
    if "vae" in classes:
        # 9 is of one that fills a mask in, 8 of one that edits a picture.
        return StableDiffusion if channels == 4 else None
    return DeepFloyd if channels == 3 else None


def _read(path: Path) -> dict[str, Any] | None:
    """What a JSON file holds; None where there is none."""
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} is damaged ({error}): get the model again.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is damaged (not an object): get the model again.")
    return content
