import pytest
import torch

from engine.models.clip_denoiser import ClipDenoiser, fold, unfold
from engine.models.loader import load_components
from engine.models.pose_encoder import place_channels, place_map, pose_features, ray_map
from engine.scene.cameras import Cameras


def test_folding_is_undone_by_unfolding():
    clip = torch.randn(2, 16, 3, 32, 32)
    folded = fold(clip, 2)
    assert folded.shape == (2, 192, 16, 16)
    assert torch.allclose(unfold(folded, 16, 2), clip, atol=1e-5)
    assert float(folded.square().sum()) == pytest.approx(float(clip.square().sum()), rel=1e-4)


def test_what_stands_still_folds_into_the_first_frequency():
    still = torch.randn(1, 1, 3, 8, 8).expand(-1, 16, -1, -1, -1)
    folded = fold(still, 2).unflatten(1, (16, 3, 4))
    assert folded[:, 1:].abs().max() < 1e-5
    # Mean over a block of four times 2, over 16 frames times 4.
    expected = torch.nn.functional.avg_pool2d(still[:, 0], 2) * 8
    assert torch.allclose(folded[:, 0, :, 0], expected, atol=1e-4)


def test_almost_clean_clips_come_back_whatever_the_weights(tiny_models):
    components = load_components(tiny_models / "video")
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"])
    clip = torch.rand(1, 16, 3, 32, 32) * 0.2
    with torch.no_grad():
        output = denoiser(
            clip, torch.tensor([0]), torch.randn(1, 6, 128), Cameras(torch.zeros(1), torch.zeros(1)), torch.zeros(1, 3)
        )
    assert (output - clip).abs().max() < 0.1


def test_a_model_of_single_frames_takes_a_clip_piece_by_piece(tiny_models):
    components = load_components(tiny_models / "upscale")
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"])
    generator = torch.Generator().manual_seed(0)
    clips = torch.rand(2, 4, 3, 64, 64, generator=generator)
    low = torch.rand(2, 4, 3, 32, 32, generator=generator)
    cameras, timesteps = Cameras(torch.tensor([0.1, 2.0]), torch.zeros(2)), torch.tensor([500, 200])
    states, background = torch.randn(2, 6, 128, generator=generator), torch.tensor([[0.0] * 3, [0.5] * 3])
    with torch.no_grad():
        whole = denoiser(clips, timesteps, states, cameras, background, low)
        one = denoiser(
            clips[1:, 2:3], timesteps[1:], states[1:], Cameras(cameras.azimuth[1:], cameras.elevation[1:]), background[1:],
            low[1:, 2:3],
        )  # fmt: skip
    assert whole.shape == clips.shape
    assert torch.allclose(whole[1:, 2:3], one, atol=1e-4)


def test_the_ray_map_holds_directions_and_moments():
    rays = ray_map(Cameras(torch.tensor([0.4]), torch.tensor([0.2])), 8)
    direction, moment = rays[0, :3], rays[0, 3:]
    assert torch.allclose(direction.norm(dim=0), torch.ones(8, 8), atol=1e-5)
    assert torch.allclose((direction * moment).sum(0), torch.zeros(8, 8), atol=1e-5)


def test_the_place_map_holds_columns_rows_and_their_waves():
    places = place_map(4, 2)
    assert places.shape == (place_channels(2), 4, 4)
    assert places[0, 0].tolist() == [-0.75, -0.25, 0.25, 0.75] and places[1, :, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert torch.allclose(places[2], (torch.pi * places[0]).sin())
    assert torch.allclose(places[9], (2 * torch.pi * places[1]).cos())
    assert place_map(4, 0).shape == (0, 4, 4) and place_channels(0) == 0


def test_a_full_turn_brings_the_same_pose():
    there = pose_features(Cameras(torch.tensor([0.3]), torch.tensor([0.1])), 6)
    back = pose_features(Cameras(torch.tensor([0.3 + 2 * torch.pi]), torch.tensor([0.1])), 6)
    assert torch.allclose(there, back, atol=1e-4)
    assert there.shape == (1, 65)


ROLES = [("image", 1, 32, 0), ("video", 16, 32, 0), ("upscale", 16, 64, 32)]


@pytest.mark.parametrize(("role", "frames", "size", "low"), ROLES)
def test_each_role_takes_its_clips(tiny_models, role, frames, size, low):
    components = load_components(tiny_models / role)
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"])
    cameras = Cameras(torch.tensor([0.0, 1.0]), torch.tensor([0.1, 0.2]))
    clip, states = torch.randn(2, frames, 3, size, size), torch.randn(2, 6, 128)
    condition = torch.randn(2, frames, 3, low, low) if low else None
    background = torch.zeros(2, 3)
    with torch.no_grad():
        output = denoiser(clip, torch.tensor([500, 500]), states, cameras, background, condition)
        turned = Cameras(torch.tensor([0.0, 2.5]), torch.tensor([0.1, 0.2]))
        other = denoiser(clip, torch.tensor([500, 500]), states, turned, background, condition)
    assert output.shape == clip.shape
    assert torch.allclose(output[0], other[0], atol=1e-5) and not torch.allclose(output[1], other[1], atol=1e-3)


def test_a_clip_of_another_size_is_refused_in_words(tiny_models):
    components = load_components(tiny_models / "video")
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"])
    with pytest.raises(ValueError, match="frame count"):
        denoiser(
            torch.randn(1, 8, 3, 32, 32), torch.tensor([1]), torch.randn(1, 6, 128),
            Cameras(torch.zeros(1), torch.zeros(1)), torch.zeros(1, 3),
        )  # fmt: skip
