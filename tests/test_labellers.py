"""What every labeller promises, and what each one adds to it."""

import math

import numpy as np
import pytest

from iconym.errors import BadData, UnknownWord
from iconym.labellers.chance import ChanceLabeller, random_vectors
from iconym.labellers.conse import ConseLabeller
from iconym.labellers.hubness import CslsLabeller, InvertedSoftmaxLabeller
from iconym.labellers.novelty import GaussianGate, LoopGate
from iconym.labellers.softmax import SoftmaxLabeller
from iconym.labellers.space import SpaceLabeller
from iconym.labellers.stacking import CalibratedStacking
from iconym.labellers.transfer import TanhProjection, TransferLabeller
from iconym.nouns import WordVectors
from iconym.protocols import Labeller
from iconym.space import Projection

EAST, NORTH, WEST, SOUTH = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]
WORDS = WordVectors(("cat", "dog", "emu"), np.array([EAST, NORTH, WEST]))
AS_IT_IS = Projection(np.eye(2), np.zeros(2))
CATS_AND_DOGS = SoftmaxLabeller(np.eye(2), np.zeros(2), ("cat", "dog"))
PICTURES = np.array([[2.0, 0.5], [0.0, 3.0], [-1.0, 1.0], [0.5, -4.0]])
BANK = np.array([[1.0, 0.2], [0.9, 0.0], [0.0, 1.0], [0.3, 0.8], [0.7, 0.7]])
SPACE = SpaceLabeller(AS_IT_IS, WORDS)
GAUSSIAN = GaussianGate.of(BANK, ["cat", "cat", "dog", "dog", "dog"], WORDS)
EMU = WordVectors(("emu",), np.array([WEST]))
BENT = TanhProjection(AS_IT_IS, AS_IT_IS)

LABELLERS = {
    "space": SPACE,
    "random vectors": SpaceLabeller(AS_IT_IS, random_vectors(["dog", "emu", "cat"], 2, seed=0)),
    "softmax": CATS_AND_DOGS,
    "conse": ConseLabeller(CATS_AND_DOGS, WORDS),
    "chance": ChanceLabeller(),
    "csls": CslsLabeller(SPACE, BANK, k=2),
    "inverted softmax": InvertedSoftmaxLabeller(SPACE, BANK),
    "stacked": CalibratedStacking(SPACE, ("cat", "dog"), 0.3),
    "gaussian gate": TransferLabeller(CATS_AND_DOGS, BENT, GAUSSIAN, EMU, 0.1, cutoff=0.9),
    "loop": TransferLabeller(CATS_AND_DOGS, BENT, LoopGate.of(BANK, k=2), EMU, 0.1),
}


@pytest.fixture(params=LABELLERS.values(), ids=LABELLERS)
def labeller(request):
    return request.param


def test_is_a_labeller(labeller):
    assert isinstance(labeller, Labeller)


def test_scores_have_a_row_for_each_picture_and_a_column_for_each_label(labeller):
    assert labeller.score(PICTURES, ["cat", "dog", "emu"]).shape == (4, 3)
    assert labeller.score(PICTURES[:0], ["cat"]).shape == (0, 1)
    assert labeller.score(PICTURES, []).shape == (4, 0)


def test_columns_follow_the_order_of_the_request(labeller):
    there, back = labeller.score(PICTURES, ["cat", "emu"]), labeller.score(PICTURES, ["emu", "cat"])
    np.testing.assert_allclose(there, back[:, ::-1])


def test_a_label_asked_twice_scores_the_same_twice(labeller):
    scores = labeller.score(PICTURES, ["dog", "cat", "dog"])
    np.testing.assert_allclose(scores[:, 0], scores[:, 2])


def test_a_score_does_not_depend_on_the_other_labels_asked(labeller):
    both, alone = labeller.score(PICTURES, ["cat", "dog"]), labeller.score(PICTURES, ["dog"])
    np.testing.assert_allclose(both[:, 1:], alone)


