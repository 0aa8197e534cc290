"""Prompts: a label put into several sentences, the mean of which stands for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import UnknownWord, Usage
from iconym.nouns import split_words
from iconym.protocols import TextEncoder
from iconym.similarity import unit

PLACE = "{}"
PHOTO_TEMPLATES = (
    "a photo of a {}.",
    "a close-up of a {}.",
    "a {} seen from far away.",
    "a {} in its usual surroundings.",
    "a dark and blurry picture of a {}.",
    "a drawing of a {}.",
    "many of them: {}.",
    "{}",
)


@dataclass(frozen=True)
class Prompts:
    """A text encoder that reads each text inside every template.

    The vectors of one text are brought to length 1, averaged, and brought to length 1 again.
    With the one template ``"{}"`` nothing changes.

    Word vectors may stand behind it too. They add up the words of a sentence, so the template's
    words count as much as the label's: "{} bird" moves "crane" to where the birds are, while
    "a photo of a {}" moves all labels the same way and brings them closer together. Templates of
    content words, or ``"{}"`` alone, are what helps there.

    Args:
        text: what reads the sentences.
        templates: each with one ``{}``, where the text goes.

    Raises:
        Usage: without a template, or for one without exactly one ``{}``.

    Source:
        Radford et al., Learning Transferable Visual Models From Natural Language Supervision,
        ICML 2021, section 3.1.4; the templates are our own.
    """

    text: TextEncoder
    templates: tuple[str, ...] = PHOTO_TEMPLATES

    def __post_init__(self) -> None:
        if not self.templates:
            raise Usage("prompts need at least one template, such as 'a photo of a {}'")
        for template in self.templates:
            if template.count(PLACE) != 1:
                raise Usage(f"the template {template!r} must hold {PLACE} exactly once")

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self.text.dim

    def __call__(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each text, all zeros if the templates cancel out; no text, no row.

        Raises:
            UnknownWord: for a text that cannot be read.
            Usage: for a template that cannot be read.
        """
        return unit(np.mean([self._inside(template, texts) for template in self.templates], axis=0))

    def _inside(self, template: str, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        try:
            return unit(self.text([template.replace(PLACE, text) for text in texts]))
        except UnknownWord as error:  # else a labeller would take every label for unreadable
            if error.word in split_words(template):
                raise Usage(
                    f"the template {template!r} holds {error.word!r}, which cannot be read; "
                    "leave it out"
                ) from error
            raise
