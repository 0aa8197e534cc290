"""Sentiment: what word vectors learned from plain text bring, by how many sentences have labels.

    python benchmarks/sentiment.py [--quick] [--in-domain] [--development] [--work FOLDER] [--json]

Two tasks on Pang and Lee's film sentences, negative or positive (polarity), plot or opinion
(subjectivity). Three models (averaged words, Kim's convolutions, an LSTM) start from random
vectors, which are tuned, or from our skip-gram vectors, frozen or tuned. Those read Wikipedia and
the Brown corpus; with --in-domain also the sentences of the training part, without labels. A
fifth of each task is tested on and seen by nothing else. The settings below were chosen with
--development: on polarity alone, on a fifth of its training part.

Draw i of the labelled sentences is the same for all models and vectors; fewer are part of more.
Intervals resample draws and test sentences, both (Owen, The Pigeonhole Bootstrap, 2007).
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import nn

from _sentences import FILES, Sentence, Task, read_task, unlabelled
from _texts import present_files
from iconym.captions.average import Average
from iconym.captions.convolution import WordConvolution
from iconym.captions.lstm import WordLstm
from iconym.captions.padding import PADDING, pad
from iconym.cli.output import tracked
from iconym.metrics.intervals import SAMPLES, Interval
from iconym.nouns import WordVectors
from iconym.training.descent import schedule
from iconym.words.corpus import encode
from iconym.words.formats import load_words, save_words
from iconym.words.skipgram import train_skipgram
from iconym.words.text.sources import TextFiles
from iconym.words.vocabulary import count_words
from iconym.words.windows import WindowConfig

MODELS = {"average": Average, "convolution": WordConvolution, "LSTM": WordLstm}
RANDOM, FROZEN, TUNED = "random, tuned", "ours, frozen", "ours, tuned"
DIM = 100
WORDS = WindowConfig(dim=DIM, window=10, epochs=15)
BATCH = 50  # sentences; as in Kim 2014, like the dropout and the convolutions
DROPOUT = 0.5
SPREAD = {RANDOM: 0.1, FROZEN: 0.5, TUNED: 0.5}  # standard deviation of the vectors' numbers
LEARNING_RATE = {"average": 1e-2, "convolution": 3e-3, "LSTM": 5e-3}  # of Adam; Kim had Adadelta
EFFORT = 300  # about EFFORT / sqrt(n) passes over n labelled sentences

FEW, MOST, MORE = "few", "most", "few - most"

Figures = dict[str, dict[str, Interval]]


@dataclass(frozen=True)
class Plan:
    """What is run: numbers of labelled sentences (0: all), which of them are few, and draws."""

    counts: tuple[int, ...] = (50, 100, 200, 500, 1000, 2000, 0)
    few: tuple[int, ...] = (50, 100, 200)
    draws: int = 5
    words: WindowConfig = WORDS


QUICK = Plan((50, 1000), (50,), 1, replace(WORDS, window=5, epochs=2))


class Classifier(nn.Module):
    """Word vectors, a sentence encoder, dropout and a softmax layer."""

    def __init__(self, table: torch.Tensor, model: str, *, frozen: bool) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(table, freeze=frozen, padding_idx=PADDING)
        self.encoder = MODELS[model](table.shape[1])
        self.layer = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(self.encoder.dim, 2))

    def forward(self, sentences: Sequence[Sequence[int]]) -> torch.Tensor:
        """The scores of both classes for each sentence."""
        rows, lengths = pad(sentences)
        return self.layer(self.encoder(self.words(rows), lengths))


def main() -> None:
    asked = arguments()
    torch.set_num_threads(1)
    plan = QUICK if asked.quick else Plan()
    names = list(FILES)[:1] if asked.development else list(FILES)
    tasks = {name: read_task(name, development=asked.development) for name in names}
    started = time.process_time()
    words = our_words(asked.work, plan.words, tasks if asked.in_domain else {})
    learned = time.process_time()
    right = run(tasks, kept(words, tasks), plan)
    seconds = {"words": learned - started, "sentences": time.process_time() - learned}
    figures = {
        name: {model: measure(right[name, model], plan) for model in MODELS} for name in tasks
    }
    print_report(figures, tasks, plan)
    print(", ".join(f"{what} {spent:.0f} s of CPU" for what, spent in seconds.items()))
    if asked.json:
        part = "development" if asked.development else "test"
        print(as_json(figures, seconds, {"part": part, "in_domain": asked.in_domain}))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    work = Path(tempfile.gettempdir()) / "iconym-benchmarks"
    parser.add_argument("--work", type=Path, default=work, help="where word vectors are kept")
    parser.add_argument("--quick", action="store_true", help="two counts, one draw, poor words")
    parser.add_argument("--in-domain", action="store_true", help="words also from the sentences")
    parser.add_argument("--development", action="store_true", help="polarity, none of its test")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args()


def our_words(work: Path, config: WindowConfig, tasks: Mapping[str, Task]) -> WordVectors:
    """Skip-gram vectors of Wikipedia, Brown and what may be learned from in these tasks."""
    part = "-".join([f"{config.window}-{config.epochs}", *tasks])
    place = work / f"sentiment-words-{part}"
    if not place.exists():
        sentences = [*TextFiles(present_files()), *unlabelled(tasks.values())]
        vocabulary = count_words(sentences)
        corpus = encode(sentences, vocabulary)
        save_words(train_skipgram(corpus, vocabulary, config, tracked), place)
    return load_words(place)


def kept(words: WordVectors, tasks: Mapping[str, Task]) -> WordVectors:
    """The vectors of the words that stand in the tasks' sentences."""
    read = {word for task in tasks.values() for sentence in task.sentences for word in sentence}
    chosen = tuple(word for word in words.words if word in read)
    return WordVectors(chosen, np.stack([words[word] for word in chosen]))


