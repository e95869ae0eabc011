"""What the core holds on to: threads that clear, overwrite and resize, and no memory."""

import contextlib
import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hostile import unmade
from musebench import _core
from musebench.errors import InputError

NONE = np.zeros(0, dtype=np.int64)


def long_score(num_notes, seed):
    random = np.random.default_rng(seed)
    onset = np.sort(random.integers(0, 4 * num_notes, num_notes))
    beats = np.arange(0, 4 * num_notes + 1, 48)
    return onset, random.integers(1, 200, num_notes), beats, beats[::4].copy()


def sampler_of_all(hops=2):
    return _core.NeighborSampler(np.full((hops, len(_core.EDGE_TYPES)), -1, dtype=np.int64))


def arguments(num_scores, num_targets):
    windows = np.array([[0, num_targets]] * num_scores)
    return windows, np.arange(num_scores, dtype=np.uint64)


def arrays_of(found):
    if isinstance(found, np.ndarray):
        return [found]
    return [a for part in found for a in arrays_of(part)] if isinstance(found, list | tuple) else []


def are_same(one, other):
    return all(map(np.array_equal, arrays_of(one), arrays_of(other)))


def test_scores_may_be_cleared_while_they_are_sampled():
    sampler, (windows, seeds) = sampler_of_all(), arguments(20, 1000)
    expected = sampler.sample(
        [_core.ScoreIndex(*long_score(10_000, s)) for s in range(20)], windows, seeds
    )
    for trial in range(30):
        scores = [_core.ScoreIndex(*long_score(10_000, s)) for s in range(20)]
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(sampler.sample, scores, windows, seeds)
            time.sleep(0.002 * (trial + 1))
            still_sampled = not future.done()
            scores.clear()
            gc.collect()
            junk = [np.full(10_000, -1, dtype=np.int32) for _ in range(200)]
            try:
                found = future.result()
            except InputError as refusal:  # it was cleared before the core saw it
                assert "one window and one seed per score" in str(refusal)  # noqa: PT017
                continue
        assert are_same(found, expected)
        assert len(junk) == 200
        if still_sampled:
            return
    pytest.fail("no list was cleared while its scores were sampled")


def while_others(change, call, times=30):
    """Results of calls that are made while another thread changes what they are given.

    What is refused meanwhile is asked for again.
    """
    stop = threading.Event()

    def go_on():
        while not stop.is_set():
            change()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        found = []
        while len(found) < times:
            with contextlib.suppress(InputError):
                found.append(call())
        return found
    finally:
        stop.set()
        thread.join()


def test_times_may_be_overwritten_while_they_are_read():
    good = long_score(3000, 0)
    columns = [column.copy() for column in good]
    random = np.random.default_rng(1)

    def change():
        for column, values in zip(columns, good, strict=True):
            column[:] = random.integers(-(2**62), 2**62, len(column))
            column[:] = values

    num_notes = len(good[0])
    for edges in while_others(change, lambda: _core.graph_edges(*columns)):
        for (source, _, target), (u, v) in zip(_core.EDGE_TYPES, edges, strict=True):
            sizes = dict(zip(_core.NODE_TYPES, (num_notes, *map(len, columns[2:])), strict=True))
            assert ((u >= 0) & (u < sizes[source]) & (v >= 0) & (v < sizes[target])).all()
    sampler, (windows, seeds) = sampler_of_all(), arguments(1, num_notes)
    for index in while_others(change, lambda: _core.ScoreIndex(*columns)):
        (note, *_), _, _ = sampler.sample([index], windows, seeds)
        assert np.array_equal(np.sort(note[0]), np.arange(num_notes))


def test_times_may_be_resized_while_they_are_read():
    size = 300_000
    onset, duration = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)

    def change():
        onset.resize(10, refcheck=False)
        onset.resize(size, refcheck=False)

    for index in while_others(change, lambda: _core.ScoreIndex(onset, duration, NONE, NONE)):
        assert index.num_notes == index.largest_group == size


def test_rows_may_be_overwritten_while_they_are_gathered():
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 64, axis=1)
    good, out = np.arange(256).repeat(20), np.zeros((5120, 64), dtype=np.uint8)
    row = good.copy()

    def change():
        row[:] = 2**62
        row[:] = good

    while_others(change, lambda: _core.gather_rows(table, row, out))
    assert (out == out[:, :1]).all()


def test_rows_that_lie_where_they_are_written_are_read_first():
    row = np.array([2, 0, 1])
    table = np.arange(24, dtype=np.uint8).reshape(3, 8)
    out = row.view(np.uint8).reshape(3, 8)
    _core.gather_rows(table, row, out)
    assert np.array_equal(out, table[[2, 0, 1]])


