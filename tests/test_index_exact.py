"""What the scan of bytes promises beyond ``test_index.py``: that it never misses one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from iconym.errors import Usage
from iconym.index.checks import unit_rows
from iconym.index.exact import (
    BLOCK,
    FOLD_AT,
    exact_index,
    exact_method,
    quantized_queries,
    quantized_rows,
)
from iconym.index.graph import integer_product
from iconym.nouns import untracked


def unit(rows):
    rows = np.array(rows, np.float32)
    return unit_rows(rows, rows.shape[1], zeros=True)


def random_rows(n, dim, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(n, dim)))


def scan(rows, **options):
    return exact_method(**options).build(rows, untracked)


def plain_loop(rows, query, k):
    """The definition: all cosines in float64, rounded to float32, equal ones by smaller row."""
    wide = query.astype(np.float64)
    cosines = [np.float32(min(1, max(-1, row.astype(np.float64) @ wide))) for row in rows]
    best = sorted(range(len(rows)), key=lambda row: (-cosines[row], row))[:k]
    return [(row, float(cosines[row])) for row in best]


def agrees_with_a_plain_loop(rows, queries, k):
    answers = list(scan(rows).nearest(queries, k))
    assert answers == [plain_loop(rows, query, k) for query in queries]


# Never a miss


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 63, 200])
@pytest.mark.parametrize("n", [1, 255, 257, 600])
@pytest.mark.parametrize("k", [1, 10, 300, 700])
def test_it_answers_as_a_plain_loop(n, dim, k):
    agrees_with_a_plain_loop(random_rows(n, dim), random_rows(3, dim, seed=1), k)


SIDES = st.integers(1, 4).flatmap(
    lambda dim: st.tuples(
        arrays(
            np.float32, st.tuples(st.integers(1, 30), st.just(dim)), elements=st.integers(-3, 3)
        ),
        arrays(np.float32, (2, dim), elements=st.integers(-3, 3)),
    )
)


@settings(max_examples=100, deadline=None)
@given(sides=SIDES, copies=st.sampled_from([1, 9, 40]), k=st.integers(1, 400))
def test_it_answers_as_a_plain_loop_where_most_scores_are_equal(sides, copies, k):
    rows, queries = map(unit, sides)
    agrees_with_a_plain_loop(np.tile(rows, (copies, 1)), queries, k)


NUMBERS = st.floats(-1, 1, width=32)


@settings(max_examples=60, deadline=None)
@given(
    rows=arrays(np.float32, (12, 5), elements=NUMBERS),
    query=arrays(np.float32, 5, elements=NUMBERS),
)
def test_it_answers_as_a_plain_loop_for_numbers_of_any_size(rows, query):
    rows[~(np.linalg.norm(rows.astype(float), axis=1) > 1e-30)] = 1
    agrees_with_a_plain_loop(unit(np.tile(rows, (25, 1))), unit(query[None]), 20)


@pytest.mark.parametrize("k", [1, 10, 250])
def test_rows_nearer_to_each_other_than_a_step_are_told_apart(k):
    rows = unit(random_rows(1, 64) + 1e-6 * random_rows(900, 64, seed=1))
    agrees_with_a_plain_loop(rows, rows[:2], k)


def test_many_alike_side_by_side_hide_none_that_are_farther():
    """One block holds all of the best: the best of other blocks say little of the k-th score."""
    rows = random_rows(2000, 32)
    rows[300:420] = unit(rows[300] + 0.02 * random_rows(120, 32, seed=1))
    agrees_with_a_plain_loop(rows, rows[300:302], 130)


def test_a_query_that_is_rounded_toward_another_row_finds_its_nearest():
    """In steps of 1/63 it is (10, 10, 11, 10, 63); the rows are whole numbers of steps."""
    rows, query = unit([[1, 1, 0, 0, 0], [0, 0, 1, 1, 0]]), unit([[10.49, 10.49, 10.51, 10.2, 63]])
    assert scan(rows).nearest(query, 1).ids.tolist() == [[0]]


@pytest.mark.parametrize("spike", [1, 30, 1000])
def test_rows_of_one_large_number_do_not_drown_the_others(spike):
    rows = np.random.default_rng(0).normal(size=(700, 40))
    rows[::50, 3] *= spike
    rows[5], rows[6] = np.eye(40)[3], -np.eye(40)[3]
    agrees_with_a_plain_loop(unit(rows), random_rows(4, 40, seed=1), 20)


def test_the_copies_that_fill_the_last_block_are_no_rows():
    rows = random_rows(BLOCK + 1, 8)
    (answer,) = scan(rows).nearest(rows[-1:], 10)
    assert answer == plain_loop(rows, rows[-1], 10)
    assert answer[0] == (BLOCK, 1.0)
    assert answer[1][0] < BLOCK


def test_of_equal_rows_the_first_are_the_nearest():
    rows = np.repeat(random_rows(1, 7), 1000, axis=0)
    assert scan(rows).nearest(rows[:1], 700).ids[0].tolist() == list(range(700))


def test_a_query_of_zeros_has_score_zero_with_the_first_rows():
    found = scan(random_rows(600, 4)).nearest(np.zeros((1, 4), np.float32), 3)
    assert list(found) == [[(0, 0.0), (1, 0.0), (2, 0.0)]]


def test_what_is_missing_is_minus_one_and_minus_infinity():
    found = scan(unit([[1, 0], [0, 1]])).nearest(unit([[0, 2]]), 3)
    assert found.ids.tolist() == [[1, 0, -1]]
    assert found.scores.tolist() == [[1, 0, -np.inf]]


def test_no_row_and_no_query_have_no_answer():
    assert list(scan(np.empty((0, 3), np.float32)).nearest(random_rows(2, 3), 5)) == [[], []]
    assert scan(random_rows(9, 3)).nearest(random_rows(0, 3), 5).ids.shape == (0, 5)


def test_many_queries_answer_as_each_alone():
    structure, queries = scan(random_rows(3000, 20)), random_rows(70, 20, seed=1)
    together = structure.nearest(queries, 5)
    for row, query in enumerate(queries):
        alone = structure.nearest(query[None], 5)
        assert together.ids[row].tolist() == alone.ids[0].tolist()
        assert together.scores[row].tolist() == alone.scores[0].tolist()


# The bound


def errors_and_bounds(rows, queries):
    """|q.w - q'.w'| of all pairs, and what the docstring says it is at most."""
    asked, (codes, blocks) = quantized_queries(queries), quantized_rows(rows)
    steps, row_errors = np.repeat(blocks, BLOCK, axis=1)[:, : len(rows)]
    whole = (asked.codes.astype(int) - 64) @ codes[:, : len(rows)].astype(int)
    errors = np.abs(
        queries.astype(float) @ rows.astype(float).T - whole * asked.steps[:, None] * steps
    )
    return errors, asked.errors[:, None] + asked.lengths[:, None] * row_errors


HARD = {
    "any": random_rows(600, 30),
    "half a step off": unit(np.tile([[1, 0.5 / 63, 0.5 / 127, 1.5 / 127]], (3, 1))),
    "one number": unit(np.eye(9)),
    "tiny beside large": unit([[1, 1e-3, -1e-6, 1e-20], [1e-3, 1, 1e-38, 0]]),
    "all equal": unit([[1] * 50, [-1] * 50]),
    "long": random_rows(40, 4096),
}


@pytest.mark.parametrize("rows", HARD.values(), ids=HARD.keys())
def test_no_score_of_whole_numbers_errs_by_more_than_the_bound(rows):
    errors, bounds = errors_and_bounds(rows, rows)
    assert (errors <= bounds + 1e-7).all()


def test_some_scores_err_by_nearly_the_bound():
    """Else the bound would be wider than it need be, or the test above idle."""
    angles = np.linspace(0.1, 1.4, 400)
    around = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    one_by_one = [errors_and_bounds(row[None], around) for row in around]
    assert max((errors / bounds).max() for errors, bounds in one_by_one) > 0.9


def test_two_products_fit_into_sixteen_bits():
    """On x86 without VNNI a sum of two products of bytes stops at 32,767."""
    codes, _ = quantized_rows(HARD["any"])
    bytes_of_queries = quantized_queries(-HARD["any"]).codes
    assert np.abs(codes.astype(int)).max() == 127
    assert (bytes_of_queries.min(), bytes_of_queries.max()) == (1, 127)
    assert 2 * 127 * 127 <= 32_767


# The product of whole numbers


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 200, 4096])
@pytest.mark.parametrize("queries", [1, 2, 33])
def test_products_of_bytes_are_exact(dim, queries):
    random = np.random.default_rng(dim)
    weights = random.choice([-127, 127, 0, 5], size=(dim, 300)).astype(np.int8)
    weights[:, 0], weights[:, 1] = 127, -127
    rows = random.integers(1, 128, (queries, dim)).astype(np.uint8)
    rows[0] = 127
    expected = (rows.astype(int) - 64) @ weights.astype(int)
    assert expected[0, 0] == 63 * 127 * dim
    assert (integer_product(weights, zero=64)(rows) == expected).all()


# Building and reading again


@pytest.fixture
def saved(tmp_path):
    rows = random_rows(700, 6)
    for name, contents in scan(rows).files().items():
        (tmp_path / name).write_bytes(b"".join(contents))
    return rows, tmp_path


def test_its_files_are_mapped_and_answer_alike(saved):
    rows, folder = saved
    loaded = exact_method().load(rows, folder)
    assert isinstance(loaded.codes.base, np.memmap)
    assert loaded.codes.shape == (6, 768)
    built, again = scan(rows).nearest(rows[:9], 20), loaded.nearest(rows[:9], 20)
    assert (built.ids == again.ids).all()
    assert (built.scores == again.scores).all()


def test_it_is_built_over_a_read_only_map_and_tells_how_far_it_is(tmp_path):
    rows, told = random_rows(5000, 3), []
    np.save(tmp_path / "rows.npy", rows)

    def track(items, doing, total):
        told.append((doing, total))
        return items

    structure = exact_method().build(np.load(tmp_path / "rows.npy", mmap_mode="r"), track)
    assert told == [("quantizing", 2)]
    assert structure.nearest(rows[4321:4322], 1).ids.tolist() == [[4321]]


def test_two_threads_answer_as_one():
    rows = random_rows(3000, 24)
    assert list(scan(rows, threads=2).nearest(rows[:5], 9)) == list(scan(rows).nearest(rows[:5], 9))


def test_less_than_one_thread_is_refused():
    with pytest.raises(Usage, match="0 threads"):
        exact_method(threads=0)


def test_the_index_turns_to_the_scan_by_itself_once_it_is_large():
    index, rows = exact_index(2), random_rows(FOLD_AT, 2)
    index.add(np.arange(1, FOLD_AT), rows[1:])
    assert index.changes == FOLD_AT - 1
    index.add(np.arange(1), rows[:1])
    assert index.changes == 0
    assert index.search(rows[:1], 1).ids.tolist() == [[0]]
