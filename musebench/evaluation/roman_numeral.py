"""Metrics of Roman numerals, whose parts are the heads of the task: shares of onsets.

An onset counts if all heads have a label; it is correct if all heads of the metric are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from musebench.evaluation.measures import BoolArray, Measure, is_labelled, share_of, sums_by_piece
from musebench.evaluation.metric import register_metric
from musebench.evaluation.statistics import SHARE
from musebench.evaluation.targets import Pooled

Heads = Mapping[str, NDArray[np.int64]]

CHORD = ("quality", "inversion", "root")
PUBLISHED = ("local_key", "degree1", "degree2", "quality", "inversion")  # by AugmentedNet


def are_right(target: Heads, prediction: Heads, heads: Iterable[str]) -> BoolArray:
    """Return at which onsets all of these heads are correct. Shape ``(num_onsets,)``."""
    right: BoolArray = np.all([target[head] == prediction[head] for head in heads], axis=0)
    return right


def _are_labelled(target: Heads) -> BoolArray:
    labelled: BoolArray = np.all([is_labelled(labels) for labels in target.values()], axis=0)
    return labelled


def _share_of_heads(onsets: Pooled, heads: Iterable[str]) -> Measure:
    right = are_right(onsets.target, onsets.prediction, heads)
    return share_of(onsets, right, _are_labelled(onsets.target))


def _share(*heads: str) -> Callable[[Pooled], Measure]:
    return lambda onsets: _share_of_heads(onsets, heads)


register_metric("chord_accuracy")(_share(*CHORD))
register_metric("roman_numeral_accuracy_published")(_share(*PUBLISHED))


@register_metric("roman_numeral_accuracy")
def roman_numeral_accuracy(onsets: Pooled) -> Measure:
    """The share of onsets at which all heads are correct; reports unlabelled onsets per piece."""
    without = onsets.piece[~_are_labelled(onsets.target)]
    facts = {"num_unlabelled": np.bincount(without, minlength=len(onsets.pieces))}
    return replace(_share_of_heads(onsets, onsets.target), facts=facts)


@register_metric("accuracy_without_key")
def accuracy_without_key(onsets: Pooled) -> Measure:
    """The same without the heads that name a key or a root, which a transposition moves."""
    return _share_of_heads(onsets, [h for h in onsets.task.heads if h not in onsets.task.places])


@register_metric("roman_numeral_accuracy_by_duration")
def accuracy_by_duration(onsets: Pooled) -> Measure:
    """The share of the whole Roman numerals, each weighted by the quarter notes to the next."""
    quarters = onsets.column("quarters_to_next") * _are_labelled(onsets.target)
    right = are_right(onsets.target, onsets.prediction, onsets.target)
    sums = sums_by_piece(onsets, (quarters * right, quarters))
    return Measure(sums, SHARE, sums[:, 1], over_works=True)


@register_metric("degree_accuracy")
def degree_accuracy(onsets: Pooled) -> Measure:
    """The share of onsets at which all heads of the degree are correct."""
    return _share_of_heads(onsets, [h for h in onsets.task.heads if h.startswith("degree")])
