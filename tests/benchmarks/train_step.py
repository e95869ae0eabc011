"""Time of a layer and of a training step as a ratio to plain PyG with the same parameters.

Ours and PyG's ``HeteroConv(SAGEConv)``, without and with its ``trim_to_layer``, work in turns on a
mini-batch of ASAP (32 windows of 500 notes, 3 neighbours for each relation and hop, 3 layers), two
threads. Results are compared before times. A layer is a forward and a backward pass over the whole
batch; a step is forward, loss, backward and AdamW.
Run: ``PYTHONPATH=tests python tests/benchmarks/train_step.py [--rounds N] [--chart FILE]``
"""

import argparse
import copy
import statistics
import sys
import time
from pathlib import Path

import torch
from chart import draw_bars

from musebench import ASAPPitchSpelling, MuseNeighborLoader
from musebench.models import ScoreModel, read_config
from musebench.models.adjacency import Adjacency
from musebench.tasks import PITCH_SPELLING
from plain_sage import PlainSAGE

OURS, PLAIN, TRIMMED = "musebench", "HeteroConv", "HeteroConv, trim_to_layer"
NUM_LAYERS = 3
MODELS = {"note-gnn": "NoteGNN", "metrical-gnn": "MetricalGNN"}


def model_of(name, batch, hidden):
    """A model without dropout, so that results can be compared."""
    torch.manual_seed(0)
    changes = {"hidden": hidden, "num_layers": NUM_LAYERS, "dropout": 0.0}
    config = read_config(name, "asap-pitch-spelling", **changes)
    return ScoreModel(name, PITCH_SPELLING, batch.num_node_features, config)


def layers(name, batch, hidden):
    """Name -> forward and backward pass of one layer, which returns the result."""
    encoder = model_of(name, batch, hidden).encoder
    counts = {node_type: batch[node_type].num_nodes for node_type in encoder.node_types}
    edges = {edge_type: batch[edge_type].edge_index for edge_type in encoder.edge_types}
    x = {t: torch.randn(n, hidden, requires_grad=True) for t, n in counts.items()}
    ours, plain = encoder.layers[0], PlainSAGE(encoder).convs[0]
    adjacency = Adjacency(edges, counts, torch.float32)  # made once a batch

    def run_plain():
        message = plain(x, edges)
        return {t: own(x[t]) + message[t] for t, own in ours.own.items()}

    def with_backward(forward):
        def run():
            out = torch.cat(list(forward().values()))
            out.sum().backward()
            return out.detach()

        return run

    return {OURS: with_backward(lambda: ours(x, adjacency)), PLAIN: with_backward(run_plain)}


def steps(name, batch, hidden):
    """Name -> training step, which returns the logits."""
    ours = model_of(name, batch, hidden)
    models = {OURS: ours, PLAIN: copy.deepcopy(ours), TRIMMED: copy.deepcopy(ours)}
    for kind in (PLAIN, TRIMMED):
        models[kind].encoder = PlainSAGE(models[kind].encoder, trim=kind == TRIMMED)

    def step_of(model):
        optimizer = torch.optim.AdamW(model.parameters())

        def run():
            optimizer.zero_grad()
            logits = model(batch)
            model.loss(logits, batch).backward()
            optimizer.step()
            return logits["key_signature"].detach()

        return run

    return {kind: step_of(model) for kind, model in models.items()}


def milliseconds(runs, rounds):
    """Median time of each run; in the first round their results are compared."""
    results = {kind: run() for kind, run in runs.items()}
    for result in results.values():
        torch.testing.assert_close(result, results[OURS], atol=1e-5, rtol=0)
    times = {kind: [] for kind in runs}
    for _ in range(rounds):
        for kind, run in runs.items():
            start = time.perf_counter()
            run()
            times[kind].append(1000 * (time.perf_counter() - start))
    return {kind: statistics.median(values) for kind, values in times.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--chart", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(2)
    loader = MuseNeighborLoader(ASAPPitchSpelling(split="train"), [3] * NUM_LAYERS, 500, 32)
    batch = next(iter(loader))
    sizes = {node_type: batch[node_type].num_nodes for node_type in batch.node_types}
    sys.stdout.write(f"nodes {sizes}, targets {batch['note'].batch_size}; ms, and ratio to ours\n")
    panels = {}
    for hidden in (256, 128):
        for name, title in MODELS.items():
            for what, make in (("layer", layers), ("training step", steps)):
                panel = f"{title}, {what}, hidden {hidden}"
                panels[panel] = milliseconds(make(name, batch, hidden), options.rounds)
                ours = panels[panel][OURS]
                for kind, value in panels[panel].items():
                    sys.stdout.write(f"{panel:40} {kind:26} {value:8.0f} {value / ours:6.2f}\n")
    if options.chart:
        draw_bars(options.chart, panels, "milliseconds", [OURS])


if __name__ == "__main__":
    main()
