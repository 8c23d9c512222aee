"""The components of the built-in picture model, made from nothing and saved in diffusers' folder layout.

Words are tokens of a word-level tokenizer, each in its place (`engine.models.world.words.lexicon.Words`). The text encoder is a
`CLIPTextModel` without layers, a table of words and places: it is trained with the joint encoder, then stays as it is, so that
motions can be taught anew without touching the pictures.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import DDIMScheduler
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast

from engine.files import apply_umask, write_text
from engine.models.joint_encoder import JointEncoder
from engine.models.picture_denoiser import PictureDenoiser
from engine.models.world.words.lexicon import COLOURS, DARK, LIMB_MOTIONS, OBJECTS, SIZES, SPEEDS, WHOLE_MOTIONS
from scripts.training.word_tokenizer import make_word_tokenizer

WIDTH = 64
TOKENS = 9
FOLDER = "model"
CLASSES = {
    "joint_encoder": ("engine.models.joint_encoder", "JointEncoder"),
    "scheduler": ("diffusers", "DDIMScheduler"),
    "text_encoder": ("transformers", "CLIPTextModel"),
    "tokenizer": ("transformers", "PreTrainedTokenizerFast"),
    "unet": ("engine.models.picture_denoiser", "PictureDenoiser"),
}


def make_tokenizer() -> PreTrainedTokenizerFast:
    return make_word_tokenizer([*COLOURS, DARK, *OBJECTS, *LIMB_MOTIONS, *WHOLE_MOTIONS, *SIZES, *SPEEDS], TOKENS)


def make_text_encoder(vocabulary: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=WIDTH, num_hidden_layers=0, num_attention_heads=4,
            max_position_embeddings=TOKENS, projection_dim=WIDTH, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip


def make_denoiser() -> PictureDenoiser:
    return PictureDenoiser(width=WIDTH, tokens=TOKENS).to(memory_format=torch.channels_last)


def make_joint_encoder() -> JointEncoder:
    return JointEncoder(width=WIDTH, tokens=TOKENS)


def make_scheduler() -> DDIMScheduler:
    return DDIMScheduler(1000, beta_schedule="squaredcos_cap_v2", prediction_type="sample", clip_sample=True)


def encode(text_encoder: CLIPTextModel, tokenizer: PreTrainedTokenizerFast, prompts: list[str]) -> Tensor:
    """Hidden states of the text encoder, [prompts, TOKENS, WIDTH]; an empty prompt says nothing."""
    tokens = tokenizer(prompts, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    return text_encoder(tokens.input_ids.to(text_encoder.device)).last_hidden_state


def save(folder: Path, networks: dict[str, nn.Module], tokenizer: PreTrainedTokenizerFast) -> None:
    """Writes a model folder in half precision; `networks` by their names in CLASSES."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in networks.items():
        network.half().to(memory_format=torch.contiguous_format).save_pretrained(folder / name)
    tokenizer.save_pretrained(folder / "tokenizer")
    make_scheduler().save_pretrained(folder / "scheduler")
    index = {"_class_name": "PictureDiffusion"} | {name: list(CLASSES[name]) for name in sorted(CLASSES)}
    write_text(folder / "model_index.json", json.dumps(index, indent=2) + "\n")
    apply_umask(folder)
