"""Every objective agrees with its formula in plain loops, and its gradient with differences."""

import inspect
import math
from functools import partial

import numpy as np
import pytest
import torch

from iconym.objectives.cosine import cosine
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.objectives.l2 import l2
from iconym.objectives.negative_sampling import negative_sampling
from iconym.objectives.sigmoid import LearnedSigmoid, sigmoid
from iconym.objectives.smoothed_softmax import smoothed_softmax, soften, uniform
from iconym.objectives.softmax import softmax
from iconym.objectives.two_way import two_way
from iconym.similarity import negative_squared_distance

SCORES = [[0.9, 0.85, 0.1], [0.2, 0.3, 0.6]]
POSITIVE = [[True, False, False], [False, True, True]]
S, P = torch.tensor(SCORES, dtype=torch.float64), torch.tensor(POSITIVE)
SOFT = [[0.8, 0.2, 0.0], [0.1, 0.9, 0.0], [0.2, 0.2, 0.6]]

OBJECTIVES = {
    "hinge_rank": partial(hinge_rank, margin=0.2),
    "hinge_rank first": lambda s, p: hinge_rank(s, p, negatives="first", generator=seeded(0)),
    "hinge_rank hardest": partial(hinge_rank, negatives="hardest"),
    "hinge_rank warp": lambda s, p: hinge_rank(s, p, negatives="warp", generator=seeded(0)),
    "cosine": cosine,
    "l2": l2,
    "info_nce": info_nce,
    "softmax": softmax,
    "negative_sampling": negative_sampling,
    "sigmoid": sigmoid,
    "two_way hinge_rank": partial(two_way, objective=hinge_rank),
    "two_way info_nce": partial(two_way, objective=info_nce),
    "smoothed_softmax": partial(smoothed_softmax, soft_labels=torch.tensor(SOFT)),
}
every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def pairs():
    for row, truth in zip(SCORES, POSITIVE):
        right = [s for s, p in zip(row, truth) if p]
        wrong = [s for s, p in zip(row, truth) if not p]
        yield row, right, wrong


def test_hinge_rank():
    by_hand = sum(max(0, 0.2 - r + w) for _, right, wrong in pairs() for r in right for w in wrong)
    assert hinge_rank(S, P, margin=0.2).item() == pytest.approx(by_hand / 2)


def test_hinge_rank_hardest_counts_one_negative_for_each_positive():
    by_hand = sum(max(0, 0.9 - r + max(wrong)) for _, right, wrong in pairs() for r in right)
    loss = hinge_rank(S, P, margin=0.9, negatives="hardest")
    assert loss.item() == pytest.approx(by_hand / 2)


def test_hinge_rank_first_counts_one_violator_drawn_evenly():
    scores = torch.tensor([[1.0, 0.95, 0.5, 1.0]])  # violations of margin 0.1: 0.05, 0, 0.1
    positive = torch.tensor([[True, False, False, False]])
    generator = seeded(0)
    losses = [
        round(hinge_rank(scores, positive, negatives="first", generator=generator).item(), 4)
        for _ in range(400)
    ]
    assert set(losses) == {0.05, 0.1}
    assert 160 < losses.count(0.05) < 240


def test_hinge_rank_first_draws_another_order_for_each_image():
    scores = torch.tensor([[1.0, 0.95, 1.0]]).expand(400, 3)
    positive = torch.tensor([[True, False, False]]).expand(400, 3)
    loss = hinge_rank(scores, positive, negatives="first", generator=seeded(0))
    assert loss.item() == pytest.approx((0.05 + 0.1) / 2, abs=0.005)


def test_hinge_rank_first_is_the_same_for_the_same_generator_state():
    one, two = (hinge_rank(S, P, margin=1.0, negatives="first", generator=seeded(3)) for _ in "ab")
    assert one == two


