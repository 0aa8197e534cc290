"""``iconym follow``: a stream taken in from the command line."""

import json
import signal
import subprocess
import sys

import pytest

from colors import BLUE, RED, save, saved_color_space
from iconym.nouns import Activity, Picture
from iconym.space import save_space
from iconym.streams.redis import RedisStream
from redis_server import running_redis


@pytest.fixture(scope="module")
def server():
    with running_redis() as server:
        yield server


@pytest.fixture
def stream(server, request):
    stream = RedisStream(server.url, request.node.name)
    yield stream
    stream.close()


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "photos" / "red.png", RED)
    save_space(saved_color_space(), tmp_path / "space")
    return tmp_path / "photos"


@pytest.fixture
def arguments(server, folder, request):
    space = folder.parent / "space"
    given = [server.url, "--stream", request.node.name, "-c", folder, "--space", space]
    return ["follow", *map(str, given)]


def test_follow_takes_in_what_a_stream_tells_and_ends_when_it_is_empty(run, arguments, stream):
    stream.publish([Activity("added", Picture("red.png", words=("rose",)))])
    ended = run(*arguments, "--until-empty")
    assert (ended.code, ended.out) == (0, "1 added\n")
    assert "space: colors" in ended.err
    assert stream.claim(1) == []


def test_follow_goes_on_with_the_collections_space(run, arguments, stream, folder):
    stream.publish([Activity("added", Picture("red.png"))])
    run(*arguments, "--until-empty")
    save(folder / "red.png", BLUE)
    stream.publish([Activity("changed", Picture("red.png"))])
    ended = run(*arguments[:-2], "--until-empty", "--json")
    assert ended.json["changed"] == 1


def test_follow_without_a_collection_asks_for_a_space(run, arguments, folder):
    ended = run(*arguments[:-2], "--until-empty")
    assert ended.code == 2
    assert "--space" in ended.complaint
    assert not (folder / ".iconym").exists()


def test_follow_tells_of_bad_pictures_and_of_what_is_no_activity(run, arguments, stream):
    stream.publish([Activity("added", Picture("none.png"))])
    stream._client.xadd(stream._name, {"activity": "?"})
    ended = run(*arguments, "--until-empty")
    assert ended.code == 3
    assert "skipped (missing or unreadable)" in ended.err
    assert "is no activity: no JSON" in ended.err


def test_follow_takes_the_address_from_the_environment(run, arguments, stream, monkeypatch):
    monkeypatch.setenv("ICONYM_STREAM", arguments[1])
    stream.publish([Activity("added", Picture("red.png"))])
    assert run("follow", *arguments[2:], "--until-empty").out == "1 added\n"


def test_follow_of_a_server_that_is_not_there_is_one_line_without_the_password(run, arguments):
    address = "redis://:secret@127.0.0.1:1"
    ended = run("follow", address, *arguments[2:], "--until-empty")
    assert ended.code == 1
    assert "does not answer" in ended.complaint
    assert "secret" not in ended.err


def test_follow_ends_with_what_was_done_on_ctrl_c(arguments, stream):
    command = [sys.executable, "-m", "iconym.cli", *arguments, "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        stream.publish([Activity("added", Picture("red.png"))])
        assert json.loads(process.stdout.readline())["added"] == 1
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 0
    assert said.splitlines()[-1].startswith("ended: 1 added, 0 failed")
