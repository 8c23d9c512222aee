from types import SimpleNamespace

import pytest
import torch

from engine.guidance.denoisers.video_unet import AnimateDiff, VideoUNet
from engine.guidance.text.encoders import TextStates
from tests.engine.guidance import public_models


@pytest.fixture(scope="module")
def adapted() -> AnimateDiff:
    """A motion adapter of 16 frames in a UNet of pictures."""
    image = public_models.stable_diffusion().components
    return AnimateDiff(image | {"motion_adapter": public_models.motion_adapter()})


def test_a_video_unet_sees_the_scene_s_frames_whatever_their_number():
    denoiser = VideoUNet(public_models.modelscope().components)
    assert denoiser.size == 32 and denoiser.is_video and denoiser.most_frames is None
    assert denoiser.model_frames(torch.rand(1, 20, 3, 16, 16)).shape == (1, 20, 3, 32, 32)


def test_the_network_has_time_behind_the_channels(monkeypatch):
    denoiser = VideoUNet(public_models.modelscope().components)
    noisy, text = torch.randn(1, 5, 4, 8, 8), TextStates(torch.zeros(1, 7, 8))

    def network(clip, timesteps, states):
        assert clip.shape == (1, 4, 5, 8, 8) and states is text.states
        return SimpleNamespace(sample=clip + 1)

    monkeypatch.setattr(denoiser, "network", network)
    assert torch.equal(denoiser(noisy, torch.zeros(1), text, {}), noisy + 1)


def test_an_adapter_holds_so_many_frames_which_are_spread_over_the_clip(adapted):
    frames = torch.arange(20.0).view(1, 20, 1, 1, 1).expand(1, 20, 3, 32, 32)
    shown = adapted.model_frames(frames)
    # Sixteen moments in the middle of their shares of twenty frames.
    assert shown[0, :, 0, 0, 0].tolist() == [int((i + 0.5) * 20 / 16) for i in range(16)]
    assert adapted.model_frames(frames[:, :5]).shape[1] == 5


def test_an_adapter_s_weights_are_in_the_network_which_is_not_trained(adapted):
    network = adapted.network
    assert type(network).__name__ == "UNetMotionModel" and not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_network_with_its_adapter_is_taken_as_it_is(adapted):
    components = public_models.stable_diffusion().components | {
        "unet": adapted.network, "motion_adapter": public_models.motion_adapter(),
    }  # fmt: skip
    assert AnimateDiff(components).network is adapted.network


def test_each_frame_has_the_text_beside_it(adapted, monkeypatch):
    text = TextStates(torch.tensor([1.0, 2.0]).view(2, 1, 1))
    noisy = torch.randn(2, 3, 4, 8, 8)

    def network(clips, timesteps, states, added_cond_kwargs):
        assert states.flatten().tolist() == [1, 1, 1, 2, 2, 2] and added_cond_kwargs == {}
        return SimpleNamespace(sample=clips)

    monkeypatch.setattr(adapted, "network", network)
    assert torch.equal(adapted(noisy, torch.zeros(2), text, {}), noisy)
