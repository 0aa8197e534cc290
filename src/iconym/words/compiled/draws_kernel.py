"""The random draws of training by windows, compiled: what is kept, how far a window reaches."""

from typing import NamedTuple, no_type_check

import numpy as np

from iconym.words.compiled.lanes import compiled


class Draws(NamedTuple):
    """What the random draws need to know of each word."""

    keep: np.ndarray  # (words,), float32: the probability to survive subsampling
    threshold: np.ndarray  # (words,), float32: of the alias table of negatives
    alias: np.ndarray  # (words,), int32


class Sentence(NamedTuple):
    """What was drawn for one sentence; a position is one of the words kept."""

    words: np.ndarray  # (positions,), int32
    reach: np.ndarray  # (positions,), int32: words to each side that belong to the window
    negatives: np.ndarray  # (positions, negatives), int32


def empty_sentence(longest: int, negatives: int) -> Sentence:
    """Room for sentences of at most ``longest`` words."""
    shapes = (longest,), (longest,), (longest, negatives)
    return Sentence(*(np.empty(shape, np.int32) for shape in shapes))


def first_state(seed: int, run: int) -> np.uint64:
    """Where the random numbers of a run start; those of other runs and seeds are unrelated."""
    return np.uint64(scramble(np.uint64(scramble(np.uint64(seed))) ^ np.uint64(run)))


@compiled
@no_type_check
def draw_sentence(tokens, draws, window, sentence, state):
    """Fill ``sentence`` for ``tokens``; the state after it and how many words were kept.

    The random numbers are drawn in this order: one for each token (is it kept?), then for each
    kept token one for its window and one for each negative.
    """
    kept = 0
    for token in tokens:
        state = next_state(state)
        if fraction(scramble(state)) < draws.keep[token]:
            sentence.words[kept] = token
            kept += 1
    for position in range(kept):
        state = next_state(state)
        sentence.reach[position] = 1 + below(scramble(state), window)
        for k in range(sentence.negatives.shape[1]):
            state = next_state(state)
            bits = scramble(state)
            word = below(bits, len(draws.alias))
            alone = fraction(bits) < draws.threshold[word]
            sentence.negatives[position, k] = word if alone else draws.alias[word]
    return state, kept


@compiled
@no_type_check
def next_state(state):
    """The state after ``state``: a Weyl sequence, whose ``scramble`` is the random number."""
    return state + np.uint64(0x9E3779B97F4A7C15)


@compiled
@no_type_check
def scramble(state):
    """64 random bits (Steele, Lea & Flood 2014, SplitMix64)."""
    bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled
@no_type_check
def fraction(bits):
    """A float32 in [0, 1) from the lowest 24 of ``bits``."""
    return np.float32(bits & np.uint64(0xFFFFFF)) * np.float32(2.0**-24)


@compiled
@no_type_check
def below(bits, n):
    """An integer in [0, n) from the highest 32 of ``bits``; n is below 2**31."""
    return np.int64(((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))
