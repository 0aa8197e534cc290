"""The choices for so many vectors: bytes, time and recall of each index, the best one first."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from iconym.errors import Usage
from iconym.metrics.intervals import Interval
from iconym.planning.amounts import written_bytes, written_seconds
from iconym.planning.laws import Point
from iconym.planning.model import SEARCHED, Measured, MethodModel, measured
from iconym.planning.sizes import disk_bytes, memory_bytes

RECALL = 0.95  # what an index is tuned to unless one says otherwise
ENOUGH = 0.010  # seconds in which an exact answer to one query is fast enough
RIGHT = Interval(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Choice:
    """One index that could be built, and what is to be expected of it on one core."""

    method: str
    settings: Mapping[str, int]  # those that differ from the defaults
    memory: int  # bytes that have to stay in it for these times
    disk: int  # bytes
    build: float  # seconds
    recall: Interval  # of the 10 nearest
    latency: float  # seconds for one query
    throughput: float  # queries a second in batches
    beyond: float  # how many times larger than the largest that was measured
    fits: bool  # into the memory
    vectors_fit: bool  # beside it, so that re-scoring reads no disk
    reaches: bool  # the recall, by the lower end of its interval

    def to_json(self) -> dict[str, Any]:
        """The choice as JSON; seconds, bytes, queries a second."""
        return {**asdict(self), "settings": dict(self.settings), "recall": self.recall.to_json()}


@dataclass(frozen=True)
class Plan:
    """The choices, the recommended one first, and why it is."""

    choices: tuple[Choice, ...]
    why: str
    measured: Measured

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON, with what it rests on."""
        table = self.measured
        about = {"machine": table.machine, "date": table.date, "vectors": table.vectors}
        laws = [
            {
                "method": model.method,
                "settings": dict(model.settings),
                "largest": max(m.count for m in model.measurements),
                "off_by": {
                    "build": model.build.residual,
                    "latency": model.latency.residual,
                    "batch": model.batch.residual,
                },
            }
            for model in table.models
        ]
        choices = [choice.to_json() for choice in self.choices]
        return {"why": self.why, "choices": choices, "measured": {**about, "laws": laws}}


def plan_index(
    count: int,
    dim: int,
    *,
    recall: float = RECALL,
    memory: int | None = None,
    table: Measured | None = None,
) -> Plan:
    """What to expect of each index over ``count`` vectors of ``dim`` numbers.

    Exact is recommended where it answers one query in 10 ms and fits; else the fastest index that
    fits and reaches the recall by the lower end of its interval, or if none does, as expected.

    Args:
        count: vectors, at least 1.
        dim: numbers in each, at least 1.
        recall: of the 10 nearest, above 0 and below 1.
        memory: bytes at hand; no limit if left out.
        table: what was measured; that of this package if left out.

    Raises:
        Usage: for a number outside these bounds.
    """
    check_recall(recall)
    if count < 1 or dim < 1:
        raise Usage(f"{count} vectors of {dim} numbers; give at least 1 of each")
    table = table or measured()
    choices = [
        _choice(model, count, dim, setting, recall, memory)
        for model in table.models
        for setting in _worth_it(model, count, dim, recall)
    ]
    choices.sort(key=lambda choice: _order(choice, recall))
    return Plan(tuple(choices), _why(choices, recall), table)


def check_recall(recall: float) -> None:
    """Nothing, if an index can be tuned to ``recall``; Usage else."""
    if not 0 < recall < 1:
        raise Usage(f"a recall of {recall}; give one between 0 and 1, as 0.95")


def _worth_it(model: MethodModel, count: int, dim: int, recall: float) -> list[int]:
    """The narrowest search that reaches the recall, else the widest measured, and the next."""
    settings = model.search_settings
    if model.recall is None:
        return settings[:1]
    law = model.recall
    enough = [s for s in settings if law(Point(count, dim, s)).low >= recall]
    first = settings.index(enough[0]) if enough else len(settings) - 1
    return settings[first : first + 2] if model.method == "hnsw" else settings[first : first + 1]


def _choice(
    model: MethodModel, count: int, dim: int, setting: int, recall: float, memory: int | None
) -> Choice:
    point = Point(count, dim, setting)
    searched = {SEARCHED[model.method]: setting} if model.method in SEARCHED else {}
    settings = {**model.settings, **searched}
    needed = memory_bytes(model.method, settings, count, dim)
    disk = disk_bytes(model.method, settings, count, dim)
    found = model.recall(point) if model.recall else RIGHT
    return Choice(
        method=model.method,
        settings=settings,
        memory=needed,
        disk=disk,
        build=model.build(point),
        recall=found,
        latency=model.latency(point),
        throughput=1 / model.batch(point),
        beyond=model.beyond(count, dim),
        fits=memory is None or needed <= memory,
        vectors_fit=memory is None or max(needed, disk) <= memory,
        reaches=found.low >= recall,
    )


def _order(choice: Choice, recall: float) -> tuple[bool, bool, int, float]:
    """What fits; of that exact if it is fast enough, then what reaches the recall by speed.

    What is expected to reach it stands before exact that is slow, and that before the others.
    """
    exact = choice.method == "exact"
    enough = exact and choice.latency <= ENOUGH
    expected = choice.recall.value >= recall
    rank = 2 if exact else 0 if choice.reaches else 1 if expected else 3
    return not choice.fits, not enough, rank, choice.latency if expected else -choice.recall.value


def _why(choices: list[Choice], recall: float) -> str:
    best, others = choices[0], [choice for choice in choices[1:] if choice.fits]
    took = f"{written_seconds(best.latency)} a query"
    if not best.fits:
        least = min(choices, key=lambda choice: choice.memory)
        return (
            f"nothing fits: the smallest, {least.method}, needs {written_bytes(least.memory)} of "
            "memory; take more, or part the vectors among machines"
        )
    if best.method == "exact" and best.latency <= ENOUGH:
        return f"exact is fast enough: {took}, always right, and nothing to tune"
    if best.method == "exact" and others:
        return (
            f"nothing faster that fits is expected to reach a recall of {recall}: exact, "
            f"{took}{_with_more(choices, recall)}"
        )
    if best.method == "exact":
        return f"exact is all that fits: {took}, always right"
    if best.recall.value < recall:
        return (
            f"nothing that fits is expected to reach a recall of {recall}; this comes "
            f"nearest{_with_more(choices, recall)}"
        )
    if not best.reaches:
        return (
            f"the fastest that fits and is expected to reach a recall of {recall}, though that is "
            f"not sure so far beyond what was measured: {took}"
        )
    return f"the fastest that fits and reaches a recall of {recall}: {took}"


def _with_more(choices: list[Choice], recall: float) -> str:
    """What the least memory beyond what is at hand would bring, if anything."""
    beyond = [choice for choice in choices if not choice.fits and choice.recall.value >= recall]
    if not beyond:
        return ""
    least = min(beyond, key=lambda choice: choice.memory)
    return (
        f"; with {written_bytes(least.memory)} of memory {least.method} is, in "
        f"{written_seconds(least.latency)}"
    )
