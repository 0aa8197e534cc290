"""``iconym words``: word vectors, from noisy tags and text to measured answers."""

import typer

from iconym.cli import (
    words_analogy,
    words_clean,
    words_convert,
    words_evaluate,
    words_glove,
    words_neighbors,
    words_odd_one_out,
    words_ppmi,
    words_prepare,
    words_similarity,
    words_train,
)
from iconym.cli.search import QueryCommand

app = typer.Typer(
    help="Word vectors: clean tags, train on text, ask, measure, convert.",
    rich_markup_mode=None,
    add_completion=False,
)
app.command("clean")(words_clean.clean)
app.command("prepare")(words_prepare.prepare)
app.command("train")(words_train.train)
app.command("glove")(words_glove.glove)
app.command("ppmi")(words_ppmi.ppmi)
app.command("neighbors", cls=QueryCommand)(words_neighbors.neighbors)
app.command("analogy")(words_analogy.analogy)
app.command("similarity")(words_similarity.similarity)
app.command("odd-one-out")(words_odd_one_out.odd_one_out)
app.command("evaluate")(words_evaluate.evaluate)
app.command("convert")(words_convert.convert)
