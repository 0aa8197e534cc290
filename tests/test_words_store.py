"""Prepared corpora: the same bytes by any number of processes, also after being killed."""

import gzip
import os
import signal
import subprocess
import sys
import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import BadData, BadFolder, DamagedFolder, IconymError, Usage
from iconym.nouns import split_words
from iconym.words import store
from iconym.words.corpus import encode
from iconym.words.phrases import Lexicon, Pairs, Passes
from iconym.words.store import is_corpus, load_corpus, prepare_corpus
from iconym.words.text import numbering, ranges
from iconym.words.text.fingerprints import fingerprint
from iconym.words.text.merging import merged_counts
from iconym.words.text.numbering import Numbered
from iconym.words.text.sources import JoinedSource, TextFiles
from iconym.words.text.tokens import Tags
from iconym.words.text.workers import ReadShard, each_shard
from iconym.words.vocabulary import count_words


@pytest.fixture
def text(tmp_path):
    """Six files, each a shard: "word 0 word 1 ..." and numbers that only one of them has."""
    (tmp_path / "text").mkdir()
    for number in range(6):
        lines = [f"word {n} of {number * n}" for n in range(300)]
        (tmp_path / "text" / f"{number}.txt").write_text("\n".join(lines))
    return TextFiles((tmp_path / "text",), shard_bytes=1)


def same(prepared, expected):
    (vocabulary, corpus), (words, encoded) = prepared, expected
    return (
        vocabulary.words == words.words
        and vocabulary.counts.tolist() == words.counts.tolist()
        and corpus.tokens.tolist() == encoded.tokens.tolist()
        and corpus.offsets.tolist() == encoded.offsets.tolist()
    )


def in_memory(sentences, **settings):
    vocabulary = count_words(sentences, **settings)
    return vocabulary, encode(sentences, vocabulary)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_prepared_corpus_is_that_of_counting_and_encoding_in_memory(text, tmp_path):
    prepared = prepare_corpus(text, tmp_path / "corpus", min_count=3, forced=["299"])
    assert same(prepared, in_memory(text, min_count=3, forced=["299"]))
    assert same(load_corpus(tmp_path / "corpus"), prepared)


@settings(max_examples=25, deadline=None)  # each writes many files
@given(
    files=st.lists(st.text("ab \r\n", max_size=99), min_size=1, max_size=4),
    min_count=st.integers(1, 3),
    batch=st.integers(1, 50),
)
def test_any_text_is_prepared_as_in_memory(tmp_path_factory, files, min_count, batch):
    folder = tmp_path_factory.mktemp("any")
    for number, content in enumerate(files):
        (folder / f"{number}.txt").write_text(content, newline="")
    source = TextFiles((folder,), shard_bytes=50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "BATCH", batch)
        try:
            expected = in_memory(source, min_count=min_count)
        except BadData:
            with pytest.raises(BadData, match="no word stands"):
                prepare_corpus(source, folder / "corpus", min_count=min_count)
        else:
            assert same(prepare_corpus(source, folder / "corpus", min_count=min_count), expected)


def test_long_sentences_are_cut_after_rare_words_are_left_out(tmp_path):
    (tmp_path / "a.txt").write_text("rare " + "often " * 2001 + "\nrare\noften often")
    _, corpus = prepare_corpus(TextFiles((tmp_path / "a.txt",)), tmp_path / "corpus", min_count=9)
    assert corpus.offsets.tolist() == [0, 1000, 2000, 2001, 2003]


def test_several_processes_write_the_same_bytes(text, tmp_path):
    prepare_corpus(text, tmp_path / "one")
    prepare_corpus(text, tmp_path / "three", processes=3)
    assert contents(tmp_path / "one") == contents(tmp_path / "three")


def test_a_text_of_one_line_a_gzip_and_dos_lines_give_the_same_words(tmp_path):
    words = "anarchism originated as a term of abuse " * 40_000  # more than a megabyte
    (tmp_path / "line.txt").write_text(words)
    (tmp_path / "packed.txt.gz").write_bytes(gzip.compress(words.encode(), 1))
    (tmp_path / "dos.txt").write_bytes(
        b"\xef\xbb\xbf" + words.replace("abuse", "abuse\r\n").encode()
    )
    for name in ("line.txt", "packed.txt.gz", "dos.txt"):
        source = TextFiles((tmp_path / name,), shard_bytes=1)
        vocabulary, corpus = prepare_corpus(source, tmp_path / f"{name} corpus")
        assert vocabulary.counts.tolist() == [40_000] * 7
        assert corpus.tokens[:7].tolist() == [vocabulary.row[word] for word in words.split()[:7]]
        assert len(corpus.tokens) == 280_000


