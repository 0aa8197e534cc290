"""Seconds and memory to write, read and ask word-vector files of each format, and gensim beside.

Random vectors: 400,000 x 50 for text, 100,000 x 300 for the others. Each figure comes from a
process of its own; seconds are of the processor, memory is what reading adds at its highest.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from iconym.nouns import WordVectors
from iconym.words.formats import load_words, save_words
from iconym.words.vectors import nearest

TEXT, OTHER = (400_000, 50), (100_000, 300)
FILES = {
    **{"glove.txt": TEXT, "w.txt": TEXT, "w.txt.gz": TEXT},
    **{name: OTHER for name in ("w.bin", "w.bin.gz", "w.npz", "w.npy", "w.safetensors", "folder")},
}
MAPPED = ("folder", "w.safetensors", "w.npy")
GENSIM = ("glove.txt", "w.bin")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the words")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--one", nargs=3, metavar=("HOW", "FILE", "WORDS"), help="a process of it")
    options = parser.parse_args()
    if options.one:
        how, file, words = options.one
        print(json.dumps(measure(how, Path(file), int(words))))
        return
    figures = measure_all(100 if options.quick else 1)
    print(f"{'file':<14} {'done':<7} {'seconds':>8} {'MB more':>8} {'MB of vectors':>14}")
    for row in figures:
        print("{file:<14} {done:<7} {seconds:>8.2f} {memory:>8.0f} {vectors:>14.0f}".format(**row))
    if options.json:
        print(json.dumps(figures))


def measure_all(share: int) -> list[dict[str, float | str]]:
    """Every file written, read, mapped and read by gensim."""
    jobs = [(how, name) for name in FILES for how in ("write", "read")]
    jobs += [("map", name) for name in MAPPED] + [("ask", name) for name in MAPPED]
    jobs += [("gensim", name) for name in GENSIM if find_spec("gensim")]
    with tempfile.TemporaryDirectory() as folder:
        return [
            one(how, Path(folder) / name, FILES[name][0] // share)
            | {
                "file": name,
                "done": how,
                "vectors": FILES[name][1] * FILES[name][0] // share * 4e-6,
            }
            for how, name in jobs
        ]


def one(how: str, file: Path, words: int) -> dict[str, float | str]:
    """``measure`` in a process of its own."""
    command = [sys.executable, __file__, "--one", how, str(file), str(words)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure(how: str, file: Path, words: int) -> dict[str, float | str]:
    """Do one thing with one file in this process."""
    work = prepared(how, file, words)
    before, start = peak(), time.process_time()
    work()
    return {"seconds": round(time.process_time() - start, 3), "memory": peak() - before}


def prepared(how: str, file: Path, words: int) -> Callable[[], object]:
    """What is to be measured, with everything that it needs at hand."""
    if how == "write":
        shape = words, FILES[file.name][1]
        vectors = np.random.default_rng(0).standard_normal(shape, np.float32)
        held = WordVectors(tuple(f"word{i}" for i in range(words)), vectors)
        form = {"header": False} if file.name == "glove.txt" else {}
        return lambda: save_words(held, file, **form)
    if how == "gensim":
        from gensim.models import KeyedVectors

        form = {"binary": True} if file.suffix == ".bin" else {"no_header": True}
        return lambda: KeyedVectors.load_word2vec_format(str(file), **form)
    if how == "ask":
        mapped = load_words(file, mapped=True)
        return lambda: nearest(mapped, {"word7": 1.0})
    return lambda: load_words(file, mapped=how == "map")


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    status = Path("/proc/self/status").read_text()  # getrusage counts the parent's memory too
    return int(status.split("VmHWM:")[1].split()[0]) * 1024e-6


if __name__ == "__main__":
    main()
