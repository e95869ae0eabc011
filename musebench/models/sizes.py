"""Equal numbers of parameters: the size of the embeddings follows from a reference model."""

from collections.abc import Callable

from musebench.features import BEAT_COLUMNS, MEASURE_COLUMNS, feature_names
from musebench.models.config import Config
from musebench.tasks import Task

STEP = 4  # sizes are multiples of 4: attention has four heads
FIRST = 16  # the size that is tried first, in steps


def count_parameters(model: str, task: Task, config: Config) -> int:
    """Return the number of parameters of a learned model, without allocating them."""
    import torch

    from musebench.models.score_model import ScoreModel

    num_features = {
        "note": len(feature_names(task.inputs)),
        "beat": len(BEAT_COLUMNS),
        "measure": len(MEASURE_COLUMNS),
    }
    with torch.device("meta"):
        made = ScoreModel(model, task, num_features, config)
    return sum(parameter.numel() for parameter in made.parameters())


def solve_size(count: Callable[[int], int], wanted: int) -> int:
    """Return the multiple of ``STEP`` at which an increasing count is nearest to a wanted one.

    Args:
        count: Size -> number of parameters.
        wanted: Number of parameters.

    >>> solve_size(lambda size: size**2, 1000)
    32
    """
    low, high = 0, FIRST
    while count(STEP * high) < wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(STEP * middle) < wanted else (low, middle)
    sizes = [STEP * steps for steps in (low, high) if steps]
    return min(sizes, key=lambda size: abs(count(size) - wanted))
