import os

import pytest
import torch

from engine.guidance.text.cache import cache_key, cached_prompt
from engine.guidance.text.encoders import TextStates
from engine.guidance.text.prompts import EncodedPrompt


def prompt(pooled: bool = True) -> EncodedPrompt:
    def states(count: int) -> TextStates:
        return TextStates(torch.randn(count, 3, 5), torch.randn(count, 4) if pooled else None)

    return EncodedPrompt(states(4), states(1))


@pytest.mark.parametrize("pooled", [True, False])
def test_a_prompt_is_encoded_once_and_comes_back_bit_for_bit(tmp_path, pooled):
    first, asked = prompt(pooled), []
    for _ in range(2):
        found = cached_prompt(tmp_path / "texts", "key", lambda: asked.append(1) or first)
    assert asked == [1]
    assert torch.equal(found.conditional.states, first.conditional.states)
    assert torch.equal(found.unconditional.states, first.unconditional.states)
    assert torch.equal(found.conditional.pooled, first.conditional.pooled) if pooled else found.conditional.pooled is None
    assert [path.name for path in (tmp_path / "texts").iterdir()] == ["key.safetensors"]


def test_a_damaged_file_is_written_anew(tmp_path):
    (tmp_path / "key.safetensors").write_bytes(b"half")
    first = prompt()
    assert cached_prompt(tmp_path, "key", lambda: first) is first
    assert torch.equal(cached_prompt(tmp_path, "key", prompt).conditional.states, first.conditional.states)


def test_without_a_folder_or_a_place_to_write_it_is_asked_every_time(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (None, tmp_path / "file"):
        asked = []
        for _ in range(2):
            cached_prompt(folder, "key", lambda asked=asked: asked.append(1) or prompt())
        assert asked == [1, 1]


def test_a_key_is_of_the_encoders_files_and_of_what_was_asked(tmp_path):
    for part in ("text_encoder", "tokenizer", "unet"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "file").write_text("one")
    parts = ("tokenizer", "text_encoder")
    first = cache_key(tmp_path, parts, "a corgi", "", True)
    assert cache_key(tmp_path, parts, "a corgi", "", True) == first
    assert (
        len({first, cache_key(tmp_path, parts, "a dog", "", True), cache_key(tmp_path, parts, "a corgi", "blurred", True)}) == 3
    )
    os.utime(tmp_path / "unet" / "file", (1, 1))
    assert cache_key(tmp_path, parts, "a corgi", "", True) == first
    os.utime(tmp_path / "text_encoder" / "file", (1, 1))
    assert cache_key(tmp_path, parts, "a corgi", "", True) != first
