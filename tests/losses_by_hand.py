"""The losses of all kinds of tasks, from what a model says of each piece alone; in numpy."""

import numpy as np
import torch


def labels_end_to_end(task, graphs):
    return {
        head: torch.cat(
            [(g["note"] if task.unit == "note" else g)[task.label_field(head)] for g in graphs]
        )
        for head in task.heads
    }


def class_loss(values, label, task, head):
    """Minus the log-probability of each label, times the weight of its class, on average."""
    known = label >= 0
    count = np.bincount(label[known], minlength=len(task.heads[head])).clip(1)
    weight = count**-0.5
    weight = weight * known.sum() / (np.bincount(label[known], minlength=len(count)) @ weight)
    exp = np.exp(values)
    probability = exp / exp.sum(axis=1, keepdims=True)
    of_label = np.log(probability[np.flatnonzero(known), label[known]])
    return -(weight[label[known]] * of_label).mean()


def number_loss(values, label):
    """1 less the correlation in each piece, and 0.3 of: squared up to a deviation, absolute beyond.

    Args:
        values: What is predicted, an array per piece.
        label: What is wanted, an array per piece.
    """
    is_known = [~np.isnan(x) for x in label]
    every = np.concatenate([x[known] for x, known in zip(label, is_known, strict=True)])
    wanted = [
        (x[k] - every.mean()) / every.std(ddof=1) for x, k in zip(label, is_known, strict=True)
    ]
    found = [x[known] for x, known in zip(values, is_known, strict=True)]
    gap = np.abs(np.concatenate(found) - np.concatenate(wanted))
    unlike = []
    for x, y in zip(found, wanted, strict=True):
        covariance = ((x - x.mean()) * (y - y.mean())).mean()
        unlike.append(1 - covariance / np.sqrt(x.var() * y.var() + 1e-4))
    return np.mean(unlike) + 0.3 * np.where(gap <= 1, gap**2 / 2, gap - 0.5).mean()


def link_loss(all_pairs, graphs):
    """The next note among candidates and none; the note before among those that lead to it."""
    following, before = [], []
    for pairs, graph in zip(all_pairs, graphs, strict=True):
        source, target = pairs.source.numpy(), pairs.target.numpy()
        exp = np.exp(pairs.logit.detach().numpy())
        none = np.exp(pairs.none.detach().numpy())
        for u, v in enumerate(graph["note"].y.tolist()):
            every = exp[source == u].sum() + none[u]
            if v == -1:
                following.append(none[u] / every)
            for link in np.flatnonzero((source == u) & (target == v)):
                following.append(exp[link] / every)
                before.append(exp[link] / exp[target == v].sum())
    return -np.log(following).mean() - np.log(before).mean()


def change_loss(task, alone, graphs):
    """Minus the log-probability of a change, or of none, from each onset to the next of a piece."""
    losses = []
    for outputs, graph in zip(alone, graphs, strict=True):
        labels = np.stack([graph[task.label_field(head)].numpy() for head in task.heads], axis=1)
        odds = np.exp(outputs["change"].detach().numpy()[:, 0])
        for onset in range(1, len(labels)):
            before, now = labels[onset - 1], labels[onset]
            if (before >= 0).all() and (now >= 0).all():
                is_change = (before != now).any()
                losses.append(-np.log((odds[onset] if is_change else 1) / (1 + odds[onset])))
    return np.mean(losses)


def loss_by_hand(task, alone, graphs):
    """Loss of several pieces: the mean over all that has a label, head by head.

    Args:
        task: The task; class weights are those of balance .5 over these labels.
        alone: What the model returns for each piece alone.
        graphs: Their graphs.
    """
    if task.kind == "link":
        return link_loss(alone, graphs)
    if task.kind == "regression":
        return sum(
            number_loss(
                [outputs[head].detach().numpy() for outputs in alone],
                [graph["note"][task.label_field(head)].numpy() for graph in graphs],
            )
            for head in task.heads
        )
    labels = labels_end_to_end(task, graphs)
    outputs = {head: torch.cat([o[head] for o in alone]).detach().numpy() for head in labels}
    total = change_loss(task, alone, graphs) if task.decoding == "harmony" else 0.0
    return total + sum(
        class_loss(outputs[head], label.numpy(), task, head) for head, label in labels.items()
    )
