"""Metrics read as their definitions, and a tie counts as the mean over all its orders."""

import math
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.metrics.intervals import Interval, bootstrap, bootstrap_each, paired_difference
from iconym.metrics.paired import sign_flip_test
from iconym.metrics.ranking import (
    hits_at_k,
    median_rank,
    precision_at_k,
    ranks,
    recall_at_k,
    target_hits,
)

SCORES = np.array([[0.9, 0.5, 0.1, 0.3], [0.1, 0.2, 0.3, 0.4]])
FIRST = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], bool)  # the best, then the worst
ENDS = np.array([[1, 0, 1, 0], [1, 0, 0, 1]], bool)
NO_ANSWER = -math.inf


def test_hit_at_k_says_whether_the_positive_is_among_the_k_best():
    assert hits_at_k(SCORES, FIRST, 1).tolist() == [1, 0]
    assert hits_at_k(SCORES, FIRST, 3).tolist() == [1, 0]
    assert hits_at_k(SCORES, FIRST, 4).tolist() == [1, 1]


def test_recall_at_k_is_the_share_of_queries_with_a_hit():
    assert recall_at_k(SCORES, FIRST, 1) == 0.5


def test_one_of_several_positives_is_a_hit_but_counts_once_in_precision():
    assert hits_at_k(SCORES, ENDS, 2).tolist() == [1, 1]
    assert precision_at_k(SCORES, ENDS, 2).tolist() == [0.5, 0.5]


def test_precision_at_1_is_hit_at_1():
    assert (precision_at_k(SCORES, ENDS, 1) == hits_at_k(SCORES, ENDS, 1)).all()


def test_hits_of_one_target_are_those_of_a_row_with_one_positive():
    assert target_hits(SCORES, np.array([0, 0]), [1, 3, 4]).tolist() == [[1, 1, 1], [0, 0, 1]]


def test_k_below_1_is_refused_for_one_target_too():
    with pytest.raises(ValueError, match="k is 0"):
        target_hits(SCORES, np.array([0, 0]), [1, 0])


@pytest.mark.parametrize("k", [1, 2, 4])
def test_equal_scores_everywhere_are_chance(k):
    flat = np.zeros((2, 4))
    assert hits_at_k(flat, FIRST, k) == pytest.approx([k / 4, k / 4])
    assert precision_at_k(flat, ENDS, k) == pytest.approx([2 / 4, 2 / 4])


def test_no_answer_is_never_a_hit_even_where_nothing_else_is_left():
    unanswered = np.array([[0.5, NO_ANSWER], [NO_ANSWER, NO_ANSWER]])
    second = np.array([[0, 1], [0, 1]], bool)
    assert hits_at_k(unanswered, second, 2).tolist() == [0, 0]
    assert precision_at_k(unanswered, second, 2).tolist() == [0, 0]
    assert ranks(unanswered, second).tolist() == [math.inf, math.inf]


def test_places_without_a_target_count_as_wrong():
    assert precision_at_k(np.array([[0.3, 0.2]]), np.array([[True, True]]), 8).tolist() == [0.25]


def test_the_rank_is_that_of_the_best_positive():
    assert ranks(SCORES, FIRST).tolist() == [1, 4]
    assert ranks(SCORES, ENDS).tolist() == [1, 1]


def test_a_tied_positive_has_the_mid_rank():
    assert ranks(np.array([[0.9, 0.5, 0.5, 0.5]]), np.array([[0, 1, 0, 0]], bool)).tolist() == [3]


def test_the_median_rank_of_an_even_number_of_queries_may_be_a_half():
    assert median_rank(SCORES, FIRST) == 2.5


def test_a_query_without_an_answer_has_an_infinite_rank_in_the_median():
    assert median_rank(np.array([[NO_ANSWER]]), np.array([[True]])) == math.inf


@pytest.mark.parametrize("metric", [hits_at_k, precision_at_k])
def test_k_below_1_is_refused(metric):
    with pytest.raises(ValueError, match="k is 0"):
        metric(SCORES, FIRST, 0)


@pytest.mark.parametrize("metric", [median_rank, lambda s, p: recall_at_k(s, p, 1)])
def test_no_query_has_neither_mean_nor_median(metric):
    with pytest.raises(ValueError, match="no queries"):
        metric(np.empty((0, 2)), np.empty((0, 2), bool))


def test_k_may_be_far_beyond_the_number_of_targets():
    assert hits_at_k(SCORES, FIRST, 10**9).tolist() == [1, 1]
    assert hits_at_k(np.empty((2, 0)), np.empty((2, 0), bool), 5).tolist() == [0, 0]


@pytest.mark.parametrize("metric", [ranks, lambda s, p: hits_at_k(s, p, 1)])
def test_a_score_that_is_nan_is_refused_with_its_query(metric):
    with pytest.raises(ValueError, match="query 1"):
        metric(np.array([[0.0], [math.nan]]), np.array([[True], [True]]))


tied_rows = st.integers(1, 5).flatmap(
    lambda m: st.tuples(
        st.lists(st.sampled_from([NO_ANSWER, 0.0, 1.0, 2.0]), min_size=m, max_size=m),
        st.lists(st.booleans(), min_size=m, max_size=m),
    )
)


def orders(scores):
    """Every way to rank the answered targets best first, equal ones in any order."""
    answered = [j for j, score in enumerate(scores) if score > NO_ANSWER]
    for order in permutations(answered):
        ranked = [scores[j] for j in order]
        if ranked == sorted(ranked, reverse=True):
            yield order


