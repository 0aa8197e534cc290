"""How a line of text becomes a sentence: a list of tokens."""

from collections.abc import Callable
from dataclasses import dataclass

from iconym.errors import Usage
from iconym.nouns import split_words

Sentence = list[str]
Reading = Callable[
    [str], Sentence
]  # a line to its tokens: ``split_words``, ``str.split``, ``Tags``


def as_token(text: str, words: Reading = split_words) -> str:
    """``text`` as one token, its words joined by underscores; "" if it has none.

    "Snow Leopard", "snow-leopard" and "snow_leopard" are all "snow_leopard".
    """
    return "_".join(words(text))


@dataclass(frozen=True)
class Tags:
    """A line of tags to one token a tag: "Snow Leopard, zoo" to ["snow_leopard", "zoo"].

    Args:
        separator: what stands between two tags, one character or several; not a line break.
        words: how a tag becomes words. A tag without any is left out.
    """

    separator: str = ","
    words: Reading = split_words

    def __post_init__(self) -> None:
        if not self.separator or "\n" in self.separator:
            raise Usage(f"tags cannot be separated by {self.separator!r}; use ',' or a tab")

    def __call__(self, line: str) -> Sentence:
        """The tokens of the tags of ``line``, in their order."""
        tokens = (as_token(tag, self.words) for tag in line.split(self.separator))
        return [token for token in tokens if token]
