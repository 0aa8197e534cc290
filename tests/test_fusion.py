"""What the fusion of rankings promises."""

import pytest

from iconym.search.fusion import reciprocal_rank_fusion


def test_a_sum_of_reciprocal_ranks():
    fused = reciprocal_rank_fusion([[7, 8], [8, 9]], 3, constant=1)
    assert fused == [(8, pytest.approx(1 / 3 + 1 / 2)), (7, 1 / 2), (9, pytest.approx(1 / 3))]


def test_the_constant_of_the_paper_is_sixty():
    assert reciprocal_rank_fusion([[5]], 1) == [(5, 1 / 61)]


def test_equal_sums_come_by_smaller_id():
    assert [i for i, _ in reciprocal_rank_fusion([[2, 1], [1, 2]], 2)] == [1, 2]


def test_at_most_k_and_nothing_of_nothing():
    assert len(reciprocal_rank_fusion([[1, 2, 3]], 2)) == 2
    assert reciprocal_rank_fusion([[], []], 2) == []
