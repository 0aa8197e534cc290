"""A saved folder is whole or not there, and every fault of it has a name."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest

from iconym.errors import BadFolder, DamagedFolder, NewerFormat
from iconym.files import (
    file_names,
    load_folder,
    replace_file,
    save_folder,
    saved_in_steps,
    to_json,
    to_safetensors,
    verify_folder,
    written_aside,
)


@pytest.fixture
def saved(tmp_path):
    arrays = to_safetensors({"vectors": np.eye(2, dtype=np.float32)})
    save_folder(tmp_path / "it", "words", 1, {"a.json": to_json(["x"]), "v.safetensors": arrays})
    return tmp_path / "it"


def test_what_was_saved_is_read(saved):
    folder = load_folder(saved, "words", newest=1)
    assert folder.json("a.json") == ["x"]
    assert folder.arrays("v.safetensors")["vectors"].tolist() == [[1, 0], [0, 1]]


def test_a_file_may_be_given_in_pieces(saved):
    save_folder(saved, "words", 1, {"a": iter([b"one ", b"", b"two"]), "b": b"three"})
    folder = load_folder(saved, "words", newest=1)
    assert (folder.bytes("a"), folder.bytes("b")) == (b"one two", b"three")


def test_of_a_file_left_unread_the_size_alone_is_checked(saved):
    file = saved / "v.safetensors"
    file.write_bytes(b"?" * file.stat().st_size)
    folder = load_folder(saved, "words", newest=1, unread=["v.safetensors"])
    assert list(folder.contents) == ["a.json"]
    assert set(folder.checksums) == {"a.json", "v.safetensors"}
    file.write_bytes(b"?")
    with pytest.raises(DamagedFolder, match=r"v\.safetensors differs in size"):
        load_folder(saved, "words", newest=1, unread=["v.safetensors"])
    file.unlink()
    with pytest.raises(DamagedFolder, match=r"v\.safetensors is missing"):
        load_folder(saved, "words", newest=1, unread=["v.safetensors"])


def test_saving_again_replaces_the_folder(saved):
    save_folder(saved, "words", 1, {"b.json": to_json(2)})
    assert sorted(p.name for p in saved.iterdir()) == ["b.json", "manifest.json"]


def test_nothing_is_left_beside_a_saved_folder(saved):
    assert [p.name for p in saved.parent.iterdir()] == ["it"]


def test_a_missing_file_is_named(saved):
    (saved / "a.json").unlink()
    with pytest.raises(DamagedFolder, match=r"a\.json is missing"):
        load_folder(saved, "words", newest=1)


@pytest.mark.parametrize("name", ["a.json", "v.safetensors"])
def test_one_flipped_bit_is_found(saved, name):
    data = bytearray((saved / name).read_bytes())
    data[-1] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(DamagedFolder, match=f"{name} differs from its checksum"):
        load_folder(saved, "words", newest=1)


def test_a_newer_format_is_refused(saved):
    save_folder(saved, "words", 7, {"a.json": to_json(1)})
    with pytest.raises(NewerFormat, match="format 7, this version reads up to 1; upgrade"):
        load_folder(saved, "words", newest=1)


def test_another_kind_is_refused(saved):
    with pytest.raises(BadFolder, match="holds a saved words, not a space"):
        load_folder(saved, "space", newest=1)


def test_a_folder_that_was_not_saved_is_refused(tmp_path):
    with pytest.raises(BadFolder, match=r"no saved space: it has no manifest\.json"):
        load_folder(tmp_path, "space", newest=1)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"kind": "words"}', '{"kind": "words", "x": 1}'),
        '{"kind": "words", "format": 1, "files": []}',
        '{"kind": "words", "format": Infinity, "files": {}}',
        "[" * 100_000,
        '{"kind": "words", "format": 1, "files": {"a.json": {}}}',
    ],
)
def test_a_damaged_manifest_is_refused(saved, text):
    (saved / "manifest.json").write_text(text)
    with pytest.raises(DamagedFolder, match=r"manifest\.json is damaged"):
        load_folder(saved, "words", newest=1)


def test_a_folder_in_the_place_of_its_manifest_makes_none(saved):
    (saved / "manifest.json").unlink()
    (saved / "manifest.json").mkdir()
    with pytest.raises(BadFolder, match=r"has no manifest\.json"):
        load_folder(saved, "words", newest=1)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", ".."])
def test_a_manifest_cannot_name_a_file_outside_its_folder(saved, name):
    (saved.parent / "secret").write_text("x")
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["files"][name] = {"bytes": 1, "sha256": "0"}
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DamagedFolder, match=r"outside the folder|cannot be read"):
        load_folder(saved, "words", newest=1)


def test_other_peoples_files_are_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mum.jpg").write_bytes(b"x")
    with pytest.raises(BadFolder, match="choose another place"):
        save_folder(tmp_path / "photos", "space", 1, {"a.json": b"1"})
    assert (tmp_path / "photos" / "mum.jpg").read_bytes() == b"x"


def test_a_failure_while_writing_leaves_the_old_folder(saved):
    with pytest.raises(ZeroDivisionError), written_aside(saved) as aside:
        (aside / "half").write_text("h")
        _ = 1 / 0
    assert load_folder(saved, "words", newest=1).json("a.json") == ["x"]
    assert [p.name for p in saved.parent.iterdir()] == ["it"]


def test_a_kill_between_the_two_renames_loses_nothing(saved):
    os.rename(saved, saved.with_name(".it.before"))
    assert load_folder(saved, "words", newest=1).json("a.json") == ["x"]


def test_what_a_killed_writer_left_is_removed_by_the_next(saved):
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from iconym.files import saved_in_steps
        with saved_in_steps(Path(sys.argv[1]), "words", 1) as saving:
            saving.write("a", b"half")
            os.kill(os.getpid(), 9)
        """
    )
    subprocess.run([sys.executable, "-c", program, str(saved)], check=False)
    assert len(list(saved.parent.iterdir())) == 2
    save_folder(saved, "words", 1, {"a": b"whole"})
    assert [p.name for p in saved.parent.iterdir()] == ["it"]


