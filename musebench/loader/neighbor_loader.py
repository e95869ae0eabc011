"""The loader that users call."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from musebench.errors import InputError
from musebench.graph import (
    DEFAULT_MAX_EDGES,
    EDGE_TYPES,
    RELATIONS,
    EdgeType,
    ScoreGraph,
    edge_types_of,
)
from musebench.loader.epoch_plan import EpochPlan
from musebench.loader.given import graphs_given, relations_given
from musebench.loader.score_batches import ScoreBatches

OWN_ARGUMENTS = {"shuffle", "sampler", "batch_sampler", "drop_last", "collate_fn"}

NumNeighbors = Sequence[int] | Mapping[EdgeType, Sequence[int]] | None


class MuseNeighborLoader(DataLoader[ScoreGraph]):
    """Mini-batches of score windows for training.

    Args:
        graphs: A musebench dataset, a part of one, or graphs of ``musebench.build_graph``. A
            dataset's own transform is applied once, to whole scores.
        num_neighbors: Neighbours at most for each relation, hop by hop; -1: all. A dict gives a
            list for each edge type, others none. None: targets and all edges among them, no
            neighbours.
        subgraph_size: Targets at most in a window (but by one chord that is larger).
        batch_size: Windows in a batch.
        coverage: ``expected``: windows are drawn; ``exact``: the pieces are tiled, each note is a
            target once an epoch.
        subgraph_type: ``directional``: the edges that were sampled; ``induced``: all edges among
            the sampled nodes.
        relations: Relations between notes that are in the batches, each with its reverse, for
            example ``("onset", "consecutive", "during")``; None: those of the graphs.
        metrical: Whether beats and measures, and the edges to and from them, are in the batches.
        transform: Applied to each batch. ``batch.seed`` is what it should draw from: then batches
            stay a function of (seed, epoch, index).
        seed: Seed of all draws.
        num_batches: Batches of an epoch, over all processes; None: so many that each note is
            expected as a target once.
        rank: Place of this process among those that share the work.
        world_size: Number of these processes; each gets other batches of the same epoch.
        max_edges: Refuse a batch with more edges.
        num_workers: Processes that make batches; 0: this one.
        kwargs: Further arguments of ``torch.utils.data.DataLoader``.

    Raises:
        InputError: If an argument is out of its range, or the graphs have other edges than those
            that follow from the times of their notes, which are the ones that are sampled.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024: windows and node-wise sampling. Differs: all notes are targets alike, chords stay
        whole, relations keep their names, nodes are ordered by hop.
    """

    def __init__(
        self,
        graphs: Sequence[ScoreGraph],
        num_neighbors: NumNeighbors = (3, 3, 3),
        subgraph_size: int = 500,
        batch_size: int = 32,
        *,
        coverage: str = "expected",
        subgraph_type: str = "directional",
        relations: Iterable[str] | None = None,
        metrical: bool = True,
        transform: Callable[[ScoreGraph], ScoreGraph] | None = None,
        seed: int = 0,
        num_batches: int | None = None,
        rank: int = 0,
        world_size: int = 1,
        max_edges: int = DEFAULT_MAX_EDGES,
        num_workers: int = 0,
        **kwargs: Any,
    ) -> None:
        _check("coverage", coverage, ("expected", "exact"))
        _check("subgraph_type", subgraph_type, ("directional", "induced"))
        _check_positive(subgraph_size=subgraph_size, batch_size=batch_size, world_size=world_size)
        if not 0 <= rank < world_size:
            msg = f"rank is {rank}; accepted is 0 to {world_size - 1}."
            raise InputError(msg)
        _check_sampling(kwargs)
        given = graphs_given(graphs)
        sampled = relations_given(given, relations, metrical=metrical)
        self.scores = ScoreBatches(
            given,
            neighbors_by_hop(num_neighbors, metrical=metrical, relations=sampled),
            subgraph_size,
            induced=subgraph_type == "induced" or num_neighbors is None,
            metrical=metrical,
            relations=sampled,
            transform=transform,
            max_edges=max_edges,
        )
        if num_batches is not None and (coverage == "exact" or num_batches < 1):
            msg = f"num_batches is {num_batches}; it is at least 1, of coverage 'expected'."
            raise InputError(msg)
        exact = coverage == "exact"
        plan = EpochPlan(self.scores, batch_size, exact, seed, num_batches, rank, world_size)
        super().__init__(
            self.scores,  # type: ignore[arg-type]
            batch_size=None,
            sampler=plan,
            num_workers=num_workers,
            **kwargs,
        )
        self.plan = plan

    def __iter__(self) -> Iterator[ScoreGraph]:  # type: ignore[override]
        """Make the batches of the next epoch, or the rest of the one that was loaded."""
        # Counted here: with workers the plan runs ahead of what was handed out.
        for batch in super().__iter__():
            self.plan.next_batch += 1
            yield batch
        self.plan.epoch, self.plan.next_batch = self.plan.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Epoch and batch to go on with, for ``load_state_dict``."""
        return self.plan.state_dict()

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where another loader of the same arguments stopped."""
        self.plan.load_state_dict(state)


def _check(name: str, value: str, accepted: tuple[str, ...]) -> None:
    if value not in accepted:
        msg = f"{name} is {value!r}; accepted are {', '.join(accepted)}."
        raise InputError(msg)


def _check_sampling(arguments: Mapping[str, Any]) -> None:
    """Refuse what a ``DataLoader`` takes to choose and join items: the loader does that itself."""
    if given := sorted(OWN_ARGUMENTS.intersection(arguments)):
        msg = (
            f"{given[0]} is not an argument of MuseNeighborLoader: the loader itself draws windows "
            "at random, by its seed, or tiles the pieces in random order (coverage='exact'), and "
            "joins them."
        )
        raise InputError(msg)


def _check_positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            msg = f"{name} is {value}; it must be at least 1."
            raise InputError(msg)


def neighbors_by_hop(
    num_neighbors: NumNeighbors, *, metrical: bool, relations: Iterable[str] = RELATIONS
) -> NDArray[np.int64]:
    """Bring ``num_neighbors`` to a table.

    Args:
        num_neighbors: As of ``MuseNeighborLoader``.
        metrical: Whether beats and measures are sampled.
        relations: The relations between notes that are.

    Returns:
        Neighbours at most, shape ``(num_hops, len(EDGE_TYPES))``, int64; -1: all.

    Raises:
        InputError: If an edge type is not sampled, a number is no integer or below -1, or lists
            differ in length.
    """
    used = edge_types_of(relations, metrical=metrical)
    if num_neighbors is None:
        by_type: dict[EdgeType, list[int]] = {}
    elif isinstance(num_neighbors, Mapping):
        by_type = {edge_type: _hops(counts) for edge_type, counts in num_neighbors.items()}
    else:
        hops = _hops(num_neighbors)
        by_type = dict.fromkeys(used, hops)
    if unknown := by_type.keys() - set(used):
        named = sorted(unknown, key=str)
        msg = f"num_neighbors names {named}; accepted are those that are sampled: {list(used)}."
        raise InputError(msg)
    lengths = {len(counts) for counts in by_type.values()}
    if len(lengths) > 1:
        msg = f"num_neighbors has lists of {sorted(lengths)} hops; they must be equally long."
        raise InputError(msg)
    table = np.zeros((max(lengths, default=0), len(EDGE_TYPES)), dtype=np.int64)
    for edge_type, counts in by_type.items():
        table[:, EDGE_TYPES.index(edge_type)] = counts
    if (table < -1).any():
        msg = f"num_neighbors has {table.min()}; accepted are -1 (all), 0 and more."
        raise InputError(msg)
    return table


def _hops(counts: Any) -> list[int]:
    """Numbers of neighbours hop by hop, as integers."""
    try:
        return [operator.index(count) for count in counts]
    except TypeError:
        msg = (
            f"num_neighbors has {counts!r}; accepted is a list of integers, one per hop, for "
            "example [3, 3] for two hops; -1: all."
        )
        raise InputError(msg) from None
