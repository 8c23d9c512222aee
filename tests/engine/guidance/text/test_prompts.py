import math

import pytest
import torch

from engine.guidance.text.encoders import TextStates, encode_clip
from engine.guidance.text.prompts import VIEWS, EncodedPrompt, encode_prompt, view_weights
from engine.models.folder.loader import load_components
from engine.scene.cameras import Cameras


@pytest.mark.parametrize(
    ("azimuth", "elevation", "expected"),
    [
        (0, 0, (1, 0, 0, 0)),
        (90, 0, (0, 1, 0, 0)),
        (270, 0, (0, 1, 0, 0)),
        (180, 20, (0, 0, 1, 0)),
        (-180, 20, (0, 0, 1, 0)),
        (45, 0, (0.5, 0.5, 0, 0)),
        (-120, 59, (0, 2 / 3, 1 / 3, 0)),
        (405, 0, (0.5, 0.5, 0, 0)),
        (30, 70, (0, 0, 0, 1)),
    ],
)
def test_views_pass_into_one_another(azimuth, elevation, expected):
    angles = torch.tensor([azimuth, elevation], dtype=torch.float64).deg2rad()
    assert view_weights(angles[:1], angles[1:])[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_a_prompt_by_view_is_mixed_for_each_camera():
    states = torch.arange(4.0).view(4, 1, 1).expand(4, 3, 2)
    prompt = EncodedPrompt(TextStates(states), TextStates(torch.zeros(1, 3, 2)))
    cameras = Cameras(torch.tensor([0.0, math.pi / 4, math.pi]), torch.zeros(3))
    assert prompt.at(cameras).states[:, 0, 0].tolist() == pytest.approx([0.0, 0.5, 2.0], abs=1e-5)
    # From the front to behind: the middle of the path sees the side.
    path = Cameras(torch.linspace(0, math.pi, 5)[None], torch.zeros(1, 5))
    assert prompt.at(path).states[:, 2, 1].tolist() == pytest.approx([1.0], abs=1e-5)


def test_a_prompt_for_all_views_is_the_same_for_each_camera():
    prompt = EncodedPrompt(TextStates(torch.rand(1, 3, 2)), TextStates(torch.zeros(1, 3, 2)))
    assert torch.equal(prompt.at(Cameras(torch.rand(5), torch.rand(5))).states, prompt.conditional.states.expand(5, -1, -1))


def test_the_words_of_a_view_reach_the_text_encoder(tiny_models):
    components = load_components(tiny_models / "image")
    tokenizer = components["tokenizer"]
    seen = []

    class Listening:
        model_max_length = tokenizer.model_max_length

        def __call__(self, texts, **options):
            seen.extend(texts)
            return tokenizer(texts, **options)

    components["tokenizer"] = Listening()
    prompt = encode_prompt(encode_clip, components, "a corgi", "blurred", by_view=True)
    views = ["a corgi, front view", "a corgi, side view", "a corgi, back view", "a corgi, overhead view"]
    assert seen == [*views, "blurred"]
    assert len(prompt.conditional) == len(VIEWS) and len(prompt.unconditional) == 1
