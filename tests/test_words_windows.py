"""Training by windows: the compiled code against plain loops, and what its docstrings promise."""

import math
from dataclasses import replace

import numpy as np
import pytest

from iconym.errors import BadData, Usage
from iconym.words import windows
from iconym.words.cbow import train_cbow
from iconym.words.compiled import blocks_kernel, draws_kernel, window_kernel
from iconym.words.corpus import Corpus, encode
from iconym.words.labels import compile_labels
from iconym.words.outputs import (
    HierarchicalSoftmax,
    NegativeSampling,
    Softmax,
    huffman,
)
from iconym.words.phrases import Joined, Lexicon
from iconym.words.sampling import alias_table, keep_probabilities
from iconym.words.skipgram import train_skipgram
from iconym.words.vectors import similarity
from iconym.words.vocabulary import Vocabulary, count_words
from iconym.words.windows import (
    WindowConfig,
    initial_model,
    learning_rate,
    split_training,
    train_windows,
)

RHYME = [
    "the cat sat on the mat and the dog sat on the log".split(),
    "a cat and a dog ate the frog".split(),
    "the frog sat on a log and a cat saw the frog".split(),
    "one fish two fish red fish blue fish this one has a little star here now ever".split(),
    "some are glad and some are sad and some are very very bad".split(),
]
VOCABULARY = count_words(RHYME, min_count=1)
CORPUS = encode(RHYME, VOCABULARY)
SMALL = WindowConfig(dim=7, window=3, epochs=2, sample=0.05, learning_rate=0.2)
OUTPUTS = (NegativeSampling(7), NegativeSampling(2), HierarchicalSoftmax(), Softmax())
COMBINE = ("each", "mean", "sum")


class PlainLoops:
    """What ``train_windows`` computes, word by word in plain Python and float64."""

    def __init__(self, corpus, vocabulary, config, combine):
        self.corpus, self.vocabulary, self.config = corpus, vocabulary, config
        self.combine = combine
        self.inputs = initial_model(vocabulary, config).inputs[:, : config.dim].astype(np.float64)
        self.outputs = np.zeros_like(self.inputs)
        self.keep = keep_probabilities(vocabulary.counts, config.sample)
        self.paths = huffman(vocabulary.counts)
        self.draws = 0

    def draw(self):
        self.draws += 1
        self.state = np.uint64(draws_kernel.next_state(self.state))
        return np.uint64(draws_kernel.scramble(self.state))

    def train(self):
        config, corpus = self.config, self.corpus
        total = config.epochs * len(corpus.tokens)
        for chunk in split_training(corpus, config.epochs):
            self.state = draws_kernel.first_state(config.seed, chunk.number)
            done = chunk.done
            for s in range(chunk.first, chunk.last):
                tokens = corpus.tokens[corpus.offsets[s] : corpus.offsets[s + 1]]
                share = max(1 - done / total, config.min_learning_rate_fraction)
                self.train_sentence(tokens, learning_rate(config, self.combine) * share)
                done += len(tokens)
        return self.inputs

    def train_sentence(self, tokens, rate):
        kept = [int(t) for t in tokens if draws_kernel.fraction(self.draw()) < self.keep[t]]
        windows = [(self.reach(), self.negatives()) for _ in kept]
        for i, (reach, negatives) in enumerate(windows):
            context = kept[max(0, i - reach) : i] + kept[i + 1 : i + 1 + reach]
            if context:
                self.train_window(context, kept[i], negatives, rate)

    def reach(self):
        return 1 + draws_kernel.below(self.draw(), self.config.window)

    def negatives(self):
        if not isinstance(self.config.output, NegativeSampling):
            return []
        threshold, alias = alias_table(self.vocabulary.counts**0.75)
        drawn = []
        for _ in range(self.config.output.negatives):
            bits = self.draw()
            word = draws_kernel.below(bits, len(self.vocabulary))
            drawn.append(
                word if draws_kernel.fraction(bits) < threshold[word] else int(alias[word])
            )
        return drawn

    def targets(self, center, negatives):
        """(rows of outputs, what each is wanted to be)."""
        if isinstance(self.config.output, NegativeSampling):
            others = [n for n in negatives if n != center]
            return [center, *others], [1.0] + [0.0] * len(others)
        if isinstance(self.config.output, HierarchicalSoftmax):
            way = slice(*self.paths.starts[center : center + 2])
            return self.paths.nodes[way].tolist(), self.paths.left[way].tolist()
        words = range(len(self.vocabulary))
        return list(words), [float(w == center) for w in words]

    def slopes(self, hidden, rows, wanted):
        scores = self.outputs[rows] @ hidden
        if isinstance(self.config.output, Softmax):
            chances = np.exp(scores) / np.exp(scores).sum()
        else:
            chances = 1 / (1 + np.exp(-scores))
        return np.array(wanted) - chances

    def train_window(self, context, center, negatives, rate):
        rows, wanted = self.targets(center, negatives)
        groups = [context[i : i + 2] for i in range(0, len(context), 2)]
        for group in groups if self.combine == "each" else [context]:
            hidden = self.inputs[group].copy()
            if self.combine != "each":
                hidden = hidden.sum(axis=0, keepdims=True)
                hidden /= len(group) if self.combine == "mean" else 1
            slopes = rate * np.stack([self.slopes(h, rows, wanted) for h in hidden])
            errors = slopes @ self.outputs[rows]
            np.add.at(self.outputs, rows, slopes.T @ hidden)
            np.add.at(self.inputs, group, errors)