def test_threads_that_share_a_sampler_take_turns():
    score = _core.ScoreIndex(*long_score(3000, 0))
    drawn = [([score], np.array([[k, k + 300]]), np.array([k], dtype=np.uint64)) for k in range(40)]
    sampler = _core.NeighborSampler(np.full((3, len(_core.EDGE_TYPES)), 2, dtype=np.int64))
    alone = [sampler.sample(*batch) for batch in drawn]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda batch: sampler.sample(*batch), drawn))
    assert all(map(are_same, alone, together))


def test_objects_that_are_not_made_are_refused():
    index, sampler = unmade(_core.ScoreIndex), unmade(_core.NeighborSampler)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        _core.NeighborSampler.__new__(_core.NeighborSampler)
    good = _core.ScoreIndex(NONE, NONE, NONE, NONE)
    empty = np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.uint64)
    with pytest.raises(InputError, match="self must be a NeighborSampler made by its own __new__"):
        sampler.sample([], *empty)
    for scores in ([good, None], [good, index]):
        with pytest.raises(InputError, match=r"scores\[1\] must be a ScoreIndex made by its own"):
            sampler_of_all().sample(scores, *empty)
    for call in (
        lambda: index.num_notes,
        lambda: index.largest_group,
        lambda: _core.sample_window(index, 1, 0),
        lambda: _core.window_width(index, 1),
        lambda: _core.target_probability(index, 1),
        lambda: _core.notes_of_groups_starting_in(index, 0, 1),
    ):
        with pytest.raises(InputError, match="must be a ScoreIndex made by its own __new__"):
            call()


@pytest.mark.parametrize("kind", [_core.ScoreIndex, _core.NeighborSampler])
def test_objects_are_not_derived_copied_or_pickled(kind):
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Derived", (kind,), {})
    made = sampler_of_all() if kind is _core.NeighborSampler else kind(NONE, NONE, NONE, NONE)
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot pickle"):
            duplicate(made)


def test_init_changes_nothing():
    index, empty = _core.ScoreIndex(*long_score(50, 0)), unmade(_core.ScoreIndex)
    for made in (index, empty):
        made.__init__(NONE, NONE, NONE, NONE)
    assert index.num_notes == 50
    with pytest.raises(InputError, match="self must be a ScoreIndex"):
        _ = empty.num_notes


def test_results_outlive_what_they_came_from():
    sampler, index = sampler_of_all(), _core.ScoreIndex(*long_score(500, 0))
    found = sampler.sample([index], *arguments(1, 500))
    kept = copy.deepcopy(found)
    del sampler, index
    gc.collect()
    assert are_same(found, kept)
    assert all(a.flags.writeable for a in arrays_of(found))


def test_columns_that_are_too_long_are_refused_before_they_are_copied(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(8 * (2**29 + 1))  # nothing is written
    huge = np.asarray(np.memmap(tmp_path / "huge", dtype=np.int64, mode="r"))
    with pytest.raises(InputError, match="onset_div has 536870913 numbers; there may be at most"):
        _core.score_edges(huge, huge)


EXHAUST = """
import resource
import numpy as np
from musebench import _core
chord = np.zeros(20_000, dtype=np.int64)
edges, room = 400_000_000, 1_500_000_000
in_use = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (in_use + room, resource.RLIM_INFINITY))
index = _core.ScoreIndex(chord, chord, chord[:1], chord[:1])
counts = np.full((2, len(_core.EDGE_TYPES)), -1, dtype=np.int64)
sampler = _core.NeighborSampler(counts, max_edges=edges)
batch = [index], np.array([[0, 20_000]]), np.array([0], dtype=np.uint64)
for call in (
    lambda: _core.score_edges(chord, chord, max_edges=edges),
    lambda: _core.graph_edges(chord, chord, chord[:1], chord[:1], max_edges=edges),
    lambda: sampler.sample(*batch),
):
    try:
        call()
    except MemoryError as error:
        print(error)
small = [index], np.array([[0, 0]]), np.array([0], dtype=np.uint64)
print(sampler.sample(*small)[2].tolist())
"""


@pytest.mark.skipif("MUSEBENCH_CORE" in os.environ, reason="the sanitizers need addresses")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_that_does_not_suffice_is_an_error_and_no_end():
    run = subprocess.run(
        [sys.executable, "-c", EXHAUST], capture_output=True, text=True, check=True
    )
    sentence = "there is not enough memory; use fewer notes, edges or scores at a time."
    assert run.stdout.splitlines() == [sentence] * 3 + ["[0]"]
