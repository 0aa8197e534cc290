"""The hierarchy of labels: what is a kind of what, and which labels are nearest to one."""

import gzip
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64

from iconym.errors import BadData

Node = str | tuple[str, ...]  # a label, or what is no label of a tree: its path from the top
Edge = tuple[Node, Node]  # (child, parent): a child is a parent
Columns = Int64[np.ndarray, "_"]  # of a matrix, ascending


@dataclass(frozen=True)
class Hierarchy:
    """An is-a graph, in which a node may have several parents.

    A hop goes from a child to a parent or back. Nodes need not be labels: which ones are is
    said by ``among``, the candidate labels of one row of a table, and only those are counted.
    """

    edges: tuple[Edge, ...]

    @classmethod
    def from_tree(cls, leaves: Iterable[tuple[str, ...]]) -> "Hierarchy":
        """The tree whose leaves are given as (label, its group, the group of that, ...).

        A group is known by its whole path, so it may carry the text of a label or of a group
        elsewhere in the tree. A label given twice stands in both places.

        Raises:
            BadData: if a leaf is an empty tuple.
        """
        edges: dict[Edge, None] = {}
        for leaf in leaves:
            if not leaf:
                raise BadData("a leaf () without a label; give (label, group, ...)")
            label, *groups = leaf
            path = tuple(reversed(groups))
            edges[label, path] = None
            for depth in range(len(path), 0, -1):
                edges[path[:depth], path[: depth - 1]] = None
        return cls(tuple(edges))

    def nearest(self, label: str, k: int, among: Collection[str]) -> frozenset[str]:
        """hCorrectSet: the labels of ``among`` in the fewest rings around ``label`` that hold k.

        Ring R is every node at exactly R hops; ring 0 is ``label`` itself, which counts only
        where it is in ``among``. The last ring is kept whole, so there may be more than k; there
        are fewer where no more can be reached.

        Raises:
            BadData: if ``label`` or one of ``among`` is not in the hierarchy.
            ValueError: if k is below 1.

        Source:
            Frome et al., DeViSE, NIPS 2013, hierarchical precision@k.
        """
        among = frozenset(among)
        self._check(k, among | {label})
        return self._nearest(label, k, among)

    def correct_sets(
        self, labels: Sequence[str], k: int, among: Sequence[str]
    ) -> Bool[np.ndarray, "n m"]:
        """Whether ``among[j]`` is in the hCorrectSet of ``labels[i]``: ``nearest`` as a matrix.

        Raises:
            BadData: as ``nearest``, or if a label stands twice in ``among``.
            ValueError: if k is below 1.
        """
        matrix = np.zeros((len(labels), len(among)), bool)
        for row, found in zip(matrix, self.correct_columns(labels, k, among), strict=True):
            row[found] = True
        return matrix

    def correct_columns(self, labels: Sequence[str], k: int, among: Sequence[str]) -> list[Columns]:
        """For each of ``labels`` the columns of ``correct_sets`` that are true, ascending.

        For many labels and candidates, as the matrix of 20,000 by 20,000 takes 400 MB.

        Raises:
            BadData: as ``correct_sets``.
            ValueError: if k is below 1.
        """
        column = {label: j for j, label in enumerate(among)}
        if len(column) != len(among):
            twice = next(label for j, label in enumerate(among) if column[label] != j)
            raise BadData(f"the candidate label {twice!r} stands twice; give it once")
        candidates = frozenset(among)
        self._check(k, candidates | frozenset(labels))
        columns = {
            label: np.array(
                sorted(map(column.__getitem__, self._nearest(label, k, candidates))), np.int64
            )
            for label in dict.fromkeys(labels)
        }
        return [columns[label] for label in labels]

    def within(self, labels: Collection[str], hops: int, among: Collection[str]) -> frozenset[str]:
        """Those of ``among`` at most ``hops`` from one of ``labels``.

        The "2-hop" zero-shot set of the literature is one hop from the training labels, its
        "3-hop" set at most two.

        Raises:
            BadData: as ``nearest``.
        """
        among = frozenset(among)
        self._check(1, among | frozenset(labels))
        found: set[str] = set()
        for ring in islice(self._rings(set(labels)), hops + 1):
            found |= among & ring
        return frozenset(found)

    def tree_distances(self, labels: Sequence[str]) -> Float[np.ndarray, "m m"]:
        """How far up two labels meet: the height of their lowest common ancestor, in [0, 1].

        The height of a node is the length of the longest way down from it to one of ``labels``,
        in units of the largest height. Where there are several common ancestors, the lowest one
        counts. A label is at distance 0 from itself, and at 1 from one it never meets.

        Raises:
            BadData: as ``nearest``, or if the hierarchy goes round in a circle above a label.

        Source:
            Bertinetto et al., Making Better Mistakes, CVPR 2020, section 3, for trees.
        """
        self._check(1, frozenset(labels))
        above = [self._above(label) for label in labels]
        heights: dict[Node, int] = {}
        for found in above:
            for node, height in found.items():
                heights[node] = max(height, heights.get(node, 0))
        highest = max(1, *heights.values()) if heights else 1
        nodes = {node: j for j, node in enumerate(heights)}
        meeting = np.full((len(labels), len(nodes)), highest, np.int32)
        for row, found in zip(meeting, above, strict=True):
            row[[nodes[node] for node in found]] = [heights[node] for node in found]
        distances = np.zeros((len(labels), len(labels)))
        for i, row in enumerate(meeting):
            distances[i] = np.maximum(meeting, row).min(axis=1) / highest
        distances[np.array(labels)[:, None] == np.array(labels)[None, :]] = 0
        return distances

    def _above(self, label: str) -> dict[Node, int]:
        """Every ancestor of a label, itself included, with the length of the longest way up."""
        found: dict[Node, int] = {}
        ring: set[Node] = {label}
        for steps in range(len(self.edges) + 1):
            found.update(dict.fromkeys(ring, steps))
            ring = {parent for node in ring for parent in self._parents.get(node, ())}
            if not ring:
                return found
        raise BadData(f"the hierarchy goes round in a circle above {label!r}; cut it")

    def _nearest(self, label: str, k: int, among: frozenset[str]) -> frozenset[str]:
        found: set[str] = set()
        for ring in self._rings({label}):
            found |= among & ring
            if len(found) >= k:
                break
        return frozenset(found)

    def _rings(self, start: set[str]) -> Iterator[set[Node]]:
        ring: set[Node] = set(start)
        seen = set(ring)
        while ring:
            yield ring
            ring = set().union(*map(self._linked.__getitem__, ring)) - seen
            seen |= ring

    def _check(self, k: int, labels: frozenset[str]) -> None:
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least 1")
        missing = labels - self._linked.keys()
        if missing:
            raise BadData(
                f"the hierarchy has no {min(missing)!r} ({len(missing)} of {len(labels)} labels "
                "are missing); add them to it or leave them out"
            )

    @cached_property
    def _linked(self) -> dict[Node, list[Node]]:
        linked: dict[Node, list[Node]] = {}
        for child, parent in self.edges:
            linked.setdefault(child, []).append(parent)
            linked.setdefault(parent, []).append(child)
        return linked

    @cached_property
    def _parents(self) -> dict[Node, list[Node]]:
        parents: dict[Node, list[Node]] = {}
        for child, parent in self.edges:
            parents.setdefault(child, []).append(parent)
        return parents


def read_hierarchy(path: Path) -> Hierarchy:
    """The hierarchy in a file of edges: two fields a line, parted by a tab, gzipped or not.

    The fields are child and parent, unless a first line names them ("parent", "child").

    Raises:
        BadData: if the file cannot be read, or a line has not two fields.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadData(f"{path} cannot be read as a list of edges: {reason}") from error
    pairs = [_pair(path, *line) for line in enumerate(text.splitlines(), 1) if line[1]]
    if pairs and set(pairs[0]) == {"child", "parent"}:
        header, *pairs = pairs
        if header == ("parent", "child"):
            pairs = [(child, parent) for parent, child in pairs]
    return Hierarchy(tuple(pairs))


def _pair(path: Path, number: int, line: str) -> tuple[str, str]:
    fields = line.split("\t")
    if len(fields) != 2 or not all(fields):
        raise BadData(f"{path}, line {number}: {line!r} is not child, tab, parent")
    return fields[0], fields[1]
