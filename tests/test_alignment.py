"""What a map between two spaces promises, and a search of old vectors by new queries."""

import numpy as np
import pytest

from iconym.catalog.memory import MemoryCatalog
from iconym.errors import BadData, DamagedFolder, SpaceMismatch, Usage
from iconym.nouns import Picture
from iconym.protocols import Catalog
from iconym.search import Term, search_collection
from iconym.search.aligned import (
    aligned_search,
    learn_alignment,
    load_alignment,
    open_aligned,
)
from iconym.search.aligned_catalog import AlignedCatalog
from iconym.search.alignment import LinearMap, align, orthogonal_map, ridge_map
from iconym.similarity import unit
from two_spaces import TURN, old_and_new, turned_space

RANDOM = np.random.default_rng(7)
STRETCH = np.diag([1.0, 4.0, 0.25]).astype(np.float32)


def rows(count, dim=3):
    return unit(np.random.default_rng(count).standard_normal((count, dim))).astype(np.float32)


# The maps


def test_an_orthogonal_map_finds_the_turn_between_two_spaces():
    old = rows(20)
    learned = orthogonal_map(old, old @ TURN)
    np.testing.assert_allclose(learned.weight, TURN, atol=1e-6)
    assert not learned.bias.any()


def test_an_orthogonal_map_has_a_larger_sum_of_cosines_than_any_other_turn():
    old, new = rows(30), rows(31)[:30]
    best = (orthogonal_map(old, new)(old) * new).sum()
    for _ in range(50):
        turn, _ = np.linalg.qr(RANDOM.standard_normal((3, 3)))
        assert (old @ turn * new).sum() <= best + 1e-5


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2)])
def test_an_orthogonal_map_between_dimensions_has_orthonormal_rows_or_columns(before, after):
    weight = orthogonal_map(rows(30, before), rows(30, after)).weight
    product = weight @ weight.T if before < after else weight.T @ weight
    np.testing.assert_allclose(product, np.eye(2), atol=1e-6)


def test_a_ridge_map_minimizes_squared_errors_and_weights():
    old, new, alpha = rows(30).astype(float), rows(31)[:30].astype(float), 0.1
    learned = ridge_map(old, new, alpha=alpha)
    strength = alpha * np.square(old - old.mean(axis=0)).mean()

    def loss(weight, bias):
        errors = np.square(old @ weight + bias - new).sum(axis=1).mean()
        return errors + strength * np.square(weight).sum()

    weight, bias = learned.weight.astype(float), learned.bias.astype(float)
    for place in np.ndindex(weight.shape):
        step = np.zeros_like(weight)
        step[place] = 1e-3
        assert abs(loss(weight + step, bias) - loss(weight - step, bias)) < 1e-8
    assert abs(loss(weight, bias + 1e-3) - loss(weight, bias - 1e-3)) < 1e-8


def test_carrying_a_query_back_ranks_alike_if_the_map_keeps_lengths_and_not_otherwise():
    old, query = rows(50), rows(1)
    turned = LinearMap(TURN, np.zeros(3, np.float32))
    np.testing.assert_allclose(turned(old) @ query[0], old @ (TURN @ query[0]), atol=1e-6)
    stretched = LinearMap(STRETCH, np.zeros(3, np.float32))
    forward = np.argsort(-(stretched(old) @ query[0]))
    assert forward.tolist() != np.argsort(-(old @ (STRETCH @ query[0]))).tolist()


# Choosing and measuring one


def test_spaces_that_are_one_another_turned_lose_nothing():
    old = rows(100)
    learned = align(old, old @ TURN)
    assert (learned.method, learned.recall.value, learned.recall.low) == ("orthogonal", 1.0, 1.0)
    np.testing.assert_allclose(learned(old), old @ TURN, atol=1e-6)


def test_spaces_that_are_the_same_are_left_as_they_are():
    old = rows(100)
    learned = align(old, old)
    assert (learned.method, learned.recall.value) == ("same", 1.0)
    np.testing.assert_array_equal(learned.weight, np.eye(3))


def test_a_space_that_is_stretched_needs_a_regression():
    old = rows(200)
    learned = align(old, unit(old @ STRETCH))
    assert learned.method.startswith("ridge")
    assert learned.recall.low > align(old, rows(201)[:200]).recall.high


def test_spaces_that_have_nothing_in_common_recall_what_chance_does():
    learned = align(rows(400), rows(401)[:400])
    assert learned.recall.low <= 10 / 399 * 1.5
    assert learned.recall.high < 0.1


def test_spaces_of_other_dimensions_are_aligned():
    new = rows(100)
    old = np.concatenate([new, np.zeros((100, 2), np.float32)], axis=1)
    learned = align(old, new)
    assert learned.weight.shape == (5, 3)
    assert learned.recall.value == 1.0


@pytest.mark.parametrize(("among", "k"), [(None, 10), (50, 10), (100, 10), (500, 2), (9_999, 1)])
def test_recall_is_of_the_same_share_of_the_sample_as_ten_are_of_all(among, k):
    assert align(rows(100), rows(100), among=among).k == k


