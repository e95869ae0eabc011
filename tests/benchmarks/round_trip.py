"""What is written is read back: 200 scores of four corpora through MusicXML, MEI and MIDI.

For each score and format the log has a line with the columns that came back otherwise; what a
format cannot hold (docs/path/score.md) is not compared. An interrupted run is resumed.
Run: ``python tests/benchmarks/round_trip.py LOG [SCORES_PER_CORPUS [SUFFIX ...]]``
"""

import json
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from musebench.corpora import CORPORA
from musebench.score import MAX_VOICES, kept_voices, read_score, write_score
from musebench.store import load_notes

NAMES = ("asap", "lieder", "music21_chorales", "mozart_piano_sonatas")
SUFFIXES = (".musicxml", ".mei", ".mid")
PLACEHOLDER = "MusicXML Part"  # what some programs call a part without a name; it is not written
SPELLED = ("pitch", "step", "alter", "octave", "part", "staff", "voice", "is_grace")
OF_NOTES = {".musicxml": SPELLED, ".mei": SPELLED, ".mid": ("pitch", "part")}


def quarters(times, notes):
    return np.round(times / notes.divs_pq, 6).tolist()


def columns_of(notes, suffix, voice):
    """Name of a column -> what is compared."""
    times = [quarters(notes.onset_div, notes), quarters(notes.duration_div, notes)]
    others = notes.columns() | {"voice": voice, "staff": np.maximum(notes.staff, 1)}
    rows = lambda names: sorted(  # noqa: E731
        zip(*times, notes.pitch.tolist(), *(others[name].tolist() for name in names), strict=True)
    )
    found = {name: rows([name]) for name in OF_NOTES[suffix]}
    found |= (midi_measures if suffix == ".mid" else all_measures)(notes)
    keys = notes.key_signatures
    order = np.lexsort([keys.onset_div, keys.part])
    found["key signatures"] = list(
        zip(
            keys.part[order].tolist(),
            quarters(keys.onset_div[order], notes),
            keys.fifths[order].tolist(),
            strict=True,
        )
    )
    found["parts"] = [
        "" if name == PLACEHOLDER else " ".join(name.split()) for name in notes.parts.name.tolist()
    ]
    return found


def all_measures(notes):
    """Measures and time signatures."""
    names = ("beats", "beat_type", "name")
    columns = {f"measures.{name}": getattr(notes.measures, name).tolist() for name in names}
    for name in ("start_div", "end_div", "position_div"):
        columns[f"measures.{name}"] = quarters(getattr(notes.measures, name), notes)
    meters = notes.time_signatures
    rows = (quarters(meters.onset_div, notes), meters.beats.tolist(), meters.beat_type.tolist())
    return columns | {"time signatures": list(zip(*rows, strict=True))}


def midi_measures(notes):
    """Barlines up to the last note, the pickup, and the time signature of most measures.

    An incomplete measure inside the piece has a time signature of its own in MIDI.
    """
    measures = notes.measures
    has_notes = measures.start_div < (notes.onset_div + notes.duration_div).max()
    length = measures.end_div - measures.start_div
    is_whole = length * measures.beat_type == measures.beats * 4 * notes.divs_pq
    rows = zip(quarters(measures.start_div, notes), measures.beats, measures.beat_type, strict=True)
    meters = {str(row) for row, whole in zip(rows, is_whole & has_notes, strict=True) if whole}
    return {
        "barlines": quarters(measures.start_div[has_notes], notes),
        "pickup": quarters(measures.position_div[:1], notes),
        "meters": meters,
    }


def differences(notes, suffix, folder):
    """Columns that come back otherwise -> number of the rows that do, and the first of them."""
    path = folder / f"score{suffix}"
    write_score(notes, path)
    found = read_score(path)
    voice = MAX_VOICES * (np.maximum(notes.staff, 1) - 1) + kept_voices(notes)
    wanted, got = columns_of(notes, suffix, voice), columns_of(found, suffix, found.voice)
    told = {}
    for name, rows in wanted.items():
        if isinstance(rows, set) and rows <= got[name]:
            continue
        if rows != got[name]:
            both = zip(rows, got[name], strict=False)
            first = next(((a, b) for a, b in both if a != b), (len(rows), len(got[name])))
            missing = Counter(map(str, rows)) - Counter(map(str, got[name]))
            told[name] = (missing.total(), str(first))
    return told


def main(log, count=50, suffixes=SUFFIXES):
    warnings.simplefilter("ignore")
    log.touch()
    done = {tuple(json.loads(line)[:3]) for line in log.read_text("utf-8").splitlines()}
    with tempfile.TemporaryDirectory() as folder, log.open("a", encoding="utf-8") as stream:
        for corpus in map(CORPORA.get, NAMES):
            tables = load_notes(corpus).tables
            pieces = list(tables)[:: max(len(tables) // count, 1)][:count]
            for piece in pieces:
                for suffix in suffixes:
                    if (corpus.name, piece, suffix) in done:
                        continue
                    try:
                        told = differences(tables[piece], suffix, Path(folder))
                    except Exception as error:
                        told = {type(error).__name__: (1, str(error)[:300])}
                    stream.write(json.dumps([corpus.name, piece, suffix, told]) + "\n")
                    stream.flush()
    summary(log)


def summary(log):
    """Print how many scores came back whole, and in how many each column differs."""
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    for suffix in SUFFIXES:
        told = [line[3] for line in lines if line[2] == suffix]
        columns = Counter(name for found in told for name in found)
        whole = sum(not found for found in told)
        sys.stdout.write(f"{suffix}: {whole} of {len(told)} whole; {dict(columns)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((sys.argv[2:] or [50])[0]), sys.argv[3:] or SUFFIXES)
