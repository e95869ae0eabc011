"""The core in Python: one line for each sentence of its definition, and of what it accepts."""

import operator

import numpy as np

RELATIONS = ("onset", "consecutive", "during", "rest")
LARGEST_LIMIT = 2**29  # of max_edges and max_pairs
MOST_HOPS = 100
LAST = 2**63 - 1


class Refused(Exception):  # noqa: N818
    """An argument that the core does not accept."""


def need(holds):
    if not holds:
        raise Refused


def array(value, dtype=np.int64, shape=(None,)):
    """An array that is in memory as the core reads it."""
    need(type(value) is np.ndarray and value.dtype == dtype and value.ndim == len(shape))
    need(all(size in {None, found} for size, found in zip(shape, value.shape, strict=True)))
    need(value.flags.c_contiguous and value.flags.aligned)
    return value.tolist()


def integer(value, least, most):
    try:
        number = operator.index(value)
    except TypeError:
        raise Refused from None
    need(least <= number <= most)
    return number


def notes(onset, duration):
    onset, duration = array(onset), array(duration)
    need(len(onset) == len(duration) and min(onset + duration, default=0) >= 0)
    need(onset == sorted(onset))
    need(all(on + lasts <= LAST for on, lasts in zip(onset, duration, strict=True)))
    return onset, duration


def starts(onset, start):
    start = array(start)
    need(start == sorted(start) and (not start or not onset or start[0] <= onset[0]))
    return start


def slow_relations(onset, duration):
    """Relation -> set of (source, target), straight from the definition."""
    notes = range(len(onset))
    offset = [on + lasts for on, lasts in zip(onset, duration, strict=True)]
    found = {relation: set() for relation in RELATIONS}
    for u in notes:
        first_after = min((onset[v] for v in notes if onset[v] > offset[u]), default=None)
        nothing_at_offset = all(onset[v] != offset[u] for v in notes)
        all_silent = all(duration[v] == 0 for v in notes if onset[v] == onset[u])
        rests = (duration[u] > 0 and nothing_at_offset) or (duration[u] == 0 and all_silent)
        for v in notes:
            if u == v:
                continue
            if onset[u] == onset[v]:
                found["onset"].add((u, v))
            if onset[v] == offset[u] and duration[u] > 0:
                found["consecutive"].add((u, v))
            if onset[u] < onset[v] < offset[u]:
                found["during"].add((u, v))
            if rests and onset[v] == first_after:
                found["rest"].add((u, v))
    return found


def slow_metrical(onset, start):
    """Edges of notes and beats (or measures): to it, from it, and from each to the next."""
    held = [max(k for k in range(len(start)) if start[k] <= on) for on in onset if start]
    connects = list(enumerate(held))
    return [
        connects,
        [(k, note) for note, k in connects],
        [(k - 1, k) for k in range(1, len(start))],
    ]


def slow_graph(onset, duration, beat_start, measure_start):
    """The edges of each type, in the order of the types."""
    expected = []
    for relation, pairs in slow_relations(onset, duration).items():
        expected.append(sorted(pairs))
        if relation != "onset":
            expected.append([(v, u) for u, v in sorted(pairs)])
    return expected + slow_metrical(onset, beat_start) + slow_metrical(onset, measure_start)


def slow_pairs(onset, duration, window, max_groups):
    """Each note with those that may be the next of its voice."""
    found = []
    for u in range(len(onset)):
        end = onset[u] + duration[u]
        later = sorted({time for time in onset if time > onset[u] and time >= end})
        soon = [k < max_groups or time <= end + window[u] for k, time in enumerate(later)]
        near = {time for time, is_near in zip(later, soon, strict=True) if is_near}
        found += [(u, v) for v in range(len(onset)) if onset[v] in near]
    return found


def slow_groups(onset, begin, end):
    """First note and end of the chords that start among the notes begin .. end - 1."""
    first = [v for v in range(len(onset)) if v == 0 or onset[v] != onset[v - 1]] + [len(onset)]
    inside = [g for g in range(len(first) - 1) if begin <= first[g] < end]
    if inside:
        return first[inside[0]], first[inside[-1] + 1]
    return 2 * (next((f for f in first if f >= begin), len(onset)),)
