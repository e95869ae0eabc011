"""Whatever Python can pass for an array, a number or an object of the core."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from musebench import _core

EDGE_NUMBERS = (-(2**63), -1, 0, 1, 2**29, 2**29 + 1, 2**31, 2**32, 2**62, 2**63 - 1)


class Lies:
    """Says that it is something else."""

    __class__ = np.ndarray
    dtype, ndim, shape = np.dtype(np.int64), 1, (3,)
    __array_interface__: ClassVar = {
        "shape": (3,),
        "typestr": "<i8",
        "data": (8, False),
        "version": 3,
    }


class LiesAboutTheCore:
    __class__ = _core.ScoreIndex


class Number:
    def __index__(self):
        return 3


class NoNumber:
    def __index__(self):
        return "three"  # noqa: PLE0305


class Subclass(np.ndarray):
    pass


def unmade(kind):
    """An object of a type of the core that only a base of the type has made."""
    return kind.__mro__[1].__new__(kind)


class List(list):
    """Another list to those who ask it."""

    def __iter__(self):
        return iter([None] * 5)

    def __len__(self):
        return 2**62


@dataclass(frozen=True)
class Score:
    """Notes, beats and measures whose index is made when it is passed."""

    columns: tuple = field(repr=False)

    @cached_property
    def core(self):
        return _core.ScoreIndex(*self.columns)

    @property
    def times(self):
        return [column.tolist() for column in self.columns]


@dataclass(frozen=True)
class Sampler:
    """Options of a sampler that is made when it is passed."""

    counts: np.ndarray
    options: dict

    @cached_property
    def core(self):
        return _core.NeighborSampler(self.counts, **self.options)


def passed(argument):
    """What the core is given."""
    if isinstance(argument, Score | Sampler):
        return argument.core
    if isinstance(argument, list):
        return type(argument)([passed(item) for item in items(argument)])
    return argument


def items(found):
    """What a list holds, whatever it says."""
    return list.__getitem__(found, slice(None))


EACH_OBJECT = [
    *(None, "notes", b"\0" * 24, 3.5, float("nan"), True, (), {}, [0, 1], [None], int, object()),
    *(Lies(), LiesAboutTheCore(), memoryview(b"\0" * 24), np.float64(1), np.int64(1), iter([0])),
    *(_core.ScoreIndex, unmade(_core.ScoreIndex), unmade(_core.NeighborSampler), _core.__loader__),
]
EACH_NUMBER = [
    *(*EDGE_NUMBERS, 2**63, 2**64 - 1, 2**64, 10**30, -(10**30), 10**5000),
    *(Number(), NoNumber(), np.int64(4), np.uint8(4), np.array(2), np.array([2])),
]
OBJECTS = st.sampled_from(EACH_OBJECT)
INTEGERS = st.integers(-3, 60) | st.sampled_from(EACH_NUMBER) | OBJECTS


def unaligned(values):
    memory = np.zeros(values.nbytes + 1, dtype=np.uint8)
    memory[1:] = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return memory[1:].view(values.dtype).reshape(values.shape)


def read_only(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def with_number(values, number, at):
    if not values.size:
        return values
    values = values.copy()
    values.reshape(-1)[at % values.size] = np.array(number).astype(values.dtype)
    return values


OF_OTHER_TYPES = [
    *(np.int32, np.uint8, np.float64, np.bool_, ">i8", ">u8", object, "m8[s]", "U3", complex),
    *(np.int64, np.uint64, np.longlong, np.dtype(np.int64, metadata={"unit": "div"})),
    [("a", np.int64)],
]
IN_OTHER_MEMORY = [
    unaligned,
    read_only,  # accepted, but for out
    np.asfortranarray,
    lambda a: np.repeat(a, 2, axis=0)[::2],
    lambda a: a[::-1],
    lambda a: as_strided(a[:1], (4 * len(a[:1]), *a.shape[1:]), (0, *a.strides[1:])),
    lambda a: a.view(Subclass),
    np.ma.masked_array,
    lambda a: a.reshape(-1).view(np.recarray),
    lambda a: a[None],
    lambda a: a[..., None],
    lambda a: a.reshape(-1)[:1].sum(),
    lambda a: np.array(7, dtype=a.dtype),
    lambda a: a[:, :1] if a.ndim > 1 else a[:1],
    lambda a: a[:0],
    lambda a: np.concatenate([a, a]),
    lambda a: a[1:],
    lambda a: np.sort(a, axis=0)[::-1].copy(),
    lambda a: a.tolist(),
    memoryview,
]


def each_spoiled(value):
    """Whatever can stand in the place of an argument, one after the other."""
    yield from EACH_OBJECT
    yield from EACH_NUMBER
    if isinstance(value, list):
        yield from (tuple(value), List(value), value[1:], [*value[:-1], None])
    if isinstance(value, np.ndarray):
        yield from (value.astype(kind) for kind in OF_OTHER_TYPES)
        yield from (change(value) for change in IN_OTHER_MEMORY)
        yield from (with_number(value, number, at) for number in EDGE_NUMBERS for at in (0, -1))


@st.composite
def spoiled(draw, values):
    """An array that is no longer what it was, though perhaps still accepted."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(OBJECTS)
    if kind == 1:
        return values.astype(draw(st.sampled_from(OF_OTHER_TYPES)))
    if kind == 2:
        return draw(st.sampled_from(IN_OTHER_MEMORY))(values)
    return with_number(values, draw(st.sampled_from(EDGE_NUMBERS)), draw(st.integers(0, 50)))


