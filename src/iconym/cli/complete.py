"""``iconym complete``: pictures that go with those of a gallery."""

from pathlib import Path
from typing import Annotated

import typer

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.hits import Diversity, Files, check_forms, named, print_hits
from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json

Gallery = Annotated[
    list[str],
    typer.Argument(metavar="PICTURE...", help="Pictures of the collection, folders of it, ids."),
]


def complete(
    gallery: Gallery,
    *,
    k: Count = 10,
    diversity: Diversity = 0.0,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    tag: Tags = None,
    holds: Holds = "",
    owner: Owner = "",
    below: Below = "",
    since: Since = "",
    until: Until = "",
    files: Files = False,
    as_json: Json = False,
) -> None:
    """Show the pictures that go with those of a gallery, and none of its own.

    A score is the cosine with the mean of the gallery, from -1 to 1. Filters are for the answers.
    """
    from iconym.search import open_search
    from iconym.search.named import named_pictures
    from iconym.search.sets import complete_gallery

    check_forms(files, as_json)
    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    found = open_search(collection, space)
    say_space(found.space)
    ids = named_pictures(found, [named(text) for text in gallery])
    hits = complete_gallery(found, ids, k, diversity=diversity, wanted=wanted)
    print_hits(found, hits, files=files, as_json=as_json)
