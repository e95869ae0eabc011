"""The board of Roman numerals in the vocabulary of AugmentedNet."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from musebench.boards.board import Board
from musebench.corpora.dilemmadata import AUGMENTEDNET
from musebench.score import NoteTable
from musebench.tasks.augmentednet import AUGMENTEDNET_ROMAN_NUMERAL


def quarters_to_next_onset(notes: NoteTable) -> Mapping[str, NDArray[np.float64]]:
    """Time from each onset to the next, of the last to the end of its longest note, in quarters."""
    onset = np.unique(notes.onset_div)
    end = max(int((notes.onset_div + notes.duration_div).max()), int(onset[-1]))
    return {"quarters_to_next": np.diff(np.append(onset, end)) / notes.divs_pq}


AUGMENTEDNET_BOARDS = (
    Board(
        name="augmentednet-roman-numeral",
        dataset="AugmentedNetRomanNumeral",
        corpus=AUGMENTEDNET,
        task=AUGMENTEDNET_ROMAN_NUMERAL,
        annotation="augmentednet",
        read_context=quarters_to_next_onset,
        version="1.0",
        about="key, degree, quality, inversion and root of the chord at each onset, AugmentedNet",
        pitfalls=(
            "The scheme `augmentednet` is the published one, for comparison only: movements of 27 "
            "of its 170 works are in two or three splits. TAVERN's pieces come twice, by the "
            "annotators a and b, as two pieces of one work: they weigh double.",
            "Works are shared with the corpora of DCML, ASAP and the chorales (quartets and "
            "sonatas of Beethoven, the Well-Tempered Clavier); `official` puts a work into the "
            "same split in all of them, the published scheme does not.",
            "Analyses come from six collections of different habits, and many were converted from "
            "other notations; the arrays are those of dilemmadata, made with music21.",
            "The arrays name no parts. In 7 scores the measures of its source are out of step; "
            "barlines are then those of the time signature.",
        ),
    ),
)
