"""How far up two labels meet: by hand on a small tree, and where is-a is no tree."""

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.hierarchy import Hierarchy

#         thing
#        /     \
#    animal    car       heights over the four labels: thing 3, animal 2, pet 1
#    /    \
#   pet   bee
#   / \
# cat dog
TREE = Hierarchy(
    (
        ("cat", "pet"),
        ("dog", "pet"),
        ("pet", "animal"),
        ("bee", "animal"),
        ("animal", "thing"),
        ("car", "thing"),
    )
)


def test_it_is_the_height_of_the_lowest_common_ancestor_as_a_share_of_the_highest():
    assert 3 * TREE.tree_distances(["cat", "dog", "bee", "car"]) == pytest.approx(
        np.array([[0, 1, 2, 3], [1, 0, 2, 3], [2, 2, 0, 3], [3, 3, 3, 0]])
    )


def test_heights_are_counted_down_to_the_labels_only():
    assert TREE.tree_distances(["bee", "car"]) == pytest.approx(np.array([[0, 1], [1, 0]]))


def test_a_label_that_is_a_kind_of_another_meets_it_there():
    assert 3 * TREE.tree_distances(["cat", "animal"]) == pytest.approx(np.array([[0, 2], [2, 0]]))


def test_of_several_common_ancestors_the_lowest_counts():
    tree = Hierarchy((*TREE.edges, ("bee", "toy"), ("car", "toy")))
    assert 3 * tree.tree_distances(["cat", "dog", "bee", "car"])[2, 3] == pytest.approx(1)


def test_labels_that_never_meet_are_at_distance_1_and_equal_ones_at_0():
    apart = Hierarchy((("cat", "animal"), ("car", "thing")))
    assert apart.tree_distances(["cat", "car", "cat"]).tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_no_label_is_no_error():
    assert TREE.tree_distances([]).shape == (0, 0)


def test_a_label_that_is_missing_is_named():
    with pytest.raises(BadData, match="'fox'"):
        TREE.tree_distances(["cat", "fox"])


def test_a_circle_is_named():
    with pytest.raises(BadData, match="in a circle above 'cat'"):
        Hierarchy((("cat", "pet"), ("pet", "cat"))).tree_distances(["cat"])
