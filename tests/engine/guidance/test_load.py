"""How models of the hub's classes are loaded: in which order, in which precision, and what does not go together."""

import shutil
from dataclasses import replace

import pytest
import torch
from transformers import CLIPTokenizer

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance.built_in import ImageGuidance, VideoGuidance
from engine.guidance.denoisers.video_unet import AnimateDiff
from engine.guidance.load import GuidanceConfig, check_models, load_guidance
from engine.models.presets import PRESETS
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.tensor([0.2]), torch.tensor([0.1]))
FIXED = DistillationConfig(guidance_scale=7.5)
ROLES = {
    "stable_diffusion": "image", "stable_diffusion_xl": "image", "deepfloyd": "image", "modelscope": "video", "wan": "video",
    "deepfloyd_upscaler": "upscale",
}  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in ROLES:
        public_models.save(name, folder / name)
    return folder


def load(models, name, distillation=FIXED, **changes):
    config = GuidanceConfig("a corgi playing", replace(PRESETS["custom"], **{ROLES[name]: str(models / name)}), **changes)
    return load_guidance(ROLES[name], config, distillation)


def test_a_role_without_a_model_is_one_sentence():
    with pytest.raises(ModelError, match="There is no video model: give video_model"):
        load_guidance("video", GuidanceConfig("a corgi", PRESETS["custom"]), FIXED)


