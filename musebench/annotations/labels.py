"""Labels of onset groups, and the value of missing labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from musebench.errors import AnnotationError
from musebench.shown import Shown

IGNORE_LABEL = -100  # notes without a class, and hidden labels; ignored by torch's losses


COUNTS = ("annotated", "unaligned", "overruled", "unread")  # see OnsetLabels


@dataclass(frozen=True, eq=False, repr=False)
class OnsetLabels(Shown):
    """Labels of the onset groups of a score, and counts of the annotations.

    Attributes:
        labels: Head -> class of each onset group; ``IGNORE_LABEL`` for none. Shape
            ``(num_onsets,)``, int64; see ``NoteTable.onset_index``. For performances: number of
            each note, ``(num_notes,)``, float32, NaN for none.
        counts: Number of annotations (``annotated``), and of those that are not on an onset
            (``unaligned``), were overruled by a later row on the same onset (``overruled``), or
            cannot be read or have no class (``unread``).

    Raises:
        AnnotationError: If the heads have different numbers of labels.
    """

    labels: Mapping[str, NDArray[Any]]
    counts: Mapping[str, int]

    def __post_init__(self) -> None:
        """Refuse heads of different lengths, whose labels would not belong together."""
        lengths = {head: len(labels) for head, labels in self.labels.items()}
        if len(set(lengths.values())) > 1:
            msg = f"the heads have {lengths} labels; all need one label per note or onset."
            raise AnnotationError(msg)
