"""Bad data named with counts before anything is learned.

What cannot be learned from stops with an error. What can is told in one line each, the remarks,
and gone on with.
"""

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from iconym.errors import BadData, Usage
from iconym.nouns import LabelledImages, WordVectors
from iconym.space import Projection

Remarks = tuple[str, ...]
SHOWN = 5  # examples named in one line


def check_labels(data: LabelledImages, unseen: Sequence[str]) -> None:
    """Nothing, if every picture has a label and every unseen label has a picture.

    Raises:
        BadData: if pictures have none, or one of blanks alone.
        Usage: if an unseen label has no picture.
    """
    bare = [row for row, label in enumerate(data.labels) if not label.strip()]
    if bare:
        raise BadData(
            f"{len(bare)} of {len(data)} pictures have no label: {some(_named(data, bare))}; "
            "name it, or take them out"
        )
    known = set(data.labels)
    missing = [label for label in dict.fromkeys(unseen) if label not in known]
    if missing:
        near = difflib.get_close_matches(missing[0], known, 3) or sorted(known)[:3]
        raise Usage(
            f"{len(missing)} of {len(unseen)} unseen labels have no picture: "
            f"{some(map(repr, missing))}; "
            f"there is {', '.join(near)}"
        )


def check_seen(counts: Mapping[str, int], seen: Sequence[str], vectors: WordVectors) -> None:
    """Nothing, if there are two labels to learn from, of vectors that differ.

    Raises:
        BadData: if not.
    """
    different = {vectors[label].tobytes() for label in seen}
    if len(different) < 2:
        raise BadData(
            f"{len(seen)} of {len(counts)} labels are left to learn from, of {len(different)} "
            f"different vectors{': ' if seen else ''}{_counted(seen, counts)}; at least 2 must be "
            "seen and have vectors that differ"
        )


def check_features(
    features: Float[np.ndarray, "n _"],
    names: Sequence[str],
    dim: int,
    projection: Projection | None = None,
) -> None:
    """Nothing, if features can be learned from, and fit what they are used with.

    Args:
        features: of each picture.
        names: of the pictures, for messages.
        dim: how many features the encoder makes.
        projection: what they are to go through, if there is one already.

    Raises:
        BadData: if they are of another dimension than the encoder or the projection, hold NaN or
            infinity, or are the same for all of several pictures.
    """
    found = features.shape[1]
    if found != dim:
        raise BadData(f"{found} features a picture, but the encoder makes {dim}; encode them again")
    if projection is not None and found != len(projection.weight):
        raise BadData(
            f"{found} features a picture, but the projection takes {len(projection.weight)}; "
            "take the encoder it was trained with"
        )
    bad = np.flatnonzero(~np.isfinite(features).all(axis=1)).tolist()
    if bad:
        raise BadData(
            f"the features of {len(bad)} of {len(features)} pictures hold NaN or infinity: "
            f"{some(names[row] for row in bad)}; use another encoder, or its preprocessing"
        )
    if len(features) > 1 and (features == features[0]).all():
        raise BadData(
            f"all {len(features)} pictures have the same features; use another encoder, or its "
            "preprocessing"
        )


def label_remarks(
    counts: Mapping[str, int], seen: Sequence[str], unseen: Sequence[str], vectors: WordVectors
) -> Remarks:
    """What is odd about the labels: without a vector, of one picture, or seen and unseen alike.

    Args:
        counts: the pictures of each label.
        seen: the labels learned from.
        unseen: those held back.
        vectors: of all labels that have one.
    """
    lines = []
    if left_out := [label for label in counts if label not in vectors]:
        pictures = sum(counts[label] for label in left_out)
        lines.append(
            f"{pictures} pictures of the {len(left_out)} of {len(counts)} labels without a vector "
            f"are left out: "
            f"{_counted(left_out, counts)}"
        )
    for kind, labels in ("seen", seen), ("unseen", unseen):
        if single := [label for label in labels if counts[label] == 1]:
            lines.append(
                f"{len(single)} of {len(labels)} {kind} labels have a single picture: "
                f"{some(single)}"
            )
    by_vector = {vectors[label].tobytes(): label for label in reversed(seen)}
    same = [(label, by_vector.get(vectors[label].tobytes())) for label in unseen]
    if alike := [f"{label} = {other}" for label, other in same if other is not None]:
        lines.append(
            f"{len(alike)} of {len(unseen)} unseen labels have the vector of a seen one, so "
            f"nothing tells them apart: {some(alike)}"
        )
    return tuple(lines)


def leaked(labels: Sequence[str], contents: Sequence[str], held: Collection[str]) -> list[int]:
    """The rows of other labels whose picture also stands under a label of ``held``.

    Args:
        labels: of each picture.
        contents: what tells pictures apart, "" where nothing does.
        held: the labels held back.
    """
    pairs = list(zip(labels, contents, strict=True))
    hidden = {content for label, content in pairs if label in held} - {""}
    return [row for row, (label, it) in enumerate(pairs) if label not in held and it in hidden]


def copy_remarks(data: LabelledImages, contents: Sequence[str], leaks: Sequence[int]) -> Remarks:
    """What is odd about pictures that stand there several times.

    Args:
        data: all pictures.
        contents: as for ``leaked``.
        leaks: what that returned.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, content in enumerate(contents):
        if content:
            rows[content].append(row)
    groups = [group for group in rows.values() if len(group) > 1]
    lines = []
    if again := [group for group in groups if len({data.labels[r] for r in group}) < len(group)]:
        copies = sum(len(group) - len({data.labels[r] for r in group}) for group in again)
        lines.append(
            f"{copies} of {len(data)} pictures are copies of one of the same label: "
            f"{_equal(data, again)}"
        )
    if several := [group for group in groups if len({data.labels[r] for r in group}) > 1]:
        lines.append(
            f"{len(several)} of {len(rows)} different pictures have several labels: "
            f"{_equal(data, several)}"
        )
    if leaks:
        lines.append(
            f"{len(leaks)} of {len(data)} pictures stand under a seen label and an unseen one; "
            f"they are not learned from: {some(_named(data, leaks))}"
        )
    return tuple(lines)


def split_remarks(
    training: Sequence[str], test: Sequence[str], what: str = "test pictures"
) -> Remarks:
    """What of a test, or of another part, was learned from.

    Args:
        training: contents of the pictures learned from, as for ``leaked``.
        test: contents of the others.
        what: the others are called.
    """
    common = ({*training} & {*test}) - {""}
    count = sum(content in common for content in test)
    return (f"{count} of {len(test)} {what} are among those trained on",) if count else ()


def some(examples: Iterable[str]) -> str:
    """The first five examples, and how many more there are."""
    examples = list(examples)
    more = f" and {len(examples) - SHOWN} more" if len(examples) > SHOWN else ""
    return ", ".join(examples[:SHOWN]) + more


def _counted(labels: Iterable[str], counts: Mapping[str, int]) -> str:
    return some(f"{label} ({counts[label]})" for label in labels)


def _named(data: LabelledImages, rows: Iterable[int]) -> list[str]:
    return [data.names[row] if data.names else f"number {row}" for row in rows]


def _equal(data: LabelledImages, groups: Iterable[Sequence[int]]) -> str:
    return some(
        " = ".join(f"{n} ({data.labels[r]})" for r, n in zip(g, _named(data, g), strict=True))
        for g in groups
    )
