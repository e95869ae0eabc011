"""A token of kern, such as ``4.f#L`` or ``[2c [2e`` -> what sounds."""

import re
from dataclasses import dataclass
from fractions import Fraction

from musebench.score.errors import Refusal
from musebench.score.exact import Head
from musebench.score.limits import MAX_ALTER, MAX_DOTS, check_number

MAX_RECIP = 9_999  # of a whole note
MAX_LETTERS = 8  # nine are C11, beyond MIDI's pitches
BREVE = Fraction(8)  # quarter notes; each zero more doubles it
MOST_ZEROS = 3
RHYTHM = re.compile(r"([0-9]+)(?:%([0-9]+))?")
PITCH = re.compile(r"([A-Ga-g])\1*")
SIGNS = re.compile(r"#+|-+|n")
UNPITCHED = "R"  # with a letter it is the place of a drum where the clef says so, else an ornament
MIDDLE = 4  # octave of a small letter


@dataclass(frozen=True)
class Note:
    """A note of a token: its length in quarter notes, spelling, and whether ties come and go."""

    lasts: Fraction
    step: str
    alter: int
    octave: int
    continues: bool
    goes_on: bool
    place: int


@dataclass(frozen=True)
class Token:
    """What a field of a line says: how long it lasts, quarter notes, and its notes."""

    lasts: Fraction
    is_grace: bool
    notes: list[Note]
    is_chord: bool
    num_unpitched: int

    def heads(self, onset: Fraction, measure: int, voice: int, name: str) -> list[Head]:
        """Its note heads from a time on; part and staff are not known yet."""
        return [
            Head(
                onset=onset,
                end=onset + (Fraction(0) if self.is_grace else note.lasts),
                step=note.step,
                alter=note.alter,
                octave=note.octave,
                part=0,
                staff=0,
                voice=voice,
                measure=measure,
                is_grace=self.is_grace,
                note_id=f"{name}S{note.place}" if self.is_chord else name,
                continues=note.continues,
                goes_on=note.goes_on,
            )
            for note in self.notes
        ]


def read_token(cell: str, line: int, *, has_drums: bool = False) -> Token:
    """Read a field of a line of data.

    Args:
        cell: The field.
        line: Its line, from 1.
        has_drums: Whether its clef is that of drums, which have no pitch.

    Raises:
        Refusal: If it is not a note or rest of kern, or is out of bounds.
    """
    parts = [part for part in cell.split(" ") if part not in {"", "."}]
    is_grace = any("q" in part.lower() for part in parts)  # Q: of a group of small notes
    lengths = [_length(part, line) for part in parts]
    lasts = next((length for length in lengths if length is not None), None)
    if lasts is None and not is_grace:
        msg = f"the field {cell[:40]!r} of line {line} has no duration"
        raise Refusal(msg)
    notes = [
        None
        if has_drums and UNPITCHED in part
        else _note(part, line, length or lasts or Fraction(0), place)
        for place, (part, length) in enumerate(zip(parts, lengths, strict=True), start=1)
        if "r" not in part
    ]
    found = [note for note in notes if note is not None]
    is_chord, num_unpitched = len(parts) > 1, len(notes) - len(found)
    return Token(lasts or Fraction(0), is_grace, found, is_chord, num_unpitched)


def _length(part: str, line: int) -> Fraction | None:
    """How long a note or rest lasts, quarter notes; None: it does not say."""
    found = RHYTHM.search(part)
    if found is None:
        return None
    told = f"the note {part[:40]!r} of line {line} has"
    number, parts, dots = found[1], found[2], part.count(".")
    recip = check_number(number, 0, MAX_RECIP, f"{told} the rhythm")
    wholes = check_number(parts, 1, MAX_RECIP, f"{told} the rhythm") if parts else 1
    if dots > MAX_DOTS:
        msg = f"{told} {dots} dots, and up to {MAX_DOTS} are read"
        raise Refusal(msg)
    if not recip and (parts or len(number) > MOST_ZEROS):
        msg = f"{told} the rhythm {found[0][:30]!r}"
        raise Refusal(msg)
    plain = Fraction(4 * wholes, recip) if recip else BREVE * 2 ** (len(number) - 1)
    return plain * (2 - Fraction(1, 2**dots))


def _note(part: str, line: int, lasts: Fraction, place: int) -> Note | None:
    """Read one note of a field; None if it names no pitch."""
    found = PITCH.search(part)
    if found is None:
        return None
    signs = SIGNS.match(part, found.end())
    alter = 0 if signs is None else signs[0].count("#") - signs[0].count("-")
    letters = found[0]
    if len(letters) > MAX_LETTERS or abs(alter) > MAX_ALTER:
        msg = f"the note {part[:40]!r} of line {line} has a pitch beyond music"
        raise Refusal(msg)
    is_small = letters.islower()
    octave = MIDDLE - 1 + len(letters) if is_small else MIDDLE - len(letters)
    return Note(
        lasts,
        letters[0].upper(),
        alter,
        octave,
        continues="_" in part or "]" in part,
        goes_on="[" in part or "_" in part,
        place=place,
    )
