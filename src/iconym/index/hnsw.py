"""A graph of near neighbors, searched by usearch: milliseconds among millions, and a few missed.

Each row is linked to some that are near it, and a search walks these links towards the query,
keeping the best rows that it has seen. The graph holds the rows as whole numbers of one byte; what
it finds is scored again exactly.

Source: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs" (2018), algorithms 1 to 5. Two things are added. Rows
with the same bytes stand in the graph once, for equal rows fill each other's links, until nothing
leads on from them. And rows to which no search leads follow the row that comes nearest to them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64

from iconym.errors import DamagedFolder, Usage
from iconym.files import Contents
from iconym.index.layered import LayeredIndex, Method
from iconym.index.linking import empty_graph, link, query_bytes, walked
from iconym.index.npy import PIECE, map_npy, to_npy
from iconym.index.ranking import rescored
from iconym.nouns import Neighbors, Track

GRAPH, FOLLOWERS = "hnsw.usearch", "hnsw-followers.npy"
SPARE = 8  # candidates beside twice k, for bytes rank less finely than cosines


@dataclass(frozen=True)
class HnswConfig:
    """How many links the graph has, and how widely it is searched.

    Args:
        connectivity: M in the paper: links of a row in the upper layers; twice as many in the
            lowest, which holds every row.
        expansion_add: efConstruction in the paper: how many rows are kept on the way to the place
            of a new one.
        expansion: ef in the paper: how many rows are kept on the way to a query, at least k of
            them. The more, the fewer are missed, and the longer it takes. May be changed at any
            time: the graph stays as it is.
    """

    connectivity: int = 16
    expansion_add: int = 128
    expansion: int = 64

    def __post_init__(self) -> None:
        if self.connectivity < 2:
            raise Usage(f"connectivity is {self.connectivity}; give at least 2")
        for name in ("expansion_add", "expansion"):
            if getattr(self, name) < 1:
                raise Usage(f"{name} is {getattr(self, name)}; give at least 1")


def hnsw_index(dim: int, config: HnswConfig = HnswConfig(), *, threads: int = 1) -> LayeredIndex:
    """An empty index that makes a graph of what it is folded with; see ``hnsw_method``."""
    return LayeredIndex(dim, hnsw_method(config, threads=threads))


def hnsw_method(config: HnswConfig = HnswConfig(), *, threads: int = 1) -> Method:
    """The graph as the method of an index.

    usearch's reader is not made for files that someone prepared to do harm: its file is as trusted
    as a program. Load folders of people you trust, and ``verify_index`` those that came a long way.

    Args:
        config: see there.
        threads: of the build. One makes the same graph every time, more do not.

    Raises:
        Usage: for less than one thread.
    """
    if threads < 1:
        raise Usage(f"{threads} threads; give at least 1")

    def build(vectors: Float32[np.ndarray, "n dim"], track: Track) -> HnswGraph:
        graph = _empty(vectors.shape[1], config)
        followers = link(graph, vectors, config.expansion, threads, track)
        return HnswGraph(vectors, graph, followers, config.expansion)

    def load(vectors: Float32[np.ndarray, "n dim"], folder: Path) -> HnswGraph:
        graph, followers = _mapped(folder, vectors.shape, config)
        return HnswGraph(vectors, graph, followers, config.expansion)

    return Method("hnsw", build, load, asdict(config))


@dataclass(frozen=True)
class HnswGraph:
    """A ``Structure``: usearch's graph of ``vectors`` as bytes. Any number of threads may ask it.

    Args:
        vectors: of unit length.
        graph: a ``usearch.compiled.Index`` whose keys are rows, and which is never changed.
        followers: rows to which the graph does not lead, each below its leader, the row through
            which it is found; leaders ascend.
        expansion: see ``HnswConfig``.
    """

    vectors: Float32[np.ndarray, "n dim"]
    graph: Any
    followers: Int64[np.ndarray, "2 followers"]
    expansion: int

    def nearest(self, queries: Float32[np.ndarray, "q dim"], k: int) -> Neighbors:
        """The k best rows found for each query with exact cosines, equal ones by smaller row.

        Args:
            queries: of unit length; one of zeros finds any rows.
            k: where fewer are found, the rest is (-1, -inf).
        """
        width = min(max(self.expansion, k), max(1, len(self.graph)))
        rows = walked(self.graph, query_bytes(queries), width)[:, : 2 * k + SPARE]
        if self.followers.size:
            rows = self._with_followers(rows, k)
        return rescored(self.vectors, queries, rows, k)

    def with_expansion(self, expansion: int) -> "HnswGraph":
        """The same graph, shared, searched more or less widely; Usage for less than one."""
        return replace(self, expansion=HnswConfig(expansion=expansion).expansion)

    def files(self) -> Mapping[str, Contents]:
        """Usearch's own file, and the followers as NumPy's: both can be memory-mapped.

        While the graph is written its bytes are in memory a second time.
        """
        return {GRAPH: _pieces(self.graph), FOLLOWERS: to_npy(self.followers)}

    def _with_followers(self, rows: Int64[np.ndarray, "q m"], k: int) -> Int64[np.ndarray, "q _"]:
        """``rows``, and at most k that follow each of them."""
        leaders, followers = self.followers
        at = leaders.searchsorted(rows)
        if not (leaders.take(at, mode="clip") == rows).any():
            return rows
        end, levels = leaders.searchsorted(rows, "right"), [rows]
        while len(levels) <= k and (at < end).any():
            led = (at < end).any(axis=0)
            at, end = at[:, led], end[:, led]
            levels.append(np.where(at < end, followers.take(at, mode="clip"), -1))
            at = at + 1
        return np.concatenate(levels, axis=1)


def _mapped(folder: Path, shape: tuple[int, ...], config: HnswConfig) -> tuple[Any, np.ndarray]:
    n, dim = shape
    graph, followers = _empty(dim, config), map_npy(folder / FOLLOWERS, dtype=np.int64)
    dtype = graph.dtype
    try:
        graph.view_index_from_path(str(folder / GRAPH))
    except RuntimeError as error:
        raise DamagedFolder(f"{folder / GRAPH} cannot be mapped: {error}; build it again") from None
    known = len(graph) <= n <= len(graph) + followers.size // 2  # what a walk misses is in both
    if (graph.ndim, graph.dtype, followers.ndim, known) != (dim, dtype, 2, True):
        raise DamagedFolder(f"{folder} holds a graph of other vectors; build it again")
    return graph, followers


def _empty(dim: int, config: HnswConfig) -> Any:
    return empty_graph(dim, config.connectivity, config.expansion_add)


def _pieces(graph: Any) -> Iterator[bytes]:
    data = memoryview(graph.save_index_to_buffer())
    for start in range(0, len(data), PIECE):
        yield bytes(data[start : start + PIECE])