def compiled(config, combine, corpus=CORPUS, vocabulary=VOCABULARY, **options):
    return train_windows(corpus, vocabulary, config, combine=combine, **options).vectors


@pytest.mark.parametrize("combine", COMBINE)
@pytest.mark.parametrize("output", OUTPUTS, ids=repr)
def test_the_compiled_training_equals_plain_loops(output, combine):
    assert len(VOCABULARY) == 30
    config = replace(SMALL, output=output)
    plain = PlainLoops(CORPUS, VOCABULARY, config, combine)
    start = plain.inputs.copy()
    reference = plain.train()
    assert np.abs(reference - start).max() > 0.01
    np.testing.assert_allclose(compiled(config, combine), reference, atol=1e-5)


def test_the_learning_rate_never_falls_below_its_share():
    config = replace(SMALL, min_learning_rate_fraction=0.9)
    reference = PlainLoops(CORPUS, VOCABULARY, config, "each").train()
    np.testing.assert_allclose(compiled(config, "each"), reference, atol=1e-5)
    assert np.abs(reference - compiled(SMALL, "each")).max() > 1e-3


def test_skipgram_and_cbow_are_named_cases_with_the_rates_of_word2vec():
    skipgram = train_skipgram(CORPUS, VOCABULARY)
    assert np.array_equal(skipgram.vectors, compiled(WindowConfig(learning_rate=0.025), "each"))
    for combine in ("mean", "sum"):
        cbow = train_cbow(CORPUS, VOCABULARY, combine=combine)
        assert np.array_equal(cbow.vectors, compiled(WindowConfig(learning_rate=0.05), combine))


KINDS = {
    "negative sampling": window_kernel.NEGATIVE_SAMPLING,
    "hierarchical softmax": window_kernel.HIERARCHICAL_SOFTMAX,
    "softmax": window_kernel.SOFTMAX,
}


def losses(kind, hidden, outputs, targets, wanted):
    """The loss of one window, for each row of ``hidden``, by the formulas of the papers."""
    total = 0.0
    for h in hidden:
        scores = [float(outputs[y] @ h) for y in targets]
        if kind == "softmax":
            total += math.log(sum(map(math.exp, scores))) - scores[int(wanted[0])]
        else:
            total += sum(math.log1p(math.exp(-s if w else s)) for s, w in zip(scores, wanted))
    return total


def hidden_rows(inputs, context, combine):
    rows = inputs[context]
    if combine == "each":
        return rows
    summed = rows.sum(axis=0, keepdims=True)
    return summed / len(context) if combine == "mean" else summed


