"""What becomes of every nasty file, in how much memory, and on disks that refuse."""

import os
import resource
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image as PillowImage

import nasty
from colors import RED, color_space, save, saved_color_space
from iconym.collection import create_collection, open_collection
from iconym.indexing import index_folder
from iconym.space import save_space

KINDS = {
    "empty.jpg": "empty",
    "text.jpg": "not a picture",
    "page.png": "not a picture",
    "drawing.png": "not a picture",
    "BMW.bmp": "not a picture",
    "half.jpg": "truncated or damaged",
    "half.png": "truncated or damaged",
    "header only.gif": "truncated or damaged",
    "huge.png": "too large",
    "dangling.jpg": "missing or unreadable",
}
MEBIBYTE = 2**20


@pytest.fixture
def folder(tmp_path):
    nasty.write_corpus(tmp_path / "photos")
    return tmp_path / "photos"


@pytest.fixture
def space(tmp_path):
    save_space(saved_color_space(), tmp_path / "colors")
    return tmp_path / "colors"


def command_line(*arguments, before=None):
    command = [sys.executable, "-m", "iconym.cli", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, preexec_fn=before
    )


def complaint(ran):
    """The one line that says what is wrong; another says which space is used."""
    (line,) = (line for line in ran.stderr.splitlines() if "space: " not in line)
    return line


# The corpus


def test_every_odd_picture_is_added_and_every_bad_one_told_of_by_its_kind(folder):
    collection = create_collection(folder)
    outcome = index_folder(collection, color_space())
    uris = {picture.uri for picture in collection.catalog.pictures()}
    assert uris == set(nasty.ODD) - {"smallest.png"}  # which is black: without features
    kinds = {failure.uri: failure.kind for failure in outcome.failed}
    assert kinds == {**KINDS, "smallest.png": "without features"}
    assert {f.uri: f.kind for f in collection.catalog.failures()} == kinds


def test_the_corpus_is_one_line_and_leaves_with_3(run, folder, space):
    ran = run("index", folder, "--space", space)
    assert ran.code == 3
    counts = Counter([*KINDS.values(), "without features"])
    assert ran.out.startswith(f"{len(nasty.ODD) - 1} added, 11 failed: ")
    assert all(f"{count} {kind}" in ran.out for kind, count in counts.items())
    assert ran.err.count("skipped (") == 11
    assert "30000x30000 = 900.0 megapixels, the limit is 179.0" in ran.err


def test_the_bomb_is_refused_from_its_header(folder, space):
    for name in (*nasty.ODD, *nasty.BAD):
        if name not in ("huge.png", "plain.png"):
            (folder / name).unlink()
    ran = command_line("index", folder, "--space", space, before=limit_memory(900))
    assert ran.stdout.startswith("1 added, 2 failed: ")  # the bomb would take 900 MB, and as many
    assert "1 too large" in ran.stdout


def test_large_photos_are_read_one_at_a_time_however_many_threads(tmp_path, space):
    large = PillowImage.new("RGB", (7000, 6000), (9, 9, 9))  # 168 MB in memory
    (tmp_path / "photos").mkdir()
    large.save(tmp_path / "photos" / "0.png", compress_level=1)
    data = (tmp_path / "photos" / "0.png").read_bytes()
    for number in range(1, 4):
        (tmp_path / "photos" / f"{number}.png").write_bytes(data + bytes([number]))
    command = [sys.executable, "-c", PEAK, str(tmp_path / "photos"), str(space)]
    environment = {**os.environ, "OMP_NUM_THREADS": "4"}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert int(ran.stdout) < 500 * MEBIBYTE  # four at once would take 700


PEAK = """
import re, sys
from pathlib import Path
from iconym.collection import create_collection
from iconym.indexing import index_folder
from iconym.space import load_space

outcome = index_folder(create_collection(Path(sys.argv[1])), load_space(Path(sys.argv[2])))
assert outcome.added == 4, outcome
# not ru_maxrss, which begins with the memory of the process that started this one
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024)
"""


def limit_memory(mebibytes):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MEBIBYTE,) * 2)


# Disks that refuse


@pytest.fixture
def many(tmp_path):
    """Enough pictures that the catalog outgrows 512 KiB."""
    for number in range(1500):
        save(tmp_path / "many" / f"{number:04}.png", (number % 250 + 1, number // 250, 7))
    return tmp_path / "many"


def is_intact(folder):
    connection = sqlite3.connect(folder / ".iconym" / "catalog.db")
    (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return found == "ok"


def test_a_file_that_cannot_grow_is_one_line_and_the_catalog_stays_intact(many, space):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (512 * 1024,) * 2)

    ran = command_line("index", many, "--space", space, before=small_files)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert complaint(ran).startswith("iconym: the catalog: ")
    assert is_intact(many)
    kept = len(open_collection(many).catalog)
    again = command_line("index", many)
    assert again.stdout == f"{1500 - kept} added" + (f", {kept} unchanged\n" if kept else "\n")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own, of eight mebibytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", place]).returncode:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(path):
    """Write until the disk has no more room."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(file, bytes(4096)):
            pass
    os.close(file)


def test_a_full_disk_is_one_line_and_the_catalog_stays_intact(small_disk, space):
    for number in range(6):
        save(small_disk / f"{number}.png", (number + 1, 7, 7))
    assert command_line("index", small_disk, "--space", space).stdout == "6 added\n"
    fill(small_disk / "filler")
    (small_disk / "0.png").unlink()  # a page for the new picture, none for the catalog
    save(small_disk / "new.png", RED)
    ran = command_line("index", small_disk)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "disk" in complaint(ran)
    (small_disk / "filler").unlink()
    assert is_intact(small_disk)
    assert command_line("index", small_disk).stdout == "1 added, 1 removed, 5 unchanged\n"


def test_a_disk_without_the_right_to_write_is_one_line(small_disk, space):
    save(small_disk / "red.png", RED)
    assert command_line("index", small_disk, "--space", space).stdout == "1 added\n"
    save(small_disk / "more.png", (7, 7, 9))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    ran = command_line("index", small_disk)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "is read-only" in complaint(ran)
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert command_line("index", small_disk).stdout == "1 added, 1 unchanged\n"


# Folders in which nothing can be done: five different lines


def test_five_ways_to_have_no_pictures_have_five_lines(run, tmp_path, space, monkeypatch):
    (tmp_path / "empty").mkdir()
    save(tmp_path / "file.png", RED)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("milk")
    (tmp_path / "secret").mkdir()
    listed = os.scandir

    def scandir(path):
        if Path(path) == tmp_path / "secret":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr("os.scandir", scandir)
    said = {
        "empty": "is empty; put pictures into it",
        "notes": "holds no picture file; check the path",
        "nowhere": "no folder",
        "file.png": "is no folder; give the folder it lies in",
        "secret": "cannot be read: [Errno 13] Permission denied",
    }
    for name, message in said.items():
        ran = run("index", tmp_path / name, "--space", space)
        assert (ran.code, message in ran.complaint) == (2, True)
