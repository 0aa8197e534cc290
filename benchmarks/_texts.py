"""The text that the word benchmarks train on: a sample of Wikipedia and the Brown corpus."""

import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from iconym.words.corpus import Corpus, encode
from iconym.words.text.sources import TextFiles
from iconym.words.vocabulary import Vocabulary, count_words

DATA = Path(os.environ.get("ICONYM_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
TEXT = DATA / "text"
FILES = (TEXT / "wikipedia_en_2018_sample.txt.gz", TEXT / "brown_tokens.txt.gz")


def present_files() -> tuple[Path, ...]:
    """The texts; ends the program where they are missing."""
    missing = [path for path in FILES if not path.exists()]
    if missing:
        sys.exit(f"skipped: {missing[0].name} is not there; set ICONYM_DATA to the folder of data")
    return FILES


def text_corpus(min_count: int = 5) -> tuple[Vocabulary, Corpus]:
    """The vocabulary and the numbered text."""
    files = TextFiles(present_files())
    vocabulary = count_words(files, min_count=min_count)
    return vocabulary, encode(files, vocabulary)


def shuffled(corpus: Corpus, seed: int = 1) -> Corpus:
    """The corpus with its sentences in random order."""
    order = np.random.default_rng(seed).permutation(len(corpus))
    lengths = np.diff(corpus.offsets)[order]
    starts = corpus.offsets[:-1][order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Corpus(corpus.tokens[places], offsets)


def write_text(vocabulary: Vocabulary, corpus: Corpus, path: Path) -> None:
    """The corpus as text, one sentence a line: what other programs read."""
    words, ends = vocabulary.words, corpus.offsets.tolist()
    with open(path, "w", encoding="utf-8") as file:
        for start, stop in pairwise(ends):
            file.write(" ".join(words[token] for token in corpus.tokens[start:stop]) + "\n")
