"""Co-occurrence records a second of GloVe, counting included, and its cost beside plain NumPy.

The first 800,000 words of the text, minimum count 5, window 10, 200 numbers, x_max 10, two
epochs, one thread; medians of the rounds. Speeds are per CPU-second. With ``--reference-binaries``
the programs cooccur, shuffle and glove in that folder do the same work in turns with ours; they
count, shuffle and learn, ours counts and learns (it shuffles as it learns). Memory is the peak of
a process of its own from the text to the vectors, beside that of gensim's skip-gram (gensim has
no GloVe). The cost of each epoch is that of the same steps in NumPy's float64, on the
first 20,000 words with 20 numbers.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from _texts import present_files, write_text
from iconym.words.cooccurrence import Cooccurrences
from iconym.words.cooccurrence_counting import CooccurrenceConfig, count_cooccurrences
from iconym.words.corpus import Corpus, encode
from iconym.words.glove import GloveConfig, fit_glove, initial_model, train_glove
from iconym.words.glove_order import shuffled_records, split_epoch
from iconym.words.store import prepare_corpus
from iconym.words.text.sources import TextFiles
from iconym.words.vocabulary import Vocabulary, count_words

WORDS, QUICK, CURVE = 800_000, 100_000, 20_000
AT_LEAST = 4e6  # records a CPU-second
CLOSE = 1e-5  # relative difference of costs
COUNTING = CooccurrenceConfig(window=10)
CONFIG = GloveConfig(dim=200, x_max=10.0, epochs=2, counting=COUNTING)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="an eighth of the text, one round")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--reference-binaries", type=Path, metavar="FOLDER")
    parser.add_argument("--memory-of", choices=("iconym", "gensim"), help=argparse.SUPPRESS)
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(_memory(options.memory_of, options.text))
        return
    words, rounds = (QUICK, 1) if options.quick else (WORDS, options.rounds)
    vocabulary, corpus = _first(words)
    works: dict[str, Callable[[], float]] = _ours(vocabulary, corpus)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        write_text(vocabulary, corpus, text)
        if options.reference_binaries:
            works |= _theirs(vocabulary, options.reference_binaries.resolve(), Path(folder))
        seconds = _in_turns(works, rounds)
        memory = {peer: _memory_of(peer, text) for peer in ("iconym", "gensim")}
    found = count_cooccurrences(corpus, len(vocabulary), COUNTING)
    print(f"{len(vocabulary)} words, {len(corpus.tokens)} in the text, {len(found)} records")
    figures = _speeds(seconds, CONFIG.epochs * len(found))
    print(f"peak MiB: iconym {memory['iconym']:.0f}, gensim {memory['gensim']:.0f}")
    figures |= {"peak MiB": memory} | _curve()
    if options.json:
        print(json.dumps(figures))


def _ours(vocabulary: Vocabulary, corpus: Corpus) -> dict[str, Callable[[], float]]:
    found = count_cooccurrences(corpus, len(vocabulary), COUNTING)
    tiny = Cooccurrences(np.array([0, 1]), np.zeros(1, np.int32), np.ones(1, np.float32))
    fit_glove(tiny, CONFIG)  # compiles

    def timed(work: Callable[[], object]) -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return {
        "count": lambda: timed(lambda: count_cooccurrences(corpus, len(vocabulary), COUNTING)),
        "learn": lambda: timed(lambda: fit_glove(found, CONFIG)),
    }


def _theirs(vocabulary: Vocabulary, binaries: Path, folder: Path) -> dict[str, Callable[[], float]]:
    words = zip(vocabulary.words, vocabulary.counts, strict=True)
    (folder / "vocab").write_text("".join(f"{word} {count}\n" for word, count in words))
    glove = {
        "-vector-size": CONFIG.dim,
        "-iter": CONFIG.epochs,
        "-x-max": CONFIG.x_max,
        "-threads": 1,
        "-vocab-file": "vocab",
        "-input-file": "shuffled",
        "-save-file": "vectors",
    }
    cooccur = {"-window-size": COUNTING.window, "-vocab-file": "vocab"}
    programs = {
        "reference count": ("cooccur", cooccur, "text", "records"),
        "reference shuffle": ("shuffle", {}, "records", "shuffled"),
        "reference learn": ("glove", glove, os.devnull, os.devnull),
    }

    for program, *_ in programs.values():
        if not (binaries / program).is_file():
            sys.exit(f"{binaries} holds no program {program}; build the three of the paper there")

    def run(name: str) -> float:
        program, options, source, target = programs[name]
        command = [str(binaries / program), "-verbose", "0"]
        command += [str(part) for option in options.items() for part in option]
        with open(folder / source, "rb") as read, open(folder / target, "wb") as written:
            pipes = {"stdin": read, "stdout": written, "stderr": subprocess.DEVNULL}
            child = subprocess.Popen(command, cwd=folder, **pipes)
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"{binaries / program} ended with {child.returncode}")
        return used.ru_utime + used.ru_stime

    return {name: lambda name=name: run(name) for name in programs}


def _in_turns(works: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median seconds of each."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(work())
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _speeds(seconds: dict[str, float], steps: int) -> dict[str, object]:
    speed = steps / seconds["learn"]
    figures: dict[str, object] = {f"{name} s": round(s, 3) for name, s in seconds.items()}
    figures |= {"records/s": round(speed), "at_least": AT_LEAST, "holds": speed >= AT_LEAST}
    print(f"records a CPU-second: {speed:,.0f} (at least {AT_LEAST:,.0f})")
    for name, taken in seconds.items():
        print(f"{name:<18}{taken:>8.2f} CPU-seconds")
    if "reference learn" in seconds:
        print(f"reference, records a CPU-second: {steps / seconds['reference learn']:,.0f}")
        before = seconds["reference count"] + seconds["reference shuffle"]
        figures["learn ratio"] = round(seconds["reference learn"] / seconds["learn"], 2)
        figures["count ratio"] = round(before / seconds["count"], 2)
        print(
            f"ratio: learning {figures['learn ratio']}, what comes before {figures['count ratio']}"
        )
    return figures


def _memory_of(peer: str, text: Path) -> float:
    command = [sys.executable, __file__, "--memory-of", peer, "--text", str(text)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _memory(peer: str, text: Path) -> float:
    """Peak MiB of this process after one epoch from the text on."""
    if peer == "gensim":
        from gensim.models import Word2Vec

        Word2Vec(corpus_file=str(text), vector_size=200, sg=1, min_count=1, epochs=1, workers=1)
    else:
        with tempfile.TemporaryDirectory() as folder:
            source = TextFiles((text,))
            vocabulary, corpus = prepare_corpus(source, Path(folder) / "corpus", min_count=1)
            train_glove(corpus, vocabulary, replace(CONFIG, epochs=1))
    # not getrusage: that begins with the memory of the process that started this one
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _curve() -> dict[str, object]:
    """How far the costs of three epochs are from those of the same steps in NumPy."""
    vocabulary, corpus = _first(CURVE)
    found = count_cooccurrences(corpus, len(vocabulary), COUNTING)
    config = GloveConfig(dim=20, x_max=10.0, epochs=3)
    ours, plain = fit_glove(found, config).costs, _plain_costs(found, config)
    far = float(np.abs(ours / plain - 1).max())
    print(f"cost by epoch: {ours.round(6)}, NumPy {plain.round(6)}; apart by {far:.1e}")
    return {"cost apart": far, "cost at most apart": CLOSE, "cost holds": far <= CLOSE}


def _plain_costs(found: Cooccurrences, config: GloveConfig) -> np.ndarray:
    """The mean cost of each epoch, record by record in float64."""
    model = initial_model(found.words, config)
    width, dim = model.words.shape[1] - 16, config.dim
    # a row is a vector and its bias; on the other side bias and a one change places
    numbers = [table[:, [*range(dim), width]].astype(np.float64) for table in model]
    squares = [np.ones_like(table) for table in numbers]
    costs = np.zeros(config.epochs)
    for epoch in range(config.epochs):
        for chunk in split_epoch(found, epoch, config.seed):
            for i, j, x in zip(*shuffled_records(found, chunk, config.seed), strict=True):
                word, context = numbers[0][i].copy(), numbers[1][j].copy()
                missing = word[:dim] @ context[:dim] + word[dim] + context[dim] - np.log(x)
                slope = min(1.0, (x / config.x_max) ** config.alpha) * missing
                costs[epoch] += slope * missing / 2 / len(found)
                word[dim] = context[dim] = 1
                for side, row, other in ((0, i, context), (1, j, word)):
                    step = config.learning_rate * slope * other
                    numbers[side][row] -= step / np.sqrt(squares[side][row])
                    squares[side][row] += step**2
    return costs


def _first(words: int) -> tuple[Vocabulary, Corpus]:
    """Vocabulary and corpus of the first sentences of the text, of so many words."""

    def sentences() -> Iterator[list[str]]:
        read = 0
        for sentence in TextFiles(present_files()):
            if read >= words:
                return
            read += len(sentence)
            yield sentence

    text = list(sentences())
    vocabulary = count_words(text)
    return vocabulary, encode(text, vocabulary)


if __name__ == "__main__":
    main()
