import torch

from engine.guidance.video_frames import resized, shown_frames


def test_a_model_without_groups_sees_the_scenes_frames():
    assert shown_frames(16).tolist() == list(range(16))
    assert shown_frames(16, most=32).tolist() == list(range(16))


def test_a_causal_model_sees_the_first_frame_again_until_the_rest_falls_into_groups_of_four():
    assert shown_frames(16, 4).tolist() == [0, *range(16)]
    assert shown_frames(17, 4).tolist() == list(range(17))
    assert shown_frames(14, 4).tolist() == [0, 0, 0, *range(14)]
    assert shown_frames(1, 4).tolist() == [0]


def test_too_many_frames_are_thinned_out_evenly():
    assert shown_frames(32, most=16).tolist() == list(range(1, 32, 2))
    assert shown_frames(3, most=1).tolist() == [1]


def test_a_frame_shown_twice_gets_both_gradients():
    frames = torch.rand(1, 2, 3, 4, 4, requires_grad=True)
    frames[:, shown_frames(2, 4)].sum().backward()
    assert frames.grad[0, 0].unique().tolist() == [4.0] and frames.grad[0, 1].unique().tolist() == [1.0]


def test_pictures_keep_their_mean_at_another_size():
    pictures = torch.rand(2, 5, 3, 16, 16)
    small = resized(pictures, 8, 8)
    assert small.shape == (2, 5, 3, 8, 8)
    assert torch.allclose(resized(torch.full_like(pictures, 0.3), 40, 40), torch.tensor(0.3))
    assert resized(pictures, 16, 16) is pictures
