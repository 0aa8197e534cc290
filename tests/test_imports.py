"""What an import may cost and bring along; the help of every verb; libraries that get along."""

import itertools
import os
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command

from iconym.cli import app
from test_encoders import mean_color_model

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "numba", "pyarrow", "onnx", "resvg_py", "typer", "rich", "usearch", "faiss")
COMPILED = (
    "numpy",
    "PIL.Image",
    "onnxruntime",
    "safetensors.numpy",
    "numba",
    "torch",
    "pyarrow",
    "onnx",
    "resvg_py",
    "usearch.compiled",
    "faiss",
    "watchfiles",
    "redis",
    "pillow_heif",
)
FULL = bool(os.environ.get("ICONYM_FULL"))
TRIES = 5  # the machine may be busy; what counts is what it can do

RUN_NETWORK = """
import sys
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
import numpy
(row,) = session.run(None, {"image": numpy.ones((1, 3, 4, 4), numpy.float32)})[0]
assert row.tolist() == [1, 1, 1]
"""


def cpu_seconds(*arguments):
    """What a fresh Python takes of the processor, which other processes hardly change."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fastest(limit, *arguments):
    """The least of a few times, or the first one below ``limit``."""
    best = cpu_seconds(*arguments)
    for _ in range(TRIES - 1):
        if best < limit:
            break
        best = min(best, cpu_seconds(*arguments))
    return best


def commands(command, path=("iconym",)):
    """Every command with its path, groups too."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = dict(commands(get_command(app)))


def test_searching_imports_nothing_that_it_does_without():
    check = f"import iconym.search, sys; exit([m for m in {HEAVY} if m in sys.modules] or 0)"
    cpu_seconds("-c", check)


def test_searching_is_imported_within_a_third_of_a_second():
    assert fastest(0.3, "-c", "import iconym.search") < 0.3


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_comes_within_a_fifth_of_a_second(path):
    assert fastest(0.2, "-m", "iconym.cli", *path[1:], "--help") < 0.2


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_says_what_it_is_for(path):
    command = COMMANDS[path]
    assert command.help
    assert [p.name for p in command.params if p.name != "help" and not p.help] == []


@pytest.mark.parametrize("path", [p for p, c in COMMANDS.items() if not hasattr(c, "commands")])
def test_every_verb_is_named_in_the_documents(path):
    texts = [file.read_text() for file in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"))]
    if not texts[0].strip():
        pytest.skip("the README is not written yet")
    assert any(" ".join(path) in text for text in texts)


def pairs():
    """Every two libraries in both orders; quickly, those with ONNX Runtime and one in ten."""
    ordered = list(itertools.permutations(COMPILED, 2))
    known = [pair for pair in ordered if "onnxruntime" in pair]  # where it once crashed
    others = [pair for pair in ordered if "onnxruntime" not in pair]
    return ordered if FULL else [*known, *others[::10]]


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("networks") / "mean.onnx"
    path.write_bytes(mean_color_model())
    return path


@pytest.mark.parametrize(("first", "second"), pairs())
def test_compiled_libraries_get_along_in_any_order(first, second, network):
    for library in (first, second):
        if not find_spec(library.split(".")[0]):
            pytest.skip(f"{library} is not installed")
    program = f"import {first}\nimport {second}\n{RUN_NETWORK}"
    done = subprocess.run([sys.executable, "-c", program, network], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
