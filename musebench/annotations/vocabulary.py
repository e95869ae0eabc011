"""The classes of all labels of harmony, cadences and phrases, in order.

Conventions:
    ``LOCAL_KEYS``: tonic (35 spellings) and mode; class ``2 * (tpc - MIN_TPC) + is_minor``.
    ``DEGREES``: degree of the major or natural minor scale with an accidental: in minor, ``VII`` is
    the subtonic and ``#VII`` the leading note; in major, ``VII`` is the leading note. Upper and
    lower case, which show the chord's quality, are not distinguished.
    ``APPLIED_DEGREES``: the degree of the local key that a chord is applied to, or ``none``. Nested
    ones are resolved: a chord applied to V of V is applied to II.
    ``QUALITIES``: DCML's chord types; the augmented sixth chords are Ger, It, Fr, and ``%`` is half
    diminished.
    ``ROOTS``: the root, as spelled.
"""

from musebench import pitch

CADENCES = ("none", "PAC", "IAC", "HC", "other")
RANKED_CADENCES = ("PAC", "IAC", "HC")
OTHER_CADENCES = ("EC", "DC", "PC")  # evaded, deceptive, plagal
PHRASE_ENDS = ("no", "yes")

LOCAL_KEYS = tuple(f"{tonic} {mode}" for tonic in pitch.SPELLING_CLASSES for mode in pitch.MODES)
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")
ACCIDENTALS = ("b", "", "#")
DEGREES = tuple(accidental + numeral for numeral in NUMERALS for accidental in ACCIDENTALS)
APPLIED_DEGREES = ("none", *DEGREES)
QUALITIES = (
    *("M", "m", "o", "+"),
    *("Mm7", "MM7", "mm7", "mM7", "o7", "%7", "+7"),
    *("It", "Ger", "Fr"),
)
INVERSIONS = ("0", "1", "2", "3")
ROOTS = pitch.SPELLING_CLASSES
FIGURED_BASS_TO_INVERSION = {"": 0, "7": 0, "6": 1, "65": 1, "64": 2, "43": 2, "2": 3}

ROMAN_NUMERAL_HEADS = {
    "local_key": LOCAL_KEYS,
    "degree": DEGREES,
    "applied_degree": APPLIED_DEGREES,
    "quality": QUALITIES,
    "inversion": INVERSIONS,
    "root": ROOTS,
}
