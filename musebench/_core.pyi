"""The types of csrc/bindings.cpp."""

import numpy as np
from numpy.typing import NDArray

CORE_VERSION: str
DEFAULT_MAX_EDGES: int
NODE_TYPES: tuple[str, ...]
EDGE_TYPES: tuple[tuple[str, str, str], ...]

def score_edges(
    onset_div: NDArray[np.int64], duration_div: NDArray[np.int64], *, max_edges: int = ...
) -> dict[str, NDArray[np.int64]]: ...
def graph_edges(
    onset_div: NDArray[np.int64],
    duration_div: NDArray[np.int64],
    beat_start_div: NDArray[np.int64],
    measure_start_div: NDArray[np.int64],
    *,
    max_edges: int = ...,
) -> tuple[NDArray[np.int64], ...]: ...
def candidate_pairs(
    onset_div: NDArray[np.int64],
    duration_div: NDArray[np.int64],
    window_div: NDArray[np.int64],
    *,
    max_groups: int,
    max_pairs: int = ...,
) -> NDArray[np.int64]: ...

class ScoreIndex:
    def __init__(
        self,
        onset_div: NDArray[np.int64],
        duration_div: NDArray[np.int64],
        beat_start_div: NDArray[np.int64],
        measure_start_div: NDArray[np.int64],
    ) -> None: ...
    @property
    def num_notes(self) -> int: ...
    @property
    def largest_group(self) -> int: ...

def window_width(score: ScoreIndex, subgraph_size: int) -> int: ...
def target_probability(score: ScoreIndex, subgraph_size: int) -> float: ...
def sample_window(score: ScoreIndex, subgraph_size: int, seed: int) -> tuple[int, int]: ...
def notes_of_groups_starting_in(score: ScoreIndex, begin: int, end: int) -> tuple[int, int]: ...

class NeighborSampler:
    def __init__(
        self,
        num_neighbors: NDArray[np.int64],
        *,
        induced: bool = ...,
        metrical: bool = ...,
        max_edges: int = ...,
    ) -> None: ...
    def sample(
        self, scores: list[ScoreIndex], windows: NDArray[np.int64], seeds: NDArray[np.uint64]
    ) -> tuple[
        list[tuple[NDArray[np.int64], NDArray[np.int64], list[int]]],
        list[tuple[NDArray[np.int64], list[int]]],
        NDArray[np.int64],
    ]: ...

def gather_rows(
    table: NDArray[np.uint8], row: NDArray[np.int64], out: NDArray[np.uint8]
) -> None: ...
