"""What the verbs that ask word vectors share: which ones, how they are held, how answers look."""

from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import print_json, print_table

if TYPE_CHECKING:
    from iconym.words.vectors import Found

Mapped = Annotated[
    bool,
    typer.Option(
        "--mapped", help="Leave large vectors on the disk: a folder, .safetensors or .npy."
    ),
]


def print_found(found: "Found", as_json: bool) -> None:
    """Print words with their scores, best first."""
    if as_json:
        print_json([{"word": word, "score": score} for word, score in found])
    else:
        print_table(("score", "word"), [(score, word) for word, score in found])
