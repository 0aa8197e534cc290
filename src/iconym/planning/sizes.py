"""Bytes of an index of each method, counted from the formats of its files."""

from math import isqrt, log2

from iconym.index.hnsw import HnswConfig
from iconym.index.ivf import TO_A_LIST, IvfConfig
from iconym.index.lsh import MOST_BITS, LshConfig
from iconym.index.saved import Settings

FRAME = 4096  # manifest, settings, headers of arrays: what does not grow


def disk_bytes(method: str, settings: Settings, count: int, dim: int) -> int:
    """Of the saved folder: float32 vectors, ids of 8 bytes, and the structure."""
    return FRAME + count * (4 * dim + 8) + structure_bytes(method, settings, count, dim)


def memory_bytes(method: str, settings: Settings, count: int, dim: int) -> int:
    """Of what has to stay in memory for an index to answer as fast as was measured.

    The structure and the ids; with LSH the vectors too, for a query reads thousands of them. The
    others read some dozens to score them again: those may stay on a disk, see ``docs``.
    """
    vectors = 4 * dim * count if method == "lsh" else 0
    return vectors + 8 * count + structure_bytes(method, settings, count, dim)


def structure_bytes(method: str, settings: Settings, count: int, dim: int) -> int:
    """Of the files of the structure alone, but for headers of some hundred bytes."""
    match method:
        case "exact":  # a byte a number, and step and error of each block of 256 rows
            blocks = -(-count // 256)
            return blocks * (256 * dim + 16)
        case "hnsw":
            return int(count * (dim + _links(HnswConfig(**settings))))
        case "lsh":  # an entry of each table a vector, and the planes in float32
            config = LshConfig(**settings)
            bits = config.bits or min(1 + round(log2(count)), MOST_BITS)
            return config.tables * (8 * count + 4 * bits * dim)
        case "ivfpq":
            return _codes(IvfConfig(**settings), count, dim)
    raise ValueError(f"no formula for {method!r}")


def _links(config: HnswConfig) -> float:
    """Bytes a vector in usearch's format: its key, its level twice, its neighbors by level.

    On the lowest level it has up to 2 M neighbors of 4 bytes and their number, on the others M. It
    stands on the level above with chance 1 / M, and so on (Malkov and Yashunin, section 4.1).
    """
    m = config.connectivity
    return 8 + 2 + 2 + (4 + 8 * m) + (4 + 4 * m) / (m - 1)


def _codes(config: IvfConfig, count: int, dim: int) -> int:
    """In faiss's format: half a byte for each code, an id, and the centroids in float32.

    The codes of a list fill blocks of 32 vectors, of which the last is half empty on average.
    """
    lists = min(config.lists or 2 * isqrt(count), count // TO_A_LIST)
    sub_vectors = config.sub_vectors or -(-dim // 2)
    code = -(-sub_vectors // 2)
    centroids = 4 * dim * (lists + 16)
    return count * (code + 8) + 16 * lists * code + centroids
