"""The types that everything else speaks of."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int64, UInt8

from iconym.errors import BadData, UnknownWord, Usage
from iconym.similarity import unit

Image = UInt8[np.ndarray, "_ _ 3"]  # height, width; sRGB, upright
IdSet = Int64[np.ndarray, "_"]  # any number of ids
Track = Callable[[Iterable[Any], str, int], Iterable[Any]]  # (items, what is done, how many)

MOMENT = re.compile(  # a date of ISO 8601, or the beginning of one
    r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?)?)?)?"
)
LONGEST_PHRASE = 4  # words; "hand_with_index_finger" is about as long as phrases get


def untracked(items: Iterable[Any], _doing: str, _total: int) -> Iterable[Any]:
    """The items, without a word on how far we are: the ``Track`` of a quiet run."""
    return items


def split_words(text: str) -> list[str]:
    """The words of ``text`` in lower case, as the tokens of every corpus and query are made.

    Blanks, hyphens, underscores and punctuation part words; an apostrophe inside a word stays.
    Any script: a word is a run of Unicode letters and digits with their marks and joiners
    (vowel signs, harakat, accents). Letters and marks that Unicode calls equal become equal.
    """
    if text.isascii():
        return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())
    return _words_of_any_script().findall(lower_case(text).replace("\u2019", "'"))


def lower_case(text: str) -> str:
    """``text`` in lower case and Unicode's composed form (NFC), as the words of every corpus are.

    The dotted capital I of Turkish becomes a plain i, not an i with a second dot.
    """
    return unicodedata.normalize("NFC", text.lower().replace("i\u0307", "i"))


@dataclass(frozen=True)
class WordVectors:
    """A vocabulary and its vectors: ``words[i]`` belongs to ``vectors[i]``.

    A phrase is one word, its parts joined by underscores ("snow_leopard"). Lengths may differ
    from 1: where several words make one text, a longer vector counts for more.

    Raises:
        BadData: if numbers disagree, a word stands twice, or a vector is not finite. Those of a
            memory map are left unread: whoever asks them checks what comes out.
    """

    words: tuple[str, ...]
    vectors: Float[np.ndarray, "words dim"]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.vectors):
            raise BadData(f"{len(self.words)} words but {len(self.vectors)} vectors")
        if len(self._row) != len(self.words):
            twice = next(w for i, w in enumerate(self.words) if self._row[w] != i)
            raise BadData(f"the word {twice!r} stands twice; keep one of its vectors")
        if isinstance(self.vectors, np.memmap):
            return
        extremes = (self.vectors.min(initial=0), self.vectors.max(initial=0))  # NaN if one is
        if not np.isfinite(extremes).all():
            row = int(np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))[0])
            raise BadData(f"the vector of {self.words[row]!r} holds NaN or infinity")

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._row

    def __getitem__(self, word: str) -> Float[np.ndarray, " dim"]:
        """The vector of exactly this word.

        Raises:
            UnknownWord: if the vocabulary lacks it.
        """
        if word not in self._row:
            raise UnknownWord(word, self.nearest_spellings(word))
        return self.vectors[self._row[word]]

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.vectors.shape[1])

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """Unit vectors of texts: the sum of the vectors of the text's words and known phrases.

        Raises:
            UnknownWord: if a text holds a word that the vocabulary lacks, or no word at all.
        """
        sums = [self.vectors[self.rows(text)].astype(np.float32).sum(axis=0) for text in texts]
        return unit(np.stack(sums)) if sums else np.empty((0, self.dim), np.float32)

    def rows(self, text: str) -> list[int]:
        """The rows whose words make up ``text``, the longest known phrases first.

        Raises:
            UnknownWord: as ``__call__``.
        """
        if text in self._row:
            return [self._row[text]]
        words, rows = split_words(text), []
        if not words:
            raise UnknownWord(text)
        while words:
            length, row = self._longest_known(words)
            rows.append(row)
            words = words[length:]
        return rows

    def nearest_spellings(self, word: str, k: int = 3) -> list[str]:
        """At most k words of the vocabulary that look like ``word``, the most alike first."""
        return difflib.get_close_matches(word.lower().replace(" ", "_"), self.words, k, 0.6)

    def _longest_known(self, words: list[str]) -> tuple[int, int]:
        for length in range(min(len(words), LONGEST_PHRASE), 0, -1):
            for joint in "_- ":
                row = self._row.get(joint.join(words[:length]))
                if row is not None:
                    return length, row
        raise UnknownWord(words[0], self.nearest_spellings(words[0]))

    @cached_property
    def _row(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words)}


@cache  # tens of milliseconds, spent only where there is a text beyond ASCII
def _words_of_any_script() -> re.Pattern[str]:
    r"""A run of letters and digits, as ``\w`` finds them, with their marks and joiners."""
    beyond = (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))  # accents ... variants of kanji
    marks = [c for c in map(chr, beyond) if unicodedata.category(c) in ("Mn", "Mc")]
    common = "".join(c for c in marks if c <= "\uffff" and c not in "\ufe0e\ufe0f")  # of emoji
    rare = "".join(c for c in marks if c > "\uffff")
    # two classes, for one with the rare marks would be slow, and every word ends with a look at it
    mark = rf"(?:[{common}\u200c\u200d]|(?=[\U00010000-\U0010ffff])[{rare}])"
    return re.compile(rf"[^\W_]+(?:{mark}+[^\W_]*|'[^\W_]+)*")


@dataclass(frozen=True)
class Picture:
    """What a catalog knows of one picture.

    ``id`` is the catalog's own, never used again for another picture, and 0 before it has one.
    """

    uri: str  # a path relative to the collection, with forward slashes
    words: tuple[str, ...] = ()  # its names or tags
    caption: str = ""
    owner: str = ""
    taken: str = ""  # ISO 8601, from the picture's own data
    width: int = 0  # pixels, upright
    height: int = 0
    content: str = ""  # SHA-256 of the file, hexadecimal
    size: int = 0  # bytes
    modified: int = 0  # nanoseconds since 1970
    id: int = 0


@dataclass(frozen=True)
class Activity:
    """Something that happened to a picture somewhere, for an indexer to take in.

    ``picture.uri`` says which; its words, caption and owner are as they now are. An indexer that
    is told of a picture that it knows takes "added" for "changed", and the reverse, for a stream
    may deliver twice.
    """

    what: Literal["added", "changed", "removed"]
    picture: Picture
    id: str = ""  # the stream's own: the same when it is delivered again; "" before it has one


@dataclass(frozen=True)
class FileState:
    """A file as a scan of its folder finds it, without opening it."""

    uri: str
    size: int  # bytes
    modified: int  # nanoseconds since 1970


@dataclass(frozen=True)
class FailureRecord:
    """A picture that could not be taken in, and the state of its file then."""

    uri: str
    kind: str  # "truncated or damaged"
    reason: str  # one line
    size: int = 0
    modified: int = 0
    tries: int = 1


@dataclass(frozen=True)
class Filter:
    """Which pictures to keep: those for which every part that is given holds.

    Args:
        words: each is one of the picture's words.
        text: all its words stand in the picture's words, caption or uri, in any order.
        owner: the picture's, exactly.
        folder: the picture's uri lies below it.
        since: taken at this moment or later, an ISO 8601 date or a part of one ("2024-05").
        until: taken at this moment or earlier; "2024-05" takes in all of May.
        at_least: pixels of the short side.

    Raises:
        Usage: for a ``since`` or ``until`` that is no date.
    """

    words: tuple[str, ...] = ()
    text: str = ""
    owner: str = ""
    folder: str = ""
    since: str = ""
    until: str = ""
    at_least: int = 0

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment and not MOMENT.fullmatch(moment):
                raise Usage(
                    f"{moment!r} is no date; write 2024, 2024-05, 2024-05-31 or 2024-05-31T18:30"
                )

    def __bool__(self) -> bool:
        """Whether any part is given."""
        return self != Filter()


@dataclass(frozen=True)
class Neighbors:
    """The most similar targets of each query, best first; a missing answer is (-1, -inf)."""

    ids: Int64[np.ndarray, "queries k"]
    scores: Float[np.ndarray, "queries k"]

    def __iter__(self) -> Iterator[list[tuple[int, float]]]:
        """The answers to each query as (id, score), without the missing ones."""
        for ids, scores in zip(self.ids, self.scores, strict=True):
            yield [(int(i), float(s)) for i, s in zip(ids, scores, strict=True) if i >= 0]


@dataclass(frozen=True)
class LabelledImages:
    """A data set: ``images[i]`` shows what ``labels[i]`` names.

    ``images`` may decode lazily; ``names`` are for messages (a file name, a row number).
    """

    images: Sequence[Any]  # of Image; Any, for whoever checks types at run time would decode
    labels: tuple[str, ...]
    names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise BadData(f"{len(self.images)} images but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, in the order of their first picture."""
        return tuple(dict.fromkeys(self.labels))
