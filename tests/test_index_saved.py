"""An index in a folder: whole or not there, mapped, and of the space that was asked for."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from compass import EAST, MISSING, NORTH, NORTHEAST, SOUTH, WEST, found, ids, vectors
from iconym.errors import BadData, BadFolder, DamagedFolder, NewerFormat, SpaceMismatch, Usage
from iconym.files import save_folder
from iconym.index.exact import exact_index, exact_method
from iconym.index.layered import LayeredIndex
from iconym.index.saved import (
    VectorBatches,
    build_saved,
    load_index,
    method_named,
    save_index,
    verify_index,
)

SPACE = "5face" * 12
COMPASS = [(ids(1, 2), vectors(EAST, NORTH)), (ids(5, 7), vectors(WEST, SOUTH))]
SETTINGS = {
    "exact": {},
    "hnsw": {"connectivity": 8},
    "lsh": {"bits": 4, "tables": 2, "radius": 4},
    "ivfpq": {"probes": 3},
}


@pytest.fixture(params=SETTINGS)
def method(request):
    if request.param == "ivfpq":
        pytest.importorskip("faiss", reason="needs the extra faiss")
    return method_named(request.param, SETTINGS[request.param])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def saved(path):
    """East is 1, north 2, west 5, south 7."""
    build(path)
    return path


def build(path, batches=COMPASS, count=4, method=None, **options):
    about = {"space": SPACE, "sequence": 9, **options}
    build_saved(path, VectorBatches(batches, count, 2), method or exact_method(), **about)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_built_index_is_found_again_by_every_method(path, method):
    build(path, method=method)
    loaded = load_index(path, space=SPACE, dim=2)
    assert (loaded.space, loaded.sequence) == (SPACE, 9)
    assert len(loaded.index) == 4
    assert (loaded.index.method.name, loaded.index.method.settings) == (
        method.name,
        method.settings,
    )
    assert found(loaded.index, NORTHEAST, 3) == [(1, 0.7071), (2, 0.7071), (5, -0.7071)]
    assert names(path.parent) == ["index"]


def test_a_saved_index_answers_to_the_bit_like_the_one_in_memory(path, method):
    random = np.random.default_rng(0)
    index = LayeredIndex(6, method)
    index.add(random.permutation(2000), random.normal(size=(2000, 6)))
    index.fold()
    index.add(random.permutation(3000)[:50], random.normal(size=(50, 6)))
    save_index(index, path, space=SPACE, sequence=3)
    loaded, queries = load_index(path).index, random.normal(size=(20, 6))
    for kept in (None, np.arange(0, 3000, 7)):
        before, after = index.search(queries, 5, kept), loaded.search(queries, 5, kept)
        assert (before.ids == after.ids).all()
        assert (before.scores == after.scores).all()


def test_an_empty_index_is_saved_and_loaded(path, method):
    build(path, [], 0, method)
    assert found(load_index(path).index, EAST, 1) == [MISSING]
    save_index(LayeredIndex(2, method), path, space=SPACE, sequence=0)
    loaded = load_index(path, dim=2).index
    loaded.add(ids(4), vectors(EAST))
    assert found(loaded, EAST, 1) == [(4, 1.0)]


def test_a_loaded_index_takes_changes_and_leaves_the_folder_as_it_is(saved):
    index = load_index(saved).index
    index.add(ids(2, 3), vectors(WEST, EAST))
    index.remove(ids(7))
    assert found(index, EAST, 5) == [(1, 1.0), (3, 1.0), (2, -1.0), (5, -1.0), MISSING]
    assert len(load_index(saved).index) == 4
    verify_index(saved)


def test_a_loaded_index_with_changes_is_saved_over_itself(saved):
    index = load_index(saved).index
    index.add(ids(3), vectors(NORTHEAST))
    save_index(index, saved, space=SPACE, sequence=10)
    loaded = load_index(saved)
    assert loaded.sequence == 10
    assert found(loaded.index, NORTHEAST, 1) == [(3, 1.0)]


def test_the_vectors_of_a_loaded_index_are_mapped(saved):
    vectors = load_index(saved).index.base.vectors
    assert isinstance(vectors.base, np.memmap)
    assert not vectors.flags.writeable


def test_lengths_are_brought_to_one(path):
    build(path, [(ids(4, 6), vectors((3.0, 4.0), (0.0, 0.1)))], 2)
    assert np.load(path / "vectors.npy").tolist() == vectors((0.6, 0.8), (0.0, 1.0)).tolist()


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        (COMPASS[:1], "2 vectors came, 4 were told of"),
        ([*COMPASS, (ids(9), vectors(EAST))], "more than the 4 vectors"),
        (COMPASS[::-1], "ids do not ascend after 7"),
        ([(ids(2, 1), vectors(EAST, EAST))], "ids do not ascend"),
        ([(ids(1), vectors((0.0, 0.0)))], "vector 0 is zero"),
        ([(ids(1), vectors((np.nan, 0.0)))], "not finite"),
        ([(ids(1), vectors((1.0, 2.0, 3.0)))], "vectors of 3 numbers"),
        ([(ids(1, 2), vectors(EAST))], "2 ids but 1 vectors"),
    ],
)
def test_bad_batches_are_refused_and_the_old_index_stays(saved, batches, said):
    with pytest.raises(BadData, match=said):
        build(saved, batches)
    assert len(load_index(saved).index) == 4
    assert names(saved.parent) == ["index"]


def test_when_the_disk_is_full_the_old_index_stays(saved):
    def batches():
        yield COMPASS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        build(saved, batches())
    assert len(load_index(saved).index) == 4
    assert names(saved.parent) == ["index"]


def test_vectors_of_another_space_or_dimension_are_refused(saved):
    with pytest.raises(SpaceMismatch, match="of space 5face5fa, not of 0ther"):
        load_index(saved, space="0ther")
    with pytest.raises(BadData, match="vectors of 2 numbers, not 3"):
        load_index(saved, dim=3)


def test_another_kind_of_folder_is_refused_and_never_replaced(path):
    with pytest.raises(BadFolder, match="no saved index"):
        load_index(path)
    save_folder(path, "words", 1, {"a": b"b"})
    with pytest.raises(BadFolder, match="holds a saved words, not a index"):
        load_index(path)
    with pytest.raises(BadFolder, match="no saved index"):
        build(path)
    assert names(path) == ["a", "manifest.json"]


def test_a_newer_format_or_method_is_refused(saved):
    about = json.loads((saved / "index.json").read_text())
    save_folder(saved, "index", 1, {"index.json": json.dumps({**about, "method": "m"}).encode()})
    with pytest.raises(NewerFormat, match="method 'm', unknown here; upgrade"):
        load_index(saved)
    save_folder(saved, "index", 2, {})
    with pytest.raises(NewerFormat, match="format 2"):
        load_index(saved)


@pytest.mark.parametrize("name", ["vectors.npy", "ids.npy", "index.json"])
def test_one_flipped_bit_is_found_and_its_file_named(saved, name):
    verify_index(saved)
    data = bytearray((saved / name).read_bytes())
    data[-1] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(DamagedFolder, match=f"{name} differs from its checksum"):
        verify_index(saved)


def test_every_flipped_byte_of_every_file_is_found_or_told_of(path, method):
    build(path, method=method)
    for file in path.iterdir():
        whole = file.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 9)):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
            with pytest.raises(BadFolder):
                verify_index(path)
        file.write_bytes(whole)
    verify_index(path)


@pytest.mark.parametrize("name", ["vectors.npy", "ids.npy"])
def test_a_file_cut_short_or_without_its_header_is_refused_when_loading(saved, name):
    file = saved / name
    whole = file.read_bytes()
    file.write_bytes(b"?" * len(whole))
    with pytest.raises(DamagedFolder, match=f"{name} cannot be mapped"):
        load_index(saved)
    file.write_bytes(whole[:-1])
    with pytest.raises(DamagedFolder, match=f"{name} differs in size"):
        load_index(saved)
    file.unlink()
    with pytest.raises(DamagedFolder, match=f"{name} is missing"):
        load_index(saved)


def test_a_damaged_header_is_refused_whatever_numpy_makes_of_it(saved):
    file = saved / "ids.npy"
    whole = file.read_bytes()
    for part, other in [(b"{", b"("), (b"}", b" "), (b"'shape'", b"b'shap'")]:
        file.write_bytes(whole.replace(part, other, 1))
        with pytest.raises(DamagedFolder, match=r"ids\.npy"):
            load_index(saved)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("hnsw", {"connectivity": 2.5}, r"connectivity is 2\.5; give a whole number"),
        ("hnsw", {"expansion_add": 10**30}, "expansion_add is 10+; give a whole number up to"),
        ("lsh", {"tables": 2.5}, r"tables is 2\.5; give a whole number"),
        ("lsh", {"seed": -1}, "a seed of -1; give at least 0"),
        ("exact", {"threads": 4}, "method 'exact' has no settings; leave out threads"),
    ],
)
def test_settings_that_no_method_can_use_are_refused(name, settings, said):
    with pytest.raises(Usage, match=said):
        method_named(name, settings)


def test_a_method_is_known_by_its_name():
    assert method_named("exact", {}).name == "exact"
    with pytest.raises(Usage, match="no method 'best' of search; there are exact, hnsw, lsh"):
        method_named("best", {})
    with pytest.raises(Usage, match=r"'lsh'.*unexpected keyword argument 'speed'"):
        method_named("lsh", {"speed": 9})


def test_an_exact_index_is_loaded_without_usearch_and_faiss(saved):
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from iconym.index.saved import load_index
        print(len(load_index(Path(sys.argv[1])).index))
        assert not {"usearch", "faiss", "torch"} & set(sys.modules)
        """
    )
    command = [sys.executable, "-c", program, str(saved)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"4\n"


def test_an_index_is_replaced_while_another_process_loads_it(saved):
    """Equal vectors, one more each time: whoever mixed two indexes would be found out."""
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import numpy as np
        from iconym.index.exact import exact_method
        from iconym.index.saved import VectorBatches, build_saved
        for n in range(1, 10**6):
            rows = [(np.arange(n), np.ones((n, 2), np.float32))]
            about = {"space": "s", "sequence": n}
            build_saved(Path(sys.argv[1]), VectorBatches(rows, n, 2), exact_method(), **about)
            print(n, flush=True)
        """
    )
    command = [sys.executable, "-c", program, str(saved)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    writer.stdout.readline()
    for _ in range(30):
        loaded = load_index(saved)
        assert loaded.sequence == len(loaded.index) == len(loaded.index.base.vectors)
    writer.send_signal(signal.SIGKILL)
    assert writer.communicate()[1] == b""
    last = load_index(saved)
    verify_index(saved)
    assert last.sequence == len(last.index) >= loaded.sequence


def test_saving_folds_what_was_changed(path):
    index = exact_index(2)
    index.add(ids(3, 1), vectors(EAST, NORTH))
    save_index(index, path, space=SPACE, sequence=1)
    assert index.changes == 0
    assert np.load(path / "ids.npy").tolist() == [1, 3]


def test_a_folder_that_cannot_be_written_to_is_refused_by_name(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Usage, match="file cannot be written to; choose another place"):
        build(tmp_path / "file" / "index")
    assert os.listdir(tmp_path) == ["file"]
