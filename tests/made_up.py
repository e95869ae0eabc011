"""Note tables of made-up notes, for tests and benchmarks."""

import numpy as np

from musebench.score.table import (
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)


def table_of(onset, duration, measure=8):
    """A note table of made-up notes in 4/4 with two divisions a quarter."""
    n = len(onset)
    onset = np.array(onset, dtype=np.int64)
    starts = np.arange(0, (onset[-1] if n else 0) + 1, measure)
    column = np.ones(n, dtype=np.int64)
    four = np.full(len(starts), 4)
    measures = MeasureTable(
        starts, starts + measure, np.zeros_like(starts), four, four, np.full(len(starts), "")
    )
    nothing = np.zeros(0, dtype=np.int64)
    index = onset // measure
    return NoteTable(
        2, onset, np.array(duration, dtype=np.int64), 60 + np.arange(n) % 12, np.full(n, "C"),
        0 * column, 4 * column, 0 * column, column, column, column > 1, 0 * column, 4 * column,
        4 * column, index, onset - starts[index], np.arange(n).astype(str),
        PartTable(np.array([""])), measures, TimeSignatureTable(nothing, nothing, nothing),
        KeySignatureTable(nothing, nothing, nothing, np.zeros(0, dtype="U1")),
    )  # fmt: skip