def test_phrases_are_joined_while_the_text_is_read(tmp_path):
    (tmp_path / "a.txt").write_text("a tiger shark\n" + "a fish\n" * 9)
    lexicon = Lexicon.of(["tiger shark"])
    joined = JoinedSource(TextFiles((tmp_path / "a.txt",)), lexicon)
    vocabulary, _ = prepare_corpus(joined, tmp_path / "corpus", forced=lexicon.tokens)
    assert vocabulary.words == ("a", "fish", "tiger_shark")


def test_a_finished_corpus_is_opened_without_reading_the_text(text, tmp_path, monkeypatch):
    first = prepare_corpus(text, tmp_path / "corpus")
    assert not (tmp_path / "corpus.partial").exists()
    monkeypatch.setattr(TextFiles, "read", lambda *_: pytest.fail("the text was read"))
    assert same(prepare_corpus(text, tmp_path / "corpus", processes=2), first)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_count": 4}, "holds the corpus of another min_count; choose"),
        ({"min_count": 4, "forced": ["299"]}, "another min_count and forced"),
    ],
)
def test_the_corpus_of_other_settings_is_refused(text, tmp_path, change, message):
    prepare_corpus(text, tmp_path / "corpus")
    with pytest.raises(BadFolder, match=message):
        prepare_corpus(text, tmp_path / "corpus", **change)


def test_the_corpus_of_another_text_is_refused(text, tmp_path):
    prepare_corpus(text, tmp_path / "corpus")
    (tmp_path / "text" / "0.txt").write_text("another text")
    with pytest.raises(BadFolder, match="holds the corpus of another text;"):
        prepare_corpus(text, tmp_path / "corpus")
    with pytest.raises(BadFolder, match="another text"):
        prepare_corpus(TextFiles(text.paths, str.split), tmp_path / "corpus")


def test_a_folder_of_other_things_is_refused(text, tmp_path):
    with pytest.raises(BadFolder, match="is no saved corpus"):
        prepare_corpus(text, tmp_path / "text")
    with pytest.raises(BadFolder, match="is no saved corpus"):
        load_corpus(tmp_path / "text")
    assert not is_corpus(tmp_path / "text")
    prepare_corpus(text, tmp_path / "corpus")
    assert is_corpus(tmp_path / "corpus")


def test_a_damaged_corpus_is_refused(text, tmp_path):
    prepare_corpus(text, tmp_path / "corpus")
    os.truncate(tmp_path / "corpus" / store.TOKENS, 8)
    with pytest.raises(DamagedFolder, match="differs in size"):
        load_corpus(tmp_path / "corpus")


def test_a_prepared_corpus_cannot_be_written_by_accident(text, tmp_path):
    _, corpus = prepare_corpus(text, tmp_path / "corpus")
    with pytest.raises(ValueError, match="read-only"):
        corpus.tokens[0] = 1


def test_while_one_process_prepares_a_folder_another_is_refused(text, tmp_path):
    def track(items, doing, total):
        with pytest.raises(Usage, match="another process prepares"):
            prepare_corpus(text, tmp_path / "corpus")
        return items

    prepare_corpus(text, tmp_path / "corpus", track=track)


def test_a_text_that_cannot_be_read_leaves_what_was_done(text, tmp_path):
    (tmp_path / "text" / "3.txt").write_bytes(b"\xff")
    for processes in (1, 2):
        with pytest.raises(BadData, match=r"3\.txt:1: not UTF-8"):
            prepare_corpus(text, tmp_path / "corpus", processes=processes)
    assert not (tmp_path / "corpus").exists()
    (tmp_path / "text" / "3.txt").write_text("word")
    seen = Seen()
    prepare_corpus(text, tmp_path / "corpus", track=seen)
    assert 1 <= len(seen.read) <= 3  # the first three were done for certain


class Seen:
    """A track that notes what was read."""

    def __init__(self):
        self.read = []

    def __call__(self, items, doing, total):
        for item in items:
            if doing == "reading text":
                self.read.append(item)
            yield item


def test_progress_counts_words_and_bytes(text, tmp_path):
    seen = Seen()
    prepare_corpus(text, tmp_path / "corpus", track=seen)
    first = (tmp_path / "text" / "0.txt").stat().st_size
    assert seen.read[0] == ReadShard(words=1200, size=first)
    assert len(seen.read) == 6


# What a process does that is to be killed: it says when two shards are done, and then waits.
KILLED = """
import sys
from pathlib import Path
from iconym.words.text.sources import TextFiles
from iconym.words.store import prepare_corpus

def track(items, doing, total):
    for done, item in enumerate(items, 1):
        yield item
        if done == 2:
            print("two shards done", flush=True)
            sys.stdin.read()

if __name__ == "__main__":
    text, folder, processes = sys.argv[1:]
    source = TextFiles((Path(text),), shard_bytes=1)
    prepare_corpus(source, Path(folder), processes=int(processes), track=track)
"""


