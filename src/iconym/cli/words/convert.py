"""``iconym words convert``: word vectors from one kind of file into another."""

from pathlib import Path
from typing import Annotated

import typer

from iconym.cli.options import WordsPath
from iconym.cli.output import print_lines, say
from iconym.errors import Usage

TOLD = 10  # words left out that are named one by one


def convert(
    words: WordsPath,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="NEW",
            help="Where to: a folder, .txt, .vec, .bin (.gz too), .safetensors, .npz, .npy.",
        ),
    ],
    half: Annotated[
        bool, typer.Option("--half", help="Numbers of 16 bits: half the room, 3 digits.")
    ] = False,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="Text without a first line, as GloVe writes it.")
    ] = False,
    drop_bad: Annotated[
        bool,
        typer.Option(
            "--drop-bad", help="Leave out words that stand twice, are no UTF-8 or not finite."
        ),
    ] = False,
) -> None:
    """Write word vectors in another format; its name tells which.

    A folder, .safetensors and .npy can then be asked with --mapped, without being read whole.
    """
    from iconym.files import check_place, check_writable
    from iconym.words.files.rows import REMEDY, refuse
    from iconym.words.formats import KIND, load_words, save_words

    if output.absolute() == words.absolute():
        raise Usage(f"{output} is the file itself; choose another --output")
    if output.is_dir():
        check_place(output, KIND)
    check_writable(output)
    faults: list[str] = []
    held = load_words(words, fault=faults.append if drop_bad else refuse)
    for fault in faults[:TOLD]:
        say(f"left out: {fault.removesuffix(f'; {REMEDY}')}")
    if len(faults) > TOLD:
        say(f"left out: {len(faults) - TOLD} more")
    save_words(held, output, dtype="float16" if half else "float32", header=not no_header)
    print_lines([f"{output}: {len(held)} words, {held.dim} numbers each"])
