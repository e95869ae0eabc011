"""Metrics of pitch spelling beside those of classes.

A shift moves all spellings and key signatures of a piece by 12 fifths, or not at all.
"""

import numpy as np

from musebench.evaluation.measures import IntArray, Measure, share_of
from musebench.evaluation.metric import register_metric
from musebench.evaluation.metrics import best_shifts, is_altered, is_labelled
from musebench.evaluation.targets import Pooled


def shifts_of(notes: Pooled) -> IntArray:
    """The shift of each piece that makes most of its spellings right, in fifths."""
    return best_shifts(notes.target["spelling"], notes.prediction["spelling"], notes.piece)


@register_metric("accuracy_up_to_shift")
def accuracy_up_to_shift(notes: Pooled) -> Measure:
    """The share of the notes that are right once each piece is shifted."""
    measure = _shifted(notes, "spelling")
    return Measure(
        measure.sums, measure.statistic, measure.num_counted, {"shift": notes.once(shifts_of)}
    )


@register_metric("accuracy_altered")
def accuracy_altered(notes: Pooled) -> Measure:
    """The accuracy over the notes whose true spelling has an accidental."""
    target = notes.target["spelling"]
    return share_of(notes, target == notes.prediction["spelling"], is_altered(target))


@register_metric("accuracy_without_zero_duration")
def accuracy_without_zero_duration(notes: Pooled) -> Measure:
    """The accuracy over the notes that last, which leaves out most grace notes."""
    target = notes.target["spelling"]
    lasts = is_labelled(target) & (notes.column("duration_div") > 0)
    return share_of(notes, target == notes.prediction["spelling"], lasts)


@register_metric("key_signature_accuracy_up_to_shift")
def key_signature_accuracy_up_to_shift(notes: Pooled) -> Measure | None:
    """The share of the key signatures that are right after the shift of the spellings."""
    return _shifted(notes, "key_signature") if "key_signature" in notes.prediction else None


def _shifted(notes: Pooled, head: str) -> Measure:
    target = notes.target[head]
    shift = np.asarray(notes.once(shifts_of))[notes.piece]
    return share_of(notes, target == notes.prediction[head] + shift, is_labelled(target))
