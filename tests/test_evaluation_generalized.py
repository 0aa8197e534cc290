"""U, S, H and AUSUC are what a sweep over every gamma gives, and intervals hold them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import BadData
from iconym.evaluation import evaluate_zero_shot
from iconym.evaluation.generalized import Generalized, generalized
from iconym.metrics.generalized import Gaps, ausuc, group_gaps, harmonic_mean, placements
from iconym.metrics.intervals import class_weights
from iconym.metrics.tables import Table
from test_evaluation import ALL, RIGHT, SEEN, UNSEEN, Knows

IS_SEEN = np.array([True, True, False, False])  # the labels a, b (seen) and x, y (unseen)
NONE = -np.inf


def gaps(scores, targets):
    return group_gaps(np.array(scores, float), np.array(targets), IS_SEEN)


def test_a_gap_is_the_best_of_the_own_group_minus_the_best_of_the_other():
    found = gaps([[5, 2, 3, 1], [5, 2, 3, 1], [5, 2, 3, 1]], [0, 1, 2])
    assert found.gap.tolist() == [2, 2, -2]
    assert found.own.tolist() == [1, 0, 1]  # b never wins, whatever gamma is


def test_a_tie_within_the_own_group_is_shared():
    assert gaps([[4, 4, 1, 0]], [0]).own.tolist() == [0.5]


def test_a_group_without_an_answer_is_infinitely_far():
    found = gaps([[1, 0, NONE, NONE], [1, 0, NONE, NONE], [NONE] * 4], [0, 2, 0])
    assert found.gap.tolist()[0] == np.inf and found.own.tolist() == [1, 0, 0]
    assert not np.isnan(found.gap).any()


def test_the_harmonic_mean_of_two_accuracies():
    u, s = np.array([0.2, 0.0, 0.0, 0.5]), np.array([0.6, 0.0, 0.9, 0.5])
    assert harmonic_mean(u, s).tolist() == pytest.approx([0.3, 0, 0, 0.5])


ONE, OTHER = np.array(["a"]), np.array(["x"])


def area_of(seen_gap, unseen_gap):
    """Of one picture each, both right within their groups."""
    one = np.ones(1)
    return ausuc(Gaps(one, np.array([seen_gap])), Gaps(one, np.array([unseen_gap])), ONE, OTHER)


def test_two_pictures_have_area_1_if_some_gamma_makes_both_right():
    assert area_of(2.0, -1.0) == 1  # right for gamma below 2, and above 1
    assert area_of(1.0, -2.0) == 0
    assert area_of(1.0, -1.0) == 0.5  # a single gamma: both steps at once
    assert area_of(np.inf, -1.0) == 1


def test_a_labeller_without_unseen_answers_has_area_0():
    seen = gaps([[1, 0, NONE, NONE]], [0])
    unseen = gaps([[1, 0, NONE, NONE]], [2])
    assert ausuc(seen, unseen, ONE, OTHER) == 0


def test_a_curve_needs_pictures_of_both_groups():
    empty = Gaps(np.empty(0), np.empty(0))
    with pytest.raises(ValueError, match="needs pictures of seen and unseen"):
        ausuc(Gaps(np.ones(1), np.ones(1)), empty, ONE, np.empty(0, str))


def per_class_accuracy(scores, targets, gamma):
    """Plain loops: which share of each class is right with gamma taken from seen scores."""
    shares = {}
    for row, target in zip(scores, targets):
        moved = [s - gamma if seen else s for s, seen in zip(row, IS_SEEN)]
        best = max(moved)
        hit = (moved[target] == best) / moved.count(best) if best > NONE else 0
        shares.setdefault(target, []).append(hit)
    return np.mean([np.mean(hits) for hits in shares.values()])


def swept_area(seen, unseen):
    """The area under the curve's points at every gamma between two changes of an answer."""
    steps = sorted({s[i] - s[j] for s in [*seen[0], *unseen[0]] for i in (0, 1) for j in (2, 3)})
    middles = [(a + b) / 2 for a, b in pairwise(steps)]
    points = [
        [per_class_accuracy(*part, gamma) for part in (unseen, seen)]
        for gamma in [steps[0] - 1, *middles, steps[-1] + 1]
    ]
    area = 0.0
    for (u0, s0), (u1, s1) in pairwise(points):
        area += (u1 - u0) * (s0 + s1) / 2
    return area


rows = st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4)
pictures = st.lists(st.tuples(rows, st.sampled_from([0, 1])), min_size=1, max_size=6)


