"""The rings of hCorrectSet count labels only, and the published sets come out of WordNet."""

import gzip
import os
from pathlib import Path

import pytest

from iconym.errors import BadData
from iconym.evaluation.hops import hop_sets, noun_hierarchy, read_wnids
from iconym.hierarchy import Hierarchy, read_hierarchy

#        animal
#       /      \
#     dog      cat
#    /   \    /   \
#  pug  husky manx tabby
PETS = Hierarchy(
    (
        ("dog", "animal"),
        ("cat", "animal"),
        ("pug", "dog"),
        ("husky", "dog"),
        ("manx", "cat"),
        ("tabby", "cat"),
    )
)
BREEDS = ("pug", "husky", "manx", "tabby")


def test_the_nearest_one_is_the_label_itself():
    assert PETS.nearest("pug", 1, BREEDS) == {"pug"}


def test_rings_count_only_the_labels_among_which_one_chooses():
    assert PETS.nearest("pug", 2, BREEDS) == {"pug", "husky"}
    assert PETS.nearest("pug", 2, [*BREEDS, "dog"]) == {"pug", "dog"}


def test_the_last_ring_is_kept_whole():
    assert PETS.nearest("pug", 3, BREEDS) == {"pug", "husky", "manx", "tabby"}
    assert PETS.nearest("dog", 2, [*BREEDS, "dog"]) == {"dog", "pug", "husky"}


def test_a_label_that_is_no_candidate_is_not_in_its_own_set():
    assert PETS.nearest("dog", 1, BREEDS) == {"pug", "husky"}


def test_fewer_than_k_are_found_where_no_more_can_be_reached():
    islands = Hierarchy((*PETS.edges, ("oak", "tree")))
    assert islands.nearest("oak", 3, [*BREEDS, "oak", "tree"]) == {"oak", "tree"}


def test_a_node_with_two_parents_is_near_to_the_children_of_both():
    mixed = Hierarchy((*PETS.edges, ("pug", "toy"), ("doll", "toy")))
    assert mixed.nearest("pug", 2, [*BREEDS, "doll"]) == {"pug", "husky", "doll"}


def test_correct_sets_have_a_row_for_each_label_and_a_column_for_each_candidate():
    sets = PETS.correct_sets(["manx", "pug", "manx"], 2, ["husky", "tabby", "pug", "manx"])
    assert sets.astype(int).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]


def test_correct_columns_are_where_the_rows_of_correct_sets_are_true():
    labels, among = ["manx", "pug"], ["husky", "tabby", "pug", "manx"]
    assert [c.tolist() for c in PETS.correct_columns(labels, 2, among)] == [[1, 3], [0, 2]]


def test_within_takes_what_is_at_most_so_many_hops_away():
    assert PETS.within(["pug"], 1, ["dog", "husky", "cat"]) == {"dog"}
    assert PETS.within(["pug", "cat"], 2, ["dog", "husky", "cat"]) == {"dog", "husky", "cat"}


def test_groups_of_a_tree_are_no_labels_even_where_they_carry_the_same_text():
    tree = Hierarchy.from_tree(
        [("cat", "mammals", "animals"), ("fly", "cat", "animals"), ("mammals", "cat", "plants")]
    )
    assert tree.nearest("cat", 2, ["cat", "fly", "mammals"]) == {"cat", "fly"}


@pytest.mark.parametrize("label, among", [("wolf", BREEDS), ("pug", (*BREEDS, "wolf"))])
def test_a_label_that_the_hierarchy_lacks_is_named(label, among):
    with pytest.raises(BadData, match="'wolf'"):
        PETS.nearest(label, 2, among)


def test_a_candidate_that_stands_twice_is_named():
    with pytest.raises(BadData, match="'pug' stands twice"):
        PETS.correct_sets(["pug"], 2, ["pug", "husky", "pug"])


def test_k_below_1_is_refused():
    with pytest.raises(ValueError, match="k is 0"):
        PETS.nearest("pug", 0, BREEDS)


def test_a_leaf_without_a_label_is_refused():
    with pytest.raises(BadData, match=r"\(\)"):
        Hierarchy.from_tree([()])


def test_a_file_of_edges_holds_child_and_parent(tmp_path):
    (tmp_path / "edges.tsv").write_text("pug\tdog\n\nhusky\tdog\n")
    assert read_hierarchy(tmp_path / "edges.tsv").edges == (("pug", "dog"), ("husky", "dog"))


