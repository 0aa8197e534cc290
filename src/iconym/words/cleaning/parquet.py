"""Photos in the rows of a Parquet file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iconym.errors import BadData, MissingTool
from iconym.nouns import Track
from iconym.words.cleaning.layout import Layout, find_columns, split_tags
from iconym.words.cleaning.tagged import Tagged

ROWS = 16_384  # held at once


def read_parquet_tags(path: Path, layout: Layout, track: Track) -> Iterator[Tagged]:
    """The photos of a Parquet file, one a row; a missing value is no tag, or an unknown user.

    Tags are a list of strings, or one string that is parted as a cell of a table.

    Raises:
        BadData: if this is no Parquet file, or a column is missing or of another type.
        MissingTool: if pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingTool("Parquet needs pyarrow: pip install 'iconym[train]'") from error
    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            schema = file.schema_arrow
            places = find_columns(path.name, schema.names, layout)
            columns = [schema.names[place] for place in places if place is not None]
            _check_type(path, schema.field(columns[0]))
            batches = file.iter_batches(ROWS, columns=list(dict.fromkeys(columns)))
            steps = -(-file.metadata.num_rows // ROWS)
            for batch in track(batches, f"reading {path.name}", steps):
                yield from _photos(batch, columns, layout.separator or ",")
    except pyarrow.ArrowException as error:
        raise BadData(f"{path}: {' '.join(str(error).split())}") from error


def _check_type(path: Path, field: Any) -> None:
    from pyarrow import types

    kind = field.type
    is_list = types.is_list(kind) or types.is_large_list(kind)
    inner = kind.value_type if is_list or types.is_dictionary(kind) else kind
    if not (types.is_string(inner) or types.is_large_string(inner)):
        raise BadData(f"{path.name}: column {field.name!r} is {kind}; lists of strings do")


def _photos(batch: Any, columns: list[str], separator: str) -> Iterator[Tagged]:
    tags = batch.column(columns[0]).to_pylist()
    users = batch.column(columns[1]).to_pylist() if len(columns) > 1 else [None] * len(tags)
    for given, user in zip(tags, users, strict=True):
        name = "" if user is None else str(user)
        if given is None or isinstance(given, str):
            yield Tagged(split_tags(given or "", separator), name)
        else:
            yield Tagged(tuple(tag for tag in given if tag), name)
