"""What is left of a score that is written as MIDI and made a score again by the shipped models.

Thirty scores of the test splits (fold 0) of five corpora, which no model was trained on. What MIDI
says of key signatures is not used, since sequencers often leave them out. The log has a line per
score, the table is printed at the end; an interrupted run is resumed.
Run: ``python tests/benchmarks/midi_round_trip.py LOG``

Conventions:
    Notes are paired by onset and pitch. *Name*: letter and accidental. *Key*: the key signature at
    the note. *Staff*: in parts of two staves. *Voices*: a staff in a measure has as many voices.
    *Bar lines*: those at the same time, of those in either score. *Ties*: of the notes that are
    tied in either score, those written with as many heads.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from lxml import etree

from musebench import annotate
from musebench.applied.result import is_shown
from musebench.boards import find_board
from musebench.score import kept_voices, read_score, write_score
from musebench.score.writer import to_musicxml
from musebench.splits import read_pieces, split_of_pieces
from musebench.store import load_notes
from musebench.tasks import TASKS

BOARDS = {
    "asap-pitch-spelling": 8,
    "lieder-melody": 7,
    "dcml-voice-separation": 3,
    "chorale-pitch-spelling": 6,
    "dcml-composer": 6,
}
FEWEST, MOST = 100, 1500  # notes
LAYOUT = ("pitch-spelling", "staff-separation", "voice-separation")
COLUMNS = ("names", "keys", "staves", "voices", "bar lines", "ties")


def chosen(board, number):
    """Test pieces of a board, evenly spaced in order of their names."""
    split, tables = split_of_pieces(board), load_notes(find_board(board).corpus).tables
    names = read_pieces(board)["piece_id"][split == "test"].sort_values()
    found = [(name, tables[name]) for name in names if FEWEST <= len(tables[name]) <= MOST]
    return [found[k * len(found) // number] for k in range(number)]


def keys_of(notes):
    """Onset in quarters and pitch of each note, and which of those alike it is."""
    seen = Counter()
    keys = []
    rows = zip(np.round(notes.onset_quarter, 4).tolist(), notes.pitch.tolist(), strict=True)
    for key in rows:
        keys.append((*key, seen[key]))
        seen[key] += 1
    return keys


def heads_of(notes):
    """Number of heads that each note is written with."""
    root = etree.fromstring(to_musicxml(notes, with_ids=True))
    rows = Counter(note.get("id", "").partition("-")[0] for note in root.iter("note"))
    return np.array([rows[f"n{row}"] for row in range(len(notes))])


def voices_of(notes):
    """Part, staff and onset of the measure -> number of voices."""
    found = {}
    start = np.round(notes.measures.start_div[notes.measure_index] / notes.divs_pq, 4).tolist()
    places = zip(notes.part.tolist(), np.maximum(notes.staff, 1).tolist(), start, strict=True)
    for place, voice in zip(places, kept_voices(notes).tolist(), strict=True):
        found.setdefault(place, set()).add(voice)
    return {place: len(voices) for place, voices in found.items()}


def bars_of(notes):
    return set(np.round(notes.measures.start_div / notes.divs_pq, 4).tolist())


def pairs_alike(ours, theirs, both):
    return int((ours[both[:, 0]] == theirs[both[:, 1]]).sum()), len(both)


def compare(before, after):
    """Column -> how many are alike, of how many; and how many notes have a partner."""
    places = {key: row for row, key in enumerate(keys_of(after))}
    both = np.array(
        [(row, places[key]) for row, key in enumerate(keys_of(before)) if key in places]
    )
    name_of = [np.char.add(n.step.astype(str), n.alter.astype(str)) for n in (before, after)]
    two = np.isin(before.part, before.part[before.staff == 2])
    of_two = both[two[both[:, 0]]]
    heads = [heads_of(notes) for notes in (before, after)]
    tied = (heads[0][both[:, 0]] > 1) | (heads[1][both[:, 1]] > 1)
    voices = [voices_of(notes) for notes in (before, after)]
    common = voices[0].keys() & voices[1].keys()
    bars = [bars_of(notes) for notes in (before, after)]
    return {
        "paired": (len(both), len(before)),
        "names": pairs_alike(*name_of, both),
        "keys": pairs_alike(before.key_fifths, after.key_fifths, both),
        "staves": pairs_alike(before.staff, after.staff, of_two),
        "voices": (
            sum(voices[0][p] == voices[1][p] for p in common),
            len(voices[0].keys() | common),
        ),
        "bar lines": (len(bars[0] & bars[1]), len(bars[0] | bars[1])),
        "ties": pairs_alike(*heads, both[tied]),
    }


def round_trip(notes, folder):
    """The score that is made of its MIDI file, as it is read back from MusicXML."""
    others = {name: None for name, task in TASKS.items() if is_shown(task) and name not in LAYOUT}
    write_score(notes, folder / "in.mid")
    found = annotate(folder / "in.mid", models=others, key_signatures="model")
    found.write(folder / "out.musicxml")
    return read_score(folder / "out.musicxml"), found.layout


def table_of(lines):
    rows = [f"| corpus | scores | notes | {' | '.join(COLUMNS)} |"]
    rows.append("|---|---:|---:|" + "---:|" * len(COLUMNS))
    for board in [*BOARDS, "all"]:
        own = [line for line in lines if board in (line["board"], "all")]
        cells = []
        for column in COLUMNS:
            alike, of = np.sum([line[column] for line in own], axis=0) if own else (0, 0)
            cells.append(f"{100 * alike / of:.1f} %" if of else "-")
        num_notes = sum(line["paired"][1] for line in own)
        rows.append(f"| {board} | {len(own)} | {num_notes:,} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main(log):
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    known = {(line["board"], line["piece"]) for line in done}
    for board, number in BOARDS.items():
        for piece, notes in chosen(board, number):
            if (board, piece) in known:
                continue
            with tempfile.TemporaryDirectory() as folder:
                after, models = round_trip(notes, Path(folder))
            line = {"board": board, "piece": piece, "models": models, **compare(notes, after)}
            done.append(line)
            with log.open("a") as file:
                file.write(json.dumps(line) + "\n")
    sys.stdout.write(table_of(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
