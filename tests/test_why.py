"""Why a picture fits: parts that sum to its score, by words and by what was learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colors import BLUE, GREEN, RED, YELLOW, color_space, save, saved_color_space
from iconym.collection import create_collection
from iconym.errors import BadData, MissingPicture, NotAPicture, Usage
from iconym.features import Encoded
from iconym.files import content_hash
from iconym.indexing import index_folder
from iconym.nouns import LabelledImages, WordVectors
from iconym.search import Term, search_collection
from iconym.search.speaking import speaking
from iconym.search.why import Part, largest, why
from iconym.space import load_space, save_space
from iconym.training.evidence import known_pictures, prototype_evidence, ridge_evidence
from iconym.training.methods import CosineSoftmax, Ridge
from iconym.training.prototypes import ByPrototypes, PrototypeConfig, fit_prototypes
from iconym.training.ridge import fit_ridge, targets_of
from iconym.training.spaces import SpaceConfig, fit_space
from iconym.training.tasks import zero_shot_task

RNG = np.random.default_rng(0)
COLORS = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
ORANGE, BROWN = (255, 128, 0), (120, 60, 20)

# what was learned from: three shades of each of five labels, the places of words at random
NAMES = ("fire", "grass", "sky", "sun", "sea")
X = RNG.normal(0.5, 0.3, (15, 3)).astype(np.float32)
LABELS = NAMES * 3
WORDS = WordVectors(NAMES, RNG.normal(size=(5, 3)).astype(np.float32))
QUERIES = st.tuples(*[st.floats(-1, 1)] * 3).map(np.array)
WEIGHTS = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda weights: max(map(abs, weights)) > 0.1)

FEW = settings(max_examples=25, deadline=None)


@pytest.fixture
def collection(tmp_path):
    """red.png, green.png, blue.png and yellow.png, which is as much red as green."""
    for name, color in COLORS.items():
        save(tmp_path / f"{name}.png", color)
    return create_collection(tmp_path)


def searched(collection, space):
    index_folder(collection, space)
    return search_collection(collection, space)


def learned(method="ridge", words=WORDS):
    """A space learned from ``X``, whose evidence is known."""
    if method == "ridge":
        projection = fit_ridge(X, targets_of(LABELS, words), alpha=0.1)
        evidence = ridge_evidence(X, LABELS, words, alpha=0.1)
        text = words
    else:
        fitted = fit_prototypes(X, LABELS, words, PrototypeConfig(2.0, 0.3))
        projection, text = fitted.projection, fitted.moved(words)
        evidence = prototype_evidence(X, LABELS, projection)
    space = saved_color_space(method)
    return replace(space, projection=projection, text=text, vocabulary=text, evidence=evidence)


BY_RIDGE, BY_PROTOTYPES = learned("ridge"), learned("prototypes")


def total(parts):
    return sum(part.share for part in parts)


def shares(parts):
    return {part.name: round(part.share, 4) for part in parts}


# By the words of the query


def test_each_word_of_a_text_adds_its_share(collection):
    search = searched(collection, color_space())
    parts = why(search, [Term("red green")], collection.folder / "red.png").words
    assert shares(parts) == {"red": 0.7071, "green": 0.0}


def test_a_longer_word_vector_adds_more(collection):
    words = WordVectors(("red", "green"), np.array([[3, 0, 0], [0, 4, 0]], np.float32))
    labels = WordVectors(("blue",), np.array([[0, 0, 1]], np.float32))
    search = searched(collection, replace(color_space(), text=words, vocabulary=labels))
    parts = why(search, [Term("red green")], collection.folder / "yellow.png").words
    assert shares(parts) == {"red": 0.4243, "green": 0.5657}  # 3 / 5 and 4 / 5 of 0.7071


def test_weights_and_signs_count(collection):
    search = searched(collection, color_space())
    query = [Term("red", 3.0), Term("green", -4.0)]
    parts = why(search, query, collection.folder / "yellow.png").words
    assert shares(parts) == {"red": 0.4243, "green": -0.5657}  # 3 / 5 and -4 / 5 of 0.7071


def test_a_picture_of_the_query_is_a_part(collection):
    search = searched(collection, color_space())
    (green,) = collection.catalog.find(uris=["green.png"])
    data = (collection.folder / "red.png").read_bytes()
    parts = why(search, [Term(green), Term(data)], collection.folder / "green.png").words
    assert shares(parts) == {f"picture {green}": 0.7071, "the picture of the query": 0.0}


def test_a_label_of_the_vocabulary_is_one_part(collection):
    labels = WordVectors(("red green",), np.array([[1, 1, 0]], np.float32))
    search = searched(collection, replace(color_space(), vocabulary=labels))
    parts = why(search, [Term("red green")], collection.folder / "red.png").words
    assert shares(parts) == {"red green": 0.7071}


@pytest.fixture(scope="module", params=["ridge", "prototypes", "nobody knows"])
def answering(request, tmp_path_factory):
    """A search in a space learned in closed form, and in one of which nothing is known."""
    folder = tmp_path_factory.mktemp("colors")
    for name, color in {**COLORS, "orange": ORANGE, "brown": BROWN}.items():
        save(folder / f"{name}.png", color)
    space = learned("prototypes" if request.param == "prototypes" else "ridge")
    if request.param == "nobody knows":
        space = replace(space, evidence=None)
    return searched(create_collection(folder), space)


@FEW
@given(weights=WEIGHTS)
def test_both_sets_of_parts_sum_to_the_score_of_the_hit(answering, weights):
    query = [Term(word, w) for word, w in zip(["fire sky", "sea", "sun grass"], weights)]
    for hit in answering.by_query(query):
        reasons = why(answering, query, hit.picture.id)
        assert reasons.score == pytest.approx(hit.score, abs=1e-5)
        assert total(reasons.words) == pytest.approx(hit.score, abs=1e-5)
        assert total(reasons.labels) + reasons.rest == pytest.approx(hit.score, abs=1e-5)


# By what was learned


@FEW
@given(query=QUERIES)
def test_by_ridge_the_rest_is_what_the_mean_of_all_targets_adds(query):
    space, x = BY_RIDGE, np.array([0.2, 0.9, 0.4], np.float32)
    parts = space.evidence.of_labels(query, x).sum()
    mean = query @ targets_of(LABELS, WORDS).mean(axis=0)
    assert parts + mean == pytest.approx(query @ space.projection(x[None])[0], abs=1e-4)


@FEW
@given(query=QUERIES)
def test_by_prototypes_nothing_is_left(query):
    space, x = BY_PROTOTYPES, np.array([0.2, 0.9, 0.4], np.float32)
    parts = space.evidence.of_labels(query, x).sum()
    assert parts == pytest.approx(query @ space.projection(x[None])[0], abs=1e-4)


def test_by_ridge_a_part_is_the_weights_of_a_labels_pictures_times_their_target():
    x, query = np.array([0.2, 0.9, 0.4], np.float32), np.array([1.0, 2.0, -1.0])
    centered = X - X.mean(axis=0)
    loaded = centered.T @ centered / 15 + 0.1 * centered.var(axis=0).mean() * np.eye(3)
    expected = dict.fromkeys(NAMES, 0.0)
    for row, label in enumerate(LABELS):
        weight = (x - X.mean(axis=0)) @ np.linalg.inv(loaded) @ centered[row] / 15
        expected[label] += weight * (WORDS[label] @ query)
    evidence = learned("ridge").evidence
    found = dict(zip(evidence.labels, evidence.of_labels(query, x)))
    assert found == pytest.approx(expected, abs=1e-4)


def test_by_prototypes_a_part_is_the_words_weight_of_a_label_times_its_mean_place():
    fitted = fit_prototypes(X, LABELS, WORDS, PrototypeConfig(2.0, 0.3))
    evidence = prototype_evidence(X, LABELS, fitted.projection)
    (word,), x = fitted(WORDS["sun"][None]), np.array([0.2, 0.9, 0.4], np.float32)
    (place,) = fitted.projection(x[None])
    means = {n: fitted.projection(X[[m == n for m in LABELS]]).mean(axis=0) for n in NAMES}
    weights = np.linalg.lstsq(np.stack([means[n] for n in evidence.labels]).T, word, rcond=None)[0]
    expected = [w * (means[n] @ place) for n, w in zip(evidence.labels, weights)]
    assert evidence.of_labels(word, x) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("method", ["ridge", "prototypes"])
def test_the_pictures_of_a_label_sum_to_its_part(method):
    evidence, query = learned(method).evidence, np.array([1.0, 2.0, -1.0])
    x = np.array([0.2, 0.9, 0.4], np.float32)
    for row, label in enumerate(evidence.labels):
        own = X[[name == label for name in LABELS]]
        parts = evidence.of_pictures(query, x, row, own)
        assert parts.sum() == pytest.approx(evidence.of_labels(query, x)[row], abs=1e-4)


def test_without_evidence_the_nearest_labels_share_the_score(collection):
    search = searched(collection, color_space())
    reasons = why(search, [Term("red")], collection.folder / "red.png")
    assert not reasons.learned
    assert shares(reasons.labels) == {"red": 0.9091, "blue": 0.0, "green": 0.0}  # 1 / 1.1
    assert reasons.rest == pytest.approx(1 - 1 / 1.1, abs=1e-6)


def test_labels_come_with_the_largest_share_first_and_equal_ones_by_name(collection):
    search = searched(collection, color_space())
    reasons = why(search, [Term("red")], collection.folder / "red.png")
    assert [part.name for part in reasons.labels] == ["red", "blue", "green"]


def test_a_picture_whose_file_changed_is_explained_as_it_was_indexed(collection):
    search = searched(collection, learned())
    (red,) = collection.catalog.find(uris=["red.png"])
    before = why(search, [Term("fire")], red)
    save(collection.folder / "red.png", BLUE)
    after = why(search, [Term("fire")], red)
    assert before.learned and not after.learned and after.score == before.score


def test_the_largest_parts_and_the_sum_of_the_others():
    parts = [Part("a", 0.5), Part("b", 0.1), Part("c", -0.1), Part("d", -0.3)]
    assert largest(parts, 2) == ([Part("a", 0.5), Part("d", -0.3)], 0.0)
    assert largest(parts, 9) == (parts, 0)
    with pytest.raises(Usage, match="k is 0"):
        largest(parts, 0)


@pytest.mark.parametrize(
    ("picture", "error"),
    [(99, Usage), (Path("nowhere.png"), MissingPicture), (b"no picture", NotAPicture)],
)
def test_a_picture_that_is_not_there_is_refused(collection, picture, error):
    search = searched(collection, color_space())
    with pytest.raises(error):
        why(search, [Term("red")], picture)


# The training pictures that speak for it


@pytest.fixture
def taught(tmp_path):
    """A collection that holds three of the four pictures that its space was learned from."""
    for name, color in {**COLORS, "orange": ORANGE}.items():
        save(tmp_path / f"{name}.png", color)
    colors = np.array([RED, ORANGE, GREEN, BLUE], np.float32) / 255
    labels = ("warm", "warm", "cold", "cold")
    words = WordVectors(("warm", "cold"), np.array([[1, 0, 0], [0, 1, 0]], np.float32))
    contents = [content_hash(tmp_path / f"{n}.png") for n in ("red", "orange", "green", "blue")]
    evidence = known_pictures(ridge_evidence(colors, labels, words, alpha=0.1), labels, contents)
    projection = fit_ridge(colors, targets_of(labels, words), alpha=0.1)
    space = replace(
        saved_color_space(), projection=projection, text=words, vocabulary=words, evidence=evidence
    )
    (tmp_path / "blue.png").unlink()
    return searched(create_collection(tmp_path), space)


def test_the_likest_training_picture_speaks_loudest(taught):
    heard = speaking(taught, [Term("warm")], taught.collection.folder / "red.png", "warm")
    assert [one.picture.uri for one in heard.speakers] == ["red.png", "orange.png"]
    assert heard.others == pytest.approx(0, abs=1e-5)
    reasons = why(taught, [Term("warm")], taught.collection.folder / "red.png")
    assert heard.share == pytest.approx({p.name: p.share for p in reasons.labels}["warm"])


def test_what_is_not_in_the_collection_is_among_the_others(taught):
    heard = speaking(taught, [Term("cold")], taught.collection.folder / "green.png", "cold")
    (green,) = heard.speakers
    assert green.picture.uri == "green.png"
    assert heard.others == pytest.approx(heard.share - green.share) and abs(heard.others) > 0.01


def test_a_picture_is_known_by_its_content_under_any_name(taught):
    folder = taught.collection.folder
    (folder / "red.png").rename(folder / "moved.png")
    index_folder(taught.collection, taught.space)
    heard = speaking(taught, [Term("warm")], folder / "moved.png", "warm", 1)
    assert [one.picture.uri for one in heard.speakers] == ["moved.png"]
    assert heard.others == pytest.approx(heard.share - heard.speakers[0].share)


def test_a_picture_learned_twice_counts_twice(taught):
    evidence = taught.space.evidence
    row = evidence.labels.index("warm")
    red = evidence.contents_of(row)[0]
    twice = known_pictures(evidence, ("warm", "warm"), (red, red))
    again = replace(taught, space=replace(taught.space, evidence=twice))
    query, picture = [Term("warm")], taught.collection.folder / "red.png"
    first = {s.picture.uri: s.share for s in speaking(taught, query, picture, "warm").speakers}
    (second,) = speaking(again, query, picture, "warm").speakers
    assert second.share == pytest.approx(2 * first[second.picture.uri])


def test_who_cannot_speak_is_told_why(taught):
    picture = taught.collection.folder / "red.png"
    with pytest.raises(Usage, match="'wrm' is no training label; the likest are: warm, cold"):
        speaking(taught, [Term("warm")], picture, "wrm")
    bare = replace(taught, space=replace(taught.space, evidence=None))
    with pytest.raises(Usage, match="does not know its training pictures"):
        speaking(bare, [Term("warm")], picture, "warm")
    (red,) = taught.collection.catalog.find(uris=["red.png"])
    picture.unlink()
    with pytest.raises(Usage, match=f"picture {red} has no file"):
        speaking(taught, [Term("warm")], red, "warm")


# What a space carries for it


def test_a_saved_space_keeps_its_evidence_and_its_fingerprint(tmp_path):
    space = learned()
    save_space(space, tmp_path / "space")
    again = load_space(tmp_path / "space")
    assert again.evidence.labels == space.evidence.labels
    for name, array in space.evidence.arrays().items():
        assert np.array_equal(again.evidence.arrays()[name], array)
    assert again.fingerprint == replace(space, evidence=None).fingerprint


def test_a_space_without_evidence_is_saved_as_before(tmp_path):
    save_space(saved_color_space(), tmp_path / "space")
    assert not list((tmp_path / "space").glob("evidence*"))
    assert load_space(tmp_path / "space").evidence is None


def task():
    data = LabelledImages([None] * 15, LABELS)
    return zero_shot_task(data, WORDS, contents=[f"{row:064x}" for row in range(15)])


@pytest.mark.parametrize(
    ("method", "is_known"),
    [(Ridge(0.1), True), (ByPrototypes(PrototypeConfig()), True), (CosineSoftmax(), False)],
)
def test_what_is_learned_in_closed_form_has_evidence(method, is_known):
    config = SpaceConfig(method)
    space = fit_space(task(), color_space().encoder, Encoded(X, LABELS), config).space
    assert (space.evidence is not None) == is_known
    if space.evidence:
        fire = space.evidence.contents_of(space.evidence.labels.index("fire"))
        assert fire == [f"{row:064x}" for row in (0, 5, 10)]


@pytest.mark.parametrize("method", [Ridge(0.1), ByPrototypes(PrototypeConfig())])
def test_the_evidence_of_a_space_makes_up_its_projection(method):
    space = fit_space(task(), color_space().encoder, Encoded(X, LABELS), SpaceConfig(method)).space
    evidence = space.evidence
    made = evidence.basis @ evidence.means.T @ evidence.directions
    assert made == pytest.approx(space.projection.weight, abs=1e-4)


def test_evidence_of_numbers_that_disagree_is_refused():
    evidence = learned().evidence
    with pytest.raises(BadData, match="evidence of"):
        replace(evidence, labels=("one",))
