"""The planner: what an index costs and finds before it is built, and on one's own vectors after."""

import json
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colors import saved_color_space
from iconym.collection import create_collection
from iconym.errors import BadFolder, NoCollection, Usage
from iconym.index.saved import load_index, method_named, verify_index
from iconym.nouns import Neighbors, Picture, WordVectors, untracked
from iconym.planning.amounts import (
    parse_bytes,
    parse_count,
    parse_settings,
    written_bytes,
    written_seconds,
)
from iconym.planning.building import build_index, open_index, suggested
from iconym.planning.evaluating import evaluate_index
from iconym.planning.laws import Point, fit_cost, fit_recall
from iconym.planning.model import Measured, fit_model, measured
from iconym.planning.plan import plan_index
from iconym.planning.queries import picture_queries, word_queries
from iconym.planning.settings import change_settings
from iconym.planning.sizes import disk_bytes, memory_bytes
from iconym.planning.truth import Queries, asked_of_all, recalls
from iconym.planning.tuning import tune_index

EAST, NORTH, WEST, SOUTH = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)


def vectors(*rows):
    return np.array(rows, np.float32)


def directions(count, dim, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, dim), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# ---- amounts


@pytest.mark.parametrize(
    ("text", "amount"),
    [("32G", 32e9), ("500M", 5e8), ("1e9", 1e9), ("24 GiB", 24 * 2**30), ("1.5t", 1.5e12)],
)
def test_memory_is_read_as_people_write_it(text, amount):
    assert parse_bytes(text) == amount


@pytest.mark.parametrize("text", ["32X", "", "G", "-5G", "nan", "3i", "1e", "1..2", "0", "lots"])
def test_memory_that_is_no_amount_is_refused_with_a_remedy(text):
    with pytest.raises(Usage, match="is no amount; write 32G, 500M or 1e9"):
        parse_bytes(text)


def test_counts_are_whole_numbers():
    assert parse_count("100e6", "--count") == parse_count("100M", "--count") == 100_000_000
    for text in ("", "M", "1.5", "0", "-1", "many", "inf", "nan"):
        with pytest.raises(Usage, match=f"--count '{text}' is no whole number"):
            parse_count(text, "--count")


def test_settings_are_names_with_numbers():
    assert parse_settings(["connectivity=32", "x=0.5"]) == {"connectivity": 32, "x": 0.5}
    for texts in (["connectivity"], ["=3"], ["a=b"], ["a=nan"], ["a=1", "a=2"]):
        with pytest.raises(Usage, match="is no name with a number"):
            parse_settings(texts)


def test_bytes_and_seconds_are_written_in_units_that_people_use():
    amounts = (999, 28_400_000, 1.5e12, 2e15)
    assert [written_bytes(a) for a in amounts] == ["999 B", "28.4 MB", "1.5 TB", "2,000 TB"]
    seconds = (0.00025, 0.9, 41, 6000, 1e7)
    assert [written_seconds(s) for s in seconds] == [
        "0.25 ms",
        "900 ms",
        "41 s",
        "1.7 h",
        "116 days",
    ]


# ---- laws


def linear(point):
    return {"start": 1.0, "vectors": float(point.count)}


def test_a_cost_that_follows_its_law_is_found_to_the_digit():
    points = [Point(10, 2), Point(100, 2), Point(1000, 2)]
    law = fit_cost(points, [3.0 + 2.0 * p.count for p in points], linear)
    assert law.constants == pytest.approx({"start": 3.0, "vectors": 2.0})
    assert law(Point(10_000, 2)) == pytest.approx(20_003)
    assert law.residual == pytest.approx(0, abs=1e-9)


def test_no_part_of_a_cost_is_negative():
    points = [Point(10, 2), Point(100, 2), Point(1000, 2)]
    law = fit_cost(points, [8.0, 98.0, 998.0], linear)  # two less than the count
    assert list(law.constants) == ["vectors"]
    assert law.residual > 0


