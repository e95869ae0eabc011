"""What is written into a score beside its notes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Degree:
    """A step of a scale with its chord.

    Attributes:
        step: 1 to 7, in minor of the natural scale.
        alter: Semitones that it is raised by.
        kind: Kind of the chord, one of MusicXML's ``kind-value``.
    """

    step: int
    alter: int
    kind: str


@dataclass(frozen=True)
class Harmony:
    """A chord in a key, for programs.

    Attributes:
        text: In letters, such as ``viio65/V``, with the key: ``C: viio65/V``.
        degrees: The chord, then, of an applied chord, what it is applied to.
        inversion: 0 to 3.
        key_fifths: Key signature of the key, sharps up, flats down.
        key_mode: ``major`` or ``minor``.
    """

    text: str
    degrees: tuple[Degree, ...]
    inversion: int
    key_fifths: int
    key_mode: str


@dataclass(frozen=True)
class Mark:
    """Words at a place of the score.

    Attributes:
        onset_div: Where, divisions.
        text: The words.
        placement: ``above`` the highest staff or ``below`` the lowest.
        color: As ``#RRGGBB``, or empty.
        harmony: The chord that the words mean; None if they mean something else.
    """

    onset_div: int
    text: str
    placement: str = "below"
    color: str = ""
    harmony: Harmony | None = None
