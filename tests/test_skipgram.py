"""Skip-gram: the compiled training against the same training as plain loops, and its promises."""

import math
from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import BadData, Usage
from iconym.words import skipgram_kernel as kernel
from iconym.words.corpus import Corpus, encode
from iconym.words.labels import compile_labels
from iconym.words.phrases import Joined, Lexicon
from iconym.words.sampling import alias_table, keep_probabilities
from iconym.words.skipgram import (
    SkipgramConfig,
    initial_model,
    split_training,
    train_skipgram,
)
from iconym.words.vectors import similarity
from iconym.words.vocabulary import Vocabulary, count_words

RHYME = [
    "the cat sat on the mat and the dog sat on the log".split(),
    "a cat and a dog ate the frog".split(),
    "the frog sat on a log and a cat saw the frog".split(),
]
VOCABULARY = count_words(RHYME, min_count=1)
CORPUS = encode(RHYME, VOCABULARY)
SMALL = SkipgramConfig(dim=7, window=3, negatives=7, epochs=2, sample=0.05, learning_rate=0.2)


def skipgram_reference(
    corpus: Corpus, vocabulary: Vocabulary, config: SkipgramConfig
) -> np.ndarray:
    """What ``train_skipgram`` computes, word by word in plain Python and float64."""
    inputs = initial_model(len(vocabulary), config).inputs.astype(np.float64)
    outputs = np.zeros_like(inputs)
    keep = keep_probabilities(vocabulary.counts, config.sample)
    threshold, alias = alias_table(vocabulary.counts**0.75)
    total = config.epochs * len(corpus.tokens)
    for chunk in split_training(corpus, config.epochs):
        state = kernel.first_state(config.seed, chunk.number)

        def draw() -> np.uint64:
            nonlocal state
            state = np.uint64(kernel.next_state(state))
            return np.uint64(kernel.scramble(state))

        done = chunk.done
        for sentence in range(chunk.first, chunk.last):
            tokens = corpus.tokens[corpus.offsets[sentence] : corpus.offsets[sentence + 1]]
            rate = config.learning_rate * max(1 - done / total, config.min_learning_rate_fraction)
            done += len(tokens)
            kept = [int(t) for t in tokens if kernel.fraction(draw()) < keep[t]]
            for i, center in enumerate(kept):
                reach = 1 + kernel.below(draw(), config.window)
                context = kept[max(0, i - reach) : i] + kept[i + 1 : i + 1 + reach]
                if not context:
                    continue
                targets = [center]
                for _ in range(config.negatives):
                    bits = draw()
                    word = kernel.below(bits, len(vocabulary))
                    targets.append(
                        word if kernel.fraction(bits) < threshold[word] else int(alias[word])
                    )
                reference_window(inputs, outputs, context, targets, rate)
    return inputs


def reference_window(inputs, outputs, context, targets, rate):
    old_inputs, old_outputs = inputs.copy(), outputs.copy()
    for x in context:
        for k, y in enumerate(targets):
            if k > 0 and y == targets[0]:
                continue
            wanted = 1.0 if k == 0 else 0.0
            step = rate * (wanted - 1 / (1 + math.exp(-old_inputs[x] @ old_outputs[y])))
            inputs[x] += step * old_outputs[y]
            outputs[y] += step * old_inputs[x]


def window_loss(inputs, outputs, context, targets):
    """-sum log sigmoid(+-s) over the pairs of a window, negatives equal to the center left out."""
    loss = 0.0
    for x in context:
        for k, y in enumerate(targets):
            if k == 0 or y != targets[0]:
                s = float(inputs[x] @ outputs[y])
                loss += math.log1p(math.exp(-s if k == 0 else s))
    return loss


@pytest.mark.parametrize("least", [1e-4, 0.9])  # of the learning rate
def test_the_compiled_training_equals_plain_loops(least):
    assert len(CORPUS.tokens) == 33
    config = replace(SMALL, min_learning_rate_fraction=least)
    learned = train_skipgram(CORPUS, VOCABULARY, config).vectors
    reference = skipgram_reference(CORPUS, VOCABULARY, config)
    assert np.abs(reference - initial_model(len(VOCABULARY), SMALL).inputs).max() > 0.01
    np.testing.assert_allclose(learned, reference, atol=2e-4)


