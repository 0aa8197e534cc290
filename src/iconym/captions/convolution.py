"""A sentence as what its few neighboring words say most strongly."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from iconym.captions.padding import is_word, without_padding
from iconym.errors import Usage


@dataclass(frozen=True)
class ConvolutionConfig:
    """``maps`` filters for each of the ``widths``, counted in words; the defaults are Kim's."""

    widths: tuple[int, ...] = (3, 4, 5)
    maps: int = 100

    def __post_init__(self) -> None:
        if not self.widths or min(*self.widths, self.maps) < 1:
            raise Usage(f"widths {self.widths} and maps {self.maps} must be at least 1")


class WordConvolution(nn.Module):
    """For each filter, the most that it finds anywhere in the sentence: max(0, w . x + b).

    A filter reads a run of neighboring words, and may hang over both ends of the sentence, where
    it reads zeros. The features stand width by width, in the order of the widths.

    Source:
        Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014, section 2
        (with one channel of words) and 3.1 (widths and maps).
    """

    def __init__(self, word_dim: int, config: ConvolutionConfig | None = None) -> None:
        super().__init__()
        config = config or ConvolutionConfig()
        self.filters = nn.ModuleList(
            nn.Conv1d(word_dim, config.maps, width, padding=width - 1) for width in config.widths
        )
        self.dim = config.maps * len(config.widths)

    def forward(
        self, words: Float[Tensor, "n longest word_dim"], lengths: Int64[Tensor, " n"]
    ) -> Float[Tensor, "n dim"]:
        """The features of each sentence, none below 0; of a sentence of no words, max(0, b)."""
        read = without_padding(words, lengths).transpose(1, 2)
        return torch.cat([_strongest(filters, read, lengths) for filters in self.filters], dim=1)


def _strongest(
    filters: nn.Module, read: Float[Tensor, "n word_dim longest"], lengths: Int64[Tensor, " n"]
) -> Float[Tensor, "n maps"]:
    found = filters(read)
    overhang = found.shape[2] - read.shape[2]  # width - 1; the same runs whatever the padding
    runs = is_word((lengths + overhang).clamp(min=1), found.shape[2])
    return found.masked_fill(~runs[:, None, :], -torch.inf).amax(dim=2).relu()
