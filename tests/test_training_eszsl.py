"""ESZSL is its closed form."""

import numpy as np
import pytest

from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.training.eszsl import Eszsl, chosen_eszsl, eszsl_path, fit_eszsl

RNG = np.random.default_rng(0)
NAMES = tuple("abcde")
WORDS = WordVectors(NAMES, RNG.normal(size=(5, 3)))
LABELS = [NAMES[i] for i in RNG.integers(5, size=40)]
X = (RNG.normal(3, 2, (40, 4))).astype(np.float32)


def test_it_is_the_papers_closed_form_on_features_less_their_mean():
    x = (X - X.mean(axis=0)).T
    signatures = np.stack([WORDS[c] / np.linalg.norm(WORDS[c]) for c in NAMES]).T
    y = np.array([[1 if label == name else -1 for name in NAMES] for label in LABELS])
    gamma = 0.5 * 40 * x.var(axis=1).mean()
    lam = 2.0 * 5 * np.square(signatures).mean()
    v = (
        np.linalg.inv(x @ x.T + gamma * np.eye(4))
        @ (x @ y @ signatures.T)
        @ np.linalg.inv(signatures @ signatures.T + lam * np.eye(3))
    )
    fitted = fit_eszsl(X, LABELS, WORDS, Eszsl(gamma=0.5, lam=2.0))
    np.testing.assert_allclose(fitted.weight, v, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fitted(X), x.T @ v, rtol=1e-4, atol=1e-4)


def test_the_cosine_orders_labels_as_the_inner_product_with_unit_vectors_does():
    fitted = fit_eszsl(X, LABELS, WORDS)
    products = fitted(X) @ np.stack([WORDS[c] / np.linalg.norm(WORDS[c]) for c in NAMES]).T
    scores = SpaceLabeller(fitted, WORDS).score(X, NAMES)
    assert (np.argsort(scores, axis=1) == np.argsort(products, axis=1)).all()


def test_a_path_holds_the_fit_of_each_setting():
    settings = [Eszsl(1.0, 0.1), Eszsl(0.1, 3.0), Eszsl(1.0, 3.0)]
    for fitted, each in zip(eszsl_path(X, LABELS, WORDS, settings), settings):
        np.testing.assert_allclose(fitted.weight, fit_eszsl(X, LABELS, WORDS, each).weight)


def test_the_settings_are_those_for_labels_held_back():
    strengths = (0.01, 0.1, 1.0, 10.0, 100.0)
    found = chosen_eszsl(X, LABELS, WORDS, seed=0)
    assert found.gamma in strengths and found.lam in strengths
    constant = chosen_eszsl(np.ones_like(X), LABELS, WORDS, seed=0)
    assert constant == Eszsl(100.0, 100.0)  # of equally good ones the last


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match=r"gamma 0 and lam 10.0 must be above 0"):
        Eszsl(gamma=0)
    with pytest.raises(ValueError, match="no picture"):
        fit_eszsl(X[:0], [], WORDS)
