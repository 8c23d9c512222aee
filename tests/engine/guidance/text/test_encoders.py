"""Encodings with tokenizers and encoders played by a few lines, and with small real ones."""

from types import SimpleNamespace

import pytest
import torch

from engine.guidance.text.encoders import TextStates, encode_clip, encode_t5, encode_two_clips
from tests.engine.guidance import public_models

STATES = TextStates(torch.arange(12.0).view(2, 3, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))


class Tokenizer:
    """A token a letter, 1 for a; 0 pads."""

    def __init__(self, longest: int = 10**30, pad_token: str | None = "_") -> None:
        self.model_max_length, self.pad_token, self.eos_token, self.unk_token = longest, pad_token, "!", "?"

    def __call__(self, texts, padding, return_tensors, truncation, max_length, return_attention_mask):
        assert padding == "max_length" and return_tensors == "pt" and truncation and return_attention_mask
        ids = [[ord(letter) - 96 for letter in text[:max_length]] for text in texts]
        padded = torch.tensor([row + [0] * (max_length - len(row)) for row in ids])
        return SimpleNamespace(input_ids=padded, attention_mask=(padded > 0).long())


class Encoder:
    """States that are the tokens themselves."""

    device, config = torch.device("cpu"), SimpleNamespace(max_position_embeddings=5)

    def __call__(self, ids, attention_mask=None):
        self.mask = attention_mask
        return SimpleNamespace(last_hidden_state=ids[..., None].float() + 0.5)


def test_rows_are_chosen_repeated_and_blended_in_all_that_there_is():
    assert len(STATES) == 2 and len(STATES[1:]) == 1
    assert torch.equal(STATES[1:].states, STATES.states[1:]) and torch.equal(STATES[1:].pooled, STATES.pooled[1:])
    again = STATES[:1].expand(3)
    assert again.states.shape == (3, 3, 2) and again.pooled.tolist() == [[1, 2]] * 3
    half = STATES.mixed(torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]))
    assert torch.equal(half.states[0], STATES.states.mean(0)) and half.pooled.tolist() == [[2, 3], [1, 2], [3, 4]]
    assert STATES.to(torch.float16).pooled.dtype == torch.float16
    assert half.picture is None and TextStates(STATES.states)[:1].expand(2).pooled is None


def test_a_picture_stands_beside_each_text():
    beside = STATES.with_picture(torch.tensor([[7.0, 8.0, 9.0]]))
    assert beside.picture.tolist() == [[7, 8, 9]] * 2 and torch.equal(beside.states, STATES.states)
    assert beside[:1].picture.tolist() == [[7, 8, 9]]


def test_clip_s_length_is_the_shorter_of_tokenizer_s_and_encoder_s():
    encoder = Encoder()
    for longest, length in ((3, 3), (10**30, 5)):
        states = encode_clip({"tokenizer": Tokenizer(longest), "text_encoder": encoder}, ["ab", "abcdefg"]).states
        assert states.shape == (2, length, 1)
    assert states[:, :, 0].tolist() == [[1.5, 2.5, 0.5, 0.5, 0.5], [1.5, 2.5, 3.5, 4.5, 5.5]]


@pytest.mark.parametrize(("eos", "pad"), [("!", "!"), (None, "?")])
def test_a_tokenizer_without_padding_pads_with_another_token(eos, pad):
    tokenizer = Tokenizer(3, pad_token=None)
    tokenizer.eos_token = eos
    encode_clip({"tokenizer": tokenizer, "text_encoder": Encoder()}, ["a"])
    assert tokenizer.pad_token == pad


def test_t5_is_padded_to_the_length_of_its_training_and_padding_masked():
    encoder = Encoder()
    components = {"tokenizer": Tokenizer(), "text_encoder": encoder}
    assert encode_t5(components, ["ab"], 4).states[0, :, 0].tolist() == [1.5, 2.5, 0.5, 0.5]
    assert encoder.mask.tolist() == [[1, 1, 0, 0]]
    assert encode_t5(components, ["ab"], 4, masked=False, zeroed=True).states[0, :, 0].tolist() == [1.5, 2.5, 0, 0]
    assert encoder.mask is None
    # A tokenizer that takes fewer was trained with fewer.
    assert encode_t5(components | {"tokenizer": Tokenizer(3)}, ["ab"], 4).states[0, :, 0].tolist() == [1.5, 2.5, 0.5]


@torch.no_grad()
def test_two_clips_stand_side_by_side_and_the_second_gives_the_pooled_text():
    pipeline = public_models.stable_diffusion_xl()
    components = {name: value for name, value in pipeline.components.items() if "text" in name or "token" in name}
    encoded = encode_two_clips(components, ["a corgi", "a"])
    assert encoded.states.shape == (2, 77, 2 * public_models.WIDTH)
    ids = pipeline.tokenizer(["a corgi", "a"], padding="max_length", max_length=77, return_tensors="pt").input_ids
    first = pipeline.text_encoder(ids, output_hidden_states=True)
    second = pipeline.text_encoder_2(ids, output_hidden_states=True)
    assert torch.allclose(encoded.states, torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1), atol=1e-6)
    assert torch.allclose(encoded.pooled, second.text_embeds, atol=1e-6)
