import pytest
import torch

from engine.evaluate.r_precision import every_prompt, r_precision, rank, scene_clips
from engine.evaluate.scorer import FRAMES, SIZE
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from tests.engine.scene.test_render import UniformBall

PROMPTS = ["red ball", "red cube", "blue ball"]


class KnownScorer:
    """Its prompts are the axes of a space, and clips lie where they say."""

    def prompts(self, prompts):
        return torch.eye(3)[[PROMPTS.index(prompt) for prompt in prompts]]

    def clips(self, clips):
        return clips


def test_the_rank_is_the_place_by_the_mean_over_views():
    # Means 0.5, 0.3 and 0.4, though the last view fits the second prompt best.
    views = torch.tensor([[0.9, 0.0, 0.2], [0.1, 0.6, 0.6]])
    assert [rank(KnownScorer(), views, prompt, PROMPTS) for prompt in PROMPTS] == [1, 3, 2]


def test_equal_scores_share_the_better_place():
    assert [rank(KnownScorer(), torch.full((1, 3), 0.5), prompt, PROMPTS) for prompt in PROMPTS] == [1, 1, 1]


def test_a_prompt_that_is_not_among_them_is_refused():
    with pytest.raises(ValueError, match="not in list"):
        rank(KnownScorer(), torch.zeros(1, 3), "green cone", PROMPTS)


def test_r_precision_is_the_share_of_first_places():
    assert r_precision([1, 2, 1, 640]) == 0.5 and r_precision([3]) == 0


def test_every_prompt_is_there_once():
    prompts = every_prompt()
    assert len(set(prompts)) == len(prompts) == len(COLOURS) * len(SHAPES) * len(MOTIONS)
    assert {len(prompt.split()) for prompt in prompts} == {3}


def test_a_ball_is_seen_from_four_sides_at_all_times():
    clips = scene_clips(UniformBall(60.0, 0.4))
    assert clips.shape == (4, FRAMES, 3, SIZE, SIZE)
    middle = clips[..., SIZE // 2, SIZE // 2]
    assert torch.allclose(middle, torch.tensor([1.0, 0.5, 0.0]), atol=0.02)
    assert torch.allclose(clips[..., 0, 0], torch.tensor(0.45))
    # A ball looks the same from all sides.
    assert torch.allclose(clips[0], clips[2], atol=0.35) and torch.allclose(clips[0].mean(), clips[2].mean(), atol=0.01)


def test_views_are_a_quarter_turn_apart():
    """A ball that slides along X goes to the right seen from the front, and to the left from behind."""
    clips = scene_clips(UniformBall(60.0, 0.3, speed=0.6))
    columns = torch.arange(SIZE, dtype=torch.float32)
    # Red is more than the grey behind where the ball is.
    weight = (clips[:, :, 0] - 0.45).clamp(min=0)
    centre = (weight * columns).sum((2, 3)) / weight.sum((2, 3))
    moved = centre[:, -1] - centre[:, 0]
    assert moved[0] > 2 and moved[2] < -2
    # cos and -sin of 30 degrees.
    assert float(moved[1] / moved[0]) == pytest.approx(-0.577, abs=0.15)
