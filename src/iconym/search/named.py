"""The pictures of a collection that paths and ids name."""

from collections.abc import Sequence
from pathlib import Path

from iconym.errors import MissingPicture, Usage
from iconym.files import content_hash
from iconym.nouns import Filter
from iconym.search.pictures import Search


def named_pictures(search: Search, asked: Sequence[int | Path]) -> list[int]:
    """The ids of pictures, ascending, each once.

    Args:
        search: of the collection.
        asked: ids, picture files of the collection or copies of some, folders inside it.

    Raises:
        Usage: for a file or folder that has no picture in the collection.
        MissingPicture: for a path that leads nowhere.
    """
    found: set[int] = set()
    for what in asked:
        found |= {what} if isinstance(what, int) else _at(search, what)
    return sorted(found)


def _at(search: Search, path: Path) -> set[int]:
    if not path.exists():
        raise MissingPicture(f"no picture {str(path)!r}; check the path")
    uri = search.collection.uri(path) if search.collection else None
    if path.is_dir():
        ids = _below(search, uri)
    else:
        ids = set(search.catalog.find(uris=[uri] if uri else []))
        ids = ids or set(search.catalog.find(contents=[content_hash(path)]))
    if not ids:
        raise Usage(f"{path} is not in the collection; run: iconym index")
    return ids


def _below(search: Search, uri: str | None) -> set[int]:
    if uri is None:
        return set()
    return set(search.catalog.select(Filter(folder="" if uri == "." else uri)).tolist())
