"""WordNet's database files, read; a small WordNet of our own serves as the example."""

from pathlib import Path

import pytest

from iconym.errors import BadData
from iconym.words.wordnet import Synset, hypernym_paths, read_wordnet
from iconym.words.wordnet_text import sentences

NOUNS = """\
  1 A licence may stand here.  
00000100 03 n 01 entity 0 000 | that which is  
00000200 05 n 02 cat 0 true_cat 0 001 @ 00000100 n 0000 | feline; has fur; "the cat sat"; "a cat!"  
00000300 05 n 01 snow_leopard 0 002 @ 00000200 n 0000 ~ 00000100 n 0000 | a true cat of cold lands  
00000400 18 n 01 Tom 0 002 @i 00000200 n 0000 @ 00000100 n 0000 | a cat of "Tom and Jerry"  
"""
VERBS = """\
00000100 30 v 01 hold_back 0 001 @ 00000200 v 0000 01 + 08 00 | keep  
00000200 30 v 01 keep 0 001 @ 00000100 v 0000 00 | hold back  
"""
ADJECTIVES = "00000100 00 s 0b " + "ready(p) 0 " * 11 + "000 | at hand  \n"
ADVERBS = "00000100 02 r 01 here 0 000 | in this place  \n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"noun": NOUNS, "verb": VERBS, "adj": ADJECTIVES, "adv": ADVERBS}
    for name, text in files.items():
        (tmp_path / f"data.{name}").write_text(text, newline="")
    return tmp_path


def test_a_synset_is_read_with_all_its_parts(folder):
    cat = Synset(
        id="n00000200",
        pos="n",
        lemmas=("cat", "true_cat"),
        hypernyms=("n00000100",),
        gloss="feline; has fur",
        examples=("the cat sat", "a cat!"),
    )
    assert cat in read_wordnet(folder)


def test_instances_are_below_their_class_and_hyponyms_are_no_hypernyms(folder):
    above = {synset.lemmas[0]: synset.hypernyms for synset in read_wordnet(folder)}
    assert above["Tom"] == ("n00000200", "n00000100")
    assert above["snow_leopard"] == ("n00000200",)


def test_the_place_of_an_adjective_is_no_part_of_its_lemma_and_counts_are_hexadecimal(folder):
    adjective = next(s for s in read_wordnet(folder) if s.pos == "s")
    assert (adjective.id, adjective.lemmas) == ("a00000100", ("ready",) * 11)


def test_all_ways_up_are_found(folder):
    synsets = {s.id: s for s in read_wordnet(folder)}
    assert sorted(hypernym_paths(synsets, "n00000400")) == [
        ("n00000400", "n00000100"),
        ("n00000400", "n00000200", "n00000100"),
    ]


def test_a_loop_ends_the_way(folder):
    synsets = {s.id: s for s in read_wordnet(folder)}
    assert hypernym_paths(synsets, "v00000100") == [("v00000100", "v00000200")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("entity 0 000 |", "entity 0 003 |", r"data\.noun:2: no synset \(fewer"),
        ("00000300", "0000030x", r"data\.noun:4: no synset \(offset '0000030x'"),
        (" | a true cat of cold lands  ", "", r"data\.noun:4: no synset"),
        (' of "Tom and Jerry"  \n', "", r"data\.noun:5: the file ends within a line"),
        ("@i 00000200", "@i 00000999", "n00000400 is below n00000999"),
        (NOUNS, "", "holds no synset|ends within"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(folder, old, new, message):
    assert old in NOUNS
    (folder / "data.noun").write_text(NOUNS.replace(old, new), newline="")
    with pytest.raises(BadData, match=message):
        read_wordnet(folder)


def test_a_missing_file_is_refused(folder):
    (folder / "data.adv").unlink()
    with pytest.raises(BadData, match=r"data\.adv is not there"):
        read_wordnet(folder)


def test_a_sentence_holds_lemmas_those_above_and_the_gloss_with_phrases_joined(folder):
    text = list(sentences(read_wordnet(folder)))
    assert "snow_leopard cat a true_cat of cold lands".split() in text
    assert "cat true_cat entity feline has fur".split() in text


def test_a_synset_gives_five_kinds_of_sentence(folder):
    text = [" ".join(words) for words in sentences(read_wordnet(folder))]
    assert text[:6] == [
        "entity that which is",  # has nothing above it, and no example
        "entity that which is",
        "cat true cat entity feline has fur",
        "cat true_cat entity feline has fur",
        "the cat sat",
        "a cat",
    ]
    assert text[8:12] == [
        "snow leopard cat a true cat of cold lands",
        "snow_leopard cat a true_cat of cold lands",
        "snow_leopard cat entity",
        "snow leopard cat entity",
    ]


def test_only_the_four_nearest_above_give_their_words_and_a_circle_ends_the_line():
    def synset(number, above, gloss=""):
        return Synset(f"n{number}", "n", (f"level_{number}",), (f"n{above}",), gloss, ())

    up = [synset(n, n + 1) for n in range(6)] + [synset(6, 0)]  # 0 1 2 3 4 5 6, and 0 again
    *_, tokens, words = list(sentences(up))[:4]
    assert tokens == [f"level_{n}" for n in (0, 1, 2, 3, 4, 5, 6, 0)]
    assert words == "level 0 level 1 level 2 level 3 level 4".split()


def test_a_possessive_s_is_left_out():
    owned = Synset("n1", "n", ("lady's_slipper",), (), "Venus's shoe", ())
    assert next(sentences([owned])) == ["lady", "slipper", "venus", "shoe"]