def test_what_another_writer_is_about_is_left_alone(saved):
    with saved_in_steps(saved, "words", 1) as saving:
        saving.write("a", b"slow")
        save_folder(saved, "words", 1, {"a": b"fast"})
    assert load_folder(saved, "words", newest=1).bytes("a") == b"slow"


def test_a_reader_who_puts_the_old_folder_back_in_between_hinders_nobody(saved, monkeypatch):
    rename, renamed = os.rename, []

    def rename_with_a_reader(old, new):
        rename(old, new)
        renamed.append(new)
        if len(renamed) == 1:
            assert load_folder(saved, "words", newest=1).json("a.json") == ["x"]

    monkeypatch.setattr("os.rename", rename_with_a_reader)
    save_folder(saved, "words", 1, {"a": b"new"})
    assert load_folder(saved, "words", newest=1).bytes("a") == b"new"
    assert [p.name for p in saved.parent.iterdir()] == ["it"]


def test_a_file_that_was_written_may_be_read_to_make_the_next(tmp_path):
    with saved_in_steps(tmp_path / "it", "words", 1) as saving:
        first = saving.write("a", b"12")
        saving.write("b", first.read_bytes() * 2)
        assert not (tmp_path / "it").exists()
    assert load_folder(tmp_path / "it", "words", newest=1).bytes("b") == b"1212"


def test_files_are_named_unread_and_verified_in_pieces(saved):
    assert file_names(saved, "words", 1) == {"a.json", "v.safetensors"}
    verify_folder(saved, "words", 1)
    file = saved / "v.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert file_names(saved, "words", 1) == {"a.json", "v.safetensors"}
    with pytest.raises(DamagedFolder, match=r"v\.safetensors differs from its checksum"):
        verify_folder(saved, "words", 1)
    file.write_bytes(b"")
    with pytest.raises(DamagedFolder, match=r"v\.safetensors differs in size"):
        verify_folder(saved, "words", 1)


def test_replacing_a_file_changes_all_of_it(tmp_path):
    replace_file(tmp_path / "f", b"long old text")
    replace_file(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_killed_writers_never_leave_a_half_folder(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from iconym.files import save_folder
        for n in range(10**6):
            save_folder(Path(sys.argv[1]), "words", 1, {"a": b"%d" % n * 20000, "b": b"%d" % n})
            print(n, flush=True)
        """
    )
    for rounds in range(1, 6):
        writer = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "it")], stdout=subprocess.PIPE
        )
        for _ in range(3 * rounds):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        folder = load_folder(tmp_path / "it", "words", newest=1)
        assert folder.bytes("a") == folder.bytes("b") * 20000


WRITER = """
    import sys
    from pathlib import Path
    from iconym.files import save_folder
    for n in range(40):
        save_folder(Path(sys.argv[1]), "words", 1, {"a": b"%d" % n, "b": b"%d" % n})
"""


def test_two_writers_and_a_reader_hinder_nobody(saved):
    save_folder(saved, "words", 1, {"a": b"", "b": b""})
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(saved)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        folder = load_folder(saved, "words", newest=1)
        assert folder.bytes("a") == folder.bytes("b")
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    assert os.listdir(saved.parent) == ["it"]


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(saved, monkeypatch):
    whole, times = Path.read_bytes, iter(range(9))

    def replaced_before(path):
        if path.name == "a.json" and next(times) == 0:
            save_folder(saved, "words", 1, {"a.json": to_json(["y"])})
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", replaced_before)
    assert load_folder(saved, "words", newest=1).json("a.json") == ["y"]


def test_a_folder_whose_lock_came_too_late_is_made_again(saved, monkeypatch):
    make, made = tempfile.mkdtemp, []

    def taken_for_abandoned(**where):
        made.append(make(**where))
        if len(made) == 1:
            os.rmdir(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", taken_for_abandoned)
    save_folder(saved, "words", 1, {"a": b"new"})
    assert load_folder(saved, "words", newest=1).bytes("a") == b"new"
    assert len(made) == 2
