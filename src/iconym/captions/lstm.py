"""A sentence as what an LSTM remembers while it reads it."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from iconym.captions.padding import is_word, without_padding


class WordLstm(nn.Module):
    """The states of one LSTM layer, its largest value over the words in each dimension.

    The words are read from the first to the last. A sentence of no words is all zeros.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of Gers et
        al., 2000; the maximum over time: Conneau et al., Supervised Learning of Universal Sentence
        Representations, EMNLP 2017, section 3.2.2 (theirs reads in both directions).
    """

    def __init__(self, word_dim: int, dim: int = 128) -> None:
        super().__init__()
        self.layer = nn.LSTM(word_dim, dim, batch_first=True)
        self.dim = dim

    def forward(
        self, words: Float[Tensor, "n longest word_dim"], lengths: Int64[Tensor, " n"]
    ) -> Float[Tensor, "n dim"]:
        """The largest state of each sentence in each dimension, in (-1, 1)."""
        states, _ = self.layer(without_padding(words, lengths))  # padding is read last
        read = is_word(lengths, words.shape[1])[..., None]
        largest = states.masked_fill(~read, -torch.inf).amax(dim=1)
        return largest.masked_fill((lengths == 0)[:, None], 0.0)
