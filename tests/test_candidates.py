"""Negatives of a batch: its own targets, or some drawn from all; never an image's own."""

import math
from functools import partial

import pytest
import torch

from iconym.objectives.candidates import Draws, in_batch, sampled
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.softmax import softmax

generator = torch.Generator().manual_seed(0)
IMAGES = torch.randn(3, 4, generator=generator)
TARGETS = torch.randn(9, 4, generator=generator)
PAIRS = torch.tensor([[0, 5], [1, 2], [2, 5], [0, 8]])  # image 0 has two, 5 belongs to two


def seen_by(candidates, **options):
    """The scores and positives that the objective is given."""
    seen = []

    def objective(scores, positive):
        seen.extend([scores, positive])
        return scores.sum()

    candidates(IMAGES, TARGETS, PAIRS, objective=objective, **options)
    return seen


def draws_of(*frequencies, count=4, seed=0, **options):
    chances = torch.tensor(frequencies, dtype=torch.float32)
    return Draws.of(chances, count, generator=torch.Generator().manual_seed(seed), **options)


def test_in_a_batch_each_target_of_the_batch_is_a_column_once():
    scores, positive = seen_by(in_batch)
    assert torch.equal(scores, IMAGES @ TARGETS[[2, 5, 8]].T)
    assert positive.int().tolist() == [[0, 1, 1], [1, 0, 0], [0, 1, 0]]


def test_the_targets_of_others_and_draws_of_an_images_own_are_ignored():
    scores, positive = seen_by(sampled, draws=draws_of(0, 0, 0, 0, 0, 1, 0, 0, 0, count=2))
    nothing = -math.inf
    s = IMAGES @ TARGETS.T
    wanted = [
        [nothing, s[0, 5], s[0, 8], nothing, nothing],  # 5, drawn twice, is its own
        [s[1, 2], nothing, nothing, s[1, 5], s[1, 5]],
        [nothing, s[2, 5], nothing, nothing, nothing],
    ]
    assert torch.allclose(scores, torch.tensor(wanted))
    assert positive.int().tolist() == [[0, 1, 1, 0, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]


def test_draws_follow_the_frequencies_to_their_power():
    for power, chances in ((0.75, [8 / 9, 1 / 9, 0]), (0.0, [1 / 3, 1 / 3, 1 / 3])):
        drawn = draws_of(16, 1, 0, count=30_000, power=power)()
        assert (drawn.bincount(minlength=3) / 30_000).tolist() == pytest.approx(chances, abs=0.01)


def test_the_same_generator_state_draws_the_same():
    assert draws_of(1, 2, 3, seed=4)().tolist() == draws_of(1, 2, 3, seed=4)().tolist()
    again = draws_of(1, 2, 3, count=50)
    assert again().tolist() != again().tolist()


def test_a_correction_is_the_log_of_how_often_a_target_is_expected():
    corrected = draws_of(16, 1, count=9, corrected=True)  # chances 8/9 and 1/9
    assert corrected.lowered.exp().tolist() == pytest.approx([8, 1])
    assert draws_of(16, 1).lowered.tolist() == [0, 0]


def negatives_mass(draws):
    """The sum of e to the score over the negatives of image 1, whose own target is 2."""
    found = []

    def objective(scores, positive):
        found.append(scores[1].masked_fill(positive[1], -math.inf).exp().sum())
        return scores.sum()

    sampled(IMAGES, TARGETS, PAIRS, objective=objective, draws=draws)
    return found[0].item()


@pytest.mark.parametrize("power", [0.0, 0.75])
def test_a_corrected_softmax_stands_for_that_over_all_targets(power):
    draws = draws_of(9, 1, 4, 2, 7, 5, 1, 3, 8, count=20_000, power=power, corrected=True)
    over_all = (IMAGES[1] @ TARGETS.T).exp().sum() - (IMAGES[1] @ TARGETS[2]).exp()
    assert negatives_mass(draws) == pytest.approx(over_all.item(), rel=0.03)


@pytest.mark.parametrize(
    "candidates", [in_batch, partial(sampled, draws=draws_of(*[1] * 9, count=3))]
)
@pytest.mark.parametrize("objective", [softmax, hinge_rank])
def test_every_objective_learns_from_candidates(candidates, objective):
    start = IMAGES.clone().requires_grad_()
    loss = candidates(start, TARGETS, PAIRS, objective=objective)
    loss.backward()
    assert loss.isfinite() and start.grad.isfinite().all() and start.grad.any()
