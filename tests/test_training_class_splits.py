"""What a projection depends on is chosen without unseen classes."""

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.space import Projection
from iconym.training.class_splits import class_folds, unseen_hits
from iconym.training.projections import ALPHAS, MIDDLE, CosineSoftmax, Hinge, Ridge, settled
from iconym.training.ridge import targets_of


def test_each_class_is_in_one_fold():
    folds = class_folds("abcdefg", 3, seed=1)
    assert sorted(map(len, folds)) == [2, 2, 3]
    assert sorted(sum(folds, ())) == list("abcdefg")


COMPASS = WordVectors(tuple("nesw"), np.array([[0, 1], [1, 0], [0, -1], [-1, 0]], np.float32))
LABELS = list("nesw" * 3)
PLACES = targets_of(LABELS, COMPASS)
RIGHT, WRONG = (Projection(sign * np.eye(2, dtype="f4"), np.zeros(2, "f4")) for sign in (1, -1))


def test_a_setting_is_as_good_as_its_hits_on_classes_held_back():
    hits = unseen_hits(lambda *_: [RIGHT, WRONG], PLACES, LABELS, COMPASS, seed=0)
    assert hits[0] == 1 and hits[1] < 1


def test_no_picture_of_a_class_held_back_is_learned_from():
    learned = []

    def learn(features, labels):
        learned.append(set(labels))
        assert len(features) == len(labels)
        return [RIGHT]

    unseen_hits(learn, PLACES, LABELS, COMPASS, seed=0)
    assert [len(classes) for classes in learned] == [2, 2]
    assert learned[0] | learned[1] == set("nesw") and not learned[0] & learned[1]


def test_three_classes_are_too_few_to_hold_some_back():
    with pytest.raises(BadData, match="3 classes; at least 4"):
        unseen_hits(lambda *_: [RIGHT], PLACES[:3], LABELS[:3], COMPASS, seed=0)


def test_alpha_is_chosen_from_the_grid_unless_it_is_given():
    assert settled(Ridge(), PLACES, LABELS, COMPASS, seed=0).alpha in ALPHAS
    assert settled(Ridge(0.7), PLACES, LABELS, COMPASS, seed=0) == Ridge(0.7)
    assert settled(Hinge(), PLACES, LABELS, COMPASS, seed=0) == Hinge()
    assert settled(CosineSoftmax(), PLACES, LABELS, COMPASS, seed=0) == CosineSoftmax()


def test_with_few_classes_alpha_is_a_fixed_one():
    assert settled(Ridge(), PLACES[:3], LABELS[:3], COMPASS, seed=0) == Ridge(MIDDLE)
