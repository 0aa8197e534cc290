"""Confidence is what it says where labellers are honest, and abstention is worth what it avoids."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.evaluation.confidence import evaluate_confidence
from iconym.metrics.abstention import risk_coverage
from iconym.metrics.calibration import confidences, reliability, temperature
from test_evaluation import ALL, SEEN, UNSEEN, Knows

NONE = -math.inf


def drawn(n, sharpness, seed=0, labels=3):
    """Scores whose softmax at temperature 1 / sharpness is the chance of each label."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(n, labels))
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (weights.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return logits / sharpness, truth[:, None] == np.arange(labels)


@pytest.mark.parametrize("sharpness", [0.01, 1.0, 20.0])
def test_the_temperature_is_the_one_that_the_labels_were_drawn_at(sharpness):
    assert temperature(*drawn(20_000, sharpness)) == pytest.approx(1 / sharpness, rel=0.05)


def test_no_other_temperature_makes_the_labels_likelier():
    scores, positive = drawn(50, 3.0)
    best = temperature(scores, positive)

    def loss(t):
        return -sum(
            s[p][0] / t - math.log(sum(math.exp(x / t) for x in s))
            for s, p in zip(scores, positive)
        )

    assert loss(best) < min(loss(1.001 * best), loss(best / 1.001))


def test_where_every_answer_is_right_or_says_less_than_nothing_the_temperature_is_at_an_end():
    scores, positive = np.array([[1.0, 0.0]]), np.array([[True, False]])
    assert temperature(scores, positive) < 1e-5
    assert temperature(scores, ~positive) > 1e5


@pytest.mark.parametrize("score", [0.0, NONE])
def test_scores_that_tell_nothing_have_temperature_1(score):
    assert temperature(np.full((2, 3), score), np.eye(3, dtype=bool)[:2]) == 1


def test_labels_without_an_answer_have_no_part_in_the_temperature():
    scores, positive = drawn(500, 1.0)
    wide = np.concatenate([scores, np.full((500, 1), NONE)], axis=1)
    known = np.concatenate([positive, np.zeros((500, 1), bool)], axis=1)
    assert temperature(wide, known) == pytest.approx(temperature(scores, positive), rel=0.01)


@pytest.mark.parametrize(
    "scores, positive, message",
    [([[math.nan, 0]], [[True, False]], "NaN"), ([[1.0, 0]], [[True, True]], "exactly one")],
)
def test_what_no_temperature_can_be_fitted_on_is_refused(scores, positive, message):
    with pytest.raises(ValueError, match=message):
        temperature(np.array(scores), np.array(positive))


def test_confidence_is_the_probability_of_the_best_answer():
    scores = np.array([[math.log(3), 0.0], [0.0, 0.0], [NONE, 0.0], [NONE, NONE]])
    assert confidences(scores, 1.0) == pytest.approx([3 / 4, 1 / 2, 1, 0])
    assert confidences(scores[:1], 0.5) == pytest.approx([9 / 10])


def test_a_temperature_of_0_is_refused():
    with pytest.raises(ValueError, match=r"temperature is 0\.0"):
        confidences(np.zeros((1, 2)), 0.0)


def test_reliability_has_as_many_answers_in_each_bin():
    confidence = np.array([0.9, 0.2, 0.8, 0.4])
    found = reliability(confidence, np.array([1.0, 0.0, 0.0, 1.0]), bins=2)
    assert found.counts.tolist() == [2, 2]
    assert found.confidence == pytest.approx([0.3, 0.85])
    assert found.accuracy.tolist() == [0.5, 0.5]
    assert found.error == pytest.approx((0.2 + 0.35) / 2)


def test_an_honest_labeller_has_almost_no_calibration_error():
    random = np.random.default_rng(0)
    confidence = random.random(50_000)
    honest = (random.random(50_000) < confidence).astype(float)
    assert reliability(confidence, honest).error < 0.01
    assert reliability(confidence, np.zeros(50_000)).error == pytest.approx(0.5, abs=0.01)


answers = st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.booleans()), min_size=1)


@settings(deadline=None)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter_even_where_they_are_equally_certain(some, random):
    again = random.sample(some, len(some))
    one, two = (np.array(each, float).T for each in (some, again))
    assert reliability(*one, bins=3).error == pytest.approx(reliability(*two, bins=3).error)
    assert risk_coverage(*one).risks == pytest.approx(risk_coverage(*two).risks)


