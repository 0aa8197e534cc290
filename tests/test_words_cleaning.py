"""Cleaning accounts for every tag, counts users and not photos, and keeps photos in order."""

import gzip
import tracemalloc
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iconym.errors import BadData, NothingToDo, Usage
from iconym.words.cleaning import (
    RULES,
    CleaningSettings,
    Layout,
    Rule,
    TagFile,
    Tagged,
    apply_rules,
    choose_rules,
    clean,
    write_cleaned,
    write_dropped,
)

ALL = CleaningSettings(min_users=1)
PHOTOS = [
    Tagged(("canoneos5d", "Beach", "New+York", "geo:lat=51.5"), "ann"),
    Tagged(("new york", "beach", "#BEACH", "Solo"), "bob"),
    Tagged((), "bob"),
    Tagged(("2009",), "cid"),
]


def lines(path):
    return path.read_text().split("\n")


def reports(cleaning):
    return {report.rule: report for report in cleaning.report.rules}


def test_a_word_is_kept_if_two_users_gave_it():
    assert clean(PHOTOS).words == {"beach": 2, "new_york": 2}


def test_a_user_with_ten_thousand_photos_counts_as_one():
    bulk = [Tagged(("mywedding", "cake"), "ann")] * 10_000
    assert clean([*bulk, Tagged(("cake",), "bob")]).words == {"cake": 10_001}


def test_unknown_users_count_as_one_together():
    photos = [Tagged(("cat", "dog")), Tagged(("cat",)), Tagged(("dog",), "ann")]
    assert clean(photos).words == {"dog": 2}


def test_photos_are_counted_if_no_user_is_known():
    photos = [Tagged(("cat", "dog")), Tagged(("cat", "cat"))]
    cleaning = clean(photos)
    assert cleaning.words == {"cat": 2}
    assert cleaning.report.pruned_by == "photo"
    assert "no user is known" in str(cleaning.report)


@pytest.mark.parametrize(("min_users", "kept"), [(1, "abc"), (2, "ab"), (3, "a")])
def test_min_users_is_the_number_of_different_users(min_users, kept):
    photos = [Tagged(("aa", "bb", "cc"), "1"), Tagged(("aa", "bb"), "2"), Tagged(("aa",), "3")]
    cleaning = clean([*photos, *photos], CleaningSettings(min_users=min_users))
    assert list(cleaning.words) == [2 * letter for letter in kept]


def test_min_count_is_the_number_of_photos():
    photos = [Tagged(("cat", "dog"), "ann"), Tagged(("cat", "dog"), "bob"), Tagged(("cat",), "bob")]
    assert clean(photos, CleaningSettings(min_count=3)).words == {"cat": 3}


def test_most_words_keeps_the_most_frequent_and_of_equal_ones_the_first_by_alphabet():
    photos = [Tagged(("dog", "cat", "ant"), "ann"), Tagged(("ant", "dog", "cat"), "bob")]
    photos.append(Tagged(("dog",), "bob"))
    assert list(clean(photos, CleaningSettings(most_words=2)).words) == ["dog", "ant"]


def test_a_photo_has_each_word_once_in_the_order_of_its_tags():
    assert clean(PHOTOS)(["New York", "beach", "new+york", "nobody"]) == ["new_york", "beach"]


def test_each_rule_reports_what_it_changed_and_dropped():
    done = reports(clean(PHOTOS))
    assert (done["url"].seen, done["url"].changed, done["url"].dropped) == (9, 1, 0)
    assert done["url"].examples == (("New+York", "New York", 1),)
    assert (done["case"].changed, done["case"].distinct_changed) == (4, 4)
    assert done["cameras"].examples == (("canoneos5d", "", 1),)
    assert done["twice"].examples == (("beach", "", 1),)
    assert done["users"].examples == (("solo", "", 1),)


def test_examples_are_the_most_frequent_first():
    photos = [Tagged(("Ape", "Cat", "Dog"), "ann"), Tagged(("Cat", "Dog"), "bob")]
    photos.append(Tagged(("Cat",), "bob"))
    assert [example.times for example in reports(clean(photos))["case"].examples] == [3, 2, 1]


