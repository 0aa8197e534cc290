"""What a cleaning did, rule by rule: no tag is dropped without being counted here."""

import heapq
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

EXAMPLES = 5  # of each rule
SHOWN = 28  # characters of an example in the table
Outcomes = Mapping[tuple[str, str], int]  # (before, after) -> how often; after is "" if dropped


class Example(NamedTuple):
    """A tag that a rule changed or dropped; ``after`` is "" if dropped."""

    before: str
    after: str
    times: int

    def __str__(self) -> str:
        after = _short(self.after) if self.after else "dropped"
        return f"{_short(self.before)} → {after} ({self.times})"


class Dropped(NamedTuple):
    """A tag as it was found, or a word that was pruned; the rule that dropped it; how often."""

    tag: str
    rule: str
    times: int


@dataclass(frozen=True)
class RuleReport:
    """What one rule did to the tags that reached it."""

    rule: str
    seen: int  # tags that reached it
    changed: int
    dropped: int
    distinct_changed: int
    distinct_dropped: int
    examples: tuple[Example, ...]  # the most frequent first

    @property
    def left(self) -> int:
        """How many tags went on to the next rule."""
        return self.seen - self.dropped


@dataclass(frozen=True)
class CleaningReport:
    """What was read, what each rule did in turn, what is left.

    ``tags`` is ``kept`` and what all rules dropped; each rule sees what the one before it left.
    """

    photos: int
    untagged: int  # photos that had no tag from the beginning
    users: int  # different ones; 0 if none is known
    pruned_by: Literal["user", "photo"]  # what min_users counted: photos if no user is known
    tags: int
    distinct_tags: int
    kept: int
    words: int  # different ones kept
    rules: tuple[RuleReport, ...]
    emptied: int | None = None  # photos that had tags and have no more; known after writing

    def to_json(self) -> dict[str, Any]:
        """All of it, for ``json.dumps``."""
        rules = [
            {**asdict(rule), "examples": [example._asdict() for example in rule.examples]}
            for rule in self.rules
        ]
        return {**asdict(self), "rules": rules}

    def __str__(self) -> str:
        rows = [("rule", "seen", "changed", "dropped", "the most frequent")]
        for rule in self.rules:
            examples = "; ".join(map(str, rule.examples))
            rows.append((rule.rule, f"{rule.seen}", f"{rule.changed}", f"{rule.dropped}", examples))
        width = max(len(row[0]) for row in rows)
        table = [f"{a:{width}} {b:>11} {c:>11} {d:>11}  {e}".rstrip() for a, b, c, d, e in rows]
        return "\n".join([*table, *self._totals()])

    def _totals(self) -> list[str]:
        unknown = "; no user is known, so photos were counted for users"
        emptied = "" if self.emptied is None else f", {self.emptied} left without any"
        return [
            f"{self.tags} tags ({self.distinct_tags} different), {self.kept} kept "
            f"({self.words} different words), {self.tags - self.kept} dropped",
            f"{self.photos} photos, {self.untagged} without tags{emptied}"
            + (f"; {self.users} users" if self.users else unknown),
        ]


def report_rule(rule: str, seen: int, outcomes: Outcomes) -> RuleReport:
    """What ``rule`` did, from how often it made what of what; equal examples by alphabet."""
    dropped = [n for (_, after), n in outcomes.items() if not after]
    first = heapq.nsmallest(EXAMPLES, outcomes.items(), key=lambda item: (-item[1], item[0]))
    return RuleReport(
        rule=rule,
        seen=seen,
        changed=sum(outcomes.values()) - sum(dropped),
        dropped=sum(dropped),
        distinct_changed=len(outcomes) - len(dropped),
        distinct_dropped=len(dropped),
        examples=tuple(Example(before, after, n) for (before, after), n in first),
    )


def _short(text: str) -> str:
    line = "".join(c if c.isprintable() else "·" for c in text)
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
