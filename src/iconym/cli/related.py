"""``iconym related``: the pictures of a collection that are most like one."""

from pathlib import Path
from typing import Annotated

import typer

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.hits import Files, check_forms, named, print_hits
from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.output import Json

Picture = Annotated[str, typer.Argument(metavar="PICTURE", help="A picture file, or an id.")]


def related(
    picture: Picture,
    *,
    k: Count = 10,
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
    """Show the pictures that are most like one, without itself and its copies.

    A score is a cosine, from -1 to 1. The picture need not be of the collection. Ids are those
    that --json shows.
    """
    from iconym.search import open_search
    from iconym.search.sets import related

    check_forms(files, as_json)
    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    found = open_search(collection, space)
    say_space(found.space)
    hits = related(found, named(picture), k, wanted=wanted)
    print_hits(found, hits, files=files, as_json=as_json)
