"""TREES: gradient-boosted trees over features by hand, and what metadata and layout give away."""

from musebench.models.trees.boosted import Trees as Trees
from musebench.models.trees.boosted import TreeSettings as TreeSettings
from musebench.models.trees.learner import has_thresholds as has_thresholds
from musebench.models.trees.shortcut import Shortcut as Shortcut
