"""Which class a folder's files name; no weights are there at all."""

import json

import pytest

from engine.contract.errors import ModelError
from engine.guidance.denoisers.cogvideox import CogVideoX
from engine.guidance.denoisers.deepfloyd import DeepFloyd, DeepFloydUpscaler
from engine.guidance.denoisers.latent_upscaler import LatentUpscaler
from engine.guidance.denoisers.multi_view import MultiView
from engine.guidance.denoisers.stable_diffusion import StableDiffusion, StableDiffusionXL
from engine.guidance.denoisers.video_unet import AnimateDiff, VideoUNet
from engine.guidance.denoisers.wan import Wan
from engine.guidance.model_class import ADAPTER, BUILT_IN, detect_model_class

UNET = {"unet": ["diffusers", "UNet2DConditionModel"]}
VAE, SCHEDULER = {"vae": ["diffusers", "AutoencoderKL"]}, ["diffusers", "DDPMScheduler"]


def write(folder, index: dict, channels: int | None = None) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "SomePipeline"} | index))
    if channels is not None:
        (folder / "unet").mkdir()
        (folder / "unet" / "config.json").write_text(json.dumps({"in_channels": channels}))


@pytest.mark.parametrize(
    ("index", "channels", "role", "found"),
    [
        (UNET | VAE, 4, "image", StableDiffusion),
        (UNET | VAE | {"text_encoder_2": ["transformers", "CLIPTextModel"]}, 4, "image", StableDiffusionXL),
        (UNET, 3, "image", DeepFloyd),
        (UNET | {"image_noising_scheduler": SCHEDULER}, 6, "upscale", DeepFloydUpscaler),
        (UNET | VAE | {"low_res_scheduler": SCHEDULER}, 7, "upscale", LatentUpscaler),
        ({"unet": ["mv_unet", "MultiViewUNetModel"]} | VAE, None, "image", MultiView),
        ({"unet": ["diffusers", "UNet3DConditionModel"]} | VAE, None, "video", VideoUNet),
        ({"unet": ["diffusers", "UNetMotionModel"]} | VAE, None, "video", AnimateDiff),
        (UNET | VAE | {"motion_adapter": ["diffusers", "MotionAdapter"]}, 4, "video", AnimateDiff),
        ({"transformer": ["diffusers", "WanTransformer3DModel"], "transformer_2": [None, None]}, None, "video", Wan),
        ({"transformer": ["diffusers", "CogVideoXTransformer3DModel"]}, None, "video", CogVideoX),
    ],
)
def test_a_model_is_known_by_its_components(tmp_path, index, channels, role, found):
    write(tmp_path, index, channels)
    assert detect_model_class(tmp_path, role) is found


@pytest.mark.parametrize("role", ["image", "video", "upscale"])
def test_built_in_models_fill_any_role(tmp_path, role):
    write(tmp_path, {"_class_name": BUILT_IN})
    assert detect_model_class(tmp_path, role) == BUILT_IN


def test_a_motion_adapter_is_a_video_model_alone(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": ADAPTER}))
    assert detect_model_class(tmp_path, "video") == ADAPTER
    with pytest.raises(ModelError, match="model_index.json is missing"):
        detect_model_class(tmp_path, "image")


@pytest.mark.parametrize(
    ("index", "channels", "role"),
    [
        (UNET | VAE, 4, "video"),
        (UNET | VAE, 9, "image"),
        (UNET | VAE, 8, "image"),
        (UNET | VAE, None, "image"),
        (UNET, 6, "image"),
        ({"unet": ["diffusers", "UNet3DConditionModel"]}, None, "upscale"),
        ({"unet": ["diffusers", "UNet1DModel"]}, None, "image"),
        ({"transformer": ["diffusers", "WanTransformer3DModel"], "transformer_2": ["diffusers", "Wan"]}, None, "video"),
        ({}, None, "image"),
    ],
)
def test_a_model_that_can_not_fill_the_role_is_refused_with_those_that_can(tmp_path, index, channels, role):
    write(tmp_path, index, channels)
    with pytest.raises(ModelError, match=f"holds SomePipeline, which can't be the {role} model: choose one of"):
        detect_model_class(tmp_path, role)


@pytest.mark.parametrize("content", ["{", "[]", "3"])
def test_a_damaged_index_is_one_sentence(tmp_path, content):
    (tmp_path / "model_index.json").write_text(content)
    with pytest.raises(ModelError, match="model_index.json is damaged"):
        detect_model_class(tmp_path, "image")
