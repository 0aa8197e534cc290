"""CBOW, the continuous bag of words: a word is foretold from its surroundings taken together."""

from pathlib import Path
from typing import Literal

from iconym.nouns import Track, WordVectors, untracked
from iconym.words.corpus import Corpus
from iconym.words.vocabulary import Vocabulary
from iconym.words.windows import WindowConfig, train_windows


def train_cbow(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: WindowConfig | None = None,
    track: Track = untracked,
    *,
    combine: Literal["mean", "sum"] = "mean",
    checkpoint: Path | None = None,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, learned from ``corpus``.

    As ``train_skipgram``, but one vector foretells the word in the middle: the mean or the sum of
    the vectors around it. Each of those then moves by the whole error. For the sum that is the
    gradient; for the mean it is the gradient times the number of words, as in word2vec.c. (gensim
    divides the error of a sum by that number; we do not.)

    Args:
        corpus: as for ``train_skipgram``, as all that is not named here.
        vocabulary: of the corpus.
        config: None for the defaults.
        track: shown at least about 150 steps.
        combine: the mean learns better vectors; the sum is the older form.
        checkpoint: a file for the state.

    Raises:
        BadData, Usage, MissingTool: as ``train_skipgram``.

    Source: Mikolov et al. 2013, "Efficient estimation of word representations in vector space".
    """
    config = config or WindowConfig()
    return train_windows(
        corpus, vocabulary, config, combine=combine, checkpoint=checkpoint, track=track
    )
