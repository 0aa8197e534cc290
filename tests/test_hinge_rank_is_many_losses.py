"""The ranking losses of five papers are one function over different score matrices."""

import math
from functools import partial

import pytest
import torch

from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.negative_sampling import negative_sampling
from iconym.objectives.sigmoid import sigmoid
from iconym.objectives.two_way import two_way
from iconym.similarity import cosine, dot, negative_squared_distance, unit

generator = torch.Generator().manual_seed(0)
IMAGES = torch.randn(5, 4, generator=generator)
TEXTS = torch.randn(5, 4, generator=generator)
EACH_ITS_OWN = torch.eye(5, dtype=torch.bool)


def test_devise_uses_inner_products_with_unit_label_vectors():
    labels = unit(TEXTS)
    by_hand = sum(
        max(0, 0.1 - float(labels[i] @ IMAGES[i]) + float(labels[j] @ IMAGES[i]))
        for i in range(5)
        for j in range(5)
        if j != i
    )
    loss = hinge_rank(dot(IMAGES, labels), EACH_ITS_OWN, margin=0.1)
    assert loss.item() == pytest.approx(by_hand / 5, rel=1e-5)


def test_kiros_ranks_captions_of_images_and_images_of_captions():
    s = cosine(IMAGES, TEXTS)
    by_hand = sum(
        max(0, 0.2 - float(s[i, i]) + float(s[i, j]))
        + max(0, 0.2 - float(s[i, i]) + float(s[j, i]))
        for i in range(5)
        for j in range(5)
        if j != i
    )
    loss = two_way(s, EACH_ITS_OWN, objective=partial(hinge_rank, margin=0.2))
    assert loss.item() == pytest.approx(by_hand / 5, rel=1e-5)


def test_vse_plus_plus_takes_the_worst_negative_of_both_directions():
    s = cosine(IMAGES, TEXTS)
    by_hand = sum(
        max(max(0, 0.2 - float(s[i, i]) + float(s[i, j])) for j in range(5) if j != i)
        + max(max(0, 0.2 - float(s[i, i]) + float(s[j, i])) for j in range(5) if j != i)
        for i in range(5)
    )
    hardest = partial(hinge_rank, margin=0.2, negatives="hardest")
    loss = two_way(s, EACH_ITS_OWN, objective=hardest)
    assert loss.item() == pytest.approx(by_hand / 5, rel=1e-5)


def test_triplet_uses_squared_distances_and_ignores_self():
    people = torch.tensor([0, 0, 1, 1, 1])
    same = people[:, None] == people[None, :]
    itself = torch.eye(5, dtype=torch.bool)
    d = ((IMAGES[:, None] - IMAGES[None, :]) ** 2).sum(2)
    by_hand = sum(
        max(0.0, float(d[a, p] - d[a, n] + 0.5))
        for a in range(5)
        for p in range(5)
        for n in range(5)
        if p != a and people[p] == people[a] and people[n] != people[a]
    )
    scores = negative_squared_distance(IMAGES, IMAGES).masked_fill(itself, -math.inf)
    loss = hinge_rank(scores, same & ~itself, margin=0.5)
    assert loss.item() == pytest.approx(by_hand / 5, rel=1e-4)


def test_a_label_with_the_vector_of_the_positive_is_left_out_by_minus_infinity():
    labels = unit(TEXTS)[[0, 1, 0]]  # 0 and 2 are the same word
    scores = dot(IMAGES[:1], labels)
    twin = torch.tensor([[False, False, True]])
    right = torch.tensor([[True, False, False]])
    loss = hinge_rank(scores.masked_fill(twin, -math.inf), right, margin=9.0)
    assert loss.item() == pytest.approx(float(9 - scores[0, 0] + scores[0, 1]), rel=1e-5)


def test_the_sigmoid_loss_is_negative_sampling_of_scaled_and_shifted_cosines():
    z = 10 * cosine(IMAGES, TEXTS) - 2
    by_hand = sum(
        math.log1p(math.exp(-float(z[i, j]) if i == j else float(z[i, j])))
        for i in range(5)
        for j in range(5)
    )
    assert negative_sampling(z, EACH_ITS_OWN).item() == pytest.approx(by_hand / 5, rel=1e-5)


def test_the_sigmoid_loss_of_siglip_is_the_same():
    cosines = cosine(IMAGES, TEXTS)
    loss = sigmoid(cosines, EACH_ITS_OWN, scale=10.0, bias=-2.0)
    assert loss.item() == pytest.approx(
        negative_sampling(10 * cosines - 2, EACH_ITS_OWN).item(), rel=1e-5
    )


def test_a_row_of_zeros_has_a_unit_vector_of_zeros_and_a_finite_gradient():
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    unit(x).sum().backward()
    assert unit(x).tolist()[0] == [0.0, 0.0] and torch.isfinite(x.grad).all()
