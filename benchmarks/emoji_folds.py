"""Zero-shot emoji over five folds: every name is unseen once, tested on the held-out style.

Words are learned from WordNet alone. Prints the pooled table of unseen names among themselves, how
many times chance each row is, and the paired difference to softmax on seen names.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from iconym.cli.output import tracked
from iconym.demo import OURS, SOFTMAX, Recipe, emoji_world, learn
from iconym.demo.steps import Steps
from iconym.metrics.tables import CHANCE, Table, pool

ROOT = Path(__file__).resolve().parent.parent
METRICS = ("hit@1", "hit@10")


def main() -> None:
    """Learn five times, pool, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "demo", help="npm's packages")
    parser.add_argument("--out", type=Path, default=ROOT / "demo" / "out" / "folds")
    parser.add_argument("--folds", type=int, default=5, help="how many of the five")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    start = time.monotonic()
    world, steps = emoji_world(options.folder), Steps(options.out)
    runs = []
    for fold in range(options.folds):
        demo = learn(world, steps, Recipe(fold=fold, seed=options.seed), tracked)
        runs.append(demo.measure(tracked))
        sys.stderr.write(f"fold {fold}: {_factors(runs[-1]['unseen'], OURS)} times chance\n")
    tables = {name: pool([run[name] for run in runs]) for name in runs[0]}
    for name, table in tables.items():
        print(f"\n## {name}, {options.folds} folds pooled\n\n{table.markdown()}")
    print("\nTimes chance on unseen names:")
    for row in tables["unseen"].rows:
        if row != SOFTMAX:
            print(f"  {row}: {_factors(tables['unseen'], row)}")
    if options.json:
        print(json.dumps(_figures(tables, runs, time.monotonic() - start)))


def _factors(table: Table, row: str) -> dict[str, float]:
    return {metric: round(table.times_chance(row, metric) or 0.0, 2) for metric in METRICS}


def _figures(tables: dict[str, Table], runs: list[dict[str, Table]], seconds: float) -> dict:
    unseen, seen = tables["unseen"], tables["seen"]
    interval, chance = unseen.intervals[OURS], unseen.intervals[CHANCE]
    gaps = {metric: seen.difference(OURS, SOFTMAX, metric) for metric in ("hp@10", "hp@20")}
    return {
        "times_chance": _factors(unseen, OURS),
        "times_chance_interval": {
            m: [round(x / chance[m].value, 2) for x in (interval[m].low, interval[m].high)]
            for m in METRICS
        },
        "times_chance_by_row": {r: _factors(unseen, r) for r in unseen.rows if r != SOFTMAX},
        "times_chance_by_fold": [_factors(run["unseen"], OURS) for run in runs],
        "seen_ours_minus_softmax": {m: [g.value, g.low, g.high] for m, g in gaps.items()},
        "tables": {name: table.to_json() for name, table in tables.items()},
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
