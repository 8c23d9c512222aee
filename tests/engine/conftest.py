"""A small public model with random weights, and a hub that serves such models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from tests.engine.models.small_hub import Hub, handler


@pytest.fixture
def hub(monkeypatch, cache_folder) -> Iterator[Hub]:
    """An empty hub; nothing of the user's own login is sent to it."""
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    # Small files come in many pieces too.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cache_folder(monkeypatch, tmp_path) -> Path:
    """The hub's cache during a test, empty; and no models in our own folder."""
    import huggingface_hub

    folder = tmp_path / "cache"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("MAV3D_MODELS", str(tmp_path / "store"))
    return folder


@pytest.fixture
def store_folder(cache_folder, tmp_path) -> Path:
    """Where models that had to be converted, or that an earlier version fetched, live during a test."""
    return tmp_path / "store"


@pytest.fixture(scope="session")
def public_model(tmp_path_factory) -> Path:
    """A Stable Diffusion of random weights as repositories have them: fp32, fp16, and other things beside."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("public") / "model"
    tokens = ["<|startoftext|>", "<|endoftext|>", "a", "b", "a</w>", "b</w>", "ab</w>"]
    tokenizer = CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[("a", "b</w>")])
    blocks = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4}
    unet = UNet2DConditionModel(
        sample_size=8, cross_attention_dim=16, attention_head_dim=4, **blocks,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )  # fmt: skip
    vae = AutoencoderKL(
        **blocks, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, sample_size=16
    )
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=7, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=8, bos_token_id=0, eos_token_id=1,
        )
    )  # fmt: skip
    scheduler = DDIMScheduler(steps_offset=1, clip_sample=False)
    parts = {"vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "unet": unet, "scheduler": scheduler}
    pipeline = StableDiffusionPipeline(**parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.save_pretrained(folder)
    (folder / "unet" / "unet.py").write_text("raise SystemExit('code of a repository was run')")
    (folder / "README.md").write_text("---\nlicense: openrail++\n---\nA model.")
    pipeline.to(torch.float16).save_pretrained(folder, variant="fp16")
    return folder
