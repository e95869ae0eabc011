"""Note heads, measures and signatures in exact fractions of a quarter note -> note table.

The readers of MEI, kern and ABC fill a ``FoundScore``; divisions are found at the end, as many as
the times of the score need.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from musebench import pitch
from musebench.score.assemble import FoundNotes, assemble, key_signature_table, measure_table
from musebench.score.errors import Refusal
from musebench.score.limits import (
    check_division,
    check_length,
    check_meter,
    check_note_count,
    check_part_count,
    common_divisions,
)
from musebench.score.table import (
    Ints,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.score.ties import Heads, merge_ties


@dataclass(slots=True)
class Head:
    """A note head as it sounds; times in quarter notes from the start of the score.

    Attributes:
        onset: Onset.
        end: End; the onset of a grace note.
        step: Letter.
        alter: Alteration, semitones.
        octave: Octave.
        part: Part, from 0.
        staff: Staff in the part, from 1.
        voice: Voice in the part, from 1.
        measure: Measure in the file, from 0.
        is_grace: Whether it is a grace note.
        note_id: Its identifier in the file.
        continues: Whether a tie leads to it.
        goes_on: Whether a tie leads on from it.
        tied_to: The head that it is tied to, where the file names it.
    """

    onset: Fraction
    end: Fraction
    step: str
    alter: int
    octave: int
    part: int
    staff: int
    voice: int
    measure: int
    is_grace: bool
    note_id: str
    continues: bool = False
    goes_on: bool = False
    tied_to: "Head | None" = None

    @property
    def pitch(self) -> int:
        """MIDI pitch."""
        return pitch.STEP_TO_PITCH_CLASS[self.step] + self.alter + 12 * (self.octave + 1)


@dataclass
class FoundScore:
    """What a reader found, in document order; times in quarter notes.

    Attributes:
        parts: Name of each part.
        heads: The note heads.
        measures: Start, end and printed number of each measure.
        meters: Onset and both numbers of each time signature.
        keys: Part, onset, fifths and mode of each key signature.
        endings: Where endings of repeats begin.
        title: The title, in one line.
    """

    parts: list[str] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    measures: list[tuple[Fraction, Fraction, str]] = field(default_factory=list)
    meters: list[tuple[Fraction, int, int]] = field(default_factory=list)
    keys: list[tuple[int, Fraction, int, str]] = field(default_factory=list)
    endings: set[Fraction] = field(default_factory=set)
    title: str = ""


def together(scores: list[FoundScore]) -> FoundScore:
    """One score of several that sound at once; measures and meters are those of the longest."""
    longest = max(scores, key=lambda score: max((end for _, end, _ in score.measures), default=0))
    joined = FoundScore(measures=longest.measures, meters=longest.meters, endings=longest.endings)
    for score in scores:
        before = len(joined.parts)
        for head in score.heads:
            head.part += before
        joined.parts += score.parts
        joined.heads += score.heads
        for part, onset, fifths, mode in score.keys:
            joined.keys.append((before + part, onset, fifths, mode))
    return joined


def exact_table(score: FoundScore) -> NoteTable:
    """Make the note table of a score.

    Time signatures: the last of several at one time holds; 4/4 where there is none.

    Raises:
        Refusal: If it has no pitched notes or is out of bounds.
    """
    check_part_count(len(score.parts))
    check_note_count(len(score.heads))
    if not score.heads:
        msg = "it has no pitched notes"
        raise Refusal(msg)
    meters = {onset: (beats, beat_type) for onset, beats, beat_type in score.meters}
    meters = meters or {Fraction(0): (4, 4)}
    for signature in meters.values():
        check_meter(*signature)
    heads = _named_ties(score.heads)
    divs_pq = _divisions(score, heads, {beat_type for _, beat_type in meters.values()})
    rows = sorted((_in(divs_pq, onset), *signature) for onset, signature in meters.items())
    time_signatures = TimeSignatureTable(*np.array(rows, dtype=np.int64).T)
    # Without a signature at its start, a part begins without sharps and flats.
    keys = {(part, Fraction(0)): (0, "") for part, *_ in score.keys}
    keys |= {(part, onset): (fifths, mode) for part, onset, fifths, mode in score.keys}
    return assemble(
        _found_notes(heads, divs_pq, with_part=len(score.parts) > 1),
        divs_pq,
        PartTable(name=np.array(score.parts, dtype=np.str_)),
        _measures(score, time_signatures, divs_pq),
        time_signatures,
        key_signature_table(
            [(part, _in(divs_pq, onset), *key) for (part, onset), key in sorted(keys.items())]
        ),
        score.title,
    )


def _measures(score: FoundScore, time_signatures: TimeSignatureTable, divs_pq: int) -> MeasureTable:
    """The measures that last."""
    found = [measure for measure in score.measures if measure[1] > measure[0]]
    start, end, endings = (
        np.array([_in(divs_pq, time) for time in times], dtype=np.int64)
        for times in (
            [start for start, *_ in found],
            [end for _, end, _ in found],
            score.endings & {start for start, *_ in found},
        )
    )
    names = [name for *_, name in found]
    return measure_table(start, end, names, time_signatures, divs_pq, endings)


def _in(divs_pq: int, time: Fraction) -> int:
    """A time in divisions."""
    return time.numerator * (divs_pq // time.denominator)


def _divisions(score: FoundScore, heads: list[Head], beat_types: set[int]) -> int:
    """Divisions per quarter note in which all times and all beats are whole."""
    times = {time for head in heads for time in (head.onset, head.end)}
    times.update(time for measure in score.measures for time in measure[:2])
    times.update(onset for onset, *_ in score.meters)
    times.update(onset for _, onset, *_ in score.keys)
    check_length(float(max(times)))
    denominators = {time.denominator for time in times}
    for denominator in denominators:
        check_division(denominator)
    return common_divisions(denominators, beat_types)


def _named_ties(heads: list[Head]) -> list[Head]:
    """One head for each chain of ties that the file itself names."""
    tails = {id(head.tied_to) for head in heads if head.tied_to is not None}
    if not tails:
        return heads
    joined = []
    for head in heads:
        if id(head) in tails:
            continue
        last = head
        while last.tied_to is not None:
            last = last.tied_to
        end = max(head.end, last.end)
        joined.append(replace(head, end=end, goes_on=last.goes_on, measure=last.measure))
    return joined


def _found_notes(heads: list[Head], divs_pq: int, with_part: bool) -> FoundNotes:
    """The sounding notes: ties merged."""
    columns = {
        name: np.array([getattr(head, name) for head in heads], dtype=np.int64)
        for name in ("alter", "octave", "part", "staff", "voice", "measure", "pitch")
    }
    onset, end = (
        np.array([_in(divs_pq, time) for time in times], dtype=np.int64)
        for times in ([head.onset for head in heads], [head.end for head in heads])
    )
    is_grace = np.array([head.is_grace for head in heads], dtype=np.bool_)
    place = columns["part"] * 1_000 + columns["staff"]
    tied = Heads(
        row=np.arange(len(heads)), measure=columns["measure"], onset_div=onset, offset_div=end,
        tpc=np.zeros_like(onset), pitch=columns["pitch"], staff=place, voice=columns["voice"],
        is_grace=is_grace,
    )  # fmt: skip
    offset, is_joined = merge_ties(
        tied,
        np.array([head.continues for head in heads], dtype=np.bool_),
        np.array([head.goes_on for head in heads], dtype=np.bool_),
    )
    kept: Ints = np.flatnonzero(~is_joined)
    prefix = [f"P{head.part:02d}_" if with_part else "" for head in heads]
    return FoundNotes(
        onset_div=onset[kept],
        offset_div=offset[kept],
        step=np.array([heads[row].step for row in kept], dtype="U1"),
        alter=columns["alter"][kept],
        octave=columns["octave"][kept],
        part=columns["part"][kept],
        staff=columns["staff"][kept],
        voice=columns["voice"][kept],
        is_grace=is_grace[kept].astype(np.int64),
        note_id=np.array([prefix[row] + heads[row].note_id for row in kept], dtype=np.str_),
    )
