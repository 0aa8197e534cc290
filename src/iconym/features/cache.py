"""Features kept in a folder: a picture is encoded once by an encoder, and used everywhere.

A cache holds a saved folder for each data set and encoder, named by their fingerprints: the
features, a fingerprint of each picture, and the ledger of those that failed. While one is made,
its finished blocks lie beside it in ``<name>.partial``.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from iconym.encoders.onnx import OnnxEncoder, cosine_to_float32
from iconym.errors import BadPicture, DamagedFolder
from iconym.features import BATCH, Encoded, Fingerprinted, decode_rows, encoded_rows, none_usable
from iconym.features.blocks import Block, Blocks, one_at_a_time
from iconym.files import Contents, load_folder, save_folder, to_json
from iconym.nouns import LabelledImages, Track, untracked
from iconym.protocols import ImageEncoder

KIND, FORMAT = "features", 1
FEATURES, ABOUT, PICTURES, FAILED = "features.npy", "about.json", "pictures.json", "failed.json"
DIGITS = 16  # of a fingerprint, in the name of a folder
COMPARED = 32  # pictures by which a faster precision is compared with float32


@dataclass(frozen=True)
class WantedFeatures:
    """A data set, what encodes it, and where its features are kept.

    Args:
        data: the pictures.
        encoder: pictures to features.
        cache: the folder, which many data sets and encoders may share.
        pictures: a fingerprint of each picture, whatever it is called; "" for an unreadable one.
    """

    data: LabelledImages
    encoder: ImageEncoder
    cache: Path
    pictures: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What each picture is called, "" where the data have no names."""
        return self.data.names or ("",) * len(self.data)

    @cached_property
    def place(self) -> Path:
        """Where the features are once they are made.

        Named by the encoder's fingerprint, and by that of pictures, names and labels in order.
        """
        rows = list(zip(self.pictures, self.names, self.data.labels, strict=True))
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
        return self.cache.absolute() / f"{_prefix(self.encoder)}-{digest[:DIGITS]}"


def cached_features(
    data: LabelledImages, encoder: ImageEncoder, cache: Path, track: Track = untracked
) -> Encoded:
    """As ``encode``, but what the folder ``cache`` holds is not encoded again.

    What this encoder has encoded before is found there, in whatever data set, under whatever name
    and label. A run that is killed goes on where it was.

    Raises:
        BadData: as ``encode``.
        BadFolder: if features in ``cache`` are damaged.
        Usage: if another process makes the same features now, or nobody may write to ``cache``.
    """
    wanted = wanted_features(data, encoder, cache, track)
    found = found_features(wanted)
    return made_features(wanted, track) if found is None else found


def wanted_features(
    data: LabelledImages, encoder: ImageEncoder, cache: Path, track: Track = untracked
) -> WantedFeatures:
    """The data set with a fingerprint of each picture.

    A picture is decoded for it only where the images do not tell it themselves.
    """
    rows = track(range(len(data)), "looking at pictures", len(data))
    return WantedFeatures(data, encoder, cache, tuple(_fingerprint(data.images, r) for r in rows))


def found_features(wanted: WantedFeatures) -> Encoded | None:
    """The features, if every picture was encoded before, or was tried and failed; else None.

    Those of just this data set are mapped into memory; those of another are read.

    Raises:
        BadData: if not one picture can be used.
        BadFolder: if features in the cache are damaged.
    """
    if wanted.place.exists():
        return _loaded(wanted)
    known = _known(wanted)
    block = known.block(wanted, range(len(wanted.data)))
    if len(block.rows) + len(block.failed) < len(wanted.data):
        return None
    if not block.rows:
        raise none_usable(wanted.data, [*block.failed.values()])
    return encoded_rows(wanted.data, block.features, block.rows, [*block.failed.values()])


def made_features(wanted: WantedFeatures, track: Track = untracked) -> Encoded:
    """Encode the pictures that are not known yet, save the features of all, and map them.

    Raises:
        BadData, Usage: as ``cached_features``.
    """
    with one_at_a_time(wanted.place) as partial:
        if not wanted.place.exists():
            blocks, known = Blocks(partial, len(wanted.data)), _known(wanted)
            missing = blocks.missing()
            for number in track(missing, "encoding pictures", len(missing)):
                blocks.write(number, _encoded(wanted, blocks.rows(number), known))
            _save(wanted, blocks)
    return _loaded(wanted)


def about_features(wanted: WantedFeatures) -> dict[str, Any]:
    """What is recorded of features that were made: encoder, precision, counts.

    Raises:
        BadFolder: if they were not made, or are damaged.
    """
    return load_folder(wanted.place, KIND, FORMAT, unread=(FEATURES,)).json(ABOUT)


