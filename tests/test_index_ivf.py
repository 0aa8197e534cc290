"""Product codes in inverted lists: what is found is scored exactly, and nearly all is found."""

import sys

import numpy as np
import pytest

from iconym.errors import DamagedFolder, MissingTool, Usage
from iconym.index.ivf import IvfConfig, ivf_index, ivf_method
from iconym.index.ranking import nearest
from iconym.nouns import untracked


def clustered(count, dim, seed=0):
    """Unit vectors around twenty centers, the same for every seed."""
    centers = np.random.default_rng(99).normal(size=(20, dim))
    draw = np.random.default_rng(seed)
    drawn = centers[draw.integers(20, size=count)] + draw.normal(size=(count, dim))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def built(vectors, **config):
    return ivf_method(IvfConfig(**config)).build(vectors, untracked)


def exact(vectors, queries, k):
    return nearest(np.arange(len(vectors)), vectors, queries, k)


def recall(found, true):
    pairs = zip(found.ids.tolist(), true.ids.tolist())
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs])


@pytest.fixture(scope="module")
def vectors():
    return clustered(3000, 16)


@pytest.fixture(scope="module")
def queries():
    return clustered(100, 16, seed=1)


def test_nearly_all_neighbors_are_found_with_exact_scores(vectors, queries):
    found, true = built(vectors).nearest(queries, 10), exact(vectors, queries, 10)
    assert recall(found, true) > 0.95
    assert (found.scores[:, 0] == true.scores[:, 0]).mean() > 0.95
    assert (np.diff(found.scores) <= 0).all()


def test_with_every_list_and_every_vector_as_candidate_it_is_exact(vectors, queries):
    found = built(vectors, probes=9999, candidates=3000).nearest(queries, 5)
    true = exact(vectors, queries, 5)
    assert (found.ids == true.ids).all()
    assert (found.scores == true.scores).all()


def test_more_lists_or_candidates_find_more(vectors, queries):
    true = exact(vectors, queries, 10)
    few, lists, both = (
        recall(built(vectors, lists=50, **config).nearest(queries, 10), true)
        for config in (
            {"probes": 1, "candidates": 2},
            {"probes": 10, "candidates": 2},
            {"probes": 10, "candidates": 8},
        )
    )
    assert few < lists < both


def test_of_few_vectors_all_are_scored(queries, tmp_path):
    vectors = clustered(999, 16)
    method = ivf_method(IvfConfig(probes=1, candidates=1))
    structure = method.build(vectors, untracked)
    assert structure.files() == {}
    for made in (structure, method.load(vectors, tmp_path)):
        assert (made.nearest(queries, 1000).ids == exact(vectors, queries, 1000).ids).all()


@pytest.mark.parametrize("n, config, lists", [(3000, None, 76), (3000, 50, 50), (1000, 500, 25)])
def test_a_list_has_at_least_39_vectors(n, config, lists, capfd):
    assert built(clustered(n, 4), lists=config).codes.nlist == lists
    assert capfd.readouterr() == ("", "")  # faiss would warn


@pytest.mark.parametrize(
    "dim, sub_vectors, padded, codes",
    [(1, None, 1, 1), (2, None, 2, 1), (7, None, 8, 4), (7, 3, 9, 3), (2, 5, 5, 5)],
)
def test_any_dimension_is_parted_evenly(dim, sub_vectors, padded, codes):
    vectors = clustered(1000, dim)
    structure = built(vectors, sub_vectors=sub_vectors, probes=99, candidates=200)
    assert (structure.codes.d, structure.codes.pq.M) == (padded, codes)
    assert (structure.nearest(vectors[:9], 5).scores == exact(vectors, vectors[:9], 5).scores).all()


def test_more_neighbors_than_vectors_are_missing(vectors, queries):
    found = built(vectors, probes=9999).nearest(queries[:2], 3001)
    assert (np.sort(found.ids) == np.arange(-1, 3000)).all()
    assert found.scores[:, -1].tolist() == [-np.inf, -np.inf]


def test_vectors_that_are_all_equal_are_found(capfd):
    found = built(np.tile(clustered(1, 8), (1500, 1))).nearest(clustered(1, 8), 3)
    assert found.scores.tolist() == [[1, 1, 1]]
    assert len(set(found.ids[0].tolist())) == 3
    assert capfd.readouterr() == ("", "")


def test_without_vectors_or_queries_there_are_no_neighbors(vectors):
    empty = np.empty((0, 16), np.float32)
    assert built(empty).nearest(vectors[:1], 2).ids.tolist() == [[-1, -1]]
    assert built(vectors).nearest(empty, 2).ids.shape == (0, 2)


def saved(structure, folder):
    for name, pieces in structure.files().items():
        (folder / name).write_bytes(b"".join(pieces))


def test_saved_codes_answer_the_same(vectors, queries, tmp_path, monkeypatch):
    monkeypatch.setattr("iconym.index.ivf.PIECE", 1000)
    method = ivf_method(IvfConfig(probes=3))
    structure = method.build(vectors, untracked)
    saved(structure, tmp_path)
    again = method.load(vectors, tmp_path)
    assert (again.nearest(queries, 5).ids == structure.nearest(queries, 5).ids).all()


def test_the_same_vectors_make_the_same_codes(vectors):
    first, second = (b"".join(built(vectors).files()["ivf.faiss"]) for _ in range(2))
    assert first == second


def test_codes_of_other_vectors_or_settings_are_refused(vectors, tmp_path):
    saved(built(vectors), tmp_path)
    for rows, config in [(vectors[:-1], {}), (vectors[:, :9], {}), (vectors, {"sub_vectors": 7})]:
        with pytest.raises(DamagedFolder, match="of other vectors"):
            ivf_method(IvfConfig(**config)).load(rows, tmp_path)


@pytest.mark.parametrize("size", [0, 10, 1000, 20_000])
def test_a_file_that_ends_early_is_refused_by_name(vectors, tmp_path, size):
    saved(built(vectors), tmp_path)
    path = tmp_path / "ivf.faiss"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedFolder, match="cannot be read; build"):
        ivf_method().load(vectors, tmp_path)


@pytest.mark.parametrize("name", ["lists", "sub_vectors", "probes", "candidates"])
def test_settings_below_one_are_refused(name):
    with pytest.raises(Usage, match=f"{name} is 0"):
        IvfConfig(**{name: 0})


def test_without_faiss_one_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingTool, match=r"pip install 'iconym\[faiss\]'"):
        ivf_method()


def test_the_threads_of_faiss_are_put_back_after_the_build(vectors):
    import faiss

    before, seen = faiss.omp_get_max_threads(), []
    faiss.omp_set_num_threads(3)

    def track(items, doing, total):
        seen.append(faiss.omp_get_max_threads())
        return items

    ivf_method(threads=1).build(vectors, track)
    after = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(before)
    assert (seen, after) == ([1], 3)


def test_an_index_codes_what_it_is_folded_with(vectors, queries):
    index = ivf_index(16)
    index.add(np.arange(3000) + 7, vectors)
    index.fold()
    assert index.changes == 0
    assert (index.search(vectors, 1).ids[:, 0] == np.arange(3000) + 7).mean() > 0.99
