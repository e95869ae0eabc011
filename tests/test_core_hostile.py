"""The core across its binding, driven with whatever Python can pass.

A call that the slow reference accepts gives what the reference says. Any other is refused with a
sentence. Nothing crashes, hangs, or answers wrongly. ``make ctest`` runs this file with a core that
is built under the address and undefined-behaviour sanitizers; MUSEBENCH_CORE names it then, and
MUSEBENCH_HOSTILE_CALLS says how often each function is called.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile import (
    FLAGS,
    LIMITS,
    OBJECTS,
    Sampler,
    Score,
    arrays,
    batches,
    column,
    columns_of_scores,
    counts,
    each_spoiled,
    integers,
    items,
    objects,
    passed,
    scores,
    tables,
)
from musebench import _core
from musebench.errors import InputError
from slow_core import (
    LARGEST_LIMIT,
    LAST,
    MOST_HOPS,
    Refused,
    array,
    integer,
    need,
    notes,
    slow_graph,
    slow_groups,
    slow_pairs,
    slow_relations,
    starts,
)

CALLS = int(os.environ.get("MUSEBENCH_HOSTILE_CALLS", "100"))
SANITIZED = os.environ.get("MUSEBENCH_CORE")


def pairs_of(edge_index):
    assert edge_index.dtype == np.int64
    return list(zip(*edge_index.tolist(), strict=True))


def expect_score_edges(onset, duration, max_edges):
    onset, duration = notes(onset, duration)
    edges = {name: sorted(pairs) for name, pairs in slow_relations(onset, duration).items()}
    need(sum(map(len, edges.values())) <= integer(max_edges, 0, LARGEST_LIMIT))
    return lambda found: {name: pairs_of(pairs) for name, pairs in found.items()} == edges


def expect_graph_edges(onset, duration, beat_start, measure_start, max_edges):
    onset, duration = notes(onset, duration)
    starts_of = [starts(onset, start) for start in (beat_start, measure_start)]
    edges = slow_graph(onset, duration, *starts_of)
    num_forward = sum(map(len, slow_relations(onset, duration).values()))
    need(num_forward <= integer(max_edges, 0, LARGEST_LIMIT))
    return lambda found: list(map(pairs_of, found)) == edges


def expect_candidate_pairs(onset, duration, window, max_groups, max_pairs):
    onset, duration = notes(onset, duration)
    window = array(window)
    need(len(window) == len(onset) and min(window, default=0) >= 0)
    pairs = slow_pairs(onset, duration, window, integer(max_groups, 0, LAST))
    need(len(pairs) <= integer(max_pairs, 0, LARGEST_LIMIT))
    return lambda found: pairs_of(found) == pairs


def expect_score_index(onset, duration, beat_start, measure_start):
    onset, duration = notes(onset, duration)
    starts(onset, beat_start), starts(onset, measure_start)
    shape = len(onset), max(Counter(onset).values(), default=0)
    return lambda found: (found.num_notes, found.largest_group) == shape


def expect_num_notes(score):
    need(isinstance(score, Score))
    return lambda found: found == len(score.times[0])


def expect_largest_group(score):
    need(isinstance(score, Score))
    return lambda found: found == max(Counter(score.times[0]).values(), default=0)


def expect_groups(score, begin, end):
    need(isinstance(score, Score))
    bounds = (integer(bound, -LAST - 1, LAST) for bound in (begin, end))
    expected = slow_groups(score.times[0], *bounds)
    return lambda found: found == expected


def expect_window(score, subgraph_size, seed):
    need(isinstance(score, Score))
    size, onset = integer(subgraph_size, 1, LAST), score.times[0]
    integer(seed, 0, 2**64 - 1)
    if len(onset) <= size:
        return lambda found: found == (0, len(onset))
    width = width_of(score, size)
    windows = {slow_groups(onset, s, s + width) for s in range(1 - width, len(onset))}
    return lambda found: found in windows


def width_of(score, size):
    """Notes of the run that a window is drawn as."""
    onset = score.times[0]
    if len(onset) <= size:
        return max(1, len(onset))
    return max(1, size - max(Counter(onset).values()) + 1)


def expect_width(score, subgraph_size):
    need(isinstance(score, Score))
    width = width_of(score, integer(subgraph_size, 1, LAST))
    return lambda found: found == width


def expect_probability(score, subgraph_size):
    need(isinstance(score, Score))
    size, num_notes = integer(subgraph_size, 1, LAST), len(score.times[0])
    width = width_of(score, size)
    probability = 1.0 if num_notes <= size else width / (num_notes + width - 1)
    return lambda found: found == probability


def expect_sampler(num_neighbors, induced, metrical, max_edges):
    rows = array(num_neighbors, shape=(None, len(_core.EDGE_TYPES)))
    need(len(rows) <= MOST_HOPS and all(count >= -1 for row in rows for count in row))
    need(isinstance(induced, bool) and isinstance(metrical, bool))
    integer(max_edges, 0, LARGEST_LIMIT)
    return lambda found: type(found) is _core.NeighborSampler


def expect_batch(sampler, of_scores, windows, seeds):
    need(isinstance(sampler, Sampler) and isinstance(of_scores, list))
    windows, seeds = array(windows, shape=(None, 2)), array(seeds, np.uint64)
    of_scores = items(of_scores)
    need(len(of_scores) == len(windows) == len(seeds))
    need(all(isinstance(score, Score) for score in of_scores))
    sizes = [len(score.times[0]) for score in of_scores]
    need(all(0 <= b <= e <= size for (b, e), size in zip(windows, sizes, strict=True)))
    largest, options = sampler.options["max_edges"], dict(sampler.options, max_edges=10**6)
    arguments = passed(of_scores), column(windows).reshape(-1, 2), np.array(seeds, np.uint64)
    whole = _core.NeighborSampler(sampler.counts, **options).sample(*arguments)
    need(most_edges(sampler.counts, options, arguments) <= largest)
    check_batch(whole, of_scores, windows, sampler)
    need(sum(e - b for b, e in windows) <= largest)
    need(sum(edge_index.shape[1] for edge_index, _ in whole[1]) <= largest)
    return lambda found: listed(found) == listed(whole) == listed(sampler.core.sample(*arguments))


def most_edges(counts, options, arguments):
    """Edges that are in memory at most: those drawn for a score, besides the scores before it."""
    drawing, whole = (
        _core.NeighborSampler(counts, **(options | {"induced": induced}))
        for induced in (False, options["induced"])
    )
    most = before = 0
    for k in range(len(arguments[0])):
        one = [argument[k : k + 1] for argument in arguments]
        drawn, kept = (
            sum(edge_index.shape[1] for edge_index, _ in sampler.sample(*one)[1])
            for sampler in (drawing, whole)
        )
        most, before = max(most, before + drawn), before + kept
    return most


def listed(found):
    if isinstance(found, np.ndarray):
        return found.tolist()
    return list(map(listed, found)) if isinstance(found, list | tuple) else found


def check_batch(batch, of_scores, windows, sampler):
    """Targets first; each node and edge once and in its score; as many sources as asked for."""
    nodes, edges, num_targets = batch
    assert num_targets.tolist() == [end - begin for begin, end in windows]
    names = {}
    for node_type, (node, score, by_hop) in zip(_core.NODE_TYPES, nodes, strict=True):
        names[node_type] = list(zip(score.tolist(), node.tolist(), strict=True))
        assert len(set(names[node_type])) == len(names[node_type]) == sum(by_hop)
    targets = [(s, note) for s, (begin, end) in enumerate(windows) for note in range(begin, end)]
    assert names["note"][: len(targets)] == targets
    real = [slow_graph(*score.times) for score in of_scores]
    for number, (edge_index, by_hop) in enumerate(edges):
        source, _, target = _core.EDGE_TYPES[number]
        pairs = [(names[source][u], names[target][v]) for u, v in pairs_of(edge_index)]
        assert len(set(pairs)) == len(pairs) == sum(by_hop)
        assert all(s == r and (u, v) in real[s][number] for (s, u), (r, v) in pairs)
        if not sampler.options["induced"] and len(sampler.counts):
            most, degree = sampler.counts[0, number], Counter(v for _, v in pairs)
            for s, v in names[target][: nodes[_core.NODE_TYPES.index(target)][2][0]]:
                total = sum(end == v for _, end in real[s][number])
                assert degree[s, v] == (total if most < 0 else min(most, total))


def expect_rows(table, row, out):
    table_rows = array(table, np.uint8, (None, None))
    row = array(row)
    array(out, np.uint8, (len(row), table.shape[1]))
    need(out.flags.writeable and table.shape[1] and not np.shares_memory(table, out))
    need(all(0 <= r < len(table_rows) for r in row))
    expected = [table_rows[r] for r in row]
    return lambda _: out.tolist() == expected


def score_edges(onset, duration, max_edges):
    return _core.score_edges(onset, duration, max_edges=max_edges)


def graph_edges(onset, duration, beat_start, measure_start, max_edges):
    return _core.graph_edges(onset, duration, beat_start, measure_start, max_edges=max_edges)


def candidate_pairs(onset, duration, window, max_groups, max_pairs):
    limits = {"max_groups": max_groups, "max_pairs": max_pairs}
    return _core.candidate_pairs(onset, duration, window, **limits)


def sampler_of(num_neighbors, induced, metrical, max_edges):
    options = {"induced": induced, "metrical": metrical, "max_edges": max_edges}
    return _core.NeighborSampler(num_neighbors, **options)


@st.composite
def drawn(draw, *arguments, columns=0, windows=False):
    """A list of arguments: the columns of a score, then each of its own."""
    first = draw(columns_of_scores(columns, windows))
    return [*first, *(draw(argument) for argument in arguments)]


SMALL = integers(st.integers(-5, 25))
SEEDS = integers(st.integers(0, 2**64 - 1))
PROPERTIES = vars(_core.ScoreIndex)

# name -> the call, what to expect of it, its arguments
BOUND = {
    "score_edges": (score_edges, expect_score_edges, drawn(LIMITS, columns=2)),
    "graph_edges": (graph_edges, expect_graph_edges, drawn(LIMITS, columns=4)),
    "candidate_pairs": (
        candidate_pairs,
        expect_candidate_pairs,
        drawn(SMALL, LIMITS, columns=2, windows=True),
    ),
    "ScoreIndex.__new__": (_core.ScoreIndex, expect_score_index, drawn(columns=4)),
    "ScoreIndex.num_notes": (
        PROPERTIES["num_notes"].fget,
        expect_num_notes,
        drawn(scores() | OBJECTS),
    ),
    "ScoreIndex.largest_group": (
        PROPERTIES["largest_group"].fget,
        expect_largest_group,
        drawn(scores() | OBJECTS),
    ),
    "notes_of_groups_starting_in": (
        _core.notes_of_groups_starting_in,
        expect_groups,
        drawn(objects(scores()), SMALL, SMALL),
    ),
    "sample_window": (_core.sample_window, expect_window, drawn(objects(scores()), SMALL, SEEDS)),
    "window_width": (_core.window_width, expect_width, drawn(objects(scores()), SMALL)),
    "target_probability": (
        _core.target_probability,
        expect_probability,
        drawn(objects(scores()), SMALL),
    ),
    "NeighborSampler.__new__": (
        sampler_of,
        expect_sampler,
        drawn(arrays(counts()), FLAGS, FLAGS, LIMITS),
    ),
    "NeighborSampler.sample": (_core.NeighborSampler.sample, expect_batch, batches()),
    "gather_rows": (_core.gather_rows, expect_rows, tables()),
}


TIMES = [0, 0, 4, 8, 8], [4, 8, 0, 4, 4], [0, 4, 8], [0]
ALL = [[-1] * len(_core.EDGE_TYPES)] * 2


def columns(number):
    return list(map(column, TIMES[:number]))


def score():
    return Score(tuple(columns(4)))


# name -> arguments that are as they should be
GOOD = {
    "score_edges": lambda: [*columns(2), 100],
    "graph_edges": lambda: [*columns(4), 100],
    "candidate_pairs": lambda: [*columns(2), column([1, 2, 0, 4, 4]), 1, 100],
    "ScoreIndex.__new__": lambda: columns(4),
    "ScoreIndex.num_notes": lambda: [score()],
    "ScoreIndex.largest_group": lambda: [score()],
    "notes_of_groups_starting_in": lambda: [score(), 1, 4],
    "sample_window": lambda: [score(), 2, 7],
    "window_width": lambda: [score(), 2],
    "target_probability": lambda: [score(), 2],
    "NeighborSampler.__new__": lambda: [column(ALL), False, True, 100],
    "NeighborSampler.sample": lambda: [
        Sampler(column(ALL), {"induced": False, "metrical": True, "max_edges": 1000}),
        [score(), score()],
        column([[0, 3], [1, 5]]),
        np.array([1, 2], dtype=np.uint64),
    ],
    "gather_rows": lambda: [
        np.arange(40, dtype=np.uint8).reshape(5, 8),
        column([4, 0, 1]),
        np.zeros((3, 8), dtype=np.uint8),
    ],
}


def bound_names():
    for name, bound in vars(_core).items():
        if isinstance(bound, type):
            members = [member for member in vars(bound) if not member.startswith("_")]
            yield from (f"{name}.{member}" for member in ["__new__", *members])
        elif callable(bound):
            yield name


def test_everything_bound_is_driven():
    assert set(bound_names()) == set(BOUND) == set(GOOD)


@pytest.mark.skipif(not SANITIZED, reason="make ctest names a core that is built with sanitizers")
def test_the_core_is_that_of_the_sanitizers():
    assert Path(_core.__file__) == Path(SANITIZED)
    code = Path(SANITIZED).read_bytes()
    assert b"__asan_report_load8" in code
    assert b"__ubsan_handle_" in code


def outcome_of(name, arguments):
    """Call, and hold what comes back against what is expected: "right" or "refused"."""
    call, expect, _ = BOUND[name]
    before = [a.copy() if type(a) is np.ndarray else a for a in arguments]
    try:
        is_right = expect(*arguments)
    except Refused:
        is_right = None
    arguments = list(map(passed, arguments))
    if is_right is None:
        with pytest.raises((InputError, TypeError), match=r"\w+ \w+"):
            call(*arguments)
        for was, now in zip(before, arguments, strict=True):
            assert type(was) is not np.ndarray or was.tobytes() == now.tobytes()
        return "refused"
    assert is_right(call(*arguments))
    return "right"


@pytest.mark.parametrize("name", BOUND)
def test_each_argument_is_checked(name):
    good = GOOD[name]
    assert outcome_of(name, good()) == "right"
    for position, value in enumerate(good()):
        for spoiled in each_spoiled(value):
            outcome_of(name, [*good()[:position], spoiled, *good()[position + 1 :]])


@pytest.mark.parametrize("name", BOUND)
def test_a_call_gives_what_the_reference_says_or_is_refused(name):
    outcomes = Counter()

    @settings(max_examples=CALLS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BOUND[name][2])
    def drive(arguments):
        outcomes[outcome_of(name, arguments)] += 1

    drive()
    print(name, dict(outcomes))  # noqa: T201
    assert min(outcomes["right"], outcomes["refused"]) > CALLS / 50
