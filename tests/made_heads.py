"""Tasks, labels and batches for the tests of heads."""

import numpy as np
import torch

from made_scores import table_of
from musebench.annotations import IGNORE_LABEL
from musebench.graph import build_task_graph, candidate_pairs
from musebench.models import ScoreModel, read_config
from musebench.pitch import MIN_TPC

CONFIG = read_config("note-gnn", "lieder-melody", hidden=16, num_layers=2, dropout=0.0)


def labels_of(task, notes, random):
    """Made-up labels of a score; a few are missing."""
    sizes = {"note": len(notes), "onset": len(set(notes.onset_div.tolist())), "graph": 1}
    size, labels = sizes[task.unit], {}
    for head, classes in task.heads.items():
        if task.kind == "link":
            pairs = candidate_pairs(notes).numpy()
            following = np.full(size, -1)
            for u, v in pairs.T[::-1]:  # the nearest one remains
                following[u] = v
            labels[head] = following
        elif task.kind == "regression":
            labels[head] = random.normal(3, 2, size).astype(np.float32)
            labels[head][random.random(size) < 0.2] = np.nan
        elif head == "spelling":
            labels[head] = (7 * notes.pitch) % 12 - MIN_TPC  # one that sounds as the note
        else:
            # In the middle of the classes, so that there is room to transpose.
            middle = (len(classes) - 1) // 2
            labels[head] = random.integers(middle, middle + 2, size)
            if size > 1:
                labels[head][random.random(size) < 0.2] = IGNORE_LABEL
    return labels


def graph_of(task, seed, num_notes=60, labels_of=labels_of, *, melody=False):
    random = np.random.default_rng(seed)
    onset = np.sort(random.integers(0, num_notes, num_notes))
    duration = random.integers(1, 4, num_notes)
    if melody:
        onset, duration = np.arange(num_notes), np.ones(num_notes)
    notes = table_of(onset, duration)
    return build_task_graph(notes, task, labels_of(task, notes, random), piece_id=str(seed))


def model_of(task, graph):
    torch.manual_seed(0)
    return ScoreModel("note-gnn", task, graph.num_node_features, CONFIG)
