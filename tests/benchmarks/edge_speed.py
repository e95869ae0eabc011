"""Seconds for the edges and the whole graphs of all ASAP scores, against GraphMuse 0.0.5.

Every figure is the median of fresh processes that take turns; what they read is read before the
clock starts. *Kept*: the results of all scores stay in memory, which the system has to provide;
*reused*: the result of a score is freed before the next. Writing alone, ``numpy.full`` of as many
bytes, is the limit of the edges; of the graphs it writes their edges. ``create_score_graph`` is
given the note features; ``build_graph`` computes them, so it is timed without them too. Torch has
one thread: on a busy machine its threads wait for each other.
Run: ``python tests/benchmarks/edge_speed.py [--graphmuse PYTHON] [--chart FILE] [--rounds 5]``,
where PYTHON is one that can import graphmuse==0.0.5.
"""

import argparse
import gc
import os
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np


def with_musebench(scores):
    from musebench import _core

    return [partial(_core.score_edges, s["onset_div"], s["duration_div"]) for s in scores]


def with_graphmuse(scores):
    from graphmuse.samplers import compute_edge_list

    times = [(s["onset_div"].astype(np.int32), s["duration_div"].astype(np.int32)) for s in scores]
    return [partial(compute_edge_list, *columns) for columns in times]


def with_numpy(scores):
    return [partial(numpy_edges, s["onset_div"], s["duration_div"]) for s in scores]


def writing_alone(scores):
    return [partial(write, s["num_edges"]) for s in scores]


def with_build_graph(_):
    from musebench.tasks import PITCH_SPELLING

    return building(PITCH_SPELLING.inputs)


def without_features(_):
    return building(())


def building(inputs):
    from musebench import build_graph

    return [partial(build_graph, notes, inputs) for notes in asap_tables()]


