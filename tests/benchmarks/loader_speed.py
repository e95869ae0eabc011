"""Mini-batches a second: MuseNeighborLoader against GraphMuse 0.0.5's loader of the same name.

All scores of the ASAP dataset, batches of 32 windows of 500 notes, three neighbours a relation in
each of three hops, 25 features, one process. Each side in processes of its own, in turns; the
median of the rounds. GraphMuse needs torch_sparse and torch_scatter, which compile for half an
hour: name the Python of an environment that has them (after torch and torch_geometric, ``pip
install --no-build-isolation torch_sparse torch_scatter`` and ``pip install --no-deps
graphmuse==0.0.5``).

Run: ``python tests/benchmarks/loader_speed.py --graphmuse PYTHON [--rounds N] [--chart FILE]``
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain, islice, repeat
from pathlib import Path

import numpy as np
import torch

BATCH, WINDOW, NEIGHBORS, NUM_FEATURES = 32, 500, [3, 3, 3], 25
KINDS = ("note relations", "with beats and measures")
NUM_BATCHES = {"musebench": 400, "graphmuse": 8}


def batches_per_second(loader, num_batches):
    """Rate after a first batch, and the mean number of targets."""
    batches = chain.from_iterable(repeat(loader))
    next(batches)
    started, num_notes = time.perf_counter(), []
    for batch in islice(batches, num_batches):
        num_notes.append(batch["note"].num_nodes)
    assert len(num_notes) == num_batches
    return num_batches / (time.perf_counter() - started), statistics.mean(num_notes)


def musebench_side(folder, metrical):
    """Ours, from the graphs of the dataset."""
    from musebench import ASAPPitchSpelling, MuseNeighborLoader

    graphs = list(ASAPPitchSpelling())
    for graph in graphs:
        x = graph["note"].x
        graph["note"].x = torch.cat([x, x[:, : NUM_FEATURES - x.size(1)]], dim=1)
    return MuseNeighborLoader(graphs, NEIGHBORS, WINDOW, BATCH, metrical=metrical)


def graphmuse_side(folder, metrical):
    """Theirs, from graphs that their own builder makes of the same notes."""
    from graphmuse import create_score_graph
    from graphmuse.loader import MuseNeighborLoader

    graphs = []
    for file in sorted(Path(folder).glob("*.npz")):
        with np.load(file) as stored:
            measures = stored["measures"] if metrical else None
            features = np.zeros((len(stored["notes"]), NUM_FEATURES), dtype=np.float32)
            graphs.append(
                create_score_graph(features, stored["notes"], measures=measures, add_beats=metrical)
            )
    return MuseNeighborLoader(graphs, NEIGHBORS, subgraph_size=WINDOW, batch_size=BATCH)


def write_scores(folder):
    """The notes and measures of all scores in the form that GraphMuse takes."""
    from musebench import ASAPPitchSpelling

    dataset = ASAPPitchSpelling()
    tables = dataset.note_store().tables
    for i, piece in enumerate(dataset.pieces["piece_id"]):
        table = tables[piece]
        fields = {
            "onset_div": table.onset_div,
            "duration_div": table.duration_div,
            "pitch": table.pitch,
            "onset_beat": table.onset_div / table.divs_pq,
        }
        notes = np.zeros(len(table), dtype=[(name, v.dtype) for name, v in fields.items()])
        for name, values in fields.items():
            notes[name] = values
        start, end = table.measures.start_div, table.measures.end_div
        np.savez(Path(folder) / f"{i:03}.npz", notes=notes, measures=np.stack([start, end], axis=1))


def run(side, python, folder, kind):
    """Rate of one side, measured in a process of its own."""
    command = [python, __file__, "--side", side, "--folder", folder, "--kind", kind]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rate, num_notes = map(float, done.stdout.split()[-2:])
    return rate, num_notes


def compare(graphmuse, rounds):
    """Kind -> side -> median rate."""
    pythons = {"musebench": sys.executable} | ({"graphmuse": graphmuse} if graphmuse else {})
    medians = {}
    with tempfile.TemporaryDirectory() as folder:
        write_scores(folder)
        for kind in KINDS:
            rates = {side: [] for side in pythons}
            for _ in range(rounds):
                for side, python in pythons.items():
                    rates[side].append(run(side, python, folder, kind))
            medians[kind] = {}
            for side, found in rates.items():
                rate, num_notes = (statistics.median(values) for values in zip(*found, strict=True))
                medians[kind][side] = rate
                sys.stdout.write(
                    f"{kind}: {side} {rate:.1f} batches/s of {num_notes:,.0f} notes "
                    f"(from {min(found)[0]:.1f} to {max(found)[0]:.1f})\n"
                )
            if graphmuse:
                ratio = medians[kind]["musebench"] / medians[kind]["graphmuse"]
                sys.stdout.write(f"{kind}: ratio {ratio:.0f}\n")
    return medians


def main():
    """Measure one side, or both in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graphmuse", metavar="PYTHON", help="Python that can import graphmuse")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chart", type=Path)
    parser.add_argument("--side", choices=NUM_BATCHES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        make = musebench_side if arguments.side == "musebench" else graphmuse_side
        loader = make(arguments.folder, arguments.kind == KINDS[1])
        rate, num_notes = batches_per_second(loader, NUM_BATCHES[arguments.side])
        sys.stdout.write(f"{rate} {num_notes}\n")
        return
    medians = compare(arguments.graphmuse, arguments.rounds)
    if arguments.chart:
        from chart import draw_bars

        draw_bars(arguments.chart, medians, "mini-batches per second", ["musebench"])


if __name__ == "__main__":
    main()
