"""A tokenizer of whole words, for models that know no others."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast


def make_word_tokenizer(words: Iterable[str], length: int) -> PreTrainedTokenizerFast:
    """Knows `words`, numbered in their order behind four of its own: padding, start, end, and any other word.

    length: tokens of a text at most, start and end with them.
    """
    known = ["<pad>", "<start>", "<end>", "<unknown>", *words]
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(known)}, unk_token="<unknown>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 1), ("<end>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=length, padding_side="right",
        pad_token="<pad>", bos_token="<start>", eos_token="<end>", unk_token="<unknown>",
    )  # fmt: skip
