"""Prototypes: a label is where the pictures of labels with words like its own would lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData, UnknownWord
from iconym.nouns import WordVectors
from iconym.similarity import cosine
from iconym.training.prototypes import (
    ALPHA,
    DEFAULT,
    SHARPNESSES,
    SHRINKAGES,
    ByPrototypes,
    PrototypeConfig,
    chosen_prototypes,
    fit_prototypes,
    prototype_hits,
    prototypes_path,
    settled_prototypes,
)
from iconym.training.ridge import within_class_covariance

RNG = np.random.default_rng(0)
NAMES = tuple("abcdef")
WORDS = WordVectors(NAMES, RNG.normal(size=(6, 5)).astype(np.float32))
SEEN = "abcd"
LABELS = list(SEEN * 6)
FEATURES = RNG.normal(3, [1, 2, 5], (24, 3)).astype(np.float32)
CONFIG = PrototypeConfig(2.0, 0.5)


def cos(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def scores_by_loops(x, label):
    """x' A p / |p|, as the docstring of ``fit_prototypes`` says it."""
    pictures = {s: [f for f, own in zip(FEATURES, LABELS, strict=True) if own == s] for s in SEEN}
    means = {s: np.mean(pictures[s], axis=0, dtype=float) for s in SEEN}
    origin = sum(means.values()) / 4
    covariance = np.zeros((3, 3))
    for s in SEEN:
        for picture in pictures[s]:
            covariance += np.outer(picture - means[s], picture - means[s]) / 24
    metric = np.linalg.inv(covariance + 0.5 * np.trace(covariance) / 3 * np.eye(3))

    def near(a, b):
        return np.exp(2.0 * (cos(WORDS[a].astype(float), WORDS[b].astype(float)) - 1))

    kernel = np.array([[near(a, b) + ALPHA * (a == b) for b in SEEN] for a in SEEN])
    weights = np.linalg.solve(kernel, [near(label, s) for s in SEEN])
    prototype = sum(w * (means[s] - origin) for w, s in zip(weights, SEEN, strict=True))
    return (x - origin) @ metric @ prototype / np.sqrt(prototype @ metric @ prototype)


def test_cosines_in_the_space_are_the_formula_but_for_a_factor_of_the_picture():
    fitted = fit_prototypes(FEATURES, LABELS, WORDS, CONFIG)
    new = RNG.normal(3, 2, (5, 3)).astype(np.float32)
    found = cosine(fitted.projection(new), fitted(WORDS.vectors))
    wanted = np.array([[scores_by_loops(x, label) for label in NAMES] for x in new])
    factors = found / wanted
    assert factors == pytest.approx(np.repeat(factors[:, :1], 6, axis=1), rel=1e-3)
    assert (factors > 0).all()


def test_the_covariance_is_that_of_what_pictures_differ_by_from_their_class():
    features = np.array([[1, 0], [3, 0], [5, 1], [5, 5]], np.float32)
    means = np.array([[2, 0], [5, 3]], float)
    found = within_class_covariance(features, np.array([0, 0, 1, 1]), means)
    assert found.tolist() == [[0.5, 0], [0, 2]]


COMPASS = WordVectors(
    ("east", "north", "west", "south", "northeast"),
    np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1]], np.float32),
)
AROUND = ["east", "north", "west", "south"] * 2
PLACES = np.stack([COMPASS[label] for label in AROUND])


def test_a_word_between_two_seen_ones_lies_between_their_pictures():
    fitted = fit_prototypes(PLACES, AROUND, COMPASS)
    spot = fitted.projection(np.array([[1, 1]], np.float32))
    nearest = cosine(spot, fitted.moved(COMPASS).vectors)[0].argmax()
    assert COMPASS.words[nearest] == "northeast"


def test_what_varies_within_a_label_tells_labels_apart_less():
    noisy = PLACES + np.array([[0, 0]] * 4 + [[2, 0]] * 4, np.float32)
    fitted = fit_prototypes(noisy, AROUND, COMPASS, PrototypeConfig(shrinkage=0.01))
    east, north = fitted.projection(np.array([[2, 0], [1, 1]], np.float32))
    assert np.linalg.norm(east) < 0.2 * np.linalg.norm(north)


