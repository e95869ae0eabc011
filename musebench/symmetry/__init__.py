"""USE: does a model mind what music does not? Scores are changed, and predictions compared.

Each change of ``CHANGES`` makes another note table of a test piece and says which note was which.
What a model predicts for it is compared with what it predicted before: ``sensitivities`` counts
the predictions that flip, and what the main metric loses on the changed pieces.
"""

from musebench.symmetry.changes import CHANGES as CHANGES
from musebench.symmetry.changes import Changed as Changed
from musebench.symmetry.flips import flipped as flipped
from musebench.symmetry.suite import Sensitivity as Sensitivity
from musebench.symmetry.suite import sensitivities as sensitivities
