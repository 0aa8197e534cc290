"""How margins become probabilities, and how the numbers for it are learned."""

import math

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.search.calibrated import Asked, Calibration, calibrate

PLAIN = Calibration(1.0, -1.0, 0.0, 2.0, 1.0, -1.0, certain=0.5)


def asked(*margins, crowding=0.0):
    return Asked(np.array(margins, float), crowding)


def test_the_evidence_of_one_picture_is_its_margin():
    assert asked(0.3).evidence == pytest.approx(0.3)


def test_as_many_pictures_again_are_worth_a_tenth_of_ln_2():
    assert asked(0.3, 0.3).evidence == pytest.approx(0.3 + 0.1 * math.log(2))


def test_a_far_smaller_margin_adds_nothing():
    assert asked(0.5, -1.0).evidence == pytest.approx(0.5, abs=1e-6)


def test_only_the_first_50_pictures_count():
    assert asked(*[0.1] * 50, 0.9).evidence == asked(*[0.1] * 50).evidence


def test_where_there_is_no_picture_nothing_fits():
    assert asked().evidence == -math.inf
    assert PLAIN.anything_fits(asked()) == pytest.approx(0.0)
    assert PLAIN.each_right(asked()).tolist() == []


def test_log_odds_are_weighted_sums():
    assert PLAIN.anything_fits(asked(0.3, crowding=0.3)) == pytest.approx(0.5)
    odds = 2 * 0.3 + (0.3 - 1.3) - 1
    assert PLAIN.each_right(asked(0.3, crowding=1.3)) == pytest.approx([1 / (1 + math.exp(-odds))])


@pytest.fixture(scope="module")
def many():
    """2,000 queries of one hit each, drawn as ``PLAIN`` says."""
    random = np.random.default_rng(0)
    queries = [asked(m, crowding=c) for m, c in random.normal(size=(2000, 2)).tolist()]
    fitting = [bool(random.random() < PLAIN.anything_fits(one)) for one in queries]
    right = [(random.random(1) < PLAIN.each_right(one)).astype(float) for one in queries]
    return queries, right, fitting


def test_the_numbers_are_found_again(many):
    found = calibrate(*many)
    ours = (found.evidence, found.crowding, found.fits)
    assert ours == pytest.approx((1.0, -1.0, 0.0), abs=0.15)
    assert found.margin + found.any_fits == pytest.approx(3.0, abs=0.4)
    assert found.right == pytest.approx(-1.0, abs=0.2)


def test_on_its_own_queries_it_says_as_many_as_there_are(many):
    queries, right, fitting = many
    found = calibrate(*many)
    assert np.mean([found.anything_fits(one) for one in queries]) == pytest.approx(
        np.mean(fitting), abs=1e-4
    )
    assert np.mean([found.each_right(one) for one in queries]) == pytest.approx(
        np.mean(right), abs=1e-4
    )


def test_one_answerless_query_in_20_looks_certain(many):
    queries, _, fitting = many
    found = calibrate(*many)
    absent = [one for one, fits in zip(queries, fitting) if not fits]
    share = np.mean([found.anything_fits(one) >= found.certain for one in absent])
    assert share == pytest.approx(0.05, abs=0.002)


def test_queries_told_apart_without_error_have_finite_numbers():
    found = calibrate([asked(0.5), asked(-0.5)], [np.ones(1), np.zeros(1)], [True, False])
    assert 0.5 < found.anything_fits(asked(0.5)) < 1


def test_it_takes_queries_of_both_kinds():
    with pytest.raises(BadData, match="2 of 2 queries are answerable"):
        calibrate([asked(0.5)] * 2, [np.ones(1)] * 2, [True, True])
    with pytest.raises(BadData, match="2 queries, 1 answers"):
        calibrate([asked(0.5)] * 2, [np.ones(1)], [True, False])
