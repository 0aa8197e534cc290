"""Answers that know when they do not know: what is asked is shown by no picture, or by some.

    python benchmarks/nothing_fits.py --data DATA [--cache FOLDER] [--plot FILE] [--speed] [--json]

DATA is laid out as for ``iconym reproduce``, with flickr8k_1000/images.parquet. The numbers are
learned on CIFAR-100 and measured on others: Tiny-ImageNet's names and ImageNet's, where half of
the classes have no picture in the collection, and Flickr8k's words and captions, asked with and
without all photos of their subject. A query is answerable if the collection holds a right picture;
a right hit is one of the first ten that is right. Beside ours two flat thresholds, on the best
cosine and on how many standard deviations it lies above the mean of the collection; each is what
5 % of the answerless queries of CIFAR-100 exceed. The first run encodes 42,000 pictures, which
takes minutes; --speed measures the time at 100,000.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402

from _asked import (  # noqa: E402
    SHOWN,
    Outcome,
    cifar,
    flickr,
    imagenet,
    of_classes,
    other_imagenet,
    other_tiny,
    random_words,
    space,
    tiny,
)
from iconym.catalog.sqlite import SqliteCatalog  # noqa: E402
from iconym.index.exact import exact_index  # noqa: E402
from iconym.metrics.calibration import reliability  # noqa: E402
from iconym.metrics.intervals import bootstrap  # noqa: E402
from iconym.nouns import Picture, WordVectors  # noqa: E402
from iconym.reproduce.chart import line_chart  # noqa: E402
from iconym.reproduce.result import Chart, Series  # noqa: E402
from iconym.search import Search, Term  # noqa: E402
from iconym.search.background import background_of  # noqa: E402
from iconym.search.calibrated import calibrate  # noqa: E402
from iconym.search.relevance import CIFAR100, Relevance, answer, relevance  # noqa: E402
from iconym.similarity import unit  # noqa: E402

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
FALSE_ALARMS = 0.05
ALARMS = "answerless, a clear hit"
COLUMNS = (
    "right hits above the line",
    "right hits clear",
    "right, of clear hits",
    "answerless, all weak",
    "calibration error",
)
WAYS = ("something certainly fits", "flat cosine", "flat deviations")


def main() -> None:
    asked = arguments()
    start = time.monotonic()
    learned_on = {
        name: dict(of_classes(world)) for name, world in cifar(asked.data, asked.cache).items()
    }
    outcomes = [o for sizes in learned_on.values() for some in sizes.values() for o in some]
    learned = calibrate(
        [outcome.asked for outcome in outcomes],
        [outcome.right for outcome in outcomes],
        [outcome.answerable for outcome in outcomes],
    )
    print(f"learned: {learned}")
    groups = {**{f"{name} (learned on)": sizes for name, sizes in learned_on.items()}}
    groups |= dict(all_measured(asked.data, asked.cache))
    thresholds = flat_thresholds(outcomes)
    rows = {
        name + part: row(some, thresholds)
        for name, sizes in groups.items()
        for part, some in with_all(sizes).items()
    }
    report(rows)
    stray = {
        name: clear_share(random_words(w)) for name, w in tiny(asked.data, asked.cache).items()
    }
    print(f"\nwords of the language at random, a clear hit: {stray}")
    found: dict[str, Any] = {"learned": asdict(learned), "shipped": asdict(CIFAR100)}
    found |= {"rows": rows, "random words": stray}
    if asked.plot:
        asked.plot.write_text(line_chart(plot(groups)))
    if asked.speed:
        found["speed"] = speed()
        print({name: round(value, 2) for name, value in found["speed"].items()})
    print(f"{time.monotonic() - start:.0f} s")
    if asked.json:
        about = {"benchmark": "nothing_fits", "cores": os.cpu_count()}
        print(json.dumps({**about, **found}, allow_nan=False))


def all_measured(data: Path, cache: Path) -> Iterator[tuple[str, dict[int, list[Outcome]]]]:
    """By name and number of pictures of each class, all that nothing was learned from."""
    for name, world in tiny(data, cache).items():
        yield name, dict(of_classes(world, (1, 3, 10, 20)))
    yield "ImageNet's names, ConSE", dict(of_classes(imagenet(data, cache), (1,)))
    for name, world in other_tiny(data, cache).items():
        yield name, dict(of_classes(world, (1, 3, 10, 20)))
    yield (
        "ImageNet's names, small network, GloVe",
        dict(of_classes(other_imagenet(data, cache), (1,))),
    )
    words, captions = flickr(data, cache)
    yield "Flickr8k's words, ridge", {0: words}
    yield "Flickr8k's captions, ridge", {0: captions}


def with_all(sizes: dict[int, list[Outcome]]) -> dict[str, list[Outcome]]:
    """All sizes together first, then each if there are several."""
    together = {"": joined(sizes)}
    if len(sizes) == 1:
        return together
    return together | {f", {size} of each": some for size, some in sizes.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    place = Path(os.environ.get("ICONYM_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=place, help="default: $ICONYM_DATA")
    cache = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--cache", type=Path, default=cache, help="where features are kept")
    parser.add_argument("--plot", type=Path, help="write the reliability plot here, as SVG")
    parser.add_argument("--speed", action="store_true", help="time it at 100,000 pictures too")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def flat_thresholds(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """What 5 % of the answerless queries exceed."""
    absent = [outcome for outcome in outcomes if not outcome.answerable]
    return {
        way: float(np.quantile([getattr(o, way) for o in absent], 1 - FALSE_ALARMS))
        for way in ("cosine", "deviations")
    }


def row(outcomes: Sequence[Outcome], thresholds: dict[str, float]) -> dict[str, Any]:
    """The shares of one world, and those of the two flat thresholds."""
    judged = [relevance(outcome.asked, SHOWN) for outcome in outcomes]
    pairs = list(zip(outcomes, judged, strict=True))
    absent = [found for outcome, found in pairs if not outcome.answerable]
    here = [(outcome, found) for outcome, found in pairs if outcome.answerable]
    clear = np.array(["clear" in found.marks for found in absent], float)
    said = np.concatenate([found.right for found in judged])
    true = np.concatenate([outcome.right for outcome in outcomes])
    return {
        "answerable": len(here),
        "answerless": len(absent),
        ALARMS: interval(clear),
        "answerless, all weak": float(np.mean([found.line == 0 for found in absent])),
        "right hits above the line": kept(here, lambda mark: mark != "weak"),
        "right hits clear": kept(here, lambda mark: mark == "clear"),
        "right, of clear hits": precision(pairs),
        "calibration error": reliability(said, true).error,
        "something certainly fits": passed(outcomes, [found.certain for found in judged]),
        **{
            f"flat {way}": passed(outcomes, [getattr(o, way) > least for o in outcomes])
            for way, least in thresholds.items()
        },
    }


def interval(values: np.ndarray) -> dict[str, float]:
    return bootstrap(values, seed=0).to_json()


def kept(here: Sequence[tuple[Outcome, Relevance]], counts: Callable[[str], bool]) -> float:
    """Of all right hits of the answerable queries, the share with such a mark."""
    marked = [
        counts(mark)
        for outcome, found in here
        for mark, right in zip(found.marks, outcome.right, strict=True)
        if right
    ]
    return float(np.mean(marked))


def precision(pairs: Sequence[tuple[Outcome, Relevance]]) -> float | None:
    right = [
        hit
        for outcome, found in pairs
        for mark, hit in zip(found.marks, outcome.right, strict=True)
        if mark == "clear"
    ]
    return float(np.mean(right)) if right else None


def passed(outcomes: Sequence[Outcome], through: Sequence[bool]) -> dict[str, float]:
    """A verdict on whole queries: the answerless ones let through, and the right hits kept."""
    pairs = list(zip(outcomes, through, strict=True))
    right = sum(outcome.right.sum() for outcome in outcomes)
    return {
        "answerless": float(np.mean([t for outcome, t in pairs if not outcome.answerable])),
        "kept": float(sum(outcome.right.sum() for outcome, t in pairs if t) / right),
    }


def joined(sizes: dict[int, list[Outcome]]) -> list[Outcome]:
    return [outcome for some in sizes.values() for outcome in some]


def clear_share(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean(["clear" in relevance(o.asked, SHOWN).marks for o in outcomes]))


def plot(groups: dict[str, dict[int, list[Outcome]]]) -> Chart:
    """Said probability beside the share that is right, a line for each data set."""
    families: dict[str, list[Outcome]] = {}
    for name, sizes in groups.items():
        families.setdefault(name.partition(",")[0], []).extend(joined(sizes))
    lines = [Series("as said", (0.0, 1.0), (0.0, 1.0))]
    for name, outcomes in families.items():
        said = np.concatenate([relevance(o.asked, SHOWN).right for o in outcomes])
        found = reliability(said, np.concatenate([o.right for o in outcomes]))
        lines.append(Series(name, tuple(found.confidence.tolist()), tuple(found.accuracy.tolist())))
    return Chart("Hits that are right", "probability said", "share right", tuple(lines))


def report(rows: dict[str, dict[str, Any]]) -> None:
    print(f"\n| | queries | {ALARMS} | {' | '.join(COLUMNS)} | {' | '.join(WAYS)} |")
    print("|---" * (len(COLUMNS) + len(WAYS) + 3) + "|")
    for name, found in rows.items():
        clear = found[ALARMS]
        cells = ["–" if found[c] is None else f"{found[c]:.3f}" for c in COLUMNS]  # noqa: RUF001
        ways = [f"{found[way]['answerless']:.3f}, {found[way]['kept']:.2f}" for way in WAYS]
        print(
            f"| {name} | {found['answerable']:,} + {found['answerless']:,} | {clear['value']:.3f} "
            f"[{clear['low']:.3f}, {clear['high']:.3f}] | {' | '.join([*cells, *ways])} |"
        )


def speed(count: int = 100_000, labels: int = 1_000, dim: int = 100) -> dict[str, float]:
    """Milliseconds of a query with and without relevance, in turns, and of a background."""
    random = np.random.default_rng(0)
    places = unit(random.normal(size=(labels, dim))).astype(np.float32)
    vectors = unit(
        places[random.integers(labels, size=count)] + 0.1 * random.normal(size=(count, dim))
    ).astype(np.float32)
    vocabulary = WordVectors(tuple(f"word{i}" for i in range(labels)), places)
    found = space(vocabulary, vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        catalog, index = SqliteCatalog(Path(folder) / "catalog.db"), exact_index(dim)
        ids = catalog.put([Picture(str(i)) for i in range(count)], found.fingerprint, vectors)
        index.add(np.array(ids), vectors)
        index.fold()
        search = Search(found, index, catalog)
        began = time.perf_counter()
        background = background_of(search)
        opened = time.perf_counter() - began
        plain, judged = [], []
        for word in vocabulary.words[:200]:
            query = [Term(word)]
            plain.append(timed(lambda query=query: search.by_query(query)))
            judged.append(timed(lambda query=query: answer(search, background, query)))
    return {
        "background_ms": 1e3 * opened,
        "by_query_ms": 1e3 * statistics.median(plain),
        "answer_ms": 1e3 * statistics.median(judged),
    }


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