def run(tasks: Mapping[str, Task], words: WordVectors, plan: Plan) -> dict:
    """By task and model, then by vectors and count: which held sentences are right, by draw."""
    grid = list(product(tasks, MODELS, SPREAD, plan.counts, range(plan.draws)))
    right = {(name, model): {} for name in tasks for model in MODELS}
    for name, model, vectors, count, draw in tracked(grid, "learning sentences", len(grid)):
        found = right[name, model].setdefault((vectors, count), [])
        found.append(learn_and_test(tasks[name], model, vectors, words, (count, draw)))
    return right


def learn_and_test(
    task: Task, model: str, vectors: str, words: WordVectors, drawn: tuple[int, int]
) -> np.ndarray:
    """Which held sentences a classifier learned from some labelled ones gets right."""
    rows = task.labelled(*drawn)
    torch.manual_seed(drawn[1])
    number, table = word_table([task.sentences[i] for i in rows], vectors, words)
    sentences = [[number[w] for w in s if w in number] for s in task.sentences]
    classifier = Classifier(table, model, frozen=vectors == FROZEN)
    learn(classifier, [sentences[i] for i in rows], task.labels[rows], LEARNING_RATE[model])
    return classify(classifier, [sentences[i] for i in task.held]) == task.labels[task.held]


def word_table(
    labelled: Sequence[Sentence], vectors: str, words: WordVectors
) -> tuple[dict[str, int], torch.Tensor]:
    """The number of each word that is read, and the vectors by number.

    Random vectors are for the words of labelled sentences, for elsewhere they would be noise.
    Ours are for all our words; where they are tuned, a word of a labelled sentence that we lack
    starts at zero. Other words are left out.
    """
    own = sorted({word for sentence in labelled for word in sentence})
    if vectors == RANDOM:
        drawn = torch.empty(len(own), DIM).uniform_(-1, 1) * math.sqrt(3)
        known, table = own, drawn * SPREAD[vectors]
    else:
        new = [word for word in own if word not in words] if vectors == TUNED else []
        known = [*words.words, *new]
        table = torch.zeros(len(known), DIM)
        table[: len(words)] = torch.from_numpy(words.vectors / words.vectors.std())
        table *= SPREAD[vectors]
    number = {word: i for i, word in enumerate(known, PADDING + 1)}
    return number, torch.cat([torch.zeros(PADDING + 1, DIM), table])


