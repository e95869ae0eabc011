"""The note table: what musebench knows of a score, as columns of numbers.

Conventions:
    Times are counted in divisions from the start of the score; a quarter note lasts ``divs_pq`` of
    them, throughout the score. Notes are sounding notes: tied notes are one. They are sorted by
    (onset_div, pitch, duration_div, is_grace). *Twins*, equal in all of these, are sorted by
    spelling, meter, part, staff, voice and identifier, and then shuffled by SHA-256 of the onsets,
    pitches and durations of the score: their order says nothing of what they are, and is the same
    wherever the score is read.
    A *position* is counted from the barline of a complete measure: the first note of a pick-up of
    one quarter in 4/4 has position three quarters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError
from musebench.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Names = NDArray[np.str_]


@dataclass(frozen=True, eq=False, repr=False)
class Table(Shown):
    """Columns of equal length."""

    def __post_init__(self) -> None:
        """Check that the columns are equally long."""
        lengths = {name: len(column) for name, column in self.columns().items()}
        if len(set(lengths.values())) > 1:
            msg = f"the columns of {type(self).__name__} differ in length: {lengths}."
            raise InputError(msg)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    def to_frame(self) -> "pd.DataFrame":
        """The columns as a pandas table."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(value for value in vars(self).values() if isinstance(value, np.ndarray)))


@dataclass(frozen=True, eq=False, repr=False)
class PartTable(Table):
    """The parts of a score, in its order: name as printed, or empty."""

    name: Names


