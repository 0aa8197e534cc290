"""Tags that a vocabulary suggests for pictures, and a file of them for people's spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from iconym.errors import BadData, Usage
from iconym.index.checks import check_k
from iconym.nouns import Filter, IdSet, Picture, WordVectors, split_words
from iconym.search.pictures import EVERYTHING, Search
from iconym.search.words import WordIndex

BATCH = 1_024  # pictures at once
COLUMNS = ("picture", "tag", "score")
# what a spreadsheet takes for the beginning of a formula: OWASP, "CSV injection", which names
# the wide forms of the signs in Unicode too
SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
FORMULA = re.compile(f"[{SIGNS}]")
CELL = re.compile(f"(?:^|(?<=[,;|\t\r\n]))(?=[{SIGNS}])")  # where one begins by any separator


@dataclass(frozen=True)
class Suggestion:
    """A word that fits a picture and is not yet one of its own."""

    picture: Picture
    tag: str
    score: float  # cosine


def suggest_tags(
    search: Search,
    k: int = 5,
    *,
    wanted: Filter = EVERYTHING,
    vocabulary: WordVectors | None = None,
) -> Iterator[Suggestion]:
    """At most k tags for each picture, best first, picture by picture in the order of ids.

    What a picture already has, in whatever case and however its words are joined, is not suggested
    again. Nothing is written anywhere. Memory does not grow with the number of pictures.

    Args:
        search: whose pictures.
        k: at least 1.
        wanted: for these pictures, a folder for instance; those without a vector in the space get
            none.
        vocabulary: the tags to choose from; the space's labels if left out.

    Raises:
        Usage: for a k below 1, or if no picture is wanted.
        BadData: for a vocabulary of another dimension.
    """
    check_k(k)
    vocabulary = search.space.vocabulary if vocabulary is None else vocabulary
    if vocabulary.dim != search.space.dim:
        raise BadData(
            f"the vocabulary has vectors of {vocabulary.dim} numbers, the space of "
            f"{search.space.dim}; give word vectors that the space was trained on"
        )
    every = search.catalog.select(wanted)
    if not len(every):
        raise Usage("no picture to suggest tags for; use fewer filters, or index a folder")
    return _suggested(search, every, WordIndex(vocabulary), k)


def csv_lines(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180, but for a line feed at their ends), a heading first.

    A spreadsheet that opens the file runs nothing of it, whatever separator it takes: no text
    begins like a formula, and none does where another separator would part it. A path that would
    gets "./" before it and is the same path still; as it stands first in its line, in quotes, no
    separator parts it. A tag gets apostrophes.
    """
    yield _line(COLUMNS)
    for found in suggestions:
        uri = found.picture.uri
        path = f"./{uri}" if FORMULA.match(uri) else uri
        yield _line((path, CELL.sub("'", found.tag), round(found.score, 6)))


def _suggested(search: Search, every: IdSet, words: WordIndex, k: int) -> Iterator[Suggestion]:
    with search.catalog.reading() as catalog:
        for start in range(0, len(every), BATCH):
            asked = every[start : start + BATCH]
            ids, vectors = catalog.vectors(search.space.fingerprint, asked)
            pictures = catalog.get(ids.tolist())
            most = max((len(picture.words) for picture in pictures), default=0)
            for picture, fitting in zip(pictures, words.nearest(vectors, k + most), strict=True):
                own = {_form(word) for word in picture.words}
                new = [(tag, score) for tag, score in fitting if _form(tag) not in own]
                yield from (Suggestion(picture, tag, score) for tag, score in new[:k])


def _line(row: Sequence[str | float]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(row)
    return text.getvalue()


def _form(word: str) -> tuple[str, ...]:
    return tuple(split_words(word)) or (word,)
