"""What stand-ins are told in training is what the engine will ask them."""

import pytest
import torch

from engine.config.recipes import MVDREAM, WAN
from engine.models.world.words.lexicon import RESTING, STILL
from scripts.stand_ins import words
from scripts.stand_ins.networks import TOKENS, make_tokenizer

ROLES = sorted(words.RECIPES)


def captions(role: str, count: int = 400, azimuth: float = 0.0) -> list[str]:
    generator = torch.Generator().manual_seed(0)
    return [words.caption(role, "red", "dog", "running", azimuth, 0.2, generator) for _ in range(count)]


def test_captions_end_as_prompts_do():
    assert set(captions("multi_view")) == {"a red dog running, 3d asset", "", MVDREAM.negative_prompt}
    assert set(captions("video")) == {"a red dog running, on a plain background, front view", "", WAN.negative_prompt}
    # An eighth of a turn lies between two view words.
    assert set(captions("image", azimuth=torch.pi / 4)) == {"a red dog running, front view", "a red dog running, side view", ""}


def test_some_captions_say_nothing():
    silent = sum(not text.startswith("a red dog") for text in captions("video", 2000))
    assert silent / 2000 == pytest.approx(words.SILENT, abs=0.03)


@pytest.mark.parametrize("role", ROLES)
def test_the_tokenizer_knows_every_word_that_is_asked(role):
    tokenizer, recipe = make_tokenizer(role), words.RECIPES[role]
    views = [""] if role in words.KNOWS_CAMERAS else [f", {view}" for view in words.VIEWS]
    for name in words.OBJECTS:
        for motion in words.motions_of(name):
            for view in views:
                tokens = tokenizer(words.prompt_of("green", name, motion) + recipe.prompt_suffix + view).input_ids
                assert tokenizer.unk_token_id not in tokens and len(tokens) <= TOKENS
    assert tokenizer.unk_token_id not in tokenizer(recipe.negative_prompt).input_ids
    assert tokenizer.unk_token_id in tokenizer("a red corgi").input_ids


def test_limbs_and_the_whole_body_are_told_apart():
    running, bouncing = words.words_of("red", "dog", "running"), words.words_of("blue", "ball", "bouncing")
    assert (running.limb, running.whole) == ("running", STILL) and (bouncing.limb, bouncing.whole) == (RESTING, "bouncing")
    assert words.prompt_of("blue", "ball", STILL) == "a blue ball"
    with pytest.raises(ValueError, match="shown a ball running"):
        words.words_of("red", "ball", "running")
    # Every judged prompt is one that was shown.
    assert [words.words_of(*judged).colour for judged in words.JUDGED] == [judged[0] for judged in words.JUDGED]
