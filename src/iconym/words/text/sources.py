"""Sources of sentences: text files, several sources in a row, and joined phrases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from iconym.errors import BadData, Usage
from iconym.nouns import split_words
from iconym.words.text.ranges import Range, read_range, split_file
from iconym.words.text.shards import Shard, Source
from iconym.words.text.tokens import Reading, Sentence

TEXT_SUFFIXES = (".txt", ".txt.gz")
SHARD_BYTES = 16 << 20  # about a second of work: what is lost when a preparation is killed


@dataclass(frozen=True)
class TextShard:
    """Parts of text files that follow each other, each ended by the end of a sentence."""

    ranges: tuple[Range, ...]

    @property
    def name(self) -> str:
        """The files with their places and versions."""
        return "\n".join(part.name for part in self.ranges)

    @property
    def size(self) -> int:
        """Bytes of the text, about."""
        return sum(part.size for part in self.ranges)


@dataclass(frozen=True)
class TextFiles:
    """The sentences of text files, one a line; an empty line is none.

    A line of more than a megabyte is cut into sentences at blanks, about a megabyte each.

    Args:
        paths: UTF-8 text, packed by gzip where the name ends in ".gz"; a folder stands for all
            its ".txt" and ".txt.gz" files, in the order of their paths.
        words: how a line becomes tokens: ``split_words``; ``str.split`` for text that was
            cleaned before, whose tokens stand between blanks; ``Tags()`` for lists of tags. For
            several processes it has to be importable by its name.
        shard_bytes: large files are cut and small ones gathered into shards of about this size.

    Iterating and ``shards`` raise:
        BadData: for a path that is not there, a folder without text, damaged or foreign bytes.
    """

    paths: tuple[Path, ...]
    words: Reading = split_words
    shard_bytes: int = SHARD_BYTES

    def __post_init__(self) -> None:
        if self.shard_bytes < 1:
            raise Usage(f"shard_bytes is {self.shard_bytes}; it has to be at least 1")

    def __iter__(self) -> Iterator[Sentence]:
        return chain.from_iterable(self.read(shard) for shard in self.shards())

    @property
    def settings(self) -> Any:
        """How a line becomes tokens."""
        return self.words

    def shards(self) -> tuple[TextShard, ...]:
        """The files, cut and gathered."""
        shards, gathered, size = [], [], 0
        for path in chain.from_iterable(map(text_files, self.paths)):
            for part in split_file(path, self.shard_bytes):
                gathered.append(part)
                size += part.size
                if size >= self.shard_bytes:
                    shards.append(TextShard(tuple(gathered)))
                    gathered, size = [], 0
        return (*shards, TextShard(tuple(gathered))) if gathered else tuple(shards)

    def read(self, shard: TextShard) -> Iterator[Sentence]:
        """The sentences of ``shard``."""
        for part in shard.ranges:
            for text in read_range(part):
                yield from lines_to_sentences(text, self.words)


@dataclass(frozen=True)
class PartOf:
    """A shard of the source with this number."""

    number: int
    shard: Shard

    @property
    def name(self) -> str:
        """That of the shard, with the number of its source."""
        return f"{self.number}:{self.shard.name}"

    @property
    def size(self) -> int:
        """Bytes of the text, about."""
        return self.shard.size


@dataclass(frozen=True)
class Chained:
    """Several sources, one after the other: a text dump, captions, tags."""

    sources: tuple[Source, ...]

    def __iter__(self) -> Iterator[Sentence]:
        return chain.from_iterable(self.sources)

    @property
    def settings(self) -> Any:
        """Those of all sources."""
        return tuple(source.settings for source in self.sources)

    def shards(self) -> tuple[PartOf, ...]:
        """The shards of all sources."""
        return tuple(
            PartOf(number, shard)
            for number, source in enumerate(self.sources)
            for shard in source.shards()
        )

    def read(self, shard: PartOf) -> Iterator[Sentence]:
        """The sentences of ``shard``."""
        return self.sources[shard.number].read(shard.shard)


@dataclass(frozen=True)
class JoinedSource:
    """``source`` with ``join`` applied to each sentence: known phrases, found ones, or both.

    For several processes ``join`` has to be a function of a module or made of such.
    """

    source: Source
    join: Callable[[Sentence], Sentence]

    def __iter__(self) -> Iterator[Sentence]:
        return map(self.join, self.source)

    @property
    def settings(self) -> Any:
        """Those of the source, and the join."""
        return (self.source.settings, self.join)

    def shards(self) -> tuple[Shard, ...]:
        """Those of the source."""
        return self.source.shards()

    def read(self, shard: Shard) -> Iterator[Sentence]:
        """The joined sentences of ``shard``."""
        return map(self.join, self.source.read(shard))


def lines_to_sentences(text: str, words: Reading) -> Iterator[Sentence]:
    """The tokens of each line of ``text``; no line without any."""
    for line in text.split("\n"):
        if sentence := words(line.removesuffix("\r")):
            yield sentence


def text_files(path: Path, suffixes: tuple[str, ...] = TEXT_SUFFIXES) -> list[Path]:
    """``path`` itself, or all files of the folder whose names end so, in the order of their paths.

    Raises:
        BadData: if it is not there, or a folder without any.
    """
    if not path.exists():
        raise BadData(f"{path} is not there; name a text file or a folder of them")
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.rglob("*") if p.name.endswith(suffixes) and p.is_file())
    if not found:
        raise BadData(f"{path} holds no {' or '.join(suffixes)} file; name one that does")
    return found
