"""The same music found again, in any key and edition; and no work in two splits anywhere."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_scores import random_table
from musebench.boards import BOARDS
from musebench.splits import read_pieces
from musebench.splits.duplicates import find_duplicates, grams
