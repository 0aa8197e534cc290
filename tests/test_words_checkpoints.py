"""Checkpoints: a training that stopped anywhere goes on to the very same vectors."""

import json
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.words import windows
from iconym.words.checkpoints import Checkpoint, training_fingerprint
from iconym.words.corpus import Corpus
from iconym.words.skipgram import train_skipgram
from iconym.words.vocabulary import Vocabulary
from iconym.words.windows import WindowConfig

VOCABULARY = Vocabulary(tuple("abcdefgh"), np.arange(8, 0, -1))
CORPUS = Corpus(
    np.random.default_rng(0).integers(8, size=600).astype(np.int32), np.arange(0, 601, 6)
)
CONFIG = WindowConfig(dim=5, epochs=2)


def arrays(*numbers):
    return {name: np.full((2, 3), n, np.float32) for name, n in zip("ab", numbers)}


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(windows, "Checkpoint", partial(Checkpoint, seconds=0.0))


def stop_after(steps):
    def track(items, doing, total):
        for number, item in enumerate(items, 1):
            yield item
            if number == steps:
                raise KeyboardInterrupt

    return track


@pytest.mark.parametrize("steps", [1, 37, 149])
def test_a_training_that_stopped_goes_on_to_the_same_vectors(steps, tmp_path, every_step):
    unbroken = train_skipgram(CORPUS, VOCABULARY, CONFIG).vectors
    file, totals = tmp_path / "state", []
    with pytest.raises(KeyboardInterrupt):
        train_skipgram(CORPUS, VOCABULARY, CONFIG, stop_after(steps), checkpoint=file)

    def track(items, doing, total):
        totals.append(total)
        return items

    resumed = train_skipgram(CORPUS, VOCABULARY, CONFIG, track, checkpoint=file)
    assert np.array_equal(resumed.vectors, unbroken)
    assert totals == [150 - steps]


def test_a_state_is_saved_when_its_seconds_are_over(tmp_path):
    path = tmp_path / "state"
    Checkpoint(path, "x", seconds=1000).save_if_due(1, arrays(1, 2))
    assert not path.exists()
    Checkpoint(path, "x", seconds=0).save_if_due(1, arrays(1, 2))
    assert path.exists()


def test_arrays_come_back_with_the_number_of_steps(tmp_path):
    checkpoint, found = Checkpoint(tmp_path / "state", "x"), arrays(0, 0)
    assert checkpoint.restore(found) == 0
    checkpoint.save(7, arrays(1, 2))
    assert checkpoint.restore(found) == 7
    assert found["a"].min() == found["a"].max() == 1 and found["b"].min() == 2


def test_threads_that_go_on_writing_do_not_damage_a_state(tmp_path):
    written = {"a": np.zeros((1000, 2000), np.float32)}
    ended = threading.Event()

    def write():
        while not ended.is_set():
            written["a"] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for done in range(10):
            Checkpoint(tmp_path / "state", "x").save(done, written)
            found = {"a": np.zeros((1000, 2000), np.float32)}
            assert Checkpoint(tmp_path / "state", "x").restore(found) == done
    finally:
        ended.set()
        thread.join()


def test_a_state_of_another_training_is_refused(tmp_path):
    Checkpoint(tmp_path / "state", "x").save(7, arrays(1, 2))
    with pytest.raises(BadData, match="another text or other settings"):
        Checkpoint(tmp_path / "state", "y").restore(arrays(0, 0))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1], "checksum"),
        (lambda data: data[:-20], "cut short"),
        (lambda data: data[:-5] + b"\x07" + data[-4:], "checksum"),
        (lambda data: data + b"\0", "checksum"),
        (lambda data: b"", "no saved training"),
        (lambda data: b"[]\n" + data, "no saved training"),
        (lambda data: json.dumps({"fingerprint": "x"}).encode() + b"\n", "no saved training"),
    ],
)
def test_a_damaged_state_is_refused(damage, message, tmp_path):
    path = tmp_path / "state"
    Checkpoint(path, "x").save(7, arrays(1, 2))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadData, match=message):
        Checkpoint(path, "x").restore(arrays(0, 0))


def test_the_fingerprint_covers_text_words_counts_and_settings():
    def of(corpus=CORPUS, vocabulary=VOCABULARY, settings=CONFIG):
        return training_fingerprint(corpus, vocabulary, repr(settings))

    other_text = Corpus(CORPUS.tokens[::-1].copy(), CORPUS.offsets)
    other_bounds = Corpus(CORPUS.tokens, np.arange(0, 601, 12))
    others = {
        of(other_text),
        of(other_bounds),
        of(vocabulary=Vocabulary(tuple("abcdefgi"), VOCABULARY.counts)),
        of(vocabulary=Vocabulary(VOCABULARY.words, VOCABULARY.counts + 1)),
        of(settings=replace(CONFIG, seed=2)),
    }
    assert of() not in others and len(others) == 5 and of() == of()
