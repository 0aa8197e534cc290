"""Labels to vectors: phrases, words, base forms, and an honest report."""

import numpy as np
import pytest

from iconym.errors import BadData
from iconym.nouns import WordVectors
from iconym.words.labels import base_forms, compile_labels

WORDS = WordVectors(
    ("snow_leopard", "snow", "leopard", "dog", "run", "fly", "white", "twin", "Great_Dane"),
    np.array([[1, 0], [0, 2], [0, 3], [4, 0], [1, 1], [3, 4], [0, 0], [4, 0], [-1, 0]], np.float32),
)


def vector(label: str) -> list[float]:
    return compile_labels([label], WORDS).vectors[label].tolist()


def test_a_label_that_is_a_known_phrase_is_taken_whole():
    assert vector("Snow leopard") == [1, 0]
    assert vector("snow-leopard") == [1, 0]
    assert vector("Great_Dane") == [-1, 0]


def test_another_label_is_the_unit_sum_of_its_words():
    assert vector("dog leopard") == pytest.approx([0.8, 0.6])


def test_a_plural_falls_back_to_its_base_form_within_a_phrase_too():
    compiled = compile_labels(["snow leopards", "dogs", "flies"], WORDS)
    assert compiled.vectors["snow leopards"].tolist() == [1, 0]
    assert compiled.vectors["flies"].tolist() == pytest.approx([0.6, 0.8])
    assert compiled.report.base_forms == (
        ("snow_leopards", "snow_leopard"),
        ("dogs", "dog"),
        ("flies", "fly"),
    )
    assert compiled.report.known == ("snow leopards", "dogs", "flies")


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("cats", "cat"),
        ("boxes", "box"),
        ("berries", "berry"),
        ("wolves", "wolf"),
        ("knives", "knife"),
        ("surfing", "surf"),
        ("riding", "ride"),
        ("running", "run"),
    ],
)
def test_the_base_form_is_among_those_tried(word, base):
    assert base in base_forms(word)


@pytest.mark.parametrize("word", ["glass", "ring", "gas", "dog"])
def test_a_base_form_is_left_alone(word):
    assert list(base_forms(word)) == []


def test_a_missing_word_is_dropped_and_told():
    compiled = compile_labels(["dog", "zyx dog"], WORDS)
    assert compiled.vectors["zyx dog"].tolist() == [1, 0]
    assert compiled.report.incomplete == (("zyx dog", ("zyx",)),)


def test_a_label_without_a_known_word_or_a_direction_is_left_out_and_told():
    compiled = compile_labels(["zyx", "dog", "!", "white"], WORDS)
    assert compiled.vectors.words == ("dog",)
    assert compiled.report.left_out == ("zyx", "!", "white")
    assert compiled.report.coverage == 0.25


def test_labels_with_the_same_vector_are_told():
    report = compile_labels(["dog", "snow", "twin", "dog leopard", "leopard dog"], WORDS).report
    assert report.collisions == (("dog", "twin"), ("dog leopard", "leopard dog"))


def test_the_order_of_words_makes_no_difference_not_even_by_rounding():
    numbers = np.array([[1e8, 1], [-1e8, 0], [1, 0]], np.float32)
    words = WordVectors(("big", "minus", "small"), numbers)
    labels = compile_labels(["big small minus", "big minus small"], words)
    assert labels.report.collisions == (("big small minus", "big minus small"),)


def test_a_label_given_twice_is_kept_once_and_told():
    compiled = compile_labels(["dog", "snow", "dog"], WORDS)
    assert compiled.vectors.words == ("dog", "snow")
    assert compiled.report.repeated == ("dog",)


def test_every_vector_has_length_one():
    vectors = compile_labels(WORDS.words[:6], WORDS).vectors.vectors
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_the_report_is_one_paragraph():
    text = str(compile_labels(["dogs", "twin", "snow dog", "zyx dog", "zyx"], WORDS).report)
    assert text == (
        "4 of 5 labels have a vector: 2 as one known word or phrase, 1 put together from several, "
        "1 in part. In part: zyx dog (without zyx). Base forms: dog for dogs. "
        "Left out, no word known: zyx. Same vector: dogs = twin = zyx dog."
    )


def test_a_long_list_is_cut_short_in_the_report():
    report = compile_labels(["dog", *"qwertz"], WORDS).report
    assert str(report).endswith("Left out, no word known: q, w, e, r, t and 1 more.")


def test_labels_of_which_none_is_known_are_refused():
    with pytest.raises(BadData, match="none of 2 labels"):
        compile_labels(["zyx", "xyz"], WORDS)