def test_the_same_seed_gives_the_same_alignment():
    first, second = (align(rows(60), rows(61)[:60], seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (rows(30), rows(31), "30 old vectors but 31 new"),
        (rows(19), rows(19), "20 are the fewest"),
        (rows(30), np.zeros((30, 3), np.float32), "zero or not finite"),
        (np.full((30, 3), np.nan, np.float32), rows(30), "zero or not finite"),
    ],
)
def test_a_sample_that_cannot_teach_is_refused(old, new, said):
    with pytest.raises(BadData, match=said):
        align(old, new)


# In a collection


def known(collection, space):
    return collection.known_space(space.fingerprint)


@pytest.fixture
def half(tmp_path):
    """40 pictures, half of them encoded in the new space; and a map learned from those."""
    collection, old, new = old_and_new(tmp_path, encoded=20)
    learn_alignment(collection, known(collection, old), known(collection, new))
    return collection, old, new


def answers(search, word):
    return [(hit.picture.uri, round(hit.score, 4)) for hit in search.by_query([Term(word)], 40)]


def test_old_vectors_answer_new_queries_as_they_did_old_ones(half):
    collection, old, new = half
    assert answers(aligned_search(collection, new), "red") == answers(
        search_collection(collection, old), "red"
    )
    assert len(answers(search_collection(collection, new), "red")) == 20


def test_a_picture_of_an_old_vector_is_a_query_by_its_id(half):
    collection, _, new = half
    search = aligned_search(collection, new)
    assert len(search.by_query([Term(40)], 40)) == 39


def test_what_was_encoded_again_answers_with_its_own_vector(half):
    collection, _, new = half
    search = aligned_search(collection, new)
    red = TURN[:1]
    collection.catalog.put([Picture("39.png", content=f"{39:064}")], new.fingerprint, red)
    assert answers(search.refresh(), "red")[0] == ("39.png", 1.0)


def test_after_the_switch_a_search_of_the_current_space_is_aligned(half):
    collection, _, new = half
    collection.switch_space(known(collection, new))
    search = open_aligned(collection.folder)
    assert search.space.fingerprint == new.fingerprint
    assert len(answers(search, "red")) == 40


def test_an_alignment_that_was_saved_is_read_again(half):
    collection, old, new = half
    saved = load_alignment(collection.alignment_path(new.fingerprint))
    assert (saved.old, saved.new) == (old.fingerprint, new.fingerprint)
    assert (saved.alignment.method, saved.alignment.pictures) == ("orthogonal", 20)
    np.testing.assert_allclose(saved.alignment.weight, TURN, atol=1e-5)


def test_without_a_map_the_remedy_is_named(tmp_path):
    collection, _, new = old_and_new(tmp_path)
    with pytest.raises(Usage, match="iconym space align OLD NEW"):
        aligned_search(collection, new)


def test_a_space_without_a_single_vector_is_no_new_space(tmp_path):
    collection, _, _ = old_and_new(tmp_path, encoded=0)
    with pytest.raises(SpaceMismatch):
        aligned_search(collection, turned_space())


def test_too_few_pictures_in_both_are_refused(tmp_path):
    collection, old, new = old_and_new(tmp_path, encoded=19)
    with pytest.raises(BadData, match="19 pictures with a vector in both"):
        learn_alignment(collection, known(collection, old), known(collection, new))
    with pytest.raises(Usage, match="name two"):
        learn_alignment(collection, known(collection, old), known(collection, old))


def test_a_damaged_map_is_named(half):
    collection, _, new = half
    (collection.alignment_path(new.fingerprint) / "alignment.json").write_text("{}")
    with pytest.raises(DamagedFolder, match=r"alignment\.json"):
        aligned_search(collection, new)


# The catalog in which old vectors stand in


@pytest.fixture
def stand_in():
    """Picture 1 has an old vector, 2 one in each space, 3 a new one; the map turns."""
    catalog = MemoryCatalog()
    old = np.eye(3, dtype=np.float32)
    catalog.put([Picture("a"), Picture("b")], "old", old[:2])
    catalog.put([Picture("b"), Picture("c")], "new", old[:2])
    learned = align(rows(20), rows(20) @ TURN)
    return AlignedCatalog(catalog, "old", "new", learned)


def held(ids_and_vectors):
    ids, vectors = ids_and_vectors
    return dict(zip(ids.tolist(), np.round(vectors).tolist()))


def test_it_is_a_catalog(stand_in):
    assert isinstance(stand_in, Catalog)
    assert len(stand_in) == 3


def test_old_vectors_stand_in_only_where_there_is_no_new_one(stand_in):
    assert held(stand_in.vectors("new")) == {1: [0, 1, 0], 2: [1, 0, 0], 3: [0, 1, 0]}
    assert held(stand_in.vectors("new", np.array([1, 9]))) == {1: [0, 1, 0]}
    assert held(stand_in.vectors("old")) == {1: [1, 0, 0], 2: [0, 1, 0]}


def test_its_batches_hold_the_same(stand_in):
    batches = list(stand_in.vector_batches("new", 2))
    assert [ids.tolist() for ids, _ in batches] == [[1, 2], [3]]
    with stand_in.reading() as view:
        assert held(view.vectors("new")) == held(stand_in.vectors("new"))