@st.composite
def mostly(draw, good, bad):
    """A call with one bad argument among good ones goes deepest."""
    return draw(bad if draw(st.integers(0, 5)) == 3 else good)


@st.composite
def arrays(draw, values):
    values = draw(values)
    return draw(mostly(st.just(values), spoiled(values)))


def integers(good):
    return mostly(good, INTEGERS)


def objects(good):
    return mostly(good, OBJECTS)


def column(times):
    return np.array(times, dtype=np.int64)


NOTES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 6)), max_size=20).map(sorted)
STARTS = st.just([]) | st.lists(st.integers(1, 14), max_size=6).map(lambda t: [0, *sorted(t)])
LIMITS = integers(st.just(10**6) | st.integers(0, 300))


@st.composite
def scores(draw):
    notes = draw(NOTES)
    columns = [[onset for onset, _ in notes], [lasts for _, lasts in notes]]
    return Score(tuple(map(column, [*columns, draw(STARTS), draw(STARTS)])))


@st.composite
def columns_of_scores(draw, number, windows=False):
    """The first columns of a score, and a window of each note."""
    columns = draw(scores()).columns[:number]
    if windows:
        size = len(columns[0])
        lengths = st.lists(st.integers(0, 9), min_size=size, max_size=size)
        columns = (*columns, column(draw(lengths)))
    return [draw(arrays(st.just(values))) for values in columns]


def counts():
    width = len(_core.EDGE_TYPES)
    row = st.lists(st.integers(-1, 3), min_size=width, max_size=width) | st.just([-1] * width)
    return st.lists(row, max_size=3).map(lambda rows: column(rows).reshape(len(rows), width))


FLAGS = objects(st.booleans())
OPTIONS = st.fixed_dictionaries(
    {
        "induced": st.booleans(),
        "metrical": st.booleans(),
        "max_edges": st.just(10**6) | st.integers(0, 300),
    }
)


@st.composite
def batches(draw):
    """Arguments of ``NeighborSampler.sample``, its sampler among them."""
    found = draw(st.lists(scores(), max_size=3))
    windows = []
    for score in found:
        bounds = st.integers(0, len(score.columns[0]))
        windows.append(sorted([draw(bounds), draw(bounds)]))
    seeds = draw(st.lists(st.integers(0, 2**64 - 1), min_size=len(found), max_size=len(found)))
    mixed = [draw(objects(st.just(score))) for score in found]
    lists = st.sampled_from([tuple(found), List(found), found + found]) | OBJECTS
    return [
        draw(objects(st.builds(Sampler, counts(), OPTIONS))),
        draw(mostly(st.just(mixed), lists)),
        draw(arrays(st.just(column(windows).reshape(-1, 2)))),
        draw(arrays(st.just(np.array(seeds, dtype=np.uint64)))),
    ]


@st.composite
def tables(draw):
    """Arguments of ``gather_rows``: table and out may lie over each other."""
    num_rows, width, num_gathered = (draw(st.integers(0, most)) for most in (6, 9, 6))
    memory = np.random.default_rng(0).integers(0, 256, 200, dtype=np.uint8)
    row = draw(
        st.lists(st.integers(0, max(0, num_rows - 1)), min_size=num_gathered, max_size=num_gathered)
    )
    begin, size = draw(st.integers(0, 60)), num_gathered * width
    table = memory[: num_rows * width].reshape(num_rows, width)
    out = memory[begin : begin + size].reshape(num_gathered, width)
    out = draw(st.sampled_from([out.copy(), out.copy(), out]))
    return [draw(arrays(st.just(values))) for values in (table, column(row), out)]
