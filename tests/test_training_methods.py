"""Every method learns a projection; where labels are many, it sees them in pairs."""

from functools import partial

import numpy as np
import pytest
import torch

from iconym.errors import BadData, Usage
from iconym.hierarchy import Hierarchy
from iconym.nouns import WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.objectives.softmax import softmax
from iconym.objectives.whole_vocabulary import Chunks, chunked_hinge_rank, chunked_info_nce
from iconym.similarity import cosine, dot, unit
from iconym.training import methods
from iconym.training.descent import Examples, TrainingConfig
from iconym.training.layers import Goal, PairedGoal, examples_of, fit_projection
from iconym.training.methods import (
    L2,
    CosineRegression,
    CosineSoftmax,
    Hinge,
    NegativeSampling,
    Ridge,
    Seen,
    Sigmoid,
    Softmax,
    TreeSoftmax,
    TwoWay,
)
from iconym.training.positives import Matrix, Pairs
from iconym.training.projections import project

BRIEF = TrainingConfig(epochs=30, batch=16, learning_rate=0.03, seed=3)
NAMES = tuple("abcdef")
RNG = np.random.default_rng(0)
WORDS = WordVectors(NAMES, unit(np.eye(6) + 0.1 * RNG.normal(size=(6, 6))).astype(np.float32))
LABELS = NAMES * 8
FEATURES = (
    50 * (WORDS.vectors @ RNG.normal(size=(6, 7)))[[NAMES.index(x) for x in LABELS]]
    + RNG.normal(size=(48, 7))
    + 100
).astype(np.float32)
TREE = Hierarchy(
    (
        *((x, "top") for x in ("abc", "def")),
        *((x, "abc") for x in "abc"),
        *((x, "def") for x in "def"),
    )
)

METHODS = [
    Ridge(0.01),
    Hinge(1.0, BRIEF),
    Hinge(1.0, BRIEF, "all"),
    Hinge(1.0, BRIEF, "hardest"),
    Hinge(1.0, BRIEF, "warp"),
    TwoWay(0.2, BRIEF),
    TwoWay(0.2, BRIEF, "hardest"),
    L2(BRIEF),
    CosineRegression(BRIEF),
    NegativeSampling(5, BRIEF),
    Softmax(BRIEF),
    TreeSoftmax(TREE, 15.0, BRIEF),
    CosineSoftmax(0.1, BRIEF),
    CosineSoftmax(0.1, BRIEF, draws=5),
    Sigmoid(10.0, None, BRIEF),
]


def hits(projection, words=WORDS):
    best = cosine(projection(FEATURES), words.vectors).argmax(axis=1)
    return np.mean([words.words[j] == label for j, label in zip(best, LABELS)])


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_brings_pictures_near_their_labels(method):
    assert hits(project(method, FEATURES, LABELS, WORDS)) == 1


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_learns_the_same_from_the_same_seed(method):
    one, two = (project(method, FEATURES, LABELS, WORDS) for _ in "ab")
    assert one.weight.tolist() == two.weight.tolist()


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_no_method_learns_from_labels_without_a_picture(method):
    more = WordVectors((*NAMES, "stray"), np.concatenate([WORDS.vectors, WORDS.vectors[:1]]))
    one, two = (project(method, FEATURES, LABELS, words) for words in (WORDS, more))
    assert one.weight.tolist() == two.weight.tolist()


