"""Texts to the numbers that a text network reads."""

import json
import re
import string
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int64

from iconym.errors import BadData, MissingTool, UnknownWord


@dataclass(frozen=True)
class Tokens:
    """Cuts texts into tokens and fills the rows up to one length.

    An underscore is read as a blank, for labels of several words are written with it.

    Args:
        tokenizer: the contents of a ``tokenizer.json``.
        length: the most tokens that the network reads; what a text has beyond is cut off, while
            the marks of its beginning and its end stay.
        pad: the token to fill up with.
        full: whether every row has ``length`` tokens, else as many as the longest text needs.
    """

    tokenizer: str
    length: int
    pad: int
    full: bool

    def __call__(self, texts: Sequence[str]) -> Int64[np.ndarray, "n tokens"]:
        """One row of token numbers for each text; no text gives no row.

        Raises:
            UnknownWord: for a text of blanks.
            MissingTool: without the package tokenizers.
        """
        for text in texts:
            if not text.strip(" _\t\n"):
                raise UnknownWord(text)
        found = self._tokenizer.encode_batch([text.replace("_", " ") for text in texts])
        longest = max((len(row.ids) for row in found), default=0)
        rows = np.full((len(texts), self.length if self.full else longest), self.pad, np.int64)
        for row, tokens in zip(rows, found, strict=True):
            row[: len(tokens.ids)] = tokens.ids
        return rows

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = _tokenizers().Tokenizer.from_str(self.tokenizer)
        tokenizer.enable_truncation(self.length)
        tokenizer.no_padding()
        return tokenizer


def tokens_of(
    tokenizer: str, settings: dict[str, Any], *, length: int, full: bool, lower: bool
) -> Tokens:
    """The tokens that a model of the hub was trained with.

    Args:
        tokenizer: the contents of its ``tokenizer.json``.
        settings: those of its ``tokenizer_config.json``.
        length: as in ``Tokens``.
        full: as in ``Tokens``.
        lower: whether it has read nothing but lower case.

    Raises:
        BadData: for a tokenizer that cannot be read, or without a token to fill up with.
        MissingTool: without the package tokenizers.
    """
    tokenizers, end = _tokenizers(), _content(settings.get("eos_token"))
    read = tokenizers.Tokenizer.from_str(_checked(tokenizer))
    pad = read.token_to_id(_content(settings.get("pad_token")))
    if pad is None:
        raise BadData("the tokenizer's settings name no pad_token of its vocabulary")
    plain = settings.get("tokenizer_class") == "SiglipTokenizer"
    own = [read.normalizer] if read.normalizer else []
    rules = _cleaning(tokenizers.normalizers, lower, plain) + own
    if rules:
        read.normalizer = tokenizers.normalizers.Sequence(rules)
    if settings.get("add_eos_token") and not read.encode("").ids:
        marks = [(end, read.token_to_id(end))]
        read.post_processor = tokenizers.processors.TemplateProcessing(
            single=f"$A {end}", special_tokens=marks
        )
    return Tokens(read.to_str(), length, pad, full)


def _cleaning(normalizers: Any, lower: bool, plain: bool) -> list[Any]:
    """What is done to a text before the tokenizer's own rules; ``plain`` is without punctuation.

    The first SigLIP has read no punctuation; its ``tokenizer.json`` does not say so.
    """
    rules = [normalizers.Lowercase()] if lower else []
    if plain:
        patterns = ((f"[{re.escape(string.punctuation)}]", ""), (r"\s+", " "))
        rules += [normalizers.Replace(_tokenizers().Regex(old), new) for old, new in patterns]
        rules += [normalizers.Strip()]
    return rules


def _content(token: Any) -> str:
    """A token of the settings, which stands there as a text or as a table; "" for none."""
    return token.get("content", "") if isinstance(token, dict) else token or ""


def _checked(tokenizer: str) -> str:
    """The same, if it looks like a tokenizer: the package raises no type of its own."""
    try:
        if isinstance(json.loads(tokenizer)["model"], dict):
            return tokenizer
    except (ValueError, KeyError, TypeError):
        pass
    raise BadData("the contents of tokenizer.json are no tokenizer; fetch the file again")


def _tokenizers() -> Any:
    try:
        import tokenizers  # only texts need it, which many a space has as word vectors
    except ModuleNotFoundError as error:
        raise MissingTool(
            "reading texts with this model needs tokenizers: pip install 'iconym[transformers]'"
        ) from error
    return tokenizers