def test_a_score_does_not_depend_on_the_other_pictures(labeller):
    together = labeller.score(PICTURES, ["cat", "dog", "emu"])
    alone = [labeller.score(PICTURES[i : i + 1], ["cat", "dog", "emu"])[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, atol=1e-12)


def test_a_label_unknown_to_all_has_no_answer_except_by_chance(labeller):
    answered = np.isfinite(labeller.score(PICTURES, ["dog", "wombat"])).all(axis=0)
    assert answered.tolist() == [True, isinstance(labeller, ChanceLabeller)]


@pytest.mark.parametrize("scale", [0.0, 1e4])
def test_features_that_are_zero_or_huge_give_no_nan(labeller, scale):
    assert np.isfinite(labeller.score(PICTURES * scale, ["cat", "dog"])).all()


def test_features_in_single_precision_give_the_same_but_for_rounding(labeller):
    labels = ["cat", "dog"]
    single = labeller.score(PICTURES.astype(np.float32), labels)
    np.testing.assert_allclose(single, labeller.score(PICTURES, labels), rtol=1e-5, atol=1e-5)


def test_features_are_not_changed(labeller):
    before = PICTURES.copy()
    labeller.score(PICTURES, ["cat"])
    assert (before == PICTURES).all()


def test_a_space_scores_cosines():
    scores = LABELLERS["space"].score(np.array([[0.0, 9.0]]), ["cat", "dog", "emu"])
    assert scores.tolist() == [[0, 1, 0]]


def test_a_space_scores_cosines_beside_a_label_it_cannot_read_too():
    scores = LABELLERS["space"].score(np.array([[0.0, 9.0]]), ["cat", "wombat", "dog"])
    assert scores.tolist() == [[0, -math.inf, 1]]


def test_a_space_projects_the_features_first():
    turned = Projection(np.array([NORTH, EAST]), np.array([0.0, -7.0]))
    labeller = SpaceLabeller(turned, WORDS)
    assert labeller.score(np.array([[7.0, 5.0]]), ["cat", "dog"]).tolist() == [[1, 0]]


def test_a_space_reads_labels_of_several_words():
    scores = LABELLERS["space"].score(np.array([[1.0, 1.0]]), ["cat dog"])
    assert scores[0, 0] == pytest.approx(1)


def test_softmax_scores_log_probabilities_among_all_its_classes():
    features = np.array([[math.log(3), 0.0]])
    scores = CATS_AND_DOGS.score(features, ["dog", "cat", "emu"])
    assert scores[0].tolist() == pytest.approx([math.log(1 / 4), math.log(3 / 4), -math.inf])


def test_a_calibrated_softmax_is_as_sure_as_it_is_right():
    sure = SoftmaxLabeller(5 * np.eye(2), np.zeros(2), ("cat", "dog"))
    features = np.array([[1.0, 0.0]] * 4)  # log odds 5, but one in four is a dog
    calibrated = sure.calibrated(features, ["cat", "cat", "dog", "cat"])
    odds = calibrated.score(features[:1], ["cat", "dog"])
    assert np.exp(odds[0]) == pytest.approx([3 / 4, 1 / 4])


def test_a_softmax_is_calibrated_on_its_own_classes_only():
    with pytest.raises(BadData, match="'emu' is none of the classes"):
        CATS_AND_DOGS.calibrated(PICTURES, ["cat", "dog", "emu", "cat"])


@pytest.mark.parametrize("classes", [("cat",), ("cat", "dog", "emu")])
def test_softmax_needs_a_weight_for_each_class(classes):
    with pytest.raises(BadData, match=f"{len(classes)} classes"):
        SoftmaxLabeller(np.eye(2), np.zeros(2), classes)


def test_softmax_names_a_class_that_stands_twice():
    with pytest.raises(BadData, match="'cat' stands twice"):
        SoftmaxLabeller(np.eye(2), np.zeros(2), ("cat", "cat"))


def test_conse_mixes_class_vectors_by_probability():
    features = np.array([[math.log(3), 0.0]])
    assert LABELLERS["conse"].embed(features)[0].tolist() == pytest.approx([3 / 4, 1 / 4])
    scores = LABELLERS["conse"].score(features, ["cat", "dog"])
    assert scores[0].tolist() == pytest.approx([3 / math.sqrt(10), 1 / math.sqrt(10)])


def test_conse_scales_the_probabilities_of_its_top_classes_to_sum_to_1():
    three = SoftmaxLabeller(np.eye(3), np.zeros(3), ("cat", "dog", "emu"))
    features = np.log(np.array([[3.0, 1.0, 0.5]]))
    assert ConseLabeller(three, WORDS, top=2).embed(features)[0].tolist() == pytest.approx(
        [3 / 4, 1 / 4]
    )


def test_conse_with_one_class_is_where_that_class_is():
    one = ConseLabeller(CATS_AND_DOGS, WORDS, top=1)
    assert one.embed(PICTURES).tolist() == [EAST, NORTH, NORTH, EAST]


def test_conse_takes_the_first_of_equally_likely_classes():
    one = ConseLabeller(CATS_AND_DOGS, WORDS, top=1)
    assert one.embed(np.zeros((1, 2))).tolist() == [EAST]


def test_conse_with_more_classes_asked_for_than_there_are_takes_all():
    all_of_them = ConseLabeller(CATS_AND_DOGS, WORDS, top=1000)
    assert (all_of_them.embed(PICTURES) == LABELLERS["conse"].embed(PICTURES)).all()


def test_conse_takes_class_vectors_of_length_1():
    long = WordVectors(("cat", "dog"), np.array([[5.0, 0.0], [0.0, 0.1]]))
    even = ConseLabeller(CATS_AND_DOGS, long).embed(np.zeros((1, 2)))
    assert even[0].tolist() == pytest.approx([0.5, 0.5])


def test_conse_passes_over_a_class_without_a_vector():
    lonely = ConseLabeller(CATS_AND_DOGS, WordVectors(("cat",), np.array([EAST])))
    assert lonely.embed(np.zeros((1, 2))).tolist() == [EAST]


def test_conse_needs_a_vector_for_some_class():
    with pytest.raises(UnknownWord):
        ConseLabeller(CATS_AND_DOGS, WordVectors(("cow",), np.array([EAST]))).embed(PICTURES)


def test_conse_stays_finite_where_every_class_it_can_read_is_all_but_impossible():
    sure = SoftmaxLabeller(np.zeros((2, 2)), np.array([0.0, 2000.0]), ("cat", "dog"))
    only_cat = ConseLabeller(sure, WordVectors(("cat",), np.array([EAST])))
    assert only_cat.embed(np.zeros((1, 2))).tolist() == [EAST]


def test_conse_refuses_to_mix_no_class():
    with pytest.raises(ValueError, match="top is 0"):
        ConseLabeller(CATS_AND_DOGS, WORDS, top=0)


def test_chance_finds_all_labels_equally_good():
    assert np.ptp(ChanceLabeller().score(PICTURES, ["cat", "wombat"])) == 0


def test_random_vectors_have_length_1_and_come_from_the_seed():
    one, same, other = (random_vectors(["cat", "dog"], 50, seed=s).vectors for s in (1, 1, 2))
    assert np.linalg.norm(one, axis=1) == pytest.approx([1, 1])
    assert (one == same).all() and (one != other).any()
