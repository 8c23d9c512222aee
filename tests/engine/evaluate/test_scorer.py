import pytest
import torch

from engine.contract.errors import ModelError
from engine.evaluate.r_precision import every_prompt, r_precision, rank, scene_clips
from engine.evaluate.scorer import FRAMES, SIZE, Scorer, ScorerShape, load_scorer, save_scorer
from engine.models.presets import SCORER_FOLDER
from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.scene.cameras import Cameras
from tests.engine.scene.test_render import UniformBall

SMALL = ScorerShape(("red", "blue", "ball", "cube"), channels=4, width=8, space=6)


def test_a_scorer_comes_back_from_its_folder(tmp_path):
    scorer = Scorer(SMALL).requires_grad_(False)
    save_scorer(scorer, tmp_path)
    clips = torch.rand(2, FRAMES, 3, SIZE, SIZE)
    again = load_scorer(tmp_path)
    assert again.clips(clips) == pytest.approx(scorer.clips(clips), abs=5e-3)
    assert again.prompts(["red cube"]).norm(dim=-1) == pytest.approx(1, abs=1e-5)


def test_words_are_a_set_and_unknown_ones_are_named():
    scorer = Scorer(SMALL).requires_grad_(False)
    assert scorer.prompts(["red ball"]) == pytest.approx(scorer.prompts(["ball red"]), abs=1e-6)
    with pytest.raises(ModelError, match="does not know dog"):
        scorer.prompts(["red ball", "red dog"])


def test_a_scorer_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ModelError, match="can't be read"):
        load_scorer(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="can't be read"):
        load_scorer(tmp_path)


def test_a_clip_does_not_depend_on_where_its_loop_begins_but_on_its_direction():
    scorer, clip = Scorer(SMALL).requires_grad_(False), torch.rand(1, FRAMES, 3, SIZE, SIZE)
    assert scorer.clips(clip.roll(5, 1)) == pytest.approx(scorer.clips(clip), abs=1e-5)
    assert (scorer.clips(clip.flip(1)) - scorer.clips(clip)).abs().max() > 1e-5


class Known:
    """A scorer whose towers are given."""

    def clips(self, clips):
        return torch.tensor([[1.0, 0.0], [0.6, 0.8]])

    def prompts(self, prompts):
        return torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])


def test_the_rank_is_by_the_mean_over_views():
    # Mean cosines: 0.8, (0.8 + 0.96) / 2 = 0.88, 0.4.
    assert [rank(Known(), torch.zeros(2), prompt, ["a", "b", "c"]) for prompt in "abc"] == [2, 1, 3]
    assert r_precision([1, 2, 1, 640]) == 0.5


def test_a_scene_is_looked_at_from_four_sides():
    clips = scene_clips(UniformBall(60.0, 0.4))
    assert clips.shape == (4, FRAMES, 3, SIZE, SIZE)
    # The ball covers the middle and not the corner.
    assert clips[:, :, :, 0, 0] == pytest.approx(torch.full((4, FRAMES, 3), 0.45), abs=1e-4)
    assert clips[0, 0, :, SIZE // 2, SIZE // 2].tolist() != pytest.approx([0.45] * 3, abs=0.02)


@pytest.mark.parametrize(
    "words", ["green car orbiting", "purple snowman bouncing", "cyan fish swinging", "yellow cone growing"]
)
def test_the_published_scorer_knows_the_world_itself(words):
    colour, shape, motion = words.split()
    cameras = Cameras(torch.tensor([0.5, 2.1, 3.6, 5.2]), torch.full((4,), 0.35))
    coefficients = render_coefficients(shape, motion, cameras, SIZE)
    clips = compose(coefficients, torch.tensor([COLOURS[colour]]).expand(4, 3), torch.full((4, 3), 0.45))
    assert rank(load_scorer(SCORER_FOLDER), clips, words, every_prompt()) == 1
