"""Match files, scores aligned to performances -> note table and expressive parameters.

Conventions:
    The score is that of the match file: unfolded, as it was played, one part with staves and
    voices, without key signatures. A note stands where its measure, beat and offset say; where a
    measure starts is told by its first note's onset in beats, of which four decimals are written.
    Parameters of a note: the time of a notated beat at its onset in seconds (``beat_period``), how
    much earlier than that tempo tells it is played in seconds (``timing``), log2 of how long it
    sounds against its written length at that tempo (``articulation_log``; a held pedal prolongs
    it), and its MIDI velocity / 127 (``velocity``). A note that is left out has NaN.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.errors import ScoreError
from musebench.score.assemble import FoundNotes, assemble, key_signature_table, row_at
from musebench.score.augmentednet import fill_measures
from musebench.score.errors import Refusal, naming
from musebench.score.limits import (
    MAX_PARTS,
    check_length,
    check_meter,
    check_note_count,
    check_number,
    common_divisions,
)
from musebench.score.source import read_source
from musebench.score.table import Ints, NoteTable, PartTable, TimeSignatureTable

MATCH_PARSER_VERSION = "2"  # raise it when the same files give other notes or parameters
MAX_MATCH_BYTES = 16 * 2**20  # the largest of the corpora has 1 MB
PARAMETERS = ("beat_period", "timing", "articulation_log", "velocity")
PEDAL_THRESHOLD = 64
SHORTEST_SECONDS = 60 / 200 * 0.25  # of a played note, as partitura's ``to_matched_score`` has it
FINEST = 192  # divisions of a quarter in which rounded onsets are looked for
NEAR = 0.02  # quarters by which an onset in beats may miss the exact one

# No number of a match file has more digits: times are ticks of some hours, or parts of a note.
INT, REAL = "[0-9]{1,9}", r"-?[0-9]{1,9}(?:\.[0-9]{0,20})?"
WRITTEN = f"{INT}(?:/{INT}){{0,2}}"  # a fraction, or one divided again
SCORE_NOTE = re.compile(
    rf"snote\((?P<id>[^,()]+),\[(?P<step>[A-G]),(?P<accidental>[n#bx]*)\],(?P<octave>-?{INT}),"
    rf"(?P<measure>-?{INT}):(?P<beat>{INT}),(?P<offset>{WRITTEN}),(?P<duration>{WRITTEN}),"
    rf"(?P<onset>{REAL}),{REAL},\[(?P<attributes>[^\]]*)\]\)-(?P<rest>.*)"
)
# The pitch is a number in version 1 and a name in those before, where the velocity comes last.
PLAYED = re.compile(
    rf"note\((?P<id>[^,()]+),(?:(?P<pitch>{INT})|\[(?P<step>[A-G]),(?P<accidental>[n#bx]*)\],"
    rf"(?P<octave>-?{INT})),(?P<on>{INT}),(?P<off>{INT}),(?P<first>{INT}),(?P<second>{INT})"
    rf"(?:,{INT})?\)\."
)
SUSTAIN = re.compile(rf"sustain\(({INT}),({INT})\)\.")
METER = re.compile(
    rf"(?:meta\(timeSignature,({INT})/({INT}),-?{INT}|"
    rf"scoreprop\(timeSignature,({INT})/({INT}),[^,]+,[^,]+),({REAL})\)\."
)
FIRST_METER = re.compile(rf"info\(timeSignature,\[({INT})/({INT})\]\)\.")
CLOCK = re.compile(rf"info\(midiClock(Units|Rate),({INT})\)\.")

Parameters = dict[str, NDArray[np.float64]]
Lines = list[re.Match[str]]


@dataclass(frozen=True)
class _File:
    """The lines of a match file, read; meters as (onset in beats, beats, beat type)."""

    score: Lines
    played: Lines
    pedal: list[tuple[int, int]]
    meters: list[tuple[float, int, int]]
    seconds_of_tick: float


def read_performances(files: Sequence[str | Path]) -> tuple[NoteTable, list[Parameters]]:
    """Read a score and its performances from match files.

    Args:
        files: One match file per performance, at least one; all have the same score.

    Returns:
        Note table of the score, and for each file ``PARAMETERS`` -> value of each note, shape
        ``(num_notes,)``, NaN where the performance does not play it.

    Raises:
        ScoreError: If a file is missing, too large, broken or out of bounds, has another score than
            the first, or cannot be encoded.

    Source:
        Parameters by partitura's ``encode_tempo`` (Cancino-Chacon et al., MEC 2022), as
        ``encode_performance`` has them; match files as (n)ASAP publishes them.
    """
    notes: NoteTable | None = None
    found: list[Parameters] = []
    texts: list[list[str]] = []
    for file in files:
        with naming(file, content="a match file"):
            match = _read(file)
            texts.append(sorted(line["id"] + line[0][: line.start("rest")] for line in match.score))
            if texts[0] != texts[-1]:
                msg = f"its score is not that of {files[0]}"
                raise Refusal(msg)
            notes = _to_table(match) if notes is None else notes
            found.append(_encode(match, notes))
    if notes is None:
        msg = "there is no match file to read; give at least one."
        raise ScoreError(msg)
    return notes, found


def _read(file: str | Path) -> _File:
    """Read the lines that say what the score is, and check that none is lost."""
    lines = read_source(file, MAX_MATCH_BYTES).data.decode("utf-8").splitlines()
    score = _matches(SCORE_NOTE, lines, "snote(")
    check_note_count(len(score))
    if not score:
        msg = "it has no notes of a score"
        raise Refusal(msg)
    played = [line for line in map(PLAYED.search, lines) if line]
    num_played = sum("note(" in line.replace("snote(", "") for line in lines)
    if len(played) != num_played:
        msg = f"{num_played - len(played)} of its {num_played} played notes cannot be read"
        raise Refusal(msg)
    found = [*_matches(METER, lines, ("meta(timeSignature", "scoreprop(timeSignature"))]
    meters = [(float(m[5]), int(m[1] or m[3]), int(m[2] or m[4])) for m in found]
    first = _matches(FIRST_METER, lines, "info(timeSignature")
    meters += [(-np.inf, int(m[1]), int(m[2])) for m in first]
    clock = {m[1]: int(m[2]) for m in _matches(CLOCK, lines, "info(midiClock")}
    if not meters or clock.keys() != {"Units", "Rate"} or not clock["Units"]:
        msg = "it has no time signature, or does not say how long a tick is"
        raise Refusal(msg)
    for _, beats, beat_type in meters:
        check_meter(beats, beat_type)
    return _File(
        score=score,
        played=played,
        pedal=[(int(m[1]), int(m[2])) for m in _matches(SUSTAIN, lines, "sustain(")],
        meters=sorted(meters),
        seconds_of_tick=clock["Rate"] / clock["Units"] / 1e6,
    )


def _matches(pattern: re.Pattern[str], lines: Iterable[str], start: str | tuple[str, ...]) -> Lines:
    """The lines that start so.

    Raises:
        Refusal: If one of them cannot be read.
    """
    found = []
    for number, line in enumerate(lines):
        if line.startswith(start):
            match = pattern.fullmatch(line)
            if not match:
                msg = f"line {number + 1} cannot be read: {line[:60]!r}"
                raise Refusal(msg)
            found.append(match)
    return found


def _fraction(text: str) -> Fraction:
    """A sum of no more than ``numerator/denominator[/division]``, as match files write times."""
    numerator, *denominators = (int(number) for number in text.split("/"))
    return Fraction(numerator, math.prod(denominators) or 1)


class _Places:
    """Where the notes of a score stand, in quarter notes from its start."""

    def __init__(self, match: _File) -> None:
        lines = match.score
        beats = np.array([float(line["onset"]) for line in lines])
        times = np.array([time for time, _, _ in match.meters])
        self.meter = np.maximum(np.searchsorted(times, beats + 1e-3, side="right") - 1, 0)
        types = [beat_type for _, _, beat_type in match.meters]
        # Beats of the meters before count in their own length.
        change = np.where(np.isfinite(times), times, 0.0)
        passed = np.cumsum([0.0, *(np.diff(change) * 4 / np.array(types[:-1]))])
        length = 4 / np.array(types)[self.meter]
        rough = passed[self.meter] + (beats - change[self.meter]) * length
        start = min(0.0, float(rough.min()))
        rough -= start
        self.duration = [4 * _fraction(line["duration"]) for line in lines]
        check_length(float(rough.max()) + float(max(self.duration)))
        position = [
            Fraction(4 * (int(line["beat"]) - 1), types[meter]) + 4 * _fraction(line["offset"])
            for line, meter in zip(lines, self.meter.tolist(), strict=True)
        ]
        exact = {time.denominator for time in (*self.duration, *position)}
        self.divs_pq = common_divisions(exact, types)
        self.bar_of: dict[int, Fraction] = {}
        self.first_of: dict[int, int] = {}
        for row in np.argsort(rough, kind="stable").tolist():
            measure = int(lines[row]["measure"])
            if measure not in self.bar_of:
                self.bar_of[measure] = self._near(float(rough[row] - float(position[row])))
                self.first_of[measure] = row
        self.onset: list[Fraction] = []
        for line, within, told in zip(lines, position, rough.tolist(), strict=True):
            onset = self.bar_of[int(line["measure"])] + within
            is_near = abs(float(onset) - told) <= NEAR and onset >= 0
            self.onset.append(onset if is_near else self._near(told))

    def _near(self, quarters: float) -> Fraction:
        """The exact time that a rounded one means: a simple fraction, else the nearest division."""
        simple = Fraction(quarters).limit_denominator(FINEST)
        if self.divs_pq % simple.denominator == 0:
            return simple
        return Fraction(round(quarters * self.divs_pq), self.divs_pq)


def _to_table(match: _File) -> NoteTable:
    """Make the note table of the score in a match file."""
    places, lines = _Places(match), match.score
    divs_pq = places.divs_pq
    onset = np.array([int(time * divs_pq) for time in places.onset], dtype=np.int64)
    offset = onset + np.array([int(time * divs_pq) for time in places.duration], dtype=np.int64)
    starts: list[int] = []
    kept: list[int] = []
    for measure, bar in sorted(places.bar_of.items(), key=lambda item: item[1]):
        start = max(int(bar * divs_pq), 0) if starts else 0
        if not starts or start > starts[-1]:
            starts.append(start)
            kept.append(measure)
    used = [int(places.meter[places.first_of[measure]]) for measure in kept]
    changes = [i for i, meter in enumerate(used) if i == 0 or meter != used[i - 1]]
    signatures = TimeSignatureTable(
        onset_div=np.array([starts[i] for i in changes], dtype=np.int64),
        beats=np.array([match.meters[used[i]][1] for i in changes], dtype=np.int64),
        beat_type=np.array([match.meters[used[i]][2] for i in changes], dtype=np.int64),
    )
    nominal = int(signatures.beats[-1]) * (4 * divs_pq // int(signatures.beat_type[-1]))
    end = max(int(offset.max()), starts[-1] + nominal)
    return assemble(
        _found_notes(lines, onset, offset),
        divs_pq,
        PartTable(name=np.array([""])),
        fill_measures(starts, end, [str(measure) for measure in kept], signatures, divs_pq),
        signatures,
        key_signature_table([]),
    )


def _found_notes(lines: Lines, onset: Ints, offset: Ints) -> FoundNotes:
    """The notes of the score; onsets and ends in divisions."""

    def number(line: re.Match[str], kind: str) -> int:
        found = re.search(rf"\b{kind}([0-9]+)", line["attributes"])
        return check_number(found[1], 0, MAX_PARTS, f"a note has {kind} =") if found else 0

    def column(values: Iterable[int]) -> Ints:
        return np.array(list(values), dtype=np.int64)

    return FoundNotes(
        onset_div=onset,
        offset_div=offset,
        step=np.array([line["step"] for line in lines], dtype="U1"),
        alter=column(_alter(line["accidental"]) for line in lines),
        octave=column(int(line["octave"]) for line in lines),
        part=np.zeros(len(lines), dtype=np.int64),
        staff=column(number(line, "staff") for line in lines),
        voice=column(number(line, "v") for line in lines),
        is_grace=column("grace" in line["attributes"].split(",") for line in lines),
        note_id=np.array([line["id"] for line in lines], dtype=np.str_),
    )


def _alter(accidental: str) -> int:
    """An alteration in semitones, such as 2 of ``##`` or ``x``."""
    return accidental.count("#") + 2 * accidental.count("x") - accidental.count("b")