@dataclass(frozen=True)
class _Known:
    """What the encoder made of pictures in all data sets of the cache."""

    features: dict[str, np.ndarray]  # by fingerprint of the picture
    failed: dict[tuple[str, str], str]  # fingerprint and name: what is wrong

    def block(self, wanted: WantedFeatures, rows: range) -> Block:
        """What is known of these rows; a row of which nothing is known is left out."""
        kept = [row for row in rows if wanted.pictures[row] in self.features]
        features = [self.features[wanted.pictures[row]] for row in kept]
        named = {row: (wanted.pictures[row], wanted.names[row]) for row in rows}
        failed = {row: self.failed[key] for row, key in named.items() if key in self.failed}
        return Block(kept, np.stack(features) if kept else _nothing(wanted.encoder), failed)


def _known(wanted: WantedFeatures) -> _Known:
    features: dict[str, np.ndarray] = {}
    failed: dict[tuple[str, str], str] = {}
    for place in sorted(wanted.cache.glob(f"{_prefix(wanted.encoder)}-{'?' * DIGITS}")):
        folder = load_folder(place, KIND, FORMAT, unread=(FEATURES,))
        pictures, ledger = folder.json(PICTURES), folder.json(FAILED)
        failed |= {(pictures[bad["row"]], bad["name"]): bad["reason"] for bad in ledger}
        bad_rows = {bad["row"] for bad in ledger}
        good = [picture for row, picture in enumerate(pictures) if row not in bad_rows]
        features |= dict(zip(good, _mapped(place), strict=True))
    return _Known(features, failed)


def _encoded(wanted: WantedFeatures, rows: range, known: _Known) -> Block:
    block = known.block(wanted, rows)
    kept, made, failed = block.rows, [block.features], block.failed
    todo = [row for row in rows if row not in {*kept, *failed}]
    for start in range(0, len(todo), BATCH):
        new = decode_rows(wanted.data, todo[start : start + BATCH])
        failed |= new.failed
        if new.images:
            features = wanted.encoder(new.images)
            encoded_rows(wanted.data, features, new.rows, ())  # which refuses NaN
            kept, made = [*kept, *new.rows], [*made, features]
    order = np.argsort(kept, kind="stable")
    return Block([kept[i] for i in order], np.concatenate(made)[order], failed)


def _save(wanted: WantedFeatures, blocks: Blocks) -> None:
    failed = {row: why for block in blocks.read() for row, why in block.failed.items()}
    count = len(wanted.data) - len(failed)
    if not count:
        raise none_usable(wanted.data, [*failed.values()])
    ledger = [
        {"row": row, "name": wanted.names[row], "reason": why}
        for row, why in sorted(failed.items())
    ]
    files: dict[str, Contents] = {
        ABOUT: to_json(_about(wanted)),
        PICTURES: to_json(wanted.pictures),
        FAILED: to_json(ledger),
        FEATURES: _array_file(blocks, (count, wanted.encoder.dim)),
    }
    save_folder(wanted.place, KIND, FORMAT, files)


def _about(wanted: WantedFeatures) -> dict[str, Any]:
    encoder = wanted.encoder
    about: dict[str, Any] = {"encoder": encoder.name, "fingerprint": encoder.fingerprint}
    if isinstance(encoder, OnnxEncoder):
        first = decode_rows(wanted.data, range(min(COMPARED, len(wanted.data)))).images
        about["precision"] = encoder.running.precision
        about["cosine_to_float32"] = cosine_to_float32(encoder, first)
    return about


def _array_file(blocks: Blocks, shape: tuple[int, int]) -> Iterator[bytes]:
    header = BytesIO()
    form = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, form)
    yield header.getvalue()
    for block in blocks.read():
        yield block.features.astype("<f4").tobytes()


def _loaded(wanted: WantedFeatures) -> Encoded:
    ledger = load_folder(wanted.place, KIND, FORMAT, unread=(FEATURES,)).json(FAILED)
    bad = {failure["row"] for failure in ledger}
    rows = [row for row in range(len(wanted.data)) if row not in bad]
    reasons = [failure["reason"] for failure in ledger]
    return encoded_rows(wanted.data, _mapped(wanted.place), rows, reasons)


def _mapped(place: Path) -> np.ndarray:
    try:
        return np.load(place / FEATURES, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise DamagedFolder(f"{place / FEATURES}: {error}; remove {place}") from error


def _prefix(encoder: ImageEncoder) -> str:
    return encoder.fingerprint[:DIGITS]


def _nothing(encoder: ImageEncoder) -> np.ndarray:
    return np.empty((0, encoder.dim), np.float32)


def _fingerprint(images: Any, row: int) -> str:
    told = images.fingerprint(row) if isinstance(images, Fingerprinted) else None
    if told is not None:
        return told
    try:
        image = images[row]
    except BadPicture:
        return ""
    return hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()
