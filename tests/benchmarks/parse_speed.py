"""CPU time of read_score as a ratio to partitura's load_musicxml and note_array, on 20 ASAP scores.

Both read the same files in one run, in turns, so that the ratio does not depend on the machine.
Run: ``python tests/benchmarks/parse_speed.py [rounds]``
"""

import sys
import time
import warnings

import partitura

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


def main(rounds=1):
    warnings.simplefilter("ignore")
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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
