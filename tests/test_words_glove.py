"""GloVe: the compiled training against plain NumPy, its order of records, and its promises."""

import math
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numba import njit

from iconym.errors import BadData, Usage
from iconym.words import glove, glove_order
from iconym.words.checkpoints import Checkpoint
from iconym.words.compiled import glove_kernel as kernel
from iconym.words.compiled.lanes import aligned_zeros, clip, inverse_root, load, spread, store
from iconym.words.cooccurrence import Cooccurrences
from iconym.words.cooccurrence_counting import CooccurrenceConfig, count_cooccurrences
from iconym.words.corpus import Corpus, encode
from iconym.words.glove import GloveConfig, fit_glove, initial_model, train_glove
from iconym.words.glove_order import chunks_of_epoch, shuffled_records, split_epoch
from iconym.words.vectors import similarity
from iconym.words.vocabulary import Vocabulary, count_words

RNG = np.random.default_rng(7)
CORPUS = Corpus((30 * RNG.random(600) ** 2).astype(np.int32), np.arange(0, 601, 12))
FOUND = count_cooccurrences(CORPUS, 30, CooccurrenceConfig(window=4))
CONFIG = GloveConfig(dim=6, x_max=5.0, epochs=3, learning_rate=0.2)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(glove_order, "CHUNK", 100)
    assert chunks_of_epoch(FOUND) > 3


def glove_reference(found, config):
    """Words, contexts and costs as ``fit_glove``, record by record in float64."""
    start = glove._fit(initial_model(found.words, config), config.dim, np.zeros(1))
    sides = [
        {"w": vectors.astype(float), "b": biases.astype(float), "W": 1, "B": 1}
        for vectors, biases in (
            (start.words, start.word_biases),
            (start.contexts, start.context_biases),
        )
    ]
    for side in sides:
        side["W"], side["B"] = np.ones_like(side["w"]), np.ones_like(side["b"])
    costs = np.zeros(config.epochs)
    bias_rate = config.learning_rate if config.bias_eta == "paper" else 1.0
    for epoch in range(config.epochs):
        for chunk in split_epoch(found, epoch, config.seed):
            for i, j, x in zip(*shuffled_records(found, chunk, config.seed), strict=True):
                words, contexts = sides
                score = words["w"][i] @ contexts["w"][j] + words["b"][i] + contexts["b"][j]
                f = min(1, (x / config.x_max) ** config.alpha)
                missing = score - math.log(x)
                costs[epoch] += f / 2 * missing**2 / len(found)
                slopes = f * missing * contexts["w"][j], f * missing * words["w"][i]
                for side, row, slope in zip(sides, (i, j), slopes, strict=True):
                    step = config.learning_rate * np.clip(slope, -100, 100)
                    side["w"][row] -= step / np.sqrt(side["W"][row])
                    side["W"][row] += step**2
                    side["b"][row] -= bias_rate * f * missing / math.sqrt(side["B"][row])
                    side["B"][row] += (bias_rate * f * missing) ** 2
    return sides[0]["w"], sides[1]["w"], costs


@pytest.mark.parametrize("bias_eta", ["paper", "official-2019"])
def test_costs_and_vectors_are_those_of_plain_numpy(bias_eta, small_chunks):
    config = replace(CONFIG, bias_eta=bias_eta)
    fit = fit_glove(FOUND, config)
    words, contexts, costs = glove_reference(FOUND, config)
    assert len(FOUND) > 500 and costs[2] < 0.8 * costs[0]
    np.testing.assert_allclose(fit.costs, costs, rtol=1e-5)
    np.testing.assert_allclose(fit.words, words, atol=1e-5)
    np.testing.assert_allclose(fit.contexts, contexts, atol=1e-5)
    assert np.array_equal(fit.vectors, fit.words + fit.contexts)


def model_of(words, contexts, biases=(0.0, 0.0)):
    """A model of one word and one context."""
    model = kernel.empty_model(1, len(words))
    for table, vector, bias in zip(model, (words, contexts), biases):
        table[0, : len(vector)] = vector
        table[0, table.shape[1] - kernel.WIDTH] = bias
    return model


def learn_one(model, x, weight=1.0, rates=(1.0, 1.0)):
    zero = np.zeros(1, np.int32)
    of_one = (np.array([number], np.float32) for number in (math.log(x), weight))
    rates = kernel.Rates(*np.float32(rates))
    return kernel.train_records(model, kernel.Records(zero, zero, *of_one), rates)


