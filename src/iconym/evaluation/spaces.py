"""Evaluating a saved space on labelled pictures, beside its baselines."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iconym.errors import BadData
from iconym.evaluation import evaluate_zero_shot
from iconym.features import Encoded, encode, take
from iconym.hierarchy import Hierarchy
from iconym.labellers.baselines import Baselines, load_baselines
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.metrics.tables import Table
from iconym.nouns import LabelledImages, Track, untracked
from iconym.protocols import Labeller
from iconym.space import JointSpace, load_space

OURS, CONSE_TOP = "ours", 10


@dataclass(frozen=True)
class SpaceEvaluation:
    """The tables, and the pictures that are in none of them.

    Args:
        tables: "seen", "unseen" and "unseen_among_all", as far as there are pictures.
        left_out: number of pictures of each label that the space was not made with.
        skipped: pictures that could not be used, and why.
    """

    tables: dict[str, Table]
    left_out: dict[str, int]
    skipped: tuple[str, ...]


def evaluate_space(
    path: Path,
    data: LabelledImages,
    hierarchy: Hierarchy | None = None,
    *,
    seed: int = 0,
    track: Track = untracked,
) -> SpaceEvaluation:
    """How the space saved at ``path``, its baselines and chance answer for these pictures.

    Args:
        path: the folder that ``save_trained`` wrote.
        data: pictures that nothing was learned from.
        hierarchy: holds all labels of the space; without it there is no hierarchical precision.
        seed: of the intervals.
        track: shows progress.

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
    encoded = encode(take(data, rows), space.encoder, track)
    tables = compare(space, baselines, encoded, hierarchy, seed=seed)
    return SpaceEvaluation(tables, dict(left_out), encoded.skipped)


def compare(
    space: JointSpace,
    baselines: Baselines,
    encoded: Encoded,
    hierarchy: Hierarchy | None = None,
    *,
    seed: int = 0,
) -> dict[str, Table]:
    """The tables of ``evaluate_space`` for features of pictures of known labels."""
    labellers: dict[str, Labeller] = {
        "softmax": baselines.softmax,
        OURS: SpaceLabeller(space.projection, space.vocabulary),
        "random embeddings": baselines.random_labeller(),
        f"ConSE({CONSE_TOP})": ConseLabeller(baselines.softmax, space.vocabulary, CONSE_TOP),
    }
    features = encoded.features.astype(np.float32, copy=False)
    rows = {name: (labeller, features) for name, labeller in labellers.items()}
    seen, unseen = baselines.seen, baselines.unseen
    return evaluate_zero_shot(rows, encoded.labels, seen, unseen, hierarchy, seed=seed)