def test_every_dropped_tag_is_named_with_its_rule_and_its_count():
    assert clean(PHOTOS).dropped == (
        ("2009", "dates", 1),
        ("beach", "twice", 1),
        ("canoneos5d", "cameras", 1),
        ("geo:lat=51.5", "machine-tags", 1),
        ("solo", "users", 1),
    )


TAGS = st.sampled_from(
    ["Cat", "cat", "new+york", "New York", "canon", "2009", "a", "!", "\U0001f436", "%63at", "solo"]
)
TAGGED = st.tuples(st.lists(TAGS).map(tuple), st.sampled_from(["", "ann", "bob", "cid"]))


@given(st.lists(TAGGED), st.integers(1, 3), st.integers(1, 2), st.integers(1, 3))
def test_what_is_seen_is_what_is_kept_and_what_was_dropped(photos, users, count, most):
    photos = [
        Tagged(*photo) for photo in [(("cat",), "1"), (("cat",), "2"), (("cat",), "3"), *photos]
    ]
    settings = CleaningSettings(min_users=users, min_count=count, most_words=most)
    cleaning = clean(photos, settings)
    report = cleaning.report
    for before, after in pairwise(report.rules):
        assert after.seen == before.seen - before.dropped
    assert report.tags == report.rules[0].seen == sum(len(photo.tags) for photo in photos)
    assert report.tags == report.kept + sum(rule.dropped for rule in report.rules)
    assert report.tags == report.kept + sum(dropped.times for dropped in cleaning.dropped)


@given(st.lists(TAGGED, max_size=20))
def test_a_rule_s_numbers_are_those_of_a_plain_loop(photos):
    photos = [Tagged(("cat",)), *(Tagged(*photo) for photo in photos)]
    changed, dropped = Counter(), Counter()
    for photo in photos:
        for tag in photo.tags:
            for rule in RULES:
                before, tag = tag, rule.apply(tag)
                changed[rule.name] += tag not in ("", before)
                dropped[rule.name] += not tag
                if not tag:
                    break
    for report in clean(photos, ALL).report.rules[: len(RULES)]:
        assert (report.changed, report.dropped) == (changed[report.rule], dropped[report.rule])


def test_a_line_belongs_to_each_photo_and_a_phrase_is_one_word(tmp_path):
    cleaning = clean(PHOTOS)
    report = write_cleaned(PHOTOS, cleaning, tmp_path / "tags.txt")
    assert lines(tmp_path / "tags.txt") == ["beach new_york", "new_york beach", "", "", ""]
    assert (report.photos, report.untagged, report.emptied, report.users) == (4, 1, 1, 3)


def test_a_packed_file_holds_the_same_and_is_the_same_each_time(tmp_path):
    for name in ("one.txt.gz", "two.txt.gz"):
        write_cleaned(PHOTOS, clean(PHOTOS), tmp_path / name)
    packed = (tmp_path / "one.txt.gz").read_bytes()
    assert gzip.decompress(packed) == b"beach new_york\nnew_york beach\n\n\n"
    assert packed == (tmp_path / "two.txt.gz").read_bytes()


@given(st.lists(TAGGED, min_size=1))
def test_cleaning_the_cleaned_file_changes_nothing(tmp_path_factory, photos):
    folder = tmp_path_factory.mktemp("clean")
    photos = [Tagged(*photo) for photo in [(("cat",), "ann"), (("cat",), "bob"), *photos]]
    once, again = folder / "once.txt", folder / "again.txt"
    write_cleaned(photos, clean(photos), once)
    written = TagFile(once)
    report = write_cleaned(written, clean(written), again)
    assert once.read_bytes() == again.read_bytes()
    assert report.kept == report.tags
    assert all(rule.changed == rule.dropped == 0 for rule in report.rules)


