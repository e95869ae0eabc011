"""Clefs of a staff, measure by measure: treble or bass, whichever needs fewer ledger lines."""

from typing import NamedTuple

import numpy as np

from musebench import pitch
from musebench.score.table import Ints, NoteTable
from musebench.viterbi import best_path

CHANGE_COST = 40.0  # places on ledger lines that a change of clef has to save


class Clef(NamedTuple):
    """A clef: sign, line, and the diatonic places (C0 = 0) of its lowest and highest line."""

    sign: str
    line: int
    lowest: int
    highest: int


TREBLE, BASS = Clef("G", 2, 30, 38), Clef("F", 4, 18, 26)


def clefs_of_staff(notes: NoteTable, rows: Ints, num_measures: int, *, is_low: bool) -> list[Clef]:
    """Choose the clef of each measure.

    Args:
        notes: A note table.
        rows: The notes of the staff.
        num_measures: Number of measures.
        is_low: Whether it is the lower staff of several, which has the bass clef if in doubt.

    Returns:
        The clefs, one per measure.
    """
    letters = np.array([pitch.STEPS.index(step) for step in notes.step[rows].tolist()], np.int64)
    place = 7 * notes.octave[rows] + letters
    clefs = [BASS, TREBLE] if is_low else [TREBLE, BASS]
    cost = np.zeros((num_measures, len(clefs)))
    for column, clef in enumerate(clefs):
        outside = np.maximum(np.maximum(clef.lowest - place, place - clef.highest), 0)
        np.add.at(cost[:, column], notes.measure_index[rows], outside)
    path = best_path(-cost, CHANGE_COST)
    return [clefs[state] for state in path.tolist()]
