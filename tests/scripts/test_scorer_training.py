"""What the scorer's training draws, and that it learns from it."""

import numpy as np
import torch

from engine.evaluate.scorer import FRAMES, SIZE
from scripts.training.toys.scorer import KEPT_BACK, augment, draw, train


def plain(values: list[int]) -> np.ndarray:
    """Clips that are one grey each, whatever their colour is to be."""
    clips = np.zeros((len(values), FRAMES, 5, SIZE, SIZE), np.uint8)
    clips[:, :, 1:4] = np.array(values, np.uint8)[:, None, None, None, None]
    clips[:, :, 4] = 255
    return clips


def test_what_is_kept_back_is_not_drawn():
    values = [0] * KEPT_BACK + [102, 204]
    pictures, prompts = draw({("ball", "still"): plain(values)}, 30, torch.Generator().manual_seed(0), slice(KEPT_BACK, None))
    assert pictures.shape == (30, FRAMES, 3, SIZE, SIZE)
    assert {round(float(value), 3) for value in pictures[:, 0, 0, 0, 0]} == {0.4, 0.8}
    assert all(prompt.endswith(" ball still") for prompt in prompts) and len(set(prompts)) > 4


def test_a_clip_is_altered_as_a_whole():
    clips = torch.rand(3, 1, 3, SIZE, SIZE).expand(-1, FRAMES, -1, -1, -1) * 0.5
    altered = augment(clips, torch.Generator().manual_seed(0))
    assert altered.shape == clips.shape and 0 <= altered.min() and altered.max() <= 1
    # Frames that were the same differ by their noise alone.
    assert float(altered.diff(dim=1).abs().mean()) < 0.06
    assert float((altered - clips).abs().mean()) > 0.01


def test_it_learns_to_tell_two_things_apart():
    clips = {("ball", "still"): plain([20] * (KEPT_BACK + 1)), ("cube", "still"): plain([230] * (KEPT_BACK + 1))}
    scorer = train(clips, 20, torch.Generator().manual_seed(0))
    dark, light = (torch.full((1, FRAMES, 3, SIZE, SIZE), value / 255) for value in (20, 230))
    prompts = scorer.prompts(["red ball still", "red cube still"])
    assert (prompts @ scorer.clips(torch.cat([dark, light])).T).argmax(0).tolist() == [0, 1]

