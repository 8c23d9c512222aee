import pytest
import torch

from engine.models.clip_denoiser import ClipDenoiser, fold, unfold
from engine.models.folder.loader import load_components
from engine.models.pose_encoder import pose_features
from engine.scene.cameras import Cameras


def test_folding_is_undone_by_unfolding():
    pictures = torch.randn(2, 3, 32, 32)
    folded = fold(pictures, 2)
    assert folded.shape == (2, 12, 16, 16)
    assert torch.allclose(unfold(folded, 2), pictures, atol=1e-5)
    assert float(folded.square().sum()) == pytest.approx(float(pictures.square().sum()), rel=1e-4)


def test_the_first_frequency_of_a_block_is_its_mean():
    pictures = torch.randn(1, 3, 8, 8)
    # Mean over a block of two by two, times 2.
    expected = torch.nn.functional.avg_pool2d(pictures, 2) * 2
    assert torch.allclose(fold(pictures, 2)[:, ::4], expected, atol=1e-5)


def test_almost_clean_clips_come_back_whatever_the_weights(tiny_models):
    components = load_components(tiny_models / "video")
    denoiser = ClipDenoiser(
        components["unet"], components["pose_encoder"], components["scheduler"], components["motion_encoder"]
    )
    clip = torch.rand(1, 16, 3, 32, 32) * 0.2
    with torch.no_grad():
        output = denoiser(
            clip, torch.tensor([0]), torch.randn(1, 6, 128), Cameras(torch.zeros(1), torch.zeros(1)), torch.zeros(1, 3)
        )
    assert (output - clip).abs().max() < 0.1


def test_a_clip_is_taken_frame_by_frame(tiny_models):
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


def test_a_full_turn_brings_the_same_pose():
    there = pose_features(Cameras(torch.tensor([0.3]), torch.tensor([0.1])), 6)
    back = pose_features(Cameras(torch.tensor([0.3 + 2 * torch.pi]), torch.tensor([0.1])), 6)
    assert torch.allclose(there, back, atol=1e-4)
    assert there.shape == (1, 65)


def test_a_moving_body_looks_as_it_would_at_rest_to_a_moved_camera(tiny_models, monkeypatch):
    """A turn of the body by a quarter is a camera a quarter further back; light apart, which the placement tells."""
    components = load_components(tiny_models / "video")
    motion = components["motion_encoder"]
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"], motion)
    components["pose_encoder"].embed[0].weight[:, -15:] = 0
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    monkeypatch.setattr(motion, "forward", lambda states, times: (torch.zeros(1, 3), turned, torch.ones(1, 3)))
    clip, states = torch.randn(1, 1, 3, 32, 32), torch.randn(1, 6, 128)

    def seen_from(azimuth: float) -> torch.Tensor:
        cameras = Cameras(torch.tensor([azimuth]), torch.tensor([0.2]))
        with torch.no_grad():
            return denoiser(clip, torch.tensor([500]), states, cameras, torch.zeros(1, 3))

    turned = quarter
    there = seen_from(1.0)
    turned = torch.eye(3)[None]
    assert torch.allclose(there, seen_from(1.0 - torch.pi / 2), atol=1e-4)
    assert not torch.allclose(there, seen_from(1.0), atol=1e-3)


ROLES = [("image", 1, 32, 0), ("video", 16, 32, 0), ("upscale", 16, 64, 32)]


@pytest.mark.parametrize(("role", "frames", "size", "low"), ROLES)
def test_each_role_takes_its_clips(tiny_models, role, frames, size, low):
    components = load_components(tiny_models / role)
    denoiser = ClipDenoiser(
        components["unet"], components["pose_encoder"], components["scheduler"], components.get("motion_encoder")
    )
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


def test_a_picture_of_another_size_is_refused_in_words(tiny_models):
    components = load_components(tiny_models / "image")
    denoiser = ClipDenoiser(components["unet"], components["pose_encoder"], components["scheduler"])
    with pytest.raises(ValueError, match="the model's own size"):
        denoiser(
            torch.randn(1, 1, 3, 64, 64), torch.tensor([1]), torch.randn(1, 6, 128),
            Cameras(torch.zeros(1), torch.zeros(1)), torch.zeros(1, 3),
        )  # fmt: skip
