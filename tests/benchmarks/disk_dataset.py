"""A dataset on disk: opening, first batch, memory and batches per second, by number of notes.

The collection is made: pieces of 3,333 notes in four voices, stored by ``ScoreFolder`` as any other
(a reader of its own makes each from the number in its file; of ``--distinct`` pieces the notes
differ, the others are transpositions). Each figure is measured in a process of its own; memory is
without the pages of mapped files.

Run: ``PYTHONPATH=tests/benchmarks python tests/benchmarks/disk_dataset.py --folder FOLDER
[--notes 100000 1000000 ...] [--chart docs/pictures]``; FOLDER needs 90 bytes a note.
"""

import argparse
import io
import json
import os
import pickle
import subprocess
import sys
import time
from functools import lru_cache
from itertools import chain, islice, repeat
from pathlib import Path

import numpy as np

NOTES_PER_PIECE = 3_333
SIZES = (10**5, 10**6, 10**7)
LOADER = {"num_neighbors": [3, 3, 3], "subgraph_size": 500, "batch_size": 32}
STEPS = 8
MEASURED = ("open", "train", "worker", "rate", "listed")


@lru_cache(maxsize=1)
def base_of(seed):
    """Columns of a piece of four voices in 4/4: onsets, durations and pitches."""
    random = np.random.default_rng(seed)
    duration = random.choice([4, 8, 8, 16], (4, NOTES_PER_PIECE // 4 + 1))
    onset = np.cumsum(duration, axis=1) - duration
    pitch = 72 - 8 * np.arange(4)[:, None] + random.integers(-5, 6, duration.shape)
    columns = [values.ravel()[:NOTES_PER_PIECE] for values in (onset, pitch, duration)]
    order = np.lexsort(columns[::-1])
    return [values[order] for values in columns]


def make_piece(number, distinct):
    """The note table of a piece."""
    from musebench.score import (
        KeySignatureTable,
        MeasureTable,
        NoteTable,
        PartTable,
        TimeSignatureTable,
    )

    onset, pitch, duration = base_of(number % distinct)
    pitch = pitch + number // distinct % 12 - 6
    size, start = len(onset), np.arange(0, onset[-1] + 1, 32)
    measures = {name: np.full(len(start), value) for name, value in METER.items()}
    of_notes = {name: np.full(size, value) for name, value in (METER | IN_NOTES).items()}
    del of_notes["position_div"]
    return NoteTable(
        divs_pq=8,
        onset_div=onset,
        duration_div=duration,
        pitch=pitch,
        step=np.array(list("CCDDEFFGGAAB"))[pitch % 12],
        alter=np.array([0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0])[pitch % 12],
        octave=pitch // 12 - 1,
        measure_index=onset // 32,
        measure_position_div=onset % 32,
        note_id=np.char.add("n", np.arange(size).astype(str)),
        is_grace=np.zeros(size, bool),
        **of_notes,
        parts=PartTable(np.array(["Piano"])),
        measures=MeasureTable(
            start_div=start, end_div=start + 32, name=np.arange(len(start)).astype(str), **measures
        ),
        time_signatures=TimeSignatureTable(np.array([0]), np.array([4]), np.array([4])),
        key_signatures=KeySignatureTable(*(np.array([0]) for _ in range(3)), np.array([""])),
    )


METER = {"beats": 4, "beat_type": 4, "position_div": 0}
IN_NOTES = {"part": 0, "staff": 1, "voice": 1, "key_fifths": 0}


def read_made(paths):
    """The reader of the format ``made``: a file holds the number of a piece and that of distinct
    pieces."""
    number, distinct = map(int, paths[0].read_text().split())
    return make_piece(number, distinct), {}


def above_middle_c(notes):
    """A label of each note."""
    return (notes.pitch > 60).astype(np.int64)


def dataset_of(folder, num_notes, distinct):
    """The dataset of a collection; stored on the first call."""
    from musebench import ScoreFolder
    from musebench.annotations import FORMATS, register_format

    if "made" not in FORMATS:
        register_format("made", made="1")(read_made)
    scores = Path(folder) / f"scores-{num_notes}"
    pieces = {
        f"{i:06d}": scores / f"{i // 1000:03d}" / f"{i:06d}.krn"
        for i in range(max(1, num_notes // NOTES_PER_PIECE))
    }
    for i, file in enumerate(pieces.values()):
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{i} {distinct}")
    root = Path(folder) / f"home-{num_notes}"
    options = {"inputs": ["pitch", "duration", "metrical_position"], "labels": above_middle_c}
    return ScoreFolder(pieces, **options, root=root, format="made", name="made", n_jobs=1)


def resident_mb():
    """Memory of this process now, MB: its own, without pages of mapped files.

    Processes share those, and the system takes them back when it needs them.
    """
    with open("/proc/self/statm") as file:  # noqa: PTH123
        _, resident, shared, *_ = map(int, file.read().split())
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE") / 1e6


class ProcessProbe:
    """A transform that reports the memory of the process it runs in."""

    def __call__(self, batch):
        batch.resident_mb = resident_mb()
        return batch


def measure(what, arguments):
    """One kind of figures, as a dict."""
    import torch

    import musebench
    from musebench import MuseNeighborLoader

    torch.set_num_threads(1)
    MuseNeighborLoader, musebench.ScoreFolder  # noqa: B018 (imports lazily)
    before, started = resident_mb(), time.process_time()
    dataset = dataset_of(arguments.folder, arguments.size, arguments.distinct)
    opened = time.process_time() - started
    if what == "open":
        started = time.process_time()
        next(iter(MuseNeighborLoader(dataset, **LOADER)))
        first = time.process_time() - started
        stored = sum(f.stat().st_size for f in Path(dataset.root, "own").rglob("*.arrow"))
        pickled = io.BytesIO()
        pickle.Pickler(pickled).dump(dataset)
        notes = int(dataset.sizes()[0].sum())
        return {
            "pieces": len(dataset),
            "opening, CPU s": opened,
            "first batch, CPU s": first,
            "disk, bytes a note": stored / notes,
            "pickle, MB": pickled.tell() / 1e6,
            "data set, MB": resident_mb() - before,
        }
    if what == "train":
        return {"training process, MB": train(dataset, min(arguments.batches, STEPS))}
    if what == "worker":
        workers = {"num_workers": 4, "multiprocessing_context": "spawn"}
        loader = MuseNeighborLoader(dataset, **LOADER, **workers, transform=ProcessProbe())
        peak = max(batch.resident_mb for batch in islice(loader, arguments.batches))
        return {"worker, MB": peak, "of it imports, MB": before}
    graphs = [dataset[i] for i in range(len(dataset))] if what == "listed" else dataset
    loader = MuseNeighborLoader(graphs, **LOADER)
    batches = chain.from_iterable(repeat(loader))
    used = time.process_time()
    deque_of(islice(batches, arguments.batches))
    cold = arguments.batches / (time.process_time() - used)
    used = time.process_time()
    deque_of(islice(batches, arguments.batches))
    warm = arguments.batches / (time.process_time() - used)
    kind = "in memory" if what == "listed" else "on disk"
    return {f"batches per CPU second, {kind}, first": cold, f"{kind}, then": warm}


def deque_of(batches):
    """Make batches."""
    for _ in batches:
        pass


def train(dataset, num_batches):
    """Steps of the reference model; returns the peak of the memory, MB."""
    import torch

    from musebench import MuseNeighborLoader
    from musebench.models import ScoreModel, read_config

    config = read_config("note-gnn", "asap-pitch-spelling")
    model = ScoreModel("note-gnn", dataset.task, dataset.num_node_features, config)
    optimizer = torch.optim.AdamW(model.parameters())
    peak = 0.0
    for batch in islice(MuseNeighborLoader(dataset, **LOADER), num_batches):
        model.loss(model(batch), batch).backward()
        optimizer.step()
        optimizer.zero_grad()
        peak = max(peak, resident_mb())
    return peak


def run(what, size, arguments):
    """Figures of one kind, measured in a process of its own."""
    options = ["--folder", arguments.folder, "--size", size, "--distinct", arguments.distinct]
    command = [sys.executable, __file__, "--measure", what, *options]
    done = subprocess.run(
        [*map(str, command), "--batches", str(arguments.batches)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure all sizes, or one figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", required=True)
    parser.add_argument("--notes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--distinct", type=int, default=64)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=(*MEASURED, "build"), default=MEASURED)
    parser.add_argument("--chart", type=Path)
    parser.add_argument("--measure", choices=(*MEASURED, "build"), help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure == "build":
        used = time.process_time()
        dataset_of(arguments.folder, arguments.size, arguments.distinct)
        sys.stdout.write(json.dumps({"building, CPU s": time.process_time() - used}) + "\n")
        return
    if arguments.measure:
        sys.stdout.write(json.dumps(measure(arguments.measure, arguments)) + "\n")
        return
    found = {}
    for size in arguments.notes:
        found[size] = run("build", size, arguments)
        for what in arguments.only:
            if what != "listed" or size <= 10**6:
                found[size] |= run(what, size, arguments)
        for name, value in found[size].items():
            sys.stdout.write(f"{size:.0e} notes: {name}: {value:.4g}\n")
        sys.stdout.flush()
    if arguments.chart:
        from chart import draw_growth

        names = ("opening, CPU s", "first batch, CPU s")
        lines = {n: {size: of[n] for size, of in found.items() if n in of} for n in names}
        draw_growth(arguments.chart / "disk-seconds.svg", lines, "notes", "seconds")
        names = ("training process, MB", "worker, MB", "data set, MB")
        lines = {n: {size: of[n] for size, of in found.items() if n in of} for n in names}
        draw_growth(arguments.chart / "disk-memory.svg", lines, "notes", "MB resident")


if __name__ == "__main__":
    main()
