"""The training pictures of a label that speak for a picture, among those of the collection."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from iconym.errors import Usage
from iconym.evidence import Evidence
from iconym.nouns import Picture, Track, untracked
from iconym.search.pictures import Search
from iconym.search.query import Term
from iconym.search.seen import image_of, see

BATCH = 32  # pictures in memory at a time
SHOWN = 3  # labels named to who asks for one that is none


@dataclass(frozen=True)
class Speaker:
    """A training picture and what it adds to a score."""

    picture: Picture
    share: float


@dataclass(frozen=True)
class Speaking:
    """What the pictures of one label add to a score.

    Args:
        label: whose they are.
        speakers: those of the collection, the largest share first.
        others: what the label's other pictures add, among them those that are not here.
        share: of the label; the sum of all these.
    """

    label: str
    speakers: tuple[Speaker, ...]
    others: float
    share: float


def speaking(
    search: Search,
    query: Sequence[Term],
    picture: Path | bytes | int,
    label: str,
    k: int = 10,
    *,
    track: Track = untracked,
) -> Speaking:
    """At most k training pictures of ``label`` in the collection, by what they add to the score.

    They are known by their content, under whatever name, and encoded again, for what each adds
    depends on the features of both pictures. Equal shares come by smaller id.

    Args:
        search: the space, and the collection.
        query: as for ``Search.by_query``.
        picture: what has the score.
        label: a training label.
        k: at least 1.
        track: shows progress.

    Raises:
        Usage: if the space does not know its training pictures, ``label`` is none of its training
            labels, or the picture's file is not as it was indexed; for a k below 1.
        UnknownWord, BadPicture: as ``why``.
    """
    if k < 1:
        raise Usage(f"k is {k}; ask for at least 1")
    evidence, row = _row(search, label)
    seen, asked = see(search, picture), search.embed(query)
    if seen.features is None:
        raise Usage(f"picture {picture!r} has no file, or a changed one; index its folder again")
    times = Counter(evidence.contents_of(row))
    found: list[Speaker] = []
    pictures = _pictures(search, [*times])
    for some in _batches(track(pictures, "reading training pictures", len(pictures)), search):
        features = search.space.encoder([image for _, image in some])
        shares = evidence.of_pictures(asked, seen.features, row, features) / seen.length
        found += [
            Speaker(one, float(share) * times[one.content])
            for (one, _), share in zip(some, shares, strict=True)
        ]
    best = sorted(found, key=lambda speaker: (-speaker.share, speaker.picture.id))[:k]
    share = float(evidence.of_labels(asked, seen.features)[row]) / seen.length
    return Speaking(label, tuple(best), share - sum(speaker.share for speaker in best), share)


def _row(search: Search, label: str) -> tuple[Evidence, int]:
    evidence = search.space.evidence
    if evidence is None:
        raise Usage(
            f"the space {search.space.name} does not know its training pictures; train it again "
            "by ridge or prototypes, and index the folder with it"
        )
    if label not in evidence.labels:
        nearest = get_close_matches(label, evidence.labels, SHOWN, cutoff=0)
        raise Usage(f"{label!r} is no training label; the likest are: {', '.join(nearest)}")
    return evidence, evidence.labels.index(label)


def _pictures(search: Search, contents: Sequence[str]) -> list[Picture]:
    """One picture for each content that the collection holds, that of the smallest id."""
    held = search.catalog.get(search.catalog.find(contents=contents))
    return [*{picture.content: picture for picture in reversed(held)}.values()][::-1]


def _batches(pictures: Any, search: Search) -> Iterator[list[tuple[Picture, Any]]]:
    images = ((picture, image_of(search, picture)) for picture in pictures)
    readable = ((picture, image) for picture, image in images if image is not None)
    while batch := list(islice(readable, BATCH)):
        yield batch
