"""A zero-shot task: labelled pictures parted into labels to learn from and labels held back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iconym.errors import Usage
from iconym.features import take
from iconym.nouns import LabelledImages, WordVectors
from iconym.training.checks import (
    Remarks,
    check_labels,
    check_seen,
    copy_remarks,
    label_remarks,
    leaked,
)
from iconym.words.labels import LabelReport, compile_labels
from iconym.words.parts import centered


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
        contents: of the pictures of ``data``, what tells them apart; none if nobody said.
    """

    data: LabelledImages
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    vocabulary: WordVectors
    text: WordVectors
    report: LabelReport
    remarks: Remarks
    contents: tuple[str, ...] = ()


def zero_shot_task(
    data: LabelledImages,
    words: WordVectors,
    unseen: Sequence[str] = (),
    *,
    contents: Sequence[str] = (),
) -> ZeroShotTask:
    """The task of these pictures and words; pictures of labels without a vector are left out.

    So are those of seen labels that stand under an unseen one too.

    Args:
        data: labelled pictures.
        words: what the labels are put together from.
        unseen: the labels to hold back.
        contents: what tells pictures apart, as ``read_contents`` gives it; without it, copies go
            unnoticed.

    Raises:
        Usage: if an unseen label has no picture.
        BadData: if a picture has an empty label, no label has a vector, or fewer than two labels
            are left to learn from.
    """
    check_labels(data, unseen)
    counts, held, contents = Counter(data.labels), set(unseen), contents or [""] * len(data)
    leaks = leaked(data.labels, contents, held)
    left = counts - Counter(data.labels[row] for row in leaks)
    known = compile_labels(data.classes, words).vectors
    seen = tuple(label for label in known.words if label not in held and left[label])
    check_seen(counts, seen, known)
    text = centered(words, seen)
    compiled = compile_labels(data.classes, text)
    vectors = compiled.vectors
    hidden = tuple(label for label in dict.fromkeys(unseen) if label in vectors)
    learned = {*seen}
    kept = sorted({r for r, label in enumerate(data.labels) if label in learned} - {*leaks})
    return ZeroShotTask(
        data=take(data, kept),
        seen=seen,
        unseen=hidden,
        vocabulary=vectors,
        text=text,
        report=compiled.report,
        remarks=(
            *label_remarks(counts, seen, hidden, vectors),
            *copy_remarks(data, contents, leaks),
        ),
        contents=tuple(contents[row] for row in kept),
    )


def hold_out(
    labels: Sequence[str], contents: Sequence[str], share: float, *, seed: int
) -> tuple[list[int], list[int]]:
    """The rows to learn from, and those to test on: about ``share`` of each label, at random.

    Copies of a picture are on one side, under whatever label. Each label keeps a picture to learn
    from, so one of a single picture gives none to the test.

    Args:
        labels: of each picture.
        contents: what tells pictures apart; "" is like no other.
        share: of the pictures to test on, rounded for each label; 0 for none.
        seed: of the draw.

    Raises:
        Usage: if ``share`` is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise Usage(f"the share of test pictures is {share}; it must be at least 0 and below 1")
    keys = [content or str(row) for row, content in enumerate(contents)]
    of_label: dict[str, list[str]] = {}
    for label, key in zip(labels, keys, strict=True):
        of_label.setdefault(label, []).append(key)
    generator, kept, held = np.random.default_rng(seed), set[str](), set[str]()
    for pictures in of_label.values():
        different = list(dict.fromkeys(pictures))
        count = min(round(share * len(different)), len(different) - 1)
        drawn = [different[i] for i in generator.permutation(len(different))]
        held |= {*drawn[:count]} - kept
        kept |= {*drawn} - held
    sides = [key in held for key in keys]
    return [r for r, test in enumerate(sides) if not test], [
        r for r, test in enumerate(sides) if test
    ]


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
