"""A training that diverges or collapses is ended with its reason; its last good weights stay."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from iconym.errors import Stopped
from iconym.nouns import WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.training.config import TrainingConfig
from iconym.training.descent import Descent, descend, run
from iconym.training.layers import Goal, examples_of, score_towards
from iconym.training.watch import Watch, collapsed, in_one_place

EAST_NORTH = WordVectors(("east", "north"), np.eye(2, dtype=np.float32))
FEATURES = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]).repeat(8, 1)
EXAMPLES = examples_of(FEATURES, ["east", "north"] * 8, Goal(EAST_NORTH, info_nce))
CONFIG = TrainingConfig(epochs=10, batch=8, learning_rate=0.1)  # 20 steps
FIRST = torch.tensor([[True, False]] * 2 + [[False, True]] * 2)


def bad_from(step, bad):
    """InfoNCE that turns into ``bad`` of itself at a step."""
    taken = []

    def objective(scores, positive):
        taken.append(1)
        loss = info_nce(scores, positive)
        return bad(loss) if len(taken) > step else loss

    return objective


def noted_weights(layer, weights):
    def track(items, *_):
        for item in items:
            weights.append(layer.weight.detach().clone())
            yield item

    return track


class NoGradient(torch.autograd.Function):
    """One whose gradient is no number, as that of a root at zero."""

    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * float("nan")


@pytest.mark.parametrize(
    "bad, reason",
    [
        (lambda loss: loss * float("nan"), "the loss is nan; lower learning_rate"),
        (lambda loss: loss + float("inf"), "the loss is inf; lower learning_rate"),
        (NoGradient.apply, "the gradient holds NaN or infinity; lower learning_rate"),
    ],
)
def test_what_is_no_number_ends_it_and_the_last_good_weights_stay(bad, reason):
    layer, weights = nn.Linear(3, 2), []
    descent = Descent(layer, [layer], EXAMPLES, bad_from(7, bad), CONFIG)
    with pytest.raises(Stopped, match=f"stopped at step 7: {reason}; the weights after step 6"):
        run(descent, "", noted_weights(layer, weights))
    assert torch.equal(layer.weight, weights[6]) and not torch.equal(layer.weight, weights[7])
    assert not layer.training


def test_the_statistics_that_a_bad_batch_spoiled_are_put_back():
    layer = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    inputs = FEATURES.clone()
    inputs[0, 0] = torch.nan
    examples = examples_of(inputs, ["east", "north"] * 8, Goal(EAST_NORTH, info_nce))
    config = TrainingConfig(epochs=1, batch=16)
    with pytest.raises(Stopped, match="the weights after step 0 are kept"):
        descend(layer, [layer], examples, info_nce, config, range(1))
    assert layer[0].running_mean.tolist() == [0, 0, 0]


def test_the_checkpoint_holds_the_last_good_weights_and_says_where(tmp_path):
    layer = nn.Linear(3, 2)
    nan = bad_from(7, lambda loss: loss * float("nan"))
    with pytest.raises(Stopped, match=f"after step 6 are kept in {tmp_path / 'state'}"):
        run(Descent(layer, [layer], EXAMPLES, nan, CONFIG), "", checkpoint=tmp_path / "state")


def test_a_network_that_answers_all_pictures_alike_is_ended():
    dead = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    nn.init.constant_(dead[0].bias, -100.0)
    with pytest.raises(Stopped, match=r"stopped at step 4: all pictures came to lie in one place"):
        descend(dead, [dead], EXAMPLES, info_nce, CONFIG, range(20))


def test_a_loss_that_draws_all_pictures_together_is_ended_with_weights_from_before():
    goal, layer = Goal(EAST_NORTH, hinge_rank), nn.Linear(3, 2)

    def together(scores, positive):
        return (scores - scores.mean(dim=0)).square().sum() + (scores.sum(dim=1) - 1).square().sum()

    config = TrainingConfig(epochs=500, batch=16, learning_rate=0.05, weight_decay=0.0)
    examples = examples_of(FEATURES, ["east", "north"] * 8, goal)
    with pytest.raises(Stopped, match="in one place, for the last 50 steps"):
        descend(score_towards(goal, layer), [layer], examples, together, config, range(500))
    answers = layer(FEATURES[:2]).detach()
    assert not collapsed(answers, torch.eye(2, dtype=torch.bool))


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 1.0])
@pytest.mark.parametrize("negatives", ["all", "first", "hardest"])
def test_slow_and_fast_learning_raise_no_false_alarm(rate, negatives):
    layer = nn.Linear(3, 2)
    objective = partial(hinge_rank, negatives=negatives)
    config = TrainingConfig(epochs=50, batch=8, learning_rate=rate)
    descend(layer, [layer], EXAMPLES, objective, config, range(100))


@pytest.mark.parametrize(
    "scores, expected",
    [
        ([[1, 0], [1, 0], [1, 0], [1, 0]], True),
        ([[0, 0], [0, 0], [0, 0], [0, 0]], True),  # all scores equal
        ([[0, 1], [0, 1], [0, 1], [0, 1.01]], True),  # nearly one place
        ([[1, 0], [1, 0], [0, 1], [0, 1]], False),
        ([[0, 1], [0, 1], [1, 0], [1, 0]], False),  # all wrong, yet apart
        ([[1.001, 1], [1.001, 1], [1, 1.001], [1, 1.001]], False),  # near, yet told apart
        ([[1e9, 0], [1e9, 0], [1e9, 1], [1e9, 1]], True),
        ([[-torch.inf, 0]] * 4, True),
    ],
)
def test_collapse_is_when_scores_neither_depend_on_the_picture_nor_tell_it(scores, expected):
    assert collapsed(torch.tensor(scores, dtype=torch.float32), FIRST) is expected


def test_one_picture_or_one_label_is_no_collapse():
    assert not collapsed(torch.zeros(1, 5), torch.zeros(1, 5, dtype=torch.bool))
    assert not collapsed(torch.zeros(5, 1), torch.ones(5, 1, dtype=torch.bool))


@pytest.mark.parametrize(
    "projected, expected",
    [
        ([[1, 0], [1, 0]], True),
        ([[0, 0], [0, 0]], True),
        ([[1, 0], [1, 0.01]], True),
        ([[1, 0], [0, 1]], False),
        ([[1, 0], [1, 0.2]], False),
        ([[1, 0]], False),
    ],
)
def test_projected_features_are_in_one_place_when_all_but_equal(projected, expected):
    assert in_one_place(torch.tensor(projected, dtype=torch.float32)) is expected


def test_where_positives_are_pairs_the_places_of_pictures_are_watched():
    watch, pairs = Watch(steps=10), torch.tensor([[0, 3], [1, 5], [1, 6]])
    for _ in range(4):
        watch.look(torch.ones(2, 7), pairs)
    assert not watch.healthy
    with pytest.raises(Stopped, match="in one place, for the last 5 steps"):
        watch.look(torch.ones(2, 7), pairs)
    watch.look(torch.eye(2), pairs)
    assert watch.healthy