@pytest.mark.parametrize("combine", COMBINE)
@pytest.mark.parametrize("kind", KINDS)
def test_one_window_moves_against_the_gradient_of_its_loss(kind, combine):
    rng = np.random.default_rng(3)
    inputs, outputs = rng.normal(0, 0.5, (2, 9, 4)).astype(np.float32)
    context = [1, 1] if combine == "each" else [1, 2, 1]  # a word twice
    targets, wanted = [0, 3, 4, 5, 7, 2, 8], [1, 0, 0, 0, 0, 0, 0]  # two blocks
    if kind == "hierarchical softmax":
        wanted = [1, 0, 1, 0, 0, 1, 1]
    if kind == "softmax":
        targets, wanted = list(range(9)), [5] + [0] * 8  # the center is word 5
    moved = step(kind, combine, inputs, outputs, context, (targets, wanted))

    def loss(a, b):
        return losses(kind, hidden_rows(a, context, combine), b, targets, wanted)

    for table, after in zip((inputs, outputs), moved):
        gradient = finite_differences(loss, table, inputs, outputs)
        assert np.abs(gradient).max() > 0.1
        if table is inputs and combine == "mean":
            gradient *= len(context)  # word2vec.c's full error
        np.testing.assert_allclose(table - after[:, :4], gradient, atol=1e-4)


def step(kind, combine, inputs, outputs, context, targets):
    """Inputs and outputs after one window, at a rate of 1."""
    width = np.zeros((9, 12), np.float32)
    model = window_kernel.Model(*(np.concatenate([t, width], axis=1) for t in (inputs, outputs)))
    room = draws_kernel.empty_sentence(1, 0)
    private = window_kernel.Private(9, 9, np.zeros((0, 16), np.float32))
    none = (private, private)
    scratch = window_kernel.empty_scratch(KINDS[kind], room, 2, len(targets[0]), *none)
    n, size, one = len(targets[0]), len(context), np.float32(1)
    scratch.context[:size], scratch.targets[:n], scratch.wanted[:n] = context, *targets
    if combine == "each":
        window_kernel.train_each(model, scratch, size, n, one)
    else:
        window_kernel.train_bag(model, scratch, size, n, one, combine == "mean")
    return model


def finite_differences(loss, table, inputs, outputs):
    gradient = np.zeros(table.shape)
    for place in np.ndindex(*table.shape):
        both = []
        for change in (1e-4, -1e-4):
            a, b = inputs.astype(np.float64), outputs.astype(np.float64)
            (a if table is inputs else b)[place] += change
            both.append(loss(a, b))
        gradient[place] = (both[0] - both[1]) / 2e-4
    return gradient


@pytest.mark.parametrize(
    ("kind", "moved"),
    [("negative sampling", [4, 2, -4]), ("hierarchical softmax", [4, 4, -4])],
)
def test_beyond_a_score_of_6_a_negative_counts_as_certain_and_a_node_is_left_alone(kind, moved):
    inputs, outputs = np.zeros((2, 9, 4), np.float32)
    inputs[0, 0], outputs[:3, 0] = 2, [4, 4, -4]  # of scores 8, 8 and -8
    after = step(kind, "each", inputs, outputs, [0], ([0, 1, 2], [1, 0, 0]))
    assert after.outputs[:3, 0].tolist() == moved


def test_six_outputs_are_scored_at_once_and_padding_moves_nothing():
    assert blocks_kernel.BLOCK == 6
    inputs, outputs = np.ones((2, 9, 4), np.float32)
    after = step("negative sampling", "each", inputs, outputs, [3], ([0], [1]))
    assert not np.array_equal(after.outputs[0, :4], outputs[0])
    assert np.array_equal(after.outputs[1:, :4], outputs[1:])


def test_huffman_gives_the_shortest_ways_to_the_most_frequent_words():
    paths = huffman(np.array([8, 4, 2, 1]))
    assert np.diff(paths.starts).tolist() == [1, 2, 3, 3]
    assert paths.nodes.tolist() == [2, 2, 1, 2, 1, 0, 2, 1, 0]  # 2 is the root
    assert paths.left.tolist() == [1, 0, 1, 0, 0, 1, 0, 0, 0]


def test_huffman_is_as_short_as_a_heap_finds_and_its_ways_tell_all_words_apart():
    counts = np.sort(np.random.default_rng(0).zipf(1.3, 200) % 1000 + 1)[::-1]
    paths = huffman(counts)
    ways = {tuple(paths.left[paths.starts[i] : paths.starts[i + 1]].tolist()) for i in range(200)}
    assert len(ways) == 200
    heap, cost = sorted(counts.tolist()), 0
    while len(heap) > 1:
        joined = heap.pop(0) + heap.pop(0)
        cost += joined
        heap = sorted([*heap, joined])
    assert int((counts * np.diff(paths.starts)).sum()) == cost


