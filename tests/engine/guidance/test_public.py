"""Every class of public model, small and random, against score distillation written out by hand."""

import math
import shutil
from dataclasses import replace

import pytest
import torch
from transformers import CLIPTokenizer

from engine.config.quality import PUBLIC_QUALITIES
from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance.denoisers.video_unet import AnimateDiff
from engine.guidance.load import GuidanceConfig, load_guidance
from engine.guidance.model_class import detect_model_class
from engine.guidance.public import PublicGuidance
from engine.models.presets import PRESETS
from engine.pipeline.train import load_stage_models
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.tensor([0.2]), torch.tensor([0.1]))
FIXED = DistillationConfig(guidance_scale=7.5, noise_start=0.6, noise_end=0.6, noise_spread=0.0, weighting="sds")
ROLES = {name: "image" for name in public_models.IMAGE} | {name: "video" for name in public_models.VIDEO}
ROLES |= {name: "upscale" for name in public_models.UPSCALE}
LOW = torch.rand(1, 3, 3, 8, 8, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    for name in public_models.ALL:
        public_models.save(name, folder / name)
    return folder


def load(models, name, distillation=FIXED, **changes):
    config = GuidanceConfig("a corgi playing", replace(PRESETS["custom"], **{ROLES[name]: str(models / name)}), **changes)
    return load_guidance(ROLES[name], config, distillation)


def ask(loaded, frames, low=None):
    generator = torch.Generator().manual_seed(7)
    return loaded.guidance.gradient(frames, loaded.prompt, CAMERAS, 0.5, generator, low_resolution=low)


def frames_for(name):
    count = 5 if name in ("wan", "cogvideox") else 3
    return torch.rand(1, count, 3, 32, 32, generator=torch.Generator().manual_seed(2))


def by_hand(guidance, prompt, frames, low=None):
    """w (predicted - true) noise, or velocity for a flow, through autoencoder and resizing in one graph of autograd."""
    denoiser, scale = guidance.denoiser, FIXED.guidance_scale
    frames = frames.clone().requires_grad_()
    pictures = denoiser.model_frames(frames)
    generator = torch.Generator().manual_seed(7)
    each = CAMERAS if denoiser.is_video else CAMERAS.per_frame(frames.shape[1])
    conditions = denoiser.conditions(each, low, generator)
    vae = getattr(denoiser.latents, "autoencoder", None)
    pixels = pictures * 2 - 1
    if vae is None:
        clean = pixels
    elif pictures.dim() == 4:
        clean = vae.encode(pixels).latent_dist.mean * vae.config.scaling_factor
    elif type(vae).__name__ == "AutoencoderKLWan":
        shape = (1, -1, 1, 1, 1)
        mean, deviation = (torch.tensor(value).view(shape) for value in (vae.config.latents_mean, vae.config.latents_std))
        clean = ((vae.encode(pixels.transpose(1, 2)).latent_dist.mean - mean) / deviation).transpose(1, 2)
    elif type(vae).__name__ == "AutoencoderKLCogVideoX":
        clean = vae.encode(pixels.transpose(1, 2)).latent_dist.mean.transpose(1, 2) * vae.config.scaling_factor
    else:
        clean = vae.encode(pixels.flatten(0, 1)).latent_dist.mean.unflatten(0, pixels.shape[:2]) * vae.config.scaling_factor
    torch.rand(1, generator=generator)
    shape = clean.shape if "upscale" not in denoiser.roles else (1, *clean.shape[1:])
    noise = torch.randn(shape, generator=generator).expand(clean.shape)
    index = int(0.6 * 999)
    flow = denoiser.schedule.prediction == "flow_prediction"
    if flow:
        level = 3 * 0.6 / (1 + 2 * 0.6)
        assert float(denoiser.schedule.sigma[index]) == pytest.approx(level, abs=1e-6)
        timestep, noisy, wanted, weight = 1000 * level, (1 - level) * clean + level * noise, noise - clean, level**2
    else:
        timestep = index
        a, s = denoiser.schedule.alpha[index], denoiser.schedule.sigma[index]
        noisy, weight = a * clean + s * noise, s**2
        wanted = noise
    timesteps = torch.full((len(clean),), timestep)
    with torch.no_grad():
        told, blank = (
            denoiser(noisy, timesteps, text, conditions) for text in (prompt.at(each), prompt.unconditional.expand(len(clean)))
        )
        predicted = blank + scale * (told - blank)
        if denoiser.schedule.prediction == "v_prediction":
            # v = a noise - s clean, so the noise is a v + s x_t.
            predicted = a * predicted + s * noisy
        residual = weight * (predicted - wanted) / len(clean)
    return torch.autograd.grad(clean, frames, residual)[0]


@pytest.mark.parametrize("name", public_models.ALL)
def test_the_gradient_is_the_hand_written_one(models, name):
    loaded = load(models, name)
    frames, low = frames_for(name), LOW if ROLES[name] == "upscale" else None
    if low is not None:
        low = low[:, : frames.shape[1]]
    gradient = ask(loaded, frames, low)
    assert gradient.shape == frames.shape and bool(gradient.isfinite().all())
    expected = by_hand(loaded.guidance, loaded.prompt, frames, low)
    assert float(expected.abs().max()) > 0
    assert torch.allclose(gradient, expected, atol=2e-4 * float(expected.abs().max()))


def test_views_of_one_object_are_judged_together(tmp_path):
    public_models.save_multi_view(tmp_path / "mv")
    loaded = load_guidance("image", GuidanceConfig("a corgi", replace(PRESETS["custom"], image=str(tmp_path / "mv"))), FIXED)
    guidance, prompt = loaded.guidance, loaded.prompt
    assert len(prompt.conditional) == 1, "a model that knows cameras needs no view words"
    cameras = Cameras(torch.arange(4) * math.pi / 2, torch.full((4,), 0.2))
    frames = torch.rand(4, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    def gradient(frames, cameras=cameras):
        return guidance.gradient(frames, prompt, cameras, 0.0, torch.Generator().manual_seed(1))

    first = gradient(frames)
    assert first.shape == frames.shape and bool(first.isfinite().all())
    changed = frames.clone()
    changed[3] = 1 - changed[3]
    assert not torch.allclose(gradient(changed)[0], first[0], rtol=1e-3), "the first view did not see the last"
    turned = Cameras(cameras.azimuth + 0.7, cameras.elevation)
    assert not torch.allclose(gradient(frames, turned)[0], first[0], rtol=1e-3), "the cameras were not heard of"


def test_a_model_of_pictures_takes_them_a_few_at_a_time(models):
    loaded = load(models, "deepfloyd")
    cameras = Cameras(torch.linspace(0, 3, 11), torch.zeros(11))
    frames = torch.rand(11, 1, 3, 16, 16)
    asked = []
    network = loaded.guidance.denoiser.network
    network.register_forward_pre_hook(lambda module, inputs: asked.append(len(inputs[0])))
    loaded.guidance.gradient(frames, loaded.prompt, cameras, 0.0, torch.Generator().manual_seed(0))
    assert asked == [8, 3, 8, 3]


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


@pytest.mark.parametrize(
    ("name", "role"),
    [("modelscope", "image"), ("stable_diffusion", "video"), ("stable_diffusion", "upscale"), ("latent_upscaler", "image")],
)
def test_a_model_of_another_class_is_refused_in_words(models, name, role):
    with pytest.raises(ModelError, match=f"can't be the {role} model: choose one of"):
        detect_model_class(models / name, role)


def test_the_text_encoder_is_gone_before_the_rest_is_loaded(models, monkeypatch):
    from engine.guidance import load as module

    asked = []
    original = module.load_components
    monkeypatch.setattr(module, "load_components", lambda *a, **k: asked.append(k["only"]) or original(*a, **k))
    loaded = load(models, "stable_diffusion_xl")
    assert asked == [
        ("tokenizer", "text_encoder", "tokenizer_2", "text_encoder_2"), ("unet", "vae", "scheduler"),
    ]  # fmt: skip
    assert not any("text" in name for name in vars(loaded.guidance.denoiser))


def test_a_prompt_that_was_encoded_before_needs_no_encoder(models, monkeypatch, tmp_path):
    from engine.guidance import load as module

    first = load(models, "stable_diffusion_xl", text_cache=tmp_path).prompt
    asked = []
    original = module.load_components
    monkeypatch.setattr(module, "load_components", lambda *a, **k: asked.append(k["only"]) or original(*a, **k))
    again = load(models, "stable_diffusion_xl", text_cache=tmp_path).prompt
    assert asked == [("unet", "vae", "scheduler")]
    assert torch.equal(again.conditional.states, first.conditional.states)
    assert torch.equal(again.unconditional.pooled, first.unconditional.pooled)


def test_what_is_offloaded_is_on_its_device_only_while_it_works(models):
    loaded = load(models, "stable_diffusion", low_memory=True)
    moved = []
    loaded.guidance.resident._move = moved.append
    frames = frames_for("stable_diffusion")
    loaded.guidance.gradient(frames, loaded.prompt, CAMERAS, 0.0, torch.Generator().manual_seed(0))
    assert moved == [torch.device("cpu"), torch.device("cpu")] and len(loaded.guidance.resident.networks) == 2


def on_meta(guidance) -> None:
    """Puts its networks on PyTorch's device without memory, where mixing devices is an error as it is on a graphics card."""
    for network in [guidance.denoiser.network, getattr(guidance.denoiser.latents, "autoencoder", None)]:
        if network is not None:
            network.to("meta")


@pytest.mark.parametrize("low_memory", [False, True])
@pytest.mark.parametrize("name", public_models.ALL)
def test_on_another_device_nothing_is_left_behind(models, name, low_memory):
    loaded = load(models, name, low_memory=low_memory)
    on_meta(loaded.guidance)
    loaded.guidance.resident = None
    frames = frames_for(name).to("meta")
    low = LOW[:, : frames.shape[1]].to("meta") if ROLES[name] == "upscale" else None
    # The prompt is where its encoder was, in main memory, and so are cameras.
    gradient = ask(loaded, frames, low)
    assert gradient.device.type == "meta" and gradient.shape == frames.shape


@pytest.mark.parametrize("kept", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", public_models.ALL)
def test_in_half_precision_the_gradient_keeps_its_direction(models, monkeypatch, name, kept):
    frames, low = frames_for(name), LOW if ROLES[name] == "upscale" else None

    def gradient():
        loaded = load(models, name)
        return ask(loaded, frames, low).flatten()

    exact = gradient()
    monkeypatch.setattr("engine.guidance.load._precision", lambda device: kept)
    halved = gradient()
    assert halved.dtype == torch.float32
    assert float(torch.nn.functional.cosine_similarity(halved, exact, 0)) > 0.99


def test_at_low_memory_wan_s_autoencoder_is_halved_as_well(models, monkeypatch):
    monkeypatch.setattr("engine.guidance.load._precision", lambda device: torch.bfloat16)
    kept = [load(models, "wan", low_memory=low).guidance.denoiser.latents.autoencoder.dtype for low in (False, True)]
    assert kept == [torch.float32, torch.bfloat16]


def test_an_autoencoder_that_overflows_in_float16_is_kept_in_float32(models, monkeypatch):
    monkeypatch.setattr("engine.guidance.load._precision", lambda device: torch.float16)
    guidance = load(models, "stable_diffusion_xl").guidance
    assert guidance.denoiser.latents.autoencoder.config.force_upcast
    assert guidance.denoiser.latents.autoencoder.dtype == torch.float32 and guidance.denoiser.network.dtype == torch.float16


def test_a_scale_of_one_asks_once(models):
    loaded = load(models, "deepfloyd", replace(FIXED, guidance_scale=1.0))
    asked = []
    loaded.guidance.denoiser.network.register_forward_pre_hook(lambda module, inputs: asked.append(1))
    loaded.guidance.gradient(frames_for("deepfloyd"), loaded.prompt, CAMERAS, 0.0, torch.Generator().manual_seed(0))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("name", "scale"), [("deepfloyd", 20), ("stable_diffusion", 100), ("modelscope", 100), ("deepfloyd_upscaler", 20)]
)
def test_without_a_guidance_scale_a_model_has_the_published_one_of_its_class(models, name, scale):
    assert load(models, name, replace(FIXED, guidance_scale=None)).guidance.distillation.guidance_scale == scale
    assert load(models, name, replace(FIXED, guidance_scale=3.0)).guidance.distillation.guidance_scale == 3


def test_a_model_that_goes_on_in_the_last_stage_keeps_its_scale(models):
    sources = {"video": str(models / "modelscope"), "upscale": str(models / "deepfloyd_upscaler")}
    models_by_role, quality = {}, PUBLIC_QUALITIES["standard"]
    for stage in ("dynamic", "super_resolution"):
        load_stage_models(models_by_role, stage, GuidanceConfig("a corgi", replace(PRESETS["custom"], **sources)), quality)
    asked = {role: each.guidance.distillation for role, each in models_by_role.items()}
    assert {role: each.guidance_scale for role, each in asked.items()} == {"video": 100, "upscale": 20}
    assert asked["video"].noise_start == quality.super_resolution.video_distillation.noise_start


@pytest.mark.parametrize(("role", "scale"), [("image", 1.5), ("video", 1.0)])
def test_a_built_in_model_among_public_ones_has_its_own_scale(role, scale):
    loaded = load_guidance(role, GuidanceConfig("a red ball", PRESETS["primitives"]), replace(FIXED, guidance_scale=None))
    assert loaded.guidance.distillation.guidance_scale == scale


def test_noise_of_an_upscaler_is_the_same_in_all_frames_of_a_clip(models):
    guidance = load(models, "deepfloyd_upscaler").guidance
    still = torch.full((2, 3, 3, 16, 16), 0.5)
    low = guidance.denoiser.conditions(CAMERAS, still, torch.Generator().manual_seed(0))["low"].unflatten(0, (2, 3))
    assert torch.equal(low[0, 0], low[0, 2]) and not torch.equal(low[0, 0], low[1, 0])


def test_public_guidance_says_where_it_looks_from(models):
    guidance = load(models, "stable_diffusion").guidance
    assert isinstance(guidance, PublicGuidance) and guidance.views_per_batch == 1
    assert guidance.elevation == (0.0, math.radians(30)) and 0 < guidance.fov < 1


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
