"""Photos in a table of text: CSV, TSV, semicolons, bars."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iconym.errors import BadData, NothingToDo
from iconym.nouns import Track
from iconym.words.cleaning.layout import Layout, find_columns, split_tags
from iconym.words.cleaning.opening import opened_text
from iconym.words.cleaning.tagged import Tagged

SEPARATORS = ",;|"


@dataclass(frozen=True)
class Table:
    """How a table is built, as far as its first line tells."""

    separator: str  # of cells
    width: int  # columns
    header: bool
    tags: int
    user: int | None


def find_table(path: Path, layout: Layout) -> Table:
    """How the table in ``path`` is built: tabs part its cells if line 1 has any, else ",;|".

    Of these, the one that line 1 has most of. Line 1 is a header, unless columns are numbered.
    """
    with opened_text(path) as file:
        first = file.readline()
    separator = "\t" if "\t" in first else max(SEPARATORS, key=first.count)
    names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
    if not names:
        raise NothingToDo(f"{path} begins with an empty line; give a table with a header")
    header = layout.tags is None or layout.tags in names or not layout.tags.isdecimal()
    if not header:
        names = [str(number) for number in range(1, len(names) + 1)]
    tags, user = find_columns(path.name, names, layout)
    return Table(separator, len(names), header, tags, user)


def read_table(path: Path, layout: Layout, track: Track) -> Iterator[Tagged]:
    """The photos of a table, one a row; empty lines are none.

    Raises:
        BadData: for a row with more or fewer cells than line 1, and for a missing column.
    """
    table = find_table(path, layout)
    with opened_text(path, track) as file:
        rows = csv.reader(file, delimiter=table.separator)
        try:
            if table.header:
                next(rows)
            for row in rows:
                if len(row) == table.width:
                    yield _photo(row, table, layout.separator or ",")
                elif row:
                    raise BadData(
                        f"{path.name} line {rows.line_num}: {len(row)} cells, not {table.width} "
                        f"(parted by {table.separator!r})"
                    )
        except csv.Error as error:
            raise BadData(f"{path.name} line {rows.line_num}: {error}; mend that line") from error


def _photo(row: list[str], table: Table, separator: str) -> Tagged:
    user = "" if table.user is None else row[table.user].strip()
    return Tagged(split_tags(row[table.tags], separator), user)