@pytest.mark.parametrize(
    "method, complaint",
    [
        (lambda: Hinge(0.0), "margin is 0.0"),
        (lambda: TwoWay(-1.0), "margin is -1.0"),
        (lambda: CosineSoftmax(0.0), "temperature is 0.0"),
        (lambda: CosineSoftmax(draws=0), "draws is 0"),
        (lambda: NegativeSampling(0), "draws is 0"),
        (lambda: TreeSoftmax(TREE, 0.0), "beta is 0.0"),
        (lambda: Sigmoid(0.0), "scale is 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(method, complaint):
    with pytest.raises(Usage, match=f"{complaint}; it must be above 0"):
        method()


def test_a_label_that_the_tree_lacks_is_named():
    with pytest.raises(BadData, match="'a'"):
        project(TreeSoftmax(Hierarchy((("x", "y"),))), FEATURES, LABELS, WORDS)


def test_the_tree_is_left_out_of_what_a_method_is_called():
    assert "top" not in str(TreeSoftmax(TREE))


def test_soft_labels_fall_by_how_far_up_labels_meet():
    goal = TreeSoftmax(TREE, 2.0).goal(Seen.of(LABELS, WORDS))
    soft = goal.objective.keywords["soft_labels"]
    assert (soft[0, 1] / soft[0, 0]).item() == pytest.approx(np.exp(-2 / 2))  # half way up
    assert (soft[0, 3] / soft[0, 0]).item() == pytest.approx(np.exp(-2))  # at the top


def test_the_sigmoid_learns_its_scale_and_bias_along_with_the_projection():
    goal = Sigmoid(10.0, None, BRIEF).goal(Seen.of(LABELS, WORDS))
    assert goal.objective.bias.item() == pytest.approx(np.log(1 / 5))  # one of six is right
    scaled = torch.from_numpy((FEATURES - FEATURES.mean(axis=0)) / FEATURES.std())
    fit_projection(examples_of(scaled, LABELS, goal), goal, BRIEF)
    assert goal.objective.bias.item() != pytest.approx(np.log(1 / 5), abs=0.1)
    assert goal.objective.log_scale.exp().item() != pytest.approx(10, abs=0.1)


def test_frequencies_are_pictures_by_label():
    seen = Seen.of(["c", "a", "c"], WORDS)
    assert seen.words.words == ("c", "a") and seen.frequencies.tolist() == [2, 1]


def test_pairs_are_the_places_where_the_matrix_is_true():
    inputs, truth = torch.arange(5.0)[:, None], torch.tensor([2, 0, 2, 1, 3])
    columns = torch.tensor([1, 2, 0, 2, 0])  # none of class 3
    rows, generator = torch.tensor([4, 0, 3, 2]), torch.Generator()
    _, positive = Examples(inputs, truth, Matrix(columns)).draw(rows, generator)
    drawn, pairs = Examples(inputs, truth, Pairs(columns)).draw(rows, generator)
    assert sorted(pairs.tolist()) == positive.nonzero().tolist()
    assert drawn.flatten().tolist() == [4, 0, 3, 2]


@pytest.mark.parametrize(
    "chunked, plain, similarity",
    [
        (partial(chunked_info_nce, temperature=0.1), partial(info_nce, temperature=0.1), cosine),
        (partial(chunked_info_nce, temperature=1.0, cosines=False), softmax, dot),
        (partial(chunked_hinge_rank, margin=1.0), partial(hinge_rank, margin=1.0), dot),
    ],
)
def test_chunks_learn_what_the_matrix_learns(chunked, plain, similarity):
    inputs = torch.from_numpy((FEATURES - FEATURES.mean(axis=0)) / FEATURES.std())
    exact = partial(chunked, chunks=Chunks(4, torch.float32))
    by_pairs, by_matrix, fast = (
        fit_projection(examples_of(inputs, LABELS, goal), goal, BRIEF)
        for goal in (
            PairedGoal(WORDS, exact),
            Goal(WORDS, plain, similarity),
            PairedGoal(WORDS, partial(chunked, chunks=Chunks(4, torch.bfloat16))),
        )
    )
    assert by_pairs.weight == pytest.approx(by_matrix.weight, abs=1e-3)
    right = [NAMES.index(label) for label in LABELS]
    best = cosine(fast(inputs.numpy()), WORDS.vectors).argmax(axis=1)
    assert best.tolist() == right


@pytest.mark.parametrize("method", [CosineSoftmax(0.1, BRIEF), Softmax(BRIEF)], ids=str)
def test_a_softmax_over_many_labels_goes_by_chunks(method, monkeypatch):
    monkeypatch.setattr(methods, "MANY", 6)
    assert isinstance(method.goal(Seen.of(LABELS, WORDS)), PairedGoal)
    assert hits(project(method, FEATURES, LABELS, WORDS)) == 1


def test_a_label_with_two_names_is_right_under_both():
    twice = WordVectors((*NAMES, "again"), np.concatenate([WORDS.vectors, WORDS.vectors[:1]]))
    labels = ["a", "again", "b"]
    examples = examples_of(torch.zeros(3, 7), labels, PairedGoal(twice, chunked_info_nce))
    _, pairs = examples.draw(torch.arange(3), torch.Generator())
    assert sorted(pairs.tolist()) == [[0, 0], [0, 6], [1, 0], [1, 6], [2, 1]]
