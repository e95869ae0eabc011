"""Every metric of every task, computed a second time from its definition.

With scikit-learn and loops over notes, works and folds; nothing of the evaluation is used but the
evaluator whose numbers are compared. The pieces are random: five works, some of several pieces,
three folds, one music that is there twice and weighs a half, notes without labels.
"""

from collections import defaultdict

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
)

from musebench.evaluation import Evaluator, PieceTarget
from musebench.tasks import TASKS

WORKS = ["u", "u", "u", "v", "w", "w", "x", "y"]
WEIGHTS = [1, 0.5, 0.5, 1, 1, 1, 1, 1]
FOLDS = [0, 0, 0, 1, 1, 1, 2, 2]
OPINIONS = 3
NO_LABEL = -100


class Piece:
    """Labels, predictions and columns of a piece."""

    def __init__(self, task, number, random):
        self.name, self.work = f"p{number}", WORKS[number]
        self.weight, self.fold = WEIGHTS[number], FOLDS[number]
        size = 1 if task.kind == "graph" else int(random.integers(20, 40))
        onset = np.sort(random.integers(0, size // 2 + 1, size))
        self.columns = {
            "duration_div": random.integers(0, 2, size),
            "quarters_to_next": random.random(size) + 0.1,
            "beat_time": 4 * np.cumsum(random.integers(1, 3, size)),
            "beat_length": np.full(size, 4),
            "twin": np.arange(size),
            "onset_index": np.unique(onset, return_inverse=True)[1],
        }
        self.opinions, self.scores = [], {}
        make = {"link": self._links, "regression": self._numbers}.get(task.kind, self._classes)
        make(task, size, random)

    def _classes(self, task, size, random):
        self.y, self.p = {}, {}
        gaps = random.random(size) < 0.1 * (size > 1)
        for head, classes in task.heads.items():
            few = min(len(classes), 4)
            y = random.integers(0, few, size)
            p = np.where(random.random(size) < 0.6, y, random.integers(0, few, size))
            if head in ("spelling", "key_signature"):  # some pieces are moved by 12 fifths
                y = y + (random.integers(0, 2) * 12 if head == "spelling" else 11)
                p = np.where(random.random(size) < 0.8, y, p)
                p = p + 12 * (head == "spelling" and self.name in {"p0", "p4"})
                p = np.where(p - 12 * (head == "key_signature") >= 0, p % len(classes), p)
            self.y[head], self.p[head] = np.where(gaps, NO_LABEL, y), p
        if task.has_events:
            head = task.main_head
            scores = random.integers(0, 6, (size, len(task.heads[head])))
            self.scores[f"{head}_score"] = scores

    def _numbers(self, task, size, random):
        for number in range(OPINIONS):
            made = {head: random.normal(size=size) for head in task.heads}
            for values in made.values():
                values[random.random(size) < 0.2 * (number > 0)] = np.nan
            self.opinions.append(made)
        heads = list(task.heads)
        self.y = {head: np.nanmean([o[head] for o in self.opinions], axis=0) for head in heads}
        self.p = {head: random.normal(size=size) for head in heads}
        self.p[heads[-1]] = np.full(size, 0.1)

    def _links(self, task, size, random):
        self.y, self.p = {}, {}
        for columns, share in ((self.y, 1.0), (self.p, 0.7)):
            order = np.flatnonzero(random.random(size) < 0.9)
            following = np.full(size, -1)
            following[order[:-1]] = np.where(random.random(len(order) - 1) < share, order[1:], -1)
            columns["next_note"] = following

    def target(self):
        return PieceTarget(
            self.name,
            self.work,
            "Anon",
            self.y,
            self.columns,
            weight=self.weight,
            fold=self.fold,
            opinions=self.opinions,
        )


def over_works(parts):
    """Mean over works, and the pooled ratio, of (piece, numerator, denominator)."""
    of_works = defaultdict(lambda: [0.0, 0.0])
    for piece, top, bottom in parts:
        of_works[piece.work][0] += piece.weight * top
        of_works[piece.work][1] += piece.weight * bottom
    counted = [(top, bottom) for top, bottom in of_works.values() if bottom > 0]
    tops, bottoms = zip(*counted, strict=True)
    return np.mean([t / b for t, b in counted]), sum(tops) / sum(bottoms)


def share(pieces, is_right, counts=None, weight=None):
    parts = []
    for piece in pieces:
        size = len(next(iter(piece.y.values())))
        top = bottom = 0.0
        for i in range(size):
            if counts is None or counts(piece, i):
                w = 1.0 if weight is None else weight(piece, i)
                top, bottom = top + w * bool(is_right(piece, i)), bottom + w
        parts.append((piece, top, bottom))
    return over_works(parts)


def labelled(head):
    return lambda piece, i: piece.y[head][i] != NO_LABEL


def equal(*heads):
    return lambda piece, i: all(piece.y[head][i] == piece.p[head][i] for head in heads)


def joined(pieces, head):
    """Labels, predictions and weights of all labelled values."""
    rows = [
        (piece.y[head][i], piece.p[head][i], piece.weight)
        for piece in pieces
        for i in range(len(piece.y[head]))
        if piece.y[head][i] != NO_LABEL
    ]
    return [np.array(column) for column in zip(*rows, strict=True)]


def class_metrics(task, pieces, names):
    head = task.main_head
    y, p, w = joined(pieces, head)
    classes = list(task.heads[head])
    found = {}
    ranked = [1, 2, 3] if task.name == "cadence" else sorted({*y, *p})
    found["macro_f1"] = f1_score(y, p, labels=ranked, average="macro", sample_weight=w)
    for number, name in enumerate(classes):
        if number in {*y, *p}:
            one = f1_score(y, p, labels=[number], average=None, sample_weight=w)[0]
            found[f"f1_{name.lower()}"] = one
    if len(classes) == 2:
        found["f1"] = f1_score(y, p, sample_weight=w)
        found["precision"] = precision_score(y, p, sample_weight=w)
        found["recall"] = recall_score(y, p, sample_weight=w)
    found["accuracy"], found["accuracy_pooled"] = share(pieces, equal(head), labelled(head))
    assert found["accuracy_pooled"] == pytest.approx(accuracy_score(y, p, sample_weight=w))
    found["error_rate"] = 100 - 100 * found["accuracy"]
    return {name: value for name, value in found.items() if name in names}


def average_precisions(task, pieces):
    head = task.main_head
    found = {}
    for number, name in enumerate(task.heads[head]):
        of_folds = []
        for fold in sorted(set(FOLDS)):
            rows = [
                (piece.y[head][i] == number, piece.scores[f"{head}_score"][i][number], piece.weight)
                for piece in pieces
                if piece.fold == fold
                for i in range(len(piece.y[head]))
                if piece.y[head][i] != NO_LABEL
            ]
            y, s, w = zip(*rows, strict=True)
            if any(y):
                of_folds.append(average_precision_score(y, s, sample_weight=w))
        if of_folds:
            found[name] = np.mean(of_folds)
    ranked = ["PAC", "IAC", "HC"] if task.name == "cadence" else ["yes"]
    every = {f"average_precision_{name.lower()}": value for name, value in found.items()}
    return every | {"average_precision": np.mean([found[name] for name in ranked])}


def matches(times, predicted, tolerance):
    """The most pairs within the tolerance, by augmenting paths."""
    partner = {}

    def find(i, seen):
        for j, other in enumerate(predicted):
            if abs(times[i] - other) <= tolerance and j not in seen:
                seen.add(j)
                if j not in partner or find(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return sum(find(i, set()) for i in range(len(times)))


def event_metrics(task, pieces):
    head, found = task.main_head, {}
    names = {
        "cadence": ("any_cadence_f1", "any_cadence_f1_within_beat"),
        "phrase": ("boundary_f1", "boundary_f1_within_beat"),
    }[task.name]
    for name, beats in zip(names, (0, 1), strict=True):
        hit = said = true = 0.0
        for piece in pieces:
            known, time = piece.y[head] != NO_LABEL, piece.columns["beat_time"]
            times, predicted = time[known & (piece.y[head] > 0)], time[known & (piece.p[head] > 0)]
            hit += piece.weight * matches(times, predicted, 4 * beats)
            said, true = (
                said + piece.weight * len(predicted),
                true + piece.weight * len(times),
            )
        found[name] = 2 * hit / (said + true)
        if name == "boundary_f1":
            found |= {"boundary_precision": hit / said, "boundary_recall": hit / true}
    return found


def spelling_metrics(pieces):
    for piece in pieces:
        signatures = piece.y["key_signature"][piece.y["key_signature"] != NO_LABEL] - 7
        commonest = np.bincount(signatures + 7).argmax() - 7
        y, p = piece.y["spelling"], piece.p["spelling"]
        known = y != NO_LABEL
        best, piece.shift = -1, 0
        for shift in (0, 12, -12):
            # The label moved by -shift is what was predicted: the piece as it would be written.
            if shift and abs(commonest - shift) > 7:
                continue
            right = int((known & (y == p + shift)).sum())
            if right > best:
                best, piece.shift = right, shift
    found = {}
    for name, head in (("", "spelling"), ("key_signature_", "key_signature")):
        moved = lambda piece, i, head=head: piece.y[head][i] == piece.p[head][i] + piece.shift  # noqa: E731
        put(found, f"{name}accuracy", share(pieces, equal(head), labelled(head)))
        put(found, f"{name}accuracy_up_to_shift", share(pieces, moved, labelled(head)))
    known = labelled("spelling")

    def is_altered(piece, i):  # F C G D A E B are classes 14 to 20
        return known(piece, i) and not 14 <= piece.y["spelling"][i] <= 20

    def lasts(piece, i):
        return known(piece, i) and piece.columns["duration_div"][i] > 0

    right = equal("spelling")
    put(found, "accuracy_altered", share(pieces, right, is_altered))
    put(found, "accuracy_without_zero_duration", share(pieces, right, lasts))
    found["error_rate"] = 100 - 100 * found["accuracy"]
    return found


def put(found, name, values):
    found[name], found[f"{name}_pooled"] = values


def numeral_metrics(task, pieces):
    heads, found = list(task.heads), {}
    known = labelled(heads[0])  # an onset has all labels or none
    put(found, "roman_numeral_accuracy", share(pieces, equal(*heads), known))
    for head in heads:
        put(found, f"{head}_accuracy", share(pieces, equal(head), known))
    if task.name == "roman-numeral":
        without = ("degree", "applied_degree", "quality", "inversion")
        put(found, "chord_accuracy", share(pieces, equal("quality", "inversion", "root"), known))
    else:
        without = ("degree1", "degree2", "quality", "inversion")
        published = share(pieces, equal("local_key", *without), known)
        put(found, "roman_numeral_accuracy_published", published)
        put(found, "degree_accuracy", share(pieces, equal("degree1", "degree2"), known))
        length = lambda piece, i: piece.columns["quarters_to_next"][i]  # noqa: E731
        by_duration = share(pieces, equal(*heads), known, length)
        put(found, "roman_numeral_accuracy_by_duration", by_duration)
    put(found, "accuracy_without_key", share(pieces, equal(*without), known))
    return found


def number_metrics(task, pieces):
    found, r_of = {}, defaultdict(list)
    for head in task.heads:
        rs, errors = [], []
        for piece in pieces:
            of_r, of_error = [], []
            for opinion in piece.opinions:
                y, p = opinion[head], piece.p[head]
                known = ~np.isnan(y)
                y, p, onset = y[known], p[known], piece.columns["onset_index"][known]
                if head == "beat_period_log2":
                    groups = [onset == g for g in sorted(set(onset.tolist()))]
                    y = np.array([y[group].mean() for group in groups])
                    p = np.array([p[group].mean() for group in groups])
                of_r.append(0.0 if np.ptp(p) < 1e-9 else np.corrcoef(y, p)[0, 1])
                of_error.append(np.mean((y - p) ** 2))
            rs.append((piece, np.mean(of_r), 1))
            r_of[piece.name].append(np.mean(of_r))
            errors.append((piece, np.mean(of_error), 1))
        put(found, f"pearson_r_{head}", over_works(rs))
        put(found, f"mse_{head}", over_works(errors))
    together = [(piece, np.mean(r_of[piece.name]), 1) for piece in pieces]
    put(found, "pearson_r", over_works(together))
    return found


def link_metrics(pieces):
    hit = said = true = 0.0
    for piece in pieces:
        y, p = (
            {(i, int(j)) for i, j in enumerate(links["next_note"]) if j >= 0}
            for links in (piece.y, piece.p)
        )
        hit, said, true = (
            total + piece.weight * len(links)
            for total, links in ((hit, y & p), (said, p), (true, y))
        )
    return {
        "link_f1": 2 * hit / (said + true),
        "link_precision": hit / said,
        "link_recall": hit / true,
    }


def again(task, pieces, names):
    if task.kind == "regression":
        return number_metrics(task, pieces)
    if task.kind == "link":
        return link_metrics(pieces)
    if task.kind == "multi-head":
        return numeral_metrics(task, pieces)
    if "spelling" in task.heads:
        return spelling_metrics(pieces)
    found = class_metrics(task, pieces, names)
    if task.has_events:
        found |= event_metrics(task, pieces)
        every = average_precisions(task, pieces)
        found |= {name: value for name, value in every.items() if name in names}
    return found


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.heads])
def test_every_metric_is_that_of_its_definition(name, seed):
    task, random = TASKS[name], np.random.default_rng(seed)
    pieces = [Piece(task, number, random) for number in range(len(WORKS))]
    y_pred = {piece.name: {**piece.p, **piece.scores} for piece in pieces}
    targets = [piece.target() for piece in pieces]
    result = Evaluator.from_targets(task, targets, num_resamples=1).eval({"y_pred": y_pred})
    numbers = {
        key: value
        for key, value in result.items()
        if isinstance(value, float) and not key.endswith("_piece_mean")
    }
    expected = again(task, pieces, numbers)
    assert numbers.keys() == expected.keys()
    assert numbers == pytest.approx(expected)
