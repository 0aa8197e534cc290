"""How good our skip-gram and CBOW vectors are beside gensim's, at equal settings.

200 numbers, window 5, 5 negatives or the tree, 5 epochs, sample 1e-3, minimum count 5, learning
rates 0.025 (skip-gram) and 0.05 (CBOW); three seeds. The sentences are shuffled, once: gensim's
learning rate falls by sentences, ours by words, and the order would matter. Points are Spearman's
rho times 100 for rated pairs and percent for analogies (among the 30,000 most frequent words). A
difference is the mean over seeds with its 95 % interval (Student's t over the seeds).
"""

import argparse
import json
import math
import statistics
import tempfile
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec

from _texts import TEXT, shuffled, text_corpus, write_text
from iconym.evaluation.words import evaluate_words
from iconym.nouns import WordVectors
from iconym.words.corpus import Corpus
from iconym.words.outputs import HierarchicalSoftmax, NegativeSampling
from iconym.words.vocabulary import Vocabulary
from iconym.words.windows import WindowConfig, train_windows

SETS = {
    "WordSim-353": "EN-WS-353-ALL.txt",
    "MEN": "EN-MEN-TR-3k.txt",
    "SimLex-999": "EN-SIMLEX-999.txt",
}
MODES = ("skip-gram", "CBOW mean", "CBOW sum", "skip-gram, tree")
AT_MOST_BELOW = 1.5
T_OF_3 = 4.303  # Student's t for 95 % with 2 degrees of freedom


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of gensim and of ours")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    vocabulary, corpus = text_corpus()
    corpus = shuffled(corpus)
    figures: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_text(vocabulary, corpus, text)
        for mode in options.modes:
            ours, theirs = [], []
            for seed in range(1, options.seeds + 1):
                settings = (mode, seed, options.epochs, options.threads)
                ours.append(_points(_ours(vocabulary, corpus, settings)))
                theirs.append(_points(_theirs(text, vocabulary, settings)))
            figures[mode] = _compare(mode, ours, theirs)
    if {"CBOW mean", "CBOW sum"} <= set(figures):
        figures["CBOW mean above sum"] = _mean_above_sum(figures)
    if options.json:
        print(json.dumps(figures))


def _ours(
    vocabulary: Vocabulary, corpus: Corpus, settings: tuple[str, int, int, int]
) -> WordVectors:
    mode, seed, epochs, threads = settings
    output = HierarchicalSoftmax() if "tree" in mode else NegativeSampling()
    config = WindowConfig(dim=200, epochs=epochs, output=output, seed=seed, threads=threads)
    combine = {"CBOW mean": "mean", "CBOW sum": "sum"}.get(mode, "each")
    return train_windows(corpus, vocabulary, config, combine=combine)


def _theirs(text: Path, vocabulary: Vocabulary, settings: tuple[str, int, int, int]) -> WordVectors:
    mode, seed, epochs, threads = settings
    tree = "tree" in mode
    model = Word2Vec(
        corpus_file=str(text),
        vector_size=200,
        window=5,
        negative=0 if tree else 5,
        hs=int(tree),
        sg=int("CBOW" not in mode),
        cbow_mean=int(mode != "CBOW sum"),
        alpha=0.05 if "CBOW" in mode else 0.025,
        sample=1e-3,
        min_count=5,
        epochs=epochs,
        seed=seed,
        workers=threads,
    )
    rows = [model.wv.key_to_index[word] for word in vocabulary.words]
    return WordVectors(vocabulary.words, model.wv.vectors[rows])


def _points(words: WordVectors) -> dict[str, float]:
    files = [TEXT / "word-sim" / name for name in SETS.values()]
    scores = evaluate_words(words, TEXT / "questions-words.txt.gz", files)
    points = {name: 100 * rated.rho for name, rated in zip(SETS, scores.ratings, strict=True)}
    return {**points, "analogies": 100 * scores.analogies[-1].accuracy}


def _compare(
    mode: str, ours: list[dict[str, float]], theirs: list[dict[str, float]]
) -> dict[str, object]:
    print(f"{mode:<18}{'iconym':>8}{'gensim':>8}{'difference':>12}  95 % interval")
    figures: dict[str, object] = {}
    for name in ours[0]:
        a, b = ([run[name] for run in runs] for runs in (ours, theirs))
        low, mean, high = _interval(np.subtract(a, b).tolist())
        holds = mean >= -AT_MOST_BELOW
        figures[name] = {
            "iconym": round(statistics.mean(a), 2),
            "gensim": round(statistics.mean(b), 2),
            "difference": [round(low, 2), round(mean, 2), round(high, 2)],
            "holds": holds,
        }
        means = f"{statistics.mean(a):>8.1f}{statistics.mean(b):>8.1f}{mean:>12.1f}"
        shown = f"{low:.1f} to {high:.1f}{'' if holds else '  BELOW'}"
        print(f"  {name:<16}{means}  {shown}", flush=True)
    return figures


def _interval(differences: list[float]) -> tuple[float, float, float]:
    mean = statistics.mean(differences)
    if len(differences) != 3:
        return math.nan, mean, math.nan
    half = T_OF_3 * statistics.stdev(differences) / math.sqrt(3)
    return mean - half, mean, mean + half


def _mean_above_sum(figures: dict[str, dict[str, object]]) -> dict[str, object]:
    differences = {
        name: round(figures["CBOW mean"][name]["iconym"] - found["iconym"], 2)
        for name, found in figures["CBOW sum"].items()
    }
    print(f"our CBOW mean above our sum by {differences}")
    return differences


if __name__ == "__main__":
    main()
