"""What a source of sentences is: a text of any size, in shards that several processes can read.

A source is read anew by each loop over it. Its shards, one after the other, are the whole text;
each has a name that changes with its files, so that what was made of it can be known again.
"""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from iconym.words.text.tokens import Sentence


@runtime_checkable
class Shard(Protocol):
    """A part of a source, small enough to be sent to another process."""

    @property
    def name(self) -> str:
        """Another one for each shard, and whenever its files were written to."""
        ...

    @property
    def size(self) -> int:
        """Bytes of the text, about."""
        ...


@runtime_checkable
class Source(Protocol):
    """Sentences in shards."""

    @property
    def settings(self) -> Any:
        """What decides which sentences a shard holds, besides its files."""
        ...

    def __iter__(self) -> Iterator[Sentence]:
        """The sentences of all shards, in their order."""
        ...

    def shards(self) -> tuple[Shard, ...]:
        """The parts, in the order of the text."""
        ...

    def read(self, shard: Any) -> Iterator[Sentence]:
        """The sentences of one of the shards."""
        ...
