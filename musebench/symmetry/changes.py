"""Changes of a score: transposed, doubled, repeated, notes added or left out, wrong bar lines.

Conventions:
    A change returns None for a score that it is not possible for, such as a transposition beyond
    the range of MIDI. Its draws are seeded by the caller.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.score import NoteTable

SHARE = 0.05  # of the notes that are added or left out
ADDED = -1  # origin of a note that was not there
OCTAVE = 12
OF_D = 2  # place of D, the middle of the white keys, on the line of fifths

Ints: TypeAlias = NDArray[np.int64]
AnyTable = TypeVar("AnyTable", bound=Any)


@dataclass(frozen=True, eq=False)
class Changed:
    """A score that was changed.

    Attributes:
        before: The note table as it was.
        notes: The new note table.
        origin: Row that each note had before, ``ADDED`` if it is new. Shape ``(num_notes,)``.
        copy: Which time the music is played, 0 for the first; of each note.
        fifths: By how much spellings and keys have moved on the line of fifths.
    """

    before: NoteTable
    notes: NoteTable
    origin: Ints
    copy: Ints
    fifths: int = 0

    @property
    def onset_origin(self) -> Ints:
        """Onset group that each onset group was before, ``ADDED`` if it is new."""
        index = self.notes.onset_index
        origin = np.full(int(index.max(initial=-1)) + 1, ADDED)
        is_old = self.origin != ADDED
        origin[index[is_old]] = self.before.onset_index[self.origin[is_old]]
        return origin


Change: TypeAlias = Callable[[NoteTable, np.random.Generator], Changed | None]


def _same(notes: NoteTable, fifths: int = 0, **columns: Any) -> Changed:
    """The same notes with other columns."""
    rows = np.arange(len(notes))
    return Changed(notes, replace(notes, **columns), rows, np.zeros_like(rows), fifths)


def transpose(notes: NoteTable, _: np.random.Generator, semitones: int) -> Changed | None:
    """Another key; the spelling moves with it, to where it needs the fewest accidentals."""
    moved = notes.pitch + semitones
    if not moved.size or moved.min() < 0 or moved.max() > 127:
        return None
    letters = np.array([pitch.STEP_TO_TPC[step] for step in notes.step.tolist()], np.int64)
    tpc = letters + 7 * notes.alter
    fifths = 7 * semitones - pitch.ENHARMONIC * round(
        (tpc.mean() + 7 * semitones - OF_D) / pitch.ENHARMONIC
    )
    tpc = tpc + fifths
    alter = (tpc + 1) // 7
    step = np.array(list("FCGDAEB"))[(tpc + 1) % 7]
    natural = np.array([pitch.STEP_TO_PITCH_CLASS[name] for name in step.tolist()], np.int64)
    keys = notes.key_signatures
    return _same(
        notes,
        fifths,
        pitch=moved,
        step=step,
        alter=alter,
        octave=(moved - alter - natural) // OCTAVE - 1,
        key_fifths=notes.key_fifths + fifths,
        key_signatures=replace(keys, fifths=keys.fifths + fifths),
    )


def _times(table: AnyTable, factor: int) -> AnyTable:
    """A table whose times have other divisions, or other lengths."""
    columns = {k: v * factor for k, v in table.columns().items() if k.endswith("_div")}
    return replace(table, **columns)


def slow_down(notes: NoteTable, _: np.random.Generator) -> Changed | None:
    """All note values doubled: quarters become halves, 4/4 becomes 4/2."""
    if notes.beat_type.min(initial=2) < 2 or notes.measures.beat_type.min(initial=2) < 2:
        return None
    tables: list[Any] = [notes.measures, notes.time_signatures]
    measures, signatures = (
        replace(_times(table, 2), beat_type=table.beat_type // 2) for table in tables
    )
    doubled = replace(_times(notes, 2), beat_type=notes.beat_type // 2)
    keys = _times(notes.key_signatures, 2)
    return _same(doubled, measures=measures, time_signatures=signatures, key_signatures=keys)


def double_signature(notes: NoteTable, _: np.random.Generator) -> Changed:
    """The time signature doubled: 4/4 becomes 8/8. Nothing that sounds changes."""
    tables: list[Any] = [notes.measures, notes.time_signatures]
    measures, signatures = (
        replace(_times(table, 2), beats=table.beats * 2, beat_type=table.beat_type * 2)
        for table in tables
    )
    finer = replace(_times(notes, 2), divs_pq=notes.divs_pq * 2, beats=notes.beats * 2)
    keys = _times(notes.key_signatures, 2)
    return _same(
        finer,
        beat_type=notes.beat_type * 2,
        measures=measures,
        time_signatures=signatures,
        key_signatures=keys,
    )


def permute_parts(notes: NoteTable, random: np.random.Generator) -> Changed | None:
    """The parts in another order."""
    size = len(notes.parts)
    if size < 2:
        return None
    order = np.roll(np.arange(size), int(random.integers(1, size)))
    place = np.argsort(order)
    keys = notes.key_signatures
    return _same(
        notes,
        part=place[notes.part],
        parts=replace(notes.parts, name=notes.parts.name[order]),
        key_signatures=replace(keys, part=place[keys.part]),
    )


def _again(table: AnyTable, shift: int) -> AnyTable:
    """The rows twice, the second time later."""
    columns = {
        name: np.concatenate([values, values + shift if name in TIMES else values])
        for name, values in table.columns().items()
    }
    return replace(table, **columns)


TIMES = {"onset_div", "start_div", "end_div"}


def repeat(notes: NoteTable, _: np.random.Generator) -> Changed | None:
    """The whole score played twice, written out."""
    if not len(notes.measures):
        return None
    shift = int(max(notes.measures.end_div.max(), (notes.onset_div + notes.duration_div).max()))
    measures = _again(notes.measures, shift)
    measures.end_div[len(notes.measures) - 1] = shift
    twice = replace(
        _again(notes, shift),
        measures=measures,
        time_signatures=_again(notes.time_signatures, shift),
        key_signatures=_again(notes.key_signatures, shift),
    )
    rows, size = np.arange(len(notes)), len(notes)
    index = np.concatenate([notes.measure_index, notes.measure_index + len(notes.measures)])
    twice = replace(twice, measure_index=index)
    return Changed(notes, twice, np.tile(rows, 2), np.repeat([0, 1], size))


def leave_out(notes: NoteTable, random: np.random.Generator) -> Changed | None:
    """A twentieth of the notes left out, at least one."""
    if len(notes) < 2:
        return None
    kept = np.sort(random.permutation(len(notes))[_twentieth(notes) :])
    return Changed(notes, _rows(notes, kept), kept, np.zeros_like(kept))


def _twentieth(notes: NoteTable) -> int:
    return max(1, round(SHARE * len(notes)))


def add(notes: NoteTable, random: np.random.Generator) -> Changed | None:
    """A twentieth of the notes doubled an octave higher, where that note is not there already."""
    there = set(zip(notes.onset_div.tolist(), notes.pitch.tolist(), strict=True))
    above = ((int(on), int(p) + OCTAVE) for on, p in zip(notes.onset_div, notes.pitch, strict=True))
    is_free = np.array([at not in there and at[1] < 128 for at in above], bool)
    chosen = random.permutation(np.flatnonzero(is_free))[: _twentieth(notes)]
    if not len(chosen):
        return None
    rows = np.concatenate([np.arange(len(notes)), chosen])
    higher = np.arange(len(rows)) >= len(notes)
    pitches = notes.pitch[rows] + OCTAVE * higher
    others = (notes.is_grace[rows], notes.duration_div[rows])
    order = np.lexsort((*others, pitches, notes.onset_div[rows]))
    rows, higher = rows[order], higher[order]
    same = _rows(notes, rows)
    joined = replace(same, pitch=pitches[order], octave=same.octave + higher)
    origin = np.where(higher, ADDED, rows)
    return Changed(notes, joined, origin, np.zeros_like(origin))


def _rows(notes: NoteTable, rows: Ints) -> NoteTable:
    columns: dict[str, Any] = {name: values[rows] for name, values in notes.columns().items()}
    return replace(notes, **columns)


def shift_bars(notes: NoteTable, _: np.random.Generator) -> Changed | None:
    """Every bar line one beat late; what is before the first becomes a pick-up."""
    measures = notes.measures
    if not len(measures):
        return None
    late = measures.start_div + 4 * notes.divs_pq // measures.beat_type
    end = int(measures.end_div[-1])
    is_later = np.diff(np.maximum.accumulate(late), prepend=0) > 0
    kept = np.flatnonzero((late < end) & is_later)
    if not len(kept):
        return None
    start, rows = np.append(0, late[kept]), np.append(0, kept)
    position = measures.position_div[rows]
    position[0] = max(0, int(measures.nominal_div(notes.divs_pq)[0]) - int(start[1]))
    columns: dict[str, Any] = {name: values[rows] for name, values in measures.columns().items()}
    times = {"start_div": start, "end_div": np.append(start[1:], end), "position_div": position}
    shifted = replace(measures, **columns | times)
    index = np.searchsorted(start, notes.onset_div, "right") - 1
    return _same(
        notes,
        measures=shifted,
        measure_index=index,
        measure_position_div=notes.onset_div - start[index] + position[index],
        beats=shifted.beats[index],
        beat_type=shifted.beat_type[index],
    )


CHANGES: Mapping[str, Change] = {
    **{
        f"transposed by {semitones:+d}": partial(transpose, semitones=semitones)
        for semitones in (*range(-6, 0), *range(1, 7))
    },
    "an octave lower": partial(transpose, semitones=-OCTAVE),
    "an octave higher": partial(transpose, semitones=OCTAVE),
    "note values doubled": slow_down,
    "time signature doubled": double_signature,
    "parts permuted": permute_parts,
    "repeated": repeat,
    "5 % of the notes left out": leave_out,
    "5 % of the notes added": add,
    "bar lines a beat late": shift_bars,
}
