"""``iconym words prepare``: text, captions or tags to a numbered corpus that trainers read."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iconym.cli.output import print_lines, say, tracked
from iconym.cli.words.corpus import Phrases, Processes, Tokens, with_phrases
from iconym.errors import BadData, Usage

if TYPE_CHECKING:
    from iconym.words.text.shards import Source
    from iconym.words.text.tokens import Reading


def prepare(
    texts: Annotated[
        list[Path],
        typer.Argument(metavar="TEXT", help="Text or Parquet files, or folders of them."),
    ],
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="CORPUS", help="Where to: a folder.")
    ],
    column: Annotated[
        str | None,
        typer.Option(help="The texts are Parquet: this column, of strings or lists of tags."),
    ] = None,
    tags: Annotated[
        str | None,
        typer.Option(metavar="SEPARATOR", help="Each line is a list of tags, with this between."),
    ] = None,
    tokens: Tokens = False,
    phrases: Phrases = False,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One name a line: joined, and kept however rare."),
    ] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Leave out rarer words.")] = 5,
    processes: Processes = 1,
) -> None:
    """Make a corpus of a text, captions or tags, for training.

    Its words are numbered once, for all training that follows.

    A text is UTF-8 (.gz too), one sentence a line, and may be larger than memory. After an
    interruption, or a kill, the same command goes on from what was done.
    """
    from iconym.words.phrases import Lexicon
    from iconym.words.store import prepare_corpus
    from iconym.words.text.sources import JoinedSource
    from iconym.words.text.tokens import as_token

    source = _source(texts, column, _reading(tags, tokens))
    names = _names(labels) if labels else []
    if names:
        source = JoinedSource(source, Lexicon.of(names))
    place = output.with_name(f"{output.name}.phrases")
    if phrases:
        source = with_phrases(source, place, processes)
    forced = {token for name in names if (token := as_token(name))}
    vocabulary, corpus = prepare_corpus(
        source, output, min_count=min_count, forced=forced, processes=processes, track=tracked
    )
    shutil.rmtree(place, ignore_errors=True)
    _say_missing([token for token in sorted(forced) if token not in vocabulary])
    words, found = len(vocabulary), len(corpus.tokens)
    print_lines([f"{output}: {words} words, {found} in the text, {len(corpus)} sentences"])


def _reading(tags: str | None, tokens: bool) -> "Reading":
    """How a line becomes tokens."""
    from iconym.nouns import split_words
    from iconym.words.text.tokens import Tags

    words: Reading = str.split if tokens else split_words
    return words if tags is None else Tags(tags.replace("\\t", "\t"), words)


def _source(texts: list[Path], column: str | None, reading: "Reading") -> "Source":
    from iconym.words.text.parquet_column import ParquetColumn
    from iconym.words.text.sources import TextFiles

    if column is not None:
        return ParquetColumn(tuple(texts), column, reading)
    if packed := [path for path in texts if path.suffix == ".parquet"]:
        raise Usage(f"{packed[0]} is Parquet; name the column of its texts with --column")
    return TextFiles(tuple(texts), reading)


def _names(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise Usage(f"no file {str(path)!r}; give one name a line") from error
    except UnicodeDecodeError as error:
        raise BadData(f"{path}: not UTF-8 ({error.reason}); convert the file") from error


def _say_missing(labels: list[str]) -> None:
    if labels:
        shown = ", ".join(labels[:5]) + (" ..." if len(labels) > 5 else "")
        say(f"names that never stand in the text ({len(labels)}): {shown}")
