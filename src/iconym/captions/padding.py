"""Sentences of different lengths side by side: filled up at the end."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

PADDING = 0  # the number in the places beyond a sentence's words, which no word may have


def pad(
    sentences: Sequence[Sequence[int]],
) -> tuple[Int64[Tensor, "n longest"], Int64[Tensor, " n"]]:
    """Sentences of word numbers in one block, filled up with ``PADDING``, and their lengths.

    There is at least one place, also if no sentence has a word.
    """
    lengths = torch.tensor([len(sentence) for sentence in sentences], dtype=torch.int64)
    block = torch.full((len(sentences), max([1, *map(len, sentences)])), PADDING)
    for row, sentence in zip(block, sentences, strict=True):
        row[: len(sentence)] = torch.tensor(sentence, dtype=torch.int64)
    return block, lengths


def is_word(lengths: Int64[Tensor, " n"], longest: int) -> Bool[Tensor, "n longest"]:
    """Which of ``longest`` places hold a word of sentences of these lengths."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]


def without_padding(
    words: Float[Tensor, "n longest dim"], lengths: Int64[Tensor, " n"]
) -> Float[Tensor, "n longest dim"]:
    """``words`` with zeros in the places beyond each sentence, whatever stood there."""
    return words.masked_fill(~is_word(lengths, words.shape[1])[..., None], 0.0)
