"""The zero-shot test sets of ImageNet: labels so many edges of WordNet from those trained on."""

import re
from collections.abc import Sequence
from pathlib import Path

from iconym.errors import BadData
from iconym.hierarchy import Hierarchy, read_hierarchy
from iconym.words.wordnet import read_wordnet


def hop_sets(
    hierarchy: Hierarchy, seen: Sequence[str], labels: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The unseen labels "1-edge" and "2-edge" from a seen one, and "all unseen".

    An edge goes from a label to what it is a kind of, or back; "2-edge" is at most two of them.
    The literature calls the first two "2-hop" and "3-hop". Each is in the order of ``labels``;
    seen + unseen is ``(*seen, *sets[name])``.

    Args:
        hierarchy: holds all labels.
        seen: the labels trained on.
        labels: all labels, the seen ones among them or not.

    Raises:
        BadData: if a label is not in the hierarchy.

    Source:
        Frome et al., DeViSE, NIPS 2013; Norouzi et al., ConSE, ICLR 2014, whose published list
        of "2-hop" classes is the ball of one edge but for one class.
    """
    known = frozenset(seen)
    unseen = tuple(dict.fromkeys(label for label in labels if label not in known))
    near = {f"{hops}-edge": hierarchy.within(seen, hops, unseen) for hops in (1, 2)}
    balls = {name: tuple(filter(ball.__contains__, unseen)) for name, ball in near.items()}
    return {**balls, "all unseen": unseen}


def read_wnids(path: Path) -> tuple[str, ...]:
    """The ids of synsets in a text file, one a line, as "n02121620".

    Raises:
        BadData: if the file cannot be read, holds none, or a line is no id.
    """
    try:
        lines = path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read as a list of ids: {error}") from error
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"n\d{8}", line):
            raise BadData(f"{path}, id {number}: {line!r} is no id of a noun, as n02121620")
    if not lines:
        raise BadData(f"{path} holds no id; give one a line, as n02121620")
    return tuple(lines)


def noun_hierarchy(path: Path) -> Hierarchy:
    """What is a kind of what among nouns: from WordNet's own folder, or from a file of edges.

    Args:
        path: a folder with data.noun, data.verb, data.adj and data.adv; ids of ImageNet are
            those of WordNet 3.0. Or what ``read_hierarchy`` reads.

    Raises:
        BadData: if it cannot be read.
    """
    if not path.is_dir():
        return read_hierarchy(path)
    nouns = (synset for synset in read_wordnet(path) if synset.pos == "n")
    return Hierarchy(tuple((s.id, above) for s in nouns for above in s.hypernyms))
