"""A prepared corpus: text as numbers on disk, larger than memory, made once and mapped since."""

import fcntl
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from iconym.errors import BadFolder, Usage
from iconym.files import MANIFEST, Contents, check_writable, load_folder, save_folder, to_json
from iconym.nouns import Track, untracked
from iconym.words.corpus import Corpus
from iconym.words.text.fingerprints import fingerprint
from iconym.words.text.merging import encode_shard, merged_counts
from iconym.words.text.numbering import Numbered
from iconym.words.text.shards import Shard, Source
from iconym.words.text.workers import ReadShard, each_shard
from iconym.words.vocabulary import Vocabulary, frequent_words

KIND = "corpus"
FORMAT = 1  # raised as well when the same text would become other tokens
MOST_WORDS = 2_000_000  # different words counted at a time

TOKENS, OFFSETS = "tokens.int32", "offsets.int64"


def prepare_corpus(
    source: Source,
    folder: Path,
    *,
    min_count: int = 5,
    forced: Iterable[str] = (),
    processes: int = 1,
    track: Track = untracked,
) -> tuple[Vocabulary, Corpus]:
    """The vocabulary and the corpus of ``source``, whose arrays are files in ``folder``.

    They are what ``count_words`` and ``encode`` would make, byte by byte, whatever the number of
    processes; but the text may be larger than memory, and it is read once. A ``folder`` that
    holds the corpus of the same text and settings is opened at once.

    What is done is kept in "<folder>.partial" meanwhile, a shard of about 16 MB of text at a time.
    A preparation that was killed goes on from there when asked for again, and reads anew only
    shards that were under way or whose files have changed since. Other settings for the
    vocabulary do not matter there, another way to make or join tokens does.

    Memory: a process holds a million tokens and the different words of its shard (some 30 MB
    for a shard of English text). Then at most two million different words, about 0.4 GB, are
    counted at a time; more are counted in several rounds. The vocabulary itself has to fit. Disk:
    8 bytes a token meanwhile, 4 in the end.

    Args:
        source: to join phrases first, a ``JoinedSource``.
        folder: is created, with those above it.
        min_count: a word that stands in the text less often is left out ...
        forced: ... unless it is one of these.
        processes: that read and number shards; see ``each_shard``.
        track: shows progress; while the text is read, the items are ``ReadShard``.

    Raises:
        BadFolder: if ``folder`` is there and holds something else, or the corpus of another
            text or of other settings; nothing that is whole is ever replaced.
        BadData: if the text cannot be read, or no word is left.
        Usage: if another process prepares this folder now, or a setting cannot be met.
        IconymError: if a process was killed.
    """
    settings = fingerprint(FORMAT, source.settings)
    shards = source.shards()
    parts = {_key(settings, shard): shard for shard in shards}  # a file given twice is read once
    keys = [_key(settings, shard) for shard in shards]
    forced = frozenset(forced)
    made_from = {"text": fingerprint(keys), "min_count": min_count, "forced": fingerprint(forced)}
    if folder.exists():
        return _same_corpus(folder, made_from)
    check_writable(folder)
    with _alone(folder.absolute()) as place:
        missing = [shard for key, shard in parts.items() if not Numbered(place / key).exists]
        read = each_shard(partial(_read, place, settings), source, missing, processes)
        for _ in track(read, "reading text", len(missing)):
            pass
        numbered = [Numbered(place / key) for key in keys]
        counts = merged_counts(numbered, MOST_WORDS, track)
        vocabulary = frequent_words(counts, min_count=min_count, forced=forced)
        _save(folder, made_from, vocabulary, numbered, track)
    return load_corpus(folder)


def is_corpus(path: Path) -> bool:
    """Whether ``path`` is a folder that ``prepare_corpus`` made."""
    return all((path / name).is_file() for name in (MANIFEST, TOKENS, OFFSETS))


def load_corpus(folder: Path) -> tuple[Vocabulary, Corpus]:
    """The vocabulary and the corpus of a folder that ``prepare_corpus`` made.

    The corpus stays on the disk; its arrays are read where they are used, and cannot be written.

    Raises:
        BadFolder: if it is no such folder, or damaged; of the arrays the sizes are checked.
    """
    found = load_folder(folder, KIND, FORMAT, unread=(TOKENS, OFFSETS))
    held = found.json("vocabulary.json")
    vocabulary = Vocabulary(tuple(held), np.array(list(held.values()), np.int64))
    tokens = np.memmap(folder / TOKENS, "<i4", "r")
    return vocabulary, Corpus(tokens, np.memmap(folder / OFFSETS, "<i8", "r"))


def _same_corpus(folder: Path, made_from: dict[str, Any]) -> tuple[Vocabulary, Corpus]:
    found = load_folder(folder, KIND, FORMAT, unread=(TOKENS, OFFSETS)).json("made_from.json")
    if others := [name for name in made_from if found.get(name) != made_from[name]]:
        raise BadFolder(
            f"{folder} holds the corpus of another {' and '.join(others)}; "
            "choose another place or delete it"
        )
    return load_corpus(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder for what is done so far, for one process at a time; in the end it goes."""
    place = folder.with_name(f"{folder.name}.partial")
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Usage(
                f"another process prepares {folder} now; wait for it or choose another place"
            ) from error
        yield place
        shutil.rmtree(place)


def _key(settings: str, shard: Shard) -> str:
    """What tells the sentences of ``shard`` from all others."""
    return fingerprint(settings, shard.name)


def _read(place: Path, settings: str, source: Source, shard: Shard) -> ReadShard:
    words = Numbered(place / _key(settings, shard)).write(source.read(shard))
    return ReadShard(words, shard.size)


def _save(
    folder: Path,
    made_from: dict[str, Any],
    vocabulary: Vocabulary,
    numbered: Sequence[Numbered],
    track: Track,
) -> None:
    shards = track(numbered, "numbering words", len(numbered))
    files: dict[str, Contents] = {
        "made_from.json": to_json(made_from),
        "vocabulary.json": to_json(
            dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
        ),
        TOKENS: _token_bytes(shards, vocabulary),
        OFFSETS: _offset_bytes(numbered, vocabulary),
    }
    save_folder(folder, KIND, FORMAT, files)


def _token_bytes(shards: Iterable[Numbered], vocabulary: Vocabulary) -> Iterator[bytes]:
    for shard in shards:
        for tokens, _ in encode_shard(shard, vocabulary.row):
            yield tokens.astype("<i4").tobytes()


def _offset_bytes(shards: Iterable[Numbered], vocabulary: Vocabulary) -> Iterator[bytes]:
    total = 0
    yield np.zeros(1, "<i8").tobytes()
    for shard in shards:
        for tokens, lengths in encode_shard(shard, vocabulary.row):
            yield (total + np.cumsum(lengths)).astype("<i8").tobytes()
            total += len(tokens)
