"""Inverted lists of product codes, searched by faiss's fast scan: small, and quick in batches.

Vectors are parted into lists around centroids; each is kept as codes of 4 bits, one for each of
its sub-vectors, so that registers hold the tables by which a query is compared with 32 of them at
once. What comes out best by codes is scored again exactly.

Needs the extra: ``pip install 'iconym[faiss]'``.

Sources: Jegou, Douze and Schmid, "Product quantization for nearest neighbor search" (2011);
Andre, Kermarrec and Le Scouarnec, "Accelerated nearest neighbor search with Quick ADC" (2017).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from iconym.errors import DamagedFolder, MissingTool, Usage
from iconym.files import Contents
from iconym.index.layered import LayeredIndex, Method
from iconym.index.ranking import nearest, rescored
from iconym.nouns import Neighbors, Track

FEWEST = 1000  # rows; of fewer all are scored, for 39 are wanted for each of the 16 codes
TO_A_LIST = 39  # rows at least, or faiss warns that the centroid is badly known
LEARNED, FROM_LIST = 4096, 64  # rows that codes, and each list's centroid, are learned from
ROWS, PIECE = 65_536, 2**24  # handed to faiss at once; bytes of its file
CODES = "ivf.faiss"


@dataclass(frozen=True)
class IvfConfig:
    """How vectors are parted and coded, and how much of them a query looks at.

    Args:
        lists: None for twice the root of the number of vectors; never more than leave 39 to one.
        sub_vectors: codes of 4 bits a vector; None for one to every two numbers.
        probes: lists that a query looks into, the nearest ones.
        candidates: scored again exactly, for each neighbor that is asked for.
    """

    lists: int | None = None
    sub_vectors: int | None = None
    probes: int = 32
    candidates: int = 16

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value < 1:
                raise Usage(f"{name} is {value}; give at least 1")


def ivf_index(dim: int, config: IvfConfig = IvfConfig(), *, threads: int = 1) -> LayeredIndex:
    """An empty index that parts and codes what it is folded with; see ``ivf_method``."""
    return LayeredIndex(dim, ivf_method(config, threads=threads))


def ivf_method(config: IvfConfig = IvfConfig(), *, threads: int = 1) -> Method:
    """Inverted lists of product codes as the method of an index.

    faiss's reader is not made for files that someone prepared to do harm: its file is as trusted
    as a program. Load folders of people you trust, and ``verify_index`` those that came a long way.

    Args:
        config: see there.
        threads: of the build. faiss has one setting for all that a thread of this process asks of
            OpenMP: it is changed for the build and put back. Searches leave it as it is
            (``OMP_NUM_THREADS``, by default all cores, of use only to batches).

    Raises:
        MissingTool: without faiss.
    """
    _faiss()
    settings = {name: value for name, value in asdict(config).items() if value is not None}

    def build(vectors: Float32[np.ndarray, "n dim"], track: Track) -> ProductCodes:
        with _threads(threads):
            codes = _built(vectors, config, track)
        return ProductCodes(vectors, codes, config.probes, config.candidates)

    def load(vectors: Float32[np.ndarray, "n dim"], folder: Path) -> ProductCodes:
        codes = None if len(vectors) < FEWEST else _read(folder / CODES, vectors.shape, config)
        return ProductCodes(vectors, codes, config.probes, config.candidates)

    return Method("ivfpq", build, load, settings)


@dataclass(frozen=True)
class ProductCodes:
    """A ``Structure``: faiss's lists of the codes of ``vectors``."""

    vectors: Float32[np.ndarray, "n dim"]  # of unit length
    codes: Any | None  # a faiss.IndexIVFPQFastScan; None for fewer than 1,000 vectors
    probes: int
    candidates: int

    def nearest(self, queries: Float32[np.ndarray, "q dim"], k: int) -> Neighbors:
        """The k best rows among those whose codes are, with exact cosines, equal by smaller row.

        Exact for fewer than 1,000 vectors. Where fewer than k are met, the rest is (-1, -inf).
        """
        n = len(self.vectors)
        if self.codes is None:
            return nearest(np.arange(n), self.vectors, queries, k)
        parameters = _faiss().SearchParametersIVF(nprobe=self.probes)
        padded, wanted = _padded(queries, self.codes.d), min(k * self.candidates, n)
        _, rows = self.codes.search(padded, wanted, params=parameters)
        return rescored(self.vectors, queries, rows, k)

    def files(self) -> Mapping[str, Contents]:
        """The file that faiss writes; none for fewer than 1,000 vectors."""
        return {} if self.codes is None else {CODES: _pieces(self.codes)}


def _built(vectors: Float32[np.ndarray, "n dim"], config: IvfConfig, track: Track) -> Any | None:
    faiss, (n, dim) = _faiss(), vectors.shape
    if n < FEWEST:
        return None
    padded, sub_vectors = _widths(dim, config)
    lists = min(config.lists or 2 * isqrt(n), n // TO_A_LIST)
    codes = faiss.index_factory(
        padded, f"IVF{lists},PQ{sub_vectors}x4fs", faiss.METRIC_INNER_PRODUCT
    )
    sample = np.linspace(0, n - 1, min(n, max(FROM_LIST * lists, LEARNED))).astype(np.int64)
    codes.train(_padded(vectors[sample], padded))
    starts = range(0, n, ROWS)
    for start in track(starts, "coding", len(starts)):
        codes.add(_padded(vectors[start : start + ROWS], padded))
    return codes


def _read(path: Path, shape: tuple[int, ...], config: IvfConfig) -> Any:
    """The index that faiss wrote, in memory: codes in blocks it does not map, whatever is asked."""
    faiss = _faiss()
    try:
        codes = faiss.read_index(str(path))
    except RuntimeError as error:
        raise DamagedFolder(f"{path} cannot be read; build the index again") from error
    found = type(codes), codes.d, codes.ntotal, codes.metric_type
    wanted = faiss.IndexIVFPQFastScan, _widths(shape[1], config)[0], shape[0]
    if found != (*wanted, faiss.METRIC_INNER_PRODUCT):
        raise DamagedFolder(f"{path} holds codes of other vectors; build the index again")
    return codes


def _widths(dim: int, config: IvfConfig) -> tuple[int, int]:
    """The numbers of a vector that parts evenly, zeros after its own, and its sub-vectors."""
    sub_vectors = config.sub_vectors or -(-dim // 2)
    return -(-dim // sub_vectors) * sub_vectors, sub_vectors


def _padded(rows: Float32[np.ndarray, "n dim"], dim: int) -> np.ndarray:
    missing = dim - rows.shape[1]
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))) if missing else rows)


def _pieces(codes: Any) -> Iterator[bytes]:
    data = _faiss().serialize_index(codes)
    for start in range(0, len(data), PIECE):
        yield data[start : start + PIECE].tobytes()


@contextmanager
def _threads(count: int) -> Iterator[None]:
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingTool("faiss is not installed; pip install 'iconym[faiss]'") from error
    return faiss
