"""``iconym owners``: whose pictures fit a brief."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.filters import Below, Holds, Since, Tags, Until, wanted_pictures
from iconym.cli.hits import entry, shown
from iconym.cli.options import CollectionFolder, Count, SpaceFolder, say_space
from iconym.cli.order import Brief
from iconym.cli.output import Json, print_json, print_table

if TYPE_CHECKING:
    from iconym.search import Search
    from iconym.search.owners import OwnerFit

Top = Annotated[
    int, typer.Option(min=1, help="Count the best so many pictures of each; 1 is the best alone.")
]


def owners(
    brief: Brief,
    *,
    k: Count = 10,
    top: Top = 5,
    collection: CollectionFolder = Path(),
    space: SpaceFolder = None,
    tag: Tags = None,
    holds: Holds = "",
    below: Below = "",
    since: Since = "",
    until: Until = "",
    as_json: Json = False,
) -> None:
    """Show the owners whose pictures fit a brief best, with the best picture of each.

    An owner's score is the mean cosine of the brief with the best few pictures (--top), from -1
    to 1. Owners come with activities: iconym follow.
    """
    from iconym.search import open_search, parse_query
    from iconym.search.owners import owners_for, top_mean

    wanted = wanted_pictures(tag, holds, "", below, since, until)
    terms = parse_query(brief)
    found = open_search(collection, space)
    say_space(found.space)
    fits = owners_for(found, terms, k, set_score=top_mean(top), wanted=wanted)
    _print(found, fits, as_json)


def _print(found: "Search", fits: "list[OwnerFit]", as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "owner": fit.owner,
                    "score": fit.score,
                    "pictures": fit.pictures,
                    "best": entry(found, fit.best),
                }
                for fit in fits
            ]
        )
    else:
        rows = [(fit.score, fit.owner, fit.pictures, shown(found, fit.best)) for fit in fits]
        print_table(("score", "owner", "pictures", "best picture"), rows)
