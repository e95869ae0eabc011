"""Multinomial logistic regression with an L2 penalty, small and deterministic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musebench.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_STEPS = 1000
TOLERANCE = 1e-8  # of the gradient; the penalty makes the minimum unique


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """A fitted regression: the higher its linear score, the more likely is a class.

    Attributes:
        mean: Mean of each feature in training, ``(num_features,)``.
        scale: Its standard deviation there; 1 where it is constant.
        weights: Weights of the standardised features and, in the last row, the constants,
            ``(num_features + 1, num_classes)``.
    """

    mean: FloatArray
    scale: FloatArray
    weights: FloatArray

    def predict(self, features: FloatArray) -> IntArray:
        """Return the most likely class of each row, the first in a tie: ``(num_rows,)``."""
        scores = _design((features - self.mean) / self.scale) @ self.weights
        return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def fit_logistic(
    features: FloatArray, target: IntArray, num_classes: int, penalty: float = 1.0
) -> LogisticRegression:
    """Fit a regression by L-BFGS, starting from zero: no random number is drawn.

    Minimises the sum of ``-log p(target)`` plus ``penalty / 2`` times the sum of the squared
    weights of the standardised features; the constants are not penalised.

    Args:
        features: One row per sample, ``(num_samples, num_features)``.
        target: Class of each sample, ``(num_samples,)``.
        num_classes: Number of classes.
        penalty: Strength of the penalty, above 0.

    Raises:
        InputError: If there is no sample, a class is out of range, or the penalty is not positive.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    if len(features) == 0 or len(features) != len(target):
        counts = f"{len(features)} rows of features and {len(target)} classes"
        msg = f"{counts}; there must be one class per row, and at least one row."
        raise InputError(msg)
    if target.min() < 0 or target.max() >= num_classes:
        msg = f"a class is out of range; classes must be 0..{num_classes - 1}."
        raise InputError(msg)
    if not penalty > 0:
        msg = f"penalty is {penalty}; it must be positive, so that the minimum is unique."
        raise InputError(msg)
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    rows = _design((features - mean) / scale)
    shape = (rows.shape[1], num_classes)
    hit = np.eye(num_classes)[target]
    penalised = np.ones(shape)
    penalised[-1] = 0

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(shape)
        log_p = log_softmax(rows @ weights, axis=1)
        shrunk = penalty * penalised * weights
        gradient = rows.T @ (np.exp(log_p) - hit) + shrunk
        return float((shrunk * weights).sum() / 2 - (hit * log_p).sum()), gradient.ravel()

    options = {"maxiter": MAX_STEPS, "gtol": TOLERANCE, "ftol": 0.0}
    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options=options)
    return LogisticRegression(mean, scale, found.x.reshape(shape))


def _design(features: FloatArray) -> FloatArray:
    """The features, followed by a column of ones for the constant."""
    return np.column_stack([features, np.ones(len(features))])