@settings(deadline=None)
@given(pictures, pictures)
def test_ausuc_is_the_area_of_an_exhaustive_sweep(of_seen, of_unseen):
    seen = [row for row, _ in of_seen], [target for _, target in of_seen]
    unseen = [row for row, _ in of_unseen], [2 + target for _, target in of_unseen]
    found = ausuc(gaps(*seen), gaps(*unseen), np.array(seen[1]), np.array(unseen[1]))
    assert found == pytest.approx(swept_area(seen, unseen), abs=1e-12)
    assert 0 <= found <= 1


@settings(deadline=None)
@given(pictures, pictures)
def test_either_group_s_placements_have_the_area_as_their_mean_over_classes(of_seen, of_unseen):
    seen = gaps([row for row, _ in of_seen], [target for _, target in of_seen])
    unseen = gaps([row for row, _ in of_unseen], [2 + target for _, target in of_unseen])
    classes = [np.array([target for _, target in part]) for part in (of_seen, of_unseen)]
    area = ausuc(seen, unseen, *classes)
    for placed, each in zip(placements(seen, unseen, *classes), classes):
        assert (class_weights(each) * placed).mean() == pytest.approx(area)


def world(seed=0, shift=0.0):
    """30 pictures of each of five labels; unseen labels are behind by ``shift``."""
    random = np.random.default_rng(seed)
    truth = ALL * 30
    scores = 2 * np.tile(RIGHT, (30, 1)) + random.normal(size=(150, 5))
    scores[:, [ALL.index(label) for label in UNSEEN]] -= shift
    contest = {"ours": (Knows(tuple(ALL)), scores)}
    return evaluate_zero_shot(contest, truth, SEEN, UNSEEN, None, seed=seed)


def test_u_and_s_are_the_per_class_means_of_the_tables_among_all():
    tables = world()
    found = generalized(tables).intervals["ours"]
    for figure, part in (("U", "unseen_among_all"), ("S", "seen_among_all")):
        table = tables[part].intervals["ours"]["per-class hit@1"]
        assert found[figure].value == pytest.approx(table.value)
    u, s = found["U"].value, found["S"].value
    assert found["H"].value == pytest.approx(2 * u * s / (u + s))


def test_ausuc_does_not_change_where_all_unseen_labels_are_behind_by_as_much():
    even, behind = (generalized(world(shift=shift)).intervals["ours"] for shift in (0, 8))
    assert behind["U"].value < 0.05 < even["U"].value
    assert behind["AUSUC"].value == pytest.approx(even["AUSUC"].value)


def test_chance_shares_everything():
    found = generalized(world()).intervals["chance"]
    assert (found["U"].value, found["S"].value) == pytest.approx((1 / 5, 1 / 5))
    assert found["AUSUC"].value == pytest.approx(1 / 3 * 1 / 2 / 2)  # a triangle below (1/2, 1/3)


def test_the_interval_of_ausuc_is_that_of_pictures_drawn_again():
    tables = world(seed=3)
    found = generalized(tables).intervals["ours"]["AUSUC"]
    seen, unseen = tables["seen_among_all"], tables["unseen_among_all"]
    random = np.random.default_rng(0)
    areas = []
    for _ in range(400):
        parts, classes = [], []
        for table in (seen, unseen):
            labels = np.array(table.truth)
            each = [np.flatnonzero(labels == label) for label in set(table.truth)]
            drawn = np.concatenate([random.choice(rows, len(rows)) for rows in each])
            gap = table.gaps["ours"]
            parts.append(Gaps(gap.own[drawn], gap.gap[drawn]))
            classes.append(labels[drawn])
        areas.append(ausuc(*parts, *classes))
    assert (found.low, found.high) == pytest.approx(np.percentile(areas, [2.5, 97.5]), abs=0.015)


def test_a_row_that_is_a_dash_is_one_here_too():
    nothing = {"mute": (Knows(()), RIGHT), "ours": (Knows(tuple(ALL)), RIGHT)}
    found = generalized(evaluate_zero_shot(nothing, ALL, SEEN, UNSEEN, None, seed=0))
    assert found.intervals["mute"] is None and found.to_json()["mute"] is None
    assert "| mute | – | – | – | – |" in found.markdown()  # noqa: RUF001
    assert "| ours | 100.0 [100.0, 100.0] |" in found.markdown()


def test_without_pictures_of_unseen_labels_there_is_none():
    contest = {"ours": (Knows(tuple(ALL)), RIGHT[[0]])}
    assert generalized(evaluate_zero_shot(contest, ["pug"], SEEN, UNSEEN, None, seed=0)) is None


def test_tables_that_do_not_fit_are_refused():
    tables = world()
    plain = Table({"ours": None, "chance": None}, {}, np.array([5]), seed=0, truth=("pug",))
    with pytest.raises(BadData, match="no gaps"):
        Generalized(tables["seen"], plain)
    with pytest.raises(BadData, match="different rows"):
        Generalized(Table({}, {}, np.array([5]), seed=0), tables["unseen_among_all"])
