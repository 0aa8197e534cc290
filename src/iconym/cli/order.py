"""``iconym order``: submissions in the order in which they fit a brief."""

from pathlib import Path
from typing import Annotated

import typer

from iconym.cli.filters import Below, Holds, Owner, Since, Tags, Until, wanted_pictures
from iconym.cli.hits import Diversity, Files, check_forms, print_hits
from iconym.cli.options import CollectionFolder, SpaceFolder, say_space
from iconym.cli.output import Json

Brief = Annotated[
    list[str],
    typer.Argument(metavar="BRIEF", help="Words and examples: sunset + 2:example.jpg - people"),
]
Best = Annotated[
    int | None, typer.Option("-k", min=1, max=100_000, help="How many, the best; else all.")
]


def order(
    brief: Brief,
    *,
    k: Best = None,
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
    """Put submissions in the order in which they fit a brief, best first.

    The submissions are the pictures that the filters keep, for instance those of a folder:

    iconym order "sunset at sea + example.jpg" --below contest

    A score is a cosine with the brief, from -1 to 1.
    """
    from iconym.search import open_search, parse_query
    from iconym.search.sets import order_submissions

    check_forms(files, as_json)
    wanted = wanted_pictures(tag, holds, owner, below, since, until)
    terms = parse_query(brief)
    found = open_search(collection, space)
    say_space(found.space)
    submissions = found.catalog.select(wanted).tolist()
    hits = order_submissions(found, terms, submissions, k=k, diversity=diversity)
    print_hits(found, hits, files=files, as_json=as_json)
