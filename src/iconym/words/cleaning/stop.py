"""The rule for a list of one's own: awards, groups, names."""

from collections.abc import Iterable
from pathlib import Path

from iconym.errors import Usage
from iconym.words.cleaning.opening import opened_text
from iconym.words.cleaning.rule import Rule, dropping
from iconym.words.text.tokens import as_token


def stop_words(tags: Iterable[str]) -> Rule:
    """The rule that drops these tags, however they are spelled: "Top F25" is "top_f25"."""
    stopped = frozenset(map(as_token, tags))
    return dropping("stop", stopped.__contains__)


def read_stop_words(path: Path) -> list[str]:
    """The tags in a text file, one a line.

    Raises:
        Usage: if there is no such file.
        BadData: if it is not UTF-8.
    """
    if not path.is_file():
        raise Usage(f"no file {str(path)!r}; give a text file with a tag a line")
    with opened_text(path) as file:
        return [tag for line in file if (tag := line.strip())]