@pytest.fixture
def preparation(tmp_path, text):
    """Starts a process that prepares "corpus" and waits when two of six shards are done."""
    script = tmp_path / "prepare.py"
    script.write_text(KILLED)

    def start(processes):
        arguments = [sys.executable, script, tmp_path / "text", tmp_path / "corpus", str(processes)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(arguments, **pipes, text=True, start_new_session=True)
        started.append(process)
        assert process.stdout.readline() == "two shards done\n"
        return process

    started = []
    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=60)


@pytest.mark.parametrize("processes", [1, 3])
def test_a_preparation_that_was_killed_goes_on_to_the_same_bytes(
    preparation, text, tmp_path, processes
):
    killed = preparation(processes)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)  # ends when no process holds its pipes any more: none is left
    assert not (tmp_path / "corpus").exists()
    seen = Seen()
    prepare_corpus(text, tmp_path / "corpus", processes=processes, track=seen)
    assert len(seen.read) <= 4
    prepare_corpus(text, tmp_path / "at once")
    assert contents(tmp_path / "corpus") == contents(tmp_path / "at once")


def test_an_interruption_ends_all_processes_and_only_one_complains(preparation):
    interrupted = preparation(3)
    os.killpg(interrupted.pid, signal.SIGINT)  # as Ctrl-C does
    _, errors = interrupted.communicate(timeout=60)
    assert errors.count("Traceback") == 1 and "KeyboardInterrupt" in errors


def test_what_a_killed_preparation_left_is_removed_in_the_end(text, tmp_path):
    left_over = tmp_path / ".corpus.new-killed"
    left_over.mkdir()
    prepare_corpus(text, tmp_path / "corpus")
    assert not left_over.exists()


def die(source, shard):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_was_killed_is_reported(text):
    with pytest.raises(IconymError, match="try again with fewer processes"):
        list(each_shard(die, text, text.shards(), 2))


def test_a_function_without_a_name_is_refused(text, tmp_path):
    source = TextFiles(text.paths, lambda line: line.split())
    with pytest.raises(Usage, match="use a function of a module"):
        prepare_corpus(source, tmp_path / "corpus")
    with pytest.raises(Usage, match="cannot be sent to other processes"):
        list(each_shard(die, source, text.shards(), 2))


def test_no_process_is_refused(text):
    with pytest.raises(Usage, match="processes is 0"):
        list(each_shard(die, text, text.shards(), 0))


def loaded(source, shard):
    return {"torch", "numba", "pyarrow", "onnxruntime"} & set(sys.modules)


def test_workers_load_no_heavy_packages(text):
    found = list(each_shard(loaded, text, text.shards(), 2))
    assert found == [set()] * 6


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 9))))
def test_counts_are_exact_however_few_are_held_at_a_time(tmp_path_factory, counts):
    folder = tmp_path_factory.mktemp("shards")
    shards, expected = [Numbered(folder / str(number)) for number in range(len(counts))], {}
    for shard, words in zip(shards, counts):
        shard.write([[word] * times for word, times in words.items()])
        for word, times in words.items():
            expected[word] = expected.get(word, 0) + times
    for most in (1, 5, 999):
        found = list(merged_counts(shards, most))
        assert len(found) == len(expected) and dict(found) == expected


def test_three_times_the_text_takes_no_more_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(numbering, "BATCH", 1 << 14)
    monkeypatch.setattr(ranges, "PIECE", 1 << 14)
    words = [f"word{number}" for number in range(1000)]
    peaks = []
    for size in (1, 3):
        file = tmp_path / f"{size}.txt"
        file.write_text(" ".join(words * 100 * size))
        tracemalloc.start()
        prepare_corpus(TextFiles((file,), str.split), tmp_path / f"{size}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] < 4e6  # bytes; the words of the longer one take 20 million


def test_equal_settings_have_equal_fingerprints():
    phrases = [f"a{n} b{n}" for n in range(99)]
    assert fingerprint(Lexicon.of(phrases)) == fingerprint(Lexicon.of(reversed(phrases)))
    assert fingerprint({"a": 1, "b": [None, 2.5]}) == fingerprint({"b": [None, 2.5], "a": 1})
    assert len(fingerprint()) == 32


def test_different_settings_have_different_fingerprints():
    values = [
        *(None, 0, 0.0, "0", "", (), ("", ""), ("", "", ""), frozenset(), {"a": 1}, {"a": "1"}),
        *(split_words, str.split, Tags(), Tags(";"), Tags(words=str.split), Lexicon.of(["a b"])),
        *(Passes(()), Passes((Pairs(frozenset()),)), Pairs(frozenset()), Pairs(frozenset(), 1)),
        *(partial(split_words), partial(split_words, "a"), partial(split_words, text="a")),
    ]
    assert len({fingerprint(value) for value in values}) == len(values)
    assert fingerprint("a", "b") != fingerprint("ab") != fingerprint(["a", "b"])


@pytest.mark.parametrize("value", [lambda: 0, np.zeros(1)], ids=["lambda", "array"])
def test_what_has_no_name_has_no_fingerprint(value):
    with pytest.raises(Usage, match="has no name to know it by again"):
        fingerprint(value)
