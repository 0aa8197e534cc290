"""``iconym words``: word vectors, from noisy tags and text to measured answers."""

import typer

from iconym.cli.search import QueryCommand
from iconym.cli.words import (
    analogy,
    clean,
    convert,
    evaluate,
    glove,
    neighbors,
    odd_one_out,
    ppmi,
    prepare,
    similarity,
    train,
)

app = typer.Typer(
    help="Word vectors: clean tags, train on text, ask, measure, convert.",
    rich_markup_mode=None,
    add_completion=False,
)
app.command("clean")(clean.clean)
app.command("prepare")(prepare.prepare)
app.command("train")(train.train)
app.command("glove")(glove.glove)
app.command("ppmi")(ppmi.ppmi)
app.command("neighbors", cls=QueryCommand)(neighbors.neighbors)
app.command("analogy")(analogy.analogy)
app.command("similarity")(similarity.similarity)
app.command("odd-one-out")(odd_one_out.odd_one_out)
app.command("evaluate")(evaluate.evaluate)
app.command("convert")(convert.convert)
