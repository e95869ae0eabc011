"""Scores that are made up at random, for what the toy scores are too small or too tame for."""

from dataclasses import replace

import numpy as np

from musebench.graph import build_graph
from musebench.score.table import (
    KeySignatureTable,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.tasks import PITCH_SPELLING

INPUTS = PITCH_SPELLING.inputs


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


def random_graph(num_notes, seed, max_chord=4):
    random = np.random.default_rng(seed)
    steps = random.choice([0, 1, 2, 5], num_notes, p=[0.45, 0.3, 0.2, 0.05])
    onset = np.cumsum(steps)
    duration = random.choice([0, 1, 2, 4, 30], num_notes, p=[0.1, 0.4, 0.3, 0.15, 0.05])
    return build_graph(table_of(onset, duration), INPUTS, piece_id=f"random-{seed}")


def random_table(num_notes=300, seed=0):
    """Four voices' worth of notes in 4/4; some start together, some tie over the barline."""
    random = np.random.default_rng(seed)
    onset = np.cumsum(random.choice([0, 1, 2], num_notes, p=[0.5, 0.3, 0.2]))
    notes = table_of(onset, random.choice([1, 2, 3, 4, 6], num_notes))
    names = np.array([str(i + 1) for i in range(len(notes.measures))])
    return replace(
        notes,
        step=np.array(list("CCDEEFFGAABB"))[notes.pitch % 12],
        alter=np.array([0, 1, 0, -1, 0, 0, 1, 0, -1, 0, -1, 0])[notes.pitch % 12],
        measures=replace(notes.measures, name=names),
    )
