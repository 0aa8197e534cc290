"""Where a file of photos keeps their tags and their users."""

from dataclasses import dataclass

from iconym.errors import BadData


@dataclass(frozen=True)
class Layout:
    """Columns and separator of tags.

    Args:
        tags: the column of tags; a number counts columns from 1, in a table without a header.
        user: the column of users, named or numbered as ``tags``; "user" if there is one.
        separator: what parts the tags in a cell or a line; "," in tables, blanks in plain text.
            Escaped tags are decoded after they were parted, so "a%2cb" is one tag.
    """

    tags: str | None = None
    user: str | None = None
    separator: str | None = None


def split_tags(cell: str, separator: str | None) -> tuple[str, ...]:
    """The tags in ``cell``, without the blanks around them and without empty ones."""
    pieces = cell.split(separator)
    return tuple([tag for piece in pieces if (tag := piece.strip())])


def find_columns(source: str, names: list[str], layout: Layout) -> tuple[int, int | None]:
    """The places of the tags and of the users, if there are any, among columns of ``names``.

    Raises:
        BadData: if a column is missing, naming those that are there.
    """
    user = layout.user or ("user" if "user" in names else None)
    tags = _place(source, names, layout.tags or "tags")
    return tags, None if user is None else _place(source, names, user)


def _place(source: str, names: list[str], name: str) -> int:
    if name not in names:
        raise BadData(f"{source}: column {name!r} not found; columns are: {', '.join(names)}")
    return names.index(name)