def test_a_vocabulary_of_one_word_has_nothing_to_tell_apart():
    vocabulary = Vocabulary(("a",), np.array([3]))
    corpus = Corpus(np.zeros(3, np.int32), np.array([0, 3]))
    for output in OUTPUTS:
        compiled(WindowConfig(dim=4, output=output), "each", corpus, vocabulary)


def test_the_full_softmax_refuses_a_vocabulary_that_is_too_large():
    words = 30_001
    vocabulary = Vocabulary(tuple(map(str, range(words))), np.ones(words, np.int64))
    with pytest.raises(Usage, match="30001 words are too many for the full softmax"):
        train_skipgram(CORPUS, vocabulary, WindowConfig(output=Softmax()))


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
        encode(text, vocabulary), vocabulary, WindowConfig(dim=16, sample=0.0, epochs=10)
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
        train_skipgram(CORPUS, VOCABULARY, WindowConfig(dim=8, seed=seed)).vectors
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

    config = WindowConfig(dim=8, threads=3, epochs=4)
    words = train_skipgram(CORPUS, VOCABULARY, config, track)
    steps = len(split_training(CORPUS, epochs=4))
    assert seen[0] == ("learning words", steps)
    assert len(seen) == 1 + steps
    assert not np.array_equal(words.vectors, initial_model(VOCABULARY, config).inputs[:, :8])


@pytest.mark.parametrize("combine", ["each", "mean", "sum"])
@pytest.mark.parametrize("output", [NegativeSampling(), HierarchicalSoftmax(), Softmax()])
@pytest.mark.parametrize("copied", [0, 5, 29])  # of 30 words, of 29 inner nodes
def test_private_copies_are_merged_into_what_one_thread_learns(
    monkeypatch, combine, output, copied
):
    monkeypatch.setattr(windows, "in_threads", lambda work, items, threads: map(work, items))
    monkeypatch.setattr(windows, "PRIVATE_NODES", copied)
    monkeypatch.setattr(windows, "PRIVATE_WORDS", copied)
    tokens = np.tile(CORPUS.tokens, 300)[:17_000]
    long = Corpus(tokens, np.array([0, 40, 5000, 17_000]))  # the last one makes merges
    config = replace(SMALL, output=output, learning_rate=0.01)
    one = compiled(config, combine, long)
    two = compiled(replace(config, threads=2), combine, long)
    assert not np.allclose(one, compiled(replace(config, epochs=1), combine, long), atol=1e-2)
    np.testing.assert_allclose(two, one, atol=1e-4)


def test_an_interrupted_training_stops_at_the_next_step():
    steps = []

    def interrupt(items, doing, total):
        for item in items:
            steps.append(item)
            raise KeyboardInterrupt
        yield

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            train_skipgram(CORPUS, VOCABULARY, WindowConfig(dim=8, threads=threads), interrupt)
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
    vocabulary = Vocabulary(tuple(map(str, range(1500))), np.ones(1500, np.int64))
    model = initial_model(vocabulary, WindowConfig(dim=10))
    assert model.inputs.shape == (1500, 16) and not model.inputs[:, 10:].any()
    assert len(np.unique(model.inputs[:, :10])) > 14_900  # no block is drawn twice
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
    state = np.uint64(draws_kernel.next_state(np.uint64(1234567)))
    assert (
        draws_kernel.scramble(state) == 6457827717110365317
    )  # the published first output of this seed
    assert draws_kernel.fraction(np.uint64(2**23)) == 0.5
    assert [
        draws_kernel.below(np.uint64(b) << np.uint64(32), 10) for b in (0, 2**31, 2**32 - 1)
    ] == [
        0,
        5,
        9,
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dim", 0),
        ("window", 0),
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
        WindowConfig(**{setting: value})


def test_a_text_without_a_known_word_is_refused():
    empty = Corpus(np.zeros(0, np.int32), np.zeros(1, np.int64))
    with pytest.raises(BadData, match="no word of the vocabulary"):
        train_skipgram(empty, VOCABULARY)


def test_a_text_encoded_with_another_vocabulary_is_refused():
    foreign = Corpus(np.array([0, 99], np.int32), np.array([0, 2], np.int64))
    with pytest.raises(BadData, match=r"0 \.\.\. 99"):
        train_skipgram(foreign, VOCABULARY)
