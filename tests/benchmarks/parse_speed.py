"""Notes per second of CPU time, by format and reader: ours beside four other packages.

All readers of a format read the same files in one run, in turns, so that their ratio does not
depend on the machine: 20 scores of ASAP, and what ``write_score`` makes of them in other formats.
Each gives notes with onset, duration and pitch, and as much beside as it offers; what musebench
gives is more than any (spelling, measures, positions). Packages that are not installed are left
out.
Run: ``python tests/benchmarks/parse_speed.py [scores]``
"""

import importlib.util
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path

from musebench import read_score, write_score
from musebench.corpora import ASAP, fetch

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


def by_partitura(path):
    """Partitura's note array with every column that a note table has."""
    import partitura

    if path.suffix == ".mid":
        return partitura.load_score_midi(str(path)).note_array()
    return partitura.load_musicxml(str(path)).note_array(**ALL_OPTIONS)


def by_music21(path):
    """Notes of a stream; a cache of files that were parsed before is not used."""
    from music21 import converter

    return list(converter.parse(str(path), forceSource=True).flatten().notes)


def by_verovio(path):
    """Times of all notes, engraved first."""
    import verovio

    toolkit = verovio.toolkit()
    assert toolkit.loadFile(str(path))
    return toolkit.renderToTimemap()


def by_symusic(path):
    """Notes of MIDI tracks."""
    import symusic

    return symusic.Score(str(path)).tracks


READERS = {
    "musebench": read_score,
    "partitura": by_partitura,
    "music21": by_music21,
    "verovio": by_verovio,
    "symusic": by_symusic,
}
# Format -> suffix, and what reads it.
FORMATS = {
    "MusicXML": (".musicxml", ("musebench", "partitura", "music21", "verovio")),
    "MIDI": (".mid", ("musebench", "partitura", "music21", "symusic")),
}


def cpu_seconds(read, path):
    """CPU time of one reading, seconds."""
    start = time.process_time()
    read(path)
    return time.process_time() - start


def files_of(suffix, files, notes, folder):
    """The same scores in a format: as they are, or written in it."""
    if suffix == files[0].suffix:
        return files
    written = [folder / f"{number}{suffix}" for number in range(len(files))]
    for path, table in zip(written, notes, strict=True):
        write_score(table, path)
    return written


def installed(names):
    """Those of the readers whose package is there."""
    return [name for name in names if importlib.util.find_spec(name)]


def main(scores=20):
    warnings.simplefilter("ignore")
    chosen = [piece.score for piece in ASAP.pieces[:: -(-len(ASAP.pieces) // scores)]]
    files = list(fetch(ASAP, chosen).values())
    tables = [read_score(path, edition=1) for path in files]
    total = sum(map(len, tables))
    lines = [f"{len(files)} scores, {total:,} notes; notes per second, ratio of time to musebench"]
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, readers) in FORMATS.items():
            paths, seconds = files_of(suffix, files, tables, Path(folder)), defaultdict(float)
            for reader in installed(readers):
                READERS[reader](paths[0])  # imports are not part of the comparison
            for path in paths:
                for reader in installed(readers):
                    seconds[reader] += cpu_seconds(READERS[reader], path)
            for reader, spent in seconds.items():
                ratio = spent / seconds["musebench"]
                lines.append(f"{name:10}{reader:12}{total / spent:12,.0f}{ratio:8.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
