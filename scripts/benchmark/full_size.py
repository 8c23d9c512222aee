"""The public models at their full size, without their weights: configurations, and files whose headers alone are real.

`save` writes a model's folder as diffusers would, with weights files that hold nothing but holes (they take no space on the
disk, and read as zeros), which is all that memory and time depend on.
Configurations are as remembered; the number of parameters of each is checked against what is published in `PARAMETERS`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLWan,
    DDIMScheduler,
    DDPMScheduler,
    UNet2DConditionModel,
    UNet3DConditionModel,
    UniPCMultistepScheduler,
    WanTransformer3DModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

from engine.models.mvdream.config import MultiViewConfig
from engine.models.mvdream.unet import MultiViewUNet

CROSS, DOWN, UP_CROSS, UP = "CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"
SIMPLE, SIMPLE_UP = "SimpleCrossAttnDownBlock2D", "SimpleCrossAttnUpBlock2D"
# Billions of parameters of the denoisers, as published.
PARAMETERS = {
    "stable_diffusion": 0.866, "multi_view": 0.868, "modelscope": 1.41, "wan": 1.42, "wan_5b": 5.0,
    "latent_upscaler": 0.473, "deepfloyd": 4.3, "deepfloyd_upscaler": 1.2,
}  # fmt: skip


def stable_diffusion_unet(**changes: Any) -> UNet2DConditionModel:
    """Of Stable Diffusion 2.1 base."""
    options = {
        "sample_size": 64, "block_out_channels": (320, 640, 1280, 1280), "cross_attention_dim": 1024,
        "attention_head_dim": (5, 10, 20, 20), "use_linear_projection": True,
    }  # fmt: skip
    return UNet2DConditionModel(**options | changes)


def autoencoder(blocks: int = 4) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512)[:blocks], layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
        scaling_factor=0.18215 if blocks == 4 else 0.08333,
    )  # fmt: skip


def clip() -> CLIPTextModel:
    """OpenCLIP's ViT-H without its last layer."""
    return CLIPTextModel(CLIPTextConfig(hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16))


