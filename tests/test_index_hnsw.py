"""What the graph promises beyond what every index does."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iconym.errors import DamagedFolder, Usage
from iconym.index.hnsw import FOLLOWERS, GRAPH, HnswConfig, hnsw_index, hnsw_method
from iconym.index.linking import query_bytes, walked
from iconym.nouns import untracked
from iconym.similarity import unit

EAST, NORTH, WEST, SOUTH = (1, 0), (0, 1), (-1, 0), (0, -1)

ASK_WITHOUT_NETWORK = """
import sys
import numpy as np
sys.addaudithook(lambda event, _: event.startswith("socket.") and sys.exit(event))
from iconym.index.hnsw import hnsw_index
assert not [m for m in sys.modules if m.split(".")[0] in ("usearch", "numkong")]
index = hnsw_index(2)
index.add(np.arange(2), np.eye(2, dtype=np.float32))
index.fold()
assert index.search(np.eye(2, dtype=np.float32), 1).ids.tolist() == [[0], [1]]
assert "usearch" in sys.modules
"""


def vectors(*rows):
    return np.array(rows, np.float32).reshape(len(rows), -1)


def graph_of(rows, config=None, threads=1):
    return hnsw_method(config or HnswConfig(), threads=threads).build(rows, untracked)


def clustered(count, dim=32, seed=0):
    """Around 50 centers, the same ones for every seed."""
    random, centers = np.random.default_rng(seed), np.random.default_rng(9).normal(size=(50, dim))
    near = centers[random.integers(50, size=count)] + 0.5 * random.normal(size=(count, dim))
    return unit(near).astype(np.float32)


def recall(structure, rows, queries, k=10):
    best = np.argsort(-(queries @ rows.T), axis=1)[:, :k]
    found = structure.nearest(queries, k).ids
    return np.mean([len(np.intersect1d(*pair)) / k for pair in zip(found, best)])


def save(structure, folder):
    for name, contents in structure.files().items():
        (folder / name).write_bytes(b"".join(contents))


@pytest.fixture(scope="module")
def rows():
    return clustered(3000)


@pytest.fixture(scope="module")
def graph(rows):
    return graph_of(rows)


def test_the_nearest_come_first_with_their_cosines():
    found = graph_of(vectors(EAST, NORTH, WEST, SOUTH)).nearest(vectors((0.6, 0.8)), 4)
    assert found.ids.tolist() == [[1, 0, 3, 2]] or found.ids.tolist() == [[1, 0, 2, 3]]
    assert found.scores == pytest.approx(vectors((0.8, 0.6, -0.6, -0.8)))


def test_nearly_all_of_the_nearest_are_found(graph, rows):
    assert recall(graph, rows, clustered(200, seed=1)) > 0.99


def test_scores_are_cosines_not_those_of_bytes(graph, rows):
    queries = clustered(20, seed=1)
    found = graph.nearest(queries, 5)
    wide = queries.astype(np.float64)
    plain = [[row @ query for row in rows[ids]] for ids, query in zip(found.ids, wide)]
    assert found.scores.tolist() == np.array(plain, np.float32).tolist()


def test_a_wider_search_finds_more_in_the_same_graph(graph, rows):
    queries = clustered(200, seed=1)
    narrow, wide = graph.with_expansion(10), graph.with_expansion(200)
    assert narrow.graph is wide.graph
    assert recall(narrow, rows, queries) < recall(graph, rows, queries)
    assert recall(graph, rows, queries) <= recall(wide, rows, queries)


def test_more_neighbors_than_the_expansion_are_found_all_the_same(graph):
    found = graph.with_expansion(1).nearest(clustered(3, seed=1), 100)
    assert (found.ids >= 0).all()


@pytest.mark.parametrize("threads", [1, 4])
def test_every_row_finds_itself_with_however_many_threads(rows, threads):
    found = graph_of(rows, threads=threads).nearest(rows, 1)
    assert found.ids[:, 0].tolist() == list(range(len(rows)))


def test_one_thread_makes_the_same_graph_every_time(rows):
    one, other = (b"".join(graph_of(rows[:500]).files()[GRAPH]) for _ in range(2))
    assert one == other


def test_thousands_of_equal_rows_are_found_by_smaller_row(rows):
    copies = rows[np.r_[np.arange(1000), np.full(3000, 7)]]
    found = graph_of(copies).nearest(rows[7:8], 5)
    assert found.ids.tolist() == [[7, 1000, 1001, 1002, 1003]]
    assert set(found.scores[0]) == {found.scores[0, 0]}


@pytest.mark.parametrize("order", ["first", "last"])
def test_thousands_of_equal_rows_do_not_hide_the_others(rows, order):
    equal, others = np.repeat(rows[:1], 3000, axis=0), rows[1:1000]
    parts = [equal, others] if order == "first" else [others, equal]
    structure, start = graph_of(np.concatenate(parts)), 3000 if order == "first" else 0
    assert structure.nearest(others, 1).ids[:, 0].tolist() == list(range(start, start + 999))


def test_a_row_that_no_walk_meets_is_found_through_the_nearest_one_met(rows):
    structure = graph_of(rows, HnswConfig(connectivity=4, expansion_add=8, expansion=16))
    lost = structure.followers[1]
    met = walked(structure.graph, query_bytes(rows[lost]), 16)
    found = structure.nearest(rows[lost], 10).ids
    assert len(lost) > 500
    assert (met == lost[:, None]).any(axis=1).mean() < 0.02
    assert (found == lost[:, None]).any(axis=1).mean() > 0.9


def test_of_many_followers_k_are_looked_at():
    structure = graph_of(vectors(*[EAST] * 9, NORTH))
    assert structure.followers.tolist() == [[0] * 8, [1, 2, 3, 4, 5, 6, 7, 8]]
    assert structure.nearest(vectors(EAST), 3).ids.tolist() == [[0, 1, 2]]
    assert structure.nearest(vectors(EAST), 10).ids.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_more_neighbors_than_rows_are_missing(rows, count):
    found = graph_of(rows[:count]).nearest(rows[:1], 7)
    assert sorted(found.ids[0].tolist()) == [-1] * (7 - count) + list(range(count))
    assert found.scores[0, count:].tolist() == [-np.inf] * (7 - count)


def test_of_no_rows_none_is_found():
    found = graph_of(np.empty((0, 2), np.float32)).nearest(vectors(EAST), 3)
    assert found.ids.tolist() == [[-1, -1, -1]]


def test_no_query_has_no_answer(graph):
    assert graph.nearest(np.empty((0, 32), np.float32), 3).ids.shape == (0, 3)


def test_a_query_of_zeros_finds_rows_with_score_zero(graph):
    assert graph.nearest(np.zeros((1, 32), np.float32), 3).scores.tolist() == [[0, 0, 0]]


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (24, 3), elements=st.integers(-9, 9)), st.integers(8, 30))
def test_of_a_few_rows_none_is_missed(numbers, k):
    few = unit(numbers[numbers.any(axis=1)])
    if len(few):
        found = graph_of(few).nearest(few, k)
        exact = np.sort(few.astype(np.float64) @ few.astype(np.float64).T, axis=1)[:, ::-1][:, :k]
        assert found.scores[:, : len(few)] == pytest.approx(exact, abs=1e-6)


def test_the_saved_graph_answers_from_its_mapped_file_as_the_built_one(graph, rows, tmp_path):
    save(graph, tmp_path)
    loaded, queries = hnsw_method().load(rows, tmp_path), clustered(50, seed=1)
    for built, mapped in zip(graph.nearest(queries, 10), loaded.nearest(queries, 10)):
        assert built == mapped
    assert loaded.graph.memory_usage < 1e5 < (tmp_path / GRAPH).stat().st_size


def test_it_is_loaded_with_the_expansion_that_is_asked_for_then(graph, rows, tmp_path):
    save(graph, tmp_path)
    assert hnsw_method(HnswConfig(expansion=99)).load(rows, tmp_path).expansion == 99


def test_what_was_loaded_saves_the_same_files(graph, rows, tmp_path):
    save(graph, tmp_path)
    files = hnsw_method().load(rows, tmp_path).files()
    assert b"".join(files[GRAPH]) == (tmp_path / GRAPH).read_bytes()
    assert b"".join(files[FOLLOWERS]) == (tmp_path / FOLLOWERS).read_bytes()


@pytest.mark.parametrize(("name", "left"), [(GRAPH, 0), (GRAPH, 9000), (FOLLOWERS, 90)])
def test_a_file_cut_short_is_refused(graph, rows, tmp_path, name, left):
    save(graph, tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:left])
    with pytest.raises(DamagedFolder, match=f"{name} cannot be mapped"):
        hnsw_method().load(rows, tmp_path)


@pytest.mark.parametrize("name", [GRAPH, FOLLOWERS])
def test_a_missing_file_is_named(graph, rows, tmp_path, name):
    save(graph, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DamagedFolder, match=name):
        hnsw_method().load(rows, tmp_path)


def test_a_graph_of_other_vectors_is_refused(graph, rows, tmp_path):
    save(graph, tmp_path)
    for others in (rows[:2999], rows[:, :31], np.concatenate([rows, rows])):
        with pytest.raises(DamagedFolder, match="graph of other vectors"):
            hnsw_method().load(others, tmp_path)


def test_the_batches_of_a_build_are_tracked(rows):
    seen = []
    hnsw_method().build(rows, lambda items, doing, total: seen.append((doing, total)) or items)
    assert seen == [("linking", 1)]


def test_changes_after_a_fold_lie_over_the_graph():
    index = hnsw_index(2)
    index.add(np.arange(3), vectors(EAST, NORTH, WEST))
    index.fold()
    index.add(np.array([0, 5]), vectors(SOUTH, EAST))
    index.remove(np.array([2]))
    assert index.search(vectors(EAST), 4).ids[0, 0] == 5
    assert sorted(index.search(vectors(EAST), 4).ids[0].tolist()) == [-1, 0, 1, 5]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"connectivity": 1}, "connectivity is 1; give at least 2"),
        ({"expansion_add": 0}, "expansion_add is 0; give at least 1"),
        ({"expansion": 0}, "expansion is 0; give at least 1"),
    ],
)
def test_settings_that_make_no_graph_are_refused(settings, said):
    with pytest.raises(Usage, match=said):
        HnswConfig(**settings)


def test_less_than_one_thread_or_an_expansion_below_one_is_refused(graph):
    with pytest.raises(Usage, match="0 threads"):
        hnsw_method(threads=0)
    with pytest.raises(Usage, match="expansion is 0"):
        graph.with_expansion(0)


def test_usearch_is_imported_when_it_is_used_and_asks_no_network():
    done = subprocess.run(
        [sys.executable, "-c", ASK_WITHOUT_NETWORK], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
