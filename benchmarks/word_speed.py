"""Words a second of skip-gram and CBOW beside gensim's, on one core and on two, and peak memory.

Both train the same words of the same text with the same settings (200 numbers, window 5, 5
negatives or the hierarchical softmax, sample 1e-3, minimum count 5), in turns; medians of the
rounds. On one core a speed is words by CPU-seconds of the training alone; gensim reads its text
from a file as it trains, ours is numbered beforehand, so the last row gives the whole way, from
text to vectors. Beside two threads stand two programs of one thread each, which share nothing:
that is what the machine's memory allows at that moment. Memory is the peak of a process of its
own, from the text to the vectors.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from _texts import text_corpus, write_text
from iconym.words.corpus import Corpus
from iconym.words.outputs import HierarchicalSoftmax, NegativeSampling
from iconym.words.store import prepare_corpus
from iconym.words.text.sources import TextFiles
from iconym.words.vocabulary import Vocabulary
from iconym.words.windows import WindowConfig, train_windows

MODES = {"skip-gram, negatives": 5.0, "CBOW, negatives": 2.0, "skip-gram, tree": 2.0}
TWO_THREADS = 1.8

Figures = dict[str, dict[str, float | bool]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the text, one round")
    parser.add_argument("--threads-only", action="store_true", help="two threads beside one")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--memory-of", choices=("iconym", "gensim"), help=argparse.SUPPRESS)
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart:
        _train_apart()
        return
    if options.memory_of:
        print(_memory(options.memory_of, options.text))
        return
    vocabulary, corpus = text_corpus()
    if options.quick:
        corpus = _first(corpus, 500_000)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_text(vocabulary, corpus, text)
        rounds = 1 if options.quick else options.rounds
        figures: Figures = {}
        print(f"{len(vocabulary)} words, {len(corpus.tokens)} in the text, {rounds} rounds")
        if not options.threads_only:
            _beside_gensim(figures, vocabulary, corpus, text, rounds)
        _two_threads(figures, vocabulary, corpus, rounds)
        if not options.threads_only:
            _peak_memory(figures, text)
    if options.json:
        print(json.dumps(figures))


def _beside_gensim(
    figures: Figures, vocabulary: Vocabulary, corpus: Corpus, text: Path, rounds: int
) -> None:
    print(f"{'words/s of a core':<34}{'iconym':>12}{'gensim':>12}{'ratio':>8}{'bar':>8}")
    _ours(_first(corpus, 2000), vocabulary, "skip-gram, negatives")(1)  # compiles
    for mode, bar in MODES.items():
        ours, theirs = _ours(corpus, vocabulary, mode), _theirs(text, mode)
        both = _in_turns([lambda ours=ours: ours(1), theirs], rounds, time.process_time)
        _show(figures, mode, [len(corpus.tokens) / seconds for seconds in both], bar)


def _two_threads(figures: Figures, vocabulary: Vocabulary, corpus: Corpus, rounds: int) -> None:
    print(f"{'words/s':<34}{'2 threads':>12}{'1 thread':>12}{'ratio':>8}{'bar':>8}")
    for mode in MODES:
        train = _ours(corpus, vocabulary, mode)
        works = [lambda train=train, n=n: train(n) for n in (2, 1)]
        both = _in_turns(works, rounds, time.perf_counter)
        speeds = [len(corpus.tokens) / seconds for seconds in both]
        _show(figures, f"{mode}, 2 threads", speeds, TWO_THREADS)
    both = [statistics.median([_apart(n) for _ in range(rounds)]) for n in (2, 1)]
    speeds = [n * len(corpus.tokens) / seconds for n, seconds in zip((2, 1), both, strict=True)]
    _show(figures, "skip-gram in 2 programs, nothing shared", speeds, TWO_THREADS)


def _apart(programs: int) -> float:
    """Seconds of skip-gram on one thread in each of so many programs at once, the slowest's."""
    command = [sys.executable, __file__, "--apart"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    running = [subprocess.Popen(command, text=True, **pipes) for _ in range(programs)]
    ends = [(program.stdin, program.stdout) for program in running]
    for _, answers in ends:
        answers.readline()  # ready
    for start, _ in ends:
        start.write("go\n")
        start.flush()
    return max(float(answers.readline()) for _, answers in ends)


def _train_apart() -> None:
    """Tell that all is ready, wait for a line, train, and print the seconds."""
    vocabulary, corpus = text_corpus()
    train = _ours(corpus, vocabulary, "skip-gram, negatives")
    _ours(_first(corpus, 2000), vocabulary, "skip-gram, negatives")(1)  # compiles
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    train(1)
    print(time.perf_counter() - start)


def _peak_memory(figures: Figures, text: Path) -> None:
    print(f"{'peak memory, MiB':<34}{'gensim':>12}{'iconym':>12}{'ratio':>8}{'bar':>8}")
    memory = [_memory_of(peer, text) for peer in ("gensim", "iconym")]
    _show(figures, "memory, gensim : iconym", memory, 1.0)


def _ours(corpus: Corpus, vocabulary: Vocabulary, mode: str) -> Callable[[int], None]:
    output = HierarchicalSoftmax() if "tree" in mode else NegativeSampling()
    config = WindowConfig(dim=200, epochs=1, output=output)
    combine = "mean" if "CBOW" in mode else "each"

    def train(threads: int) -> None:
        train_windows(corpus, vocabulary, replace(config, threads=threads), combine=combine)

    return train


def _theirs(text: Path, mode: str) -> Callable[[], None]:
    from gensim.models import Word2Vec  # here: it counts in the memory of whoever imports it

    tree = "tree" in mode
    model = Word2Vec(
        vector_size=200,
        window=5,
        negative=0 if tree else 5,
        hs=int(tree),
        sg=int("CBOW" not in mode),
        sample=1e-3,
        min_count=1,  # rarer words are no longer in the file
        workers=1,
    )
    model.build_vocab(corpus_file=str(text))

    def train() -> None:
        words = model.corpus_total_words
        model.train(corpus_file=str(text), total_words=words, epochs=1)

    return train


def _in_turns(
    works: list[Callable[[], None]], rounds: int, clock: Callable[[], float]
) -> list[float]:
    """The median seconds of each."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, seconds, strict=True):
            start = clock()
            work()
            taken.append(clock() - start)
    return [statistics.median(taken) for taken in seconds]


def _show(figures: Figures, name: str, pair: list[float], bar: float) -> None:
    ratio = pair[0] / pair[1]
    figures[name] = {
        "first": round(pair[0]),
        "second": round(pair[1]),
        "ratio": round(ratio, 2),
        "at_least": bar,
        "holds": ratio >= bar,
    }
    print(f"{name:<34}{pair[0]:>12,.0f}{pair[1]:>12,.0f}{ratio:>8.2f}{bar:>8.1f}", flush=True)


def _memory_of(peer: str, text: Path) -> float:
    command = [sys.executable, __file__, "--memory-of", peer, "--text", str(text)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _memory(peer: str, text: Path) -> float:
    """Peak MiB of this process after one training from the text on."""
    if peer == "gensim":
        model = _theirs(text, "skip-gram, negatives")
        model()
    else:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "corpus"
            vocabulary, corpus = prepare_corpus(TextFiles((text,)), place, min_count=1)
            _ours(corpus, vocabulary, "skip-gram, negatives")(1)
    status = Path("/proc/self/status").read_text()  # getrusage counts the parent's memory too
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _first(corpus: Corpus, words: int) -> Corpus:
    last = int(corpus.offsets.searchsorted(words))
    return Corpus(corpus.tokens[: corpus.offsets[last]], corpus.offsets[: last + 1])


if __name__ == "__main__":
    main()
