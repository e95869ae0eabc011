"""Made-up scores as files of each format, for what must hold whatever a source looks like.

A score is written as it is, with another order in the source (parts, voices, staves, lines, tones
of a chord), or with other labels (names, keys, parts, staves, fermatas, chords, performances).
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PLAIN, REORDERED, RELABELLED = WAYS = ("plain", "reordered", "relabelled")
SPELLINGS = {60: ("C0", "B1", "D-2"), 61: ("C1", "D-1"), 62: ("D0",), 64: ("E0", "F-1")}
OCTAVE_OF = {"B1": 3}
TPC = {"C0": 0, "B1": 12, "D-2": -12, "C1": 7, "D-1": -5, "D0": 2, "E0": 4, "F-1": -8}
CHORDS = ("C", "C", "1", "None", "major triad", "0", "C")
OTHER_CHORDS = ("g", "g", "5", "None", "dominant seventh chord", "1", "A")
NUM_MEASURES = 6


@dataclass(frozen=True)
class MadeNote:
    """A note: times in quarters; ``lane`` is its place among the voices of the score."""

    onset: int
    duration: int
    midi: int
    spelling: str
    lane: int


@dataclass
class MadeScore:
    """Three lanes of chords, in quarters and halves of 4/4: many notes sound alike."""

    seed: int
    notes: list[MadeNote] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw the notes."""
        random = np.random.default_rng(self.seed)
        for lane in range(3):
            onset = 0
            while onset < 4 * NUM_MEASURES:
                left = 4 - onset % 4
                duration = int(min(random.integers(1, 3), left))
                # Voices to be separated have one tone; a piano has chords.
                tones = 1 + (lane > 0) * int(random.integers(0, 2))
                for midi in random.choice([*SPELLINGS], tones, replace=False).tolist():
                    spelling = str(random.choice(SPELLINGS[midi]))
                    self.notes.append(MadeNote(onset, duration, midi, spelling, lane))
                onset += duration


def musicxml(score: MadeScore, folder: Path, way: str, parts: tuple[tuple[str, int], ...]) -> Path:
    """Write MusicXML; lanes 0, 1 and 2 are in turn those of the staves of these parts."""
    staves = [(name, staff) for name, count in parts for staff in range(1, count + 1)]
    listed = parts[::-1] if way == REORDERED else parts
    lanes = (2, 0, 1) if way == RELABELLED else (0, 1, 2)  # relabelled: other parts and staves
    body = ""
    for name, _ in listed:
        own = [
            (lane, staff)
            for lane in range(3)
            for part, staff in [staves[lanes[lane] % len(staves)]]
            if part == name
        ]
        own = own[::-1] if way == REORDERED else own
        measures = "".join(
            _measure(score, number, own, way, first=number == 0) for number in range(NUM_MEASURES)
        )
        body += f'<part id="{name}">{measures}</part>'
    names = "".join(
        f'<score-part id="{name}"><part-name>{name}</part-name></score-part>' for name, _ in listed
    )
    file = folder / f"{way}.musicxml"
    file.write_text(
        f"<score-partwise><part-list>{names}</part-list>{body}</score-partwise>", "utf-8"
    )
    return file


def _measure(
    score: MadeScore, number: int, own: list[tuple[int, int]], way: str, *, first: bool
) -> str:
    fifths = 3 if way == RELABELLED else 0
    text = f'<measure number="{number + 1}">'
    if first:
        text += (
            f"<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key><time><beats>"
            "4</beats><beat-type>4</beat-type></time></attributes>"
        )
    for place, (lane, staff) in enumerate(own):
        back = "<backup><duration>8</duration></backup>" if place else ""
        voice = 1 + (len(own) - 1 - place if way == REORDERED else place)
        text += back + "".join(
            _chord(score, lane, 4 * number + beat, staff, voice, way) for beat in range(4)
        )
    return text + "</measure>"


def _chord(score: MadeScore, lane: int, onset: int, staff: int, voice: int, way: str) -> str:
    tones = [note for note in score.notes if (note.lane, note.onset) == (lane, onset)]
    tones = tones[::-1] if way == REORDERED else tones
    has_fermata = onset == (4 * NUM_MEASURES - 5 if way == RELABELLED else 4 * NUM_MEASURES - 1)
    text = ""
    for place, note in enumerate(tones):
        spelling = SPELLINGS[note.midi][0] if way == RELABELLED else note.spelling
        octave = OCTAVE_OF.get(spelling, 4)
        text += (
            f"<note>{'<chord/>' * (place > 0)}<pitch><step>{spelling[0]}</step><alter>"
            f"{spelling[1:]}</alter><octave>{octave}</octave></pitch><duration>{2 * note.duration}"
            f"</duration><voice>{voice}</voice><staff>{staff}</staff>"
            f"{'<notations><fermata/></notations>' * has_fermata}</note>"
        )
    return text


