"""The windows that make up the batches of each epoch."""

import math
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from musebench import _core
from musebench.errors import InputError
from musebench.graph import ScoreGraph
from musebench.loader.score_batches import Drawn, ScoreBatches

ORDERS_KEPT = 4  # orders of tiles; iterators that are read alternately may be in different epochs


class Share(NamedTuple):
    """The windows of an epoch that make up a batch.

    Attributes:
        epoch: The epoch.
        begin: Index of the first window.
        end: Index after the last window.
    """

    epoch: int
    begin: int
    end: int


class EpochBatches(Dataset[ScoreGraph]):
    """The batches of all epochs: ``batches[share]`` is one, a function of seed and share.

    An epoch is a row of windows. With coverage ``expected``, each run of ``batch_size`` windows is
    drawn from (seed, epoch, index); with coverage ``exact``, they are the tiles in an order that is
    drawn from (seed, epoch).
    """

    def __init__(
        self,
        scores: ScoreBatches,
        batch_size: int,
        *,
        exact: bool,
        seed: int,
        weights: NDArray[np.float64],
        num_batches: int | None,
    ) -> None:
        self.scores = scores
        self.batch_size = batch_size
        self.exact = exact
        self.seed = seed
        size = scores.subgraph_size
        given = scores.given
        self.weight = weights / target_probability(given.num_notes, given.largest_chords, size)
        if exact:
            self.num_windows = len(self.tiles)
        else:
            num_batches = num_batches or math.ceil(self.weight.sum() / batch_size)
            self.num_windows = num_batches * batch_size

    def __len__(self) -> int:
        """Number of batches of an epoch, over all processes."""
        return math.ceil(self.num_windows / self.batch_size)

    def __getitem__(self, share: Share) -> ScoreGraph:
        """Make a batch."""
        return self.scores[self.draw(share)]

    def draw(self, share: Share) -> Drawn:
        """Draw the windows and seeds of a batch."""
        first, offset = divmod(share.begin, self.batch_size)
        end = math.ceil(share.end / self.batch_size)
        drawn = [self._draw_whole(share.epoch, index) for index in range(first, end)]
        scores, windows, seeds = (
            np.concatenate(parts)[offset : offset + share.end - share.begin]
            for parts in zip(*(whole[:3] for whole in drawn), strict=True)
        )
        seed = drawn[0].seed
        if offset:  # another process has the windows before it
            random = np.random.default_rng([self.seed, share.epoch, first, offset])
            seed = int(random.integers(2**63))
        return Drawn(scores.tolist(), windows, seeds, seed)

    def _draw_whole(self, epoch: int, index: int) -> Drawn:
        random = np.random.default_rng([self.seed, epoch, index])
        seed = int(random.integers(2**63))
        if self.exact:
            order = order_of_tiles(self.seed, epoch, len(self.tiles))
            tiles = self.tiles[order[index * self.batch_size : (index + 1) * self.batch_size]]
            seeds = random.integers(2**63, size=len(tiles), dtype=np.uint64)
            return Drawn(tiles[:, 0].tolist(), tiles[:, 1:], seeds, seed)
        share = self.weight / self.weight.sum()
        chosen = random.choice(len(self.scores), self.batch_size, p=share).tolist()
        seeds = random.integers(2**63, size=(2, self.batch_size), dtype=np.uint64)
        self.scores.pool.load(chosen)
        windows = [
            _core.sample_window(self.scores.index(score), self.scores.subgraph_size, int(seed))
            for score, seed in zip(chosen, seeds[0], strict=True)
        ]
        return Drawn(chosen, np.array(windows, dtype=np.int64), seeds[1], seed)

    @cached_property
    def tiles(self) -> NDArray[np.int64]:
        """Windows that cover every score once: (score, first note, end)."""
        tiles = []
        for score in range(len(self.scores)):
            index = self.scores.index(score)
            step = _core.window_width(index, self.scores.subgraph_size)
            for begin in range(0, index.num_notes, step):
                window = _core.notes_of_groups_starting_in(index, begin, begin + step)
                if window[0] < window[1]:
                    tiles.append((score, *window))
        return np.array(tiles, dtype=np.int64).reshape(-1, 3)

    def cuts(self, world_size: int) -> NDArray[np.int64]:
        """Where in the row of windows each batch of an epoch begins, and where the last one ends.

        Processes take the batches in turn, and all get the same number, since processes that wait
        for each other at every step would otherwise wait forever. So if the last round has too few
        batches, its windows are divided among the processes.

        Raises:
            InputError: If there are fewer windows than processes.
        """
        whole = len(self) - len(self) % world_size  # batches of the complete rounds
        if whole == len(self):
            return np.append(np.arange(whole) * self.batch_size, self.num_windows)
        if whole and self.num_windows - whole * self.batch_size < world_size:
            whole -= world_size
        rest = self.num_windows - whole * self.batch_size
        if rest < world_size:
            msg = (
                f"an epoch has {self.num_windows} windows, too few for {world_size} processes; "
                "use fewer processes or a smaller subgraph_size."
            )
            raise InputError(msg)
        shares = whole * self.batch_size + np.arange(world_size + 1) * rest // world_size
        return np.append(np.arange(whole) * self.batch_size, shares)


def target_probability(
    num_notes: NDArray[np.int64], largest_chord: NDArray[np.int64], subgraph_size: int
) -> NDArray[np.float64]:
    """How probable it is that a note is a target of a window of its score.

    The same as the core's of a score that is loaded.

    Args:
        num_notes: Of each score.
        largest_chord: Number of notes of the largest onset group of each.
        subgraph_size: As in ``MuseNeighborLoader``.
    """
    width = np.maximum(1, subgraph_size - largest_chord + 1)
    return np.where(num_notes <= subgraph_size, 1.0, width / (num_notes + width - 1))


@lru_cache(maxsize=ORDERS_KEPT)
def order_of_tiles(seed: int, epoch: int, num_tiles: int) -> NDArray[np.int64]:
    """The order of the tiles in an epoch of coverage ``exact``."""
    order: NDArray[np.int64] = np.random.default_rng([seed, epoch]).permutation(num_tiles)
    return order