def test_photos_that_changed_since_they_were_counted_are_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "tags.txt"
    path.write_text("before\n")
    with pytest.raises(BadData, match="1 photos with 2 words, but 4 with 4 when they were counted"):
        write_cleaned(PHOTOS[:1], clean(PHOTOS), path)
    assert path.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [path]


def test_cleaned_words_are_written_to_text_files_only(tmp_path):
    with pytest.raises(Usage, match=r"end in \.txt or \.txt\.gz"):
        write_cleaned(PHOTOS, clean(PHOTOS), tmp_path / "tags.csv")


def test_dropped_tags_are_written_as_one_line_each(tmp_path):
    photos = [Tagged(("geo:a=\t\n\\", "cat"))]
    write_dropped(clean(photos, ALL).dropped, tmp_path / "dropped.tsv")
    assert lines(tmp_path / "dropped.tsv") == [
        "tag\trule\tcount",
        "geo:a=\\t\\n\\\\\tmachine-tags\t1",
        "",
    ]


def test_the_report_is_a_table_with_the_totals_below(tmp_path):
    report = write_cleaned(PHOTOS, clean(PHOTOS), tmp_path / "tags.txt")
    table = str(report).splitlines()
    assert table[0].split() == ["rule", "seen", "changed", "dropped", "the", "most", "frequent"]
    assert table[13].split() == ["cameras", "8", "0", "1", "canoneos5d", "→", "dropped", "(1)"]
    assert table[-2] == "9 tags (9 different), 4 kept (2 different words), 5 dropped"
    assert table[-1] == "4 photos, 1 without tags, 1 left without any; 3 users"


def test_the_report_as_json_holds_each_rule_with_its_examples():
    done = clean(PHOTOS).report.to_json()
    assert (done["tags"], done["kept"], done["pruned_by"]) == (9, 4, "user")
    assert done["rules"][0]["examples"] == [{"before": "New+York", "after": "New York", "times": 1}]


@pytest.mark.parametrize("photos", [[], [Tagged(())]])
def test_photos_without_a_single_tag_are_refused(photos):
    with pytest.raises(NothingToDo, match=f"not a single tag at {len(photos)} photos"):
        clean(photos)


def test_if_no_word_is_left_the_rule_that_dropped_most_is_named():
    photos = [Tagged(("cat", "dog", "2009"), "ann")]
    with pytest.raises(BadData, match="none of 3 tags is kept; 'users' dropped 2 of them"):
        clean(photos)


@pytest.mark.parametrize("setting", ["min_users", "min_count", "most_words"])
def test_a_setting_below_one_is_refused(setting):
    with pytest.raises(Usage, match=f"{setting} is 0; give 1 or more"):
        CleaningSettings(**{setting: 0})


def test_rules_that_make_no_words_are_refused():
    with pytest.raises(Usage, match="no rule 'words'"):
        CleaningSettings(rules=RULES[:3])


def test_memory_grows_with_different_tags_and_not_with_photos(tmp_path):
    class Stream:
        def __iter__(self):
            for i in range(2_000):
                yield Tagged(tuple(f"tag{(i + j) % 100}abc" for j in range(50)), f"user{i % 50}")

    tracemalloc.start()
    try:
        cleaning = clean(Stream())
        write_cleaned(Stream(), cleaning, tmp_path / "tags.txt")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert cleaning.report.tags == 100_000
    assert peak < 500_000  # bytes; the tags alone are several millions


def test_a_choice_of_rules_is_used():
    settings = CleaningSettings(rules=choose_rules(only=["case"]), min_users=1)
    assert clean(PHOTOS, settings).words["canoneos5d"] == 1


def test_a_rule_of_one_s_own_can_stand_among_the_others():
    plural = Rule("plural", lambda word: word.removesuffix("s"))
    assert apply_rules((*RULES, plural), "Cats") == "cat"


def test_files_are_cleaned_as_photos_are(tmp_path):
    (tmp_path / "photos.csv").write_text("owner;tags\nann;Cat, dog\nbob;cat\n")
    photos = TagFile(tmp_path / "photos.csv", Layout(user="owner"))
    assert clean(photos).words == {"cat": 2}
