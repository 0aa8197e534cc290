"""A column of Parquet files as sentences: strings, or lists of tags."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from iconym.errors import BadData, MissingTool
from iconym.nouns import split_words
from iconym.words.text.sources import SHARD_BYTES, lines_to_sentences, text_files
from iconym.words.text.tokens import Reading, Sentence, as_token

ROWS = 200  # that are decoded at a time: a row may be a long document


@dataclass(frozen=True)
class RowGroups:
    """Row groups of one Parquet file that follow each other."""

    path: Path
    groups: tuple[int, ...]
    size: int  # bytes of the column, unpacked
    version: str

    @property
    def name(self) -> str:
        """The file with its version, and the numbers of the groups."""
        numbers = f"{self.groups[0]}-{self.groups[-1]}"
        return f"{self.path.absolute()}:{numbers}:{self.version}"


@dataclass(frozen=True)
class ParquetColumn:
    """The sentences of one column of Parquet files.

    A string is read like a text, a sentence a line; a list of strings is one sentence with a
    token for each, as ``as_token`` makes it. A null, a row without words and a tag without words
    are left out.

    Args:
        paths: Parquet files; a folder stands for all its ".parquet" files, in the order of their
            paths.
        column: of strings or of lists of strings.
        words: how a line of a string, or an item of a list, becomes words.

    Iterating and ``shards`` raise:
        BadData: for a path that is not there, no Parquet file, or a column that is not there
            or of another type.
        MissingTool: if pyarrow is not installed.
    """

    paths: tuple[Path, ...]
    column: str
    words: Reading = split_words

    def __iter__(self) -> Iterator[Sentence]:
        return chain.from_iterable(self.read(shard) for shard in self.shards())

    @property
    def settings(self) -> Any:
        """The column and how it becomes tokens."""
        return (self.column, self.words)

    def shards(self) -> tuple[RowGroups, ...]:
        """The row groups, small ones gathered."""
        files = chain.from_iterable(text_files(path, (".parquet",)) for path in self.paths)
        return tuple(shard for path in files for shard in _row_groups(path, self.column))

    def read(self, shard: RowGroups) -> Iterator[Sentence]:
        """The sentences of ``shard``."""
        with _opened(shard.path) as file:
            batches = file.iter_batches(ROWS, shard.groups, [self.column])
            for batch in batches:
                for value in batch.column(0).to_pylist():
                    yield from self._sentences(value)

    def _sentences(self, value: str | list[str | None] | None) -> Iterator[Sentence]:
        if isinstance(value, str):
            yield from lines_to_sentences(value, self.words)
        elif value is not None:
            tokens = (as_token(tag, self.words) for tag in value if tag is not None)
            if sentence := [token for token in tokens if token]:
                yield sentence


def _row_groups(path: Path, column: str) -> Iterator[RowGroups]:
    with _opened(path) as file:
        _check(path, column, file.schema_arrow)
        sizes = [_bytes(file.metadata.row_group(n), column) for n in range(file.num_row_groups)]
    found = path.stat()
    version = f"{found.st_size}:{found.st_mtime_ns}"
    gathered: list[int] = []
    held = 0
    for group, size in enumerate(sizes):
        gathered.append(group)
        held += size
        if held >= SHARD_BYTES or group + 1 == len(sizes):
            yield RowGroups(path, tuple(gathered), held, version)
            gathered, held = [], 0


def _bytes(group: Any, column: str) -> int:
    parts = (group.column(number) for number in range(group.num_columns))
    return sum(
        part.total_uncompressed_size
        for part in parts
        if part.path_in_schema == column or part.path_in_schema.startswith(f"{column}.")
    )


def _check(path: Path, column: str, schema: Any) -> None:
    if column not in schema.names:
        raise BadData(
            f"{path} has no column {column!r}; its columns are: {', '.join(schema.names)}"
        )
    kind = schema.field(column).type
    if not (_is_text(kind) or (_is_list(kind) and _is_text(kind.value_type))):
        raise BadData(f"{path}: column {column!r} is {kind}; strings or lists of strings do")


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_string(value) or types.is_large_string(value)


def _is_list(kind: Any) -> bool:
    from pyarrow import types

    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingTool("Parquet needs pyarrow: pip install 'iconym[train]'") from error
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        raise BadData(f"{path}: {' '.join(str(error).split())}") from error
