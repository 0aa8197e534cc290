"""How plans, tunings and evaluations of indexes are shown."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from iconym.cli.output import print_lines, print_table, shown_path

if TYPE_CHECKING:
    from iconym.metrics.intervals import Interval
    from iconym.planning.building import OpenIndex
    from iconym.planning.evaluating import Evaluation
    from iconym.planning.plan import Choice, Plan
    from iconym.planning.tuning import Tuning

FARTHER = 1.05  # times beyond what was measured: worth a word
CHOICES = (
    "index",
    "memory",
    "disk",
    "build",
    "recall@10",
    "one query",
    "queries/s",
    "fits",
    "extrapolated",
)


def print_plan(plan: "Plan") -> None:
    """Why the first is recommended, the choices, and where the figures come from."""
    print_lines([plan.why, ""])
    print_table(CHOICES, [_choice(choice) for choice in plan.choices])
    print_lines(["", *_notes(plan)])


def print_tuning(tuning: "Tuning", recall: float) -> None:
    """What was chosen, what it finds, and what was tried on the way."""
    kinds = list(tuning.reported)
    rows = [(one.setting, *(percent(one.recall[kind]) for kind in kinds)) for one in tuning.tried]
    print_table((tuning.name, *kinds), rows, "Recall@10 in percent, the half that chooses")
    if not tuning.reached:
        print_lines([f"\nno {tuning.name} reaches {100 * recall:g} % for sure; the widest is kept"])
    found = ", ".join(f"{kind} {percent(value)} %" for kind, value in tuning.reported.items())
    print_lines([f"\nkept: {tuning.name} {tuning.chosen}; the other half finds: {found}"])


def print_evaluation(found: "Evaluation") -> None:
    """Recall for each kind of queries, then time and bytes."""
    for kind, asked in found.queries.items():
        rows = [[row.name, *map(percent, row.recall[kind])] for row in found.indexes]
        title = f"\nRecall in percent, {asked:,} {kind} asked"
        print_table(("index", "recall@1", "recall@10", "recall@100"), rows, title)
    costs = [
        [row.name, _seconds(row.p50), _seconds(row.p95), f"{row.throughput:,.0f}", _bytes(row.disk)]
        for row in found.indexes
    ]
    columns = ("index", "one query, median", "95 %", "queries/s in batches", "disk")
    print_table(columns, costs, "\nTime and bytes")


def summary(opened: "OpenIndex") -> str:
    """An index in one line."""
    settings = "".join(f", {name} {value}" for name, value in opened.settings.items())
    size = f"{len(opened.base.ids):,} vectors of {opened.base.vectors.shape[1]} numbers"
    return f"{shown_path(opened.path)}: {opened.method}{settings}; {size}, {_bytes(opened.bytes)}"


def suggestion(choice: "Choice") -> str:
    """Why an index is built as it is, in one line."""
    if choice.method == "exact":
        return (
            f"exact is fast enough here, about {_seconds(choice.latency)} a query; "
            "give --method for another"
        )
    took = _seconds(choice.build)
    return f"exact would be slow here: a graph is built, about {took} of one core"


def percent(interval: "Interval") -> str:
    """A share with its interval, in percent."""
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * interval.value:.1f} [{low:.1f}, {high:.1f}]"


def _notes(plan: "Plan") -> Iterator[str]:
    """Where the figures come from, and what they leave out."""
    table = plan.measured
    largest = sorted(max(m.count for m in model.measurements) for model in table.models)
    off = 100 * max(model.latency.residual for model in table.models)
    yield (
        f"Measured on {table.machine}, {table.date}, up to {largest[0]:,} vectors or more "
        f"(exact {largest[-1]:,}), in {table.vectors}."
    )
    yield (
        f"Times are of one core, and off by up to {off:.0f} % (root mean square) where they were "
        "measured."
    )
    yield "Recall is in percent with a 95 % interval; iconym index tune measures it on yours."
    if any(choice.beyond >= FARTHER for choice in plan.choices):
        yield "What is extrapolated says how many times beyond: the farther, the less sure."
    if not all(choice.vectors_fit for choice in plan.choices):
        yield (
            "A query reads some vectors from their file: 28 with hnsw, 160 with ivfpq, dozens with "
            "exact. Where it does not fit into the memory that is left, these times leave out the "
            "reads of the disk."
        )


def _choice(choice: "Choice") -> list[Any]:
    settings = "".join(f" {name} {value}" for name, value in choice.settings.items())
    exact = choice.method == "exact"
    return [
        choice.method + settings,
        _bytes(choice.memory),
        _bytes(choice.disk),
        _seconds(choice.build),
        "100" if exact else percent(choice.recall),
        _seconds(choice.latency),
        f"{choice.throughput:,.0f}",
        "yes" if choice.fits else "no",
        _times(choice.beyond) if choice.beyond >= FARTHER else None,
    ]


def _bytes(amount: float) -> str:
    from iconym.planning.amounts import written_bytes

    return written_bytes(amount)


def _seconds(seconds: float) -> str:
    from iconym.planning.amounts import written_seconds

    return written_seconds(seconds)


def _times(factor: float) -> str:
    return f"{factor:,.0f}x" if factor >= 10 else f"{factor:.1f}x"