def test_models_are_checked_before_any_is_loaded(models, tmp_path):
    preset = replace(PRESETS["custom"], image=str(models / "deepfloyd"), video=str(models / "modelscope"))
    check_models(preset, ("image", "video"))
    with pytest.raises(ModelError, match="can't be the image model"):
        check_models(replace(preset, image=preset.video), ("video", "image"))
    cut = tmp_path / "cut"
    shutil.copytree(models / "modelscope", cut)
    weights = next((cut / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="can't be read"):
        check_models(replace(preset, video=str(cut)), ("image", "video"))
    public_models.motion_adapter().save_pretrained(tmp_path / "adapter")
    with pytest.raises(ModelError, match="needs Stable Diffusion"):
        check_models(replace(preset, video=str(tmp_path / "adapter")), ("video",))


def test_built_in_models_have_guidance_of_their_own_and_know_cameras():
    for role, guidance in (("image", ImageGuidance), ("video", VideoGuidance)):
        loaded = load_guidance(role, GuidanceConfig("a red ball", PRESETS["primitives"]), FIXED)
        assert type(loaded.guidance) is guidance and len(loaded.prompt.conditional) == 1


def test_public_models_read_the_prompt_once_a_view(models):
    prompt = load(models, "deepfloyd", negative_prompt="blurry").prompt
    assert len(prompt.conditional) == 4 and len(prompt.unconditional) == 1
    assert not torch.equal(prompt.unconditional.states, load(models, "deepfloyd").prompt.unconditional.states)


def test_an_adapter_sits_in_the_image_model(models, tmp_path):
    torch.manual_seed(5)
    adapter = public_models.motion_adapter()
    adapter.save_pretrained(tmp_path / "adapter")
    preset = replace(PRESETS["custom"], image=str(models / "stable_diffusion"), video=str(tmp_path / "adapter"))
    loaded = load_guidance("video", GuidanceConfig("a corgi", preset), FIXED)
    assert isinstance(loaded.guidance.denoiser, AnimateDiff)
    weights = loaded.guidance.denoiser.network.state_dict()
    name, value = next(iter(adapter.state_dict().items()))
    assert torch.equal(weights[name], value)
    clips = torch.rand(1, 20, 3, 16, 16)
    assert loaded.guidance.denoiser.model_frames(clips).shape[1] == 16, "the adapter holds 16 frames"
    gradient = loaded.guidance.gradient(clips, loaded.prompt, CAMERAS, 0.0, torch.Generator().manual_seed(0))
    assert gradient.shape == clips.shape and bool(gradient.isfinite().all())
    alone = replace(preset, image=str(models / "deepfloyd"))
    with pytest.raises(ModelError, match="motion adapter, which needs Stable Diffusion"):
        load_guidance("video", GuidanceConfig("a corgi", alone), FIXED)


def test_the_text_encoder_is_gone_before_the_rest_is_loaded(models, monkeypatch):
    from engine.guidance import load as module

    asked = []
    original = module.load_components
    monkeypatch.setattr(module, "load_components", lambda *a, **k: asked.append(k["only"]) or original(*a, **k))
    loaded = load(models, "stable_diffusion_xl")
    assert asked == [
        ("tokenizer", "text_encoder", "tokenizer_2", "text_encoder_2"), ("unet", "scheduler"), ("vae",),
    ]  # fmt: skip
    assert not any("text" in name for name in vars(loaded.guidance.denoiser))


def test_a_prompt_that_was_encoded_before_needs_no_encoder(models, monkeypatch, tmp_path):
    from engine.guidance import load as module

    first = load(models, "stable_diffusion_xl", text_cache=tmp_path).prompt
    asked = []
    original = module.load_components
    monkeypatch.setattr(module, "load_components", lambda *a, **k: asked.append(k["only"]) or original(*a, **k))
    again = load(models, "stable_diffusion_xl", text_cache=tmp_path).prompt
    assert asked == [("unet", "scheduler"), ("vae",)]
    assert torch.equal(again.conditional.states, first.conditional.states)
    assert torch.equal(again.unconditional.pooled, first.unconditional.pooled)


def test_at_low_memory_wan_s_autoencoder_is_halved_as_well(models, monkeypatch):
    monkeypatch.setattr("engine.guidance.load._precision", lambda device, half=torch.bfloat16: half)

    def kept(name):
        loaded = [load(models, name, low_memory=low).guidance.denoiser for low in (False, True)]
        return [denoiser.latents.autoencoder.dtype for denoiser in loaded], loaded[0].network.dtype

    assert kept("wan") == ([torch.float32, torch.bfloat16], torch.bfloat16)
    # In float16 an autoencoder's gradient may vanish, and a picture's takes little.
    assert kept("modelscope") == ([torch.float32, torch.float32], torch.float16)


def test_an_autoencoder_that_overflows_in_float16_is_kept_in_float32(models, monkeypatch):
    monkeypatch.setattr("engine.guidance.load._precision", lambda device, *half: torch.float16)
    guidance = load(models, "stable_diffusion_xl").guidance
    assert guidance.denoiser.latents.autoencoder.config.force_upcast
    assert guidance.denoiser.latents.autoencoder.dtype == torch.float32 and guidance.denoiser.network.dtype == torch.float16


@pytest.mark.parametrize(
    ("name", "scale"), [("deepfloyd", 20), ("stable_diffusion", 100), ("modelscope", 100), ("deepfloyd_upscaler", 20)]
)
def test_without_a_guidance_scale_a_model_has_the_published_one_of_its_class(models, name, scale):
    assert load(models, name, replace(FIXED, guidance_scale=None)).guidance.distillation.guidance_scale == scale
    assert load(models, name, replace(FIXED, guidance_scale=3.0)).guidance.distillation.guidance_scale == 3


@pytest.mark.parametrize(("role", "scale"), [("image", 1.5), ("video", 1.0)])
def test_a_built_in_model_among_public_ones_has_its_own_scale(role, scale):
    loaded = load_guidance(role, GuidanceConfig("a red ball", PRESETS["primitives"]), replace(FIXED, guidance_scale=None))
    assert loaded.guidance.distillation.guidance_scale == scale


def test_a_tokenizer_of_another_model_is_told_of_in_words(models, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(models / "stable_diffusion", folder)
    pieces = [
        "<|startoftext|>",
        "<|endoftext|>",
        *(f"{chr(200 + i)}" for i in range(200)),
        "a</w>",
        "c",
        "o",
        "r",
        "g",
        "i</w>",
    ]
    CLIPTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[], model_max_length=77).save_pretrained(
        folder / "tokenizer"
    )
    with pytest.raises(ModelError, match="do not fit one another"):
        load_guidance("image", GuidanceConfig("a corgi", replace(PRESETS["custom"], image=str(folder))), FIXED)