def test_a_word_of_zeros_has_no_prototype():
    fitted = fit_prototypes(PLACES, AROUND, COMPASS)
    words = WordVectors(("the", "north"), np.array([[0, 0], [0, 1]], np.float32))
    assert fitted.moved(words).words == words.words
    assert fitted.moved(words)["the"].tolist() == [0, 0]
    assert fitted.moved(words)["north"].any()


@pytest.mark.parametrize(("labels", "dim", "axes"), [("abc", 5, 2), ("abcdef", 3, 3)])
def test_the_space_has_an_axis_less_than_labels_but_no_more_than_words_have(labels, dim, axes):
    words = WordVectors(NAMES, WORDS.vectors[:, :dim])
    features = RNG.normal(size=(12, 8)).astype(np.float32)
    fitted = fit_prototypes(features, list(labels) * (12 // len(labels)), words)
    assert fitted.projection.weight.shape == (8, axes)
    assert fitted.moved(words).dim == axes


@given(st.floats(0.1, 100), st.floats(-100, 100))
def test_scale_and_shift_of_the_features_do_not_matter(scale, shift):
    plain = fit_prototypes(FEATURES, LABELS, WORDS)
    changed = (FEATURES * scale + shift).astype(np.float32)
    other = fit_prototypes(changed, LABELS, WORDS)
    wanted = cosine(plain.projection(FEATURES), plain(WORDS.vectors))
    assert cosine(other.projection(changed), other(WORDS.vectors)) == pytest.approx(
        wanted, abs=0.01
    )


def test_features_that_vary_in_no_label_are_compared_as_they_are():
    fitted = fit_prototypes(PLACES, AROUND, COMPASS)
    assert np.isfinite(fitted.projection.weight).all()


def test_a_path_holds_the_fit_of_each_setting():
    configs = [CONFIG, PrototypeConfig(8.0, 3.0)]
    for fitted, config in zip(
        prototypes_path(FEATURES, LABELS, WORDS, configs), configs, strict=True
    ):
        alone = fit_prototypes(FEATURES, LABELS, WORDS, config)
        assert fitted(WORDS.vectors) == pytest.approx(alone(WORDS.vectors))
        assert fitted.projection.weight == pytest.approx(alone.projection.weight)


def test_the_settings_chosen_have_the_most_hits_on_labels_held_back():
    hits = prototype_hits(FEATURES, LABELS, WORDS, seed=0)
    assert len(hits) == len(SHARPNESSES) * len(SHRINKAGES)
    chosen = chosen_prototypes(FEATURES, LABELS, WORDS, seed=0)
    assert hits[chosen] == max(hits.values())


def test_of_equally_good_settings_the_sharpest_with_most_shrinkage_is_chosen():
    chosen = chosen_prototypes(np.ones((8, 2), np.float32), AROUND, COMPASS, seed=0)
    assert chosen == PrototypeConfig(SHARPNESSES[-1], SHRINKAGES[-1])


def test_settings_are_chosen_unless_they_are_given():
    assert settled_prototypes(ByPrototypes(CONFIG), FEATURES, LABELS, WORDS, seed=0) == CONFIG
    chosen = chosen_prototypes(FEATURES, LABELS, WORDS, seed=0)
    assert settled_prototypes(ByPrototypes(), FEATURES, LABELS, WORDS, seed=0) == chosen


def test_three_labels_are_too_few_to_choose_by():
    assert settled_prototypes(ByPrototypes(), PLACES[:3], AROUND[:3], COMPASS, seed=0) == DEFAULT
    with pytest.raises(BadData, match="3 classes; at least 4"):
        chosen_prototypes(PLACES[:3], AROUND[:3], COMPASS, seed=0)


def test_a_single_label_tells_nothing_apart():
    with pytest.raises(ValueError, match="1 labels to learn from; at least 2"):
        fit_prototypes(PLACES[:1], AROUND[:1], COMPASS)


def test_a_label_without_a_vector_is_refused():
    with pytest.raises(UnknownWord):
        fit_prototypes(PLACES[:2], ["east", "up"], COMPASS)


@pytest.mark.parametrize(("sharpness", "shrinkage"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_settings_that_are_not_above_zero_are_refused(sharpness, shrinkage):
    with pytest.raises(ValueError, match="must be above 0"):
        PrototypeConfig(sharpness, shrinkage)
