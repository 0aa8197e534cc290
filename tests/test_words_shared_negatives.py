"""Negatives shared in a window, and pairs that move together, cost no quality."""

import numpy as np
import pytest
from gensim.models import Word2Vec

from iconym.similarity import unit
from iconym.words.corpus import encode
from iconym.words.outputs import HierarchicalSoftmax, NegativeSampling
from iconym.words.vocabulary import count_words
from iconym.words.windows import WindowConfig, train_windows

TOPICS, SIZE = 40, 10  # words are named by their topic and a number


def topical_text(sentences=2500, length=10, noise=0.65):
    """Sentences whose words come from one topic, but for a share of noise."""
    rng = np.random.default_rng(5)
    topic = rng.integers(TOPICS, size=(sentences, 1))
    stray = rng.random((sentences, length)) < noise
    topics = np.where(stray, rng.integers(TOPICS, size=stray.shape), topic)
    return [
        [f"{t}-{n}" for t, n in zip(*pair)]
        for pair in zip(topics, rng.integers(SIZE, size=topics.shape))
    ]


def precision(words, vectors):
    """How many of the nine nearest words of each word are of its topic."""
    scores = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(scores, -np.inf)
    nearest = np.argsort(-scores, axis=1)[:, : SIZE - 1]
    topic = np.array([int(word.split("-")[0]) for word in words])
    return (topic[nearest] == topic[:, None]).mean()


@pytest.mark.parametrize("tree", [False, True], ids=["negatives", "tree"])
@pytest.mark.parametrize("combine", ["each", "mean"])
def test_topics_are_found_as_well_as_with_negatives_of_their_own(combine, tree):
    text = topical_text()
    vocabulary = count_words(text)
    corpus = encode(text, vocabulary)
    ours, theirs = [], []
    for seed in (1, 2, 3):
        config = WindowConfig(
            dim=32,
            epochs=16,
            seed=seed,
            sample=0,
            learning_rate=0.05,
            output=HierarchicalSoftmax() if tree else NegativeSampling(),
        )
        learned = train_windows(corpus, vocabulary, config, combine=combine)
        ours.append(precision(vocabulary.words, learned.vectors))
        peer = Word2Vec(
            text,
            vector_size=32,
            window=5,
            sg=int(combine == "each"),
            hs=int(tree),
            negative=0 if tree else 5,
            alpha=0.05,
            sample=0,
            epochs=16,
            seed=seed,
            workers=1,
        )
        theirs.append(precision(peer.wv.index_to_key, peer.wv.vectors))
    assert np.mean(ours) > np.mean(theirs) - 0.02
    assert 0.3 < np.mean(theirs) < 0.95  # neither chance, 0.02, nor too easy to tell
