"""What a collection adds to a space's vocabulary, and takes from it, while it serves.

It lies in a small folder of its own: the space itself, whose fingerprint does not cover its
vocabulary, stays as it was saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData, DamagedFolder, UnknownWord
from iconym.files import (
    edition,
    load_folder,
    restore_interrupted,
    save_folder,
    to_json,
    to_safetensors,
)
from iconym.nouns import WordVectors, split_words
from iconym.space import JointSpace

KIND, FORMAT = "growth", 1


@dataclass(frozen=True)
class Growth:
    """Labels added to a vocabulary, with unit vectors, and labels removed from it."""

    added: WordVectors
    removed: tuple[str, ...] = ()

    def of(self, space: JointSpace) -> JointSpace:
        """The space as it has grown.

        A label that was added takes the place of one of the same name. Where the space's text
        cannot read it, the text learns it too, as a word of mean length.
        """
        if self.added.dim != space.dim:
            raise BadData(
                f"labels of {self.added.dim} numbers were added, the space has {space.dim}"
            )
        gone = {*self.removed, *self.added.words}
        kept = [row for row, word in enumerate(space.vocabulary.words) if word not in gone]
        words = tuple(space.vocabulary.words[row] for row in kept)
        vocabulary = _joined(WordVectors(words, space.vocabulary.vectors[kept]), self.added)
        return replace(space, vocabulary=vocabulary, text=_taught(space.text, self.added))

    def with_word(self, word: str, vector: Float[np.ndarray, " dim"]) -> "Growth":
        """With a label more, or with another vector for it."""
        rest = self.without_word(word)
        own = WordVectors((word,), vector.astype(np.float32)[None])
        removed = tuple(other for other in rest.removed if other != word)
        return Growth(_joined(rest.added, own), removed)

    def without_word(self, word: str) -> "Growth":
        """With a label less."""
        kept = [row for row, other in enumerate(self.added.words) if other != word]
        words = tuple(self.added.words[row] for row in kept)
        removed = tuple(dict.fromkeys((*self.removed, word)))
        return Growth(WordVectors(words, self.added.vectors[kept]), removed)


def load_growth(path: Path, dim: int) -> Growth:
    """What was saved at ``path``; nothing added and nothing removed if nothing was.

    Raises:
        BadFolder: if it is damaged or of a later version.
    """
    restore_interrupted(path)
    if edition(path) is None:
        return Growth(WordVectors((), np.empty((0, dim), np.float32)))
    folder = load_folder(path, KIND, FORMAT)
    try:
        about = folder.json("growth.json")
        added = WordVectors(tuple(about["added"]), folder.arrays("added.safetensors")["vectors"])
        return Growth(added, tuple(about["removed"]))
    except (KeyError, TypeError) as error:
        raise DamagedFolder(f"{path}: not as iconym writes it ({error!r}); remove it") from error


def save_growth(growth: Growth, path: Path) -> None:
    """Write it as a folder, in place of the one before: whoever reads meets one of the two."""
    about = {"added": growth.added.words, "removed": growth.removed}
    files = {
        "growth.json": to_json(about),
        "added.safetensors": to_safetensors({"vectors": growth.added.vectors}),
    }
    save_folder(path, KIND, FORMAT, files)


def _taught(text: WordVectors, added: WordVectors) -> WordVectors:
    """The text, with those of the words that it cannot read."""
    new = {_key(word): row for row, word in enumerate(added.words) if not _reads(text, word)}
    if not new:
        return text
    length = np.linalg.norm(text.vectors, axis=1).mean()
    vectors = length * added.vectors[list(new.values())]
    return _joined(text, WordVectors(tuple(new), vectors.astype(np.float32)))


def _key(word: str) -> str:
    """How the text stores a phrase."""
    return "_".join(split_words(word)) or word


def _reads(text: WordVectors, word: str) -> bool:
    try:
        text.rows(word)
    except UnknownWord:
        return False
    return True


def _joined(first: WordVectors, second: WordVectors) -> WordVectors:
    rows: Sequence[np.ndarray] = (first.vectors, second.vectors)
    return WordVectors((*first.words, *second.words), np.concatenate(rows).astype(np.float32))
