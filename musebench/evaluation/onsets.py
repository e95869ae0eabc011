"""Metrics of cadences and phrase ends: F1 of events in time, average precision of scores.

An *event* is an onset with a cadence of any kind, or at which a phrase ends. Its time is counted in
notated beats (the lower number of the time signature), so that a tolerance means the same at every
tempo. All functions count events or onsets and return NaN if there is nothing to count.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from musebench.errors import InputError
from musebench.evaluation.classification import num_labelled
from musebench.evaluation.measures import BoolArray, FloatArray, Measure, is_labelled
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import F1, MEAN, SHARE, Statistic
from musebench.evaluation.targets import Pooled


def count_matches(target_time: ArrayLike, prediction_time: ArrayLike, tolerance: float) -> int:
    """Return the largest number of true events that can be matched, each once.

    In order of time, each true event takes the first free predicted event within the tolerance; on
    a line no other assignment matches more.

    Args:
        target_time: Times of the true events, ascending. Shape ``(num_true,)``.
        prediction_time: Times of the predicted events, ascending. Shape ``(num_predicted,)``.
        tolerance: Largest distance of a match (inclusive), in the unit of the times.

    >>> count_matches([4, 8], [3, 5, 8], 1)
    2
    """
    predicted = np.asarray(prediction_time).tolist()
    found = place = 0
    for time in np.asarray(target_time).tolist():
        while place < len(predicted) and predicted[place] < time - tolerance:
            place += 1
        if place < len(predicted) and predicted[place] <= time + tolerance:
            found, place = found + 1, place + 1
    return found


def average_precision(num_levels: int) -> Statistic:
    """Return the area under the precision-recall curve as a statistic of ``2 * num_levels`` sums.

    The sums are the true events, then all onsets, of each level of the score, lowest level first.
    Onsets of one level enter the curve together. Its area is taken in steps, without interpolation:
    the mean precision, over the true events, at their level. It is undefined without true events.

    Raises:
        InputError: If ``num_levels`` is less than 1.

    Source:
        ``sklearn.metrics.average_precision_score`` is the same number.

    >>> float(average_precision(3).value([0, 1, 1, 2, 1, 1]))  # levels 0, 1, 2
    1.0
    """
    if num_levels < 1:
        msg = f"num_levels is {num_levels}; at least 1 is needed."
        raise InputError(msg)

    def split(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """True events per level from the highest down; cumulated true events and onsets; total."""
        by_level = sums.reshape(*sums.shape[:-1], 2, num_levels)[..., ::-1]
        so_far = by_level.cumsum(axis=-1)
        true, all_so_far = so_far[..., 0, :], so_far[..., 1, :]
        return by_level[..., 0, :], true, all_so_far, true[..., -1:]

    def divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
        return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)

    def value(sums: FloatArray) -> FloatArray:
        events, true, seen, total = split(sums)
        return np.asarray((events * divide(true, seen)).sum(axis=-1) / total[..., 0])

    def gradient(sums: FloatArray) -> FloatArray:
        events, true, seen, total = split(sums)
        precision = divide(true, seen)
        from_here = [
            part[..., ::-1].cumsum(axis=-1)[..., ::-1]
            for part in (divide(events, seen), divide(events * precision, seen))
        ]
        area = value(sums)[..., np.newaxis]
        by_level = np.stack([precision + from_here[0] - area, -from_here[1]], axis=-2)
        return np.asarray((by_level / total[..., np.newaxis])[..., ::-1].reshape(sums.shape))

    return Statistic("average precision", 2 * num_levels, value, gradient, 0.0, 1.0)


def events_of(onsets: Pooled) -> tuple[BoolArray, BoolArray]:
    """Whether there is an event at each onset, and whether one is predicted.

    An event is any class of the main head except the first.
    """
    head = onsets.task.main_head
    target, counted = onsets.target[head], is_labelled(onsets.target[head])
    return (target > 0) & counted, (onsets.prediction[head] > 0) & counted


def event_f1(onsets: Pooled, beats: int, fact: str = "") -> Measure:
    """F1 of events; arguments as for ``event_sums``; ``fact`` names their number in each piece."""
    facts = {}
    if fact:
        is_true, _ = onsets.once(events_of)
        facts[fact] = np.bincount(onsets.piece[is_true], minlength=len(onsets.pieces))
    return Measure(event_sums(onsets, beats), F1, onsets.once(num_labelled), facts=facts)


@register_metric("any_cadence_f1")
def any_cadence_f1(onsets: Pooled) -> Measure:
    """F1 of cadences of any kind, at the onset."""
    return event_f1(onsets, 0, "num_cadences")


@register_metric("any_cadence_f1_within_beat")
def any_cadence_f1_within_beat(onsets: Pooled) -> Measure:
    """F1 of cadences of any kind, at most a beat early or late."""
    return event_f1(onsets, 1)


@register_metric("average_precision_{class}")
def average_precision_of_class(onsets: Pooled, number: int) -> Measure | None:
    """The area under the precision-recall curve of the scores of a class, if they are given."""
    return _average_precision(onsets, [number])


@register_metric("average_precision")
def mean_average_precision(onsets: Pooled) -> Measure | None:
    """The mean of the average precision of the classes that the task ranks by."""
    return _average_precision(onsets, onsets.task.ranked)


def _average_precision(onsets: Pooled, classes: Sequence[int]) -> Measure | None:
    """The mean over classes, of the mean over the folds in which the class occurs.

    Scores of different folds come from different models and are not compared. The curve of a fold
    is that of all its onsets, so its area is not a sum over works: each work gets the mean plus its
    influence, which makes the mean over works the mean itself, and its spread the linearised one.
    """
    head = onsets.task.main_head
    if f"{head}_score" not in onsets.prediction:
        return None
    counted = is_labelled(onsets.target[head])
    fold = np.array([piece.fold for piece in onsets.pieces])[onsets.piece]
    of_class = []
    for number in classes:
        of_fold = []
        for here in (counted & (fold == which) for which in np.unique(fold)):
            is_true = onsets.target[head][here] == number
            if is_true.any():
                score = onsets.prediction[f"{head}_score"][here, number]
                of_fold.append(_precision_and_influence(onsets, is_true, score, here))
        if of_fold:
            of_class.append(np.mean(of_fold, axis=0))
    num_counted = onsets.once(num_labelled)
    mean, *influence = np.mean(of_class, axis=0) if of_class else np.zeros(len(onsets.pieces) + 1)
    exists = (num_counted > 0) & bool(of_class)
    weight_of_work = np.bincount(onsets.work, weights=onsets.weight * exists)[onsets.work]
    share = np.divide(1.0, weight_of_work, out=np.zeros(len(exists)), where=exists)
    num_works = len(np.unique(onsets.work[exists]))
    sums = np.stack([mean * share + num_works * np.array(influence), share], axis=1)
    return Measure(sums, replace(MEAN, low=0.0, high=1.0), num_counted)


def _precision_and_influence(
    onsets: Pooled, is_true: BoolArray, score: FloatArray, here: BoolArray
) -> FloatArray:
    """Return the average precision of some onsets, and its derivative by the weight of each piece.

    Returns:
        Shape ``(1 + num_pieces,)``.
    """
    levels, level = np.unique(score, return_inverse=True)
    statistic, piece = average_precision(len(levels)), onsets.piece[here]
    weight = onsets.weight[piece]
    counts = [np.bincount(level, weights=weight * part) for part in (is_true, np.ones(len(level)))]
    totals = np.concatenate(counts)
    of_events, of_all = np.split(statistic.gradient(totals), 2)
    moves = of_events[level] * is_true + of_all[level]
    by_piece = np.bincount(piece, weights=moves, minlength=len(onsets.pieces))
    return np.append(statistic.value(totals), by_piece)


@register_metric("boundary_f1")
def boundary_f1(onsets: Pooled) -> Measure:
    """F1 of phrase ends, at the onset."""
    return event_f1(onsets, 0, "num_phrase_ends")


@register_metric("boundary_f1_within_beat")
def boundary_f1_within_beat(onsets: Pooled) -> Measure:
    """F1 of phrase ends, at most a beat early or late."""
    return event_f1(onsets, 1)


@register_metric("boundary_precision")
def boundary_precision(onsets: Pooled) -> Measure:
    """The share of predicted phrase ends that are true."""
    return Measure(event_sums(onsets, 0)[:, [0, 1]], SHARE, onsets.once(num_labelled))


@register_metric("boundary_recall")
def boundary_recall(onsets: Pooled) -> Measure:
    """The share of true phrase ends that are predicted."""
    return Measure(event_sums(onsets, 0)[:, [0, 2]], SHARE, onsets.once(num_labelled))


def event_sums(onsets: Pooled, beats: int) -> FloatArray:
    """Return (matched, predicted, true) events of each piece, ``(num_pieces, 3)``.

    Args:
        onsets: All onsets; the context ``beat_time`` counts in parts of a beat, ``beat_length`` in
            the same unit, see ``musebench.tasks.onsets``.
        beats: Tolerance.
    """
    is_true, is_predicted = onsets.once(events_of)
    time, length = onsets.column("beat_time"), onsets.column("beat_length")
    bounds = np.searchsorted(onsets.piece, np.arange(len(onsets.pieces) + 1))
    rows = []
    for begin, end in pairwise(bounds.tolist()):
        here = slice(begin, end)
        true, predicted = time[here][is_true[here]], time[here][is_predicted[here]]
        tolerance = beats * int(length[begin]) if end > begin else 0
        rows.append((count_matches(true, predicted, tolerance), len(predicted), len(true)))
    return np.array(rows, dtype=np.float64)
