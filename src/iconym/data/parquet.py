"""A Parquet file of pictures and labels, one row each."""

import functools
import hashlib
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from iconym.data.folder import LazyImages, as_label, as_read, check_columns
from iconym.errors import BadData, EmptyPicture, MissingTool, NothingToDo, Usage
from iconym.files import content_hash
from iconym.nouns import Image, LabelledImages
from iconym.pictures import decode_picture, read_picture


def read_parquet(
    path: Path,
    *,
    image: str = "image",
    label: str = "label",
    where: Mapping[str, str | int] | None = None,
    at_least: int | None = None,
) -> LabelledImages:
    """The rows of a Parquet file as pictures with labels.

    Only the columns asked for are read, the encoded pictures into memory; each is decoded when
    asked for, so a bad one is found then. Names are row numbers of the file, from 0.

    Args:
        path: one file.
        image: column of a file's bytes, of paths relative to the Parquet file, or of structs
            {bytes, path} as the Hugging Face hub has them, where bytes go first.
        label: column of strings, in which underscores become blanks, or of integers.
        where: keep the rows in which each of these columns has this value, written as text or not.
        at_least: the short side, pixels, that the caller needs, as for ``read_picture``.

    Raises:
        Usage: if there is no such file.
        NothingToDo: if no row is left.
        BadData: if the file is no Parquet file, a column is missing or of another type, or a
            label is null.
        MissingTool: if pyarrow is not installed.
    """
    where = dict(where or {})
    table, rows = _read(path, [image, label], where)
    if not table.num_rows:
        chosen = " and ".join(f"{column} = {value!r}" for column, value in where.items())
        raise NothingToDo(f"{str(path)!r} has no row" + (f" where {chosen}" if where else ""))
    names = tuple(f"{path.name} row {row}" for row in rows)
    pictures = table[image]

    def decode(row: int) -> Image:
        return _decode(pictures[row].as_py(), names[row], path.parent, at_least)

    def content(row: int) -> str:
        return as_read(_content(pictures[row].as_py(), path.parent), at_least)

    labels = _labels(table[label], names)
    return LabelledImages(LazyImages(range(len(names)), decode, content), labels, names)


def content_hashes(path: Path, *, image: str = "image") -> list[str]:
    """SHA-256 of every row's encoded picture, hexadecimal; "" where there is none to be read.

    By it a catalog knows a picture again that was encoded before.

    Args:
        path: one file.
        image: column of pictures, as for ``read_parquet``.

    Raises:
        Usage, BadData, MissingTool: as ``read_parquet``.
    """
    table, _ = _read(path, [image], {})
    return [_content(value.as_py(), path.parent) for value in table[image]]


def _read(path: Path, columns: list[str], where: dict[str, str | int]) -> tuple[Any, Sequence[int]]:
    """The table of these columns where the condition holds, and its rows' numbers in the file."""
    try:
        import pyarrow
        from pyarrow import compute, parquet
    except ImportError as error:
        raise MissingTool("Parquet needs pyarrow: pip install 'iconym[train]'") from error
    if not path.is_file():
        raise Usage(f"no file {str(path)!r}; give one Parquet file")
    try:
        schema = parquet.read_schema(path)
        check_columns(path, [*columns, *where], schema.names)
        _check_types(schema, columns)
        if not where:
            table = parquet.read_table(path, columns=columns, memory_map=True)
            return table, range(table.num_rows)
        wanted = functools.reduce(
            operator.and_,
            (compute.field(n) == _scalar(value, schema.field(n)) for n, value in where.items()),
        )
        tested = parquet.read_table(path, columns=list(where), memory_map=True)
        number = pyarrow.array(range(tested.num_rows), pyarrow.int64())
        rows = tested.append_column("", number).filter(wanted).column(len(where)).to_pylist()
        return parquet.read_table(path, columns=columns, filters=wanted, memory_map=True), rows
    except pyarrow.ArrowException as error:
        raise BadData(f"{str(path)!r}: {' '.join(str(error).split())}") from error


def _scalar(value: str | int, field: Any) -> Any:
    """The value in the type of the column it is compared with."""
    import pyarrow

    kind = field.type.value_type if pyarrow.types.is_dictionary(field.type) else field.type
    return pyarrow.scalar(str(value)).cast(kind)


def _check_types(schema: Any, columns: list[str]) -> None:
    from pyarrow import types

    image, *labels = (schema.field(column) for column in columns)
    if not _holds_pictures(image.type):
        raise BadData(f"column {image.name!r} is {image.type}; bytes, paths or {{bytes, path}} do")
    for label in labels:
        value = label.type.value_type if types.is_dictionary(label.type) else label.type
        if not (_is_text(value) or types.is_integer(value)):
            raise BadData(f"column {label.name!r} is {label.type}; labels are strings or integers")


def _holds_pictures(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        return {"bytes", "path"} <= {field.name for field in kind}
    return _is_text(kind) or types.is_binary(kind) or types.is_large_binary(kind)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return types.is_string(kind) or types.is_large_string(kind)


def _labels(column: Any, names: Sequence[str]) -> tuple[str, ...]:
    values = column.to_pylist()
    if None in values:
        raise BadData(f"{names[values.index(None)]} has no label; drop it or name it")
    return tuple(as_label(str(value)) for value in values)


def _decode(value: Any, name: str, folder: Path, at_least: int | None) -> Image:
    value = _bytes_or_path(value)
    if value is None:
        raise EmptyPicture(f"{name!r} has no picture (null)")
    if isinstance(value, str):
        return read_picture(folder / value, at_least=at_least).image
    return decode_picture(value, name, at_least=at_least).image


def _content(value: Any, folder: Path) -> str:
    value = _bytes_or_path(value)
    if isinstance(value, str):
        return content_hash(folder / value)
    return hashlib.sha256(value).hexdigest() if value else ""


def _bytes_or_path(value: Any) -> bytes | str | None:
    if not isinstance(value, dict):
        return value
    return value["path"] if value["bytes"] is None else value["bytes"]
