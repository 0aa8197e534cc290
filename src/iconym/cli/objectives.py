"""The options of ``iconym train`` that say what the projection is learned by."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from iconym.errors import Usage

if TYPE_CHECKING:
    from iconym.hierarchy import Hierarchy
    from iconym.training.config import TrainingConfig
    from iconym.training.methods import Method
    from iconym.training.prototypes import ByPrototypes


class Objective(StrEnum):
    """How the projection is learned."""

    RIDGE = "ridge"
    PROTOTYPES = "prototypes"
    HINGE = "hinge"
    TWO_WAY = "two-way"
    L2 = "l2"
    COSINE = "cosine"
    NEGATIVE_SAMPLING = "negative-sampling"
    SOFTMAX = "softmax"
    TREE_SOFTMAX = "tree-softmax"
    COSINE_SOFTMAX = "cosine-softmax"
    SIGMOID = "sigmoid"


CLOSED = (Objective.RIDGE, Objective.PROTOTYPES)
RANKING = (Objective.HINGE, Objective.TWO_WAY)
TAKERS = {
    "alpha": (Objective.RIDGE,),
    "margin": RANKING,
    "negatives": RANKING,
    "hierarchy": (Objective.TREE_SOFTMAX,),
}

How = Annotated[
    Objective,
    typer.Option(
        "--objective",
        help="ridge: least squares in closed form; prototypes: in closed form too, the best on "
        "labels never seen; hinge: DeViSE's ranking; two-way: of labels "
        "too; softmax, of inner products or cosines; tree-softmax: near misses cost less.",
    ),
]
Alpha = Annotated[
    float | None, typer.Option(help="Strength of ridge's penalty.  [chosen on seen labels]")
]
Margin = Annotated[
    float | None,
    typer.Option(help="By how much the right label is to be ahead.  [hinge: 5; two-way: 0.2]"),
]
Rivals = Annotated[
    Literal["all", "first", "hardest", "warp"] | None,
    typer.Option(
        "--negatives", help="Which wrong labels hinge and two-way count.  [first; two-way: all]"
    ),
]
Tree = Annotated[
    list[Path] | None,
    typer.Option(
        "--hierarchy",
        metavar="EDGES.tsv",
        help="What is a kind of what, for tree-softmax: child, tab, parent. May be repeated.",
    ),
]


def method_of(
    objective: Objective, given: dict[str, Any], descent: "TrainingConfig"
) -> "Method | ByPrototypes":
    """The method, with its settings.

    Args:
        objective: what was chosen.
        given: the settings by the names of their options, None where they were left out.
        descent: the optimizer's settings, of every method by descent.

    Raises:
        Usage: if a setting is of another objective, or tree-softmax has no hierarchy.
    """
    from iconym.training import methods
    from iconym.training.prototypes import ByPrototypes

    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if objective not in TAKERS[name]:
            takers = " or ".join(TAKERS[name])
            raise Usage(f"--{name} is for the objective {takers}, not for {objective}")
    if objective is Objective.RIDGE:
        return methods.Ridge(**given)
    if objective is Objective.PROTOTYPES:
        return ByPrototypes()
    if objective is Objective.TREE_SOFTMAX:
        return methods.TreeSoftmax(_hierarchy(given.get("hierarchy", [])), descent=descent)
    found = {
        Objective.HINGE: methods.Hinge,
        Objective.TWO_WAY: methods.TwoWay,
        Objective.L2: methods.L2,
        Objective.COSINE: methods.CosineRegression,
        Objective.NEGATIVE_SAMPLING: methods.NegativeSampling,
        Objective.SOFTMAX: methods.Softmax,
        Objective.COSINE_SOFTMAX: methods.CosineSoftmax,
        Objective.SIGMOID: methods.Sigmoid,
    }[objective]
    return found(**given, descent=descent)


def _hierarchy(files: list[Path]) -> "Hierarchy":
    from iconym.hierarchy import Hierarchy, read_hierarchy

    if not files:
        raise Usage("tree-softmax needs to know what is a kind of what; give --hierarchy")
    return Hierarchy(tuple(edge for file in files for edge in read_hierarchy(file).edges))
