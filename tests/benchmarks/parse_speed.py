"""CPU time of read_score as a ratio to partitura's load_musicxml and note_array, on 20 ASAP scores.

Both read the same files in one run, in turns, so that the ratio does not depend on the machine.
Run: ``python tests/benchmarks/parse_speed.py [rounds]``

Files that are named, in MEI, kern or ABC, are compared with verovio instead: ``loadData``,
``getMEI`` and ``renderToTimemap`` of one toolkit, a row per format.
Run: ``python tests/benchmarks/parse_speed.py [rounds] FILE ...``
"""

import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

import partitura
import verovio

from musebench.corpora import ASAP, fetch
from musebench.score import read_score

ALL_OPTIONS = {
    f"include_{name}": True
    for name in (
        "pitch_spelling",
        "key_signature",
        "time_signature",
        "metrical_position",
        "grace_notes",
        "staff",
        "divs_per_quarter",
    )
}


def cpu_seconds(read, path):
    """CPU time of one reading, seconds."""
    start = time.process_time()
    read(path)
    return time.process_time() - start


def by_partitura(path):
    """Partitura's note array with every column that a note table has."""
    return partitura.load_musicxml(str(path)).note_array(**ALL_OPTIONS)


def verovio_reader():
    """What reads a file by verovio as far as onsets and names."""
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()

    def read(path):
        toolkit.loadData(path.read_text("utf-8", "replace"))
        toolkit.getMEI()
        toolkit.renderToTimemap()

    return read


def against_verovio(files, rounds):
    """A row per format, of files for which verovio takes more than 0.2 s and of all."""
    by_verovio = verovio_reader()
    rows = defaultdict(list)
    for path in files:
        ours = min(cpu_seconds(read_score, path) for _ in range(rounds))
        theirs = min(cpu_seconds(by_verovio, path) for _ in range(rounds))
        rows[path.suffix].append((len(read_score(path)), ours, theirs))
    for suffix, found in sorted(rows.items()):
        for name, some in (("all", found), ("over 0.2 s", [r for r in found if r[2] > 0.2])):
            notes, ours, theirs = map(sum, zip(*some, strict=True)) if some else (0, 1, 1)
            sys.stdout.write(
                f"{suffix} {name}: {len(some)} files, {notes:,} notes, read_score "
                f"{notes / ours:,.0f} notes/s, verovio {notes / theirs:,.0f} notes/s, "
                f"ratio {ours / theirs:.3f}\n"
            )


def main(rounds=1, files=()):
    warnings.simplefilter("ignore")
    if files:
        against_verovio(files, rounds)
        return
    files = list(fetch(ASAP, [piece.score for piece in ASAP.pieces[::12]]).values())
    for read in (read_score, by_partitura):  # imports are not part of the comparison
        read(files[0])
    ours = theirs = 0.0
    for _ in range(rounds):
        for path in files:
            ours += cpu_seconds(read_score, path)
            theirs += cpu_seconds(by_partitura, path)
    sys.stdout.write(
        f"{len(files)} scores, {rounds} rounds: read_score {ours:.2f} s, partitura {theirs:.2f} s, "
        f"ratio {ours / theirs:.3f}\n"
    )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:2] if word.isdigit()]
    main(*(numbers or [1]), [Path(word) for word in sys.argv[1 + len(numbers) :]])
