import pytest
import torch

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance import precision
from engine.guidance.built_in import ImageGuidance, VideoGuidance
from engine.guidance.sds import add_noise
from engine.guidance.text.encoders import encode_clip
from engine.guidance.text.prompts import encode_prompt
from engine.models.clip_denoiser import ClipDenoiser
from engine.models.folder.loader import load_components
from engine.scene.cameras import Cameras

CAMERAS = Cameras(torch.tensor([0.2, 1.4]), torch.tensor([0.1, 0.3]))
BACKGROUND = torch.tensor([[0.2] * 3, [0.7] * 3])
FIXED = DistillationConfig(guidance_scale=3.0, noise_start=0.6, noise_end=0.6, noise_spread=0.0)


def load(folder, kind=VideoGuidance, distillation=FIXED):
    components = load_components(folder)
    prompt = encode_prompt(encode_clip, components, "red ball bouncing")
    return kind(components, distillation), prompt, components


def test_clip_gradient_is_the_hand_written_one(tiny_models, monkeypatch):
    monkeypatch.setattr(precision, "half_type", lambda device: None)
    guidance, prompt, components = load(tiny_models / "video")
    clips = torch.rand(2, 16, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    gradient = guidance.gradient(clips, prompt, CAMERAS, 0.5, torch.Generator().manual_seed(7), background=BACKGROUND)

    generator = torch.Generator().manual_seed(7)
    torch.rand(1, generator=generator)
    clean = clips * 2 - 1
    noise = torch.randn(clean.shape, generator=generator)
    timestep = int(0.6 * 999)
    alpha = components["scheduler"].alphas_cumprod[timestep]
    noisy = add_noise(clean, noise, alpha.sqrt().expand(2), (1 - alpha).sqrt().expand(2))
    denoiser = ClipDenoiser(
        components["unet"], components["pose_encoder"], components["scheduler"], components["motion_encoder"]
    )
    with torch.no_grad():
        outputs = [
            denoiser(noisy, torch.tensor([timestep] * 2), states.expand(2, -1, -1), CAMERAS, BACKGROUND * 2 - 1)
            for states in (prompt.conditional.states, prompt.unconditional.states)
        ]
    estimate = (outputs[1] + 3 * (outputs[0] - outputs[1])).clamp(-1, 1)
    assert torch.allclose(gradient, clean - estimate, atol=1e-4)


def test_an_image_model_judges_every_frame_alone(tiny_models):
    guidance, prompt, _ = load(tiny_models / "image", ImageGuidance)
    frames = torch.rand(2, 3, 3, 32, 32)
    gradient = guidance.gradient(frames, prompt, CAMERAS, 0.0, torch.Generator().manual_seed(0), background=BACKGROUND)
    assert gradient.shape == frames.shape and bool(gradient.isfinite().all())


def test_an_upscaler_looks_at_the_low_resolution_clip(tiny_models):
    guidance, prompt, _ = load(tiny_models / "upscale")
    clips = torch.rand(2, 16, 3, 64, 64)

    def gradient(low):
        generator = torch.Generator().manual_seed(0)
        return guidance.gradient(clips, prompt, CAMERAS, 0.0, generator, background=BACKGROUND, low_resolution=low)

    black, white = gradient(torch.zeros(2, 16, 3, 32, 32)), gradient(torch.ones(2, 16, 3, 32, 32))
    assert black.shape == clips.shape and not torch.allclose(black, white, atol=1e-3)


def test_the_same_generator_gives_the_same_gradient(tiny_models):
    guidance, prompt, _ = load(tiny_models / "video")
    clips = torch.rand(2, 16, 3, 32, 32)

    def gradient():
        generator = torch.Generator().manual_seed(5)
        return guidance.gradient(clips, prompt, CAMERAS, 0.1, generator, background=BACKGROUND)

    assert torch.equal(gradient(), gradient())


def test_a_model_without_a_pose_encoder_is_refused(tiny_models):
    components = load_components(tiny_models / "video")
    del components["pose_encoder"]
    with pytest.raises(ModelError, match="pose_encoder"):
        VideoGuidance(components, FIXED)


def test_a_model_of_moving_bodies_without_its_motion_encoder_is_refused_in_words(tiny_models):
    components = load_components(tiny_models / "video")
    del components["motion_encoder"]
    with pytest.raises(ModelError, match="motion_encoder"):
        VideoGuidance(components, FIXED)
