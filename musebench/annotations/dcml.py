"""DCML's tables of harmonies, cadences and phrases, with rows aligned to the onsets of a score.

Conventions:
    A row is placed at its measure count and its position there, ``(mc, mc_onset)``. It is *aligned*
    if a note starts exactly there. Nothing is moved to a neighbouring onset.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musebench.errors import AnnotationError
from musebench.score import (
    Columns,
    NoteTable,
    Refusal,
    fractions,
    naming,
    numbers,
    read_columns,
    read_measure_starts,
)
from musebench.shown import Shown

PLACE = ("mc", "mc_onset")
HARMONY = ("globalkey", "localkey", "chord", "numeral", "figbass", "chord_type")
# The alternative reading of a label (``alt_label``) is not used.
OPTIONAL = ("label", "relativeroot", "cadence", "phraseend")


@dataclass(frozen=True, eq=False, repr=False)
class Harmonies(Shown):
    """The rows of a table of harmonies in score order.

    Attributes:
        start_div: First division that is not before the row. Shape ``(num_rows,)``, int64, not
            decreasing.
        onset_index: Onset group at the place of the row; -1 if no note starts there.
        cells: The text of the columns.
        num_onsets: Number of onset groups of the score.
        onset_div: Onset of each group, divisions. Shape ``(num_onsets,)``.
    """

    start_div: NDArray[np.int64]
    onset_index: NDArray[np.int64]
    cells: Columns
    onset_div: NDArray[np.int64]

    @property
    def num_onsets(self) -> int:
        """Number of onset groups of the score."""
        return len(self.onset_div)


def read_harmonies(file: str | Path, measures: str | Path, notes: NoteTable) -> Harmonies:
    """Read the annotations of a score.

    Args:
        file: ``<piece>.harmonies.tsv``.
        measures: ``<piece>.measures.tsv``.
        notes: Note table of the same piece, as ``read_dcml`` made it.

    Raises:
        AnnotationError: If the file is missing, lacks a column, has a broken cell or does not fit
            the score.
    """
    starts = read_measure_starts(measures)
    with naming(file, AnnotationError):
        cells = read_columns(file, (*PLACE, *HARMONY), OPTIONAL)
        start = _places(cells, starts, notes.divs_pq)
        order = sorted(range(len(start)), key=lambda row: start[row])
        onset_div = np.unique(notes.onset_div)
        groups = {time: index for index, time in enumerate(onset_div.tolist())}
        return Harmonies(
            start_div=np.array([math.ceil(start[row]) for row in order], dtype=np.int64),
            onset_index=np.array([groups.get(start[row], -1) for row in order], dtype=np.int64),
            cells={name: [column[row] for row in order] for name, column in cells.items()},
            onset_div=onset_div,
        )


def _places(cells: Columns, starts: list[Fraction], divs_pq: int) -> list[Fraction]:
    """Place of each row, in divisions from the start of the score."""
    measure = numbers(cells, "mc")
    if len(outside := np.flatnonzero((measure < 1) | (measure > len(starts)))):
        row = int(outside[0])
        msg = f"row {row + 1} is in measure {measure[row]}, but the score has {len(starts)}"
        raise Refusal(msg)
    return [
        divs_pq * (starts[count - 1] + 4 * position)
        for count, position in zip(measure.tolist(), fractions(cells, "mc_onset"), strict=True)
    ]


def spread(
    harmonies: Harmonies, rows: list[int], classes: list[int], background: int
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Assign the classes of some rows to their onsets, and the background class to the others.

    Returns:
        Class of each onset group, shape ``(num_onsets,)``, and the counts of ``OnsetLabels``.
    """
    labels = np.full(harmonies.num_onsets, background, dtype=np.int64)
    chosen = harmonies.onset_index[rows]
    aligned = chosen >= 0
    for onset, class_ in zip(chosen.tolist(), classes, strict=True):
        if onset >= 0:
            labels[onset] = class_
    num_aligned, num_onsets = int(aligned.sum()), len(np.unique(chosen[aligned]))
    counts = {
        "annotated": len(rows),
        "unaligned": len(rows) - num_aligned,
        "overruled": num_aligned - num_onsets,
    }
    return labels, counts
