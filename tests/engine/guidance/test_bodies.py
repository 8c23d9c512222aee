"""The built-in models of bodies as guidance, with their own weights."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError, PromptError
from engine.guidance.bodies import BodyGuidance
from engine.guidance.load import GuidanceConfig, load_guidance
from engine.models.presets import PRESETS
from engine.models.world.placements import SCALES
from engine.models.world.scene import joints
from engine.models.world.words.lexicon import COLOURS
from engine.scene.cameras import Cameras
from engine.scene.frame_times import frame_times

DISTILLATION = DistillationConfig(guidance_scale=None, noise_start=0.8, noise_end=0.4)
CONFIG = GuidanceConfig("brown dark dog running orbiting medium steady", PRESETS["creatures"])


@pytest.fixture(scope="module")
def loaded():
    return {role: load_guidance(role, CONFIG, DISTILLATION) for role in ("image", "video")}


def test_the_image_model_is_told_the_body_at_rest_and_the_video_model_where_it_goes(loaded):
    times = frame_times(8)
    still, moving = (loaded[role].guidance.mount(loaded[role].prompt, times) for role in ("image", "video"))
    assert still.centre.norm(dim=1).max() < 0.08 and moving.centre.norm(dim=1).min() > 0.2
    assert still.axes.norm(dim=1).mean() == pytest.approx(SCALES[""], rel=0.06)
    # An orbit goes once round.
    assert moving.heading.diff().remainder(2 * math.pi).sum() == pytest.approx(2 * math.pi * 7 / 8, abs=0.5)


def test_a_body_whose_arm_is_up_throughout_is_made_with_the_arm_up():
    waving = replace(CONFIG, prompt="red blue person waving bouncing medium steady")
    image, video = (load_guidance(role, waving, DISTILLATION) for role in ("image", "video"))
    times = torch.tensor([image.guidance.still_at])
    made, moved = (each.guidance.joints(each.prompt, times)[0] for each in (image, video))
    assert (made - moved).abs().max() < 0.05
    rest = image.guidance.joints(image.guidance.at_rest, times)[0]
    # The hand is farthest from where it hangs.
    hand = int((made - rest).square().sum(-1).argmax())
    assert made[hand, 2] - rest[hand, 2] > 0.3
    # And it does not bounce.
    assert image.guidance.mount(image.prompt, times).centre.norm() < 0.08


def test_a_body_that_runs_is_made_at_rest(loaded):
    assert loaded["image"].prompt is loaded["image"].guidance.at_rest


def test_the_body_goes_from_where_it_is_at_rest(loaded):
    times = frame_times(8)
    centre, rotation, scale = loaded["video"].guidance.whole_motion(loaded["video"].prompt, times)
    assert centre.norm(dim=1).min() > 0.2 and float((scale - 1).abs().max()) < 0.1
    front = -rotation[:, :, 1]
    turned = torch.atan2(front[:, 0], -front[:, 1]).diff().remainder(2 * math.pi).sum()
    assert turned == pytest.approx(2 * math.pi * 7 / 8, abs=0.5)
    centre, rotation, scale = loaded["image"].guidance.whole_motion(loaded["image"].prompt, times)
    assert centre.norm(dim=1).max() < 0.05 and float((scale - 1).abs().max()) < 0.05


def test_the_gradient_leads_from_nothing_to_a_body_of_the_colour(loaded):
    video, times = loaded["video"], frame_times(4)
    assert video.guidance.distillation.guidance_scale == BodyGuidance.guidance_scale
    cameras = Cameras(torch.tensor([0.5]), torch.tensor([0.3]), fov=video.guidance.fov)
    cameras = cameras.follow(video.guidance.mount(video.prompt, times))
    background = torch.tensor([[0.2, 0.4, 0.9]])
    frames = background.view(1, 1, 3, 1, 1).expand(1, 4, 3, 64, 64).clone()
    gradient = video.guidance.gradient(
        frames, video.prompt, cameras, 0.0, torch.Generator().manual_seed(0), background=background, times=times
    )
    assert gradient.shape == frames.shape
    # In the middle redder and less blue, in the corners nothing.
    middle, corner = gradient[0, :, :, 26:38, 26:38].mean((0, 2, 3)), gradient[0, :, :, :4, :4].abs().mean()
    assert middle[0] < 0 < middle[2] and middle.abs().max() > 10 * corner


def test_pictures_have_the_size_of_the_model(loaded):
    image = loaded["image"]
    cameras = Cameras(torch.zeros(1, 1), torch.zeros(1, 1), fov=image.guidance.fov)
    with pytest.raises(ValueError, match="64 pixels"):
        image.guidance.gradient(
            torch.zeros(1, 1, 3, 32, 32), image.prompt, cameras, 0.0, torch.Generator(), background=torch.zeros(1, 3)
        )


def test_other_words_and_missing_parts_are_said():
    with pytest.raises(PromptError, match="preset creatures"):
        load_guidance("image", replace(CONFIG, prompt="a dog"), DISTILLATION)
    with pytest.raises(ModelError, match="joint_encoder"):
        BodyGuidance({"unet": None, "scheduler": None}, DISTILLATION, torch.zeros(2, 3))
    with pytest.raises(ModelError, match="can't be the upscale model"):
        load_guidance("upscale", replace(CONFIG, models=replace(CONFIG.models, upscale=CONFIG.models.image)), DISTILLATION)


def test_joints_go_from_the_pose_that_the_body_is_made_in_and_a_given_body_from_rest():
    """In the scene's axes: at the size in which a body at rest stands there, and without the bounce."""
    waving = replace(CONFIG, prompt="red blue person waving bouncing medium steady")
    video, times = load_guidance("video", waving, DISTILLATION), frame_times(16)
    made, given = (video.guidance.joint_motion(video.prompt, times, own) for own in (False, True))
    assert torch.equal(made.moved, given.moved)
    true, used = joints("person", "resting", times[:1])
    assert torch.equal(made.used, used) and (given.rest - SCALES[""] * true[0])[used].norm(dim=1).max() < 0.05
    # The hand is up throughout, and moves little from where the body is made.
    hand = int((given.moved.mean(0) - given.rest).norm(dim=1).argmax())
    assert (given.moved[:, hand] - given.rest[hand]).norm(dim=1).min() > 0.3
    assert (made.moved[:, hand] - made.rest[hand]).norm(dim=1).mean() < 0.25


def test_the_denoiser_is_told_the_very_numbers_of_the_words_for_colours(loaded, monkeypatch):
    image, told = loaded["image"], []

    def denoiser(noisy, timesteps, alphas, states, cameras, background, colours, said, joints, used):
        told.append((colours, said))
        return noisy

    cameras = Cameras(torch.zeros(1), torch.zeros(1), fov=image.guidance.fov)
    monkeypatch.setattr(image.guidance, "denoiser", denoiser)
    cameras = cameras.follow(image.guidance.mount(image.prompt, torch.tensor([0.5])))
    frames = torch.zeros(1, 1, 3, 64, 64)
    image.guidance.gradient(
        frames, image.prompt, cameras, 0.0, torch.Generator().manual_seed(0), background=torch.zeros(1, 3)
    )
    colours, said = told[0]
    brown = torch.tensor(COLOURS["brown"])
    # A dark second colour is the first at half its lightness.
    torch.testing.assert_close(colours, (2 * torch.stack([brown, brown / 2]) - 1)[None])
    assert said.tolist() == [1.0]