def test_one_window_moves_against_the_gradient_of_its_loss():
    rng = np.random.default_rng(3)
    inputs, outputs = rng.normal(0, 0.5, (2, 5, 4)).astype(np.float32)
    context, targets = [1, 2, 1], [0, 3, 4, 3, 0, 2]  # a word twice, a negative twice and skipped
    model = kernel.Model(inputs.copy(), outputs.copy())
    scratch = kernel.scratch(10, window=2, negatives=5, dim=4)
    scratch.context[:3], scratch.targets[:] = context, targets
    kernel.train_window(model, scratch, 3, np.float32(1))
    for table, moved in ((inputs, model.inputs), (outputs, model.outputs)):
        gradient = finite_differences(table, inputs, outputs, context, targets)
        assert np.abs(gradient).max() > 0.1
        np.testing.assert_allclose(table - moved, gradient, atol=3e-3)  # the sigmoid's table


def test_beyond_a_score_of_6_a_pair_counts_as_certain():
    model = kernel.Model(np.full((3, 1), 2, np.float32), np.array([[4], [4], [-4]], np.float32))
    scratch = kernel.scratch(10, window=1, negatives=5, dim=1)
    scratch.context[:1], scratch.targets[:] = 0, [0, 1, 2, 0, 0, 0]  # of scores 8, 8 and -8
    kernel.train_window(model, scratch, 1, np.float32(1))
    assert model.outputs.flatten().tolist() == [4, 2, -4]  # only the negative of score 8 is wrong
    assert model.inputs.flatten().tolist() == [-2, 2, 2]


def finite_differences(table, inputs, outputs, context, targets):
    gradient = np.zeros(table.shape)
    for place in np.ndindex(*table.shape):
        losses = []
        for step in (1e-4, -1e-4):
            a, b = inputs.astype(np.float64), outputs.astype(np.float64)
            (a if table is inputs else b)[place] += step
            losses.append(window_loss(a, b, context, targets))
        gradient[place] = (losses[0] - losses[1]) / 2e-4
    return gradient


def test_words_in_the_same_surroundings_become_alike():
    rng = np.random.default_rng(0)
    animals, tools = "purr tail fur paw".split(), "steel handle bolt rust".split()
    text = [
        [str(w) for w in rng.permutation([name, *surroundings])]
        for _ in range(300)
        for name, surroundings in (
            ("cat", animals),
            ("lynx", animals),
            ("hammer", tools),
            ("wrench", tools),
        )
    ]
    vocabulary = count_words(text)
    words = train_skipgram(
        encode(text, vocabulary), vocabulary, SkipgramConfig(dim=16, sample=0.0, epochs=10)
    )
    assert similarity(words, "cat", "lynx") > similarity(words, "cat", "hammer") + 0.3
    assert similarity(words, "wrench", "hammer") > similarity(words, "lynx", "wrench") + 0.3


def test_a_rare_label_of_several_words_gets_a_vector_of_its_own():
    lexicon = Lexicon.of(["snow leopard"])
    text = Joined([["a", "snow", "leopard"], *RHYME, *RHYME], lexicon)
    vocabulary = count_words(text, min_count=2, forced=lexicon.tokens)
    words = train_skipgram(encode(text, vocabulary), vocabulary, SMALL)
    assert "leopard" not in words
    compiled = compile_labels(["Snow leopard", "cat"], words)
    assert compiled.report.known == ("Snow leopard", "cat")