@settings(deadline=None)
@given(answers)
def test_risk_is_what_plain_counting_gives_where_none_are_equally_certain(some):
    right = [float(hit) for _, hit in some]
    found = risk_coverage(-np.arange(len(some), dtype=float), np.array(right))
    counted = [sum(1 - hit for hit in right[:i]) / i for i in range(1, len(some) + 1)]
    assert found.risks == pytest.approx(counted)
    assert found.area == pytest.approx(np.mean(counted))


CERTAIN = np.arange(10, 0, -1) / 10  # ten answers, the last two of them wrong
LAST_WRONG = np.array([1.0] * 8 + [0.0] * 2)


def test_leaving_the_least_certain_tenth_avoids_its_wrong_answers():
    found = risk_coverage(CERTAIN, LAST_WRONG)
    assert found.avoided(0.1) == 0.5 and found.avoided(0.2) == found.avoided(1) == 1
    assert found.avoided(0) == 0
    assert found.accuracy_at(0.9) == pytest.approx(8 / 9) and found.accuracy_at(1) == 0.8
    assert found.accuracy_at(0) == 1  # of the single most certain answer


def test_equal_certainty_everywhere_avoids_as_much_as_is_left():
    assert risk_coverage(np.ones(10), LAST_WRONG).avoided(0.1) == pytest.approx(0.1)
    assert risk_coverage(np.ones(10), LAST_WRONG).area == pytest.approx(0.2)


def test_where_nothing_is_wrong_nothing_is_avoided():
    assert risk_coverage(CERTAIN, np.ones(10)).avoided(0.5) == 0


@pytest.mark.parametrize("measure", [reliability, risk_coverage])
def test_no_answer_has_no_reliability(measure):
    with pytest.raises(ValueError, match="0 confidences"):
        measure(np.empty(0), np.empty(0))


def test_bins_and_shares_are_checked():
    with pytest.raises(ValueError, match="0 bins"):
        reliability(CERTAIN, LAST_WRONG, bins=0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        risk_coverage(CERTAIN, LAST_WRONG).avoided(1.5)


def honest_rows(n=4000):
    scores, positive = drawn(n, 10.0, labels=5)
    truth = [ALL[i] for i in positive.argmax(axis=1)]
    return {"ours": (Knows(tuple(ALL)), scores), "mute": (Knows(()), scores)}, truth


def test_a_temperature_fitted_on_other_pictures_makes_confidence_honest():
    rows, truth = honest_rows()
    found = evaluate_confidence(rows, truth, ALL, [], seed=0)["seen"]
    assert found["ours"].temperature == pytest.approx(0.1, rel=0.1)
    assert found["ours"].reliability.error < 0.04
    assert found["mute"] is None


def test_every_part_has_its_confidence_in_numbers_that_json_knows():
    rows, truth = honest_rows(200)
    found = evaluate_confidence(rows, truth, SEEN, UNSEEN, seed=0)
    assert list(found) == ["seen", "seen_among_all", "unseen", "unseen_among_all"]
    values = json.loads(json.dumps(found["unseen"]["ours"].to_json(), allow_nan=False))
    assert 0 <= values["accuracy"] <= values["accuracy_at_90"] <= 1
    assert len(values["reliability"]["bins"]["count"]) == 15


def test_no_picture_has_a_part_in_its_own_temperature():
    # two pictures, one in each half: one right, one wrong; each is judged by the other's
    rows = {"ours": (Knows(("pug", "husky")), np.array([[1.0, 0.0], [1.0, 0.0]]))}
    found = evaluate_confidence(rows, ["pug", "husky"], ["pug", "husky"], [], seed=0)
    reliable = found["seen"]["ours"].reliability
    assert reliable.confidence == pytest.approx([0.5, 1.0], abs=1e-4)
    assert reliable.accuracy.tolist() == [1, 0]


def test_one_picture_of_a_seen_label_is_too_few():
    rows = {"ours": (Knows(tuple(ALL)), np.eye(5)[:1])}
    with pytest.raises(BadData, match="1 pictures of seen labels"):
        evaluate_confidence(rows, ["pug"], SEEN, UNSEEN, seed=0)
