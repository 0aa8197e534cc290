"""Evaluating a saved space on labelled pictures, beside its baselines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from iconym.errors import BadData
from iconym.evaluation import Contestant, evaluate_zero_shot
from iconym.evaluation.confidence import Confidence, evaluate_confidence
from iconym.evaluation.generalized import Generalized, generalized
from iconym.evaluation.runs import Run
from iconym.features import Encode, Encoded, encode, take
from iconym.hierarchy import Hierarchy
from iconym.labellers.baselines import Baselines, load_baselines
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.labellers.stacking import CalibratedStacking
from iconym.metrics.tables import Table
from iconym.nouns import LabelledImages
from iconym.protocols import Labeller
from iconym.space import JointSpace, load_space

OURS, STACKED, CONSE_TOP = "ours", "ours, stacked", 10
NO_MORE: Mapping[str, Labeller] = {}


@dataclass(frozen=True, eq=False)
class SpaceEvaluation:
    """What was measured, and the pictures that have no part in it.

    Args:
        tables: by part of ``zero_shot_parts``, as far as there are pictures.
        confidence: by part and row; empty where there are no pictures of seen labels to fit a
            temperature on.
        left_out: number of pictures of each label that the space was not made with.
        skipped: pictures that could not be used, and why.
        run: the same tables with the names of the pictures, to be saved and compared.
    """

    tables: dict[str, Table]
    confidence: dict[str, dict[str, Confidence | None]]
    run: Run
    left_out: dict[str, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    @property
    def generalized(self) -> Generalized | None:
        """U, S, H and AUSUC; None without pictures of both seen and unseen labels."""
        return generalized(self.tables)


def evaluate_space(
    path: Path,
    data: LabelledImages,
    hierarchy: Hierarchy | None = None,
    *,
    more: Mapping[str, Labeller] = NO_MORE,
    encode: Encode = encode,
    seed: int = 0,
) -> SpaceEvaluation:
    """How the space saved at ``path``, its baselines and chance answer for these pictures.

    Args:
        path: the folder that ``save_trained`` wrote.
        data: pictures that nothing was learned from.
        hierarchy: holds all labels of the space; without it there is no hierarchical precision.
        more: further labellers that read the same features, by name.
        encode: makes the features, or finds them where they were kept.
        seed: of the intervals.

    Raises:
        BadFolder: if the space or its baselines are missing or damaged.
        BadData: if no picture can be decoded or has a label that the space was made with.
    """
    space, baselines = load_space(path), load_baselines(path)
    known = {*baselines.seen, *baselines.unseen}
    rows = [row for row, label in enumerate(data.labels) if label in known]
    left_out = Counter(label for label in data.labels if label not in known)
    if not rows:
        raise BadData(
            f"{path} was made with none of these {len(left_out)} labels, as {min(left_out)!r}; "
            "evaluate it on labels like those it was trained with"
        )
    encoded = encode(take(data, rows), space.encoder)
    contest = contestants(space, baselines, encoded, more)
    seen, unseen, truth = baselines.seen, baselines.unseen, encoded.labels
    tables = evaluate_zero_shot(contest, truth, seen, unseen, hierarchy, seed=seed)
    enough = sum(label in set(seen) for label in truth) >= 2
    return SpaceEvaluation(
        tables,
        evaluate_confidence(contest, truth, seen, unseen, seed=seed) if enough else {},
        Run(
            {"space": space.name, "fingerprint": space.fingerprint}, _named(encoded, tables), tables
        ),
        dict(left_out),
        encoded.skipped,
    )


def compare(
    space: JointSpace,
    baselines: Baselines,
    encoded: Encoded,
    hierarchy: Hierarchy | None = None,
    *,
    more: Mapping[str, Labeller] = NO_MORE,
    seed: int = 0,
) -> dict[str, Table]:
    """The tables of ``evaluate_space`` for features of pictures of known labels."""
    contest = contestants(space, baselines, encoded, more)
    seen, unseen = baselines.seen, baselines.unseen
    return evaluate_zero_shot(contest, encoded.labels, seen, unseen, hierarchy, seed=seed)


def contestants(
    space: JointSpace,
    baselines: Baselines,
    encoded: Encoded,
    more: Mapping[str, Labeller] = NO_MORE,
) -> dict[str, Contestant]:
    """The space, its baselines and further labellers, each with the features of the pictures.

    Raises:
        BadData: if a further labeller has the name of one of these rows.
    """
    words = baselines.words or space.vocabulary
    labellers: dict[str, Labeller] = {
        "softmax": baselines.softmax,
        OURS: SpaceLabeller(space.projection, space.vocabulary),
        "random embeddings": baselines.random_labeller(),
        f"ConSE({CONSE_TOP})": ConseLabeller(baselines.softmax, words, CONSE_TOP),
    }
    if baselines.gamma is not None:
        labellers[STACKED] = CalibratedStacking(labellers[OURS], baselines.seen, baselines.gamma)
    taken = labellers.keys() & more.keys()
    if taken:
        raise BadData(f"there is a row {min(taken)!r} already; give the labeller another name")
    features = encoded.features.astype(np.float32, copy=False)
    return {name: (labeller, features) for name, labeller in {**labellers, **more}.items()}


def _named(encoded: Encoded, tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """The names of each table's pictures: they are all those of the labels that it asks for."""
    names = encoded.names or tuple(map(str, range(len(encoded.labels))))
    asked = {part: set(table.truth) for part, table in tables.items()}
    return {
        part: tuple(n for n, label in zip(names, encoded.labels, strict=True) if label in labels)
        for part, labels in asked.items()
    }
