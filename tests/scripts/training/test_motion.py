"""The joint encoder learns the world's values and stays on its words."""

import math

import pytest
import torch

from engine.models.world.placements import placement
from engine.models.world.scene import joints
from engine.models.world.words.lexicon import HELD_OUT_PAIRS, Words
from scripts.training import components, motion


@pytest.fixture(scope="module")
def tables() -> motion.Tables:
    return motion.make_tables()


def test_the_truth_of_words_is_the_worlds(tables):
    index = torch.tensor([12, 60])
    words = Words("red", "dark", "bird", "flying", "orbiting", "small", "fast")
    placed, places, used = tables.truth(words, index)
    times = index / motion.PHASES
    expected, has = joints("bird", "flying", times, cycles=4)
    assert torch.allclose(places, expected, atol=1e-5) and torch.equal(used, has)
    for value, true in zip(placed, placement("orbiting", times, "small", cycles=2), strict=True):
        assert torch.allclose(value, true, atol=1e-4)
    nothing = tables.truth(None, index)
    assert not nothing[2].any() and torch.equal(nothing[0][0], torch.zeros(2, 3))


def test_held_out_pairs_are_drawn_only_when_asked_for():
    assert set(motion.pairs_of(held=True)) == HELD_OUT_PAIRS
    assert not set(motion.pairs_of(held=False)) & HELD_OUT_PAIRS


def test_training_lowers_the_error_and_what_is_written_loads(tmp_path, monkeypatch, tables):
    monkeypatch.setattr(motion, "PROMPTS", 32)
    networks = motion.train(tmp_path, steps=60)
    untaught = motion.evaluate(motion.make(), tables, count=32)
    taught = motion.evaluate(networks, tables, count=32)
    assert taught["joints"] < 0.8 * untaught["joints"]
    again = motion.load(tmp_path / motion.NETWORKS)
    for name, network in networks.items():
        state = again[name].state_dict()
        assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())
    assert not list(tmp_path.glob("*.part"))


def test_the_error_of_colours_is_that_of_those_that_are_said():
    """Of an encoder that answers mid grey: red is (0.72, -0.8, -0.8) in [-1, 1], half of it (-0.14, -0.9, -0.9)."""
    encoder = motion.make()["joint_encoder"]
    torch.nn.init.zeros_(encoder.colours[-1].weight)
    torch.nn.init.zeros_(encoder.colours[-1].bias)
    states = torch.randn(2, components.TOKENS, components.WIDTH)
    found = motion.colour_errors(encoder, states, [Words("red", "dark", "ball"), None])
    expected = (0.72**2 + 2 * 0.8**2 + 0.14**2 + 2 * 0.9**2) / 6
    assert float(found["colours"].detach()) == pytest.approx(expected, rel=1e-5)
    assert float(found["said"].detach()) == pytest.approx(math.log(2), rel=1e-5)
    assert float(motion.colour_errors(encoder, states[:1], [None])["colours"].detach()) == 0


def test_motions_taught_anew_leave_the_words_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(motion, "PROMPTS", 8)
    before = motion.train(tmp_path, steps=3)
    after = motion.teach_again(tmp_path, steps=3)
    one, other = (networks["text_encoder"].state_dict() for networks in (before, after))
    assert all(torch.equal(one[name], other[name]) for name in one)
    one, other = (networks["joint_encoder"].state_dict() for networks in (before, after))
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_every_word_has_a_token_of_its_own():
    tokenizer = components.make_tokenizer()
    words = Words("brown", "dark", "dog", "running", "still", "medium", "steady")
    ids = tokenizer(str(words)).input_ids
    assert len(ids) == components.TOKENS and tokenizer.unk_token_id not in ids and len(set(ids)) == len(ids)
