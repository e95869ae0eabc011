"""Calibration: of what is said with a probability of 70 %, are 70 % true?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musebench.errors import InputError

FloatArray = NDArray[np.float64]

NUM_BINS = 10


@dataclass(frozen=True, eq=False)
class Reliability:
    """What was said and what was true, in bins of equal width from 0 to 1.

    Attributes:
        count: Predictions in each bin, ``(num_bins,)``.
        said: Their mean probability; NaN where there is none.
        found: The share of them that are true; NaN where there is none.
    """

    count: NDArray[np.int64]
    said: FloatArray
    found: FloatArray

    @property
    def expected_error(self) -> float:
        """Expected calibration error: mean distance of said and found, weighted by the counts.

        NaN where nothing was predicted.
        """
        if not self.count.any():
            return float("nan")
        filled = self.count > 0
        distance = np.abs(self.said - self.found)[filled]
        return float(np.average(distance, weights=self.count[filled]))


def reliability(
    is_true: ArrayLike, probability: ArrayLike, num_bins: int = NUM_BINS
) -> Reliability:
    """Compare probabilities with what was true.

    Args:
        is_true: Whether each event took place, ``(num_predictions,)``.
        probability: How probable it was said to be, from 0 to 1, ``(num_predictions,)``.
        num_bins: Number of bins; a bin holds its lower end, the last one both.

    Raises:
        InputError: If the arrays differ in length, a probability is none, or there is no bin.

    >>> reliability([False, True, True, True], [0.2, 0.6, 0.6, 1.0], 2).said.tolist()
    [0.2, 0.7333333333333334]
    """
    event, said = np.asarray(is_true, np.bool_), np.asarray(probability, np.float64)
    if event.ndim != 1 or event.shape != said.shape:
        msg = (
            f"is_true has shape {event.shape}, probability {said.shape}; both are "
            "(num_predictions,)."
        )
        raise InputError(msg)
    if not np.all((said >= 0) & (said <= 1)):
        msg = f"probabilities go from {said.min()} to {said.max()}; they lie in 0 to 1."
        raise InputError(msg)
    if num_bins < 1:
        msg = f"num_bins is {num_bins}; at least 1 is needed."
        raise InputError(msg)
    place = np.minimum((said * num_bins).astype(np.int64), num_bins - 1)
    count = np.bincount(place, minlength=num_bins)
    sums = [np.bincount(place, weights=part, minlength=num_bins) for part in (said, event)]
    mean_said, share = (
        np.divide(part, count, out=np.full(num_bins, np.nan), where=count > 0) for part in sums
    )
    return Reliability(count, mean_said, share)
