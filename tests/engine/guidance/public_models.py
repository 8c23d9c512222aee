"""Small public models with random weights, saved by diffusers' own pipelines: the classes and the layout of the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AnimateDiffPipeline,
    AutoencoderKL,
    AutoencoderKLCogVideoX,
    AutoencoderKLWan,
    CogVideoXDDIMScheduler,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    DDIMScheduler,
    DDPMScheduler,
    EulerDiscreteScheduler,
    IFPipeline,
    IFSuperResolutionPipeline,
    MotionAdapter,
    StableDiffusionPipeline,
    StableDiffusionUpscalePipeline,
    StableDiffusionXLPipeline,
    TextToVideoSDPipeline,
    UNet2DConditionModel,
    UNet3DConditionModel,
    UniPCMultistepScheduler,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    UMT5Config,
    UMT5EncoderModel,
)

from engine.models.mvdream.config import MultiViewConfig
from engine.models.mvdream.unet import MultiViewUNet

WIDTH = 32
LETTERS = "abcdefghijklmnopqrstuvwxyz, "


def clip_tokenizer() -> CLIPTokenizer:
    pieces = ["<|startoftext|>", "<|endoftext|>", *LETTERS[:27], *(f"{letter}</w>" for letter in LETTERS[:27])]
    return CLIPTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[], model_max_length=77)


def clip_encoder(kind=CLIPTextModel):
    config = CLIPTextConfig(
        vocab_size=64, hidden_size=WIDTH, intermediate_size=37, num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=77, projection_dim=WIDTH, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    return kind(config)


def t5(kind=T5EncoderModel, config=T5Config):
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -2.0) for letter in LETTERS[:27]), ("▁", -2.0)]
    encoder = kind(config(vocab_size=160, d_model=WIDTH, d_kv=8, d_ff=37, num_layers=2, num_heads=4))
    return {"tokenizer": T5Tokenizer(vocab=pieces, extra_ids=0), "text_encoder": encoder}


def vae(channels: int = 4, blocks: int = 2) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(16, 32, 32)[:blocks], latent_channels=channels, norm_num_groups=8, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
    )  # fmt: skip


def unet(**changes) -> UNet2DConditionModel:
    options = {
        "block_out_channels": (16, 32), "layers_per_block": 1, "sample_size": 16, "in_channels": 4, "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": WIDTH, "norm_num_groups": 8, "attention_head_dim": 8,
    }  # fmt: skip
    return UNet2DConditionModel(**options | changes)


def video_unet() -> UNet3DConditionModel:
    return UNet3DConditionModel(
        block_out_channels=(16, 32), layers_per_block=1, sample_size=16, in_channels=4, out_channels=4, norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"), up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=WIDTH, attention_head_dim=8,
    )  # fmt: skip


def stable_diffusion(prediction: str = "epsilon") -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae(), clip_encoder(), clip_tokenizer(), unet(), DDIMScheduler(prediction_type=prediction, clip_sample=False), None,
        None, requires_safety_checker=False,
    )  # fmt: skip


def stable_diffusion_xl() -> StableDiffusionXLPipeline:
    network = unet(
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        cross_attention_dim=2 * WIDTH,
    )  # fmt: skip
    second = clip_encoder(CLIPTextModelWithProjection)
    return StableDiffusionXLPipeline(
        vae(), clip_encoder(), second, clip_tokenizer(), clip_tokenizer(), network, EulerDiscreteScheduler()
    )


def deepfloyd() -> IFPipeline:
    scheduler = DDPMScheduler(variance_type="learned_range", thresholding=True)
    return IFPipeline(
        **t5(), unet=unet(in_channels=3, out_channels=6), scheduler=scheduler, safety_checker=None, feature_extractor=None,
        watermarker=None, requires_safety_checker=False,
    )  # fmt: skip


def deepfloyd_upscaler() -> IFSuperResolutionPipeline:
    network = unet(in_channels=6, out_channels=6, class_embed_type="timestep", sample_size=32)
    return IFSuperResolutionPipeline(
        **t5(), unet=network, scheduler=DDPMScheduler(variance_type="learned_range"), image_noising_scheduler=DDPMScheduler(),
        safety_checker=None, feature_extractor=None, watermarker=None, requires_safety_checker=False,
    )  # fmt: skip


def latent_upscaler() -> StableDiffusionUpscalePipeline:
    network = unet(in_channels=7, num_class_embeds=1000)
    return StableDiffusionUpscalePipeline(
        vae(blocks=3), clip_encoder(), clip_tokenizer(), network, DDPMScheduler(), DDIMScheduler(prediction_type="v_prediction")
    )


def modelscope() -> TextToVideoSDPipeline:
    return TextToVideoSDPipeline(vae(), clip_encoder(), clip_tokenizer(), video_unet(), DDIMScheduler())


def motion_adapter() -> MotionAdapter:
    return MotionAdapter(
        block_out_channels=(16, 32), motion_layers_per_block=1, motion_norm_num_groups=8, motion_num_attention_heads=4,
        motion_max_seq_length=16, use_motion_mid_block=True,
    )  # fmt: skip


def animatediff() -> AnimateDiffPipeline:
    return AnimateDiffPipeline(vae(), clip_encoder(), clip_tokenizer(), unet(), motion_adapter(), DDIMScheduler())


def wan() -> WanPipeline:
    autoencoder = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16, out_channels=16, text_dim=WIDTH,
        freq_dim=32, ffn_dim=32, num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads", rope_max_seq_len=64,
    )  # fmt: skip
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0)
    return WanPipeline(**t5(UMT5EncoderModel, UMT5Config), vae=autoencoder, scheduler=scheduler, transformer=transformer)


def wan_fine() -> WanPipeline:
    """As Wan 2.2's 5B: the autoencoder takes patches of pixels, and the pipeline tells every token its timestep."""
    autoencoder = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True],
        is_residual=True, in_channels=12, out_channels=12, patch_size=2, scale_factor_spatial=16,
    )  # fmt: skip
    like = wan()
    parts = {name: getattr(like, name) for name in ("tokenizer", "text_encoder", "transformer", "scheduler")}
    return WanPipeline(**parts, vae=autoencoder, expand_timesteps=True)


