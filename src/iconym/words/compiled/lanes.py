"""Sixteen float32 numbers at once, for compiled loops over the rows of word vectors.

Numba's own loops over several rows of one array are seldom turned into vector instructions: any
two rows might overlap. Here the instructions are chosen by hand; the machine's compiler fits them
to what it has (one AVX-512 register, two of AVX, four of NEON). ``Lanes`` are values like numbers
inside compiled functions, and exist only there. Rows must be whole multiples of ``WIDTH`` long:
``aligned_zeros`` makes such arrays. Nothing checks bounds.

Compiled code is kept on disk and renewed when the file of its own function changes, but not when
a file that it calls does: after a change here, ``make clean``.
"""

from collections.abc import Callable
from typing import Any, TypeVar, no_type_check

import numpy as np
from jaxtyping import Float32
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

WIDTH = 16
CACHE_LINE = 64  # bytes: a row that starts within one costs two reads for each of its loads
FAST = ("fast",)

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """``function`` as machine code, kept on disk for the next process where that can be.

    It neither holds the interpreter's lock nor checks bounds. One that checks the types of its
    arguments at run time is a wrapper, which does not compile: hence ``no_type_check`` below.
    """
    options = {"nogil": True, "fastmath": True, "error_model": "numpy", "forceinline": True}
    try:
        return njit(function, cache=True, **options)
    except RuntimeError:  # no folder to keep it in: neither ours nor the user's is writable
        return njit(function, **options)


class Lanes(types.Type):  # a type of the compiled language, not of Python
    """Sixteen float32 numbers."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = Lanes()
VECTOR = ir.VectorType(ir.FloatType(), WIDTH)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]  # numba has no types
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def aligned_zeros(rows: int, dim: int) -> Float32[np.ndarray, "rows width"]:
    """Zeros in rows of at least ``dim`` numbers: a multiple of 16, from a cache line's start."""
    width = -(-dim // WIDTH) * WIDTH
    data = np.zeros(rows * width + CACHE_LINE // 4, np.float32)
    start = -data.ctypes.data % CACHE_LINE // 4
    return data[start : start + rows * width].reshape(rows, width)


@intrinsic
@no_type_check
def load(_context, array, row, column):
    """array[row, column : column + 16] of a float32 array."""

    def code(context, builder, signature, args):
        return builder.load(_place(context, builder, signature, args), align=4)

    return LANES(array, types.intp, types.intp), code


@intrinsic
@no_type_check
def store(_context, array, row, column, lanes):
    """Let array[row, column : column + 16] be ``lanes``."""

    def code(context, builder, signature, args):
        builder.store(args[3], _place(context, builder, signature, args), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, LANES), code


@intrinsic
@no_type_check
def prefetch(_context, array, row, column):
    """Ask for array[row, column : column + 16], to be written soon; nobody waits for it."""

    def code(context, builder, signature, args):
        pointer = _place(context, builder, signature, args)
        pointer = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, flag(1), flag(2), flag(1)])  # write, L2, data
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), code


@compiled
@no_type_check
def prefetch_row(array, row):
    """Ask for a whole row of array, whose width is a multiple of 16."""
    for d in range(0, array.shape[1], WIDTH):
        prefetch(array, row, d)


@intrinsic
@no_type_check
def spread(_context, number):
    """Sixteen times the same number."""

    def code(_target, builder, _signature, args):
        one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), args[0], ir.IntType(32)(0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(one, one, places)

    return LANES(types.float32), code


@intrinsic
@no_type_check
def add(_context, a, b):
    """The sums a + b."""

    def code(_target, builder, _signature, args):
        return builder.fadd(*args, flags=FAST)

    return LANES(LANES, LANES), code


@intrinsic
@no_type_check
def multiply_add(_context, a, b, c):
    """The sums a * b + c, rounded once or twice."""

    def code(_target, builder, _signature, args):
        return builder.fadd(builder.fmul(args[0], args[1], flags=FAST), args[2], flags=FAST)

    return LANES(LANES, LANES, LANES), code


@intrinsic
@no_type_check
def clip(_context, lanes, limit):
    """The numbers, each no further from 0 than those of ``limit``; NaN becomes anything."""

    def code(_target, builder, _signature, args):
        numbers, limit = args
        for order, bound in ("<", limit), (">", builder.fneg(limit, flags=FAST)):
            within = builder.fcmp_ordered(order, numbers, bound, flags=FAST)
            numbers = builder.select(within, numbers, bound)
        return numbers

    return LANES(LANES, LANES), code


@intrinsic
@no_type_check
def inverse_root(_context, lanes):
    """One divided by the square root of each number; all are positive."""

    def code(_target, builder, _signature, args):
        kind = ir.FunctionType(VECTOR, [VECTOR])
        name = f"llvm.sqrt.v{WIDTH}f32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        root = builder.call(function, args, fastmath=FAST)
        return builder.fdiv(ir.Constant(VECTOR, [1.0] * WIDTH), root, flags=FAST)

    return LANES(LANES), code


@intrinsic
@no_type_check
def total(_context, lanes):
    """The sum of the sixteen numbers."""

    def code(_target, builder, _signature, args):
        kind = ir.FunctionType(ir.FloatType(), [ir.FloatType(), VECTOR])
        name = f"llvm.vector.reduce.fadd.v{WIDTH}f32"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [ir.FloatType()(0.0), args[0]], fastmath=FAST)

    return types.float32(LANES), code


@no_type_check
def _place(context, builder, signature, args):
    """Where the sixteen numbers of ``array`` from (row, column) on lie."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    rows, columns = cgutils.unpack_tuple(builder, array.strides)
    offset = builder.add(builder.mul(args[1], rows), builder.mul(args[2], columns))
    return cgutils.pointer_add(builder, array.data, offset, VECTOR.as_pointer())