def warp_in_loops(violations, draw):
    """WSABIE's algorithm 1 for one image: draw negatives until one violates, or give up."""
    for trial in range(1, len(violations) + 1):
        found = violations[int(draw.integers(len(violations)))]
        if found > 0:
            rank = len(violations) // trial
            return found * sum(1 / j for j in range(1, rank + 1))
    return 0.0


@pytest.mark.parametrize("violators", [1, 3, 8])
def test_warp_agrees_with_drawing_until_a_negative_violates(violators):
    scores = torch.tensor([1.0, *[0.95] * violators, *[0.0] * (8 - violators)])
    positive = torch.zeros(9).bool()
    positive[0] = True
    many = 40_000
    ours = hinge_rank(
        scores.expand(many, 9), positive.expand(many, 9), negatives="warp", generator=seeded(0)
    )
    draw = np.random.default_rng(0)
    violations = [max(0.0, 0.1 - 1.0 + s) for s in scores[1:].tolist()]
    loops = np.mean([warp_in_loops(violations, draw) for _ in range(many)])
    assert ours.item() == pytest.approx(loops, rel=0.02)


def test_warp_weighs_a_violation_that_is_found_at_once_by_the_sum_of_1_over_the_rank():
    scores, positive = torch.tensor([[0.0, 0.5, 0.5, 0.5]]), torch.tensor([[1, 0, 0, 0]]).bool()
    loss = hinge_rank(scores, positive, negatives="warp")  # 3 of 3 violate, so rank 3
    assert loss.item() == pytest.approx(0.6 * (1 + 1 / 2 + 1 / 3))


def test_warp_does_not_count_positives_and_ignored_pairs_among_the_negatives():
    scores = torch.tensor([[0.0, 0.5, 9.0, -math.inf]])
    positive = torch.tensor([[True, False, True, False]])
    loss = hinge_rank(scores, positive, negatives="warp")  # 1 of 1 violates, so rank 1
    assert loss.item() == pytest.approx(0.6)


def test_hinge_rank_is_zero_where_every_positive_wins_by_the_margin():
    for negatives in ("all", "first", "hardest", "warp"):
        assert hinge_rank(torch.eye(3), torch.eye(3).bool(), negatives=negatives) == 0


def test_hinge_rank_names_the_negatives_that_there_are():
    as_shipped = inspect.unwrap(hinge_rank)  # without the checks of types that tests add
    with pytest.raises(ValueError, match="'semi-hard'; choose one of all, first, hardest, warp"):
        as_shipped(S, P, negatives="semi-hard")


def test_cosine():
    by_hand = [1 - r for _, right, _ in pairs() for r in right]
    assert cosine(S, P).item() == pytest.approx(sum(by_hand) / 3)


def test_l2():
    images = torch.tensor([[0.0, 0.0], [3.0, 4.0], [9.0, 9.0]])  # the last has no positive
    targets = torch.tensor([[0.0, 1.0], [3.0, 2.0]])
    loss = l2(negative_squared_distance(images, targets), torch.eye(3, 2).bool())
    assert loss.item() == pytest.approx((1**2 + 2**2) / 2)


def test_info_nce():
    terms = [
        -math.log(math.exp(2 * r) / (math.exp(2 * r) + sum(math.exp(2 * w) for w in wrong)))
        for _, right, wrong in pairs()
        for r in right
    ]
    assert info_nce(S, P, temperature=0.5).item() == pytest.approx(sum(terms) / len(terms))


def test_softmax_is_cross_entropy():
    logits, classes = torch.randn(4, 3, generator=seeded(0)), torch.tensor([2, 0, 1, 1])
    loss = softmax(logits, torch.eye(3).bool()[classes])
    assert loss.item() == pytest.approx(
        torch.nn.functional.cross_entropy(logits, classes).item(), rel=1e-5
    )


def test_negative_sampling():
    def sigmoid(x):
        return 1 / (1 + math.exp(-x))

    by_hand = sum(
        -sum(math.log(sigmoid(r)) for r in right) - sum(math.log(sigmoid(-w)) for w in wrong)
        for _, right, wrong in pairs()
    )
    assert negative_sampling(S, P).item() == pytest.approx(by_hand / 2)


