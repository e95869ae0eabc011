"""Names of classes for musicians: labels of notes and onsets as text."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import NUMERALS
from musebench.applied.choose import Labels
from musebench.pitch import key_of_name
from musebench.score import Degree, Harmony
from musebench.tasks import Task

FIGURES = {"triad": ("", "6", "64", ""), "seventh": ("7", "65", "43", "2")}
SIGNS = {"o": "o", "o7": "o", "%7": "%", "+": "+", "+7": "+", "MM7": "M", "mM7": "M"}
# As analyses are printed: figures as figures, and the signs of the qualities.
PRINTED_FIGURES = {"triad": ("", "⁶", "⁶₄", ""), "seventh": ("⁷", "⁶₅", "⁴₃", "²")}
PRINTED_SIGNS = SIGNS | {"o": "°", "o7": "°", "%7": "ø", "MM7": "maj", "mM7": "maj"}
PRINTED_LETTERS = str.maketrans({"b": "♭", "#": "♯"})
AUGMENTED_SIXTHS = ("It", "Ger", "Fr")
MINOR_QUALITIES = ("m", "o", "mm7", "mM7", "o7", "%7")
KINDS = {  # quality -> MusicXML's kind
    "M": "major",
    "m": "minor",
    "o": "diminished",
    "+": "augmented",
    "Mm7": "dominant",
    "MM7": "major-seventh",
    "mm7": "minor-seventh",
    "mM7": "major-minor",
    "o7": "diminished-seventh",
    "%7": "half-diminished",
    "+7": "augmented-seventh",
    "It": "Italian",
    "Ger": "German",
    "Fr": "French",
}
OTHER_KIND = "other"  # of what a chord is applied to: a key, whose chord is not said
QUALITY_OF_NAME = {  # AugmentedNet's names, which are music21's
    "major triad": "M",
    "minor triad": "m",
    "diminished triad": "o",
    "augmented triad": "+",
    "dominant seventh chord": "Mm7",
    "major seventh chord": "MM7",
    "minor seventh chord": "mm7",
    "diminished seventh chord": "o7",
    "half-diminished seventh chord": "%7",
}


def class_names(task: Task, head: str, labels: NDArray[np.int64]) -> list[str]:
    """Names of the classes; empty for a note or onset without one."""
    names = task.heads[head]
    return [names[label] if label >= 0 else "" for label in labels.tolist()]


def _chords(task: Task, labels: Labels) -> list[tuple[str, str, str, str]]:
    """Degree, degree it is applied to, quality and inversion at each onset."""
    names = {head: class_names(task, head, labels[head]) for head in task.heads}
    if "degree1" in names:
        degree, applied = names["degree1"], [n.replace("None", "none") for n in names["degree2"]]
        degree, applied = [_numeral(n) for n in degree], [_numeral(n) for n in applied]
        quality = [QUALITY_OF_NAME.get(name, "M") for name in names["quality"]]
    else:
        degree, applied, quality = names["degree"], names["applied_degree"], names["quality"]
    return list(zip(degree, applied, quality, names["inversion"], strict=True))


def roman_numerals(task: Task, labels: Labels, *, printed: bool = False) -> list[str]:
    """Roman numeral of each onset, such as ``viio65/V``, or as it is printed: ``vii°⁶₅/V``."""
    signs = (PRINTED_SIGNS, PRINTED_FIGURES) if printed else (SIGNS, FIGURES)
    return [_roman_numeral(*chord, *signs) for chord in _chords(task, labels)]


def harmonies(task: Task, labels: Labels) -> list[Harmony | None]:
    """The chord of each onset for programs; None where there is none."""
    found: list[Harmony | None] = []
    keys = key_names(task, labels)
    for key, chord in zip(keys, _chords(task, labels), strict=True):
        degree, applied, quality, inversion = chord
        if not (key and degree):
            found.append(None)
            continue
        degrees = [_degree(degree, KINDS[quality])]
        if applied not in {"none", ""}:
            degrees.append(_degree(applied, OTHER_KIND))
        is_minor = key[0].islower()
        fifths, mode = key_of_name(key[0].upper() + key[1:] + "m" * is_minor)
        text = f"{key}: {_roman_numeral(*chord, SIGNS, FIGURES)}"
        found.append(Harmony(text, tuple(degrees), int(inversion or 0), fifths, mode))
    return found


def _degree(name: str, kind: str) -> Degree:
    """A numeral in capitals, such as ``#VII``."""
    numeral = name.lstrip("b#")
    signs = name.removesuffix(numeral)
    return Degree(NUMERALS.index(numeral) + 1, signs.count("#") - signs.count("b"), kind)


def numerals_in_keys(task: Task, labels: Labels, *, printed: bool = True) -> list[str]:
    """Roman numeral of each onset, with the key where it is new; see ``roman_numerals``."""
    keys, chords = key_names(task, labels), roman_numerals(task, labels, printed=printed)
    if printed:
        keys = [key[:1] + key[1:].translate(PRINTED_LETTERS) for key in keys]
    is_new = np.zeros(len(keys), dtype=bool)
    is_new[changes_at([keys])] = True
    return [
        f"{key}: {chord}" if new else chord
        for key, chord, new in zip(keys, chords, is_new.tolist(), strict=True)
    ]


def key_names(task: Task, labels: Labels) -> list[str]:
    """Local key of each onset: ``C`` is major, ``c`` minor."""
    names = []
    for name in class_names(task, "local_key", labels["local_key"]):
        tonic, _, mode = name.replace("-", "b").partition(" ")
        names.append(tonic[:1].lower() + tonic[1:] if mode == "minor" else tonic)
    return names


def changes_at(names: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Positions at which any of these columns differs from the previous position."""
    rows = list(zip(*names, strict=True))
    return np.array([i for i, row in enumerate(rows) if i == 0 or row != rows[i - 1]], np.int64)


def _numeral(degree: str) -> str:
    """AugmentedNet's degree, such as ``-7``, as a numeral."""
    if not degree[-1:].isdigit():
        return degree
    return degree[:-1].replace("-", "b") + NUMERALS[int(degree[-1]) - 1]


def _roman_numeral(
    degree: str,
    applied: str,
    quality: str,
    inversion: str,
    signs: Mapping[str, str],
    figures: Mapping[str, Sequence[str]],
) -> str:
    if figures is PRINTED_FIGURES:
        degree, applied = (name.translate(PRINTED_LETTERS) for name in (degree, applied))
    if quality in AUGMENTED_SIXTHS:
        text = quality
    else:
        kind = "seventh" if quality.endswith("7") else "triad"
        numeral = _lower(degree) if quality in MINOR_QUALITIES else degree
        text = numeral + signs.get(quality, "") + figures[kind][int(inversion or 0)]
    return text if applied in {"none", ""} else f"{text}/{applied}"


def _lower(degree: str) -> str:
    return "".join(letter.lower() if letter in "IV" else letter for letter in degree)