def test_the_first_step_is_the_gradient_of_the_cost():
    numbers = np.random.default_rng(0).normal(0, 0.5, 8)  # word, its bias, context, its bias

    def cost(n):
        return 0.7 / 2 * (n[:3] @ n[4:7] + n[3] + n[7] - math.log(6)) ** 2

    model = model_of(numbers[:3], numbers[4:7], numbers[[3, 7]])
    assert learn_one(model, 6, 0.7) == pytest.approx(cost(numbers), rel=1e-6)
    moved = np.concatenate([table[0, [0, 1, 2, 32]] for table in model])
    gradient = [(cost(numbers + e) - cost(numbers - e)) / 2e-5 for e in 1e-5 * np.eye(8)]
    np.testing.assert_allclose(numbers - moved, gradient, rtol=1e-5, atol=1e-6)


def test_steps_become_shorter_by_the_root_of_the_squares_of_all_before():
    model = model_of([0.0], [1.0])
    learn_one(model, math.exp(2), rates=(0.5, 0.0))  # slope -2 of the word, 0 of the context
    assert model.words[0, 0] == pytest.approx(1)
    learn_one(model, math.e**3, rates=(0.5, 0.0))  # again -2; squares 1 + (0.5 * 2)**2
    assert model.words[0, 0] == pytest.approx(1 + 1 / math.sqrt(2), rel=1e-6)


def test_slopes_of_vectors_are_cut_at_100_and_those_of_biases_are_not():
    model = model_of([0.0], [50.0])
    learn_one(model, math.exp(-200), rates=(0.25, 1.0))  # slope 200 * 50 of the word
    assert model.words[0, 0] == pytest.approx(-25)
    assert [table[0, 32] for table in model] == pytest.approx([-200, -200])


@njit
def cut_and_inverted(a):
    """Row 1 becomes row 0 cut at +-3, row 2 becomes 1 / sqrt(row 2)."""
    store(a, 1, 0, clip(load(a, 0, 0), spread(np.float32(3))))
    store(a, 2, 0, inverse_root(load(a, 2, 0)))


def test_sixteen_numbers_are_cut_and_inverted_as_by_numpy():
    table = aligned_zeros(3, 16)
    table[0], table[2] = np.arange(16) - 7.5, np.geomspace(1, 1e12, 16)
    cut_and_inverted(table)
    assert np.array_equal(table[1], np.clip(np.arange(16) - 7.5, -3, 3))
    np.testing.assert_allclose(table[2], np.geomspace(1, 1e-6, 16), rtol=1e-6)


def test_numbers_start_within_half_a_dimension_and_squares_at_1():
    fit = glove._fit(initial_model(2500, GloveConfig(dim=9)), 9, np.zeros(1))
    for numbers in (fit.words, fit.contexts, fit.word_biases, fit.context_biases):
        assert -0.05 <= numbers.min() < -0.049 and 0.049 < numbers.max() <= 0.05
    model = initial_model(2, GloveConfig(dim=9))
    assert (model.words[:, [16, 31, 33]] == 1).all() and not model.words[:, 9:16].any()


def records_of_epoch(epoch, seed=1):
    chunks = [shuffled_records(FOUND, c, seed) for c in split_epoch(FOUND, epoch, seed)]
    return [np.concatenate(arrays) for arrays in zip(*chunks, strict=True)]


def test_every_epoch_holds_each_record_once_row_by_row(small_chunks):
    rows, columns, values = records_of_epoch(0)
    order = np.lexsort((columns, rows))
    assert np.array_equal(rows[order], FOUND.rows)
    assert np.array_equal(columns[order], FOUND.columns)
    assert np.array_equal(values[order], FOUND.values)
    assert np.count_nonzero(np.diff(rows)) == len(np.unique(rows)) - 1


def test_the_order_changes_with_the_epoch_and_the_seed_only(small_chunks):
    first, again, epoch, seed = (records_of_epoch(*at) for at in ((0, 1), (0, 1), (1, 1), (0, 2)))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    for other in (epoch, seed):
        assert not np.array_equal(first[0], other[0])
        assert not np.array_equal(first[1][first[0] == 5], other[1][other[0] == 5])


def test_every_order_within_a_row_is_as_likely():
    row = Cooccurrences(np.array([0, 3]), np.arange(3, dtype=np.int32), np.ones(3, np.float32))
    orders = Counter()
    for seed in range(1200):
        (chunk,) = split_epoch(row, 0, seed)
        orders[tuple(shuffled_records(row, chunk, seed)[1].tolist())] += 1
    assert len(orders) == 6 and all(150 < times < 250 for times in orders.values())