def test_sigmoid():
    def lost(z):
        return math.log(1 + math.exp(-z))

    by_hand = sum(
        sum(lost(10 * r - 3) for r in right) + sum(lost(-(10 * w - 3)) for w in wrong)
        for _, right, wrong in pairs()
    )
    assert sigmoid(S, P, scale=10.0, bias=-3.0).item() == pytest.approx(by_hand / 2)


def test_a_learned_sigmoid_starts_at_its_scale_and_bias_and_moves_both():
    learned = LearnedSigmoid(scale=4.0, bias=-1.0)
    scores = S.float().masked_fill(torch.tensor([False, False, True]), -math.inf)
    loss = learned(scores, P)
    loss.backward()
    assert loss.item() == pytest.approx(sigmoid(scores, P, scale=4.0, bias=-1.0).item())
    assert learned.bias.grad.isfinite() and learned.bias.grad != 0
    assert learned.log_scale.grad.isfinite() and learned.log_scale.grad != 0


def test_two_way_adds_the_objective_of_the_other_direction():
    one_each = torch.eye(2).bool()
    scores = torch.tensor([[0.0, 0.5], [0.0, 0.0]])
    # of two images 0.6 and 0.1 are lost, of two targets 0.1 and 0.6
    assert two_way(scores, one_each, objective=hinge_rank).item() == pytest.approx(0.35 + 0.35)


RANKINGS = {
    "hinge_rank": partial(hinge_rank, margin=9.0),
    "hinge_rank hardest": partial(hinge_rank, margin=9.0, negatives="hardest"),
    "hinge_rank first": partial(hinge_rank, margin=9.0, negatives="first"),
    "hinge_rank warp": partial(hinge_rank, margin=9.0, negatives="warp"),
    "info_nce": info_nce,
    "softmax": softmax,
    "sigmoid": sigmoid,
    "negative_sampling": negative_sampling,
    "two_way hinge_rank": partial(two_way, objective=partial(hinge_rank, margin=9.0)),
    "two_way info_nce": partial(two_way, objective=info_nce),
}
every_ranking = pytest.mark.parametrize("objective", RANKINGS.values(), ids=RANKINGS)


@every_ranking
def test_no_positive_of_an_image_is_ever_pushed_away(objective):
    scores = torch.tensor([[9.0, -9.0, 0.0, 0.5]] * 3, requires_grad=True)
    labels = torch.tensor([[True, True, False, False]] * 3)  # two labels, far apart
    objective(scores, labels).backward()
    assert (scores.grad[labels] <= 0).all() and scores.grad[labels].any()
    assert (scores.grad[~labels] >= 0).all() and scores.grad[~labels].any()


@every_ranking
def test_two_captions_of_one_image_in_a_batch_are_not_each_others_negatives(objective):
    image = torch.tensor([0, 0, 1])  # of each of three captions; each is scored with its own image
    scores = torch.tensor([[0.1, 0.9, 0.2], [0.8, 0.2, 0.3], [0.4, 0.1, 0.5]], requires_grad=True)
    objective(scores, image[:, None] == image[None, :]).backward()
    assert scores.grad[0, 1] <= 0 and scores.grad[1, 0] <= 0


@every_ranking
def test_a_label_given_twice_is_not_pushed_away_from_its_own_pictures(objective):
    places = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])  # crane, crane, dog
    group = torch.tensor([0, 0, 1])
    picture = torch.tensor([[0.3, 0.7]], requires_grad=True)
    objective(picture @ places.T, (group == 0)[None, :]).backward()
    towards_crane, towards_dog = (-picture.grad @ places[[0, 2]].T).flatten()
    assert towards_crane >= 0 >= towards_dog and towards_crane > towards_dog


