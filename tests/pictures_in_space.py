"""A search of pictures whose vectors a test names: shared by the tests of sets of pictures."""

import numpy as np

from colors import color_space
from iconym.catalog.memory import MemoryCatalog
from iconym.index.exact import exact_index
from iconym.nouns import Picture
from iconym.search import Search

RED, GREEN, BLUE, YELLOW = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)


def search_of(*vectors, **known):
    """Pictures 1, 2, 3, ... with these vectors; what else is known of each by field.

    ``search_of(RED, BLUE, owner=["Ann", "Bob"])`` are two pictures and whose they are.
    """
    space, catalog = color_space(), MemoryCatalog()
    fields = [dict(zip(known, values)) for values in zip(*known.values())]
    pictures = [
        Picture(**({"uri": f"{number}.png"} | (fields[number - 1] if fields else {})))
        for number in range(1, len(vectors) + 1)
    ]
    rows = np.array(vectors, np.float32).reshape(-1, 3)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = exact_index(3)
    if pictures:
        index.add(np.array(catalog.put(pictures, space.fingerprint, rows), np.int64), rows)
    return Search(space, index, catalog, sequence=catalog.last_sequence())


def answer(hits):
    """Hits as [(id, score rounded)]."""
    return [(hit.picture.id, round(hit.score, 4)) for hit in hits]


def ids_of(hits):
    return [hit.picture.id for hit in hits]