def test_chunks_hold_about_as_many_records_each(small_chunks):
    sizes = [len(shuffled_records(FOUND, c, 1)[0]) for c in split_epoch(FOUND, 0, 1)]
    assert len(sizes) == chunks_of_epoch(FOUND) and max(sizes) < 100 + 30  # 30: a row


def test_words_in_the_same_surroundings_become_alike():
    animals, tools = "purr tail fur paw".split(), "steel handle bolt rust".split()
    names = (("cat", animals), ("lynx", animals), ("hammer", tools), ("wrench", tools))
    rng = np.random.default_rng(0)
    text = [
        [str(w) for w in rng.permutation([name, *around])]
        for _ in range(100)
        for name, around in names
    ]
    vocabulary = count_words(text)
    config = GloveConfig(dim=8, x_max=10.0, counting=CooccurrenceConfig(window=5))
    words = train_glove(encode(text, vocabulary), vocabulary, config)
    assert similarity(words, "cat", "lynx") > similarity(words, "cat", "hammer") + 0.3
    assert similarity(words, "wrench", "hammer") > similarity(words, "lynx", "wrench") + 0.3


def test_the_same_seed_gives_the_same_vectors_and_another_seed_others():
    first, second, other = (fit_glove(FOUND, replace(CONFIG, seed=s)).vectors for s in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_co_occurrences_on_disk_give_the_same_vectors(tmp_path):
    vocabulary = Vocabulary(tuple(map(str, range(30))), np.arange(30, 0, -1))
    memory = train_glove(CORPUS, vocabulary, CONFIG)
    assert memory.words == vocabulary.words
    disk = train_glove(CORPUS, vocabulary, CONFIG, folder=tmp_path / "pairs")
    assert np.array_equal(memory.vectors, disk.vectors)


def test_several_threads_train_every_record(small_chunks):
    one, three = (fit_glove(FOUND, replace(CONFIG, threads=n, epochs=8)) for n in (1, 3))
    np.testing.assert_allclose(three.costs, one.costs, rtol=0.2)


def stop_after(steps):
    def track(items, doing, total):
        assert (doing, total) == ("learning words", 3 * chunks_of_epoch(FOUND))
        for number, item in enumerate(items, 1):
            yield item
            if number == steps:
                raise KeyboardInterrupt

    return track


@pytest.mark.parametrize("steps", [1, 9])
def test_a_training_that_stopped_goes_on_to_the_same_fit(
    steps, tmp_path, small_chunks, monkeypatch
):
    monkeypatch.setattr(glove, "Checkpoint", partial(Checkpoint, seconds=0.0))
    unbroken = fit_glove(FOUND, CONFIG)
    with pytest.raises(KeyboardInterrupt):
        fit_glove(FOUND, CONFIG, stop_after(steps), checkpoint=tmp_path / "state")
    totals = []

    def track(items, doing, total):
        totals.append(total)
        return items

    resumed = fit_glove(FOUND, CONFIG, track, checkpoint=tmp_path / "state")
    assert totals == [3 * chunks_of_epoch(FOUND) - steps]
    assert np.array_equal(resumed.vectors, unbroken.vectors)
    assert np.array_equal(resumed.costs, unbroken.costs)


def test_a_state_of_other_co_occurrences_or_settings_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(glove, "Checkpoint", partial(Checkpoint, seconds=0.0))
    fit_glove(FOUND, CONFIG, checkpoint=tmp_path / "state")
    doubled = Cooccurrences(FOUND.starts, FOUND.columns, 2 * FOUND.values)
    for found, config in ((FOUND, replace(CONFIG, x_max=6.0)), (doubled, CONFIG)):
        with pytest.raises(BadData, match="another text or other settings"):
            fit_glove(found, config, checkpoint=tmp_path / "state")


def test_a_text_in_which_no_words_meet_is_refused():
    alone = Corpus(np.array([0, 1], np.int32), np.array([0, 1, 2]))
    with pytest.raises(BadData, match="no two words stand in one sentence"):
        train_glove(alone, Vocabulary(("a", "b"), np.ones(2, np.int64)))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dim", 0),
        ("epochs", 0),
        ("threads", 0),
        ("x_max", 0.0),
        ("alpha", -1.0),
        ("learning_rate", 1.0),
        ("seed", -1),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_value(setting, value):
    with pytest.raises(Usage, match=f"{setting} is {value}"):
        GloveConfig(**{setting: value})