def dcml(score: MadeScore, folder: Path, way: str) -> list[Path]:
    """Write DCML's tables: a staff for each lane."""
    rows = sorted(score.notes, key=lambda note: (note.onset, note.lane))
    if way == REORDERED:
        rows.sort(key=lambda note: (note.onset, -note.lane))

    def staff(note: MadeNote) -> int:
        """Of the lane; relabelled, lanes wander from staff to staff."""
        moved = note.lane + (way == RELABELLED) * (note.onset // 4)
        return 3 - note.lane if way == REORDERED else 1 + moved % 3

    notes = [
        {
            "mc": 1 + note.onset // 4, "mc_onset": f"{note.onset % 4}/4",
            "duration": f"{note.duration}/4", "tpc": TPC[note.spelling], "midi": note.midi,
            "staff": staff(note), "voice": 1 + (way == REORDERED), "tied": "",
        }
        for note in rows
    ]  # fmt: skip
    measures = [
        {"mc": i, "mn": i, "keysig": 0, "timesig": "4/4", "act_dur": 1, "mc_offset": 0, "volta": ""}
        for i in range(1, NUM_MEASURES + 1)
    ]
    harmonies = [
        {
            "mc": mc, "mc_onset": onset, "globalkey": "C", "localkey": local,
            "chord": numeral, "numeral": numeral, "figbass": figures, "chord_type": quality,
            "relativeroot": "", "cadence": cadence, "phraseend": sign,
        }
        for mc, onset, local, numeral, figures, quality, cadence, sign in (
            [(1, 0, "vi", "V", "65", "Mm7", "HC", "}"), (2, 0, "vi", "iv", "6", "m", "", "{")]
            if way == RELABELLED
            else [(1, 0, "I", "I", "", "M", "", "{"), (6, 0, "I", "V", "", "M", "PAC", "}")]
        )
    ]  # fmt: skip
    tables = {"notes": notes, "measures": measures, "harmonies": harmonies}
    return [_write(folder / f"{way}.{name}.tsv", table) for name, table in tables.items()]


def augmentednet(score: MadeScore, folder: Path, way: str) -> list[Path]:
    """Write a table of dilemmadata: a voice for each lane."""
    turn = -1 if way == REORDERED else 1
    chord = OTHER_CHORDS if way == RELABELLED else CHORDS
    names = ("localKey", "tonicizedKey", "degree1", "degree2", "quality", "inversion", "root")
    rows = [
        {
            "onset_div": 2 * note.onset, "duration_div": 2 * note.duration,
            "s_offset_frac": note.onset, "s_duration_frac": note.duration, "ks_fifths": 0,
            "ts_beats": 4, "ts_beat_type": 4, "measureNumberWithSuffix": 1 + note.onset // 4,
            "mn_onset": f"{note.onset % 4}/4", "s_midi": note.midi, "s_isOnset": True,
            "s_step": note.spelling[0], "s_alter": note.spelling[1:], "s_voice_id": 1 + note.lane,
            "a_annotationNumber": 0, "valid_chord_label": True,
            **{f"a_{name}": part for name, part in zip(names, chord, strict=True)},
        }
        for note in sorted(score.notes, key=lambda note: (note.onset, turn * note.lane))
    ]  # fmt: skip
    return [_write(folder / f"{way}_joint.tsv", rows)]


def match(score: MadeScore, folder: Path, way: str) -> list[Path]:
    """Write a performance: every note is played."""
    lines = [
        "info(matchFileVersion,1.0.0).", "info(midiClockUnits,480).",
        "info(midiClockRate,500000).", "scoreprop(keySignature,C,0:3,0,0.0000).",
        "scoreprop(timeSignature,4/4,1:1,0,0.0000).",
    ]  # fmt: skip
    signs = {"0": "n", "1": "#", "-1": "b", "-2": "bb"}
    notes = []
    for index, note in enumerate(score.notes):
        place = f"{1 + note.onset // 4}:{1 + note.onset % 4},0,{note.duration}/4"
        octave = OCTAVE_OF.get(note.spelling, 4)
        start, velocity = 480 * note.onset + 7 * note.lane, 40 + index
        if way == RELABELLED:
            start, velocity = 500 * note.onset + 11 * (index % 5), 100 - index
        notes.append(
            f"snote(n{index},[{note.spelling[0]},{signs[note.spelling[1:]]}],{octave},{place},"
            f"{note.onset:.4f},{note.onset + note.duration:.4f},[v{1 + note.lane},staff1])-"
            f"note(p{index},{note.midi},{start},{start + 400},{velocity},0,0)."
        )
    file = folder / f"{way}.match"
    file.write_text("\n".join([*lines, *(notes[::-1] if way == REORDERED else notes)]), "utf-8")
    return [file]


def _write(file: Path, rows: list[dict[str, object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file


WRITERS: dict[str, Callable[[MadeScore, Path, str], list[Path]]] = {
    "dcml": dcml,
    "augmentednet": augmentednet,
    "match": match,
}
