"""Labels of onset groups, and the value of missing labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
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
            cannot be read or have no class (``unread``); 0 if not given.

    Raises:
        AnnotationError: If labels are not rows of numbers, the heads have different numbers of
            labels, or there is no such count.
    """

    labels: Mapping[str, NDArray[Any]]
    counts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take lists as arrays; refuse heads of different lengths, which do not belong together."""
        labels = {head: np.asarray(values) for head, values in self.labels.items()}
        for head, values in labels.items():
            if values.dtype.kind not in "biuf" or values.ndim != 1:
                msg = (
                    f"the labels {head!r} are of type {values.dtype} and shape {values.shape}; "
                    "accepted are one-dimensional arrays of integers or floats."
                )
                raise AnnotationError(msg)
            if values.dtype.kind in "bu":
                labels[head] = values.astype(np.int64)
        if unknown := sorted(self.counts.keys() - set(COUNTS)):
            msg = f"there is no count {unknown[0]!r}; accepted are {', '.join(COUNTS)}."
            raise AnnotationError(msg)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "counts", dict.fromkeys(COUNTS, 0) | dict(self.counts))
        lengths = {head: len(values) for head, values in labels.items()}
        if len(set(lengths.values())) > 1:
            msg = f"the heads have {lengths} labels; all need one label per note or onset."
            raise AnnotationError(msg)
