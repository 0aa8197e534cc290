"""The files of a folder beside what a catalog knows of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from iconym.collection import Collection
from iconym.indexing.files import is_text
from iconym.nouns import FileState
from iconym.protocols import Catalog, Comparison

MANY = 10_000  # pictures read or removed, or entries of the log read, at once


@dataclass(frozen=True)
class Compared:
    """What is to be done to bring a catalog up to date with its folder.

    Args:
        catalog: as it was at its change ``sequence``, or later.
        comparison: of all files whose names are text.
        unnamed: those whose names are none.
        gone: the ids of pictures whose files were not found; changed by whoever finds them.
        retry: whether files that are known to fail are tried again.
    """

    catalog: Catalog
    sequence: int
    comparison: Comparison
    unnamed: Sequence[FileState]
    gone: set[int]
    retry: bool = False

    @property
    def count(self) -> int:
        """How many files ``todo`` gives."""
        again = self.comparison.failing if self.retry else 0
        return len(self.unnamed) + self.comparison.count_todo() + again

    def todo(self) -> Iterator[FileState]:
        """The files to look into."""
        found = chain(self.unnamed, self.comparison.todo())
        if not self.retry:
            return found
        again = self.comparison.known_failures()
        return chain(found, (FileState(f.uri, f.size, f.modified) for f in again))

    def known_failures(self) -> dict[str, int]:
        """By kind, how many are known to fail and not tried again."""
        failures = () if self.retry else self.comparison.known_failures()
        return dict(Counter(failure.kind for failure in failures))

    def forget(self) -> int:
        """Remove what is still gone, and say how many; what others changed meanwhile stays."""
        gone = self.gone and self.gone - _changed(self.catalog, self.sequence)
        for ids in _parts(gone):
            self.catalog.remove(ids)
        for uris in _parts(self.comparison.gone_failures()):
            self.catalog.forget_failures(uris)
        return len(gone)


@contextmanager
def compared(
    collection: Collection, fingerprint: str, files: Iterator[FileState], *, retry: bool = False
) -> Iterator[Compared]:
    """The files that a scan found beside the catalog, to be used inside its ``with``.

    Pictures in a folder that could not be read are not gone.
    """
    catalog, unnamed, unread = collection.catalog, list[FileState](), list[str]()
    sequence = catalog.last_sequence()
    with catalog.compare(_told(files, unnamed, unread), fingerprint) as comparison:
        gone = {i for i, _content in comparison.gone()}
        gone -= _inside(catalog, gone, unread)
        yield Compared(catalog, sequence, comparison, unnamed, gone, retry)


def _told(
    files: Iterator[FileState], unnamed: list[FileState], unread: list[str]
) -> Iterator[FileState]:
    """The files whose names are text; the others, and what could not be read, go into lists."""
    for file in files:
        if not file.modified:
            unread.append(file.uri)
        if is_text(file.uri):
            yield file
        else:
            unnamed.append(file)


def _inside(catalog: Catalog, ids: set[int], folders: Sequence[str]) -> set[int]:
    """Those of ``ids`` whose pictures lie in one of the folders."""
    starts = tuple(f"{folder}/" for folder in folders)
    if not starts:
        return set()
    pictures = (picture for part in _parts(ids) for picture in catalog.get(part))
    return {picture.id for picture in pictures if picture.uri.startswith(starts)}


def _changed(catalog: Catalog, since: int) -> set[int]:
    """The ids of pictures put, updated or removed after change ``since``."""
    ids: set[int] = set()
    while changes := catalog.changes(since, MANY):
        ids.update(change.id for change in changes)
        since = changes[-1].sequence
    return ids


def _parts(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while part := list(islice(waiting, MANY)):
        yield part
