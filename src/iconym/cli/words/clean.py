"""``iconym words clean``: tags of photos to the words one trains on."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from iconym.cli.output import Json, print_json, print_lines, say, tracked
from iconym.errors import Usage


def clean(
    tags: Annotated[
        Path, typer.Argument(metavar="TAGS", help="A CSV, TSV, Parquet or text file of photos.")
    ],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="TEXT", help="Where to: .txt or .txt.gz, a photo a line."
        ),
    ],
    column: Annotated[
        str | None,
        typer.Option(
            "--tags", metavar="COLUMN", help="Of tags [tags]; a number if there is no header."
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Of users [user, if there is one]."),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(metavar="S", help="Parts the tags of a photo [a comma; in text, blanks]."),
    ] = None,
    min_users: Annotated[
        int, typer.Option(min=1, help="Leave out words that fewer users gave.")
    ] = 2,
    min_count: Annotated[
        int, typer.Option(min=1, help="Leave out words that fewer photos have.")
    ] = 1,
    most_words: Annotated[
        int | None, typer.Option(min=1, help="Keep the most frequent ones only.")
    ] = None,
    rules: Annotated[
        str | None, typer.Option(metavar="RULES", help="Only these, parted by commas.")
    ] = None,
    without: Annotated[
        str | None, typer.Option(metavar="RULES", help="All but these, parted by commas.")
    ] = None,
    scripts: Annotated[
        str | None,
        typer.Option(metavar="SCRIPTS", help="Only words written in these, as latin,greek."),
    ] = None,
    emoji: Annotated[
        Literal["name", "drop"], typer.Option(help="Name those that stand alone, or drop them.")
    ] = "name",
    stop: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Tags to leave out, one a line.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was done as JSON.")
    ] = None,
    dropped: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each dropped tag and why, as TSV.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Clean the tags of photos, and say rule by rule what was changed and dropped.

    Cameras, dates, machine tags, escapes, words of a single user.
    """
    from iconym.files import replace_file, to_json
    from iconym.words.cleaning import (
        CleaningSettings,
        Layout,
        TagFile,
        choose_rules,
        clean,
        read_stop_words,
        write_cleaned,
        write_dropped,
    )

    _check_places(tags, output, report, dropped)
    settings = CleaningSettings(
        rules=choose_rules(
            only=_parted(rules),
            without=_parted(without),
            emoji=emoji,
            scripts=_parted(scripts),
            stop=read_stop_words(stop) if stop else (),
        ),
        min_users=min_users,
        min_count=min_count,
        most_words=most_words,
    )
    parting = separator and separator.replace("\\t", "\t")
    photos = TagFile(tags, Layout(tags=column, user=user, separator=parting), tracked)
    if remark := photos.remark():
        say(remark)
    cleaning = clean(photos, settings)
    if dropped:
        write_dropped(cleaning.dropped, dropped)
    done = write_cleaned(photos, cleaning, output)
    if report:
        replace_file(report, to_json(done.to_json()))
    if as_json:
        print_json(done.to_json())
    else:
        print_lines(str(done).splitlines())


def _parted(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]


def _check_places(tags: Path, output: Path, *others: Path | None) -> None:
    """Before the long work: each file has a place of its own that may be written to."""
    from iconym.files import check_writable
    from iconym.words.cleaning import check_suffix

    check_suffix(output)
    places = [tags, output, *(place for place in others if place)]
    for number, place in enumerate(places[1:], 1):
        if place.absolute() in [other.absolute() for other in places[:number]]:
            raise Usage(f"{place} is named twice; choose another place for one of them")
        if place.is_dir():
            raise Usage(f"{place} is a folder; name a file")
        check_writable(place)
