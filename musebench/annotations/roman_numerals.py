"""Labels of harmony: local key, degree, applied degree, quality, inversion and root of each onset.

Conventions:
    Heads and classes: ``vocabulary.ROMAN_NUMERAL_HEADS``. A chord lasts from its place, even if no
    note starts there, to that of the next, in score order. Onsets before the first chord, under
    ``@none``, or under a chord that cannot be read or has a part without a class, have no label.
    Rows without a chord (only a cadence or a phrase sign) change nothing.

Source:
    The resolution of keys and numerals follows the DCML harmony annotation standard (Neuwirth et
    al., "The Annotated Beethoven Corpus", Frontiers in Digital Humanities 5, 2018) and ms3: in
    major, both ``vii`` and ``#vii`` are the leading note.
"""

import re
from functools import lru_cache

import numpy as np

from musebench import pitch
from musebench.annotations.dcml import Harmonies
from musebench.annotations.labels import IGNORE_LABEL, OnsetLabels
from musebench.annotations.vocabulary import (
    ACCIDENTALS,
    FIGURED_BASS_TO_INVERSION,
    NUMERALS,
    QUALITIES,
    ROMAN_NUMERAL_HEADS,
)
from musebench.errors import InputError

# Fifths from the tonic to the degrees of the major and the natural minor scale.
SCALES = ((0, 2, 4, -1, 1, 3, 5), (0, 2, -3, -1, 1, -4, -2))
NUMERAL = re.compile("([#b]*)(VII|VI|V|IV|III|II|I|vii|vi|v|iv|iii|ii|i)")
KEY = re.compile("([A-Ga-g])([#b]*)")
NO_CHORD = "@none"
SHARPENED = 7  # fifths

Key = tuple[int, bool]  # tonal pitch class of the tonic, whether it is minor


def roman_numeral_labels(harmonies: Harmonies) -> OnsetLabels:
    """The parts of the chord of each onset."""
    chords = harmonies.cells["chord"]
    rows = [row for row, chord in enumerate(chords) if chord]
    is_chord = [chords[row] != NO_CHORD for row in rows]
    columns = ("globalkey", "localkey", "numeral", "relativeroot", "chord_type", "figbass")
    cells = zip(*(harmonies.cells[name] for name in columns), strict=True)
    texts = list(cells)
    classes = [
        _classes(*texts[row]) if real else None for row, real in zip(rows, is_chord, strict=True)
    ]
    table = np.full((len(rows) + 1, len(ROMAN_NUMERAL_HEADS)), IGNORE_LABEL, dtype=np.int64)
    for place, found in enumerate(classes):
        if found is not None:
            table[place + 1] = found
    # The last chord at a place counts; row 0 is before the first.
    in_force = np.searchsorted(harmonies.start_div[rows], harmonies.onset_div, side="right")
    labels = table[in_force].T
    places, num_aligned = _count_places(harmonies, rows)
    counts = {
        "annotated": len(rows),
        "unaligned": len(rows) - num_aligned,
        "overruled": num_aligned - places,
        "unread": sum(is_chord) - sum(found is not None for found in classes),
    }
    return OnsetLabels(dict(zip(ROMAN_NUMERAL_HEADS, labels, strict=True)), counts)


def _count_places(harmonies: Harmonies, rows: list[int]) -> tuple[int, int]:
    """Number of onsets with any of these rows, and number of rows that are on an onset."""
    onsets = harmonies.onset_index[rows]
    aligned = onsets[onsets >= 0]
    return len(np.unique(aligned)), len(aligned)


@lru_cache(maxsize=10_000)
def _classes(
    globalkey: str, localkey: str, numeral: str, relativeroot: str, chord_type: str, figbass: str
) -> tuple[int, ...] | None:
    """Class of each head, in order; None if a part cannot be read or has no class."""
    try:
        local = _resolve(localkey, _key(globalkey))
        applied = _resolve(relativeroot, local) if relativeroot else local
        root = applied[0] + _chord_degree(numeral, applied[1])
        return (
            2 * _spelling_class(local[0]) + local[1],
            _degree_class(root - applied[0], applied[1]),
            1 + _degree_class(applied[0] - local[0], local[1]) if relativeroot else 0,
            QUALITIES.index(chord_type),
            FIGURED_BASS_TO_INVERSION[figbass],
            _spelling_class(root),
        )
    except (ValueError, KeyError):
        return None


def _key(name: str) -> Key:
    match = KEY.fullmatch(name)
    if not match:
        msg = f"{name!r} is not a key"
        raise InputError(msg)
    alter = match[2].count("#") - match[2].count("b")
    return pitch.spelling_to_tpc(match[1].upper(), alter), match[1].islower()


def _resolve(path: str, key: Key) -> Key:
    """The key that a path such as ``V/vi`` leads to from a key: from right to left."""
    for numeral in reversed(path.split("/")):
        key = key[0] + _degree(numeral, key[1]), numeral.lstrip("#b").islower()
    return key


def _chord_degree(numeral: str, is_minor: bool) -> int:
    return _degree(numeral.lstrip("#") if numeral == "#vii" and not is_minor else numeral, is_minor)


def _degree(numeral: str, is_minor: bool) -> int:
    """Fifths from the tonic to a degree."""
    match = NUMERAL.fullmatch(numeral)
    if not match:
        msg = f"{numeral!r} is not a degree"
        raise InputError(msg)
    alter = match[1].count("#") - match[1].count("b")
    return SCALES[is_minor][NUMERALS.index(match[2].upper())] + SHARPENED * alter


def _degree_class(fifths: int, is_minor: bool) -> int:
    """Class of the degree, given its fifths from the tonic."""
    scale = SCALES[is_minor]
    place = next(i for i, degree in enumerate(scale) if (fifths - degree) % SHARPENED == 0)
    alter = (fifths - scale[place]) // SHARPENED
    if not -1 <= alter <= 1:
        msg = f"the degree {fifths} fifths from the tonic has no class"
        raise InputError(msg)
    return len(ACCIDENTALS) * place + alter + 1


def _spelling_class(tpc: int) -> int:
    if not pitch.MIN_TPC <= tpc <= pitch.MAX_TPC:
        msg = f"the tonal pitch class {tpc} has no class"
        raise InputError(msg)
    return tpc - pitch.MIN_TPC
