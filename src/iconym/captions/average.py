"""A sentence as the mean of its words, in whatever order they stand."""

from jaxtyping import Float, Int64
from torch import Tensor, nn

from iconym.captions.padding import without_padding


class Average(nn.Module):
    """The mean of the vectors of a sentence's words; zero for a sentence of none.

    Source:
        Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods for Text Classification,
        ACL 2015, section 2 (the composition function; our classifiers put no layers upon it).
    """

    def __init__(self, word_dim: int) -> None:
        super().__init__()
        self.dim = word_dim

    def forward(
        self, words: Float[Tensor, "n longest word_dim"], lengths: Int64[Tensor, " n"]
    ) -> Float[Tensor, "n word_dim"]:
        """The means over the words of each sentence."""
        return without_padding(words, lengths).sum(dim=1) / lengths.clamp(min=1)[:, None]
