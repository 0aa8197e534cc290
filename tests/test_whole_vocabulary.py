"""The chunked objectives are the plain ones over all targets, without the matrix of scores."""

from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.objectives.softmax import softmax
from iconym.objectives.whole_vocabulary import Chunks, chunked_hinge_rank, chunked_info_nce
from iconym.similarity import cosine, dot, unit

generator = torch.Generator().manual_seed(0)
IMAGES = 3 * torch.randn(6, 8, generator=generator)
TARGETS = unit(torch.randn(50, 8, generator=generator))
POSITIVE = torch.zeros(6, 50).bool()
POSITIVE[range(6), [0, 7, 7, 8, 49, 30]] = True
POSITIVE[0, [13, 14]] = True  # three labels
POSITIVE[5] = False  # none
EXACT, FAST = torch.float32, torch.bfloat16

TWINS = {
    "info_nce": (chunked_info_nce, info_nce, cosine),
    "info_nce sharp": (
        partial(chunked_info_nce, temperature=0.005),
        partial(info_nce, temperature=0.005),
        cosine,
    ),
    "softmax": (partial(chunked_info_nce, temperature=1.0, cosines=False), softmax, dot),
    "hinge_rank": (
        partial(chunked_hinge_rank, margin=0.5),
        partial(hinge_rank, margin=0.5),
        dot,
    ),
}
every_twin = pytest.mark.parametrize("chunked, plain, similarity", TWINS.values(), ids=TWINS)


def losses_and_gradients(chunked, plain, similarity, chunks, images=IMAGES, positive=POSITIVE):
    found = []
    for loss_of in (
        lambda x: chunked(x, TARGETS.to(x), positive.nonzero(), chunks=chunks),
        lambda x: plain(similarity(x, TARGETS.to(x)), positive),
    ):
        start = images.clone().requires_grad_()
        loss = loss_of(start)
        loss.backward()
        found.append((loss.item(), start.grad))
    return found


@every_twin
@pytest.mark.parametrize("size", [1, 7, 8, 50, 999])
def test_loss_and_gradient_are_the_plain_ones_whatever_the_chunk(chunked, plain, similarity, size):
    (loss, gradient), (wanted, their_gradient) = losses_and_gradients(
        chunked, plain, similarity, Chunks(size, EXACT)
    )
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert (gradient - their_gradient).norm() < 1e-5 * their_gradient.norm()
    assert not gradient[5].any()


@every_twin
def test_with_factors_of_8_bits_they_agree_to_3_percent(chunked, plain, similarity):
    (loss, gradient), (wanted, their_gradient) = losses_and_gradients(
        chunked, plain, similarity, Chunks(16, FAST)
    )
    assert loss == pytest.approx(wanted, rel=0.03)
    assert (gradient - their_gradient).norm() < 0.03 * their_gradient.norm()


@every_twin
def test_the_gradient_is_that_of_finite_differences(chunked, plain, similarity):
    step, direction = 1e-2, torch.randn(IMAGES.shape, generator=torch.Generator().manual_seed(1))
    loss = partial(chunked, targets=TARGETS, pairs=POSITIVE.nonzero(), chunks=Chunks(16, EXACT))
    if chunked is TWINS["info_nce sharp"][0]:
        step = 1e-4  # it bends more
    start = IMAGES.clone().requires_grad_()
    loss(start).backward()
    rise = loss(IMAGES + step * direction) - loss(IMAGES - step * direction)
    assert (rise / (2 * step)).item() == pytest.approx(
        (start.grad * direction).sum().item(), rel=0.02
    )


@every_twin
def test_no_positive_pair_is_no_error(chunked, plain, similarity):
    (loss, gradient), _ = losses_and_gradients(
        chunked, plain, similarity, Chunks(16, EXACT), positive=torch.zeros(6, 50).bool()
    )
    assert loss == 0 and not gradient.any()


def test_an_image_without_a_negative_loses_nothing():
    for chunked in (chunked_info_nce, chunked_hinge_rank):
        start = IMAGES[:1].clone().requires_grad_()
        loss = chunked(start, TARGETS, torch.ones(1, 50).nonzero(), chunks=Chunks(16, EXACT))
        loss.backward()
        assert loss == 0 and not start.grad.any()


def test_scores_of_any_size_are_summed_without_overflow():
    large = partial(chunked_info_nce, temperature=1.0, cosines=False)
    (loss, gradient), (wanted, _) = losses_and_gradients(
        large, softmax, dot, Chunks(16, EXACT), images=1e4 * IMAGES
    )
    assert loss == pytest.approx(wanted, rel=1e-5)
    assert gradient.isfinite().all()


class Noted(TorchDispatchMode):
    """Notes the size of every tensor that is made."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        self.sizes += [made.numel()] if isinstance(made, torch.Tensor) else []
        return made


def test_no_more_than_a_chunk_of_scores_is_in_memory_at_a_time():
    images, targets, own = IMAGES[:, :4], torch.randn(1000, 4), torch.arange(6)
    pairs, positive = torch.stack([own, own], dim=1), torch.eye(6, 1000).bool()
    losses = {
        6 * 100: lambda x: chunked_info_nce(x, targets, pairs, chunks=Chunks(100, EXACT)),
        6 * 1000: lambda x: info_nce(dot(x, targets), positive),
    }
    for largest, loss in losses.items():
        with Noted() as noted:
            loss(images.clone().requires_grad_()).backward()
        assert max(noted.sizes) == largest