def writing_graphs(scores):
    return [partial(np.full, s["graph_bytes"] // 8, 1) for s in scores]


def with_create_score_graph(scores):
    from graphmuse import create_score_graph

    columns = ("onset_div", "duration_div", "pitch", "onset_beat")
    calls = []
    for s in scores:
        notes = np.rec.fromarrays([s[name] for name in columns], names=columns)
        calls.append(
            partial(
                create_score_graph, s["features"], notes, measures=s["measures"], add_beats=True
            )
        )
    return calls


EDGES = {
    "musebench": with_musebench,
    "GraphMuse": with_graphmuse,
    "numpy": with_numpy,
    "writing alone": writing_alone,
}
GRAPHS = {
    "build_graph": with_build_graph,
    "without features": without_features,
    "create_score_graph": with_create_score_graph,
    "writing edges alone": writing_graphs,
}
OURS = ("musebench", "build_graph", "without features")
BY_GRAPHMUSE = ("GraphMuse", "create_score_graph")


def write(num_edges):
    return [np.full((2, n), 1) for n in num_edges]


def numpy_edges(onset, duration):
    """The edges of a score by searchsorted and repeat, in the order of the core."""
    note, offset = np.arange(len(onset)), onset + duration
    begins = np.diff(onset, prepend=-1) > 0
    first = np.append(np.flatnonzero(begins), len(onset))
    group, start = np.cumsum(begins) - 1, onset[first[:-1]]
    after = np.maximum(np.searchsorted(start, offset), group + 1)
    lasts, silent = duration > 0, np.logical_and.reduceat(duration == 0, first[:-1])
    follows = (after < len(start)) & (lasts | silent[group])
    meets = follows & lasts & (start[np.minimum(after, len(start) - 1)] == offset)
    together = numpy_runs(note, first[group], first[group + 1])
    edges = {
        "onset": together[:, together[0] != together[1]],
        "during": numpy_runs(note, first[group + 1], first[after]),
    }
    for relation, has in (("consecutive", meets), ("rest", follows & ~meets)):
        edges[relation] = numpy_runs(note[has], first[after[has]], first[after[has] + 1])
    return edges


def numpy_runs(source, begin, end):
    """Edges of each source to the notes begin .. end - 1."""
    size = end - begin
    target = np.arange(size.sum()) + np.repeat(begin - np.cumsum(size) + size, size)
    return np.stack([np.repeat(source, size), target])


def asap_tables():
    from musebench import ASAPPitchSpelling

    return list(ASAPPitchSpelling().note_store().tables.values())


def describe(notes):
    """What the sides other than musebench take of a score, as arrays."""
    from musebench import _core
    from musebench.features import note_features
    from musebench.tasks import PITCH_SPELLING

    edges = _core.score_edges(notes.onset_div, notes.duration_div)
    for relation, by_numpy in numpy_edges(notes.onset_div, notes.duration_div).items():
        np.testing.assert_array_equal(by_numpy, edges[relation])
    beat_start, measures = notes.beat_table().start_div, notes.measures
    return {
        **{name: getattr(notes, name) for name in ("onset_div", "duration_div", "pitch")},
        "onset_beat": np.searchsorted(beat_start, notes.onset_div, side="right") - 1.0,
        "measures": np.stack([measures.start_div, measures.end_div], axis=1),
        "features": note_features(notes, PITCH_SPELLING.inputs),
        "num_edges": [edge_index.shape[1] for edge_index in edges.values()],
        "graph_bytes": bytes_of_edges(notes),
    }


def bytes_of_edges(notes):
    """Memory of all edges of a graph, beats and measures and reverses too; shared memory once."""
    from musebench import build_graph

    storages = [e.untyped_storage() for e in build_graph(notes, ()).edge_index_dict.values()]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def seconds(side, how, file):
    """Wall time of one side over all scores, in this process."""
    warnings.simplefilter("ignore")
    with Path(file).open("rb") as stream:
        scores = pickle.load(stream)  # stays: no side finds memory that was freed before it began
    calls = (EDGES | GRAPHS)[side](scores)
    calls[0]()  # what a first call imports is not part of the comparison
    gc.disable()  # as timeit does: a search of all that is imported falls on either side by chance
    kept = []
    start = time.perf_counter()
    for call in calls:
        if how == "kept":
            kept.append(call())
        else:
            call()
    return time.perf_counter() - start


def seconds_of_process(python, *arguments):
    command = [python, __file__, "--side", *map(str, arguments)]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=one_thread)
    return float(process.stdout)


def compare(rounds, graphmuse):
    """(what is built, kept or reused) -> side -> median of the seconds."""
    python = dict.fromkeys(EDGES | GRAPHS, sys.executable)
    python |= dict.fromkeys(BY_GRAPHMUSE, graphmuse)
    times = {
        (title, how): {side: [] for side in sides if python[side]}
        for title, sides in (("edges", EDGES), ("whole graph", GRAPHS))
        for how in ("kept", "reused")
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scores.pickle"
        file.write_bytes(pickle.dumps([describe(notes) for notes in asap_tables()]))
        for _ in range(rounds):
            for (_, how), by_side in times.items():
                for side, found in by_side.items():
                    found.append(seconds_of_process(python[side], side, how, file))
    return {key: {side: median(t) for side, t in sides.items()} for key, sides in times.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--graphmuse", help="a python that can import graphmuse")
    parser.add_argument("--chart", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", nargs=3, help="measure one side in this process")
    arguments = parser.parse_args()
    if arguments.side:
        sys.stdout.write(f"{seconds(*arguments.side)}\n")
        return
    if not arguments.graphmuse:
        sys.stdout.write("GraphMuse is left out: name a python that has it with --graphmuse.\n")
    found = compare(arguments.rounds, arguments.graphmuse)
    sys.stdout.write(f"{'':22}{'':20}{'seconds':>9}  {'to ours':>7}\n")
    for (title, how), sides in found.items():
        ours = next(iter(sides.values()))
        for side, time_taken in sides.items():
            row = f"{f'{title}, {how}':22}{side:20}{time_taken:9.4f}  {time_taken / ours:7.2f}\n"
            sys.stdout.write(row)
    if arguments.chart:
        from chart import draw_bars

        panels = {f"{title}, {how}": sides for (title, how), sides in found.items()}
        draw_bars(arguments.chart, panels, "seconds for 239 scores", OURS)


if __name__ == "__main__":
    main()