def learn(
    classifier: Classifier, sentences: Sequence[list[int]], labels: np.ndarray, rate: float
) -> None:
    learned = [p for p in classifier.train().parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learned, rate, fused=True)
    epochs, truth = math.ceil(EFFORT / math.sqrt(len(sentences))), torch.from_numpy(labels)
    batches = [batch for _ in range(epochs) for batch in shuffled_batches(sentences)]
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = rate * schedule(step / len(batches), warmup=0.1)
        scores = classifier([sentences[i] for i in batch])
        loss = nn.functional.cross_entropy(scores, truth[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def shuffled_batches(sentences: Sequence[list[int]]) -> Iterator[torch.Tensor]:
    """Every sentence once, beside others of about its length: less padding is computed."""
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    jitter = torch.rand(len(lengths)) * 4
    batches = torch.argsort(lengths + jitter).split(BATCH)
    return (batches[i] for i in torch.randperm(len(batches)))


@torch.no_grad()
def classify(classifier: Classifier, sentences: Sequence[list[int]]) -> np.ndarray:
    classifier.eval()
    found = np.empty(len(sentences), int)
    for batch in shuffled_batches(sentences):
        found[batch] = classifier([sentences[i] for i in batch]).argmax(dim=1).numpy()
    return found


def measure(right: Mapping[tuple[str, int], list[np.ndarray]], plan: Plan) -> Figures:
    """Accuracies by vectors and count; gains over random vectors, also for few and most labels."""
    found = {key: np.stack(draws).astype(float) for key, draws in right.items()}
    figures: Figures = {}
    for vectors in SPREAD:
        figures[vectors] = {str(n or "all"): interval(found[vectors, n]) for n in plan.counts}
    for vectors in (FROZEN, TUNED):
        gains = {n: found[vectors, n] - found[RANDOM, n] for n in plan.counts}
        few, most = np.mean([gains[n] for n in plan.few], axis=0), gains[plan.counts[-1]]
        summary = {FEW: few, MOST: most, MORE: few - most}
        by_count = {str(n or "all"): gain for n, gain in gains.items()}
        figures[f"gain of {vectors}"] = {
            name: interval(values) for name, values in {**by_count, **summary}.items()
        }
    return figures


def interval(values: np.ndarray) -> Interval:
    """The mean of values (draws, sentences) with its 95 % interval, both resampled."""
    by_draw, by_sentence = (shares(n, seed) for seed, n in enumerate(values.shape))
    means = ((by_draw @ values) * by_sentence).sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


@cache
def shares(n: int, seed: int) -> np.ndarray:
    """How much of each resample each of n makes up: (samples, n), the same for all figures."""
    drawn = np.random.default_rng(seed).integers(n, size=(SAMPLES, n))
    return np.stack([np.bincount(row, minlength=n) for row in drawn]) / n


def print_report(figures: Mapping[str, Mapping[str, Figures]], tasks: Mapping, plan: Plan) -> None:
    counts = [str(n or "all") for n in plan.counts]
    for name, task in tasks.items():
        print(f"\n## {name}, {len(task.held):,} sentences by number of labelled ones\n")
        print_row("model", "vectors", *counts[:-1], f"{counts[-1]} (of {len(task.pool):,})")
        print_row(":--", ":--", *["--:"] * len(counts))
        for model, rows in figures[name].items():
            for row, measured in rows.items():
                cell = signed if row.startswith("gain") else percent
                print_row(model, row, *(cell(measured[count]) for count in counts))
    print("\n## Gains over random vectors\n")
    few = ", ".join(map(str, plan.few))
    print_row("task", "model", "vectors", f"few ({few})", f"most ({counts[-1]})", "few - most")
    print_row(*[":--"] * 3, *["--:"] * 3)
    for name, model, vectors in product(tasks, MODELS, (FROZEN, TUNED)):
        gains = figures[name][model][f"gain of {vectors}"]
        print_row(name, model, vectors, *(signed(gains[column]) for column in (FEW, MOST, MORE)))
    more, clearly, cases = helps_more(figures)
    print(f"\nPercent right and points; means of {plan.draws} draws with 95 % intervals.")
    print(f"The gain is larger with few labels in {more} of {cases} rows, clearly so in {clearly}.")


def helps_more(figures: Mapping[str, Mapping[str, Figures]]) -> tuple[int, int, int]:
    """In how many cases few labels gain more than most, in how many clearly, and of how many."""
    differences = [
        models[model][f"gain of {vectors}"][MORE]
        for models, model, vectors in product(figures.values(), MODELS, (FROZEN, TUNED))
    ]
    return (
        sum(d.value > 0 for d in differences),
        sum(d.low > 0 for d in differences),
        len(differences),
    )


def print_row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")


def percent(share: Interval) -> str:
    return f"{100 * share.value:.1f} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def signed(gain: Interval) -> str:
    return f"{100 * gain.value:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"


def as_json(
    figures: Mapping[str, Mapping[str, Figures]],
    seconds: Mapping[str, float],
    conditions: Mapping[str, object],
) -> str:
    more, clearly, cases = helps_more(figures)
    value = {
        "benchmark": "sentiment",
        **conditions,
        "few labels gain more": {"cases": cases, "more": more, "clearly": clearly},
        "seconds": {what: round(spent, 1) for what, spent in seconds.items()},
        "figures": figures,
    }
    return json.dumps(value, allow_nan=False, default=Interval.to_json)


if __name__ == "__main__":
    main()
