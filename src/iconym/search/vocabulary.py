"""Words added to the vocabulary of a collection's current space, or removed, while it serves."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.collection import FOLDER, Collection
from iconym.errors import BadData, UnknownWord, Usage
from iconym.growth import load_growth, save_growth
from iconym.nouns import Image
from iconym.similarity import unit
from iconym.space import JointSpace


def add_word(
    collection: Collection, word: str, vector: Float[np.ndarray, " dim"] | None = None
) -> JointSpace:
    """Add a label to the current space's vocabulary: the space as it now is.

    It answers and is searched for at once, by who opens the space from now on or asks by
    ``CurrentSearch``. The space that the collection was indexed with stays as it was saved.

    Args:
        collection: whose current space grows.
        word: a word or phrase, as it is to be shown.
        vector: its own, of any length; if left out it is composed of words that the space knows.

    Raises:
        Usage: for a blank word, or one that is a label already and comes without a vector.
        UnknownWord: without a vector, if a word of it is not known.
        BadData: for a vector of another dimension, zero or not finite.
    """
    word = word.strip()
    if not word:
        raise Usage("an empty word; give a word or a phrase")
    with _alone(collection):
        space = collection.load_space()
        if vector is None:
            vector = _composed(space, word)
        _check(vector, space.dim)
        path = collection.vocabulary_path(space.fingerprint)
        growth = load_growth(path, space.dim).with_word(word, unit(vector[None])[0])
        save_growth(growth, path)
        return collection.load_space()


def remove_word(collection: Collection, word: str) -> JointSpace:
    """Remove a label from the current space's vocabulary: the space as it now is.

    It is no answer any more. Who asks for it is still understood, if the space can read it.

    Raises:
        UnknownWord: if it is no label.
    """
    with _alone(collection):
        space = collection.load_space()
        if word not in space.vocabulary:
            raise UnknownWord(word, space.vocabulary.nearest_spellings(word))
        path = collection.vocabulary_path(space.fingerprint)
        save_growth(load_growth(path, space.dim).without_word(word), path)
        return collection.load_space()


def mean_of_pictures(space: JointSpace, images: Sequence[Image]) -> Float[np.ndarray, " dim"]:
    """The direction that pictures have in common: the mean of their unit vectors, of length 1.

    Raises:
        Usage: for no picture.
        BadData: if they have none in common.
    """
    if not images:
        raise Usage("no example picture; give at least one")
    mean = space.embed_images(images).mean(axis=0)
    _check(mean, space.dim)
    return unit(mean[None])[0]


def _composed(space: JointSpace, word: str) -> Float[np.ndarray, " dim"]:
    if word in space.vocabulary:
        raise Usage(f"{word!r} is a label already; give a vector or pictures to replace its own")
    return space.text([word])[0]


def _check(vector: Float[np.ndarray, " n"], dim: int) -> None:
    if len(vector) != dim:
        raise BadData(f"a vector of {len(vector)} numbers, the space has {dim}; give one of those")
    if not np.isfinite(vector).all() or not vector.any():
        raise BadData("the vector is zero or not finite; give one that points somewhere")


@contextmanager
def _alone(collection: Collection) -> Iterator[None]:
    """Others who change the vocabulary wait meanwhile: none of their words is lost."""
    handle = os.open(Path(collection.folder / FOLDER), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
