"""The types of csrc/bindings.cpp."""

import numpy as np
from numpy.typing import NDArray

CORE_VERSION: str

def score_edges(
    onset_div: NDArray[np.int64], duration_div: NDArray[np.int64], *, max_edges: int = ...
) -> dict[str, NDArray[np.int64]]: ...
def assign_intervals(
    time_div: NDArray[np.int64], start_div: NDArray[np.int64]
) -> NDArray[np.int64]: ...
