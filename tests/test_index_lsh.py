"""Signatures estimate angles, buckets hold neighbors as their law says, tables lose none of it."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iconym.errors import DamagedFolder, Usage
from iconym.index.buckets import buckets, buckets_around, flips_within, projected
from iconym.index.lsh import LshConfig, lsh_index, lsh_method
from iconym.index.ranking import nearest
from iconym.index.signatures import cosine_estimate, hamming, random_planes, signatures
from iconym.nouns import untracked

EAST, NORTH, WEST, SOUTH = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)


def rows(*given):
    return np.array(given, np.float32)


def unit_rows(count, dim, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, dim))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def built(vectors, **config):
    return lsh_method(LshConfig(**config)).build(vectors, untracked)


def test_a_signature_tells_on_which_side_of_each_plane_a_vector_lies():
    planes = rows(EAST, NORTH, WEST, SOUTH, (1, 1), (1, -1), (-1, 1), (-1, -1), EAST)
    packed = signatures(rows((2.0, 1.0), (-2.0, 1.0)), planes)
    assert [[f"{byte:08b}" for byte in row] for row in packed] == [
        ["11001100", "10000000"],
        ["01100011", "00000000"],
    ]


def test_a_vector_on_a_plane_lies_on_its_positive_side():
    assert signatures(rows((0.0, 0.0), NORTH), rows(EAST)).tolist() == [[128], [128]]


def test_lengths_do_not_change_a_signature():
    planes, vectors = random_planes(24, 7, seed=0), unit_rows(50, 7)
    assert (signatures(1000 * vectors, planes) == signatures(vectors, planes)).all()


def test_opposite_vectors_differ_in_every_bit():
    planes, vectors = random_planes(33, 5, seed=0), unit_rows(3, 5)
    differing = hamming(signatures(vectors, planes), signatures(-vectors, planes))
    assert np.diag(differing).tolist() == [33, 33, 33]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=11, max_size=11), min_size=2, max_size=5))
def test_hamming_counts_as_a_plain_loop_does(given):
    packed = np.array([list(row) for row in given], np.uint8)
    plain = [[sum((a ^ b).bit_count() for a, b in zip(x, y)) for y in given] for x in given]
    assert hamming(packed, packed).tolist() == plain


def test_an_angle_is_estimated_by_the_share_of_bits_that_differ():
    estimates = cosine_estimate(np.array([[0, 8, 12, 16, 24]]), 24)
    assert estimates[0] == pytest.approx([1.0, 0.5, 0.0, -0.5, -1.0])


def test_angles_are_estimated_without_bias_and_spread_as_the_law_says():
    """At a cosine of 0.9 the standard deviation is 12.9, 11.2 and 3.9 degrees."""
    theta, draws = math.acos(0.9), 2000
    pair = rows(EAST, (math.cos(theta), math.sin(theta)))
    for bits, spread in [(24, 12.9), (32, 11.2), (256, 3.9)]:
        packed = signatures(pair, random_planes(bits * draws, 2, seed=bits))
        bits_of = np.unpackbits(packed, axis=1).reshape(2, draws, bits)
        differing = (bits_of[0] != bits_of[1]).sum(axis=1)
        angles = np.degrees(np.arccos(cosine_estimate(differing[:, None], bits)))
        assert angles.mean() == pytest.approx(math.degrees(theta), abs=3 * spread / draws**0.5)
        assert angles.std() == pytest.approx(spread, rel=0.05)


def test_fewer_than_one_bit_is_refused():
    with pytest.raises(Usage, match="signatures of 0 bits"):
        random_planes(0, 2, seed=0)


@pytest.mark.parametrize("cosine, bits", [(0.9, 1), (0.9, 8), (0.9, 24), (0.5, 8)])
def test_one_bucket_holds_a_neighbor_as_often_as_the_law_says(cosine, bits):
    """The share is (1 - theta / pi)^bits, met within three standard errors."""
    theta, tables = math.acos(cosine), 20_000
    planes = random_planes(tables * bits, 2, seed=5).reshape(tables, bits, 2)
    ours, theirs = buckets(projected(rows(EAST, (cosine, math.sin(theta))), planes))
    p = (1 - theta / math.pi) ** bits
    assert abs((ours == theirs).mean() - p) <= 3 * math.sqrt(p * (1 - p) / tables)


def test_the_buckets_around_one_differ_in_so_many_bits_at_most():
    projections = rows((1.0, -1.0, 2.0)).reshape(1, 1, 3)  # bucket 0b101
    within = {
        r: sorted(buckets_around(projections, flips_within(3, r), 99).ravel()) for r in range(4)
    }
    assert within == {
        0: [0b101],
        1: [0b001, 0b100, 0b101, 0b111],
        2: [0b000, 0b001, 0b011, 0b100, 0b101, 0b110, 0b111],
        3: list(range(8)),
    }


def test_the_bucket_across_the_nearest_plane_is_tried_first():
    """Squared distances to the planes are 9, 0.01, 1 and 0.04; that of two planes is their sum."""
    projections, flips = rows((3.0, -0.1, 1.0, 0.2)).reshape(1, 1, 4), flips_within(4, 2)
    own = 0b1101
    order = [0, 0b0010, 0b1000, 0b1010, 0b0100, 0b0110]
    tried = [set(buckets_around(projections, flips, n).ravel().tolist()) for n in range(1, 7)]
    assert [(after - before).pop() ^ own for before, after in pairwise([set(), *tried])] == order


@pytest.mark.parametrize("bits, radius, said", [(24, 6, "190,051"), (32, 32, "4,294,967,296")])
def test_a_radius_of_too_many_buckets_is_refused(bits, radius, said):
    with pytest.raises(Usage, match=said):
        LshConfig(bits=bits, radius=radius)


@pytest.mark.parametrize(
    "config, said",
    [
        ({"bits": 0}, "buckets of 0 bits"),
        ({"bits": 33}, "buckets of 33 bits"),
        ({"tables": 0}, "0 tables"),
        ({"radius": -1}, "a radius of -1"),
        ({"probes": 0}, "0 buckets"),
    ],
)
def test_settings_that_mean_nothing_are_refused(config, said):
    with pytest.raises(Usage, match=said):
        LshConfig(**config)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 99), n=st.integers(0, 40), k=st.integers(1, 12), tables=st.integers(1, 3)
)
def test_with_every_bucket_within_the_radius_it_is_exact(seed, n, k, tables):
    vectors, queries = unit_rows(n, 5, seed), unit_rows(3, 5, seed + 100)
    structure = built(vectors, bits=4, radius=4, tables=tables)
    found, exact = structure.nearest(queries, k), nearest(np.arange(n), vectors, queries, k)
    assert (found.ids == exact.ids).all()
    assert (found.scores == exact.scores).all()


def test_one_bucket_of_as_many_bits_as_there_are_finds_its_own_vectors_alone():
    vectors = unit_rows(200, 8)
    found = built(vectors, bits=32, tables=1, radius=0).nearest(vectors, 2)
    assert found.ids[:, 0].tolist() == list(range(200))
    assert (found.ids[:, 1] == -1).all()


def test_every_score_is_exact_though_neighbors_be_missing():
    vectors, queries = unit_rows(500, 16), unit_rows(20, 16, seed=1)
    found = built(vectors, bits=8, tables=2, radius=1).nearest(queries, 5)
    scores = np.take_along_axis(queries @ vectors.T, found.ids, axis=1)
    assert found.scores == pytest.approx(scores, abs=1e-6)
    assert (np.diff(found.scores) <= 0).all()


def test_more_tables_buckets_or_probes_never_lose_a_neighbor():
    vectors, queries = unit_rows(2000, 16), unit_rows(50, 16, seed=1)

    def reached(**config):
        return built(vectors, bits=12, **config).nearest(queries, 10).scores

    fewest = reached(tables=4, radius=0)
    for more in ({"tables": 4, "radius": 1}, {"tables": 4, "radius": 2, "probes": 20}):
        assert (reached(**more) >= fewest).all()
        assert (reached(**more) > fewest).any()
    assert (reached(tables=4, radius=2, probes=79) >= reached(tables=4, radius=2, probes=20)).all()


@pytest.mark.parametrize("probes", [64, 3])
def test_queries_in_blocks_answer_as_each_alone(monkeypatch, probes):
    vectors, queries = unit_rows(100, 6), unit_rows(10, 6, seed=1)
    structure = built(vectors, bits=4, tables=3, radius=2, probes=probes)
    together = structure.nearest(queries, 5)
    for at_once in (5, 40, 1000):
        monkeypatch.setattr("iconym.index.hashtables.AT_ONCE", at_once)
        assert (structure.nearest(queries, 5).ids == together.ids).all()
        assert (built(vectors, bits=4, tables=3).entries == structure.entries).all()


def test_vectors_that_are_all_equal_share_one_bucket_and_come_by_row(monkeypatch):
    monkeypatch.setattr("iconym.index.hashtables.AT_ONCE", 100)
    found = built(np.tile(rows(EAST), (1000, 1)), bits=8, tables=2).nearest(rows(EAST, EAST), 3)
    assert found.ids.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert found.scores.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_without_vectors_or_queries_there_are_no_neighbors():
    assert built(np.empty((0, 2), np.float32)).nearest(rows(EAST), 2).ids.tolist() == [[-1, -1]]
    assert built(rows(EAST)).nearest(np.empty((0, 2), np.float32), 2).ids.shape == (0, 2)


def test_by_default_there_are_about_two_buckets_a_vector():
    assert built(unit_rows(1024, 4)).planes.shape == (16, 11, 4)
    assert built(unit_rows(1, 4)).planes.shape == (16, 1, 4)


def test_the_same_seed_makes_the_same_tables_and_another_others():
    vectors = unit_rows(100, 8)
    first, same, other = (built(vectors, seed=seed).entries for seed in (1, 1, 2))
    assert (first == same).all()
    assert (first != other).any()


def saved(structure, folder):
    for name, pieces in structure.files().items():
        (folder / name).write_bytes(b"".join(pieces))
    return folder


def test_saved_tables_answer_the_same(tmp_path):
    vectors, queries = unit_rows(500, 8), unit_rows(20, 8, seed=1)
    method = lsh_method(LshConfig(tables=4))
    structure = method.build(vectors, untracked)
    again = method.load(vectors, saved(structure, tmp_path))
    assert not again.entries.flags.writeable
    assert (again.nearest(queries, 5).ids == structure.nearest(queries, 5).ids).all()


@pytest.mark.parametrize(
    "count, dim, config",
    [(499, 8, {}), (500, 7, {}), (500, 8, {"tables": 5}), (500, 8, {"bits": 9})],
)
def test_tables_of_other_vectors_or_settings_are_refused(tmp_path, count, dim, config):
    saved(built(unit_rows(500, 8), bits=8, tables=4), tmp_path)
    with pytest.raises(DamagedFolder, match=r"lsh-(planes|entries)\.npy"):
        lsh_method(LshConfig(**{"tables": 4} | config)).load(unit_rows(count, dim), tmp_path)


def test_the_settings_that_are_given_are_saved():
    settings = {"tables": 8, "radius": 2, "probes": 64, "seed": 0}
    assert lsh_method(LshConfig(tables=8)).settings == settings
    assert lsh_method(LshConfig(bits=9, tables=8)).settings == {"bits": 9, **settings}


def test_an_index_hashes_what_it_is_folded_with():
    index = lsh_index(8, LshConfig(bits=3, radius=3))
    index.add(np.arange(50) + 7, unit_rows(50, 8))
    index.fold()
    assert index.changes == 0
    assert index.search(unit_rows(50, 8), 1).ids[:, 0].tolist() == list(range(7, 57))