def test_positives_of_one_image_do_not_compete_in_info_nce():
    both = info_nce(torch.tensor([[2.0, 2.0, 0.0]]), torch.tensor([[True, True, False]]))
    one = info_nce(torch.tensor([[2.0, 0.0]]), torch.tensor([[True, False]]))
    assert both.item() == pytest.approx(one.item())


def test_an_image_without_a_negative_loses_nothing_in_info_nce():
    assert info_nce(torch.tensor([[-5.0, 3.0]]), torch.tensor([[True, True]])) == 0


def test_smoothed_softmax():
    wanted = [SOFT[0], [(a + b) / 2 for a, b in zip(SOFT[1], SOFT[2])]]
    by_hand = sum(
        -w * math.log(math.exp(s) / sum(math.exp(t) for t in row))
        for row, weights in zip(SCORES, wanted)
        for s, w in zip(row, weights)
    )
    loss = smoothed_softmax(S, P, soft_labels=torch.tensor(SOFT, dtype=torch.float64))
    assert loss.item() == pytest.approx(by_hand / 2)


def test_smoothed_softmax_with_hard_labels_is_softmax_cross_entropy():
    one_each = torch.tensor([[True, False, False], [False, False, True]])
    hard = smoothed_softmax(S, one_each, soft_labels=torch.eye(3))
    assert hard.item() == pytest.approx(info_nce(S, one_each, temperature=1.0).item())


def test_weight_on_an_ignored_pair_goes_to_the_others_in_proportion():
    third_ignored = S.masked_fill(torch.tensor([False, False, True]), -math.inf)
    third = torch.tensor([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0], [0.2, 0.2, 0.6]])
    first = torch.tensor([[True, False, False], [True, False, False]])
    soft = torch.tensor([[0.2, 0.2, 0.6], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert smoothed_softmax(third_ignored, first, soft_labels=soft).item() == pytest.approx(
        smoothed_softmax(third_ignored, first, soft_labels=third).item()
    )


def test_uniform_soft_labels_are_label_smoothing():
    logits, classes = torch.randn(4, 3, generator=seeded(0)), torch.tensor([2, 0, 1, 1])
    soft = uniform(3, share=0.1)
    assert soft[0].tolist() == pytest.approx([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    loss = smoothed_softmax(logits, torch.eye(3).bool()[classes], soft_labels=soft)
    theirs = torch.nn.functional.cross_entropy(logits, classes, label_smoothing=0.1)
    assert loss.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_soften_halves_the_weight_for_each_step_of_log_2_over_the_temperature():
    steps = -torch.tensor([[0.0, 1.0], [1.0, 0.0]])  # minus hops in a tree
    soft = soften(steps, temperature=1 / math.log(2))
    assert soft.flatten().tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3, 2 / 3])


@every_objective
def test_the_gradient_is_that_of_finite_differences(objective):
    scores = torch.randn(4, 3, generator=seeded(0), dtype=torch.float64, requires_grad=True)
    positive = torch.tensor([[1, 0, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]).bool()
    assert torch.autograd.gradcheck(lambda s: objective(s, positive), (scores,))


@every_objective
def test_pairs_scored_minus_infinity_are_ignored_wherever_they_stand(objective):
    raw = torch.tensor([[0.5, 0.4, 0.3], [0.2, 0.1, 0.6], [0.1, 0.2, 0.3]], requires_grad=True)
    nowhere = torch.tensor([[0, 1, 0], [1, 0, 0], [1, 1, 1]]).bool()  # a positive, a whole row
    positive = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 1]]).bool()
    scores = raw.masked_fill(nowhere, -math.inf)
    scores.retain_grad()
    loss = objective(scores, positive)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(scores.grad).all()
    assert (scores.grad[nowhere] == 0).all()
    assert scores.grad[~nowhere].any()


@every_objective
def test_no_positive_pair_is_no_error(objective):
    scores = torch.zeros(2, 3, requires_grad=True)
    loss = objective(scores, torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(scores.grad).all()
