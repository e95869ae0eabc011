"""The plan of which batches come next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch.distributed
from torch.utils.data import DistributedSampler

from musebench.errors import InputError
from musebench.loader.epoch_batches import EpochBatches, Share


@dataclass
class Position:
    """The position of an iterator.

    Attributes:
        epoch: The epoch.
        batch: The next batch, counted among those of this process.
        is_started: Whether a batch was requested.
    """

    epoch: int = 0
    batch: int = 0
    is_started: bool = False


class EpochPlan(DistributedSampler[Share]):
    """The batches of this process, epoch after epoch.

    It is a ``DistributedSampler`` so that Lightning and Fabric know that the processes already
    share the epochs.

    Args:
        batches: The batches.
        place: Rank of this process and number of processes; None for those of
            ``torch.distributed`` when a batch is requested, or one process if it is not set up.
        is_fixed: Whether all epochs are the same.
    """

    def __init__(
        self,
        batches: EpochBatches,
        place: tuple[int, int] | None = None,
        *,
        is_fixed: bool = False,
    ) -> None:
        super().__init__(batches, num_replicas=1, rank=0, shuffle=False, seed=batches.seed)
        self.batches = batches
        self._place = place
        self.is_fixed = is_fixed
        self._next = Position()
        self._newest: Position | None = None  # position of the newest iterator
        self._is_chosen = False  # whether _next was chosen or loaded, and no iterator begun since
        self._shift = 0  # from the epochs of set_epoch to ours
        self.starting: Position | None = None  # where iter() starts, while torch calls it

    def __len__(self) -> int:
        """Number of batches of an epoch, for this process."""
        self.rank, self.num_replicas = self._find_place()
        return (len(self.batches.cuts(self.num_replicas)) - 1) // self.num_replicas

    def __iter__(self) -> Iterator[Share]:
        """The shares of the batches from ``starting`` on, or of the next epoch."""
        position = self.starting or self.begin()
        length = len(self)
        cuts = self.batches.cuts(self.num_replicas).tolist()
        mine = range(self.rank, length * self.num_replicas, self.num_replicas)
        epoch = position.epoch
        return (Share(epoch, cuts[i], cuts[i + 1]) for i in mine[position.batch :])

    def _find_place(self) -> tuple[int, int]:
        if self._place is not None:
            return self._place
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1

    def begin(self) -> Position:
        """Begin the next epoch, or the rest of the epoch that was loaded."""
        at_end = self._next.batch >= len(self) > 0
        self._newest = self._after(self._next.epoch) if at_end else self._next
        self._next, self._is_chosen = self._after(self._newest.epoch), False
        return self._newest

    def _after(self, epoch: int) -> Position:
        return Position(epoch if self.is_fixed else epoch + 1)

    def go_to(self, epoch: int) -> None:
        """Let the next iterator begin an epoch, or resume it if its state was loaded.

        Raises:
            InputError: If it is negative.
        """
        _check(epoch=epoch)
        if epoch != self._next.epoch and not self.is_fixed:
            self._next = Position(epoch)
        self._is_chosen = True

    def set_epoch(self, epoch: int) -> None:
        """Accept the next epoch from Lightning or Fabric, which call this automatically.

        Fabric counts its own epochs, so a chosen or loaded epoch is kept, and counting continues
        from it. Lightning names an epoch only after its first iterator exists.
        """
        if self._is_chosen:
            self._shift = self._next.epoch - epoch
            return
        if self.is_fixed:
            return
        self._next = Position(epoch + self._shift)
        newest = self._newest
        if newest is not None and not newest.is_started and newest.epoch != self._next.epoch:
            newest.epoch, newest.batch = self._next.epoch, 0

    def state_dict(self) -> dict[str, int]:
        """Position of the newest iterator; if it is finished, the beginning of the next epoch."""
        position = self._newest
        if position is None or position.batch >= len(self):
            position = self._next
        return {"seed": self.batches.seed, "epoch": position.epoch, "batch": position.batch}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Let the next iterator resume at this epoch and batch.

        Raises:
            InputError: If it is not a state, or belongs to a loader with another seed.
        """
        if missing := {"seed", "epoch", "batch"} - state.keys():
            msg = f"the state has no {min(missing)!r}; pass the result of a loader's state_dict()."
            raise InputError(msg)
        if state["seed"] != self.batches.seed:
            msg = (
                f"the state belongs to a loader with seed {state['seed']}, this one has "
                f"{self.batches.seed}."
            )
            raise InputError(msg)
        _check(epoch=state["epoch"], batch=state["batch"])
        self._next = Position(state["epoch"], state["batch"])
        self._newest, self._is_chosen = None, True


def _check(**values: int) -> None:
    for name, value in values.items():
        if value < 0:
            msg = f"{name} is {value}; it must be at least 0."
            raise InputError(msg)
