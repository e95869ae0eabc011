"""Time and peak memory of building, loading and sampling a score of 10^3 to 10^7 notes.

The score is made up: chords of 1 to 4 notes, durations of 1 to 8 eighths, one note in a hundred
held for eight measures, 4/4. *Build* is ``build_graph``; *load* reads the stored graph as a dataset
does, SHA-256 included; *sample* makes a ``MuseNeighborLoader`` and one epoch of batches. Every
figure is the median of fresh processes; memory is the peak above what the process had before.
Run (Linux): ``PYTHONPATH=tests python tests/benchmarks/growth.py [--largest 7] [--rounds 3]
[--charts FOLDER]``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from made_scores import table_of
from musebench import MuseNeighborLoader, build_graph
from musebench.datasets.graphs_file import read_graphs, write_graphs
from musebench.store import load_folder, write_manifest
from musebench.tasks import PITCH_SPELLING

STAGES = ("build", "load", "sample")
RECIPE = {"score": "made up"}


def made_up_graph(num_notes):
    """A note table, and its graph built with the clock running."""
    random = np.random.default_rng(0)
    chord = np.repeat(np.arange(num_notes), random.integers(1, 5, num_notes))[:num_notes]
    onset = np.cumsum(random.integers(1, 3, num_notes))[chord]
    duration = random.integers(1, 9, num_notes)
    duration[random.random(num_notes) < 0.01] = 64
    notes = table_of(onset, duration)
    return measured(lambda: build_graph(notes, PITCH_SPELLING.inputs, piece_id="made-up"))


def stored_graph(folder):
    """The joined graphs of a folder, of which there is one."""
    data, _ = load_folder(folder, RECIPE, build=None, read=read_graphs)
    return data


def epoch(graph):
    loader = MuseNeighborLoader([graph], [3, 3, 3], subgraph_size=500, batch_size=32)
    return sum(1 for _ in loader)


def measured(run):
    """What ``run`` returns, and the seconds and bytes that it took."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before, start = memory("VmRSS"), time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    return result, {"seconds": seconds, "bytes": memory("VmHWM") - before}


def memory(field):
    """A field of this process' status, bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def run_stage(stage, num_notes, folder):
    """One stage in this process; build writes what the others read."""
    made_up_graph(100)  # what a first call imports is not counted
    if stage == "build":
        graph, found = made_up_graph(num_notes)
        write_graphs(folder, [graph])
        write_manifest(folder, RECIPE)
        values = (value for store in graph.stores for value in store.values())
        found["size"] = sum(value.nbytes for value in values if hasattr(value, "nbytes"))
    elif stage == "load":
        _, found = measured(lambda: stored_graph(folder))
        found["size"] = sum(file.stat().st_size for file in folder.iterdir())
    else:
        graph = stored_graph(folder)
        found = measured(lambda: epoch(graph))[1]
    return found


def run_process(*arguments):
    command = [sys.executable, __file__, "--stage", *map(str, arguments)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def grow(sizes, rounds):
    """Stage -> measure -> number of notes -> median."""
    found = {stage: {} for stage in STAGES}
    for num_notes in sizes:
        results = [run_round(num_notes) for _ in range(rounds)]
        for stage in STAGES:
            for measure in results[0][stage]:
                value = median(result[stage][measure] for result in results)
                found[stage].setdefault(measure, {})[num_notes] = value
    return found


def run_round(num_notes):
    """Stage -> measure -> value, of all stages in turn."""
    with tempfile.TemporaryDirectory() as folder:
        return {stage: run_process(stage, num_notes, folder) for stage in STAGES}


def slope(points):
    """Slope of the line through points in log-log axes."""
    return np.polyfit(np.log(list(points)), np.log(list(points.values())), 1)[0]


def print_table(found):
    for stage in STAGES:
        for measure, unit, scale in (("seconds", "s", 1), ("bytes", "MB", 1e6)):
            points = found[stage][measure]
            values = "".join(f"{value / scale:12.4g}" for value in points.values())
            # Fixed costs flatten the whole line; its end shows how it goes on.
            end = slope(dict(list(points.items())[-2:]))
            sys.stdout.write(f"{stage:8}{unit:4}{values}{slope(points):8.2f}{end:8.2f}\n")
    for stage, where in (("build", "in memory"), ("load", "on disk")):
        rates = (f"{size / num_notes:12.1f}" for num_notes, size in found[stage]["size"].items())
        sys.stdout.write(f"{'bytes a note':12}{''.join(rates)}   {where}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=7, help="notes, as a power of ten")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--charts", type=Path, help="folder of the two charts")
    parser.add_argument("--stage", nargs=3, help="measure one stage in this process")
    arguments = parser.parse_args()
    if arguments.stage:
        stage, num_notes, folder = arguments.stage
        sys.stdout.write(json.dumps(run_stage(stage, int(num_notes), Path(folder))))
        return
    sizes = [10**power for power in range(3, arguments.largest + 1)]
    found = grow(sizes, arguments.rounds)
    sys.stdout.write(f"{'notes':12}{''.join(f'{size:12,}' for size in sizes)}   slope    last\n")
    print_table(found)
    if arguments.charts:
        from chart import draw_growth

        for measure, label in (("seconds", "seconds"), ("bytes", "peak memory, bytes")):
            lines = {stage: found[stage][measure] for stage in STAGES}
            draw_growth(arguments.charts / f"growth-{measure}.svg", lines, "notes", label)


if __name__ == "__main__":
    main()
