"""Words and pairs of a source counted shard by shard, each kept on disk once it is counted."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from iconym.files import replaced_file
from iconym.nouns import Track
from iconym.words.text.fingerprints import fingerprint
from iconym.words.text.pair_counts import Counted, PairCounts
from iconym.words.text.shards import Shard, Source
from iconym.words.text.workers import ReadShard, each_shard


def count_pairs(
    source: Source, most: int, processes: int, track: Track, place: Path | None
) -> PairCounts:
    """The counts of ``source``, at most ``most`` at a time.

    Args:
        source: read once; of shards whose counts are in ``place``, the counts are.
        most: words and pairs, as for ``PairCounts``.
        processes: the counts are the same for any number, unless some were dropped.
        track: shows progress; the items are ``ReadShard``.
        place: a folder that takes the counts of each shard, about as many bytes as its text
            has; None keeps nothing.
    """
    counts, shards = PairCounts(most), source.shards()
    settings = fingerprint(source.settings, most) if place else ""
    work = partial(_count_shard, most, place, settings)

    def merged() -> Iterator[ReadShard]:
        counted = each_shard(work, source, shards, processes)
        for shard, found in zip(shards, counted, strict=True):
            counts.merge(found)
            yield ReadShard(found.total, shard.size)

    for _ in track(merged(), "counting pairs", len(shards)):
        pass
    return counts


def _count_shard(
    most: int, place: Path | None, settings: str, source: Source, shard: Shard
) -> Counted:
    file = place / f"{fingerprint(settings, shard.name)}.npz" if place else None
    if file is not None and file.exists():
        return _load(file)
    counts = PairCounts(most)
    counts.add(source.read(shard))
    if file is not None:
        _save(counts.counted, file)
    return counts.counted


def _save(counted: Counted, path: Path) -> None:
    words = np.frombuffer(json.dumps(counted.words).encode(), np.uint8)
    with replaced_file(path) as file:
        np.savez(file, **{**counted._asdict(), "words": words})


def _load(path: Path) -> Counted:
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    arrays["words"] = json.loads(arrays["words"].tobytes())
    for name in ("total", "dropped"):
        arrays[name] = int(arrays[name])
    return Counted(**arrays)