def test_the_same_seed_gives_the_same_vectors_and_another_seed_others():
    first, second, other = (
        train_skipgram(CORPUS, VOCABULARY, SkipgramConfig(dim=8, seed=seed)).vectors
        for seed in (5, 5, 6)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_several_threads_train_every_chunk():
    seen = []

    def track(items, doing, total):
        seen.append((doing, total))
        for item in items:
            seen.append(item)
            yield item

    config = SkipgramConfig(dim=8, threads=3, epochs=4)
    words = train_skipgram(CORPUS, VOCABULARY, config, track)
    steps = len(split_training(CORPUS, epochs=4))
    assert seen[0] == ("learning words", steps)
    assert len(seen) == 1 + steps
    assert not np.array_equal(words.vectors, initial_model(len(VOCABULARY), config).inputs)


def test_an_interrupted_training_stops_at_the_next_step():
    steps = []

    def interrupt(items, doing, total):
        for item in items:
            steps.append(item)
            raise KeyboardInterrupt
        yield

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            train_skipgram(CORPUS, VOCABULARY, SkipgramConfig(dim=8, threads=threads), interrupt)
    assert len(steps) == 2


def test_chunks_cover_every_sentence_of_every_epoch_in_order():
    corpus = Corpus(np.zeros(1000, np.int32), np.arange(0, 1001, 2, dtype=np.int64))
    chunks = split_training(corpus, epochs=3)
    assert 100 <= len(chunks) <= 200
    sentences = [s for chunk in chunks for s in range(chunk.first, chunk.last)]
    assert sentences == list(range(500)) * 3
    assert [c.number for c in chunks] == list(range(len(chunks)))
    assert all(c.done == 1000 * (c.number // 50) + 2 * c.first for c in chunks)


def test_vectors_start_within_half_a_dimension_and_outputs_at_zero():
    model = initial_model(1000, SkipgramConfig(dim=10))
    assert -0.05 <= model.inputs.min() < -0.049 and 0.049 < model.inputs.max() <= 0.05
    assert not model.outputs.any()


def test_frequent_words_are_thinned_out_by_the_rule_of_word2vec():
    counts = np.array([900, 99, 1])
    keep = keep_probabilities(counts, sample=0.01)  # sN = 10
    assert keep == pytest.approx([(math.sqrt(90) + 1) / 90, (math.sqrt(9.9) + 1) / 9.9, 1])
    assert keep_probabilities(counts, sample=0.0).tolist() == [1, 1, 1]


def test_the_alias_table_draws_exactly_in_proportion():
    weights = np.array([5.0, 1.0, 0.0, 2.0])
    threshold, alias = alias_table(weights)
    share = np.zeros(4)
    for row in range(4):
        share[row] += threshold[row] / 4
        share[alias[row]] += (1 - threshold[row]) / 4
    assert share == pytest.approx(weights / 8)


def test_random_numbers_are_those_of_splitmix64():
    state = np.uint64(kernel.next_state(np.uint64(1234567)))
    assert kernel.scramble(state) == 6457827717110365317  # the published first output of this seed
    assert kernel.fraction(np.uint64(2**23)) == 0.5
    assert [kernel.below(np.uint64(b) << np.uint64(32), 10) for b in (0, 2**31, 2**32 - 1)] == [
        0,
        5,
        9,
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dim", 0),
        ("window", 0),
        ("negatives", 0),
        ("epochs", 0),
        ("threads", 0),
        ("sample", -1.0),
        ("learning_rate", 0.0),
        ("min_learning_rate_fraction", 2.0),
        ("seed", -1),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_value(setting, value):
    with pytest.raises(Usage, match=f"{setting} is {value}"):
        SkipgramConfig(**{setting: value})


def test_a_text_without_a_known_word_is_refused():
    empty = Corpus(np.zeros(0, np.int32), np.zeros(1, np.int64))
    with pytest.raises(BadData, match="no word of the vocabulary"):
        train_skipgram(empty, VOCABULARY)


def test_a_text_encoded_with_another_vocabulary_is_refused():
    foreign = Corpus(np.array([0, 99], np.int32), np.array([0, 2], np.int64))
    with pytest.raises(BadData, match=r"0 \.\.\. 99"):
        train_skipgram(foreign, VOCABULARY)
