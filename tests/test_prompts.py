"""Prompts: a label inside several sentences, before any text encoder."""

import numpy as np
import pytest

from iconym.captions.prompts import PHOTO_TEMPLATES, Prompts
from iconym.errors import UnknownWord, Usage
from iconym.labellers.space import SpaceLabeller
from iconym.nouns import WordVectors
from iconym.protocols import TextEncoder
from iconym.similarity import unit
from iconym.space import Projection

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
WORDS = WordVectors(("cat", "bird", "crane", "not"), np.array([EAST, NORTH, EAST, WEST]))
HALF = 0.5**0.5


class Letters:
    """A text's vector has a length of its own: how many letters and how many dots it has."""

    dim = 2

    def __call__(self, texts):
        counts = [[sum(c.isalpha() for c in text), text.count(".")] for text in texts]
        return np.array(counts, float).reshape(-1, 2)


def test_is_a_text_encoder():
    assert isinstance(Prompts(WORDS), TextEncoder)
    assert Prompts(WORDS).dim == 2


def test_templates_count_alike_at_length_one():
    """(1, 0) and (6, 8) / 10 have the mean (0.8, 0.4)."""
    vectors = Prompts(Letters(), ("{}", "ab{}........"))(["four"])
    np.testing.assert_allclose(vectors, unit(np.array([[0.8, 0.4]])))


def test_the_bare_template_changes_nothing():
    np.testing.assert_array_equal(Prompts(WORDS, ("{}",))(["cat", "bird"]), WORDS(["cat", "bird"]))


def test_no_text_gives_no_row():
    assert Prompts(WORDS, ("{}",))([]).shape == (0, 2)


def test_templates_that_cancel_out_give_zeros():
    assert Prompts(Letters(), ("{}",))(["?"]).tolist() == [[0.0, 0.0]]


def test_a_label_may_hold_braces():
    np.testing.assert_allclose(Prompts(Letters(), ("{}.",))(["{}"]), [[0.0, 1.0]])


@pytest.mark.parametrize("templates", [(), ("a photo",), ("{} and {}",)])
def test_a_template_has_one_place_for_the_text(templates):
    with pytest.raises(Usage, match="template"):
        Prompts(WORDS, templates)


def test_among_word_vectors_a_word_of_the_template_counts_as_one_of_the_label():
    np.testing.assert_allclose(Prompts(WORDS, ("{} bird",))(["crane"]), [[HALF, HALF]])


def test_a_template_that_cannot_be_read_is_told_and_not_taken_for_a_label():
    labeller = SpaceLabeller(Projection(np.eye(2), np.zeros(2)), Prompts(WORDS, ("a photo of {}",)))
    with pytest.raises(
        Usage, match=r"'a photo of {}' holds 'a', which cannot be read; leave it out"
    ):
        labeller.score(np.eye(2), ["cat"])


def test_a_label_that_cannot_be_read_has_no_answer():
    labeller = SpaceLabeller(Projection(np.eye(2), np.zeros(2)), Prompts(WORDS, ("{} bird",)))
    assert np.isfinite(labeller.score(np.eye(2), ["cat", "wombat"])).tolist() == [[True, False]] * 2
    with pytest.raises(UnknownWord, match="wombat"):
        Prompts(WORDS, ("{} bird",))(["wombat"])


def test_our_own_templates_are_different_and_have_their_place():
    assert len(set(PHOTO_TEMPLATES)) == len(PHOTO_TEMPLATES) > 4
    assert Prompts(Letters()).templates == PHOTO_TEMPLATES
