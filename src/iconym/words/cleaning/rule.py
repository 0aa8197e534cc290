"""What a rule is: a name and a function from a tag to a tag."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One step of cleaning: ``apply(tag)`` is the tag changed, or "" if the tag is dropped.

    It must answer the same for the same tag: answers are kept, and asked for again for the
    report. It sees no tag that an earlier rule has dropped.
    """

    name: str  # as reports and the command line call it
    apply: Callable[[str], str]


def dropping(name: str, unwanted: Callable[[str], object]) -> Rule:
    """The rule that drops a tag if ``unwanted`` says something true of it, and changes none."""
    return Rule(name, lambda tag: "" if unwanted(tag) else tag)
