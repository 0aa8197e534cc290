"""What the demo learns, one function a step: words, a classifier, and four joint spaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from iconym.data.drawings import Drawings
from iconym.demo.networks import Layered
from iconym.demo.recipe import Recipe
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.radial import RadialBasis
from iconym.errors import Stopped
from iconym.labellers.chance import random_vectors
from iconym.nouns import Track, WordVectors
from iconym.objectives.hinge_rank import hinge_rank
from iconym.objectives.info_nce import info_nce
from iconym.similarity import cosine
from iconym.training.fine_tuning import FineTuning, fine_tune
from iconym.training.layers import Goal, examples_of, fit_projection
from iconym.training.networks import train_classifier, train_jointly
from iconym.training.ridge import fit_kernel_ridge
from iconym.words.corpus import encode
from iconym.words.skipgram import train_skipgram
from iconym.words.vocabulary import count_words


@dataclass(frozen=True)
class Lesson:
    """What may be learned from: the drawings of the seen names in the training styles."""

    pictures: Tensor  # (n, 3, side, side) uint8
    labels: tuple[str, ...]

    def among(self, words: WordVectors) -> "Lesson":
        """The part whose labels have a vector."""
        kept = [i for i, label in enumerate(self.labels) if label in words]
        return Lesson(self.pictures[kept], tuple(self.labels[i] for i in kept))


def lesson(drawings: Drawings, seen: Bool[np.ndarray, " n"], side: int) -> Lesson:
    """The drawings of the names that ``seen`` marks, in every style but the held-out one."""
    rows, square = np.flatnonzero(seen), Preprocessing(side, "pad", "area")
    pictures = [
        square.square(drawings.pictures[s][i]) for s in drawings.training_styles for i in rows
    ]
    labels = tuple(drawings.names[i] for _ in drawings.training_styles for i in rows)
    return Lesson(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), labels)


def learn_words(sentences: Sequence[list[str]], recipe: Recipe, track: Track) -> WordVectors:
    """Step 3 of DeViSE's picture of itself: the language model, by skip-gram."""
    total = len(sentences)
    counted = track(sentences, "counting words", total)
    vocabulary = count_words(counted, min_count=recipe.min_count)
    corpus = encode(track(sentences, "numbering words", total), vocabulary)
    return train_skipgram(corpus, vocabulary, recipe.words, track)


def learn_classifier(taught: Lesson, recipe: Recipe, track: Track) -> Layered:
    """Step 1, the vision model: a network trained from scratch by softmax."""
    found = train_classifier(taught.pictures, taught.labels, recipe.from_scratch, track)
    return Layered(found.cnn, found.weight, found.bias, found.classes)


def learn_devise(
    classifier: Layered, taught: Lesson, labels: WordVectors, recipe: Recipe, track: Track
) -> Layered:
    """Steps 2 and 4, the surgery: softmax off, projection on, by the hinge rank loss alone."""
    goal = Goal(labels, _first_violation(recipe))
    taught = taught.among(labels)
    features = torch.from_numpy(_features(classifier, taught, recipe))
    examples = examples_of(features, taught.labels, goal)
    projection = fit_projection(examples, goal, recipe.projection, track)
    return Layered(classifier.network, projection.weight, projection.bias)


def tune_devise(
    devise: Layered, taught: Lesson, labels: WordVectors, recipe: Recipe, track: Track
) -> Layered:
    """The paper's second stage: the same loss, into the network."""
    goal, taught = Goal(labels, _first_violation(recipe)), taught.among(labels)
    pictures = examples_of(taught.pictures, taught.labels, goal, recipe.augmentation)
    how = FineTuning(recipe.tuning, encoder_rate=1.0)
    tuned = fine_tune(devise.network, devise.projection, pictures, goal, how, track)
    if tuned.stopped:
        raise Stopped(tuned.stopped)
    return Layered(tuned.network, tuned.projection.weight, tuned.projection.bias)


def learn_jointly(taught: Lesson, labels: WordVectors, recipe: Recipe, track: Track) -> Layered:
    """A network of our own: the classifier's task and softmax over cosines, both from scratch.

    Its layer is empty: what it is for are its features.
    """
    goal = Goal(labels, partial(info_nce, temperature=recipe.temperature), cosine)
    taught = taught.among(labels)
    network = train_jointly(taught.pictures, taught.labels, goal, recipe.from_scratch, track)
    return Layered(network, np.empty((network.dim, 0), "f4"), np.empty(0, "f4"))


def learn_ours(joint: Layered, taught: Lesson, labels: WordVectors, recipe: Recipe) -> Layered:
    """The surgery by kernel ridge regression, in closed form, on the joint network's features."""
    taught = taught.among(labels)
    features = _features(joint, taught, recipe)
    basis = RadialBasis.of(features, gamma=recipe.gamma)
    targets = np.stack([labels[label] for label in taught.labels])
    projection = fit_kernel_ridge(basis(features), targets, alpha=recipe.alpha)
    return Layered(joint.network, projection.weight, projection.bias, basis=basis)


def random_labels(labels: WordVectors, draw: int) -> WordVectors:
    """Random unit vectors in the place of the labels', for the baseline without language."""
    return random_vectors(labels.words, labels.dim, seed=draw)


def _first_violation(recipe: Recipe) -> partial[Tensor]:
    generator = torch.Generator().manual_seed(recipe.seed)
    return partial(hinge_rank, margin=0.1, negatives="first", generator=generator)


def _features(layered: Layered, taught: Lesson, recipe: Recipe) -> Float[np.ndarray, "n dim"]:
    """The features of the drawings as they will be when the network serves."""
    images = list(taught.pictures.permute(0, 2, 3, 1).numpy())
    return layered.encoder(recipe.side, "cnn")(images)
