"""The stand-ins' networks, of the public models' own classes and made small, and the folders that they are saved in.

All see squares of 64 pixels as latents of 16: the autoencoders' factor is 4. Text is a word-level tokenizer of the words that
there are and two layers of the class's own encoder, trained with the denoiser.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKL,
    AutoencoderKLWan,
    DDIMScheduler,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
    WanTransformer3DModel,
)
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

from engine.files import apply_umask, replace_folder, write_text
from engine.models.mvdream.config import MultiViewConfig
from engine.models.mvdream.unet import MultiViewUNet
from scripts.stand_ins.words import vocabulary
from scripts.training.word_tokenizer import make_word_tokenizer

ROLES = ("video", "multi_view", "image")
SIZE, LATENTS = 64, 16
TEXT_WIDTH, TOKENS = 128, 32
IMAGE_CHANNELS, VIDEO_CHANNELS = 4, 8
TRAINING = "training.json"
PIPELINES = {"image": "StableDiffusionPipeline", "multi_view": "MVDreamPipeline", "video": "WanPipeline"}


def make_tokenizer(role: str) -> PreTrainedTokenizerFast:
    return make_word_tokenizer(vocabulary(role), TOKENS)


def make_clip(words: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=words, hidden_size=TEXT_WIDTH, intermediate_size=2 * TEXT_WIDTH, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=TOKENS, projection_dim=TEXT_WIDTH, pad_token_id=0, bos_token_id=1,
            eos_token_id=2,
        )
    )  # fmt: skip


def make_umt5(words: int) -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=words, d_model=TEXT_WIDTH, d_kv=32, d_ff=2 * TEXT_WIDTH, num_layers=2, num_heads=4, pad_token_id=0,
        eos_token_id=2, dropout_rate=0.0,
    )  # fmt: skip
    return UMT5EncoderModel(config)


def make_image_autoencoder() -> AutoencoderKL:
    """4 channels at a quarter of the size; its scaling factor is measured after training."""
    return AutoencoderKL(
        block_out_channels=(32, 64, 64), latent_channels=IMAGE_CHANNELS, norm_num_groups=16, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, sample_size=SIZE,
        mid_block_add_attention=False,
    )  # fmt: skip


def make_video_autoencoder() -> AutoencoderKLWan:
    """8 channels at a quarter of the size and of the frames; latents' mean and deviation are measured after training."""
    return AutoencoderKLWan(
        base_dim=16, z_dim=VIDEO_CHANNELS, dim_mult=[1, 2, 3], num_res_blocks=1, temperal_downsample=[True, True],
        latents_mean=[0.0] * VIDEO_CHANNELS, latents_std=[1.0] * VIDEO_CHANNELS, scale_factor_temporal=4,
        scale_factor_spatial=4,
    )  # fmt: skip


def make_image_denoiser() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=LATENTS, in_channels=IMAGE_CHANNELS, out_channels=IMAGE_CHANNELS, block_out_channels=(64, 128, 160),
        layers_per_block=1, cross_attention_dim=TEXT_WIDTH, attention_head_dim=32, norm_num_groups=32,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip


def make_multi_view_denoiser() -> MultiViewUNet:
    network = MultiViewUNet(
        MultiViewConfig(
            image_size=LATENTS, in_channels=IMAGE_CHANNELS, out_channels=IMAGE_CHANNELS, model_channels=64, num_res_blocks=1,
            attention_resolutions=(2, 4), channel_mult=(1, 2, 3), num_head_channels=32, context_dim=TEXT_WIDTH,
        )
    )  # fmt: skip
    return network.train().requires_grad_(True)


def make_video_denoiser() -> WanTransformer3DModel:
    network = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=8, attention_head_dim=32, in_channels=VIDEO_CHANNELS,
        out_channels=VIDEO_CHANNELS, text_dim=TEXT_WIDTH, freq_dim=256, ffn_dim=768, num_layers=6, cross_attn_norm=True,
        qk_norm="rms_norm_across_heads", rope_max_seq_len=64,
    )  # fmt: skip
    # What it was trained on, as `engine.guidance.denoisers.wan` reads it.
    network.register_to_config(sample_size=LATENTS)
    return network


def make_image_scheduler() -> DDIMScheduler:
    """Stable Diffusion's noise schedule, with the velocity predicted as its version 2 does."""
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip


def make_video_scheduler() -> UniPCMultistepScheduler:
    """Wan 2.1's: flow matching with its levels shifted towards noise by 3."""
    return UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)


AUTOENCODERS: dict[str, Callable[[], nn.Module]] = {"image": make_image_autoencoder, "video": make_video_autoencoder}
DENOISERS: dict[str, Callable[[], nn.Module]] = {
    "image": make_image_denoiser, "multi_view": make_multi_view_denoiser, "video": make_video_denoiser,
}  # fmt: skip


def autoencoder_of(role: str) -> str:
    """The autoencoder that a role's denoiser works in, by its name in AUTOENCODERS."""
    return "video" if role == "video" else "image"


def make_text_encoder(role: str, words: int) -> nn.Module:
    return make_umt5(words) if role == "video" else make_clip(words)


def make_scheduler(role: str) -> Any:
    return make_video_scheduler() if role == "video" else make_image_scheduler()


def save_model(
    folder: Path, role: str, denoiser: nn.Module, text_encoder: nn.Module, tokenizer: PreTrainedTokenizerFast, vae: nn.Module,
    step: int,
) -> None:  # fmt: skip
    """Writes a model folder as diffusers lays it out, aside first; the one before is replaced as a whole. TRAINING in it says
    how many steps the denoiser was trained."""
    part, old = folder.with_name(f"{folder.name}.part"), folder.with_name(f"{folder.name}.old")
    shutil.rmtree(part, ignore_errors=True)
    network = "transformer" if role == "video" else "unet"
    parts = {"vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "scheduler": make_scheduler(role)}
    parts[network] = denoiser
    index: dict[str, Any] = {"_class_name": PIPELINES[role]}
    for name, component in sorted(parts.items()):
        component.save_pretrained(part / name)
        library = "transformers" if name in ("text_encoder", "tokenizer") else "diffusers"
        index[name] = [library, "PreTrainedTokenizerFast" if name == "tokenizer" else type(component).__name__]
    if role == "multi_view":
        # As MVDream's ports name it.
        index[network] = ["mv_unet", "MultiViewUNetModel"]
    write_text(part / TRAINING, json.dumps({"step": step}) + "\n")
    write_text(part / "model_index.json", json.dumps(index, indent=2) + "\n")
    apply_umask(part)
    replace_folder(part, folder, old)