def _sounding(match: _File) -> dict[str, tuple[float, float, int]]:
    """Onset and duration in seconds and velocity of each played note, by its identifier."""
    from partitura.performance import PerformedPart

    second, notes = match.seconds_of_tick, []
    for line in match.played:
        named = line["pitch"] is None
        midi = (
            pitch.STEP_TO_PITCH_CLASS[line["step"]]
            + _alter(line["accidental"])
            + 12 * (int(line["octave"]) + 1)
            if named
            else int(line["pitch"])
        )
        on, off = second * int(line["on"]), second * int(line["off"])
        velocity = int(line["second"] if named else line["first"])
        times = {"note_on": on, "note_off": off, "sound_off": off}
        notes.append({"id": line["id"], "midi_pitch": midi, "velocity": velocity, **times})
    pedal = [{"number": 64, "time": second * tick, "value": value} for tick, value in match.pedal]
    part = PerformedPart(notes, controls=pedal, sustain_pedal_threshold=PEDAL_THRESHOLD)
    return {
        note["id"]: (note["note_on"], note["sound_off"] - note["note_on"], note["velocity"])
        for note in part.notes
    }


def _encode(match: _File, notes: NoteTable) -> Parameters:
    """The parameters of one performance, in the order of the note table."""
    from partitura.musicanalysis.performance_codec import encode_tempo

    sounding = _sounding(match)
    played = {
        line["id"]: sounding[partner["id"]]
        for line in match.score
        if (partner := PLAYED.fullmatch(line["rest"]))
    }
    rows = np.array([row for row, name in enumerate(notes.note_id.tolist()) if name in played])
    if not len(rows) or notes.onset_div[rows[0]] == notes.onset_div[rows[-1]]:
        msg = "fewer than two onsets of its score are played"
        raise Refusal(msg)
    onset, duration, velocity = np.array([played[notes.note_id[row]] for row in rows]).T
    found = encode_tempo(
        score_onsets=_in_beats(notes)[rows],
        performed_onsets=onset,
        score_durations=(notes.duration_quarter * notes.beat_type / 4)[rows],
        performed_durations=np.maximum(duration, SHORTEST_SECONDS),
    )
    columns: dict[str, Any] = {name: found[name] for name in PARAMETERS} | {
        "velocity": velocity / 127
    }
    parameters = {name: np.full(len(notes), np.nan) for name in PARAMETERS}
    for name, values in columns.items():
        parameters[name][rows] = np.where(np.isfinite(values), values, np.nan)
    return parameters


def _in_beats(notes: NoteTable) -> NDArray[np.float64]:
    """Onset of each note in notated beats from the start of the score."""
    table = notes.time_signatures
    beat_div = 4 * notes.divs_pq / table.beat_type
    passed = np.cumsum([0.0, *(np.diff(table.onset_div) / beat_div[:-1])])
    row = row_at(table.onset_div, notes.onset_div)
    return np.asarray(passed[row] + (notes.onset_div - table.onset_div[row]) / beat_div[row])