@given(st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_whatever_the_constants_costs_are_not_negative(start, each):
    points = [Point(1, 1), Point(7, 1), Point(50, 1)]
    law = fit_cost(points, [start + each * p.count for p in points], linear)
    assert law(Point(3, 1)) >= 0
    assert law(Point(50, 1)) == pytest.approx(start + 50 * each, rel=1e-3)


def test_a_law_needs_measurements():
    with pytest.raises(ValueError, match="no measurements"):
        fit_cost([], [], linear)
    with pytest.raises(ValueError, match="fewer than three sizes"):
        fit_recall([Point(10, 2), Point(100, 2)], [9, 8], [10, 10])


def falling(sizes=(1_000, 10_000, 100_000)):
    """Log odds fall by 0.5 with each power of ten; the wider setting's are higher by 2."""
    points = [Point(n, 2, s) for n in sizes for s in (1, 2)]
    odds = [4 - 0.5 * math.log10(p.count) + 2 * (p.setting - 1) for p in points]
    asked = [10**9] * len(points)
    return points, [round(10**9 / (1 + math.exp(-o))) for o in odds], asked


def test_recall_that_falls_with_the_logarithm_of_size_is_foretold():
    law = fit_recall(*falling())
    expected = 1 / (1 + math.exp(-(4 - 0.5 * 8)))
    assert law(Point(10**8, 2, 1)).value == pytest.approx(expected, abs=1e-4)
    assert law(Point(10**8, 2, 2)).value > law(Point(10**8, 2, 1)).value


def test_the_interval_of_a_recall_grows_with_how_far_it_is_extrapolated():
    points, found, asked = falling()
    found[0] -= 10**7  # not quite by the law
    law = fit_recall(points, found, asked)
    near, far = law(Point(10_000, 2, 1)), law(Point(10**9, 2, 1))
    assert near.low < near.value < near.high
    assert far.high - far.low > near.high - near.low


def test_more_vectors_are_never_believed_to_be_easier():
    points = [Point(n, 2) for n in (100, 1_000, 10_000)]
    law = fit_recall(points, [900, 930, 960], [1000] * 3)
    assert law(Point(10**8, 2)).value == law(Point(100, 2)).value < 0.96


def test_only_settings_that_were_measured_are_foretold():
    with pytest.raises(ValueError, match="setting 3 was not measured"):
        fit_recall(*falling())(Point(1000, 2, 3))


# ---- the model's own table


def test_the_table_covers_every_method_and_names_its_machine():
    table = measured()
    assert {model.method for model in table.models} == {"exact", "hnsw", "ivfpq", "lsh"}
    assert table.machine and table.date and table.vectors


def test_each_law_of_the_table_is_within_a_half_of_what_was_measured():
    for model in measured().models:
        laws = (model.build, model.latency, model.batch)
        assert max(law.residual for law in laws) < 0.5, model.method


@pytest.mark.parametrize(
    ("name", "settings"),
    [("exact", {}), ("hnsw", {"connectivity": 8}), ("lsh", {"tables": 4}), ("ivfpq", {})],
)
def test_bytes_on_disk_are_those_of_the_files(tmp_path, name, settings):
    if name == "ivfpq":
        pytest.importorskip("faiss")
    rows = directions(4000, 40)
    files = method_named(name, settings).build(rows, untracked).files()
    size = rows.nbytes + 8 * len(rows)
    size += sum(len(c) if isinstance(c, bytes) else sum(map(len, c)) for c in files.values())
    assert disk_bytes(name, settings, 4000, 40) == pytest.approx(size, rel=0.02)


def test_the_vectors_count_as_memory_where_a_query_reads_thousands_of_them():
    assert memory_bytes("lsh", {}, 10**6, 200) > 800 * 10**6
    assert memory_bytes("exact", {}, 10**6, 200) == pytest.approx(208 * 10**6, rel=0.01)


# ---- plans


def table(spread=0):
    """Measurements in round numbers: an exact query takes 1 ns a number."""
    counts, off = (1_000, 10_000, 100_000), (0, spread, -spread)
    exact = [made(n, 1e-9 * n * 100, [(1, 1000)]) for n in counts]
    graph = [made(n, 1e-4, [(16, 900), (64, 990 + o)]) for n, o in zip(counts, off)]
    series = [
        {"method": "exact", "settings": {}, "measured": exact},
        {"method": "hnsw", "settings": {"connectivity": 16}, "measured": graph},
    ]
    return Measured("a machine", "2026-01-01", "vectors", tuple(map(fit_model, series)))


def made(count, seconds, found):
    searches = [
        {"setting": s, "found": f * 100, "asked": 100_000, "latency": seconds, "batch": seconds}
        for s, f in found
    ]
    return {"count": count, "dim": 100, "build": 1e-6 * count, "bytes": 0, "searches": searches}


def test_exact_is_recommended_while_it_answers_in_ten_milliseconds():
    plan = plan_index(90_000, 100, table=table())  # 9 ms
    assert plan.choices[0].method == "exact"
    assert plan.why == "exact is fast enough: 9 ms a query, always right, and nothing to tune"


def test_beyond_that_the_fastest_that_reaches_the_recall_is_recommended():
    best = plan_index(200_000, 100, recall=0.95, table=table()).choices[0]
    assert (best.method, best.settings) == ("hnsw", {"connectivity": 16, "expansion": 64})
    assert best.recall.low >= 0.95


def test_what_does_not_fit_the_memory_is_not_recommended():
    need = memory_bytes("exact", {}, 200_000, 100)
    plan = plan_index(200_000, 100, memory=need, table=table())
    assert plan.choices[0].method == "exact"
    assert plan.why == "exact is all that fits: 20 ms a query, always right"
    assert [choice.fits for choice in plan.choices[1:]] == [False] * (len(plan.choices) - 1)


def test_where_nothing_fits_it_says_how_much_the_smallest_needs():
    plan = plan_index(1_000_000, 100, memory=10**6, table=table())
    assert "nothing fits: the smallest, exact, needs 108 MB" in plan.why


def test_what_is_expected_to_reach_the_recall_but_not_for_sure_says_so():
    plan = plan_index(10**6, 100, recall=0.985, table=table(spread=3))
    best = plan.choices[0]
    assert best.method == "hnsw" and best.recall.low < 0.985 < best.recall.value
    assert "not sure so far beyond what was measured" in plan.why


def test_where_more_memory_would_help_it_says_how_much():
    slow = plan_index(100_000_000, 200, memory=30 * 10**9)
    assert "; with 35.7 GB of memory hnsw is, in" in slow.why


def test_where_nothing_fast_is_expected_to_reach_the_recall_exact_does():
    plan = plan_index(10**6, 100, recall=0.999, table=table())
    assert plan.choices[0].method == "exact"
    assert plan.why.startswith("nothing faster that fits is expected to reach a recall of 0.999")
    assert "of memory" not in plan.why  # no limit was given, so more would help nothing
    assert not any(choice.reaches for choice in plan.choices[1:])


def test_each_figure_says_how_far_beyond_the_measurements_it_lies():
    assert {c.beyond for c in plan_index(100_000, 100, table=table()).choices} == {1.0}
    assert {c.beyond for c in plan_index(10**7, 100, table=table()).choices} == {100.0}
    assert {c.beyond for c in plan_index(1_000, 300, table=table()).choices} == {3.0}


def test_a_hundred_million_in_32_gigabytes_have_a_plan():
    plan = plan_index(100_000_000, 200, memory=32 * 10**9)
    assert plan.choices[0].fits and plan.choices[0].beyond > 1
    assert json.loads(json.dumps(plan.to_json()))["choices"][0]["fits"] is True


@pytest.mark.parametrize("recall", [0.0, 1.0, -1.0, 95.0, math.nan])
def test_a_recall_lies_between_zero_and_one(recall):
    with pytest.raises(Usage, match=r"give one between 0 and 1, as 0\.95"):
        plan_index(1000, 10, recall=recall)


# ---- what is right


class Answers:
    """A structure that always gives the same rows."""

    def __init__(self, rows, scores):
        self.rows, self.scores = rows, scores

    def nearest(self, queries, k):
        rows, scores = np.full((1, k), -1), np.full((1, k), -np.inf, np.float32)
        count = min(k, len(self.rows))
        rows[0, :count], scores[0, :count] = self.rows[:count], self.scores[:count]
        return Neighbors(rows, scores)

    def files(self):
        return {}


def asked(query, own=-1, k=2):
    """One query to east as 10, northeast as 20, north as 30, west as 40."""
    ids, rows = np.array([10, 20, 30, 40]), vectors(EAST, (0.6, 0.8), NORTH, WEST)
    return ids, asked_of_all(ids, rows, Queries("one", vectors(query), np.array([own])), k)


def test_the_true_neighbors_are_those_of_a_plain_loop(monkeypatch):
    monkeypatch.setattr("iconym.planning.truth.ROWS", 2)  # blocks of two
    _, found = asked(EAST, k=3)
    assert found.truth.ids.tolist() == [[10, 20, 30]]
    assert found.truth.scores.tolist() == [pytest.approx([1.0, 0.6, 0.0])]


def test_a_query_is_no_answer_to_itself():
    _, found = asked(EAST, own=10)
    assert found.truth.ids.tolist() == [[20, 30]]


def test_recall_is_the_share_of_the_nearest_that_is_found():
    ids, question = asked(EAST)
    assert recalls(Answers([0, 1], [1.0, 0.6]), ids, question, [1, 2]).tolist() == [[1.0, 1.0]]
    assert recalls(Answers([0, 3], [1.0, -1.0]), ids, question, [1, 2]).tolist() == [[1.0, 0.5]]
    assert recalls(Answers([], []), ids, question, [1, 2]).tolist() == [[0.0, 0.0]]


def test_what_scores_as_high_as_the_last_of_them_is_as_right():
    ids, rows = np.array([1, 2, 3]), vectors(EAST, EAST, EAST)
    question = asked_of_all(ids, rows, Queries("one", vectors(EAST), np.array([-1])), 1)
    assert recalls(Answers([2], [1.0]), ids, question, [1]).tolist() == [[1.0]]


def test_where_there_are_fewer_than_asked_for_all_of_them_are_enough():
    ids, question = asked(EAST, k=9)
    found = Answers([0, 1, 2, 3], [1.0, 0.6, 0.0, -1.0])
    assert recalls(found, ids, question, [9]).tolist() == [[1.0]]


def test_picture_queries_leave_themselves_out_and_words_without_a_vector_are_none():
    ids, rows = np.array([3, 5, 8]), vectors(EAST, NORTH, WEST)
    pictures = picture_queries(ids, rows, count=2)
    assert len(pictures) == 2 and set(pictures.own.tolist()) <= {3, 5, 8}
    words = word_queries(WordVectors(("a", "b"), vectors((0.0, 2.0), (0.0, 0.0))))
    assert words.vectors.tolist() == [[0.0, 1.0]] and words.own.tolist() == [-1]


# ---- a collection's own index


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """1,500 pictures whose vectors lie all over the sphere."""
    collection = create_collection(tmp_path_factory.mktemp("photos"))
    space = saved_color_space()
    collection.use_space(space)
    pictures = [Picture(f"{i}.png") for i in range(1500)]
    collection.catalog.put(pictures, space.fingerprint, directions(1500, 3))
    return collection


@pytest.fixture
def graph(filled):
    """Few links and a narrow search, which misses much."""
    return build_index(filled, "hnsw", {"connectivity": 4, "expansion": 1})


def kinds(opened, count=200):
    return [picture_queries(opened.base.ids, opened.base.vectors, count=count)]


def test_an_index_holds_the_catalog_as_of_its_sequence(filled):
    opened = build_index(filled, "exact")
    assert opened.path == filled.index_path(filled.current_space().fingerprint)
    assert opened.base.ids.tolist() == list(range(1, 1501))
    assert opened.saved.sequence == filled.catalog.last_sequence()
    assert load_index(opened.path).space == filled.current_space().fingerprint


def test_small_collections_are_suggested_to_stay_exact(filled):
    assert suggested(filled, recall=0.95).method == "exact"


def test_a_collection_without_vectors_has_no_index(tmp_path):
    collection = create_collection(tmp_path)
    with pytest.raises(NoCollection, match="holds no vectors yet; run: iconym index"):
        build_index(collection, "exact")
    collection.use_space(saved_color_space())
    with pytest.raises(Usage, match="holds no vectors to index; add pictures"):
        build_index(collection, "exact")
    with pytest.raises(Usage, match=r"no index was built .* run: iconym index build"):
        open_index(collection)


def test_tuning_reaches_the_recall_by_the_lower_end_of_every_interval(graph):
    tuning = tune_index(graph, kinds(graph), recall=0.9)
    *narrower, last = tuning.tried
    assert tuning.reached and last.setting == tuning.chosen > 1
    assert last.recall["pictures"].low >= 0.9
    assert all(tried.recall["pictures"].low < 0.9 for tried in narrower)
    assert tuning.reported["pictures"].high > 0.9


def test_what_tuning_chose_is_kept_in_the_saved_index(graph, filled):
    tuning = tune_index(graph, kinds(graph), recall=0.9)
    assert open_index(filled).settings["expansion"] == tuning.chosen
    verify_index(graph.path)


def test_queries_that_report_are_none_that_chose(graph):
    (queries,) = kinds(graph)
    one, other = asked_of_all(graph.base.ids, graph.base.vectors, queries, 1).halves()
    assert not set(one.queries.own.tolist()) & set(other.queries.own.tolist())
    assert len(one.queries) == len(other.queries) == 100


def test_an_exact_index_has_nothing_to_tune(filled):
    opened = build_index(filled, "exact")
    with pytest.raises(Usage, match="is exact: always right, nothing to tune"):
        tune_index(opened, kinds(opened), recall=0.9)


def test_one_query_is_too_few_to_tune_by(graph):
    with pytest.raises(Usage, match="fewer than two queries"):
        tune_index(graph, kinds(graph, count=1), recall=0.9)


def test_changing_a_setting_writes_no_vector_again(graph):
    before = (graph.path / "vectors.npy").stat()
    change_settings(graph.path, {"expansion": 77})
    assert (graph.path / "vectors.npy").stat().st_ino == before.st_ino
    assert load_index(graph.path).index.method.settings["expansion"] == 77
    verify_index(graph.path)


def test_on_a_disk_without_links_the_files_are_copied(graph, monkeypatch):
    def refuse(*_paths):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    change_settings(graph.path, {"expansion": 33})
    assert load_index(graph.path).index.method.settings["expansion"] == 33
    verify_index(graph.path)


def test_where_there_is_no_index_no_setting_can_be_changed(tmp_path):
    with pytest.raises(BadFolder):
        change_settings(tmp_path / "nowhere", {"expansion": 1})


def test_evaluation_puts_an_index_beside_exact_search(graph, monkeypatch):
    monkeypatch.setattr("iconym.planning.evaluating.SECONDS", 0.01)
    monkeypatch.setattr("iconym.planning.evaluating.SINGLE", 5)
    found = evaluate_index(graph, kinds(graph))
    ours, exact = found.indexes
    assert (ours.name, exact.name) == ("hnsw", "exact")
    assert [interval.value for interval in exact.recall["pictures"]] == [1.0, 1.0, 1.0]
    assert ours.recall["pictures"][1].value < 1
    assert found.queries == {"pictures": 200}
    assert ours.disk == sum(file.stat().st_size for file in graph.path.iterdir())
    assert min(ours.p50, ours.throughput, exact.disk) > 0 and ours.p50 <= ours.p95
    json.dumps(found.to_json())


def test_evaluation_needs_a_query(graph):
    none = Queries("words", np.empty((0, 3), np.float32), np.empty(0, np.int64))
    with pytest.raises(Usage, match="no query to measure"):
        evaluate_index(graph, [none])


def test_an_index_that_was_built_anew_is_not_given_the_settings_of_the_old(graph, filled):
    build_index(filled, "exact")
    with pytest.raises(Usage, match="was built anew meanwhile; tune it again"):
        change_settings(graph.path, {"expansion": 7})
    verify_index(graph.path)
    assert open_index(filled).settings == {}


def test_no_file_of_two_indexes_is_linked_into_one(graph, filled, monkeypatch):
    link = os.link

    def built_anew(old, new):
        link(old, new)
        monkeypatch.setattr(os, "link", link)
        build_index(filled, "hnsw", {"connectivity": 8})

    monkeypatch.setattr(os, "link", built_anew)
    with pytest.raises(Usage, match="was built anew meanwhile"):
        change_settings(graph.path, {"expansion": 7})
    verify_index(graph.path)
    assert open_index(filled).settings["connectivity"] == 8


def test_an_index_between_two_renames_is_found(graph, filled):
    graph.path.rename(graph.path.with_name(f".{graph.path.name}.before"))
    assert open_index(filled).settings == graph.settings
