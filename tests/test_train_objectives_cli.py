"""``iconym train --objective``: each has its method, and takes its own settings only."""

import pytest

from iconym.cli.objectives import Objective, method_of
from iconym.errors import Usage
from iconym.hierarchy import Hierarchy
from iconym.training import methods
from iconym.training.methods import LINEAR, Hinge, Ridge, TreeSoftmax, TwoWay
from iconym.training.prototypes import ByPrototypes

NOTHING = {"alpha": None, "margin": None, "negatives": None, "hierarchy": None}


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "kinds.tsv").write_text("cat\tpet\n")
    (tmp_path / "more.tsv").write_text("pet\tanimal\n")
    return [tmp_path / "kinds.tsv", tmp_path / "more.tsv"]


KINDS = {
    "ridge": methods.Ridge,
    "prototypes": ByPrototypes,
    "hinge": methods.Hinge,
    "two-way": methods.TwoWay,
    "l2": methods.L2,
    "cosine": methods.CosineRegression,
    "negative-sampling": methods.NegativeSampling,
    "softmax": methods.Softmax,
    "cosine-softmax": methods.CosineSoftmax,
    "sigmoid": methods.Sigmoid,
}


@pytest.mark.parametrize("objective", [o for o in Objective if o != "tree-softmax"])
def test_every_objective_is_a_method_with_its_defaults(objective):
    assert method_of(objective, NOTHING, LINEAR) == KINDS[objective]()


def test_settings_reach_the_method(tree):
    assert method_of(Objective.RIDGE, NOTHING | {"alpha": 0.5}, LINEAR) == Ridge(0.5)
    given = NOTHING | {"margin": 0.3, "negatives": "hardest"}
    assert method_of(Objective.HINGE, given, LINEAR) == Hinge(0.3, LINEAR, "hardest")
    assert method_of(Objective.TWO_WAY, given, LINEAR) == TwoWay(0.3, LINEAR, "hardest")
    both = Hierarchy((("cat", "pet"), ("pet", "animal")))
    found = method_of(Objective.TREE_SOFTMAX, NOTHING | {"hierarchy": tree}, LINEAR)
    assert found == TreeSoftmax(both)


@pytest.mark.parametrize(
    "objective, given, complaint",
    [
        ("softmax", {"alpha": 1.0}, "--alpha is for the objective ridge, not for softmax"),
        ("l2", {"margin": 1.0}, "--margin is for the objective hinge or two-way, not for l2"),
        ("ridge", {"negatives": "all"}, "--negatives is for the objective hinge or two-way"),
        ("hinge", {"hierarchy": []}, "--hierarchy is for the objective tree-softmax"),
        ("tree-softmax", {}, "what is a kind of what; give --hierarchy"),
        ("hinge", {"margin": 0.0}, "margin is 0.0; it must be above 0"),
    ],
)
def test_a_setting_of_another_objective_is_refused(objective, given, complaint):
    with pytest.raises(Usage, match=complaint):
        method_of(Objective(objective), NOTHING | given, LINEAR)
