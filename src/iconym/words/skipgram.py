"""Skip-gram: word vectors that foretell which words stand nearby."""

from pathlib import Path

from iconym.nouns import Track, WordVectors, untracked
from iconym.words.corpus import Corpus
from iconym.words.vocabulary import Vocabulary
from iconym.words.windows import WindowConfig, train_windows


def train_skipgram(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: WindowConfig | None = None,
    track: Track = untracked,
    *,
    checkpoint: Path | None = None,
) -> WordVectors:
    """The vectors of all words of ``vocabulary``, learned from ``corpus``.

    Each word is to be told, from each word that surrounds it, from other words
    (``config.output``). As in word2vec.c: the vector of the surrounding word foretells the word
    in the middle; vectors start in U(-.5/dim, .5/dim), the outputs at 0; frequent words are
    thinned out before windows are laid; a window reaches 1 ... ``window`` words to each side,
    each as likely, and not beyond the sentence; negatives come with probability count**.75; one
    that is the word itself is skipped, not drawn anew; the learning rate falls linearly with the
    words read.

    Unlike word2vec.c, all pairs of one window share their negatives, and two surrounding words
    move together: memory is read once instead of many times, which makes the training several
    times as fast at equal quality (benchmarks/word_quality.py). The rate changes with each
    sentence, not with each 10,000 words, and there is no end-of-sentence word.

    One thread gives the same vectors for the same seed on one machine, also when it was killed
    and went on. Several threads write without waiting for each other (Hogwild), so their vectors
    differ from run to run. Of the nodes next to the root of the tree, which all write for every
    word, each thread has copies, which are merged every 1,000 words.

    Args:
        corpus: its tokens are rows of ``vocabulary``.
        vocabulary: its counts set the thinning, the negatives and the tree.
        config: None for the defaults.
        track: shown at least about 150 steps.
        checkpoint: a file that takes the state every 20 seconds; where it is there already, the
            training goes on from it. It stays there; remove it when the vectors are saved.

    Raises:
        BadData: if the corpus holds no token, or one beyond the vocabulary; if the checkpoint is
            of another training or damaged.
        Usage: if the vocabulary is too large for the full softmax.
        MissingTool: if numba is not installed.

    Source: Mikolov et al. 2013, "Efficient estimation of word representations in vector space";
        shared negatives: Ji et al. 2016, "Parallelizing word2vec in shared and distributed
        memory"; threads: Niu et al. 2011, "Hogwild!".
    """
    config = config or WindowConfig()
    return train_windows(
        corpus, vocabulary, config, combine="each", checkpoint=checkpoint, track=track
    )
