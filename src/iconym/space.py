"""The joint space: one place where a picture and a word become vectors that can be compared."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

from iconym.encoders.onnx import OnnxEncoder
from iconym.encoders.preprocessing import Preprocessing
from iconym.encoders.runtimes import FLOAT32, Running
from iconym.errors import BadData, DamagedFolder, Usage
from iconym.evidence import Evidence
from iconym.files import Folder, load_folder, save_folder, to_json, to_safetensors
from iconym.nouns import Image, WordVectors
from iconym.protocols import ImageEncoder
from iconym.similarity import unit

FORMAT = 1
LABELS_LEARNED, EVIDENCE = "evidence.json", "evidence.safetensors"  # neither in older folders


@dataclass(frozen=True)
class Projection:
    """The learned linear map from image features into the words' space."""

    weight: Float[np.ndarray, "features dim"]
    bias: Float[np.ndarray, " dim"]

    def __call__(self, features: Float[np.ndarray, "n features"]) -> Float[np.ndarray, "n dim"]:
        """The features' places in the joint space, not normalized."""
        return features @ self.weight + self.bias


@dataclass(frozen=True)
class JointSpace:
    """An image encoder, a projection, and the words it was trained towards.

    Args:
        name: for people.
        encoder: pictures to features.
        projection: features into the words' space.
        text: reads words and phrases.
        vocabulary: the labels it answers with, keyed by the label's text; may grow while it serves.
        evidence: how the projection came from its training pictures, where it is known.
    """

    name: str
    encoder: ImageEncoder
    projection: Projection
    text: WordVectors
    vocabulary: WordVectors
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        dims = {self.projection.weight.shape[1], self.text.dim, self.vocabulary.dim}
        if len(dims) > 1:
            raise BadData(f"projection, text and vocabulary differ in dimension: {sorted(dims)}")

    @property
    def dim(self) -> int:
        """How many numbers a vector of the space has."""
        return self.text.dim

    def embed_images(self, images: Sequence[Image]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each image."""
        return unit(self.projection(self.encoder(images)))

    def embed_texts(self, texts: Sequence[str]) -> Float[np.ndarray, "n dim"]:
        """One unit vector for each text, a label of the vocabulary or any words.

        Raises:
            UnknownWord: for a text that holds a word nobody knows.
        """
        known = [t in self.vocabulary for t in texts]
        rest = iter(self.text([t for t, k in zip(texts, known, strict=True) if not k]))
        rows = [self.vocabulary[t] if k else next(rest) for t, k in zip(texts, known, strict=True)]
        return unit(np.stack(rows).astype(np.float32)) if rows else np.empty((0, self.dim), "f4")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over encoder, preprocessing and projection: pictures' vectors depend on it."""
        digest = hashlib.sha256(self.encoder.fingerprint.encode())
        for part in (self.projection.weight, self.projection.bias):
            digest.update(np.ascontiguousarray(part, np.float32).tobytes())
        return digest.hexdigest()


def save_space(space: JointSpace, path: Path) -> None:
    """Write a space as a folder of JSON, safetensors and ONNX, in place of an older one there.

    Raises:
        Usage: if its encoder is no ``OnnxEncoder``.
        BadFolder: if other files stand at ``path``.
    """
    encoder = space.encoder
    if not isinstance(encoder, OnnxEncoder):
        raise Usage(f"the encoder {encoder.name!r} cannot be saved; export it to ONNX first")
    about = {
        "name": space.name,
        "fingerprint": space.fingerprint,
        "encoder": encoder.name,
        "output": encoder.output,
        "preprocessing": encoder.preprocessing.to_json(),
        "precision": encoder.running.precision,
    }
    projection = {"weight": space.projection.weight, "bias": space.projection.bias}
    files = {
        "space.json": to_json(about),
        "encoder.onnx": encoder.model,
        "projection.safetensors": to_safetensors(projection),
        "words.json": to_json(space.text.words),
        "labels.json": to_json(space.vocabulary.words),
        "words.safetensors": to_safetensors({"vectors": space.text.vectors}),
        "labels.safetensors": to_safetensors({"vectors": space.vocabulary.vectors}),
    }
    if space.evidence:
        files[LABELS_LEARNED] = to_json(space.evidence.labels)
        files[EVIDENCE] = to_safetensors(space.evidence.arrays())
    save_folder(path, "space", FORMAT, files)


def load_space(path: Path) -> JointSpace:
    """Read the space that ``save_space`` wrote.

    Raises:
        BadFolder: no saved space there, a file of it missing or damaged, or a newer format.
    """
    folder = load_folder(path, "space", FORMAT)
    try:
        return _space(folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFolder(
            f"{path}: not as iconym writes it ({error!r}); save it again"
        ) from error


def _space(folder: Folder) -> JointSpace:
    about, arrays = folder.json("space.json"), folder.arrays("projection.safetensors")
    space = JointSpace(
        name=about["name"],
        encoder=OnnxEncoder(
            about["encoder"],
            folder.bytes("encoder.onnx"),
            Preprocessing.from_json(about["preprocessing"]),
            about["output"],
            running=Running(precision=about.get("precision", FLOAT32)),
        ),
        projection=Projection(arrays["weight"], arrays["bias"]),
        text=WordVectors(
            tuple(folder.json("words.json")), folder.arrays("words.safetensors")["vectors"]
        ),
        vocabulary=WordVectors(
            tuple(folder.json("labels.json")), folder.arrays("labels.safetensors")["vectors"]
        ),
        evidence=_evidence(folder),
    )
    if space.fingerprint != about["fingerprint"]:
        raise DamagedFolder(
            f"{folder.path}: fingerprint and contents disagree; save the space again"
        )
    return space


def _evidence(folder: Folder) -> Evidence | None:
    if EVIDENCE not in folder.contents:
        return None
    return Evidence(tuple(folder.json(LABELS_LEARNED)), **folder.arrays(EVIDENCE))
