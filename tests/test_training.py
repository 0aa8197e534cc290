"""Learning by descent: the loss goes down, the same seed gives the same, NaN stops in one line."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from iconym.encoders.cnn import Cnn, CnnConfig
from iconym.errors import BadData, UnknownWord, Usage
from iconym.features import Scaling
from iconym.nouns import WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.similarity import cosine
from iconym.space import Projection
from iconym.training.descent import Examples, TrainingConfig, descend, schedule
from iconym.training.fine_tuning import FineTuning, fine_tune
from iconym.training.layers import Goal, as_projection, examples_of, fit_projection, fit_softmax
from iconym.training.networks import FromScratch, train_classifier, train_jointly
from iconym.training.positives import Matrix

EAST_NORTH = WordVectors(("east", "north"), np.eye(2, dtype=np.float32))
LABELS = ["east", "north"] * 8
FEATURES = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]).repeat(8, 1)
SHORT = TrainingConfig(epochs=20, batch=4, learning_rate=0.05, seed=3)
TINY = CnnConfig(widths=(4, 4), residual=(False, True))
PICTURES = (FEATURES[:, :, None, None] * 255).expand(16, 3, 4, 4).to(torch.uint8)


def plain(batch, _generator):
    return batch.float() / 255


def learned(goal, config=SHORT):
    return fit_projection(examples_of(FEATURES, LABELS, goal), goal, config)


WIDE = partial(hinge_rank, margin=1.0)  # no start satisfies it by luck


@pytest.mark.parametrize("goal", [Goal(EAST_NORTH, WIDE), Goal(EAST_NORTH, info_nce, cosine)])
def test_pictures_come_to_lie_near_their_own_label(goal):
    torch.manual_seed(SHORT.seed)
    start = as_projection(nn.Linear(3, 2))
    before, after = (
        cosine(p(FEATURES.numpy()[:2]), EAST_NORTH.vectors) for p in (start, learned(goal))
    )
    assert after.argmax(axis=1).tolist() == [0, 1]
    assert (np.diag(after) > np.diag(before) + 0.1).all()


def test_the_loss_goes_down():
    losses, layer = [], nn.Linear(3, 2)
    goal = Goal(EAST_NORTH, info_nce)

    def noted(scores, positive):
        loss = info_nce(scores, positive)
        losses.append(loss.item())
        return loss

    examples = examples_of(FEATURES, LABELS, goal)
    descend(layer, [layer], examples, noted, SHORT, range(SHORT.steps(16)))
    assert len(losses) == 80 and losses[-1] < 0.1 * losses[0]


def test_weights_decay_by_the_scheduled_learning_rate_where_there_is_no_gradient():
    layer, goal = nn.Linear(3, 2), Goal(EAST_NORTH, info_nce)
    before = layer.weight.detach().clone()
    config = TrainingConfig(epochs=1, batch=8, learning_rate=0.1, weight_decay=0.5, warmup=0.0)
    examples = examples_of(FEATURES, LABELS, goal)
    descend(layer, [layer], examples, lambda scores, _: 0 * scores.sum(), config, range(2))
    by_hand = (1 - 0.1 * 0.5) * (1 - 0.1 * 0.5 * 0.5)  # half of the rate in the second of 2 steps
    assert torch.allclose(layer.weight, before * by_hand)
    assert not layer.training


def test_every_pass_takes_every_example_once_in_an_order_of_its_own():
    taken: list[float] = []

    def noted(batch, _generator):
        taken.extend(batch.flatten().tolist())
        return batch

    layer, rows = nn.Linear(1, 1), torch.arange(10)
    examples = Examples(rows.float()[:, None], rows * 0, Matrix(rows[:1]), noted)
    config = TrainingConfig(epochs=2, batch=4)
    descend(
        layer, [layer], examples, lambda scores, _: scores.sum(), config, range(config.steps(10))
    )
    assert sorted(taken[:10]) == sorted(taken[10:]) == list(range(10))
    assert taken[:10] != taken[10:] and taken[:10] != sorted(taken[:10])


def test_each_step_follows_the_gradient_of_its_own_batch_alone():
    layer, rows = nn.Linear(1, 1), torch.zeros(8, dtype=torch.long)
    examples = Examples(torch.ones(8, 1), rows, Matrix(rows[:1]))
    config = TrainingConfig(epochs=1, batch=4)
    descend(layer, [layer], examples, lambda scores, _: scores.sum(), config, range(2))
    assert layer.weight.grad.tolist() == [[4.0]]  # of 4 examples, not of 8


def test_the_same_seed_gives_the_same_projection():
    one, two = (learned(Goal(EAST_NORTH, WIDE)) for _ in range(2))
    assert one.weight.tolist() == two.weight.tolist() and one.bias.tolist() == two.bias.tolist()


def test_another_seed_gives_another_one():
    goal = Goal(EAST_NORTH, WIDE)
    other = learned(goal, replace(SHORT, seed=4))
    assert learned(goal).weight.tolist() != other.weight.tolist()


def test_labels_with_equal_vectors_are_not_each_others_negatives():
    same = WordVectors(("cup", "mug", "dog"), np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    examples = examples_of(FEATURES[:3], ["cup", "mug", "dog"], Goal(same, hinge_rank))
    _, positive = examples.draw(torch.arange(3), torch.Generator())
    assert positive.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_a_label_that_the_goal_lacks_is_named():
    with pytest.raises(UnknownWord, match="'west'"):
        examples_of(FEATURES[:1], ["west"], Goal(EAST_NORTH, hinge_rank))


def test_a_loss_that_is_no_number_stops_with_its_step():
    layer = nn.Linear(3, 2)
    examples = examples_of(FEATURES, LABELS, Goal(EAST_NORTH, info_nce))
    with pytest.raises(BadData, match=r"stopped at step 0: the loss is nan; lower learning_rate"):
        descend(
            layer,
            [layer],
            examples,
            lambda scores, _positive: scores.sum() * float("nan"),
            SHORT,
            range(9),
        )


def test_the_networks_given_stay_as_they_are():
    torch.manual_seed(0)
    network, start = Cnn(TINY), Projection(np.ones((4, 2), "f4"), np.zeros(2, "f4"))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    goal = Goal(EAST_NORTH, hinge_rank)
    examples = examples_of(PICTURES, LABELS, goal, plain)
    how = FineTuning(TrainingConfig(epochs=2, batch=4), encoder_rate=1.0)
    tuned = fine_tune(network, start, examples, goal, how)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert start.weight.tolist() == [[1.0, 1.0]] * 4
    assert not np.array_equal(tuned.projection.weight, start.weight)
    assert not torch.equal(next(tuned.network.parameters()), next(network.parameters()))


def test_fine_tuning_starts_from_the_projection_given():
    start = Projection(np.full((4, 2), 0.5, "f4"), np.array([3, -2], "f4"))
    goal = Goal(EAST_NORTH, hinge_rank)
    examples, still = examples_of(PICTURES, LABELS, goal, plain), TrainingConfig(1, 4, 1e-12)
    projection = fine_tune(Cnn(TINY), start, examples, goal, FineTuning(still)).projection
    assert projection.weight == pytest.approx(start.weight, abs=1e-6)
    assert projection.bias == pytest.approx(start.bias, abs=1e-6)


def test_label_vectors_count_at_unit_length():
    long = WordVectors(EAST_NORTH.words, 5 * EAST_NORTH.vectors)
    one, other = (learned(Goal(labels, info_nce)) for labels in (EAST_NORTH, long))
    assert one.weight.tolist() == other.weight.tolist()


def test_a_classifier_learns_its_classes_in_the_order_of_their_first_picture():
    config = TrainingConfig(epochs=30, batch=8, learning_rate=0.02)
    found = train_classifier(PICTURES, LABELS, FromScratch(TINY, config, plain))
    with torch.no_grad():
        logits = found.cnn(PICTURES[:2].float() / 255).numpy() @ found.weight + found.bias
    assert found.classes == ("east", "north")
    assert logits.argmax(axis=1).tolist() == [0, 1]


def test_a_joint_network_learns_the_same_as_its_seed_is_the_same_and_keeps_the_labels():
    config = TrainingConfig(epochs=2, batch=8)
    labels = WordVectors(("east", "north"), np.eye(2, dtype=np.float32))
    goal = Goal(labels, partial(info_nce, temperature=0.1), cosine)
    how = FromScratch(TINY, config, plain)
    networks = [train_jointly(PICTURES, LABELS, goal, how) for _ in range(2)]
    first, second = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert goal.labels.vectors.tolist() == [[1, 0], [0, 1]]


def test_a_joint_network_with_an_empty_second_objective_is_the_classifiers():
    how = FromScratch(TINY, TrainingConfig(epochs=2, batch=8), plain)
    goal = Goal(EAST_NORTH, lambda scores, _: 0 * scores.sum())
    joint = train_jointly(PICTURES, LABELS, goal, how).state_dict()
    alone = train_classifier(PICTURES, LABELS, how).cnn.state_dict()
    assert all(torch.allclose(joint[name], alone[name]) for name in alone)


def test_the_second_objective_of_a_joint_network_goes_down():
    losses = []

    def noted(scores, positive):
        loss = info_nce(scores, positive)
        losses.append(loss.item())
        return loss

    how = FromScratch(TINY, TrainingConfig(epochs=10, batch=16, learning_rate=0.02), plain)
    train_jointly(PICTURES, LABELS, Goal(EAST_NORTH, noted, cosine), how)
    assert losses[-1] < losses[0] / 2


def test_the_features_of_a_joint_network_tell_its_classes_apart():
    config = TrainingConfig(epochs=30, batch=8, learning_rate=0.02)
    labels = WordVectors(("east", "north"), np.eye(2, dtype=np.float32))
    goal = Goal(labels, partial(info_nce, temperature=0.1), cosine)
    network = train_jointly(PICTURES, LABELS, goal, FromScratch(TINY, config, plain))
    with torch.no_grad():
        features = network(PICTURES.float() / 255)
    examples = examples_of(features, LABELS, goal)
    found = fit_projection(examples, goal, config)(features.numpy())
    assert (found.argmax(axis=1) == [labels.words.index(label) for label in LABELS]).mean() > 0.9


def test_a_softmax_layer_learns_from_features_of_any_scale():
    features = 1000 * FEATURES.numpy() + 500
    layer = fit_softmax(features, LABELS, SHORT)
    assert layer.score(features[:2], ["north", "east"]).argmax(axis=1).tolist() == [1, 0]


def test_classes_of_a_softmax_layer_stand_in_the_order_of_their_first_picture():
    assert fit_softmax(FEATURES.numpy(), ["west", "east"] * 8, SHORT).classes == ("west", "east")


def test_scaled_features_have_mean_zero_and_variance_one_over_all_of_them():
    features = np.array([[1.0, 10.0], [3.0, 10.0]], np.float32)  # variances 1 and 0, mean 1/2
    scaled = Scaling.of(features)(features)
    assert scaled == pytest.approx(np.array([[-(2**0.5), 0], [2**0.5, 0]]))


def test_scaling_is_undone_in_weight_and_bias():
    features = np.array([[1.0, 10.0], [3.0, 14.0]], np.float32)
    weight, bias = np.array([[2.0], [-1.0]], np.float32), np.array([0.5], np.float32)
    scaling = Scaling.of(features)
    raw, shifted = scaling.undone(weight, bias)
    assert features @ raw + shifted == pytest.approx(scaling(features) @ weight + bias, abs=1e-5)


@pytest.mark.parametrize("value", [1.0, 0.1])  # a float32 mean of many 0.1 is not 0.1
def test_features_that_do_not_vary_are_not_divided_by_zero(value):
    same = np.full((1000, 2), value, np.float32)
    assert Scaling.of(same).scale == 1 and not Scaling.of(same)(same).any()


def test_the_learning_rate_rises_and_then_falls_to_nothing():
    assert schedule(0.0, 0.1) < 0.02
    assert schedule(0.1, 0.1) == pytest.approx(0.5 + 0.5 * np.cos(0.1 * np.pi))
    assert schedule(1.0, 0.1) == pytest.approx(0)
    assert schedule(0.0, 0.0) == 1


@pytest.mark.parametrize(
    "setting, value",
    [
        ("epochs", 0),
        ("batch", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -1.0),
        ("warmup", 1.5),
    ],
)
def test_settings_that_cannot_train_are_refused(setting, value):
    with pytest.raises(Usage, match=f"{setting} {value}"):
        TrainingConfig(**{setting: value})


@pytest.mark.parametrize("inputs, truth", [(0, 0), (2, 3)])
def test_examples_need_a_label_each_and_at_least_one(inputs, truth):
    with pytest.raises(BadData, match=f"{inputs} examples with {truth} labels"):
        Examples(torch.zeros(inputs, 2), torch.zeros(truth), Matrix(torch.arange(2)))
