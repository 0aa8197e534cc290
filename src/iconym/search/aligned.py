"""Old vectors that answer the queries of a new space, until all pictures are encoded again."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from iconym.collection import Collection, open_collection
from iconym.errors import DamagedFolder, Usage
from iconym.files import (
    edition,
    load_folder,
    restore_interrupted,
    save_folder,
    to_json,
    to_safetensors,
)
from iconym.index.exact import exact_index
from iconym.metrics.intervals import Interval
from iconym.nouns import IdSet
from iconym.protocols import Catalog, KnownSpace
from iconym.search.aligned_catalog import AlignedCatalog
from iconym.search.alignment import Alignment, align
from iconym.search.pictures import Search
from iconym.space import JointSpace

KIND, FORMAT = "alignment", 1
SAMPLE = 5_000  # pictures that a map is learned from, at most


@dataclass(frozen=True)
class SavedAlignment:
    """An alignment, and the fingerprints of the spaces it goes from and to."""

    old: str
    new: str
    alignment: Alignment


def learn_alignment(
    collection: Collection, old: KnownSpace, new: KnownSpace, *, seed: int = 0
) -> SavedAlignment:
    """Learn a map from pictures that have vectors in both spaces, and save it in the collection.

    Of more than 5,000 such pictures so many are drawn. They ought to be a random sample of all:
    ``index_sample`` makes one. Each space has one map into it, the last one learned.

    Raises:
        Usage: if the two are one space.
        BadData: if too few pictures have a vector in both.
    """
    if old.fingerprint == new.fingerprint:
        raise Usage(f"{old.name} is both the old and the new space; name two")
    with collection.catalog.reading() as catalog:
        all_old = ids_of(catalog, old.fingerprint)
        both = np.intersect1d(all_old, ids_of(catalog, new.fingerprint))
        drawn = np.random.default_rng(seed).permutation(both)[:SAMPLE]
        rows = [catalog.vectors(space.fingerprint, drawn)[1] for space in (old, new)]
    learned = align(rows[0], rows[1], among=len(all_old), seed=seed)
    saved = SavedAlignment(old.fingerprint, new.fingerprint, learned)
    save_alignment(saved, collection.alignment_path(new.fingerprint))
    return saved


def open_aligned(folder: Path, space_path: Path | None = None) -> Search:
    """As ``open_search``, by ``aligned_search``.

    Raises:
        NoCollection, SpaceMismatch, BadFolder, Usage: as those.
    """
    collection = open_collection(folder)
    return aligned_search(collection, collection.load_space(space_path))


def aligned_search(collection: Collection, space: JointSpace) -> Search:
    """A search in ``space`` of all pictures, also of those that have only an old vector.

    A picture that was encoded in the space answers with its own vector, the others with their old
    ones carried over; ``refresh`` takes in what was encoded since. The index is exact, and held in
    memory.

    Raises:
        NoCollection, SpaceMismatch: as ``search_collection``.
        Usage: if no alignment with the space was learned.
        BadFolder: if it is damaged.
    """
    collection.check_space(space)
    path = collection.alignment_path(space.fingerprint)
    restore_interrupted(path)
    if edition(path) is None:
        raise Usage(
            f"there is no map into space {space.fingerprint[:8]} ({space.name}); run: "
            "iconym space align OLD NEW"
        )
    saved = load_alignment(path)
    catalog = AlignedCatalog(collection.catalog, saved.old, saved.new, saved.alignment)
    index = exact_index(space.dim)
    # before the vectors, so that a change in between is taken in again by refresh
    sequence = catalog.last_sequence()
    index.add(*catalog.vectors(space.fingerprint))
    return Search(space, index, catalog, collection, sequence)


def save_alignment(saved: SavedAlignment, path: Path) -> None:
    """Write it as a folder of JSON and safetensors, in place of one before."""
    learned = saved.alignment
    about = {
        **{"old": saved.old, "new": saved.new, "method": learned.method, "k": learned.k},
        **{"pictures": learned.pictures, "recall": asdict(learned.recall)},
    }
    arrays = to_safetensors({"weight": learned.weight, "bias": learned.bias})
    files = {"alignment.json": to_json(about), "alignment.safetensors": arrays}
    save_folder(path, KIND, FORMAT, files)


def load_alignment(path: Path) -> SavedAlignment:
    """What ``save_alignment`` wrote.

    Raises:
        BadFolder: if there is none, or it is damaged or of a later version.
    """
    folder = load_folder(path, KIND, FORMAT)
    try:
        about, arrays = folder.json("alignment.json"), folder.arrays("alignment.safetensors")
        old, new, recall = about.pop("old"), about.pop("new"), Interval(**about.pop("recall"))
        learned = Alignment(arrays["weight"], arrays["bias"], recall=recall, **about)
        return SavedAlignment(old, new, learned)
    except (KeyError, TypeError) as error:
        raise DamagedFolder(f"{path}: not as iconym writes it ({error!r}); align again") from error


def ids_of(catalog: Catalog, space: str) -> IdSet:
    """The ids, ascending, of the pictures that have a vector in a space."""
    parts = [ids for ids, _ in catalog.vector_batches(space)]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
