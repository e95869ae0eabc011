r"""Labels of cadences and phrase ends, by onset.

Conventions:
    Head ``cadence``: ``CADENCES``; onsets without one are ``none``. A subtype counts as its kind:
    ``HC.SIM`` (a simple half cadence) as ``HC``. Head ``phrase_end``: 1 where a phrase ends
    structurally (DCML's ``}`` and ``}{``; the older sign ``\\``), else 0. Both are meaningful only
    for pieces in which cadences, or phrases, were annotated.
"""

from musebench.annotations.dcml import Harmonies, spread
from musebench.annotations.labels import OnsetLabels
from musebench.annotations.vocabulary import CADENCES, OTHER_CADENCES
from musebench.errors import AnnotationError

CLASS_OF = {name: index for index, name in enumerate(CADENCES)}
CLASS_OF |= dict.fromkeys(OTHER_CADENCES, CLASS_OF["other"])
PHRASE_SIGNS = {"": False, "{": False, "}": True, "}{": True, "\\\\": True}


def cadence_labels(harmonies: Harmonies) -> OnsetLabels:
    """Cadence of each onset.

    Raises:
        AnnotationError: If the kind of a cadence is unknown.
    """
    kinds = [cell.partition(".")[0] for cell in harmonies.cells["cadence"]]
    rows = [row for row, kind in enumerate(kinds) if kind]
    if unknown := {kinds[row] for row in rows} - {*CADENCES[1:4], *OTHER_CADENCES}:
        known = ", ".join((*CADENCES[1:4], *OTHER_CADENCES))
        msg = f"unknown cadence {min(unknown)!r}; known are {known}."
        raise AnnotationError(msg)
    classes = [CLASS_OF[kinds[row]] for row in rows]
    labels, counts = spread(harmonies, rows, classes, CLASS_OF["none"])
    return OnsetLabels({"cadence": labels}, counts)


def phrase_labels(harmonies: Harmonies) -> OnsetLabels:
    """Whether a phrase ends at each onset.

    Raises:
        AnnotationError: If a sign of phrases is unknown.
    """
    signs = harmonies.cells["phraseend"]
    if unknown := set(signs) - PHRASE_SIGNS.keys():
        msg = f"unknown phrase sign {min(unknown)!r}; known are {{, }}, }}{{ and \\\\."
        raise AnnotationError(msg)
    rows = [row for row, sign in enumerate(signs) if PHRASE_SIGNS[sign]]
    labels, counts = spread(harmonies, rows, [1] * len(rows), 0)
    return OnsetLabels({"phrase_end": labels}, counts)