def t5_xxl() -> T5EncoderModel:
    return T5EncoderModel(T5Config(d_model=4096, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu"))


def umt5_xxl() -> UMT5EncoderModel:
    return UMT5EncoderModel(
        UMT5Config(vocab_size=256384, d_model=4096, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu")
    )


def deepfloyd_unet(**changes: Any) -> UNet2DConditionModel:
    """Of IF-I-XL."""
    options = {
        "sample_size": 64, "in_channels": 3, "out_channels": 6, "block_out_channels": (704, 1408, 2112, 2816),
        "layers_per_block": 3, "down_block_types": ("ResnetDownsampleBlock2D", SIMPLE, SIMPLE, SIMPLE),
        "up_block_types": (SIMPLE_UP, SIMPLE_UP, SIMPLE_UP, "ResnetUpsampleBlock2D"),
        "mid_block_type": "UNetMidBlock2DSimpleCrossAttn", "cross_attention_dim": 2816, "attention_head_dim": 64,
        "encoder_hid_dim": 4096, "encoder_hid_dim_type": "text_proj", "addition_embed_type": "text",
        "addition_embed_type_num_heads": 64, "cross_attention_norm": "group_norm", "act_fn": "gelu",
        "resnet_time_scale_shift": "scale_shift", "resnet_out_scale_factor": 1.41421, "only_cross_attention": False,
    }  # fmt: skip
    return UNet2DConditionModel(**options | changes)


def deepfloyd_upscaler_unet() -> UNet2DConditionModel:
    """Of IF-II-L."""
    return deepfloyd_unet(
        sample_size=256, in_channels=6, block_out_channels=(320, 640, 960, 1280, 1280), layers_per_block=[2, 2, 3, 3, 3],
        down_block_types=("ResnetDownsampleBlock2D",) * 3 + (SIMPLE, SIMPLE), cross_attention_dim=1280,
        up_block_types=(SIMPLE_UP, SIMPLE_UP) + ("ResnetUpsampleBlock2D",) * 3, class_embed_type="timestep",
    )  # fmt: skip


def modelscope_unet() -> UNet3DConditionModel:
    return UNet3DConditionModel(
        sample_size=32, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=1024, attention_head_dim=64
    )


def upscaler_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=128, in_channels=7, out_channels=4, block_out_channels=(256, 512, 512, 1024), cross_attention_dim=1024,
        down_block_types=(DOWN, CROSS, CROSS, CROSS), up_block_types=(UP_CROSS, UP_CROSS, UP_CROSS, UP), attention_head_dim=8,
        only_cross_attention=(True, True, True, False), use_linear_projection=True, num_class_embeds=1000,
    )  # fmt: skip


def _noise(**changes: Any) -> DDIMScheduler:
    return DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, **changes)


def parts(name: str) -> dict[str, Any]:
    """The components of a model, to be made on the meta device."""
    if name == "stable_diffusion":
        return {"unet": stable_diffusion_unet(), "vae": autoencoder(), "text_encoder": clip(), "scheduler": _noise()}
    if name == "multi_view":
        unet = MultiViewUNet(MultiViewConfig())
        return {"unet": unet, "vae": autoencoder(), "text_encoder": clip(), "scheduler": _noise()}
    if name == "modelscope":
        return {"unet": modelscope_unet(), "vae": autoencoder(), "text_encoder": clip(), "scheduler": _noise()}
    if name == "latent_upscaler":
        schedulers = {"scheduler": _noise(prediction_type="v_prediction"), "low_res_scheduler": DDPMScheduler()}
        return {"unet": upscaler_unet(), "vae": autoencoder(3), "text_encoder": clip(), **schedulers}
    if name == "deepfloyd":
        return {"unet": deepfloyd_unet(), "text_encoder": t5_xxl(), "scheduler": DDPMScheduler()}
    if name == "deepfloyd_upscaler":
        schedulers = {"scheduler": DDPMScheduler(), "image_noising_scheduler": DDPMScheduler()}
        return {"unet": deepfloyd_upscaler_unet(), "text_encoder": t5_xxl(), **schedulers}
    if name == "wan":
        with torch.device("cpu"):
            scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
        transformer = WanTransformer3DModel(num_attention_heads=12, ffn_dim=8960, num_layers=30)
        return {"transformer": transformer, "vae": AutoencoderKLWan(), "text_encoder": umt5_xxl(), "scheduler": scheduler}
    if name == "wan_5b":
        with torch.device("cpu"):
            scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0)
        transformer = WanTransformer3DModel(
            num_attention_heads=24, ffn_dim=14336, num_layers=30, in_channels=48, out_channels=48
        )
        # Their means and deviations matter neither to memory nor to time.
        vae = AutoencoderKLWan(
            base_dim=160, decoder_base_dim=256, z_dim=48, is_residual=True, in_channels=12, out_channels=12, patch_size=2,
            scale_factor_spatial=16, latents_mean=[0.0] * 48, latents_std=[1.0] * 48,
        )  # fmt: skip
        return {"transformer": transformer, "vae": vae, "text_encoder": umt5_xxl(), "scheduler": scheduler}
    raise ValueError(f"there is no model {name!r}: {', '.join(PARAMETERS)}")


def save(name: str, folder: Path, dtype: torch.dtype = torch.float16) -> Path:
    """Writes the model's folder, its weights as holes of the right size."""
    with torch.device("meta"):
        made = parts(name)
    denoiser = made.get("unet") or made["transformer"]
    billions = sum(value.numel() for value in denoiser.parameters()) / 1e9
    if abs(billions / PARAMETERS[name] - 1) > 0.1:
        raise ValueError(f"{name} has {billions:.2f} billion parameters, published are {PARAMETERS[name]}")
    index: dict[str, Any] = {"_class_name": "Pipeline", "tokenizer": ["transformers", "T5Tokenizer"]}
    for part, value in made.items():
        ours = isinstance(value, MultiViewUNet)
        library = "transformers" if part == "text_encoder" else "diffusers"
        index[part] = ["mv_unet", "MultiViewUNetModel"] if ours else [library, type(value).__name__]
        where = folder / part
        where.mkdir(parents=True, exist_ok=True)
        if part.endswith("scheduler"):
            value.save_pretrained(where)
            continue
        stem = "model" if library == "transformers" else "diffusion_pytorch_model"
        _holes(where / f"{stem}.safetensors", value.state_dict(), dtype)
        config = value.config.to_dict() if hasattr(value.config, "to_dict") else dict(value.config)
        (where / "config.json").write_text(json.dumps(config, default=list), "utf-8")
    (folder / "tokenizer").mkdir(exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps(index), "utf-8")
    return folder


def _holes(path: Path, state: dict[str, torch.Tensor], dtype: torch.dtype) -> None:
    """A safetensors file of the tensors' names and shapes, without content."""
    header, end = {}, 0
    names = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32"}
    for name, value in state.items():
        # The same tensor as shared.weight.
        if name == "encoder.embed_tokens.weight":
            continue
        size = value.numel() * dtype.itemsize
        header[name] = {"dtype": names[dtype], "shape": list(value.shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.seek(end - 1, os.SEEK_CUR)
        file.write(b"\0")
