"""The classes of AugmentedNet's labels: all that occur in the corpus, sorted, as it writes them.

Conventions:
    ``-`` is a flat; a key in upper case is major, in lower case minor. Degrees are those of the
    major or the natural minor scale of the tonicised key: in minor, ``7`` is the subtonic and
    ``#7`` the leading note. ``degree2`` is the degree of the local key that is tonicised; ``None``
    if none is. Qualities are the names that music21 gives to the chords.
"""

import re

CLASSES = """
a_localKey: A, A-, B, B-, C, C#, C-, D, D#, D-, E, E-, F, F#, F-, G, G#, G-, a, a#, a-, b, b-,
    c, c#, c-, d, d#, d-, e, e-, f, f#, g, g#, g-
a_tonicizedKey: A, A#, A-, B, B-, C, C#, C-, D, D#, D-, E, E#, E-, F, F#, F-, G, G#, G-, a, a#,
    a-, b, b#, b-, b--, c, c#, c-, d, d#, d-, e, e#, e-, f, f#, f##, f-, g, g#, g-
a_degree1: #1, #2, #3, #4, #5, #6, #7, -1, -2, -3, -4, -5, -6, -7, 1, 2, 3, 4, 5, 6, 7
a_degree2: #1, #4, #5, #6, #7, -1, -2, -3, -4, -5, -6, -7, 1, 2, 3, 4, 5, 6, 7, None
a_quality: Augmented Fourth, Diminished Fifth, French augmented sixth chord, French augmented
    sixth chord in first inversion, French augmented sixth chord in root position, French
    augmented sixth chord in third inversion, German augmented sixth chord, German augmented
    sixth chord in root position, German augmented sixth chord in second inversion, German
    augmented sixth chord in third inversion, Italian augmented sixth chord, Italian augmented
    sixth chord in second inversion, Kumoi pentachord, Major Second, Major Seventh, Major Sixth,
    Major Third, Minor Sixth, Minor Third, Perfect Fifth, Perfect Fourth, augmented major
    tetrachord, augmented seventh chord, augmented triad, diminished seventh chord, diminished
    triad, diminished-major ninth chord, dominant seventh chord, dominant-ninth, enharmonic
    equivalent to diminished triad, enharmonic equivalent to half-diminished seventh chord,
    enharmonic equivalent to major triad, enharmonic equivalent to minor seventh chord,
    enharmonic to dominant seventh chord, flat-ninth pentachord, half-diminished seventh chord,
    incomplete dominant-seventh chord, incomplete half-diminished seventh chord, incomplete
    major-seventh chord, incomplete minor-seventh chord, lydian tetrachord, major seventh chord,
    major triad, major-ninth chord, major-second major tetrachord, minor seventh chord, minor
    triad, minor trichord, minor-augmented tetrachord, minor-diminished ninth chord, minor-ninth
    chord, note, perfect-fourth diminished tetrachord, perfect-fourth major tetrachord,
    perfect-fourth minor tetrachord, quartal tetramirror, quartal trichord, whole-tone
    tetramirror, whole-tone trichord
a_inversion: 0, 1, 2, 3
a_root: A, A#, A##, A-, A--, B, B#, B-, B--, C, C#, C##, C###, C-, D, D#, D##, D-, E, E#, E-,
    E--, F, F#, F##, F-, G, G#, G##, G-
"""
AUGMENTEDNET_COLUMNS: dict[str, str] = {}  # head -> column
AUGMENTEDNET_HEADS: dict[str, tuple[str, ...]] = {}
for _line in re.sub(r"\n +", " ", CLASSES).split("\n")[1:-1]:
    _column, _classes = _line.split(": ")
    _head = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", _column.removeprefix("a_"))
    AUGMENTEDNET_COLUMNS[_head], AUGMENTEDNET_HEADS[_head] = _column, tuple(_classes.split(", "))
