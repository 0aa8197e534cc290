"""All rules, in the order in which a tag meets them."""

from collections.abc import Collection, Iterable
from typing import Literal

from iconym.errors import Usage
from iconym.words.cleaning.cameras import CAMERAS, F_NUMBERS
from iconym.words.cleaning.characters import CASE, LENGTH, UNICODE, WORDS
from iconym.words.cleaning.dates import DATES, FILES, NUMBERS
from iconym.words.cleaning.decoding import ESCAPES, HTML, URL
from iconym.words.cleaning.emoji import DROPPED_EMOJI, EMOTICONS, NAMED_EMOJI
from iconym.words.cleaning.machines import ADDRESSES, MACHINE_TAGS, PROGRAMS
from iconym.words.cleaning.rule import Rule
from iconym.words.cleaning.scripts import only_scripts
from iconym.words.cleaning.stop import stop_words

# Up to WORDS they read punctuation. Behind it are only rules on the finished word, and of these
# only ESCAPES, the first, changes one: therefore cleaning what is clean changes nothing.
RULES: tuple[Rule, ...] = (
    *(URL, HTML, UNICODE, CASE),
    *(ADDRESSES, MACHINE_TAGS, F_NUMBERS, EMOTICONS, NAMED_EMOJI),
    *(WORDS, ESCAPES, LENGTH),
    *(CAMERAS, DATES, NUMBERS, FILES, PROGRAMS),
)


def apply_rules(rules: Iterable[Rule], tag: str) -> str:
    """What ``rules`` make of ``tag``, one after the other; "" if one of them drops it."""
    for rule in rules:
        if not (tag := rule.apply(tag)):
            break
    return tag


def choose_rules(
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    emoji: Literal["name", "drop"] = "name",
    scripts: Collection[str] = (),
    stop: Collection[str] = (),
) -> tuple[Rule, ...]:
    """Those of ``RULES`` that are named, in their order, and the ones that have to be made.

    Args:
        only: names of rules; all if empty. "words", which makes the words, is always among them.
        without: names of rules to leave out.
        emoji: what becomes of an emoji that stands alone.
        scripts: keep only words written in these, as ``only_scripts``; all if empty.
        stop: tags to drop, as ``stop_words``.

    Raises:
        Usage: for a name that no rule has, for leaving out "words", for an unknown script.
    """
    names = [rule.name for rule in RULES]
    for name in (*only, *without):
        if name not in names:
            raise Usage(f"no rule {name!r}; there are {', '.join(names)}")
    if WORDS.name in without:
        raise Usage(f"the rule {WORDS.name!r} makes the words; it cannot be left out")
    wanted = {*(only or names), WORDS.name} - {*without}
    rules = [rule for rule in RULES if rule.name in wanted]
    if emoji == "drop":
        rules = [DROPPED_EMOJI if rule is NAMED_EMOJI else rule for rule in rules]
    return (
        *rules,
        *([only_scripts(scripts)] if scripts else ()),
        *([stop_words(stop)] if stop else ()),
    )
