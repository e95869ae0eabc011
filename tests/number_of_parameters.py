"""Numbers of parameters from the configurations, without any data."""

from functools import cache

from musebench.boards import BOARDS
from musebench.features import BEAT_COLUMNS, MEASURE_COLUMNS, feature_names
from musebench.models import ScoreModel, read_config


@cache
def num_parameters(model, board, **changes):
    task = BOARDS[board].task
    num_features = {
        "note": len(feature_names(task.inputs)),
        "beat": len(BEAT_COLUMNS),
        "measure": len(MEASURE_COLUMNS),
    }
    made = ScoreModel(model, task, num_features, read_config(model, board, **changes))
    return sum(parameter.numel() for parameter in made.parameters())
