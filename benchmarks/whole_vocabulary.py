"""InfoNCE over a vocabulary of 65,536 words: ours by chunks in bfloat16 beside plain autograd.

    OMP_NUM_THREADS=1 python benchmarks/whole_vocabulary.py [--batch 512] [--quick] [--json]

One step is what training does: features of 2048 numbers are projected to 200, scored against all
label vectors, and the gradient of the loss goes back to the projection's weights. Both take turns
on the same batch in one thread; the times are medians. Memory is what one step adds to the peak of
a fresh process. Then both learn the same small problem, and its held-out pictures are answered.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from iconym.nouns import WordVectors
from iconym.objectives.info_nce import info_nce
from iconym.objectives.whole_vocabulary import Chunks, chunked_info_nce
from iconym.similarity import cosine, unit
from iconym.training.descent import TrainingConfig
from iconym.training.layers import Goal, PairedGoal, examples_of, fit_projection

FEATURES, DIM, TEMPERATURE = 2048, 200, 0.07
BAR = 3.0  # times plain autograd's examples per second


class Batch:
    """One batch, the vocabulary and the layer between them."""

    def __init__(self, batch: int, words: int) -> None:
        torch.manual_seed(0)
        self.features, self.layer = torch.randn(batch, FEATURES), nn.Linear(FEATURES, DIM)
        self.words, self.truth = torch.randn(words, DIM), torch.randint(words, (batch,))
        self.words /= self.words.norm(dim=1, keepdim=True)  # in place: what is freed hides a peak
        self.pairs = torch.stack([torch.arange(batch), self.truth], dim=1)

    def plain(self) -> Tensor:
        """The loss by torch's own operations, in float32."""
        scores = (unit(self.layer(self.features)) / TEMPERATURE) @ self.words.T
        return cross_entropy(scores, self.truth)

    def ours(self, dtype: torch.dtype | None = None) -> Tensor:
        """The loss by chunks, products of this dtype."""
        projected, chunks = self.layer(self.features), Chunks(dtype=dtype)
        return chunked_info_nce(
            projected, self.words, self.pairs, temperature=TEMPERATURE, chunks=chunks
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=512, help="pictures a step")
    parser.add_argument("--words", type=int, default=65_536, help="labels of the vocabulary")
    parser.add_argument("--rounds", type=int, default=9, help="steps of each, taken in turns")
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rounds = 3 if asked.quick else asked.rounds
    found = {
        "benchmark": "whole_vocabulary",
        "batch": asked.batch,
        "words": asked.words,
        "factors": str(Chunks().factors()).removeprefix("torch."),
        **speeds(Batch(asked.batch, asked.words), rounds),
        "memory_mib": {name: memory(name, asked.batch, asked.words) for name in ("ours", "plain")},
        "errors": errors(Batch(asked.batch, asked.words)),
        "held_out_hit@1": learned(),
        "bar": BAR,
    }
    report(found)
    if asked.json:
        print(json.dumps(found))


def step(layer: nn.Linear, loss: Tensor) -> tuple[float, Tensor]:
    layer.zero_grad()
    loss.backward()
    return loss.item(), layer.weight.grad.clone()


def speeds(batch: Batch, rounds: int) -> dict[str, object]:
    """Pictures a second of both, in turns, and how many times as many ours are."""
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(rounds + 1):
        for name, times in seconds.items():
            start = time.perf_counter()
            step(batch.layer, getattr(batch, name)())
            if turn:  # the first warms up
                times.append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "pictures_per_second": {n: round(len(batch.truth) / s) for n, s in medians.items()},
        "ratio": round(medians["plain"] / medians["ours"], 2),
    }


def memory(name: str, batch: int, words: int) -> float:
    """MiB by which one step raises the peak of a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(peak, (name, batch, words))


def peak(name: str, batch: int, words: int) -> float:
    torch.set_num_threads(1)
    made = Batch(batch, words)
    before = most_resident()
    step(made.layer, getattr(made, name)())
    return round(most_resident() - before, 1)


def most_resident() -> float:
    """MiB of memory this process has had at most; the parent's peak is not counted (Linux)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def errors(batch: Batch) -> dict[str, dict[str, float]]:
    """Relative errors of loss and gradient against plain autograd in float32."""
    loss, gradient = step(batch.layer, batch.plain())
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        ours, by_ours = step(batch.layer, batch.ours(dtype))
        found[str(dtype).removeprefix("torch.")] = {
            "loss": abs(ours - loss) / loss,
            "gradient": float((by_ours - gradient).norm() / gradient.norm()),
        }
    return found


def learned(words: int = 1000, pictures: int = 4000) -> dict[str, float]:
    """The hit@1 on held-out pictures of a space learned by either."""
    draw = np.random.default_rng(0)
    vectors = unit(draw.normal(size=(words, DIM))).astype(np.float32)
    truth = draw.integers(words, size=2 * pictures)
    clean = vectors[truth] @ draw.normal(size=(DIM, FEATURES)).astype(np.float32)
    features = (clean + 4 * draw.normal(size=clean.shape)).astype(np.float32)
    names = tuple(map(str, range(words)))
    labels, vocabulary = [names[i] for i in truth[:pictures]], WordVectors(names, vectors)
    goals = {
        "ours": PairedGoal(vocabulary, partial(chunked_info_nce, temperature=TEMPERATURE)),
        "plain": Goal(vocabulary, partial(info_nce, temperature=TEMPERATURE), cosine),
    }
    config, found = TrainingConfig(epochs=6, batch=256, learning_rate=1e-3), {}
    for name, goal in goals.items():
        examples = examples_of(torch.from_numpy(features[:pictures]), labels, goal)
        projection = fit_projection(examples, goal, config)
        best = cosine(projection(features[pictures:]), vectors).argmax(axis=1)
        found[name] = round(float((best == truth[pictures:]).mean()), 4)
    return found


def report(found: dict) -> None:
    speed, memory_used, hits = (
        found[name] for name in ("pictures_per_second", "memory_mib", "held_out_hit@1")
    )
    print(f"batch {found['batch']}, {found['words']:,} words, products of {found['factors']}")
    print(f"{'':6} {'pictures/s':>10} {'memory':>12} {'held-out hit@1':>15}")
    for name in ("ours", "plain"):
        print(f"{name:6} {speed[name]:10} {memory_used[name]:8.0f} MiB {hits[name]:15.3f}")
    print(f"ours / plain: {found['ratio']} times the pictures per second (bar: {found['bar']})")
    for dtype, error in found["errors"].items():
        loss, gradient = error["loss"], error["gradient"]
        print(f"{dtype}: relative error {loss:.0e} of loss, {gradient:.0e} of gradient")


if __name__ == "__main__":
    main()
