import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance.load import GuidanceConfig, load_guidance
from engine.guidance.text.ip_adapter import embed_picture
from engine.models.presets import PRESETS
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

EMBEDDING, TOKENS = 24, 4
FIXED = DistillationConfig(guidance_scale=2.0, noise_start=0.6, noise_end=0.6, noise_spread=0.0)


def make_adapter(folder, unet):
    """A random IP-Adapter for `unet`, in the names that its authors' files have."""
    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
        projection_dim=EMBEDDING,
    )  # fmt: skip
    CLIPVisionModelWithProjection(config).save_pretrained(folder / "image_encoder")
    width, weights, number = unet.config.cross_attention_dim, {}, 1
    for name, module in unet.named_modules():
        if name.endswith("attn2"):
            for part in ("to_k_ip", "to_v_ip"):
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(module.to_q.out_features, width)
            number += 2
    weights["image_proj.proj.weight"] = torch.randn(TOKENS * width, EMBEDDING)
    weights["image_proj.proj.bias"] = torch.zeros(TOKENS * width)
    weights["image_proj.norm.weight"], weights["image_proj.norm.bias"] = torch.ones(width), torch.zeros(width)
    save_file(weights, folder / "ip-adapter_small.safetensors")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapted")
    public_models.save("stable_diffusion", folder / "image")
    make_adapter(folder / "adapter", public_models.unet())
    return folder


def gradient(folders, picture, adapter):
    preset = replace(PRESETS["custom"], image=str(folders / "image"))
    ready = load_guidance("image", GuidanceConfig("a corgi", preset, picture=picture, adapter=str(adapter)), FIXED)
    frames = torch.rand(1, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    cameras = Cameras(torch.tensor([0.3]), torch.tensor([0.1]))
    return ready.guidance.gradient(frames, ready.prompt, cameras, 0.0, torch.Generator().manual_seed(1))


def test_the_picture_stands_beside_the_text(folders):
    adapter = folders / "adapter"
    red, green = torch.ones(4, 40, 40), torch.ones(4, 40, 40)
    red[1:3], green[0::2] = 0, 0
    green[3] = 1
    without = gradient(folders, None, adapter)
    with_red, with_green = gradient(folders, red, adapter), gradient(folders, green, adapter)
    assert bool(with_red.isfinite().all()) and torch.equal(with_red, gradient(folders, red, adapter))
    for one, other in ((without, with_red), (with_red, with_green)):
        assert float((one - other).abs().max()) > 1e-3 * float(one.abs().max())


def test_what_is_transparent_is_white(folders):
    clear, white = torch.zeros(4, 32, 32), torch.ones(4, 32, 32)
    assert torch.allclose(*(embed_picture(folders / "adapter", picture) for picture in (clear, white)), atol=1e-6)
    assert embed_picture(folders / "adapter", clear).shape == (1, EMBEDDING)


def test_an_adapter_of_another_model_or_kind_is_refused_in_words(folders, tmp_path):
    picture = torch.ones(4, 32, 32)
    other = make_adapter(tmp_path / "other", public_models.unet(block_out_channels=(16, 16), norm_num_groups=8))
    with pytest.raises(ModelError, match="not one for this model"):
        gradient(folders, picture, other)
    with pytest.raises(ModelError, match="holds 0 files"):
        (other / "ip-adapter_small.safetensors").unlink()
        gradient(folders, picture, other)
    save_file({"latents": torch.zeros(1)}, other / "ip-adapter_plus.safetensors")
    with pytest.raises(ModelError, match="no image adapter"):
        gradient(folders, picture, other)
    (other / "image_encoder" / "config.json").write_text(json.dumps([]))
    with pytest.raises(ModelError):
        gradient(folders, picture, other)
