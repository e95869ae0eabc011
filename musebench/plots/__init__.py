"""SEE: pictures of numbers.

Every function returns a matplotlib ``Figure`` and needs neither a display nor ``pyplot``, whose
global state it does not change; ``save`` writes the figure. matplotlib is the extra ``plot``; torch
is not needed.

Conventions:
    One palette and one style, in ``musebench.plots.style``: colours that are distinguishable with
    colour blindness, on a white background, so that a picture is readable on a light and on a dark
    page. The same numbers give the same file, byte for byte, with the same matplotlib.
"""

import importlib.util

from musebench.errors import MissingDependencyError

if importlib.util.find_spec("matplotlib") is None:
    msg = "pictures need matplotlib: pip install 'musebench[plot]'."
    raise MissingDependencyError(msg, name="matplotlib")

from musebench.plots.board import draw_board as draw_board
from musebench.plots.calibration import draw_reliability as draw_reliability
from musebench.plots.confusion import draw_confusion as draw_confusion
from musebench.plots.errors import draw_errors as draw_errors
from musebench.plots.learning_curves import LearningCurve as LearningCurve
from musebench.plots.learning_curves import draw_learning_curves as draw_learning_curves
from musebench.plots.learning_curves import read_learning_curves as read_learning_curves
from musebench.plots.statistics import draw_statistics as draw_statistics
from musebench.plots.style import SUFFIXES as SUFFIXES
from musebench.plots.style import check_picture as check_picture
from musebench.plots.style import save as save
from musebench.plots.style import tell_apart as tell_apart
