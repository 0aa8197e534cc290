"""WordNet, read from its own database files: sets of synonyms and what each is a kind of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iconym.errors import BadData

FILES = {"data.noun": "n", "data.verb": "v", "data.adj": "a", "data.adv": "r"}
HYPERNYMS = ("@", "@i")  # is a kind of, is an instance of
REMEDY = "install WordNet anew"


@dataclass(frozen=True)
class Synset:
    """A set of synonyms."""

    id: str  # one letter for the file and the offset in it, as in ImageNet: "n02121620"
    pos: str  # n, v, a, r, or s for an adjective that is a satellite of another
    lemmas: tuple[str, ...]  # as written there, most used first: "snow_leopard", "Egyptian_cat"
    hypernyms: tuple[str, ...]  # ids of the synsets right above, instance-of included
    gloss: str  # the definition
    examples: tuple[str, ...]  # of its use


def read_wordnet(folder: Path) -> tuple[Synset, ...]:
    """All synsets of ``folder``: nouns, verbs, adjectives, adverbs, in the order of the files.

    Args:
        folder: holds data.noun, data.verb, data.adj and data.adv of any WordNet release.

    Raises:
        BadData: if a file is missing or damaged; names the line.
    """
    synsets = tuple(s for name in FILES for s in _read_file(folder / name))
    known = {synset.id for synset in synsets}
    for synset in synsets:
        for above in synset.hypernyms:
            if above not in known:
                raise BadData(f"{folder}: {synset.id} is below {above}, not there; {REMEDY}")
    return synsets


def hypernym_paths(synsets: Mapping[str, Synset], id: str) -> list[tuple[str, ...]]:
    """Every way from ``id`` up to a synset with nothing above it, each from ``id`` on.

    A step back onto the way is left out: the verbs of WordNet 3.0 hold a loop.

    Raises:
        KeyError: if there is no such id.
    """
    ways: list[tuple[str, ...]] = [(id,)]
    whole: list[tuple[str, ...]] = []
    while ways:
        way = ways.pop(0)
        above = [h for h in synsets[way[-1]].hypernyms if h not in way]
        ways.extend((*way, h) for h in above)
        if not above:
            whole.append(way)
    return whole


def _read_file(path: Path) -> list[Synset]:
    try:
        lines = path.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        needed = ", ".join(FILES)
        raise BadData(f"{path} is not there; name the folder that holds {needed}") from error
    if lines.pop() != b"":
        raise BadData(f"{path}:{len(lines) + 1}: the file ends within a line; {REMEDY}")
    synsets = []
    for number, line in enumerate(lines, 1):
        if line.startswith(b"  "):  # the licence
            continue
        try:
            synsets.append(_parse(line.decode(), FILES[path.name]))
        except (ValueError, IndexError) as error:
            raise BadData(f"{path}:{number}: no synset ({error}); {REMEDY}") from error
    if not synsets:
        raise BadData(f"{path} holds no synset; {REMEDY}")
    return synsets


def _parse(line: str, letter: str) -> Synset:
    """The synset in a line of the format that WordNet's manual page wndb(5) describes."""
    fields, definition = line.split(" | ", 1)
    offset, _file, pos, size, *rest = fields.split()
    words, rest = rest[: 2 * int(size, 16)], rest[2 * int(size, 16) :]
    pointers = rest[1 : 1 + 4 * int(rest[0])]
    if len(words) != 2 * int(size, 16) or len(pointers) != 4 * int(rest[0]):
        raise ValueError("fewer words or pointers than it says")
    if not re.fullmatch(r"\d{8}", offset) or pos not in "nvasr":
        raise ValueError(f"offset {offset!r}, part of speech {pos!r}")
    gloss, examples = _split_definition(definition)
    return Synset(
        id=letter + offset,
        pos=pos,
        lemmas=tuple(re.sub(r"\((?:a|p|ip)\)$", "", word) for word in words[::2]),
        hypernyms=tuple(
            kind + target
            for symbol, target, kind in zip(*(pointers[i::4] for i in range(3)), strict=True)
            if symbol in HYPERNYMS
        ),
        gloss=gloss,
        examples=examples,
    )


def _split_definition(definition: str) -> tuple[str, tuple[str, ...]]:
    """The definition proper, and the quoted examples after it."""
    parts = re.split(r'[;:]\s*(?=")|^(?=")', definition.strip(), maxsplit=1)
    examples = re.findall(r'"([^"]+)"', parts[1]) if len(parts) > 1 else []
    return parts[0].strip(), tuple(example.strip() for example in examples)
