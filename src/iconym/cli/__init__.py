"""The command line: one file for each verb; each calls one function of the package, or two.

Data go to standard output, progress and remarks to standard error. Exit codes: 0 done, 1 failure,
2 a request that cannot be met as it stands, 3 done with some items skipped, 130 interrupted.
Verbs import the package inside their functions, so that help comes at once.
"""

import os
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from iconym.cli import (
    ask,
    catalog,
    compare,
    complete,
    demo,
    doctor,
    duplicates,
    errors,
    evaluate,
    features,
    follow,
    indexes,
    label,
    order,
    owners,
    related,
    reproduce,
    search,
    space,
    suggest,
    train,
    watch,
    why,
    words,
)
from iconym.cli.output import say
from iconym.errors import IconymError, Usage

UsageError: Any = typer.BadParameter.__base__  # typer's; it has no public name


# in the order in which one meets them
ORDER = (
    *("demo", "words", "features", "train", "evaluate", "compare", "reproduce"),
    *("index", "watch", "follow", "errors", "catalog", "space"),
    *("search", "why", "related", "complete", "order", "owners", "duplicates"),
    *("label", "suggest", "ask", "doctor"),
)


class Verbs(TyperGroup):
    """The verbs; a failure of ours is one line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs in their order, not by name."""
        return sorted(self.commands, key=ORDER.index)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; here and not in ``main``, for typer has its own ends for some errors."""
        try:
            try:
                super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except IconymError as error:
            return _complain(str(error), 2 if isinstance(error, Usage) else 1)
        except KeyboardInterrupt:
            return _complain("interrupted; what was finished is kept", 130)
        except BrokenPipeError:  # whoever read our output has seen enough
            _write_nowhere()
        except sqlite3.OperationalError as error:
            return _complain(f"the catalog: {error}; check its disk and who may write there", 1)
        except sqlite3.Error as error:
            remedy = (
                "run: iconym catalog verify; restore a backup, or remove .iconym and index again"
            )
            return _complain(f"the catalog: {error}; {remedy}", 1)
        except OSError as error:
            return _complain_of_system(error)
        except MemoryError as error:
            return _complain(f"not enough memory; ask for less at once. {error}", 1)
        return 0


app = typer.Typer(
    name="iconym",
    help="Pictures and words in one vector space: train it, measure it, search it.",
    cls=Verbs,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.add_typer(words.app, name="words")
app.command("features")(features.features)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("reproduce")(reproduce.reproduce)
app.add_typer(indexes.app, name="index")
app.command("watch")(watch.watch)
app.command("follow")(follow.follow)
app.command("errors")(errors.errors)
app.add_typer(catalog.app, name="catalog")
app.add_typer(space.app, name="space")
app.command("search", cls=search.QueryCommand)(search.search)
app.command("why", cls=search.QueryCommand)(why.why)
app.command("related")(related.related)
app.command("complete")(complete.complete)
app.command("order", cls=search.QueryCommand)(order.order)
app.command("owners", cls=search.QueryCommand)(owners.owners)
app.command("duplicates")(duplicates.duplicates)
app.command("label")(label.label)
app.command("suggest")(suggest.suggest)
app.command("ask")(ask.ask)
app.command("doctor")(doctor.doctor)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; without arguments it is its help.

    Args:
        arguments: those of the process if left out.
    """
    given = sys.argv[1:] if arguments is None else arguments
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = app(list(given) or ["--help"], prog_name="iconym", standalone_mode=False)
    except UsageError as error:
        code = _complain(error.format_message(), 2)
        say(f"try: {error.ctx.command_path if error.ctx else 'iconym'} --help")
    except OSError as error:  # of the help, which is written before any verb
        code = _complain_of_system(error)
    raise SystemExit(code)


def _open_closed_streams() -> None:
    """Where a caller has closed a stream Python has none: read nothing, write nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def _write_nowhere() -> None:
    """Give up standard output, or Python fails at its end with what is still to be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain_of_system(error: OSError) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _write_nowhere()
    place = f": {error.filename}" if error.filename else ""
    return _complain(f"{error.strerror or error}{place}", 1)


def _complain(message: str, code: int) -> int:
    say(f"iconym: {message}")
    return code
