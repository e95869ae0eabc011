"""The plan of an epoch."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from musebench import _core
from musebench.errors import InputError
from musebench.loader.score_batches import Drawn, ScoreBatches


class EpochPlan(Sampler[Any]):
    """What the batches of each epoch are made of, as a function of (seed, epoch, index)."""

    def __init__(
        self,
        scores: ScoreBatches,
        batch_size: int,
        exact: bool,
        seed: int,
        num_batches: int | None,
        rank: int,
        world_size: int,
    ) -> None:
        self.scores = scores
        self.batch_size = batch_size
        self.exact = exact
        self.seed = seed
        self.num_batches = num_batches
        self.rank, self.world_size = rank, world_size
        self.epoch, self.next_batch = 0, 0
        whole = scores.num_notes <= scores.subgraph_size
        probability = np.where(whole, 1.0, scores.width / (scores.num_notes + scores.width - 1))
        self.weight = 1 / probability

    def __len__(self) -> int:
        """Batches of an epoch, for one process."""
        windows = len(self._tiles()) if self.exact else self.weight.sum()
        num_batches = self.num_batches or math.ceil(windows / self.batch_size)
        return math.ceil((num_batches - self.rank) / self.world_size)

    def __iter__(self) -> Iterator[Any]:
        """Draw the batches of the epoch that are still to come."""
        epoch = self.epoch
        for index in range(self.next_batch, len(self)):
            yield self._draw(epoch, index * self.world_size + self.rank)

    def state_dict(self) -> dict[str, int]:
        """Epoch and next batch."""
        return {"seed": self.seed, "epoch": self.epoch, "batch": self.next_batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on with this epoch and batch."""
        if state["seed"] != self.seed:
            msg = f"the state is of a loader with seed {state['seed']}, this one has {self.seed}."
            raise InputError(msg)
        self.epoch, self.next_batch = state["epoch"], state["batch"]

    def _draw(self, epoch: int, index: int) -> Drawn:
        random = np.random.default_rng([self.seed, epoch, index])
        seed = int(random.integers(2**63))
        if self.exact:
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self._tiles()))
            tiles = self._tiles()[order[index * self.batch_size : (index + 1) * self.batch_size]]
            seeds = random.integers(2**63, size=len(tiles), dtype=np.uint64)
            return Drawn(tiles[:, 0].tolist(), np.ascontiguousarray(tiles[:, 1:]), seeds, seed)
        share = self.weight / self.weight.sum()
        chosen = random.choice(len(self.scores), self.batch_size, p=share).tolist()
        seeds = random.integers(2**63, size=(2, self.batch_size), dtype=np.uint64)
        windows = [
            _core.sample_window(self.scores.indices[score], self.scores.subgraph_size, int(seed))
            for score, seed in zip(chosen, seeds[0], strict=True)
        ]
        return Drawn(chosen, np.array(windows, dtype=np.int64), seeds[1], seed)

    def _tiles(self) -> NDArray[np.int64]:
        """Windows that cover every score once: (score, first note, end)."""
        if not hasattr(self, "_cached_tiles"):
            tiles = []
            for score, index in enumerate(self.scores.indices):
                width = int(self.scores.width[score])
                whole = index.num_notes <= self.scores.subgraph_size
                step = max(index.num_notes, 1) if whole else width
                for begin in range(0, index.num_notes, step):
                    window = _core.notes_of_groups_starting_in(index, begin, begin + step)
                    if window[0] < window[1]:
                        tiles.append((score, *window))
            self._cached_tiles = np.array(tiles, dtype=np.int64).reshape(-1, 3)
        return self._cached_tiles
