"""Queries: weighted words and pictures, and how people write them."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iconym.errors import MissingPicture, Usage
from iconym.pictures import SUFFIXES

SIGN = re.compile(r"(?:^|(?<=\s))([+-])\s*")  # not the hyphen in "t-shirt"
WEIGHT = re.compile(r"(\d+(?:\.\d*)?|\.\d+):(?=.)")


@dataclass(frozen=True)
class Term:
    """One part of a query.

    Args:
        what: words, a picture file, the bytes of a picture file, or the id of a picture of the
            collection.
        weight: how much it counts; below 0 leads away from it.
    """

    what: str | Path | bytes | int
    weight: float = 1.0


def parse_query(arguments: Sequence[str], *, files: bool = True) -> list[Term]:
    """The terms in arguments like ``photo.png + 2:dog - snow leopard``.

    A + or - at the start or after a blank begins a term, ``2:`` before a term is its weight.
    What is the path of a file, holds a slash or ends as pictures do (".png") is a picture and a
    term by itself; the words between two signs are one term.

    Args:
        arguments: of a command line, or one string.
        files: False makes words of everything, for queries of people whose paths are not ours.

    Raises:
        Usage: for a sign without a term, or no term at all.
        MissingPicture: for the path of a picture that is not there.
    """
    groups: list[tuple[str, list[str]]] = [("", [])]
    for token in (token for argument in arguments for token in _tokens(argument, files)):
        if token in ("+", "-"):
            groups.append((token, []))
        else:
            groups[-1][1].append(token)
    bare = [sign for sign, texts in groups if sign and not texts]
    if bare:
        raise Usage(f"nothing stands after {bare[0]!r}; put words or a picture after it")
    terms = [_term(sign, text, files) for sign, texts in groups for text in _joined(texts, files)]
    if not terms:
        raise Usage("an empty query; give words or a picture")
    return terms


def _tokens(argument: str, files: bool) -> list[str]:
    if files and os.path.isfile(argument):
        return [argument]
    return [token for part in SIGN.split(argument) if (token := part.strip())]


def _joined(texts: Sequence[str], files: bool) -> Iterator[str]:
    """Words that stand side by side as one text, pictures and weighted terms by themselves."""
    words: list[str] = []
    for text in texts:
        is_picture = _is_picture(text, files)
        if words and (is_picture or WEIGHT.match(text)):
            yield " ".join(words)
            words = []
        if is_picture:
            yield text
        else:
            words.append(text)
    if words:
        yield " ".join(words)


def _term(sign: str, text: str, files: bool) -> Term:
    weight = -1.0 if sign == "-" else 1.0
    prefix = WEIGHT.match(text)
    if prefix and not (files and os.path.isfile(text)):
        weight, text = weight * float(prefix[1]), text[prefix.end() :].strip()
    if not _is_picture(text, files):
        return Term(text, weight)
    if not os.path.exists(text):
        raise MissingPicture(f"no picture {text!r}; check the path")
    return Term(Path(text), weight)


def _is_picture(text: str, files: bool) -> bool:
    looks = "/" in text or os.path.splitext(text)[1].lower() in SUFFIXES
    return files and (looks or os.path.isfile(text))
