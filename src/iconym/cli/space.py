"""``iconym space``: the spaces of a collection: compare, switch, align them; add words to one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.options import CollectionFolder, say_space
from iconym.cli.output import Json, print_json, print_lines, print_table, say, tracked
from iconym.cli.space_comparison import Old, compare, interval
from iconym.errors import BadData, Usage

if TYPE_CHECKING:
    import numpy as np

    from iconym.collection import Collection
    from iconym.space import JointSpace

NewOrFolder = Annotated[str, typer.Argument(metavar="NEW", help="As OLD, or a saved space.")]
Name = Annotated[
    str, typer.Argument(metavar="SPACE", help="Its name, or how its fingerprint begins.")
]
Incomplete = Annotated[
    bool, typer.Option("--incomplete", help="Even if pictures have no vector in it yet.")
]
Sample = Annotated[
    int, typer.Option("--sample", min=0, help="Pictures to encode in NEW first, drawn at random.")
]
Word = Annotated[str, typer.Argument(metavar="WORD", help="A word or a phrase.")]
Vector = Annotated[
    Path | None, typer.Option("--vector", metavar="FILE.npy", help="A vector of its own.")
]
Like = Annotated[
    list[Path] | None,
    typer.Option("--like", metavar="PICTURE", help="It looks like this; may be repeated."),
]

app = typer.Typer(
    help="The spaces of a collection: compare, switch and align them, add words to the current.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("list")
def list_(*, collection: CollectionFolder = Path(), as_json: Json = False) -> None:
    """List the spaces that pictures of a collection have vectors in; the current one first."""
    from iconym.collection import open_collection
    from iconym.search.aligned import ids_of

    opened = open_collection(collection)
    rows = [
        (known, rank == 0, len(ids_of(opened.catalog, known.fingerprint)))
        for rank, known in enumerate(opened.named_spaces())
    ]
    if as_json:
        print_json(
            [
                {
                    "name": known.name,
                    "space": known.fingerprint,
                    "dim": known.dim,
                    "pictures": count,
                    "current": is_current,
                    "aligned": opened.alignment_path(known.fingerprint).exists(),
                }
                for known, is_current, count in rows
            ]
        )
        return
    print_table(
        ("space", "fingerprint", "numbers", "pictures", ""),
        [
            (known.name, known.fingerprint[:8], known.dim, count, "current" if now else "")
            for known, now, count in rows
        ],
    )


app.command()(compare)


@app.command()
def switch(
    space: Name,
    *,
    incomplete: Incomplete = False,
    collection: CollectionFolder = Path(),
    as_json: Json = False,
) -> None:
    """Make another space the current one, at once; searches that run are not disturbed."""
    from iconym.collection import open_collection
    from iconym.search.aligned import ids_of

    opened = open_collection(collection)
    before, known = opened.current_space(), opened.known_space(space)
    lacking = len(opened.catalog) - len(ids_of(opened.catalog, known.fingerprint))
    if lacking and not incomplete:
        raise Usage(
            f"{lacking:,} of {len(opened.catalog):,} pictures have no vector in {known.name} yet; "
            "index them in it first, or give --incomplete"
        )
    opened.switch_space(known)
    if as_json:
        print_json({"space": known.fingerprint, "before": before.fingerprint, "lacking": lacking})
        return
    print_lines([f"current: {known.name} ({known.fingerprint[:8]})"])
    say(f"to switch back: iconym space switch {before.fingerprint[:8]}")


@app.command()
def align(
    old: Old,
    new: NewOrFolder,
    *,
    sample: Sample = 1000,
    collection: CollectionFolder = Path(),
    as_json: Json = False,
) -> None:
    """Learn a map by which old vectors answer queries of a new space, and say what is lost.

    Learned from pictures that have vectors in both; a random sample is encoded in the new space
    first. iconym search --aligned then searches all of them. Recall@10 is the share of the ten
    nearest by the new space's own vectors that are found.
    """
    from iconym.collection import open_collection
    from iconym.indexing.sample import index_sample
    from iconym.search.aligned import learn_alignment

    opened = open_collection(collection)
    known, space = opened.known_space(old), _space(opened, new)
    say_space(space)
    outcome = index_sample(opened, space, count=sample, track=tracked)
    for failure in outcome.failed:
        say(f"skipped ({failure.kind}): {failure.reason}")
    saved = learn_alignment(opened, known, opened.known_space(space.fingerprint))
    learned = saved.alignment
    if learned.k == 1:
        say("a small sample of this collection: recall may be told too high; raise --sample")
    if as_json:
        print_json({"old": saved.old, "new": saved.new, **learned.to_json()})
        return
    recall = interval(learned.recall)
    lines = [
        f"{learned.method} map from {learned.pictures:,} pictures",
        f"recall@10 of old vectors: {recall}; the rest is lost until they are encoded again",
    ]
    print_lines(lines)


@app.command("add-word")
def add_word(
    word: Word,
    *,
    vector: Vector = None,
    like: Like = None,
    collection: CollectionFolder = Path(),
    as_json: Json = False,
) -> None:
    """Add a word or phrase to the labels of the current space, without training.

    It is composed of words that the space knows, or has the vector in a NumPy file, or that which
    example pictures have in common.
    """
    from iconym.collection import open_collection
    from iconym.search import vocabulary

    if vector and like:
        raise Usage("two vectors for a word; give --vector or --like")
    opened = open_collection(collection)
    own = _read_vector(vector) if vector else _mean(opened.load_space(), like) if like else None
    _tell(vocabulary.add_word(opened, word, own), "added", word.strip(), as_json)


@app.command("remove-word")
def remove_word(
    word: Word, *, collection: CollectionFolder = Path(), as_json: Json = False
) -> None:
    """Remove a word from the labels of the current space."""
    from iconym.collection import open_collection
    from iconym.search import vocabulary

    _tell(vocabulary.remove_word(open_collection(collection), word), "removed", word, as_json)


def _space(opened: "Collection", name: str) -> "JointSpace":
    """A space that is saved somewhere, or one that the collection knows."""
    from iconym.files import MANIFEST
    from iconym.space import load_space

    if (Path(name) / MANIFEST).is_file():
        return load_space(Path(name))
    return opened.load_known(opened.known_space(name))


def _read_vector(path: Path) -> "np.ndarray":
    import numpy as np

    try:
        vector = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise BadData(
            f"{path} is no NumPy file of numbers ({error}); write it by np.save"
        ) from error
    if not np.issubdtype(vector.dtype, np.floating) or vector.size != vector.shape[-1]:
        raise BadData(f"{path} holds {vector.dtype} {vector.shape}; give one vector of floats")
    return vector.ravel()


def _mean(space: "JointSpace", pictures: Sequence[Path]) -> "np.ndarray":
    from iconym.collection import needed_side
    from iconym.pictures import read_picture
    from iconym.search.vocabulary import mean_of_pictures

    at_least = needed_side(space)
    return mean_of_pictures(space, [read_picture(p, at_least=at_least).image for p in pictures])


def _tell(space: "JointSpace", what: str, word: str, as_json: bool) -> None:
    say_space(space)
    if as_json:
        print_json({what: word, "space": space.fingerprint, "labels": len(space.vocabulary)})
    else:
        print_lines([f"{what}: {word}; {len(space.vocabulary):,} labels"])
