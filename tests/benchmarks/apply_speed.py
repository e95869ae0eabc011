"""Pitch spelling of MIDI files by ``musebench.apply``: seconds, and accuracy against the evaluator.

Each score of ASAP's test split is written as MIDI, spelled by a model, written as MusicXML and read
again; its spellings are compared note by note with the original's. The evaluator scores the same
model on the note tables of the board: both accuracies have to be equal.
Run: ``python tests/benchmarks/apply_speed.py [model]``, with the scores at hand.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from musebench import Evaluator, apply, read_score, write_score
from musebench.annotations import spelling_labels
from musebench.boards import find_board
from musebench.evaluation.targets import load_targets
from musebench.models import rules_of
from musebench.store import load_notes

BOARD = "asap-pitch-spelling"
MOVEMENT = "Beethoven/Piano_Sonatas/21-1"
FROM_SCRATCH = """
import time
import torch
start, cpu = time.perf_counter(), time.process_time()
from musebench import apply
apply("pitch-spelling", {source!r}, model={model!r}).write({target!r})
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def round_trip(notes, folder, model):
    """A score that went through MIDI, as it is read again and as applied; seconds."""
    midi, written = folder / "score.mid", folder / "score.musicxml"
    write_score(notes, midi)
    start = time.perf_counter()
    applied = apply("pitch-spelling", midi, model=model)
    applied.write(written)
    seconds = time.perf_counter() - start
    found = read_score(written)
    return found, applied, seconds


def whole_call(source, folder, model):
    """Seconds (wall, CPU) of a new process, but for importing torch."""
    code = FROM_SCRATCH.format(source=str(source), model=model, target=str(folder / "out.musicxml"))
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(map(float, done.stdout.split()))


def compare(target, applied, found, notes):
    """Counts of notes: rightly spelled, labelled, read back as they were, under the right key."""
    wanted, given = target.labels["spelling"], applied.labels["spelling"]
    assert np.array_equal(applied.notes.pitch, notes.pitch), "MIDI lost a note"
    if len(found) == len(notes):
        assert np.array_equal(spelling_labels(found)["spelling"], given), "a spelling was lost"
    same = (sounds_of(notes) & sounds_of(found)).total()
    keys = applied.notes.key_fifths == notes.key_fifths
    counts = ((given == wanted) & (wanted >= 0), wanted >= 0, keys)
    right, labelled, signed = (int(count.sum()) for count in counts)
    return [right, labelled, same, signed]


def sounds_of(notes):
    """Onset, duration and pitch of each note, with how often they occur."""
    times = (
        np.round(column, 6).tolist() for column in (notes.onset_quarter, notes.duration_quarter)
    )
    return Counter(zip(*times, notes.pitch.tolist(), strict=True))


def main(model="ps13s1"):
    """Print a line a piece, and the sums."""
    board = find_board(BOARD)
    tables = load_notes(board.corpus).tables
    targets = load_targets(board, "test", "official", None)
    sums, total_seconds, slowest, predictions = np.zeros(4, dtype=int), 0.0, 0.0, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for target in targets:
            notes = tables[target.piece_id]
            found, applied, seconds = round_trip(notes, folder, model)
            counts = compare(target, applied, found, notes)
            predictions[target.piece_id] = rules_of("pitch-spelling")[model](notes)
            sums += counts
            total_seconds, slowest = total_seconds + seconds, max(slowest, seconds)
            sys.stdout.write(
                f"{target.piece_id}: {len(notes)} notes ({len(found)} read), {seconds:.2f} s, "
                f"right {counts[0]} of {counts[1]}, same {counts[2]}, key {counts[3]}\n"
            )
        source = folder / "movement.mid"
        write_score(tables[MOVEMENT], source)
        times = [whole_call(source, folder, model) for _ in range(3)]
    accuracy = Evaluator(BOARD).eval({"y_pred": predictions})["accuracy"]
    wall, cpu = min(times)
    sys.stdout.write(
        f"accuracy {sums[0] / sums[1]:.6f} after the round trip, {accuracy:.6f} by the evaluator; "
        f"{sums[2]} of {sums[1]} notes as they were; key signatures right {sums[3] / sums[1]:.4f}\n"
        f"{total_seconds:.1f} s for {len(targets)} scores, the slowest {slowest:.2f} s; "
        f"{MOVEMENT} in a new process, torch imported before: {wall:.2f} s, {cpu:.2f} s of CPU\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
