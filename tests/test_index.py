"""What every index promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compass import (
    AMONG,
    EAST,
    MISSING,
    NORTH,
    NORTHEAST,
    NOWHERE,
    NUMBERS,
    ROWS,
    SOUTH,
    WEST,
    found,
    ids,
    plain_search,
    vectors,
)
from iconym.errors import BadData, Usage
from iconym.index.exact import exact_index, exact_method
from iconym.index.hnsw import hnsw_index, hnsw_method
from iconym.index.layered import LayeredIndex
from iconym.index.lsh import LshConfig, lsh_index, lsh_method
from iconym.index.plain import PlainIndex
from iconym.protocols import Index

EVERYWHERE = LshConfig(bits=4, tables=1, radius=4, probes=16)  # all buckets, so exact


class Folded(LayeredIndex):
    """Folds after each change, so that every answer comes from the base."""

    def add(self, ids, vectors):
        super().add(ids, vectors)
        self.fold()

    def remove(self, ids):
        super().remove(ids)
        self.fold()


def ivf_method():
    """All lists probed, and all that is found scored again: exact."""
    pytest.importorskip("faiss", reason="needs the extra faiss")
    from iconym.index.ivf import IvfConfig, ivf_method

    return ivf_method(IvfConfig(probes=1000, candidates=1000))


EXACT = {
    "plain": PlainIndex,
    "exact": exact_index,
    "exact, folded": lambda dim: Folded(dim, exact_method()),
    "hnsw, before a fold": hnsw_index,
    "lsh": lambda dim: lsh_index(dim, EVERYWHERE),
    "lsh, folded": lambda dim: Folded(dim, lsh_method(EVERYWHERE)),
    "ivfpq": lambda dim: LayeredIndex(dim, ivf_method()),
}
# of hundreds of equal vectors these find many, but which of them nobody can promise
APPROXIMATE = {
    "hnsw, folded": lambda dim: Folded(dim, hnsw_method()),
    "ivfpq, folded": lambda dim: Folded(dim, ivf_method()),
}
INDICES = {**EXACT, **APPROXIMATE}


@pytest.fixture(params=INDICES)
def index(request):
    return INDICES[request.param](2)


@pytest.fixture(params=EXACT)
def exact(request):
    return EXACT[request.param](2)


@pytest.fixture
def compass(index):
    """East is 1, north 2, west 3, south 4."""
    index.add(ids(1, 2, 3, 4), vectors(EAST, NORTH, WEST, SOUTH))
    return index


def test_it_fulfils_the_protocol(index):
    assert isinstance(index, Index)
    assert index.dim == 2


def test_the_nearest_come_first_with_their_cosines(compass):
    assert found(compass, NORTHEAST, 4) == [(1, 0.7071), (2, 0.7071), (3, -0.7071), (4, -0.7071)]


def test_no_score_passes_one(index):
    rows = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    index.add(np.arange(200), rows)
    assert index.search(rows, 1).scores.max() == 1.0


def test_among_a_filter_of_any_share_the_answer_is_exact(exact):
    angles = np.random.default_rng(0).permutation(1000) / 1000
    exact.add(np.arange(1000), np.stack([np.cos(angles), np.sin(angles)], axis=1))
    for share in (0.01, 0.1, 0.9):
        kept = np.random.default_rng(1).permutation(1000)[: int(1000 * share)]
        nearest = kept[np.argsort(angles[kept])][:5]
        assert exact.search(vectors(EAST), 5, kept).ids[0].tolist() == nearest.tolist()


def test_lengths_do_not_matter(index):
    index.add(ids(1, 2), vectors((1000.0, 0.0), (0.0, 0.001)))
    assert found(index, (0.0, 50.0), 2) == [(2, 1.0), (1, 0.0)]


def test_equal_scores_come_by_smaller_id_whatever_the_order_of_adding(index):
    index.add(ids(9, 3, 7), vectors(EAST, EAST, EAST))
    assert found(index, EAST, 2) == [(3, 1.0), (7, 1.0)]


def test_of_many_equal_scores_at_the_edge_the_smallest_ids_are_kept(exact):
    shuffled = np.random.default_rng(0).permutation(1000)
    exact.add(shuffled, vectors(*(EAST if i % 4 == 0 else NORTH for i in shuffled)))
    answer = exact.search(vectors(EAST), 260).ids[0].tolist()
    assert answer == [*range(0, 1000, 4), 1, 2, 3, 5, 6, 7, 9, 10, 11, 13]


def test_a_query_of_zeros_has_score_zero_with_everything(compass):
    assert found(compass, NOWHERE, 2) == [(1, 0.0), (2, 0.0)]


def test_what_is_missing_is_minus_one_and_minus_infinity(index):
    index.add(ids(5), vectors(EAST))
    assert found(index, EAST, 3) == [(5, 1.0), MISSING, MISSING]


def test_an_empty_index_answers_with_what_is_missing(index):
    assert found(index, EAST, 1) == [MISSING]


def test_no_query_has_no_answer(compass):
    assert compass.search(np.empty((0, 2), np.float32), 3).ids.shape == (0, 3)


def test_an_id_added_again_gets_its_new_vector(index):
    index.add(ids(1), vectors(EAST))
    index.add(ids(2, 1), vectors(NORTH, WEST))
    assert len(index) == 2
    assert found(index, EAST, 2) == [(2, 0.0), (1, -1.0)]


def test_what_was_removed_is_not_found(compass):
    compass.remove(ids(1, 3))
    assert len(compass) == 2
    assert found(compass, EAST, 3) == [(2, 0.0), (4, 0.0), MISSING]


def test_removing_what_is_not_held_is_no_error(compass):
    compass.remove(ids(99, 1, 1))
    assert len(compass) == 3


def test_a_removed_id_may_be_added_again(compass):
    compass.remove(ids(1, 2, 3, 4))
    compass.add(ids(2), vectors(SOUTH))
    assert found(compass, SOUTH, 2) == [(2, 1.0), MISSING]


def test_among_answers_with_these_ids_only(compass):
    assert found(compass, EAST, 3, among=ids(4, 3)) == [(4, 0.0), (3, -1.0), MISSING]


def test_among_most_of_the_ids_leaves_out_the_rest(compass):
    assert found(compass, EAST, 2, among=ids(2, 3, 4)) == [(2, 0.0), (4, 0.0)]


def test_among_ids_not_held_is_no_error(compass):
    assert found(compass, EAST, 2, among=ids(77, 3, 3)) == [(3, -1.0), MISSING]
    assert found(compass, EAST, 1, among=ids()) == [MISSING]


@pytest.mark.parametrize(
    ("bad_ids", "bad_vectors", "said"),
    [
        (ids(5, 6), vectors(EAST, NOWHERE), "vector 1 is zero"),
        (ids(5), np.array([[1e-160, 0.0]]), "vector 0 is zero"),
        (ids(5), vectors((math.nan, 0.0)), "vector 0 is zero or not finite"),
        (ids(5), vectors((math.inf, 0.0)), "vector 0 is zero or not finite"),
        (ids(5), vectors((1.0, 0.0, 0.0)), "vectors of 3 numbers; this index holds 2"),
        (ids(5, 5), vectors(EAST, WEST), "id 5 is given twice"),
        (ids(-1), vectors(EAST), "id -1 is negative"),
        (ids(5, 6), vectors(EAST), "2 ids but 1 vectors"),
    ],
)
def test_bad_input_is_refused_and_nothing_changed(compass, bad_ids, bad_vectors, said):
    with pytest.raises(BadData, match=said):
        compass.add(bad_ids, bad_vectors)
    assert len(compass) == 4
    assert found(compass, EAST, 1) == [(1, 1.0)]


def test_a_bad_vector_beside_a_known_id_leaves_the_known_one_as_it_was(compass):
    with pytest.raises(BadData):
        compass.add(ids(1, 5), vectors(WEST, NOWHERE))
    assert found(compass, EAST, 1) == [(1, 1.0)]


def test_a_query_of_another_dimension_or_not_finite_is_refused(compass):
    with pytest.raises(BadData, match="3 numbers"):
        compass.search(vectors((1.0, 0.0, 0.0)), 1)
    with pytest.raises(BadData, match="not finite"):
        compass.search(vectors((math.nan, 0.0)), 1)


def test_k_below_one_is_refused(compass):
    with pytest.raises(Usage, match="k is 0"):
        compass.search(vectors(EAST), 0)


def test_arguments_are_never_changed(index):
    given_ids, given_vectors = ids(1), vectors((3.0, 4.0))
    index.add(given_ids, given_vectors)
    index.search(given_vectors, 1)
    given_vectors[:] = 0
    assert found(index, (3.0, 4.0), 1) == [(1, 1.0)]


def test_a_query_alone_scores_as_among_others_to_the_bit(index):
    rows = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    index.add(np.arange(300), rows)
    together = index.search(rows, 1).scores[:, 0]
    assert [index.search(row[None], 1).scores[0, 0] for row in rows] == together.tolist()


def test_the_same_vectors_score_the_same_wherever_they_stand(index_of_copies):
    """A product of matrices may differ in the last bit between rows at its edge and inside."""
    index, query = index_of_copies
    alone = index.search(query[:1], 301)
    together = index.search(query, 301)
    assert alone.ids[0].tolist() == list(range(301))
    assert len(set(alone.scores[0].tolist())) == 1
    assert (together.ids[0] == alone.ids[0]).all()
    assert (together.scores[0] == alone.scores[0]).all()


@pytest.fixture(params=EXACT)
def index_of_copies(request):
    random = np.random.default_rng(0)
    index = EXACT[request.param](63)
    row = random.normal(size=(1, 63)).astype(np.float32)
    index.add(np.arange(301), np.repeat(row, 301, axis=0))
    return index, random.normal(size=(7, 63)).astype(np.float32)


def test_many_queries_in_blocks_answer_as_each_alone(compass, monkeypatch):
    monkeypatch.setattr("iconym.index.ranking.SCORES", 8)  # two queries of four scores
    monkeypatch.setattr("iconym.index.ranking.NUMBERS", 1)
    monkeypatch.setattr("iconym.index.checks.ROWS", 1)
    many = compass.search(vectors(EAST, NORTH, WEST, SOUTH, NORTHEAST), 1)
    assert many.ids[:, 0].tolist() == [1, 2, 3, 4, 1]


def test_zeros_among_the_queries_change_no_other_answer(compass):
    many = compass.search(vectors(NOWHERE, WEST, NOWHERE), 2, among=ids(2, 3, 4))
    assert many.ids.tolist() == [[2, 3], [3, 2], [2, 3]]
    assert many.scores.tolist() == [[0, 0], [1, 0], [0, 0]]


EVENTS = st.lists(st.tuples(st.booleans(), NUMBERS, ROWS), max_size=25)


@pytest.mark.parametrize("make", INDICES)
@settings(max_examples=60, deadline=None)
@given(events=EVENTS, query=ROWS, k=st.integers(1, 9), among=AMONG)
def test_after_any_changes_it_answers_like_a_double_loop(make, events, query, k, among):
    index, held = INDICES[make](3), {}
    for kept, number, row in events:
        if kept:
            index.add(ids(number), vectors(row))
            held[number] = row.tolist()
        else:
            index.remove(ids(number))
            held.pop(number, None)
    (answer,) = index.search(vectors(query), k, None if among is None else ids(*among))
    expected = plain_search(held, query.tolist(), len(held), among)
    assert len(answer) == min(k, len(expected))
    assert [s for _, s in answer] == pytest.approx([s for _, s in expected[:k]], abs=1e-6)
    score = dict(expected)
    assert all(s == pytest.approx(score[i], abs=1e-6) for i, s in answer)
    assert answer == sorted(answer, key=lambda hit: (-hit[1], hit[0]))
