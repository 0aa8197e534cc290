"""What a folder becomes when it is a collection."""

from dataclasses import replace

import numpy as np
import pytest

from colors import color_space, saved_color_space
from iconym.collection import create_collection, is_collection, open_collection
from iconym.errors import BadFolder, DamagedFolder, NoCollection, SpaceMismatch, Usage
from iconym.nouns import Picture, WordVectors
from iconym.space import save_space


def test_the_nearest_collection_above_is_opened(tmp_path):
    create_collection(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert open_collection(tmp_path / "a" / "b").folder == tmp_path
    create_collection(tmp_path / "a")
    assert open_collection(tmp_path / "a" / "b").folder == tmp_path / "a"


def test_no_collection_names_the_remedy(tmp_path):
    (tmp_path / ".iconym").mkdir()  # all that a killed first run may leave
    with pytest.raises(NoCollection, match=f"iconym index {tmp_path} --space SPACE"):
        open_collection(tmp_path)


def test_a_folder_that_is_not_there_is_not_looked_for_above(tmp_path):
    create_collection(tmp_path)
    with pytest.raises(NoCollection, match=r"no folder '.*holidy'; check the path"):
        open_collection(tmp_path / "holidy")


def test_a_folder_inside_a_collection_is_none_itself(tmp_path):
    create_collection(tmp_path)
    (tmp_path / "a").mkdir()
    assert is_collection(tmp_path)
    assert not is_collection(tmp_path / "a")


def test_creating_twice_opens_what_is_there(tmp_path):
    create_collection(tmp_path).catalog.put([Picture("a.png")], "s", np.ones((1, 3), "f4"))
    assert len(create_collection(tmp_path).catalog) == 1


def test_a_collection_needs_a_folder(tmp_path):
    with pytest.raises(Usage, match="nowhere is no folder"):
        create_collection(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / ".iconym").write_text("in the way")
    with pytest.raises(Usage, match="cannot write to"):
        create_collection(tmp_path)


def test_a_uri_is_the_path_inside_with_forward_slashes(tmp_path):
    collection = create_collection(tmp_path)
    assert collection.uri(tmp_path / "x" / ".." / "a" / "b.png") == "a/b.png"
    assert collection.uri(tmp_path.parent / "b.png") is None


def test_a_space_used_has_a_copy_and_is_current(tmp_path):
    collection, space = create_collection(tmp_path), saved_color_space()
    collection.use_space(space)
    loaded = open_collection(tmp_path).load_space()
    assert loaded.fingerprint == space.fingerprint
    assert (tmp_path / ".iconym" / "spaces" / space.fingerprint[:16]).is_dir()


def test_the_copy_follows_a_vocabulary_that_grew(tmp_path):
    collection, space = create_collection(tmp_path), saved_color_space()
    collection.use_space(space)
    more = WordVectors((*space.vocabulary.words, "gray"), np.ones((4, 3), np.float32))
    collection.use_space(replace(space, vocabulary=more))
    assert collection.load_space().vocabulary.words == ("red", "green", "blue", "gray")


def test_a_damaged_copy_names_the_remedy_which_mends_it(tmp_path):
    collection, space = create_collection(tmp_path), saved_color_space()
    collection.use_space(space)
    (collection.space_path(space.fingerprint) / "labels.json").write_text("[]")
    with pytest.raises(DamagedFolder, match=f"run: iconym index {tmp_path} --space SPACE"):
        collection.load_space()
    collection.use_space(space)
    assert collection.load_space().fingerprint == space.fingerprint


def test_using_a_space_again_writes_no_new_copy(tmp_path):
    collection = create_collection(tmp_path)
    collection.use_space(saved_color_space())
    before = collection.space_path(saved_color_space().fingerprint).stat().st_ino
    collection.use_space(saved_color_space())
    assert collection.space_path(saved_color_space().fingerprint).stat().st_ino == before


def test_the_space_used_last_is_loaded(tmp_path):
    collection = create_collection(tmp_path)
    old, new = saved_color_space("old"), saved_color_space("new")
    collection.use_space(old)
    collection.use_space(new)
    assert collection.load_space().fingerprint == new.fingerprint
    collection.use_space(old)
    assert collection.load_space().fingerprint == old.fingerprint


def test_a_space_may_be_loaded_from_elsewhere_if_it_was_used(tmp_path):
    collection, space = create_collection(tmp_path), saved_color_space()
    collection.use_space(space)
    collection.use_space(saved_color_space("newer"))
    save_space(space, tmp_path / "mine")
    assert collection.load_space(tmp_path / "mine").fingerprint == space.fingerprint


def test_a_foreign_space_is_refused_with_both_fingerprints(tmp_path):
    collection, used, foreign = (
        create_collection(tmp_path),
        saved_color_space(),
        saved_color_space("x"),
    )
    collection.use_space(used)
    save_space(foreign, tmp_path / "foreign")
    with pytest.raises(SpaceMismatch, match=r"iconym index .* --space") as caught:
        collection.load_space(tmp_path / "foreign")
    assert used.fingerprint[:8] in str(caught.value)
    assert foreign.fingerprint[:8] in str(caught.value)


def test_a_collection_without_vectors_says_how_to_get_them(tmp_path):
    with pytest.raises(NoCollection, match="iconym index"):
        create_collection(tmp_path).load_space()


def test_a_space_that_cannot_be_saved_must_be_given_again(tmp_path):
    collection = create_collection(tmp_path)
    collection.use_space(color_space())
    collection.check_space(color_space())
    with pytest.raises(BadFolder):
        collection.load_space()
