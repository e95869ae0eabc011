"""The boards of cadences, phrases and Roman numerals: a label an onset group."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.boards.board import Board
from musebench.corpora import DCML, DCML_WITH_CADENCES, MUSIC21_CHORALES
from musebench.score import NoteTable
from musebench.tasks import CADENCE, PHRASE, ROMAN_NUMERAL

EDITIONS = (
    "Labels come from several annotators and reviewers; where theory allows two readings, one "
    "counts."
)


def beats_of_onsets(notes: NoteTable) -> Mapping[str, NDArray[np.int64]]:
    """Time of each onset group in notated beats, in whole numbers, to measure distances by.

    Returns:
        ``beat_time``, parts of a beat from the start of the score through all measures as they are
        written, and ``beat_length``, the parts of a beat, the same for all onsets. Each of shape
        ``(num_onsets,)``.
    """
    first = np.unique(notes.onset_div, return_index=True)[1]
    measures, measure = notes.measures, notes.measure_index[first]
    length = (measures.end_div - measures.start_div) * measures.beat_type
    before = np.concatenate([[0], np.cumsum(length)])[measure]
    inside = (notes.onset_div[first] - measures.start_div[measure]) * measures.beat_type[measure]
    return {
        "beat_time": before + inside,
        "beat_length": np.full(len(first), 4 * notes.divs_pq, dtype=np.int64),
    }


ONSET_BOARDS = (
    Board(
        name="dcml-cadence",
        dataset="DCMLCadence",
        corpus=DCML_WITH_CADENCES,
        task=CADENCE,
        annotation="cadence",
        version="1.0",
        about="cadence at each onset, from Corelli to Medtner",
        pitfalls=(EDITIONS,),
        read_context=beats_of_onsets,
    ),
    Board(
        name="dcml-phrase",
        dataset="DCMLPhrase",
        corpus=DCML_WITH_CADENCES,
        task=PHRASE,
        annotation="phrase",
        version="1.0",
        about="phrase ends, from Corelli to Medtner",
        pitfalls=(EDITIONS,),
        read_context=beats_of_onsets,
    ),
    Board(
        name="chorale-phrase",
        dataset="ChoralePhrase",
        corpus=MUSIC21_CHORALES,
        task=PHRASE,
        annotation="fermata",
        version="1.0",
        about="phrase ends of four-part Bach chorales, by their fermatas",
        pitfalls=(
            "An onset is an end if any of the notes that start there has a fermata, in whatever "
            "part. Of the 2,301 ends of the board 1,682 have it in all four parts, 102 in three, "
            "130 in two and 387 in one: some encodings have it in the soprano only, and where "
            "parts arrive one after the other each has it at its own onset. 97 ends follow "
            "another within a quarter note.",
            "Measures are halved at repeat signs, where phrases end: 334 of the 2,301 ends are the "
            "last onset before such a sign, and all such onsets are ends. The measure nodes of the "
            "graph show it, notes do not: a submission that reads measures has to say so. The "
            "reference entries do not read them.",
        ),
        read_context=beats_of_onsets,
    ),
    Board(
        name="dcml-roman-numeral",
        dataset="DCMLRomanNumeral",
        corpus=DCML,
        task=ROMAN_NUMERAL,
        annotation="harmony",
        version="1.0",
        about="local key, degree, quality, inversion and root at each onset, Corelli to Medtner",
        pitfalls=(EDITIONS,),
        read_context=beats_of_onsets,
    ),
)
