"""What the documents show exists: modules, names, verbs and options."""

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from iconym.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {document.name: document.read_text() for document in DOCUMENTS}


def fenced(language):
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.M | re.S)
    return [(name, block) for name, text in TEXTS.items() for block in pattern.findall(text)]


def shown_commands():
    """Every line in a fence or a code span that runs a verb."""
    for name, text in TEXTS.items():
        for line in re.findall(r"^iconym .+$", text, re.M) + re.findall(r"`(iconym [^`]+)`", text):
            yield name, line


@pytest.mark.parametrize(("document", "program"), fenced("python"))
def test_every_name_that_a_program_in_the_documents_imports_is_there(document, program):
    imported = [node for node in ast.parse(program).body if isinstance(node, ast.ImportFrom)]
    assert imported
    for node in imported:
        module = importlib.import_module(node.module)
        assert all(hasattr(module, alias.name) for alias in node.names)


@pytest.mark.parametrize(("document", "line"), sorted(set(shown_commands())))
def test_every_command_in_the_documents_has_its_verb_and_options(document, line):
    command, words = get_command(app), shlex.split(line)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    assert not hasattr(command, "commands") or command.invoke_without_command or not words
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {"-h", "--help"}
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= known


def test_every_file_that_the_documents_link_to_is_there():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_script_that_the_documents_name_is_there():
    for text in TEXTS.values():
        for script in re.findall(r"benchmarks/[a-z_0-9]+\.py", text):
            assert (ROOT / script).exists(), script


def test_every_benchmark_is_named_in_the_documents():
    for script in (ROOT / "benchmarks").glob("[a-z]*.py"):
        assert any(f"benchmarks/{script.name}" in text for text in TEXTS.values()), script.name
