"""Every class of public model, small and random, against score distillation written out by hand."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.quality import PUBLIC_QUALITIES
from engine.config.stage import AS_PUBLISHED, DistillationConfig
from engine.guidance import load as load_module
from engine.guidance.load import GuidanceConfig, load_guidance
from engine.guidance.public import PublicGuidance
from engine.models.presets import PRESETS
from engine.pipeline.train import load_stage_models
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.tensor([0.2]), torch.tensor([0.1]))
FIXED = DistillationConfig(guidance_scale=7.5, noise_start=0.6, noise_end=0.6, noise_spread=0.0, weighting="sds")
ROLES = {name: "image" for name in public_models.IMAGE} | {name: "video" for name in public_models.VIDEO}
ROLES |= {name: "upscale" for name in public_models.UPSCALE}
# Of diffusers' linear schedule, which small models are saved with.
BETAS = torch.linspace(0.0001, 0.02, 1000)
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
    count = 5 if name in ("wan", "wan_fine", "cogvideox") else 3
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
        timestep, noisy, wanted = 1000 * level, (1 - level) * clean + level * noise, noise - clean
        weight = (1 - level) * level**2
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
    monkeypatch.setattr("engine.guidance.load._precision", lambda device, *half: kept)
    halved = gradient()
    assert halved.dtype == torch.float32
    assert float(torch.nn.functional.cosine_similarity(halved, exact, 0)) > 0.99


def test_a_scale_of_one_asks_once(models):
    loaded = load(models, "deepfloyd", replace(FIXED, guidance_scale=1.0))
    asked = []
    loaded.guidance.denoiser.network.register_forward_pre_hook(lambda module, inputs: asked.append(1))
    loaded.guidance.gradient(frames_for("deepfloyd"), loaded.prompt, CAMERAS, 0.0, torch.Generator().manual_seed(0))
    assert len(asked) == 1


def test_a_model_that_goes_on_in_the_last_stage_keeps_its_scale(models):
    sources = {"image": "stable_diffusion", "video": "modelscope", "upscale": "deepfloyd_upscaler"}
    preset = replace(PRESETS["custom"], **{role: str(models / name) for role, name in sources.items()})
    models_by_role, quality = {}, PUBLIC_QUALITIES["standard"]
    quality = replace(quality, super_resolution=replace(quality.super_resolution, steps=1))
    for stage in ("static", "dynamic", "super_resolution"):
        load_stage_models(models_by_role, stage, GuidanceConfig("a corgi", preset), quality)
        if stage == "dynamic":
            still = models_by_role["image"].guidance.distillation
            assert still.noise(0.3) == (0.26, 0.24) and still.guidance_scale == 100
    asked = {role: each.guidance.distillation for role, each in models_by_role.items()}
    assert {role: each.guidance_scale for role, each in asked.items()} == {"video": 100, "upscale": 20}
    assert asked["video"].noise_start == quality.super_resolution.video_distillation.noise_start


def by_published_loss(guidance, prompt, frames, cameras, progress):
    """MVDream's loss, .5 |x - x0|^2 over the number of views with x0 rescaled by half, by autograd through the autoencoder:
    what its own optimisation takes the gradient of."""
    denoiser = guidance.denoiser
    frames = frames.clone().requires_grad_()
    pictures = denoiser.model_frames(frames)
    vae = denoiser.latents.autoencoder
    clean = vae.encode(pictures * 2 - 1).latent_dist.mean * vae.config.scaling_factor
    generator = torch.Generator().manual_seed(7)
    centre = 0.98 + (0.26 - 0.98) * min(1.0, progress / 0.8)
    level = centre + 0.24 * min(1.0, progress / 0.8) * float(torch.rand(1, generator=generator) * 2 - 1)
    index = int(min(max(level, 0.02), 0.98) * 999)
    noise = torch.randn(clean.shape, generator=generator)
    kept = (1 - BETAS).cumprod(0)[index]
    noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
    timesteps = torch.full((len(clean),), index)
    with torch.no_grad():
        conditions = denoiser.conditions(cameras, None, generator)
        told, blank = (
            denoiser(noisy, timesteps, text, conditions)
            for text in (prompt.at(cameras), prompt.unconditional.expand(len(clean)))
        )
        guided, plain = ((noisy - (1 - kept).sqrt() * each) / kept.sqrt() for each in (blank + 50 * (told - blank), told))
        guided = 0.5 * guided * plain.std() / guided.std() + 0.5 * guided
    loss = 0.5 * (clean - guided).square().sum() / len(clean)
    return torch.autograd.grad(loss, frames)[0]


@pytest.mark.parametrize("progress", [0.0, 0.4, 1.0])
def test_mvdreams_recipe_is_its_published_loss(tmp_path, progress):
    public_models.save_multi_view(tmp_path / "mv")
    preset = replace(PRESETS["custom"], image=str(tmp_path / "mv"))
    loaded = load_guidance("image", GuidanceConfig("a corgi", preset), AS_PUBLISHED)
    cameras = Cameras(torch.arange(4) * math.pi / 2, torch.full((4,), 0.2))
    frames = torch.rand(4, 1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(7)
    gradient = loaded.guidance.gradient(frames, loaded.prompt, cameras, progress, generator)
    expected = by_published_loss(loaded.guidance, loaded.prompt, frames, cameras, progress)
    assert float(expected.abs().max()) > 0
    assert torch.allclose(gradient, expected, atol=2e-4 * float(expected.abs().max()))
    assert math.tan(loaded.guidance.fov / 2) * cameras.distance == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("progress", "scale"), [(0.0, 25.0), (0.5, 18.5), (1.0, 12.0)])
def test_wans_recipe_over_a_stage(models, progress, scale):
    """Guidance, noise and weight of each moment, from the formula: level within .15 of a centre from .75 to .35, sigma by the
    shift of 3, and sigma (1 - sigma) (x - x0)."""
    loaded, asked = load(models, "wan", AS_PUBLISHED), []
    denoiser = loaded.guidance.denoiser
    denoiser.size = 32
    frames = frames_for("wan")
    denoiser.network.register_forward_pre_hook(lambda module, inputs: asked.append((inputs[0].clone(), inputs[1].clone())))
    denoiser.network.register_forward_hook(lambda module, inputs, output: asked.append(output.sample))
    wanted = []
    denoiser.latents.vjp = lambda pictures, gradient: wanted.append(gradient) or torch.zeros_like(pictures)
    loaded.guidance.gradient(frames, loaded.prompt, CAMERAS, progress, torch.Generator().manual_seed(7))
    (noisy, timestep), told, _, blank = asked
    draw = float(torch.rand(1, generator=torch.Generator().manual_seed(7)) * 2 - 1)
    level = (int((0.75 - 0.4 * progress + 0.15 * draw) * 999) + 1) / 1000
    sigma = 3 * level / (1 + 2 * level)
    assert float(timestep) == pytest.approx(1000 * sigma, rel=1e-5)
    clean = denoiser.latents.encode(denoiser.model_frames(frames))
    estimate = noisy - sigma * (blank + scale * (told - blank))
    expected = sigma * (1 - sigma) * (clean - estimate.transpose(1, 2))
    assert torch.allclose(wanted[0], expected, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize(("name", "negative"), [("wan", "motionless"), ("modelscope", "static statue"), ("deepfloyd", "")])
def test_what_a_class_is_kept_away_from(models, name, negative, monkeypatch):
    heard = []
    encode = load_module.encode_prompt
    monkeypatch.setattr(load_module, "encode_prompt", lambda *given: heard.append(given[2:4]) or encode(*given))
    load(models, name)
    load(models, name, negative_prompt="rain")
    assert negative in heard[0][1] and bool(negative) == bool(heard[0][1]) and heard[1][1] == "rain"
    assert heard[0][0] == "a corgi playing" + (", on a plain background" if name == "wan" else "")


def test_public_guidance_says_where_it_looks_from(models):
    guidance = load(models, "stable_diffusion").guidance
    assert isinstance(guidance, PublicGuidance) and guidance.views_per_batch == 1
    assert guidance.elevation == (0.0, math.radians(30)) and 0 < guidance.fov < 1
