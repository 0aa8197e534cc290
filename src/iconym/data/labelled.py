"""Labelled pictures from wherever they are: a folder, or a Parquet file."""

from collections.abc import Sequence
from pathlib import Path

from iconym.data.folder import as_label, read_folder
from iconym.data.parquet import read_parquet
from iconym.errors import BadData, Usage
from iconym.nouns import LabelledImages


def read_labelled(
    path: Path,
    *,
    image: str | None = None,
    label: str | None = None,
    where: Sequence[str] = (),
    at_least: int | None = None,
) -> LabelledImages:
    """The labelled pictures of a Parquet file, known by its suffix, or of a folder.

    Args:
        path: ends in ".parquet", or is a folder as ``read_folder`` reads it.
        image: the Parquet file's column of pictures, "image" if None.
        label: the column of labels, of a Parquet file "label" if None.
        where: conditions on the Parquet file's rows, as "split=train"; all must hold.
        at_least: as for ``read_picture``.

    Raises:
        Usage: if a folder is given with ``image`` or ``where``, or a condition has no "=".
        NothingToDo, BadData, MissingTool: as ``read_folder`` and ``read_parquet``.
    """
    if path.suffix == ".parquet":
        conditions = dict(_condition(text) for text in where)
        columns = {"image": image or "image", "label": label or "label"}
        return read_parquet(path, **columns, where=conditions, at_least=at_least)
    if image is not None or where:
        raise Usage(f"{str(path)!r} is no .parquet file; columns and conditions are for those")
    return read_folder(path, label=label, at_least=at_least)


def read_label_list(path: Path) -> tuple[str, ...]:
    """The labels in a text file, one a line, underscores as blanks; empty lines do not count.

    Raises:
        BadData: if the file cannot be read, is no UTF-8 or has no label.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise BadData(f"cannot read the labels {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadData(f"{str(path)!r} is not UTF-8 text; save it as UTF-8") from error
    labels = tuple(filter(None, map(as_label, lines)))
    if not labels:
        raise BadData(f"{str(path)!r} holds no label; write one a line")
    return labels


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise Usage(f"the condition {text!r} is not COLUMN=VALUE")
    return column, value