@pytest.mark.parametrize("header, line", [("child\tparent", "a\tb"), ("parent\tchild", "b\ta")])
def test_a_first_line_that_names_the_fields_says_their_order(tmp_path, header, line):
    (tmp_path / "edges.tsv.gz").write_bytes(gzip.compress(f"{header}\n{line}\n".encode()))
    assert read_hierarchy(tmp_path / "edges.tsv.gz").edges == (("a", "b"),)


@pytest.mark.parametrize("line", ["pug", "pug\tdog\tanimal", "pug\t"])
def test_a_line_that_is_no_edge_is_named_with_its_number(tmp_path, line):
    (tmp_path / "edges.tsv").write_text(f"cat\tanimal\n{line}\n")
    with pytest.raises(BadData, match="line 2"):
        read_hierarchy(tmp_path / "edges.tsv")


@pytest.mark.parametrize("data", [None, b"\x1f\x8b\x08damaged", b"\xff\xfe\t\xff"])
def test_a_file_that_cannot_be_read_is_bad_data(tmp_path, data):
    if data is not None:
        (tmp_path / "edges.tsv").write_bytes(data)
    with pytest.raises(BadData, match=r"edges\.tsv"):
        read_hierarchy(tmp_path / "edges.tsv")


BESIDE = Path(__file__).parents[2] / "shared" / "data"
WORDNET = Path(os.environ.get("ICONYM_DATA", BESIDE)) / "hierarchy"


@pytest.fixture(scope="module")
def wordnet():
    if not (WORDNET / "wordnet30_is_a.tsv.gz").exists():
        pytest.skip("no research data; set ICONYM_DATA to the folder that has hierarchy/")
    return read_hierarchy(WORDNET / "wordnet30_is_a.tsv.gz")


def ids(name):
    return read_wnids(WORDNET / name)


@pytest.mark.parametrize("k, size", [(1, 1.0), (2, 4.541), (5, 9.484), (10, 17.986), (20, 33.816)])
def test_mean_set_sizes_of_the_thousand_imagenet_classes(wordnet, k, size):
    classes = ids("imagenet_1k.txt")
    assert wordnet.correct_sets(classes, k, classes).sum(axis=1).mean() == size


def test_the_unseen_classes_of_imagenet_one_and_two_edges_from_the_seen(wordnet):
    sets = hop_sets(wordnet, ids("imagenet_1k.txt"), ids("imagenet_22k.txt"))
    sizes = {name: len(labels) for name, labels in sets.items()}
    assert sizes == {"1-edge": 1_548, "2-edge": 5_990, "all unseen": 20_842}


def test_the_published_2_hop_classes_are_those_of_one_edge_and_one_more(wordnet):
    sets = hop_sets(wordnet, ids("imagenet_1k.txt"), ids("imagenet_22k.txt"))
    assert len(set(ids("imagenet_2-hops.txt")) - set(sets["1-edge"])) == 1
    assert set(sets["1-edge"]) <= set(ids("imagenet_2-hops.txt"))


def test_hop_sets_hold_unseen_labels_in_their_order():
    tree = Hierarchy((*PETS.edges, ("beagle", "dog")))
    sets = hop_sets(tree, ["pug"], ["tabby", "husky", "pug", "dog", "beagle"])
    assert sets == {
        "1-edge": ("dog",),
        "2-edge": ("husky", "dog", "beagle"),
        "all unseen": ("tabby", "husky", "dog", "beagle"),
    }


@pytest.mark.parametrize(
    "text, message", [("n02121620\ncat\n", "'cat'"), ("", "holds no id"), (None, "cannot be read")]
)
def test_a_list_that_holds_no_ids_is_named(tmp_path, text, message):
    if text is not None:
        (tmp_path / "ids.txt").write_text(text)
    with pytest.raises(BadData, match=message):
        read_wnids(tmp_path / "ids.txt")


def test_nouns_come_from_wordnets_own_files_too(tmp_path):
    one = "00000001 03 n 01 thing 0 000 | what is"
    two = "00000002 03 n 01 cat 0 001 @ 00000001 n 0000 | a thing"
    verb = "00000003 29 v 01 act 0 000 00 | do"
    for name, lines in {"noun": [one, two], "verb": [verb]}.items():
        (tmp_path / f"data.{name}").write_text("\n".join(lines) + "\n")
    for name, letter in {"adj": "a", "adv": "r"}.items():
        (tmp_path / f"data.{name}").write_text(f"00000004 00 {letter} 01 so 0 000 | thus\n")
    assert noun_hierarchy(tmp_path).edges == (("n00000002", "n00000001"),)
    (tmp_path / "edges.tsv").write_text("cat\tthing\n")
    assert noun_hierarchy(tmp_path / "edges.tsv").edges == (("cat", "thing"),)
