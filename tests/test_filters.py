"""What a filter promises, and the options that make one."""

import pytest

from iconym.cli.filters import wanted_pictures
from iconym.errors import Usage
from iconym.nouns import Filter


def of(**options):
    """The filter of some options of the command line."""
    nothing = {"tags": None, "holds": "", "owner": "", "below": "", "since": "", "until": ""}
    return wanted_pictures(**{**nothing, **options})


def test_a_filter_of_nothing_is_false():
    assert not Filter()
    assert Filter(owner="ann")


@pytest.mark.parametrize("moment", ["2024", "2024-05", "2024-05-31", "2024-05-31T18:30:01.5"])
def test_a_date_or_its_beginning_is_one(moment):
    assert Filter(since=moment, until=moment).since == moment


@pytest.mark.parametrize(
    "moment", ["yesterday", "2024-13", "2024-7", "01.07.2024", "2023/05", "2024-05-32", "24"]
)
def test_what_is_no_date_is_refused(moment):
    for name in ("since", "until"):
        with pytest.raises(Usage, match="is no date; write 2024, 2024-05"):
            Filter(**{name: moment})


def test_options_make_a_filter():
    assert of() == Filter()
    assert of(tags=["cat"], owner="ann") == Filter(words=("cat",), owner="ann")


@pytest.mark.parametrize(
    ("below", "folder"),
    [("2024/may/", "2024/may"), ("./2024", "2024"), (".", ""), ("a/../b", "b")],
)
def test_a_folder_is_one_of_the_collection_however_it_is_written(below, folder):
    assert of(below=below).folder == folder


def test_what_is_no_text_is_refused():
    with pytest.raises(Usage, match="is not UTF-8"):
        of(owner="\udcff")


@pytest.mark.parametrize("below", ["/home/ann", "../elsewhere", ".."])
def test_a_folder_outside_is_refused(below):
    with pytest.raises(Usage, match="give a folder of the collection"):
        of(below=below)
