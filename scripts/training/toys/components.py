"""The components of the three built-in models, made from nothing and saved in diffusers' folder layout."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast

from engine.files import apply_umask, write_text
from engine.models.clip_denoiser import ClipDenoiser, scene_channels
from engine.models.motion_encoder import MotionEncoder
from engine.models.pose_encoder import PoseEncoder
from engine.models.world.clips import COLOURS, FRAMES
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import DISTANCE, FOV
from scripts.training.toys.pool import ELEVATION
from scripts.training.word_tokenizer import make_word_tokenizer

WIDTH = 128
TOKENS = 6
PLACE_HARMONICS = 3
IMAGE_FOV = math.radians(24)


@dataclass(frozen=True)
class Role:
    """What one built-in model takes and how large it is.

    frames: of a clip. low_size: side of the low-resolution condition, 0 for none. grid: the U-Net's side.
    moves: whether words tell where the body of each frame is.
    """

    name: str
    frames: int
    size: int
    low_size: int
    fov: float
    widths: tuple[int, int, int]
    grid: int = 16
    moves: bool = False

    def channels(self, size: int) -> int:
        return 3 * (size // self.grid) ** 2


ROLES = {
    "image": Role("image", 1, 32, 0, IMAGE_FOV, (64, 112, 160)),
    "video": Role("video", FRAMES, 32, 0, FOV, (64, 112, 160), moves=True),
    "upscale": Role("upscale", FRAMES, 64, 32, FOV, (32, 64, 112), grid=32),
}


def make_tokenizer() -> PreTrainedTokenizerFast:
    return make_word_tokenizer([*COLOURS, *SHAPES, *MOTIONS], TOKENS)


def make_text_encoder(vocabulary: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=TOKENS, projection_dim=WIDTH,
            pad_token_id=0, bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip


def make_denoiser(role: Role) -> ClipDenoiser:
    low_channels = role.channels(role.low_size) if role.low_size else 0
    unet = UNet2DConditionModel(
        sample_size=role.grid, in_channels=role.channels(role.size) + scene_channels(PLACE_HARMONICS) + low_channels,
        out_channels=role.channels(role.size), block_out_channels=role.widths, layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH, attention_head_dim=8, norm_num_groups=16, resnet_time_scale_shift="scale_shift",
        addition_embed_type="text", addition_embed_type_num_heads=4,
    )  # fmt: skip
    pose_encoder = PoseEncoder(
        WIDTH, fov=role.fov, distance=DISTANCE, elevation_low=ELEVATION[0], elevation_high=ELEVATION[1],
        place_harmonics=PLACE_HARMONICS, place_fov=IMAGE_FOV if role.moves else 0.0, moves=role.moves,
    )
    motion_encoder = MotionEncoder(WIDTH) if role.moves else None
    return ClipDenoiser(unet, pose_encoder, make_scheduler(), motion_encoder).to(memory_format=torch.channels_last)


def make_scheduler() -> DDIMScheduler:
    return DDIMScheduler(1000, beta_schedule="squaredcos_cap_v2", prediction_type="sample", clip_sample=True)


def encode(text_encoder: CLIPTextModel, tokenizer: PreTrainedTokenizerFast, prompts: list[str]) -> torch.Tensor:
    """Hidden states of the text encoder, [prompts, tokens, width]."""
    tokens = tokenizer(prompts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    return text_encoder(tokens.input_ids).last_hidden_state


def save(folder: Path, denoiser: ClipDenoiser, text_encoder: CLIPTextModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """Writes a diffusers model folder in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    denoiser.unet.half().to(memory_format=torch.contiguous_format).save_pretrained(folder / "unet")
    denoiser.pose_encoder.half().save_pretrained(folder / "pose_encoder")
    if denoiser.motion_encoder is not None:
        denoiser.motion_encoder.half().save_pretrained(folder / "motion_encoder")
    text_encoder.half().save_pretrained(folder / "text_encoder")
    tokenizer.save_pretrained(folder / "tokenizer")
    make_scheduler().save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "ClipDiffusion",
        "pose_encoder": ["engine.models.pose_encoder", "PoseEncoder"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
        "unet": ["diffusers", "UNet2DConditionModel"],
    }
    if denoiser.motion_encoder is not None:
        index["motion_encoder"] = ["engine.models.motion_encoder", "MotionEncoder"]
    write_text(folder / "model_index.json", json.dumps(index, indent=2) + "\n")
    apply_umask(folder)
