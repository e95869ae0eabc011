"""What Roman numerals in the vocabulary of AugmentedNet make of their predictions.

Metrics:
    ``roman_numeral_accuracy``: all seven heads are right. ``roman_numeral_accuracy_published``:
    those in ``PUBLISHED``. ``roman_numeral_accuracy_by_duration``: all seven, each onset weighed by
    the quarter notes until the next. ``degree_accuracy``: both degrees. ``<head>_accuracy``: one.
"""

from functools import partial

import numpy as np

from musebench.evaluation.metrics import is_labelled
from musebench.evaluation.statistics import SHARE
from musebench.evaluation.summary import Measure, Outcomes, share_of, sums_by_piece
from musebench.evaluation.targets import Pooled

PUBLISHED = ("local_key", "degree1", "degree2", "quality", "inversion")
DEGREES = ("degree1", "degree2")


def augmentednet_outcomes(onsets: Pooled) -> Outcomes:
    """Return the metrics of onsets that have labels."""
    num_pieces = len(onsets.pieces)
    labelled = np.all([is_labelled(target) for target in onsets.target.values()], axis=0)
    right = {head: onsets.target[head] == onsets.prediction[head] for head in onsets.target}
    whole = np.all(list(right.values()), axis=0)
    quarters = onsets.context["quarters_to_next"] * labelled
    sums = sums_by_piece((quarters * whole, quarters), onsets.piece, num_pieces)
    shared = partial(share_of, counted=labelled, piece=onsets.piece, num_pieces=num_pieces)
    by_metric = {
        "roman_numeral_accuracy": shared(whole),
        "roman_numeral_accuracy_published": shared(np.all([right[h] for h in PUBLISHED], axis=0)),
        "roman_numeral_accuracy_by_duration": Measure(sums, SHARE, sums[:, 1]),
        "degree_accuracy": shared(np.all([right[head] for head in DEGREES], axis=0)),
        **{f"{head}_accuracy": shared(correct) for head, correct in right.items()},
    }
    return Outcomes(by_metric, {})
