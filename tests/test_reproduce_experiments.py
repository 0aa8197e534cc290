"""Each experiment on a world small enough for seconds: the directions that have to hold."""

import json

import numpy as np
import pytest

from iconym.evaluation.hops import hop_sets
from iconym.reproduce.conse import conse
from iconym.reproduce.devise import devise
from iconym.reproduce.experiment import RankLoss, drawn, hinge, space
from iconym.reproduce.experiments import EXPERIMENTS
from iconym.reproduce.gzsl import gzsl
from iconym.reproduce.hops import hops
from iconym.reproduce.l2_ablation import l2_ablation
from iconym.reproduce.lsh_law import Settings as LshSettings
from iconym.reproduce.lsh_law import collision, fewer_bits, lsh_law, signs
from iconym.reproduce.novelty import novelty, pairs
from iconym.reproduce.random_embeddings import random
from iconym.reproduce.result import Result
from iconym.reproduce.running import Place, run_all
from iconym.reproduce.runs import Run, run_of
from iconym.reproduce.worlds import GaussianTree
from iconym.training.methods import Hinge, Ridge

WORLD = GaussianTree(branches=(3, 2, 4), feature_noise=2.0, train=20, test=10)
SEEDS = range(2)


def figures(result):
    return {row.name: row.ours.value for row in result.rows}


def verdicts(result):
    return {row.name: row.verdict for row in result.rows}


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_every_experiment_gives_a_result_that_json_can_hold(experiment):
    if "tree" not in experiment.worlds:
        pytest.skip("is of photographs alone")
    result = experiment.run(WORLD if experiment.name != "hops" else GaussianTree(), SEEDS)
    assert (result.experiment, result.world) == (experiment.name, "tree")
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result
    assert result.judged
    assert len({row.name for row in result.rows}) == len(result.rows)


def test_where_words_fit_the_pictures_errors_of_devise_are_nearer_than_those_of_softmax():
    assert figures(devise(WORLD, SEEDS))["DeViSE - softmax, hp@5"] > 0


def test_squared_error_puts_unseen_pictures_next_to_seen_words():
    assert figures(l2_ablation(WORLD, SEEDS))["rank over L2, unseen among all, hit@1"] > 1


def test_random_vectors_know_nothing_of_unseen_classes_and_words_do():
    found = figures(random(WORLD, SEEDS))
    assert abs(found["random - chance, unseen hit@1"]) < 0.15
    assert found["DeViSE, unseen hit@1"] > 0.5
    assert found["random - DeViSE, seen hp@5"] < -0.03


def test_several_guesses_place_a_picture_better_than_one():
    assert figures(conse(WORLD, SEEDS))["ConSE(T) - ConSE(1), unseen hit@1"] > 0


def test_among_seen_words_conse_names_hardly_an_unseen_class_and_stacking_helps_devise():
    found = figures(gzsl(WORLD, SEEDS))
    assert found["ConSE(T), unseen hit@1 among all"] < 0.1
    assert found["DeViSE, U"] > found["ConSE(T), U"]
    assert found["H stacked over H"] > 1


def test_h_of_a_draw_is_the_harmonic_mean_of_u_and_s():
    found = figures(gzsl(WORLD, range(1)))
    for name in ("DeViSE", "DeViSE stacked", "ConSE(T)"):
        u, s, h = (found[f"{name}, {figure}"] for figure in "USH")
        assert h == pytest.approx(2 * u * s / (u + s))


def test_the_curves_of_both_gates_are_monotone_and_a_distant_pair_is_told_apart():
    result = novelty(WORLD, SEEDS)
    found = figures(result)
    for gate in ("Gaussian", "LoOP"):
        assert verdicts(result)[f"{gate} gate: steps of its curves the wrong way"] == "in"
    assert found["the farthest pair, right among the two"] > 0.8
    assert found["farthest pair - nearest pair"] > 0
    for series in result.charts[0].series:
        steps = np.diff(series.y)
        assert (steps >= 0).all() if series.name.endswith(", seen") else (steps <= 0).all()


def test_pairs_are_drawn_by_the_hierarchy_a_sibling_and_one_across_the_root():
    (first, near), (again, far) = pairs(WORLD.draw(0), seed=5)
    assert first == again
    assert first.rpartition(".")[0] == near.rpartition(".")[0] and first != near
    assert first.split(".")[0] != far.split(".")[0]


def test_the_sets_of_the_tree_are_those_counted_by_hand():
    assert set(verdicts(hops(GaussianTree(), range(1))).values()) == {"in", None}


def test_a_graph_holds_the_seen_labels_among_all_of_them():
    graph = GaussianTree().graph()
    assert len(graph.seen) == 80 and len(graph.labels) == 100
    assert len(hop_sets(graph.hierarchy, graph.seen, graph.labels)["2-edge"]) == 20


def test_the_law_of_random_hyperplanes():
    assert collision(0.0, 1) == pytest.approx(1 / 2)
    assert collision(0.5, 2) == pytest.approx(4 / 9)  # 60 degrees: two thirds, twice
    assert collision(0.9, 24) == pytest.approx(0.0242, abs=1e-4)


def test_signs_say_on_which_side_of_each_plane_a_vector_lies():
    planes = np.array([[1.0, 0.0], [0.0, 1.0]])  # a column each
    assert signs(np.array([[2.0, -1.0]]), planes).tolist() == [[True, False]]


def test_buckets_parted_among_tables_are_together_as_large_as_those_probed():
    assert fewer_bits(LshSettings(bits=24, tables=8)) == 19  # 301 / 8 is about 2^5


def test_measured_buckets_follow_the_law():
    settings = LshSettings(bits=4, tables=2, pairs=20_000, cosines=(0.5,), queries=20)
    found = figures(lsh_law(WORLD, SEEDS, settings=settings))
    assert found["same bucket of 4 bits in one table, cosine 0.5"] == pytest.approx(
        16 / 81, abs=0.01
    )
    several = 1 - (1 - 16 / 81) ** 2
    assert found["same bucket of 4 bits in 2 tables, cosine 0.5"] == pytest.approx(
        several, abs=0.01
    )


def test_what_was_learned_on_a_draw_is_learned_once():
    assert space(WORLD, 0, Ridge(0.3)) is space(WORLD, 0, Ridge(0.3))
    assert space(WORLD, 0, Ridge(0.3)) is not space(WORLD, 1, Ridge(0.3))
    assert drawn(WORLD, 0) is drawn(WORLD, 0)


def test_the_margin_is_one_of_those_given():
    assert hinge(WORLD, 0, RankLoss(margins=(0.25,))) == Hinge(0.25)


def test_a_finished_piece_is_kept_and_not_run_again(tmp_path, monkeypatch):
    run = run_of("hops")
    first, left_out = run_all([run], Place(tmp_path), quick=True)
    assert [result.world for result in first] == ["tree"]
    assert left_out == [
        "wordnet: needs research data; give their folder as --data or in ICONYM_DATA"
    ]

    def fail(*_):
        raise AssertionError("run again")

    monkeypatch.setattr("iconym.reproduce.hops._size", fail)
    again, _ = run_all([run], Place(tmp_path), quick=True)
    assert again == first


def test_a_quick_run_says_which_photographs_it_leaves_out(tmp_path):
    tiny = run_of("random")
    tiny = Run(tiny.experiment, 2, WORLD)
    (result,), left_out = run_all([tiny], Place(tmp_path, tmp_path), quick=True)
    assert result.world == "tree"
    assert [line.split(":")[0] for line in left_out] == ["cifar100", "tiny-imagenet"]
