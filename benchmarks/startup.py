"""Seconds until something happens: importing search, every --help, a search as a whole process.

Each figure is the least of several fresh processes: other work on the machine counts little.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARS = {"import iconym.search": 0.3, "help": 0.2, "search": 1.0}
OF_WORDS = (
    *"clean prepare train glove ppmi neighbors".split(),
    *"analogy similarity odd-one-out evaluate convert".split(),
)
VERBS = [
    *([verb] for verb in "demo features train evaluate compare reproduce index watch".split()),
    *([verb] for verb in "follow errors catalog search label ask doctor words".split()),
    *(["words", verb] for verb in OF_WORDS),
    *(["index", verb] for verb in "plan build tune evaluate verify".split()),
    *(["catalog", verb] for verb in "verify backup restore".split()),
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=ROOT / "demo" / "out", help="a finished demo")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    iconym = [sys.executable, "-m", "iconym.cli"]
    entry = Path(sys.executable).parent / "iconym"
    if entry.exists():
        iconym = [str(entry)]
    bare = _seconds([sys.executable, "-c", "import iconym"], options.runs)
    imported = _seconds([sys.executable, "-c", "import iconym.search"], options.runs)
    helps = {
        " ".join(["iconym", *verb]): _seconds([*iconym, *verb, "--help"], options.runs)
        for verb in [[], *VERBS]
    }
    query = ["search", "snow leopard", "--collection", str(options.demo / "collection")]
    figures = {
        "import iconym.search": round(imported - bare, 3),
        "help": max(helps.values()),
        "helps": helps,
        "search": _seconds([*iconym, *query], options.runs),
        "at_most": BARS,
    }
    figures["holds"] = all(figures[name] < bar for name, bar in BARS.items())
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.json:
        print(json.dumps(figures))


def _seconds(command: list[str], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return round(min(times), 3)


if __name__ == "__main__":
    main()
