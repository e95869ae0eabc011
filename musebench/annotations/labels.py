"""What all labels share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from musebench.errors import AnnotationError

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

    Raises:
        AnnotationError: If the heads have labels of different numbers.
    """

    labels: Mapping[str, NDArray[Any]]
    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        """Refuse heads of different lengths: one note or onset would have another's labels."""
        lengths = {head: len(labels) for head, labels in self.labels.items()}
        if len(set(lengths.values())) > 1:
            msg = f"the heads have {lengths} labels; one for each note or onset is accepted."
            raise AnnotationError(msg)

    @property
    def num_labels(self) -> int:
        """Labels of each head."""
        return len(next(iter(self.labels.values()), ()))
