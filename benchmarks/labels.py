"""The 10 best of 65,536 words for pictures: ours, always right, beside NumPy.

    python benchmarks/labels.py [--words N] [--rounds N] [--quick] [--json]

Words are made vectors in clusters and, where $ICONYM_DATA is, real ones filled up with noisy
copies. One picture at a time and in batches of 1,024, ours and NumPy's product with argpartition
in turns, one thread; medians. Ours answers with words and cosines (``WordIndex``), NumPy with
rows alone. What is right is a product in float64.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

from ann import clustered  # noqa: E402
from iconym.nouns import WordVectors  # noqa: E402
from iconym.search import WordIndex  # noqa: E402

K, BATCH, SINGLES = 10, 1_024, 201
BARS = {"one picture, ms, at most": 0.4, "pictures a second, at least": 10_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--words", type=int, default=65_536)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="5,000 words, one round")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    count, rounds = (5_000, 1) if asked.quick else (asked.words, asked.rounds)
    sets = {"clustered": clustered(count, BATCH)}
    if real := real_words(count):
        sets["real words"] = real
    found = {name: measure(words, pictures, rounds) for name, (words, pictures) in sets.items()}
    for name, row in found.items():
        print(f"\n{name}: {count:,} words of {row['dim']} numbers")
        for what in ("iconym", "numpy"):
            one, many = row[what]["one_ms"], row[what]["per_second"]
            print(f"{what:8} one picture {one:6.3f} ms, {many:8,.0f} pictures/s in batches")
        print(f"exactly right: {row['right']} of {BATCH}")
    if asked.json:
        print(json.dumps({"benchmark": "labels", "cores": os.cpu_count(), "bars": BARS, **found}))


def measure(words: np.ndarray, pictures: np.ndarray, rounds: int) -> dict[str, object]:
    """Both in turns, and how many answers are exactly right."""
    index = WordIndex(WordVectors(tuple(map(str, range(len(words)))), words))
    ways: dict[str, Callable[[np.ndarray], object]] = {
        "iconym": lambda rows: index.nearest(rows, K),
        "numpy": lambda rows: plain(words, rows),
    }
    one: dict[str, list[float]] = {name: [] for name in ways}
    many: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            one[name] += [timed(way, pictures[i : i + 1]) for i in range(SINGLES)]
            many[name].append(timed(way, pictures))
    right = sum(
        [int(word) for word, _ in answer] == best
        for answer, best in zip(index.nearest(pictures, K), truth(words, pictures), strict=True)
    )
    speeds = {
        name: {
            "one_ms": statistics.median(one[name]) * 1e3,
            "per_second": len(pictures) / statistics.median(many[name]),
        }
        for name in ways
    }
    return {"dim": words.shape[1], "right": right, **speeds}


def plain(words: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    scores = pictures @ words.T
    best = np.argpartition(-scores, K, axis=1)[:, :K]
    order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
    return np.take_along_axis(best, order, 1)


def truth(words: np.ndarray, pictures: np.ndarray) -> list[list[int]]:
    """Rows of the highest cosines in float64, equal ones by smaller row."""
    wide = words.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    best = []
    for row in pictures.astype(np.float64):
        scores = wide @ (row / np.linalg.norm(row))
        best.append(np.lexsort((np.arange(len(scores)), -scores))[:K].tolist())
    return best


def real_words(count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Word vectors and noisy copies, and means of two of them in the place of pictures."""
    file = Path(os.environ.get("ICONYM_DATA", "")) / "vectors" / "w2v_local_100d.npz"
    if "ICONYM_DATA" not in os.environ or not file.is_file():
        return None
    from iconym.words.formats import load_words

    rng = np.random.default_rng(0)
    held = load_words(file).vectors.astype(np.float32)
    drawn = rng.integers(0, len(held), max(0, count - len(held)))
    noise = rng.standard_normal((len(drawn), held.shape[1]), np.float32)
    size = np.linalg.norm(held[drawn], axis=1, keepdims=True) / held.shape[1] ** 0.5
    words = np.concatenate([held, held[drawn] + 0.3 * size * noise])[:count]
    pairs = rng.integers(0, len(held), (2, BATCH))
    return words, (held[pairs[0]] + held[pairs[1]]) / 2


def timed(way: Callable[[np.ndarray], object], rows: np.ndarray) -> float:
    start = time.perf_counter()
    way(rows)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
