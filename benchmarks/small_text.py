"""Which trainer for few captions: word vectors from 5,000 captions and from 24,619.

Captions of the photos of COCO val2017 are drawn at random; each trainer learns from the same ones
with 100 numbers a word and a minimum count of 2, over several seeds. Points are Spearman's rho
times 100 over the pairs of MEN, people's ratings of words of the kind that captions use; the same
pairs for all trainers. The numbers of epochs were chosen on captions of Flickr8k.
"""

import argparse
import csv
import gzip
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from _texts import TEXT
from iconym.evaluation.words import score_ratings
from iconym.nouns import WordVectors, split_words
from iconym.words.cooccurrence_counting import CooccurrenceConfig
from iconym.words.corpus import Corpus, encode
from iconym.words.glove import GloveConfig, train_glove
from iconym.words.outputs import HierarchicalSoftmax, Softmax
from iconym.words.ppmi import PpmiConfig, train_ppmi
from iconym.words.questions import read_rated_pairs
from iconym.words.vocabulary import Vocabulary, count_words
from iconym.words.windows import WindowConfig, train_windows

COCO, FLICKR = TEXT / "coco_val2017_captions.tsv.gz", TEXT / "flickr8k_captions_all.csv.gz"
SIZES = (5_000, 24_619)
LARGEST_SOFTMAX = 5_000  # captions; the full softmax takes minutes beyond
Train = Callable[[Corpus, Vocabulary, int], WordVectors]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--development", action="store_true", help="captions of Flickr8k")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    path = FLICKR if options.development else COCO
    if not path.exists():
        sys.exit(f"skipped: {path.name} is not there; set ICONYM_DATA to the folder of data")
    captions = _captions(path)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for size in SIZES:
        figures[str(size)] = _table(captions, size, options.seeds)
    if options.json:
        print(json.dumps(figures))


def trainers() -> dict[str, Train]:
    """Each trainer with settings that suit little text."""

    def windows(combine: str, **settings: object) -> Train:
        def train(corpus: Corpus, vocabulary: Vocabulary, seed: int) -> WordVectors:
            config = WindowConfig(dim=100, seed=seed, **settings)
            return train_windows(corpus, vocabulary, config, combine=combine)

        return train

    def glove(corpus: Corpus, vocabulary: Vocabulary, seed: int) -> WordVectors:
        counting = CooccurrenceConfig(window=8)
        config = GloveConfig(dim=100, x_max=10, epochs=25, seed=seed, counting=counting)
        return train_glove(corpus, vocabulary, config)

    def ppmi(corpus: Corpus, vocabulary: Vocabulary, seed: int) -> WordVectors:
        return train_ppmi(corpus, vocabulary, PpmiConfig(dim=100, seed=seed))

    return {
        "skip-gram, 5 epochs": windows("each", epochs=5),
        "skip-gram, 30 epochs": windows("each", epochs=30),
        "skip-gram, tree, 30 epochs": windows("each", epochs=30, output=HierarchicalSoftmax()),
        "skip-gram, softmax, 30 epochs": windows("each", epochs=30, output=Softmax()),
        "CBOW, 30 epochs": windows("mean", epochs=30),
        "GloVe": glove,
        "PPMI and SVD": ppmi,
    }


def _table(captions: list[str], size: int, seeds: int) -> dict[str, dict[str, float]]:
    rated = read_rated_pairs(TEXT / "word-sim" / "EN-MEN-TR-3k.txt")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in trainers()}
    used = 0
    for seed in range(1, seeds + 1):
        chosen = np.random.default_rng(seed).choice(len(captions), size=size, replace=False)
        sentences = [split_words(captions[i]) for i in chosen]
        vocabulary = count_words(sentences, min_count=2)
        corpus = encode(sentences, vocabulary)
        for name, train in trainers().items():
            if "softmax" in name and size > LARGEST_SOFTMAX:
                continue
            start = time.process_time()
            words = train(corpus, vocabulary, seed)
            seconds = time.process_time() - start
            score = score_ratings(words, rated)
            found[name].append((100 * score.rho, seconds))
            used = score.used
    print(f"{size} captions, {used} rated pairs, {seeds} seeds{'MEN':>12}{'CPU s':>8}")
    figures = {}
    for name, runs in found.items():
        if not runs:
            continue
        points, seconds = ([run[i] for run in runs] for i in (0, 1))
        low, mean, high = min(points), statistics.mean(points), max(points)
        figures[name] = {"men": round(mean, 1), "seconds": round(statistics.median(seconds), 2)}
        shown = f"{mean:>8.1f} ({low:.1f} to {high:.1f})"
        print(f"  {name:<32}{shown}{statistics.median(seconds):>8.2f}", flush=True)
    return figures


def _captions(path: Path) -> list[str]:
    text = gzip.decompress(path.read_bytes()).decode()
    if ".tsv" in path.name:
        return [line.split("\t", 1)[1] for line in text.splitlines()[1:]]
    return [row["caption"] for row in csv.DictReader(io.StringIO(text))]


if __name__ == "__main__":
    main()
