"""What all labels share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

IGNORE_LABEL = (
    -100
)  # a note without a class, and every hidden label; torch ignores it in its losses


COUNTS = ("annotated", "unaligned", "overruled", "unread")  # see OnsetLabels


@dataclass(frozen=True, eq=False)
class OnsetLabels:
    """Labels of the onset groups of a score, and what became of the annotations.

    Attributes:
        labels: Head -> class of each onset group; ``IGNORE_LABEL`` where it has none. Shape
            ``(num_onsets,)``, int64; see ``NoteTable.onset_index``. Of performances: number of each
            note, ``(num_notes,)``, float32, NaN where it has none.
        counts: How many annotations there are (``annotated``), how many of them do not stand on an
            onset (``unaligned``), were overruled by a later row on the same onset
            (``overruled``), or cannot be read or have no class (``unread``).
    """

    labels: Mapping[str, NDArray[Any]]
    counts: Mapping[str, int]
