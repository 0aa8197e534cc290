"""``iconym errors``: the pictures that could not be taken in, and why."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from iconym.cli.index import index_and_report
from iconym.cli.output import Json, print_json, print_table, say

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="The collection's folder, or one inside it.")
]
Retry = Annotated[
    bool, typer.Option("--retry", help="Index the folder, and try all of these again.")
]


def errors(folder: Folder = Path(), *, retry: Retry = False, as_json: Json = False) -> None:
    """List the pictures that could not be taken in.

    Each is tried again by itself when its file changes, and all of them with --retry, for
    instance after an extra was installed that reads them.
    """
    from iconym.collection import open_collection

    collection = open_collection(folder)
    if retry:
        index_and_report(collection.folder, retry=True, as_json=as_json)
        return
    failures = list(collection.catalog.failures())
    if as_json:
        print_json([asdict(failure) for failure in failures])
    elif failures:
        rows = [(f.uri, f.kind, f.tries, f.reason) for f in failures]
        print_table(("picture", "kind", "tries", "reason"), rows)
    else:
        say("no picture has failed")