@settings(deadline=None)
@given(tied_rows, st.integers(1, 6))
def test_metrics_are_means_over_all_orders_of_equal_scores(row, k):
    scores, positive = row
    all_orders = list(orders(scores))
    right = [sum(positive[j] for j in order[:k]) for order in all_orders]
    s, p = np.array([scores]), np.array([positive])
    assert hits_at_k(s, p, k)[0] == pytest.approx(np.mean([r > 0 for r in right]))
    assert precision_at_k(s, p, k)[0] == pytest.approx(np.mean(right) / k)


@settings(deadline=None)
@given(tied_rows, st.integers(1, 6), st.data())
def test_hits_of_one_target_share_its_ties(row, k, data):
    scores = np.array([row[0]])
    target = data.draw(st.integers(0, scores.shape[1] - 1))
    one = np.arange(scores.shape[1])[None] == target
    assert target_hits(scores, np.array([target]), [k])[0] == pytest.approx(
        hits_at_k(scores, one, k)
    )


@settings(deadline=None)
@given(tied_rows)
def test_a_rank_is_the_mean_over_all_orders_of_equal_scores(row):
    scores, positive = row
    places = [
        next((place for place, j in enumerate(order, 1) if positive[j]), math.inf)
        for order in orders(scores)
    ]
    assert ranks(np.array([scores]), np.array([positive]))[0] == pytest.approx(np.mean(places))


def test_an_interval_of_coin_throws_is_about_two_standard_errors_wide():
    interval = bootstrap(np.tile([0.0, 1.0], 200), seed=1)  # the standard error is 0.5 / 20
    assert interval.value == 0.5
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_a_value_that_never_changes_has_an_interval_without_width():
    assert bootstrap(np.ones(7), seed=0) == Interval(1.0, 1.0, 1.0)


def test_the_same_seed_gives_the_same_interval_and_another_another():
    values = np.arange(50.0)
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_columns_are_resampled_alike():
    values = np.arange(20.0) % 2
    one, two = bootstrap_each(np.stack([values, 1 - values], axis=1), seed=5)
    assert (one.low + two.high, one.high + two.low) == pytest.approx((1, 1))
    assert one == bootstrap(values, seed=5)


def test_a_paired_difference_is_certain_where_one_is_better_by_the_same_everywhere():
    values = np.arange(10.0)
    assert paired_difference(values + 2, values, seed=0) == Interval(2.0, 2.0, 2.0)


def test_no_values_have_no_mean():
    with pytest.raises(ValueError, match="no queries"):
        bootstrap(np.empty(0), seed=0)


def test_many_queries_are_drawn_in_several_blocks():
    interval = bootstrap(np.tile([0.0, 1.0], 100_000), seed=0, samples=25)
    assert 0.49 < interval.low < 0.5 < interval.high < 0.51


def test_the_interval_of_a_mean_over_classes_draws_within_each_class():
    values, classes = np.array([1.0, 1.0, 1.0, 0.0]), np.array(["cat", "cat", "cat", "emu"])
    found = bootstrap_each(values[:, None], seed=0, classes=classes)[0]
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_the_interval_of_a_mean_over_classes_is_as_wide_as_its_standard_error_says():
    classes = np.array(["often"] * 300 + ["seldom"] * 100)
    values = np.arange(400.0)[:, None] % 2  # a coin in each class
    found = bootstrap_each(values, seed=1, classes=classes)[0]
    error = 0.5 * math.hypot(0.5 / math.sqrt(300), 0.5 / math.sqrt(100))
    assert found.value == pytest.approx(0.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_a_paired_difference_may_be_one_of_means_over_classes():
    a, b = np.array([1.0, 1.0, 1.0, 0.0]), np.zeros(4)
    classes = np.array([0, 0, 0, 1])
    assert paired_difference(a, b, seed=0, classes=classes).value == pytest.approx(0.5)


def test_three_wins_of_three_have_p_of_two_in_eight():
    assert sign_flip_test(np.array([1.0, 1.0, 1.0, 0.0]), seed=0) == pytest.approx(2 / 8)


def test_no_difference_anywhere_has_p_1():
    assert sign_flip_test(np.zeros(5), seed=0) == 1
    assert sign_flip_test(np.empty(0), seed=0) == 1


def test_many_hits_are_tested_exactly_as_throws_of_a_coin():
    wins = np.array([1.0] * 60 + [-1.0] * 40)
    tail = sum(math.comb(100, i) for i in range(41)) / 2**100
    assert sign_flip_test(wins, seed=0) == pytest.approx(2 * tail)


differences = st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=7)


@settings(deadline=None)
@given(differences)
def test_p_is_the_share_of_all_signs_that_bring_the_mean_as_far_from_0(each):
    sums = [
        abs(sum(s * d for s, d in zip(signs, each))) for signs in product((-1, 1), repeat=len(each))
    ]
    share = np.mean([total >= abs(sum(each)) for total in sums])
    assert sign_flip_test(np.array(each), seed=0) == pytest.approx(share)


def test_p_of_many_different_sizes_is_drawn_and_near_the_exact_one():
    each = np.array([2.0, -1.0, 3.0, 1.5, -0.5, 2.5, 1.0, -2.0, 0.5, 3.5, -1.5, 4.0, 0.25])
    signs = np.array(list(product((-1, 1), repeat=len(each))))
    exact = (np.abs(signs @ each) >= abs(each.sum())).mean()
    assert sign_flip_test(each, seed=0) == pytest.approx(exact, abs=0.01)
    assert sign_flip_test(each, seed=0) == sign_flip_test(each, seed=0)


def test_a_difference_that_is_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        sign_flip_test(np.array([math.nan]), seed=0)
