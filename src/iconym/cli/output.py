"""What every verb shares: results as a table or as JSON, remarks, progress with an estimate."""

import json
import os
import shutil
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

PATIENCE = 0.5  # seconds of work that show no bar
SILENCE = 10.0  # seconds between two lines of progress where there is no terminal
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format, surrogate, line and paragraph ends
ENDLESS = 100_000  # columns of what is no terminal: nothing is folded there
PAGE = 100  # columns of what is no terminal, for tables that are parted
GAP = 2  # blanks between two columns
DASH = "–"  # noqa: RUF001  what nobody can answer


def print_json(value: Any) -> None:
    """Print ``value`` as one line of JSON; numbers that JSON lacks (NaN, infinity) are an error.

    Only ASCII is written: safe on every terminal and in every encoding.
    """
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table, as wide as the terminal allows; numbers stand right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    body = [[_cell(value) for value in row] for row in rows]
    for number, name in enumerate(columns):
        numeric = all(_is_number(row[number]) for row in body) and bool(body)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else ENDLESS
    console = Console(
        file=sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False
    )
    if title:  # not the table's own, which is folded to the width of its columns
        console.print(title, style="italic")
    console.print(table)


def print_parted_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = ""
) -> None:
    """As ``print_table``; columns that do not fit stand below, beside the first one again."""
    body = [[_cell(value) for value in row] for row in rows]
    for part in _parts([columns, *body], shutil.get_terminal_size((PAGE, 0)).columns):
        print_table([columns[i] for i in part], [[row[i] for i in part] for row in body], title)
        title = ""


def print_lines(lines: Iterable[str]) -> None:
    """Print a line for each; whole for a pipe, with control characters escaped for a terminal."""
    seen = sys.stdout.isatty()
    for line in lines:
        sys.stdout.write((printable(line) if seen else line) + "\n")


def say(message: str) -> None:
    """Write a remark of one line to standard error."""
    sys.stderr.write(printable(" ".join(message.split())) + "\n")


def printable(text: str) -> str:
    r"""``text`` with what could steer a terminal or break a line escaped, as ``\n`` or ``\x1b``."""
    return "".join(_escaped(c) if unicodedata.category(c) in UNSEEN else c for c in text)


def shown_path(path: Path) -> str:
    """``path`` from the present folder if it lies in there, else from the root; no option."""
    here = os.getcwd()
    shown = os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
    return os.path.join(".", shown) if shown.startswith("-") else shown


def tracked(items: Iterable[Any], doing: str, total: int) -> Iterator[Any]:
    """The items, with a bar and an estimate on a terminal, else a line now and then.

    Short work stays silent: nothing shows before half a second (bar) or ten seconds (lines).
    Where the items say how many ``words`` each is, words a second show too.
    """
    if sys.stderr.isatty():
        yield from _with_bar(iter(items), doing, total)
    else:
        yield from _with_lines(items, doing, total)


def _with_bar(items: Iterator[Any], doing: str, total: int) -> Iterator[Any]:
    start, done, words = time.monotonic(), 0, 0
    for item in items:
        yield item
        done += 1
        words += _words(item)
        if time.monotonic() - start >= PATIENCE:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    columns = ("{task.description:28}", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    speed = "{task.fields[speed]}"
    with Progress(*columns, speed, console=Console(stderr=True)) as progress:
        task = progress.add_task(doing, total=total, completed=done, speed=_speed(words, start))
        for item in items:
            yield item
            words += _words(item)
            progress.update(task, advance=1, speed=_speed(words, start))


def _with_lines(items: Iterable[Any], doing: str, total: int) -> Iterator[Any]:
    start = last = time.monotonic()
    words = 0
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - last >= SILENCE:
            left = (now - start) / done * (total - done)
            speed = _speed(words, start)
            say(f"{doing}: {done} of {total}, about {left:.0f} s left{speed and ', '}{speed}")
            last = now
        words += _words(item)
        yield item


def _words(item: Any) -> int:
    words = getattr(item, "words", 0)
    return words if isinstance(words, int) else 0


def _speed(words: int, start: float) -> str:
    return f"{words / max(time.monotonic() - start, 1e-9):,.0f} words/s" if words else ""


def _parts(lines: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Which columns stand in each table: the first, and as many others as fit, but at least one."""
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    parts: list[list[int]] = []
    room = 0
    for number, wide in enumerate(others, 1):
        if not parts or wide + GAP > room:
            parts.append([0])
            room = width - first
        parts[-1].append(number)
        room -= wide + GAP
    return parts


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def _cell(value: object) -> str:
    if value is None:
        return DASH
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))


def _is_number(cell: str) -> bool:
    return cell == DASH or cell.lstrip("+-").replace(".", "", 1).isdigit()
