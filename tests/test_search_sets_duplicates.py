"""What groups of near-duplicates promise, and how the threshold is chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import Usage
from iconym.nouns import Filter
from iconym.search.chance import CHANCE, nearness_by_chance
from iconym.search.duplicates import duplicate_threshold, near_duplicates
from iconym.search.groups import connected
from pictures_in_space import BLUE, GREEN, RED, answer, search_of

ALMOST_RED = (40, 9, 0)  # 40/41 red
LESS_RED = (31, 20, 0)  # 0.939 of the one before, 0.840 of red


def groups(search, threshold=0.97, **options):
    """[[id of the largest, other ids]]."""
    found = near_duplicates(search, threshold, **options)
    return [[g.largest.id, *(hit.picture.id for hit in g.others)] for g in found]


# ---- groups


def test_pictures_above_the_threshold_are_a_group():
    assert groups(search_of(RED, BLUE, ALMOST_RED)) == [[1, 3]]
    assert groups(search_of(RED, BLUE, ALMOST_RED), 0.98) == []


def test_a_chain_of_near_pairs_is_one_group():
    search = search_of(RED, ALMOST_RED, LESS_RED)
    (group,) = near_duplicates(search, 0.93)
    assert answer(group.others) == [(2, 0.9756), (3, 0.8403)]


def test_equal_content_joins_what_the_vectors_do_not():
    search = search_of(RED, BLUE, GREEN, content=["a", "b", "a"])
    assert groups(search) == [[1, 3]]
    assert groups(search, 1.01) == [[1, 3]]


def test_pictures_of_no_file_are_no_copies_of_each_other():
    assert groups(search_of(RED, BLUE)) == []


def test_the_largest_has_the_most_pixels_then_the_most_bytes_then_the_smallest_id():
    sizes = {"width": [1, 2, 3, 3, 3], "height": [2, 3, 2, 2, 2], "size": [9, 1, 2, 3, 3]}
    assert groups(search_of(*[RED] * 5, **sizes)) == [[4, 1, 2, 3, 5]]


def test_groups_of_most_pictures_come_first_then_by_id():
    search = search_of(BLUE, GREEN, RED, RED, RED, GREEN, BLUE)
    assert groups(search) == [[3, 4, 5], [1, 7], [2, 6]]


def test_a_group_is_whole_however_many_it_has():
    search = search_of(*[RED] * 40, *[BLUE] * 3)
    assert groups(search) == [list(range(1, 41)), [41, 42, 43]]


def test_only_pictures_of_the_filter_are_grouped():
    search = search_of(RED, RED, RED, owner=["Ann", "Bob", "Ann"])
    assert groups(search, wanted=Filter(owner="Ann")) == [[1, 3]]


def test_one_picture_and_none_have_no_duplicates():
    assert groups(search_of(RED)) == groups(search_of()) == []


def test_a_picture_that_was_removed_since_is_in_no_group():
    search = search_of(RED, RED, RED)
    search.catalog.remove([2])
    assert groups(search) == [[1, 3]]


@pytest.mark.parametrize("threshold", [-1.0, float("nan")])
def test_a_threshold_is_a_cosine(threshold):
    with pytest.raises(Usage, match="give a cosine"):
        near_duplicates(search_of(RED), threshold)


VECTORS = st.lists(
    st.lists(st.integers(-2, 2), min_size=3, max_size=3).filter(any), min_size=1, max_size=30
)


@given(VECTORS, st.sampled_from([0.2, 0.75, 0.99]))
def test_groups_are_those_of_comparing_every_pair(vectors, threshold):
    search = search_of(*vectors)
    rows = search.catalog.vectors(search.space.fingerprint)[1].astype(float)
    near = rows @ rows.T >= threshold
    for _ in rows:  # reachable in one step more
        near |= near @ near
    expected = {tuple(np.flatnonzero(row) + 1) for row in near if row.sum() > 1}
    assert {tuple(sorted(group)) for group in groups(search, threshold)} == expected


def test_pairs_connect_and_strangers_do_not():
    pairs = np.array([[5, 9], [2, 5], [7, 8], [7, 4]])
    found = connected(np.array([2, 5, 7, 8, 9]), pairs)
    assert [group.tolist() for group in found] == [[2, 5, 9], [7, 8]]


# ---- the threshold


def neighbors(n, dim, seed=0):
    """Cosines of n things with their 32 nearest, and how crowded it is around each.

    A Poisson process of ``dim`` dimensions: the number within r is crowded * r ** dim on average.
    """
    random = np.random.default_rng(seed)
    crowded = np.exp(random.normal(0, 1, n)) * 32 / 0.5**dim
    distances = (random.exponential(size=(n, 32)).cumsum(axis=1) / crowded[:, None]) ** (1 / dim)
    return 1 - distances**2 / 2, crowded


def told(cosines):
    """As a distance."""
    return np.sqrt(2 - 2 * nearness_by_chance(cosines))


@pytest.mark.parametrize("dim", [5, 10, 20])
def test_the_threshold_is_what_chance_reaches_once_in_ten_thousand(dim):
    cosines, crowded = neighbors(50_000, dim)
    distance = told(cosines)
    share = (1 - np.exp(-crowded * distance**dim)).mean()
    assert CHANCE / 2 < share < CHANCE * 3  # off by that, the distance is off by a few percent


def test_pairs_and_bursts_do_not_move_the_threshold_much():
    cosines, _ = neighbors(10_000, 10)
    pairs, burst = cosines.copy(), cosines.copy()
    pairs[:5000, 1:], pairs[:5000, 0] = cosines[:5000, :-1], 0.99999
    burst[:400] = 0.99999 - np.arange(32) * 1e-7
    assert told(pairs) == pytest.approx(told(cosines), rel=0.05)
    assert told(burst) == pytest.approx(told(cosines), rel=0.1)


def test_few_things_or_equal_ones_tell_nothing_about_chance():
    assert nearness_by_chance(neighbors(99, 10)[0]) == 1.0
    assert nearness_by_chance(np.ones((1000, 32))) == 1.0
    assert nearness_by_chance(np.full((1000, 32), 0.5)) == 1.0
    assert nearness_by_chance(np.empty((1000, 31))) == nearness_by_chance(np.empty((0, 32))) == 1.0


def test_the_threshold_of_few_pictures_takes_equal_vectors_alone():
    search = search_of(RED, RED, ALMOST_RED)
    assert 0.999 < duplicate_threshold(search) < 1
    assert groups(search, duplicate_threshold(search)) == [[1, 2]]
    assert duplicate_threshold(search_of()) == duplicate_threshold(search_of(*[RED] * 200))


def test_the_threshold_of_many_pictures_finds_those_that_are_nearer_than_chance():
    drawn = np.random.default_rng(0).standard_normal((400, 3))
    near = drawn[:5] + 1e-6
    search = search_of(*drawn, *near)
    threshold = duplicate_threshold(search)
    assert groups(search, threshold) == [[i, 400 + i] for i in range(1, 6)]
    assert duplicate_threshold(search, wanted=Filter(owner="nobody")) > threshold - 1e-6
