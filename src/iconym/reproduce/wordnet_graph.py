"""WordNet with ImageNet's labels: a world without pictures."""

from dataclasses import dataclass
from pathlib import Path

from iconym.evaluation.hops import read_wnids
from iconym.hierarchy import read_hierarchy
from iconym.reproduce.worlds import Graph


@dataclass(frozen=True)
class WordNet:
    """WordNet 3.0's nouns, ImageNet's 1,000 labels and all its 21,841.

    Args:
        data: holds ``hierarchy/wordnet30_is_a.tsv.gz``, ``imagenet_1k.txt`` and
            ``imagenet_22k.txt``.
    """

    data: Path
    name: str = "wordnet"
    about: str = (
        "the is-a graph of WordNet 3.0's nouns, the 1,000 labels of ILSVRC-2012 and the 21,841 "
        "of ImageNet's release of fall 2011"
    )

    def graph(self) -> Graph:
        """The graph; labels are synset ids."""
        folder = self.data / "hierarchy"
        return Graph(
            read_hierarchy(folder / "wordnet30_is_a.tsv.gz"),
            read_wnids(folder / "imagenet_1k.txt"),
            read_wnids(folder / "imagenet_22k.txt"),
        )
