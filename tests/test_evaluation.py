"""Tables hold what was answered, with intervals, chance beside it, and a dash for no answer."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from iconym.errors import BadData, Usage
from iconym.evaluation import evaluate, evaluate_zero_shot
from iconym.hierarchy import Hierarchy
from iconym.metrics.tables import DASH, Table, pool

SEEN, UNSEEN = ["pug", "husky", "manx"], ["beagle", "tabby"]
ALL = ["pug", "husky", "beagle", "manx", "tabby"]
PETS = Hierarchy.from_tree(
    [(breed, "dog", "pet") for breed in ALL[:3]] + [(breed, "cat", "pet") for breed in ALL[3:]]
)


@dataclass(frozen=True)
class Knows:
    """Reads its scores of ``labels`` off the features."""

    labels: tuple[str, ...]

    def score(self, features, labels):
        known = dict(zip(self.labels, features.T))
        nothing = np.full(len(features), -np.inf)
        return np.stack([known.get(label, nothing) for label in labels], axis=1)


RIGHT = np.eye(5)
AHEAD = np.roll(RIGHT, 1, axis=1)  # says husky for pug, beagle for husky, manx for beagle, ...
ROWS = {
    "right": (Knows(tuple(ALL)), RIGHT),
    "ahead": (Knows(tuple(ALL)), AHEAD),
    "seen only": (Knows(tuple(SEEN)), RIGHT[:, [0, 1, 3]]),
}


@pytest.fixture(scope="module")
def table():
    return evaluate({n: ROWS[n] for n in ("right", "ahead")}, ALL, ALL, PETS, seed=0)


@pytest.fixture(scope="module")
def tables():
    return evaluate_zero_shot(ROWS, ALL, SEEN, UNSEEN, PETS, seed=0)


def mean(table, row, metric):
    return table.intervals[row][metric].value


def test_a_labeller_that_is_always_right_hits_always(table):
    assert mean(table, "right", "hit@1") == 1


def test_one_that_is_always_next_to_it_hits_as_often_as_ties_let_it(table):
    assert mean(table, "ahead", "hit@1") == 0
    assert mean(table, "ahead", "hit@2") == pytest.approx(1 / 4)  # one place, four ties


def test_a_wrong_answer_of_the_right_kind_counts_in_hierarchical_precision(table):
    # correct sets for k = 2 are the three dogs or the two cats
    right = table.rows["right"]["hp@2"]
    ahead = table.rows["ahead"]["hp@2"]
    assert right == pytest.approx([(1 + 2 / 4) / 2] * 3 + [(1 + 1 / 4) / 2] * 2)
    assert ahead[0] == pytest.approx((1 + 2 / 4) / 2)  # said husky
    assert ahead[2] == pytest.approx((0 + 3 / 4) / 2)  # said manx


def test_chance_is_the_size_of_the_correct_set_over_the_number_of_labels(table):
    assert mean(table, "chance", "hit@1") == pytest.approx(1 / 5)
    assert mean(table, "chance", "hp@2") == pytest.approx(table.mean_set_sizes["hp@2"] / 5)
    assert table.mean_set_sizes["hp@2"] == pytest.approx((3 * 3 + 2 * 2) / 5)


def test_times_chance(table):
    assert table.times_chance("right", "hit@1") == pytest.approx(5)
    assert table.times_chance("right", "hp@2") == pytest.approx(0.70 / 0.52)  # a ratio of means


def test_a_correct_set_of_all_labels_is_flagged(table):
    assert table.saturated == ("hp@5", "hp@10", "hp@20")
    assert "| hp@2 | hp@5\\* |" in table.markdown()


def test_a_correct_set_of_all_labels_for_some_queries_only_is_not_flagged():
    hits, sizes = np.ones(2), {"hp@5": np.array([5, 4])}
    table = Table({"ours": {"hp@5": hits}}, sizes, np.array([5, 5]), seed=0)
    assert table.saturated == ()


def test_the_four_tables_differ_in_pictures_and_candidates(tables):
    sizes = {name: (len(t.candidates), t.candidates[0]) for name, t in tables.items()}
    assert sizes == {
        "seen": (3, 3),
        "seen_among_all": (3, 5),
        "unseen": (2, 2),
        "unseen_among_all": (2, 5),
    }


def test_a_table_without_pictures_is_not_there():
    seen = {"right": (Knows(tuple(ALL)), RIGHT[[0, 1]])}
    found = evaluate_zero_shot(seen, ALL[:2], SEEN, UNSEEN, PETS, seed=0)
    assert list(found) == ["seen", "seen_among_all"]


def test_without_unseen_labels_there_is_one_table():
    rows = {"right": (Knows(tuple(ALL)), RIGHT[[0, 1]])}
    assert list(evaluate_zero_shot(rows, ALL[:2], ALL, [], PETS, seed=0)) == ["seen"]


def test_a_rare_label_counts_as_much_as_a_frequent_one_in_the_per_class_column():
    often = np.vstack([RIGHT[[0, 0, 0]], AHEAD[[1]]])  # three pugs right, one husky wrong
    rows = {"ours": (Knows(tuple(ALL)), often)}
    table = evaluate(rows, ["pug", "pug", "pug", "husky"], ALL, None, seed=0)
    assert mean(table, "ours", "hit@1") == 0.75
    assert mean(table, "ours", "per-class hit@1") == 0.5
    assert table.columns == ("hit@1", "hit@2", "hit@5", "hit@10", "per-class hit@1")
    assert table.difference("ours", "chance", "per-class hit@1").value == pytest.approx(0.3)
    assert table.times_chance("ours", "per-class hit@1") == pytest.approx(2.5)


def test_a_table_without_truth_has_no_per_class_column():
    table = Table({"ours": {"hit@1": np.ones(2)}}, {}, np.array([2, 2]), seed=0)
    assert table.columns == ("hit@1",) and "per-class" not in table.markdown()


def test_hierarchical_precision_is_the_same_however_many_pictures_are_scored_at_a_time():
    order = [0, 3, 1, 4, 2] * 300  # 1,500 pictures are two blocks
    rows = {"ahead": (Knows(tuple(ALL)), AHEAD[order])}
    found = evaluate(rows, [ALL[i] for i in order], ALL, PETS, seed=0).rows["ahead"]["hp@2"]
    single = evaluate({"ahead": ROWS["ahead"]}, ALL, ALL, PETS, seed=0).rows["ahead"]["hp@2"]
    assert found.tolist() == [single[i] for i in order]


def test_without_a_hierarchy_there_are_flat_hits_only():
    table = evaluate({"right": ROWS["right"]}, ALL, ALL, None, seed=0)
    assert table.metrics == ("hit@1", "hit@2", "hit@5", "hit@10")
    assert "hp@" not in table.markdown() and "correct set" not in table.markdown()
    assert table.conditions()["mean_set_sizes"] == {}


def test_a_labeller_that_can_answer_no_candidate_has_a_dash_everywhere(tables):
    assert tables["unseen"].rows["seen only"] is None
    assert set(tables["unseen"].to_json()["seen only"].values()) == {None}
    assert f"| seen only | {DASH} | {DASH} |" in tables["unseen"].markdown()
    assert tables["unseen"].difference("right", "seen only", "hit@1") is None
    assert tables["unseen"].times_chance("seen only", "hit@1") is None


def test_one_that_can_answer_some_candidates_competes(tables):
    assert mean(tables["seen"], "seen only", "hit@1") == 1
    assert mean(tables["unseen_among_all"], "seen only", "hit@1") == 0


def test_a_difference_is_paired(table):
    difference = table.difference("right", "ahead", "hit@1")
    assert (difference.value, difference.low, difference.high) == (1, 1, 1)


def test_json_has_value_low_and_high_for_every_row_and_metric(table):
    found = json.loads(json.dumps(table.to_json()))
    assert set(found) == {"right", "ahead", "chance"}
    hits, close = "hit@1 hit@2 hit@5 hit@10".split(), "hp@2 hp@5 hp@10 hp@20".split()
    assert list(found["right"]) == [*hits, *close]
    assert found["right"]["hit@1"] == {"value": 1, "low": 1, "high": 1}
    assert found["ahead"]["hp@2"]["low"] < found["ahead"]["hp@2"]["high"]


def test_per_class_means_are_shown_where_a_class_has_several_pictures():
    values = {"hit@1": np.array([1.0, 1.0, 0.0])}
    one_each = Table({"a": values}, {}, np.full(3, 3), seed=0, truth=("x", "y", "z"))
    assert one_each.columns == ("hit@1",)
    two = Table({"a": values}, {}, np.full(3, 3), seed=0, truth=("x", "x", "z"))
    assert two.columns == ("hit@1", "per-class hit@1")
    assert two.intervals["a"]["per-class hit@1"].value == 0.5


def test_conditions_say_what_the_numbers_depend_on(table):
    conditions = json.loads(json.dumps(table.conditions()))
    assert conditions["queries"] == 5
    assert conditions["labels"] == {"fewest": 5, "most": 5}
    assert conditions["mean_set_sizes"]["hp@2"] == 2.6
    assert conditions["saturated"] == ["hp@5", "hp@10", "hp@20"]


def test_markdown_gives_hits_in_percent_and_precision_as_a_fraction():
    coin = np.array([0.0, 1.0] * 50)
    sizes = {"hp@2": np.full(100, 2)}
    table = Table({"ours": {"hit@1": coin, "hp@2": coin}}, sizes, np.full(100, 1000), seed=0)
    hit, precision = table.intervals["ours"].values()
    assert table.markdown().splitlines()[:3] == [
        "| labeller | hit@1 | hp@2 |",
        "| :-- | --: | --: |",
        f"| ours | 50.0 [{100 * hit.low:.1f}, {100 * hit.high:.1f}] "
        f"| 0.500 [{precision.low:.3f}, {precision.high:.3f}] |",
    ]
    assert "100 pictures, 1,000 labels" in table.markdown()


def test_the_same_seed_gives_the_same_table():
    one, two = (evaluate(ROWS, ALL, ALL, PETS, seed=4) for _ in range(2))
    assert one.markdown() == two.markdown() and one.to_json() == two.to_json()


def test_pooled_folds_are_the_mean_over_all_their_queries(table, tables):
    wrong = evaluate({n: (ROWS[n][0], AHEAD) for n in ("right", "ahead")}, ALL, ALL, PETS, seed=0)
    both = pool([table, wrong])
    assert mean(both, "right", "hit@1") == 0.5
    assert (len(both.candidates), both.mean_set_sizes) == (10, table.mean_set_sizes)
    assert pool([tables["unseen"]] * 2).rows["seen only"] is None


def test_tables_of_different_rows_are_not_pooled(table, tables):
    with pytest.raises(ValueError, match="2 shapes"):
        pool([table, tables["seen"]])


def test_many_pictures_are_scored_in_blocks():
    many = np.tile(RIGHT, (500, 1))
    table = evaluate({"right": (Knows(tuple(ALL)), many)}, ALL * 500, ALL, PETS, seed=0)
    assert table.rows["right"]["hit@1"].tolist() == [1] * 2500


def test_one_that_answers_some_pictures_only_has_values():
    nothing = np.full((1500, 5), -np.inf)
    features = np.vstack([np.tile(RIGHT, (300, 1)), nothing])
    table = evaluate({"some": (Knows(tuple(ALL)), features)}, ALL * 600, ALL, None, seed=0)
    assert mean(table, "some", "hit@1") == 0.5


def test_a_candidate_that_stands_twice_is_named_without_a_hierarchy_too():
    with pytest.raises(BadData, match="'pug' stands twice"):
        evaluate(ROWS, ALL, [*ALL, "pug"], None, seed=0)


@pytest.mark.parametrize(
    "rows, truth, candidates, message",
    [
        ({}, [], ALL, "no pictures"),
        (ROWS, ALL, SEEN, "true label 'beagle' is not among"),
        (ROWS, ALL, [*ALL, "pug"], "'pug' stands twice"),
        (ROWS, ALL, [*ALL, "wolf"], "hierarchy has no 'wolf'"),
        (ROWS, ALL[:2], ALL, "features of 5 pictures, not 2"),
        ({"chance": ROWS["right"]}, ALL, ALL, "'chance'"),
    ],
)
def test_what_cannot_be_evaluated_is_named(rows, truth, candidates, message):
    with pytest.raises(BadData, match=message):
        evaluate(rows, truth, candidates, PETS, seed=0)


def test_a_label_is_either_seen_or_unseen():
    with pytest.raises(BadData, match="'pug' is both"):
        evaluate_zero_shot(ROWS, ALL, SEEN, [*UNSEEN, "pug"], PETS, seed=0)


@pytest.mark.parametrize("row, metric", [("left", "hit@1"), ("right", "hit@3")])
def test_a_row_or_metric_that_is_not_there_is_named_with_those_that_are(table, row, metric):
    with pytest.raises(Usage, match="choose one of"):
        table.difference("ahead", row, metric)


def test_draws_of_a_baseline_are_averaged_query_by_query_into_one_row():
    draw = {"hit@1": np.array([1.0, 0.0])}, {"hit@1": np.array([0.0, 0.0])}
    rows = {"a": draw[0], "other": draw[1], "b": draw[1]}
    table = Table(rows, {}, np.array([2, 2]), seed=0).averaged(["a", "b"], "mean of two")
    assert list(table.rows) == ["mean of two", "other"]
    assert table.rows["mean of two"]["hit@1"].tolist() == [0.5, 0.0]


def test_a_row_that_is_not_there_or_a_dash_cannot_be_averaged():
    table = Table({"a": {"hit@1": np.ones(2)}, "b": None}, {}, np.array([2, 2]), seed=0)
    for rows in (["a", "b"], ["a", "c"], []):
        with pytest.raises(Usage, match="not all have values"):
            table.averaged(rows, "mean")
