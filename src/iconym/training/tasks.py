"""A zero-shot task: labelled pictures parted into labels to learn from and labels held back."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iconym.errors import BadData, Usage
from iconym.features import take
from iconym.nouns import LabelledImages, WordVectors
from iconym.words.labels import LabelReport, compile_labels
from iconym.words.parts import centered

SHOWN = 5  # labels named in a remark


@dataclass(frozen=True)
class ZeroShotTask:
    """What is learned from, and what is to be understood without having been seen.

    Args:
        data: the pictures of seen labels.
        seen: their labels that have a vector, in the order of their first picture.
        unseen: the labels held back that have a vector.
        vocabulary: the vectors of both, made from ``text``.
        text: the words, ``centered`` on the seen labels.
        report: how the labels found their vectors.
        remarks: what is odd about the data, one line each.
    """

    data: LabelledImages
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    vocabulary: WordVectors
    text: WordVectors
    report: LabelReport
    remarks: tuple[str, ...]


def zero_shot_task(
    data: LabelledImages, words: WordVectors, unseen: Sequence[str] = ()
) -> ZeroShotTask:
    """The task of these pictures and words; pictures of labels without a vector are left out.

    Args:
        data: labelled pictures.
        words: what the labels are put together from.
        unseen: the labels to hold back.

    Raises:
        Usage: if an unseen label has no picture.
        BadData: if a picture has an empty label, no label has a vector, or fewer than two labels
            are left to learn from.
    """
    counts = Counter(data.labels)
    _check(counts, unseen, data)
    held = set(unseen)
    known = compile_labels(data.classes, words).vectors
    seen = tuple(label for label in known.words if label not in held)
    if len({known[label].tobytes() for label in seen}) < 2:
        raise BadData(
            f"{len(seen)} of {len(counts)} labels to learn from ({_some(seen, counts)}); at least "
            "2 must be seen and have vectors that differ"
        )
    of_seen, text = set(seen), centered(words, seen)
    compiled = compile_labels(data.classes, text)
    return ZeroShotTask(
        data=take(data, [row for row, label in enumerate(data.labels) if label in of_seen]),
        seen=seen,
        unseen=tuple(label for label in dict.fromkeys(unseen) if label in compiled.vectors),
        vocabulary=compiled.vectors,
        text=text,
        report=compiled.report,
        remarks=_remarks(counts, seen, compiled.report.left_out),
    )


def draw_unseen(classes: Sequence[str], share: float, *, seed: int) -> tuple[str, ...]:
    """A random ``share`` of the classes, rounded; at least one if the share is above 0.

    Raises:
        Usage: if ``share`` is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise Usage(f"the share of unseen labels is {share}; it must be at least 0 and below 1")
    count = max(1, round(share * len(classes))) if share else 0
    drawn = np.random.default_rng(seed).permutation(len(classes))[:count]
    return tuple(classes[i] for i in sorted(drawn))


def _check(counts: Counter[str], unseen: Sequence[str], data: LabelledImages) -> None:
    if counts[""]:
        row = data.labels.index("")
        first = data.names[row] if data.names else f"number {row}"
        raise BadData(f"{counts['']} of {len(data)} pictures have no label, the first is {first}")
    for label in unseen:
        if label not in counts:
            near = difflib.get_close_matches(label, counts, 3) or sorted(counts)[:3]
            raise Usage(f"no picture has the unseen label {label!r}; there is {', '.join(near)}")


def _remarks(counts: Counter[str], seen: Sequence[str], left_out: Sequence[str]) -> tuple[str, ...]:
    remarks = []
    if left_out:
        pictures = sum(counts[label] for label in left_out)
        remarks.append(
            f"{pictures} pictures of {len(left_out)} labels without a vector are left out: "
            f"{_some(left_out, counts)}"
        )
    single = [label for label in seen if counts[label] < 2]
    if single:
        remarks.append(f"{len(single)} labels have a single picture: {_some(single, counts)}")
    return tuple(remarks)


def _some(labels: Sequence[str], counts: Counter[str]) -> str:
    named = ", ".join(f"{label} ({counts[label]})" for label in labels[:SHOWN])
    return named + (f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")
