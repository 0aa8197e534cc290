"""What each step did to the tags: the rules in turn, then the pruning of the vocabulary."""

from collections import Counter
from itertools import islice

from iconym.words.cleaning.counting import Counts
from iconym.words.cleaning.report import Dropped, Outcomes
from iconym.words.cleaning.rule import Rule
from iconym.words.cleaning.settings import CleaningSettings

Step = tuple[str, Outcomes]  # its name and what it did


def trace(tags: Counter[str], rules: tuple[Rule, ...]) -> tuple[list[Step], list[Dropped]]:
    """What each rule did, and the tags that were dropped, weighted by how often they stand."""
    outcomes: list[Counter[tuple[str, str]]] = [Counter() for _ in rules]
    dropped = []
    for tag, count in tags.items():
        before = tag
        for rule, outcome in zip(rules, outcomes, strict=True):
            after = rule.apply(before)
            if after != before:
                outcome[before, after] += count
            if not after:
                dropped.append(Dropped(tag, rule.name, count))
                break
            before = after
    return [(rule.name, seen) for rule, seen in zip(rules, outcomes, strict=True)], dropped


def prune(counts: Counts, settings: CleaningSettings) -> tuple[dict[str, int], list[Step]]:
    """The words that are kept, and why the others are not."""
    left = dict(sorted(counts.words.items(), key=most_frequent_first))
    if counts.users:
        few = {word: n for word, n in left.items() if word in counts.private}
    else:
        few = {word: n for word, n in left.items() if n < settings.min_users}
    rare = {w: n for w, n in left.items() if w not in few and n < settings.min_count}
    left = {w: n for w, n in left.items() if w not in few and w not in rare}
    kept = dict(islice(left.items(), settings.most_words))
    more = {word: n for word, n in left.items() if word not in kept}
    pruned = {"twice": counts.repeated, "users": few, "count": rare, "most-words": more}
    return kept, [(name, {(w, ""): n for w, n in gone.items()}) for name, gone in pruned.items()]


def most_frequent_first(counted: tuple[str, ...] | tuple[str, int] | Dropped) -> tuple[int, str]:
    """The most frequent first, equally frequent ones by alphabet."""
    return -int(counted[-1]), str(counted[0])