@dataclass(frozen=True, eq=False, repr=False)
class MeasureTable(Table):
    """The measures of a score, in order and without gaps.

    Measures that a repeat sign divides are one; two endings of a repeat are two.

    Attributes:
        start_div: Start, divisions. Shape ``(num_measures,)``, int64, increasing.
        end_div: End, divisions.
        position_div: Position of the start, divisions: 0 except in pick-ups.
        beats: Upper number of the time signature.
        beat_type: Lower number of the time signature.
        name: Number as printed.
    """

    start_div: Ints
    end_div: Ints
    position_div: Ints
    beats: Ints
    beat_type: Ints
    name: Names

    def nominal_div(self, divs_pq: int) -> Ints:
        """Length by the time signature, divisions. Shape ``(num_measures,)``."""
        return self.beats * (4 * divs_pq // self.beat_type)

    def find(self, measures: str) -> tuple[int, int]:
        """Find measures by their printed numbers, such as ``1-8`` or ``5``.

        Returns:
            First and last row.

        Raises:
            InputError: If the score does not have them.
        """
        names = self.name.tolist()
        first, _, last = (part.strip() for part in measures.partition("-"))
        last = last or first
        if first in names:
            begin = names.index(first)
            if last in names[begin:]:
                return begin, begin + names[begin:].index(last)
        msg = (
            f"measures is {measures!r}, but the score has {names[0]!r} to {names[-1]!r}; give two "
            "of its numbers, such as 1-8, the earlier one first."
        )
        raise InputError(msg)


@dataclass(frozen=True, eq=False, repr=False)
class BeatTable(Table):
    """The notated beats of a score: the lower number of the time signature is the unit.

    Attributes:
        start_div: Start, divisions. Shape ``(num_beats,)``, int64, increasing.
        measure_index: Measure of the beat.
        number: Place in the measure, 0 = downbeat.
    """

    start_div: Ints
    measure_index: Ints
    number: Ints


@dataclass(frozen=True, eq=False, repr=False)
class TimeSignatureTable(Table):
    """Time signatures: onset in divisions, upper and lower number."""

    onset_div: Ints
    beats: Ints
    beat_type: Ints


@dataclass(frozen=True, eq=False, repr=False)
class KeySignatureTable(Table):
    """Key signatures: part, onset in divisions, fifths (sharps positive), mode as written."""

    part: Ints
    onset_div: Ints
    fifths: Ints
    mode: Names


@dataclass(frozen=True, eq=False, repr=False)
class NoteTable(Table):
    """The sounding notes of a score.

    Attributes:
        divs_pq: Divisions per quarter note, fine enough that every beat is an integer.
        onset_div: Onset, divisions. Shape ``(num_notes,)``, int64, not decreasing.
        duration_div: Duration with ties, divisions, at least 0.
        pitch: MIDI pitch, 0 to 127.
        step: Letter of the spelling, one of ``C`` to ``B``.
        alter: Alteration of the spelling, semitones.
        octave: Octave of the spelling; middle C is C4.
        part: Row of the note in ``parts``.
        staff: Staff in the part, from 1; 0 where the score names none.
        voice: Voice as written; means something only within its part.
        is_grace: Whether the note is a grace note.
        key_fifths: Key signature of the part at the onset, fifths, sharps positive.
        beats: Upper number of the time signature at the onset.
        beat_type: Lower number of the time signature at the onset.
        measure_index: Row of the note in ``measures``.
        measure_position_div: Position in the measure, divisions.
        note_id: Identifier in the file; ``P01_`` and so on in front if there are several parts.
        parts: The parts of the score.
        measures: The measures of the score.
        time_signatures: The time signatures of the score.
        key_signatures: The key signatures of its parts.
        title: The title of the score, in one line; empty if it has none, or it is not kept.
    """

    divs_pq: int
    onset_div: Ints
    duration_div: Ints
    pitch: Ints
    step: Names
    alter: Ints
    octave: Ints
    part: Ints
    staff: Ints
    voice: Ints
    is_grace: NDArray[np.bool_]
    key_fifths: Ints
    beats: Ints
    beat_type: Ints
    measure_index: Ints
    measure_position_div: Ints
    note_id: Names
    parts: PartTable
    measures: MeasureTable
    time_signatures: TimeSignatureTable
    key_signatures: KeySignatureTable
    title: str = ""

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        end = (self.onset_div + self.duration_div).max(initial=0)
        return {
            "notes": len(self),
            "parts": len(self.parts),
            "measures": len(self.measures),
            "quarters": round(float(end / self.divs_pq), 3),
            "divs_pq": self.divs_pq,
        }

    def __post_init__(self) -> None:
        """Check order and range."""
        super().__post_init__()
        if np.any(np.diff(self.onset_div) < 0):
            msg = "the notes are not sorted by onset_div."
            raise InputError(msg)
        if np.any(self.duration_div < 0) or np.any(self.onset_div < 0):
            msg = "a note has a negative onset_div or duration_div."
            raise InputError(msg)
        if np.any((self.pitch < 0) | (self.pitch > 127)):
            msg = "a note lies outside the MIDI pitches 0 to 127."
            raise InputError(msg)

    @classmethod
    def from_partitura(cls, score: Any) -> "NoteTable":
        """Make the note table of a score of partitura.

        Notes of transposing instruments are read as they sound, as far as partitura knows the
        transposition (it does not keep changes of octave).

        Args:
            score: A ``Score``, a ``Part``, a ``PartGroup``, or a list of parts.

        Raises:
            InputError: If it is something else.
            ScoreError: If it has no pitched notes, or is out of bounds.
        """
        from musebench.score.convert import from_partitura

        return from_partitura(score)

    def to_partitura(self) -> Any:
        """Make a ``partitura.score.Score``: notes, measures, time and key signatures.

        Notes are tied over barlines. ``from_partitura`` makes the same note table of it.
        """
        from musebench.score.convert import to_partitura

        return to_partitura(self)

    def to_music21(self) -> Any:
        """Make a ``music21.stream.Score``, by way of the MusicXML of ``write_score``.

        Raises:
            MissingDependencyError: If music21 is not installed; it is in the extra ``chorales``.
            InputError: If the score cannot be written as MusicXML.
        """
        from musebench.score.convert import to_music21

        return to_music21(self)

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", divs_pq: int | None = None) -> "NoteTable":
        """Make the note table of a pandas table with one row per note.

        What follows from other columns is looked up and not read: the measure of a note, its
        position, time and key signature (these two are read if the frame comes from ``to_frame``
        and a part or staff has its own). Rows are sorted if their onsets are not.

        Args:
            frame: What ``to_frame`` makes, changed or not, or any table with the columns
                ``onset_div``, ``duration_div`` and ``pitch`` or ``step``, ``alter`` and ``octave``.
                Others are optional: notes are then of the first part, without a staff, in voice
                1, grace notes if they do not last, and named as notes of a MIDI file. A table that
                does not come from ``to_frame`` is in 4/4 without key signatures.
            divs_pq: Divisions per quarter note; None if the frame comes from ``to_frame``.

        Raises:
            InputError: If a column is missing, contains something other than whole numbers, or does
                not fit the others.
        """
        from musebench.score.frames import from_frame

        return from_frame(frame, divs_pq)

    def to_frame(self) -> "pd.DataFrame":
        """The notes as a pandas table with one row per note.

        What is not in rows (divisions, parts, measures, signatures) is in ``frame.attrs``, so that
        ``from_frame`` makes the same note table of it.
        """
        from musebench.score.frames import to_frame

        return to_frame(self)

    @property
    def onset_quarter(self) -> NDArray[np.float64]:
        """Onset in quarter notes. Shape ``(num_notes,)``."""
        return self.onset_div / self.divs_pq

    @property
    def duration_quarter(self) -> NDArray[np.float64]:
        """Duration in quarter notes. Shape ``(num_notes,)``."""
        return self.duration_div / self.divs_pq

    @property
    def beat_position(self) -> NDArray[np.float64]:
        """Position in the measure in notated beats, 0 = downbeat. Shape ``(num_notes,)``."""
        return self.measure_position_div * self.beat_type / (4 * self.divs_pq)

    @property
    def onset_index(self) -> Ints:
        """Onset group of each note, counted from 0. Shape ``(num_notes,)``, int64."""
        index = np.zeros(len(self.onset_div), dtype=np.int64)
        np.cumsum(self.onset_div[1:] > self.onset_div[:-1], out=index[1:])
        return index

    def beat_table(self) -> BeatTable:
        """The notated beats of all measures, also of those without notes."""
        measures = self.measures
        beat_div = 4 * self.divs_pq // measures.beat_type
        first = measures.position_div // beat_div
        length = measures.end_div - measures.start_div
        last = -(-(measures.position_div + length) // beat_div)
        count = last - first
        measure_index = np.repeat(np.arange(len(measures)), count)
        # Counts first, first + 1, ... again in every measure.
        number = np.arange(len(measure_index)) + (first - np.cumsum(count) + count)[measure_index]
        barline_div = (measures.start_div - measures.position_div)[measure_index]
        start_div = barline_div + number * beat_div[measure_index]
        return BeatTable(
            start_div=np.maximum(start_div, measures.start_div[measure_index]),
            measure_index=measure_index,
            number=number,
        )
