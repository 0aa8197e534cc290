"""Cleaning the tags of photos: each tag once by the rules, then the vocabulary by its users."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from iconym.errors import BadData, NothingToDo
from iconym.words.cleaning.counting import Counts, count_tags
from iconym.words.cleaning.report import CleaningReport, Dropped, RuleReport, report_rule
from iconym.words.cleaning.rules import apply_rules
from iconym.words.cleaning.settings import CleaningSettings
from iconym.words.cleaning.steps import Step, most_frequent_first, prune, trace
from iconym.words.cleaning.tagged import Tagged


@dataclass(frozen=True)
class Cleaning:
    """What was learned from all photos; called with the tags of one, it gives their words."""

    words: Mapping[str, int]  # those kept, the most frequent first, and at how many photos
    report: CleaningReport
    dropped: tuple[Dropped, ...]  # the most frequent first
    word_of: Callable[[str], str] = field(repr=False)  # what the rules make of a tag

    def __call__(self, tags: Iterable[str]) -> list[str]:
        """The words kept of one photo's tags, in their order, each once."""
        words = dict.fromkeys(map(self.word_of, tags))
        return [word for word in words if word in self.words]


def clean(photos: Iterable[Tagged], settings: CleaningSettings | None = None) -> Cleaning:
    """Learn from all ``photos`` which words their tags stand for and which words to keep.

    The rules read each different tag, however often it stands there; a photo has a word once,
    however often it was given. Then words that too few users gave are pruned: one user who gave
    a word to ten thousand photos counts as one. Users that are unknown count as one together; if
    none is known, photos are counted in their place.

    ``photos`` is read once. The memory needed grows with the number of different tags.

    Raises:
        NothingToDo: if there is no tag at all.
        BadData: if no word is kept.
    """
    settings = settings or CleaningSettings()
    word_of = cache(partial(apply_rules, settings.rules))
    counts = count_tags(photos, word_of, min_users=settings.min_users)
    if not counts.tags:
        raise NothingToDo(f"not a single tag at {counts.photos} photos; name another column")
    steps, dropped = trace(counts.tags, settings.rules)
    words, pruning = prune(counts, settings)
    dropped += [Dropped(w, name, n) for name, gone in pruning for (w, _), n in gone.items()]
    report = _report(counts, words, [*steps, *pruning])
    if not words:
        worst = max(report.rules, key=lambda rule: rule.dropped)
        raise BadData(
            f"none of {report.tags} tags is kept; {worst.rule!r} dropped {worst.dropped} of them: "
            "leave out that rule or lower its number"
        )
    return Cleaning(words, report, tuple(sorted(dropped, key=most_frequent_first)), word_of)


def _report(counts: Counts, words: Mapping[str, int], steps: list[Step]) -> CleaningReport:
    return CleaningReport(
        photos=counts.photos,
        untagged=counts.untagged,
        users=counts.users,
        pruned_by="user" if counts.users else "photo",
        tags=counts.tags.total(),
        distinct_tags=len(counts.tags),
        kept=sum(words.values()),
        words=len(words),
        rules=tuple(_in_turn(counts.tags.total(), steps)),
    )


def _in_turn(seen: int, steps: list[Step]) -> Iterator[RuleReport]:
    for name, outcomes in steps:
        report = report_rule(name, seen, outcomes)
        yield report
        seen = report.left
