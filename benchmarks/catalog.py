"""How fast and how large the SQLite catalog is: rows in, a rescan, full text, filters, memory.

    python benchmarks/catalog.py [--rows 1000000] [--quick] [--folder FOLDER] [--json]

Made-up pictures (two words, a caption of six, an owner, a date, a SHA-256 each; words of a Zipf
law) with random vectors of 200 numbers, put in batches of 10,000. Making them is not timed. Each
question is asked five times; the median counts. Fails below 60,000 rows a second.
"""

import argparse
import hashlib
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from iconym.catalog.sqlite import SqliteCatalog
from iconym.catalog.verifying import verify
from iconym.nouns import FileState, Filter, Picture

BATCH, DIM, VOCABULARY = 10_000, 200, 50_000
START = datetime(2000, 1, 1)
AT_LEAST = 60_000  # rows a second
RESCANNED = 50_000  # files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000, help="50,000 or more")
    parser.add_argument("--quick", action="store_true", help="50,000 rows")
    parser.add_argument("--folder", type=Path, help="where the file is made; else a temporary one")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    rows = RESCANNED if asked.quick else max(asked.rows, RESCANNED)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        figures = measured(Path(folder) / "catalog.db", rows)
    for name, value in figures.items():
        print(
            f"{name:44} {value:>14,.2f}" if isinstance(value, float) else f"{name:44} {value:>14,}"
        )
    if asked.json:
        print(json.dumps({"benchmark": "catalog", "at_least": AT_LEAST, **figures}))
    if figures["rows/s"] < AT_LEAST:
        sys.exit(f"slower than {AT_LEAST:,} rows a second")


def measured(path: Path, rows: int) -> dict[str, float | int]:
    catalog = SqliteCatalog(path)
    seconds = filled(catalog, 0, RESCANNED)
    files = [FileState(p.uri, p.size, p.modified) for p in catalog.pictures()]
    rescan = 1000 * median_seconds(lambda: rescanned(catalog, files))
    seconds += filled(catalog, RESCANNED, rows)
    figures: dict[str, float | int] = {
        "rows": rows,
        "rows/s": rows / seconds,
        "bytes a row": path.stat().st_size / rows,
        "peak MB while filled": peak(),
        f"rescan of {RESCANNED:,} unchanged files, ms": rescan,
    }
    for name, question in questions(catalog).items():
        figures[f"{name}, ms"] = 1000 * median_seconds(question)
    figures["all pictures and vectors in turn, s"] = seconds_of(lambda: gone_through(catalog, rows))
    figures["verify, s"] = seconds_of(lambda: verified(path))
    figures["peak MB"] = peak()
    return figures


def rescanned(catalog: SqliteCatalog, files: list[FileState]) -> None:
    with catalog.compare(files, "s") as comparison:
        assert (comparison.unchanged, comparison.count_todo()) == (len(files), 0)
        assert not list(comparison.gone())


def gone_through(catalog: SqliteCatalog, rows: int) -> None:
    assert sum(1 for _ in catalog.pictures()) == rows
    assert sum(len(ids) for ids, _ in catalog.vector_batches("s")) == rows


def verified(path: Path) -> None:
    assert not verify(path).problems


def filled(catalog: SqliteCatalog, first: int, last: int) -> float:
    """Seconds to put pictures ``first`` to ``last``."""
    drawn = np.random.default_rng(first)
    seconds = 0.0
    for start in range(first, last, BATCH):
        size = min(BATCH, last - start)
        names = [[f"word{n}" for n in row] for row in drawn.zipf(1.2, (size, 8)) % VOCABULARY]
        pictures = [picture(start + n, row) for n, row in enumerate(names)]
        vectors = drawn.standard_normal((size, DIM), np.float32)
        seconds += seconds_of(lambda: catalog.put(pictures, "s", vectors))  # noqa: B023
    return seconds


def picture(number: int, names: list[str]) -> Picture:
    return Picture(
        uri=f"{number // 100_000:04d}/{number // 1000 % 100:02d}/IMG_{number:08d}.jpg",
        words=tuple(names[:2]),
        caption=" ".join(names[2:]),
        owner=f"owner{number % 1000}",
        taken=(START + timedelta(seconds=60 * number)).isoformat(),
        width=4000,
        height=3000 - number % 2000,
        content=hashlib.sha256(b"%d" % number).hexdigest(),
        size=1_000_000 + number,
        modified=1_700_000_000_000_000_000 + number,
    )


def questions(catalog: SqliteCatalog) -> dict[str, Callable[[], Any]]:
    return {
        "match a rare word": lambda: catalog.match("word777", 10),
        "match a common word": lambda: catalog.match("word9", 10),
        "match three words": lambda: catalog.match("word9 word50 word777", 10),
        "select by owner": lambda: catalog.select(Filter(owner="owner7")),
        "select by a week": lambda: catalog.select(Filter(since="2000-01-07", until="2000-01-13")),
        "select by a word": lambda: catalog.select(Filter(words=("word77",))),
        "select by folder": lambda: catalog.select(Filter(folder="0000/07")),
        "select by size (looks at every row)": lambda: catalog.select(Filter(at_least=2990)),
        "find 100 contents": lambda: catalog.find(
            contents=[hashlib.sha256(b"%d" % n).hexdigest() for n in range(0, 50_000, 500)]
        ),
        "get 10 pictures": lambda: catalog.get(list(range(1, 50_000, 5_000))),
    }


def median_seconds(question: Callable[[], Any]) -> float:
    return statistics.median(seconds_of(question) for _ in range(5))


def seconds_of(work: Callable[[], Any]) -> float:
    """How many seconds ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-6


if __name__ == "__main__":
    main()
