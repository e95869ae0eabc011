"""Calibration: are 70 % of the events true that are predicted with a probability of 70 %?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.annotations import IGNORE_LABEL
from musebench.errors import InputError
from musebench.evaluation.targets import Pooled
from musebench.shown import Shown

FloatArray = NDArray[np.float64]

NUM_BINS = 10


@dataclass(frozen=True, eq=False, repr=False)
class Reliability(Shown):
    """Predicted probability and true share, in bins of equal width from 0 to 1.

    Attributes:
        count: Predictions in each bin, ``(num_bins,)``.
        predicted: Their mean probability; NaN in an empty bin.
        observed: The share of them that are true; NaN in an empty bin.
    """

    count: NDArray[np.int64]
    predicted: FloatArray
    observed: FloatArray

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean of ``|predicted - observed|``, weighted by the counts.

        NaN if nothing was predicted.
        """
        if not self.count.any():
            return float("nan")
        filled = self.count > 0
        distance = np.abs(self.predicted - self.observed)[filled]
        return float(np.average(distance, weights=self.count[filled]))


def probability_of(pooled: Pooled, head: str) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return what the scores of a head say to be probable, at each label.

    It is an event of any kind if the classes are events, else the predicted class.

    Returns:
        Whether it is true, and its share of the scores; 0 where all scores are 0.
    """
    labelled = pooled.target[head] != IGNORE_LABEL
    target, prediction = pooled.target[head][labelled], pooled.prediction[head][labelled]
    score = pooled.prediction[f"{head}_score"][labelled].astype(np.float64)
    total = score.sum(axis=1)
    if pooled.task.has_events:
        is_true, part = target > 0, score[:, 1:].sum(axis=1)
    else:
        is_true, part = target == prediction, score[np.arange(len(score)), prediction]
    return is_true, np.divide(part, total, out=np.zeros(len(total)), where=total > 0).clip(0, 1)


def reliability(
    is_true: ArrayLike, probability: ArrayLike, num_bins: int = NUM_BINS
) -> Reliability:
    """Compare probabilities with what was true.

    Args:
        is_true: Whether each event is true, ``(num_predictions,)``.
        probability: Its predicted probability, from 0 to 1, ``(num_predictions,)``.
        num_bins: Number of bins. A bin includes its lower end; the last bin includes both ends.

    Raises:
        InputError: If the arrays differ in length, a probability is not within 0 to 1, or
            ``num_bins`` is less than 1.

    >>> reliability([False, True, True, True], [0.2, 0.6, 0.6, 1.0], 2).predicted.tolist()
    [0.2, 0.7333333333333334]
    """
    event, predicted = np.asarray(is_true, np.bool_), np.asarray(probability, np.float64)
    if event.ndim != 1 or event.shape != predicted.shape:
        msg = (
            f"is_true has shape {event.shape}, probability {predicted.shape}; both must be "
            "(num_predictions,)."
        )
        raise InputError(msg)
    if not np.all((predicted >= 0) & (predicted <= 1)):
        ends = f"{predicted.min()} to {predicted.max()}"
        msg = f"probabilities range from {ends}; they must lie between 0 and 1."
        raise InputError(msg)
    if num_bins < 1:
        msg = f"num_bins is {num_bins}; at least 1 is needed."
        raise InputError(msg)
    place = np.minimum((predicted * num_bins).astype(np.int64), num_bins - 1)
    count = np.bincount(place, minlength=num_bins)
    sums = [np.bincount(place, weights=part, minlength=num_bins) for part in (predicted, event)]
    mean, share = (
        np.divide(part, count, out=np.full(num_bins, np.nan), where=count > 0) for part in sums
    )
    return Reliability(count, mean, share)
