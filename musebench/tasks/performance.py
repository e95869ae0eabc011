"""Expressive performance: how long, when, how connected and how loud is a note played?"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import PERFORMANCE_HEADS
from musebench.score import NoteTable
from musebench.tasks.task import Task, register_task


def onsets_of_notes(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Onset group of each note: a metric judges the tempo once in each."""
    return {"onset_index": notes.onset_index}


PERFORMANCE = Task(
    name="performance",
    kind="regression",
    heads=dict.fromkeys(PERFORMANCE_HEADS, ()),
    inputs=("pitch", "duration", "metrical_position", "time_signature"),
    main_metrics=("pearson_r",),
    metrics=tuple(f"{name}_{head}" for name in ("pearson_r", "mse") for head in PERFORMANCE_HEADS),
    by_onset=("beat_period_log2",),
    read_context=onsets_of_notes,
    meanings={
        "beat_period_log2": "log2 of the seconds that a notated beat lasts at the note's onset, "
        "less the mean over the onsets of the performance: 1 is half as fast as on the average. "
        "The lower number of the time signature is the beat.",
        "timing": "seconds by which the note is played before the mean onset given by this tempo, "
        "negative if after; at most 0.125.",
        "articulation_log": "log2 of the ratio of the time that the note sounds, including the "
        "pedal, to its written length at this tempo.",
        "velocity": "MIDI velocity / 127, less the mean over the notes of the performance.",
    },
    pitfalls=(
        "`pearson_r` is a correlation within a piece, against each performance alone: it is "
        "averaged over performances, pieces of a work, works and the four parameters, and is 0 for "
        "a constant. The tempo is judged once per onset, other parameters at each note.",
        "Mean squared errors are in the units of the parameters (log2 units, seconds, 0 to 1): "
        "lower is better, and they are not comparable between parameters.",
        "The labels to learn from are means over the performances; of a score that is played once "
        "they are the choices of one pianist. Two pianists who differ cannot both be predicted.",
        "Dynamics, tempo words, slurs and pedal marks of the score are hidden: much of what "
        "players do follows from them.",
        "A note has no beat period and no articulation if a beat would last less than 0.02 s. "
        "Timings of seconds are gaps of the alignment; they are clipped.",
    ),
)

register_task(PERFORMANCE)
