"""Quantised MIDI -> note table.

Partitura's reader of MIDI scores guesses a spelling by rule, cuts notes at barlines to tie them
again, and takes time that grows with the square of the notes. Here the events become columns.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from musebench.score.assemble import FoundNotes, assemble, key_signature_table, measure_table
from musebench.score.errors import Refusal
from musebench.score.limits import (
    check_key_count,
    check_length,
    check_measure_count,
    check_meter,
    check_part_count,
    common_divisions,
)
from musebench.score.midi_events import Track, read_tracks
from musebench.score.table import (
    Ints,
    MeasureTable,
    NoteTable,
    PartTable,
    TimeSignatureTable,
)
from musebench.score.told import warn_of

MAX_MIDI_BYTES = 16 * 2**20  # two million notes
# A MIDI file knows keys, not spellings: this is the commonest name of each.
STEPS = np.array(list("CCDEEFFGGABB"), dtype="U1")
ALTERS = np.array([0, 1, 0, -1, 0, 0, 1, 0, 1, 0, -1, 0], dtype=np.int64)
# What the 128 programs of General MIDI are, eight of each: a name for parts that have none.
FAMILIES = (
    "Piano", "Chromatic percussion", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass",
    "Reed", "Pipe", "Synth lead", "Synth pad", "Synth effects", "Ethnic", "Percussive", "Effects",
)  # fmt: skip

NOT_TITLES = {"track", "tempo", "conductor", "control", "master", "untitled", "words", "lyrics"}

# The test of a metrical grid. Of ASAP's 242 score files, 54 % to 100 % of the onsets lie on a 48th
# of a quarter note (arpeggios and ornaments do not); of its 303 performances 12 % to 34 %, and as
# many of the steps from one onset to the next, which an odd measure in front does not shift.
GRIDS = (48, 24, 12)  # steps a quarter note
LEAST_SHARE_ON_GRID = 0.5
TICKS_A_STEP = 4  # so that at most a quarter of arbitrary onsets lie on the grid


def read_midi(data: bytes, *, is_played: bool = False) -> NoteTable:
    """Read a score from MIDI: one part per track with notes, one voice per channel.

    Args:
        data: The file.
        is_played: Whether a performance without a metrical grid is read, too.

    Returns:
        Its note table. Spellings are those of ``STEPS`` and ``ALTERS``, staffs are 0, nothing is a
        grace note. A part is named as its track, its instrument, or the family of its program.

    Raises:
        Refusal: If it has no metrical grid, no notes, or is out of bounds.

    Warns:
        ScoreWarning: If something was mended or left out, such as notes of the percussion channel.
    """
    ticks, tracks, mended = read_tracks(data)
    warn_of(mended)
    found = [track for track in tracks if track.notes]
    check_part_count(len(found))
    if not found:
        msg = "it has no pitched notes"
        raise Refusal(msg)
    last = max(offset for track in found for _, offset, _, _ in track.notes)
    check_length(last / ticks)
    if not is_played:
        _check_grid(np.array([note[0] for track in found for note in track.notes]), ticks)
    meters = _meters(tracks, last)
    divs_pq = common_divisions([ticks], [beat_type for _, _, beat_type in meters])
    written = _time_signature_table(meters, divs_pq // ticks)
    measures, time_signatures = _measures(written, last * (divs_pq // ticks), divs_pq)
    return assemble(
        _found_notes(found, divs_pq // ticks),
        divs_pq,
        PartTable(name=np.array(_names(tracks, found), dtype=np.str_)),
        measures,
        time_signatures,
        key_signature_table(_key_rows(tracks, found, divs_pq // ticks)),
        _title(tracks),
    )


def _names(tracks: list[Track], found: list[Track]) -> list[str]:
    """Names of the tracks with notes; a program holds for its channel in all tracks."""
    programs: dict[int, int] = {}
    for track in reversed(tracks):
        programs |= track.programs
    names = []
    for track in found:
        program = (programs | track.programs).get(track.notes[0][3], -1)
        family = FAMILIES[program // 8] if 0 <= program < 128 else ""
        names.append(track.name or track.instrument or family)
    return names


def _title(tracks: list[Track]) -> str:
    """The name of a first track without notes, which is the title; empty if there is none."""
    name = tracks[0].name if len(tracks) > 1 and not tracks[0].notes else ""
    return "" if NOT_TITLES & set(name.lower().split()) else name


def _check_grid(onset: Ints, ticks: int) -> None:
    """Refuse what was played rather than written.

    Onsets that are played fall on a step of a grid by chance. A score's do so by far more often.
    """
    grid = next((steps for steps in GRIDS if ticks >= TICKS_A_STEP * steps), None)
    if grid is None:  # so few ticks are a grid themselves
        return
    times = np.unique(onset)
    share = max(_share_on_grid(found, ticks / grid) for found in (onset, np.diff(times, prepend=0)))
    if share < LEAST_SHARE_ON_GRID:
        msg = (
            f"only {share:.0%} of its notes start on a 48th of a quarter note, so it is a "
            "performance without a metrical grid; give the score, or quantise the performance with "
            "its beats in a sequencer or by performance-to-score conversion"
        )
        raise Refusal(msg)


def _share_on_grid(times: Ints, step: float) -> float:
    """Share of the times within half a tick of a step."""
    nearest: NDArray[np.float64] = np.round(times / step) * step
    return float(np.mean(np.abs(nearest - times) <= 0.5))


def _meters(tracks: list[Track], last: int) -> list[tuple[int, int, int]]:
    """Time signatures of all tracks before the end, one per time; 4/4 until the first."""
    by_time = {0: (4, 4)}
    for track in tracks:
        for time, beats, beat_type in track.meters:
            check_meter(beats, beat_type)
            if time < last or time == 0:
                by_time[time] = (beats, beat_type)
    return [(time, *by_time[time]) for time in sorted(by_time)]


def _time_signature_table(meters: list[tuple[int, int, int]], factor: int) -> TimeSignatureTable:
    """The table of (tick, beats, beat type), with so many divisions per tick."""
    time, beats, beat_type = np.array(meters, dtype=np.int64).T
    return TimeSignatureTable(onset_div=time * factor, beats=beats, beat_type=beat_type)


def _measures(
    written: TimeSignatureTable, last_div: int, divs_pq: int
) -> tuple[MeasureTable, TimeSignatureTable]:
    """Measures from one time signature to the next, as long as the notes last.

    Returns:
        The measures, and the time signatures as a score has them, see ``_notated``.
    """
    length = written.beats * (4 * divs_pq // written.beat_type)
    start_of, end_of = written.onset_div, np.append(written.onset_div[1:], 0)
    end_of[-1] = start_of[-1] + math.ceil((last_div - start_of[-1]) / length[-1]) * length[-1]
    end_of[-1] = max(end_of[-1], start_of[-1] + length[-1])
    check_measure_count(int(np.sum(-(-(end_of - start_of) // length))))
    sections = zip(start_of, end_of, length, strict=True)
    start = np.concatenate([np.arange(first, last, step) for first, last, step in sections])
    end = np.append(start[1:], end_of[-1])
    notated = _notated(written, end_of - start_of, length)
    measures = measure_table(start, end, [""] * len(start), notated, divs_pq)
    first = 0 if measures.position_div[0] else 1  # a pickup is not counted
    names = np.arange(first, first + len(measures)).astype(np.str_)
    return replace(measures, name=names), notated


def _notated(written: TimeSignatureTable, lasts: Ints, length: Ints) -> TimeSignatureTable:
    """Time signatures as a score has them, where MIDI has some for incomplete measures only.

    A measure says its length in MIDI by a time signature, also if it is incomplete: a pickup of a
    quarter note is a measure of 1/4. So a first measure that is shorter than those that follow is a
    pickup. Two measures that make up one of those around them are a divided measure, and a last one
    that makes up one with the pickup is incomplete. They have the signature of those around them.

    Args:
        written: The time signatures of the file.
        lasts: How long each holds, divisions.
        length: Length of a measure of each, divisions.
    """
    meters = list(zip(written.beats.tolist(), written.beat_type.tolist(), strict=True))
    has_pickup = len(meters) > 1 and lasts[0] == length[0] < length[1]
    if has_pickup:
        meters[0] = meters[1]
    full = length.copy()  # of a measure of the signature that is notated
    full[0] = length[1] if has_pickup else length[0]
    is_single = lasts <= length
    for i in range(1, len(meters)):
        pair = slice(i, i + 2) if is_single[i : i + 2].tolist() == [True] * 2 else slice(i, i + 1)
        fills = lasts[pair].sum() == full[i - 1] and (length[pair] < full[i - 1]).all()
        is_between = meters[i - 1] in meters[pair.stop : pair.stop + 1]
        ends = has_pickup and i == len(meters) - 1 and is_single[i]
        if (fills and is_between) or (ends and lasts[0] + length[i] == full[i - 1]):
            meters[pair] = [meters[i - 1]] * len(meters[pair])
            full[pair] = full[i - 1]
    was = list(zip(written.beats.tolist(), written.beat_type.tolist(), strict=True))
    rows = [
        i
        for i, meter in enumerate(meters)
        if i == 0 or meter != meters[i - 1] or meter == was[i] == was[i - 1]
    ]
    beats, beat_type = np.array([meters[i] for i in rows], dtype=np.int64).T
    return TimeSignatureTable(written.onset_div[rows], beats, beat_type)


def _found_notes(found: list[Track], factor: int) -> FoundNotes:
    """The notes of all tracks, with so many divisions per tick."""
    rows = np.array(
        [(*note, part) for part, track in enumerate(found) for note in track.notes], dtype=np.int64
    )
    onset, offset, key, channel, part = rows.T
    prefix = len(found) > 1
    names = [f"P{p:02d}_n{i}" if prefix else f"n{i}" for i, p in enumerate(part.tolist())]
    return FoundNotes(
        onset_div=onset * factor,
        offset_div=offset * factor,
        step=STEPS[key % 12],
        alter=ALTERS[key % 12],
        octave=key // 12 - 1,
        part=part,
        staff=np.zeros_like(part),
        voice=channel + 1,
        is_grace=np.zeros_like(part),
        note_id=np.array(names, dtype=np.str_),
    )


def _key_rows(
    tracks: list[Track], found: list[Track], factor: int
) -> list[tuple[int, int, int, str]]:
    """Key signatures of each part: those of its track, and of tracks without notes."""
    shared = [key for track in tracks if not track.notes for key in track.keys]
    check_key_count(len(found) * len(shared))
    return [
        (part, time * factor, fifths, mode)
        for part, track in enumerate(found)
        for time, fifths, mode in sorted(shared + track.keys, key=lambda key: key[0])
    ]
