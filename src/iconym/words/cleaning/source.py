"""Files of photos with their tags, whatever their format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from iconym.errors import Usage
from iconym.nouns import Track, untracked
from iconym.words.cleaning.layout import Layout, split_tags
from iconym.words.cleaning.opening import PACKED, opened_text
from iconym.words.cleaning.parquet import read_parquet_tags
from iconym.words.cleaning.tables import find_table, read_table
from iconym.words.cleaning.tagged import Tagged


@dataclass(frozen=True)
class TagFile:
    """The photos of a file with their tags, read anew by each loop, none held.

    - ``.parquet``: one photo a row.
    - ``.txt``, if no column of tags is named: one photo a line, its users unknown.
    - all else is a table with a header: CSV, TSV, semicolons or bars between its cells.

    Text is UTF-8 with any line ends, packed if the name ends in ".gz" or ".bz2".

    Raises:
        Usage: if there is no such file.

    Iterating raises:
        BadData: for damaged or foreign bytes, rows of another length, a missing column.
        MissingTool: for Parquet without pyarrow.
    """

    path: Path
    layout: Layout = field(default_factory=Layout)
    track: Track = untracked

    def __post_init__(self) -> None:
        if not self.path.is_file():
            raise Usage(f"no file {str(self.path)!r}; give a CSV, TSV, Parquet or text file")

    def __iter__(self) -> Iterator[Tagged]:
        if self._suffix == ".parquet":
            return read_parquet_tags(self.path, self.layout, self.track)
        if self.is_table:
            return read_table(self.path, self.layout, self.track)
        return _lines(self)

    @property
    def is_table(self) -> bool:
        """Whether this is read as a table of text."""
        plain = self._suffix == ".txt" and self.layout.tags is None
        return self._suffix != ".parquet" and not plain

    def remark(self) -> str:
        """What was found out about the file without being told; "" if nothing."""
        if not self.is_table:
            return ""
        table = find_table(self.path, self.layout)
        users = "no column of users" if table.user is None else f"users in column {table.user + 1}"
        return (
            f"{self.path.name}: separator {table.separator!r} detected, "
            f"tags in column {table.tags + 1}, {users}"
        )

    @property
    def _suffix(self) -> str:
        path = self.path.with_suffix("") if self.path.suffix in PACKED else self.path
        return path.suffix


def _lines(source: TagFile) -> Iterator[Tagged]:
    with opened_text(source.path, source.track) as file:
        for line in file:
            yield Tagged(split_tags(line, source.layout.separator))
