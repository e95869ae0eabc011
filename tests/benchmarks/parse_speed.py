"""Notes per second of CPU time, by format and reader: ours beside four other packages.

All readers of a format read the same files in one run, in turns, so that their ratio does not
depend on the machine: 20 scores of ASAP, and what ``write_score`` makes of them in other formats.
Each gives notes with onset, duration and pitch, and as much beside as it offers; what musebench
gives is more than any (spelling, measures, positions). Packages that are not installed are left
out.
Run: ``python tests/benchmarks/parse_speed.py [scores]``

Files that are named, in MEI, kern or ABC, are compared with verovio alone: ``loadData``, ``getMEI``
and ``renderToTimemap`` of one toolkit, a row per format.
Run: ``python tests/benchmarks/parse_speed.py [rounds] FILE ...``
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


def between_readers(scores):
    """A row per format and reader."""
    chosen = [piece.score for piece in ASAP.pieces[:: -(-len(ASAP.pieces) // scores)]]
    files = list(fetch(ASAP, chosen).values())
    tables = [read_score(path) for path in files]
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


def verovio_reader():
    """A reader of a file by verovio as far as onsets and names."""
    import verovio

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


def main(number=None, files=()):
    warnings.simplefilter("ignore")
    if files:
        against_verovio(files, number or 1)
    else:
        between_readers(number or 20)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:2] if word.isdigit()]
    main(*(numbers or [None]), [Path(word) for word in sys.argv[1 + len(numbers) :]])
