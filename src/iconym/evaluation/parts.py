"""The parts of a test: seen and unseen labels' pictures, answered with their own or all labels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData
from iconym.metrics.tables import CHANCE
from iconym.protocols import Labeller

Contestant = tuple[Labeller, Float[np.ndarray, "n _"]]  # a labeller and the features it reads


@dataclass(frozen=True)
class Part:
    """Some of the test pictures, and the labels that they are answered with."""

    rows: Mapping[str, Contestant]
    truth: Sequence[str]
    candidates: Sequence[str]


def zero_shot_parts(
    rows: Mapping[str, Contestant],
    truth: Sequence[str],
    seen: Sequence[str],
    unseen: Sequence[str],
) -> dict[str, Part]:
    """Four parts: "seen", "seen_among_all", "unseen" and "unseen_among_all".

    The pictures of seen labels answered with those, then with all labels; the pictures of unseen
    labels answered with those, then with all. Parts without a picture are not there, and without
    unseen labels "seen_among_all" is not.

    Raises:
        BadData: if a label is seen and unseen, or stands twice, or a true one is neither, or a
            number of features differs from that of the truth.
    """
    both = set(seen) & set(unseen)
    if both:
        raise BadData(f"the label {min(both)!r} is both seen and unseen; keep it in one of them")
    everything = [*unseen, *seen]
    check_contest(rows, truth, everything)
    is_seen = np.isin(np.array(truth), np.array(seen))
    parts = {
        "seen": (is_seen, seen),
        "seen_among_all": (is_seen & bool(unseen), everything),
        "unseen": (~is_seen, unseen),
        "unseen_among_all": (~is_seen, everything),
    }
    return {
        name: Part(
            {row: (labeller, features[kept]) for row, (labeller, features) in rows.items()},
            [label for label, keep in zip(truth, kept, strict=True) if keep],
            candidates,
        )
        for name, (kept, candidates) in parts.items()
        if kept.any()
    }


def check_contest(
    rows: Mapping[str, Contestant], truth: Sequence[str], candidates: Sequence[str]
) -> None:
    """Nothing, if the rows can be evaluated.

    Raises:
        BadData: as ``iconym.evaluation.evaluate``.
    """
    if not truth:
        raise BadData("no pictures to evaluate; give at least one")
    stray = set(truth) - set(candidates)
    if stray:
        raise BadData(f"the true label {min(stray)!r} is not among the candidates; add it to them")
    if CHANCE in rows:
        raise BadData(f"a row is named {CHANCE!r}, which is computed; give it another name")
    if len(set(candidates)) < len(candidates):
        twice = min(label for label, n in Counter(candidates).items() if n > 1)
        raise BadData(f"the candidate label {twice!r} stands twice; give it once")
    for name, (_, features) in rows.items():
        if len(features) != len(truth):
            raise BadData(f"{name!r} has features of {len(features)} pictures, not {len(truth)}")
