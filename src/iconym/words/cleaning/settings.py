"""The settings of a cleaning."""

from dataclasses import dataclass

from iconym.errors import Usage
from iconym.words.cleaning.characters import WORDS
from iconym.words.cleaning.rule import Rule
from iconym.words.cleaning.rules import RULES


@dataclass(frozen=True)
class CleaningSettings:
    """By which rules tags become words, and which words are kept.

    Raises:
        Usage: if a number is below 1, or no rule makes the words.
    """

    rules: tuple[Rule, ...] = RULES
    min_users: int = 2  # different users who gave a word; photos that have it if no user is known
    min_count: int = 1  # photos that have it
    most_words: int | None = None  # the most frequent ones, equally frequent ones by alphabet

    def __post_init__(self) -> None:
        for name in ("min_users", "min_count", "most_words"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise Usage(f"{name} is {number}; give 1 or more")
        if WORDS not in self.rules:
            raise Usage(f"no rule {WORDS.name!r} among the rules; it makes the words of tags")