def cogvideox(rotary: bool = False) -> CogVideoXPipeline:
    autoencoder = AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2, temporal_compression_ratio=4,
    )  # fmt: skip
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4, time_embed_dim=2, text_embed_dim=WIDTH,
        num_layers=1, sample_width=12, sample_height=8, sample_frames=9, patch_size=2, temporal_compression_ratio=4,
        max_text_seq_length=16, use_rotary_positional_embeddings=rotary,
    )  # fmt: skip
    scheduler = CogVideoXDDIMScheduler(prediction_type="v_prediction", rescale_betas_zero_snr=True, snr_shift_scale=3.0)
    return CogVideoXPipeline(**t5(), vae=autoencoder, transformer=transformer, scheduler=scheduler)


IMAGE = {"stable_diffusion": stable_diffusion, "stable_diffusion_xl": stable_diffusion_xl, "deepfloyd": deepfloyd}
VIDEO = {"modelscope": modelscope, "animatediff": animatediff, "wan": wan, "wan_fine": wan_fine, "cogvideox": cogvideox}
UPSCALE = {"deepfloyd_upscaler": deepfloyd_upscaler, "latent_upscaler": latent_upscaler}
ALL = IMAGE | VIDEO | UPSCALE


def save(name: str, folder: Path, seed: int = 0) -> Path:
    """The model called `name` in ALL, in `folder`."""
    torch.manual_seed(seed)
    ALL[name]().save_pretrained(folder)
    return folder


def save_multi_view(folder: Path, seed: int = 0) -> Path:
    """A small MVDream-class model as its ports are laid out; no pipeline of diffusers saves one."""
    torch.manual_seed(seed)
    small = MultiViewConfig(
        image_size=8, model_channels=32, num_res_blocks=1, attention_resolutions=(1, 2), channel_mult=(1, 2),
        num_head_channels=16, context_dim=WIDTH,
    )  # fmt: skip
    network = MultiViewUNet(small)
    for parameter in network.parameters():
        # Layers that begin at zero would hide what they are told.
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    network.save_pretrained(folder / "unet")
    parts = {"vae": vae(), "text_encoder": clip_encoder(), "tokenizer": clip_tokenizer(), "scheduler": DDIMScheduler()}
    for name, part in parts.items():
        part.save_pretrained(folder / name)
    index = {"_class_name": "MVDreamPipeline", "feature_extractor": [None, None], "unet": ["mv_unet", "MultiViewUNetModel"]}
    for name, part in parts.items():
        index[name] = ["transformers" if name in ("text_encoder", "tokenizer") else "diffusers", type(part).__name__]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder
