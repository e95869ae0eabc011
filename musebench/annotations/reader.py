"""Read all labels of an annotated score, by kind of annotation."""

from collections.abc import Callable
from pathlib import Path

from musebench.annotations.cadences import cadence_labels, phrase_labels
from musebench.annotations.dcml import Harmonies, read_harmonies
from musebench.annotations.labels import OnsetLabels
from musebench.annotations.roman_numerals import roman_numeral_labels
from musebench.errors import AnnotationError
from musebench.score import NoteTable

ANNOTATIONS_VERSION = "1"  # raise it when the labels of the same files change
ANNOTATIONS: dict[str, Callable[[Harmonies], OnsetLabels]] = {
    "cadence": cadence_labels,
    "phrase": phrase_labels,
    "harmony": roman_numeral_labels,
}


def read_annotations(
    file: str | Path, measures: str | Path, notes: NoteTable
) -> dict[str, OnsetLabels]:
    """Read the labels of a score from DCML's table of harmonies.

    Args:
        file: ``<piece>.harmonies.tsv``.
        measures: ``<piece>.measures.tsv``.
        notes: Note table of the same piece, as ``read_dcml`` made it.

    Returns:
        Kind of annotation, one of ``ANNOTATIONS`` -> labels of the onsets.

    Raises:
        AnnotationError: If the file is missing, lacks a column, has a broken cell or an unknown
            sign, or does not fit the score.
    """
    harmonies = read_harmonies(file, measures, notes)
    try:
        return {kind: to_labels(harmonies) for kind, to_labels in ANNOTATIONS.items()}
    except AnnotationError as error:
        msg = f"{file}: {error}"
        raise AnnotationError(msg) from error
