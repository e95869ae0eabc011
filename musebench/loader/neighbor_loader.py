"""The loader that users call."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, SequentialSampler

from musebench.errors import InputError
from musebench.graph import (
    DEFAULT_MAX_EDGES,
    EDGE_TYPES,
    RELATIONS,
    EdgeType,
    ScoreGraph,
    edge_types_of,
)
from musebench.loader.epoch_batches import EpochBatches
from musebench.loader.epoch_plan import EpochPlan, Position
from musebench.loader.given import graphs_given, relations_given
from musebench.loader.score_batches import ScoreBatches
from musebench.shown import Shown

OWN_ARGUMENTS = ("shuffle", "batch_sampler", "drop_last", "collate_fn")

NumNeighbors = Sequence[int] | Mapping[EdgeType, Sequence[int]] | None


class MuseNeighborLoader(Shown, DataLoader[ScoreGraph]):
    """Mini-batches of score windows for training.

    Every ``iter(loader)`` begins a new epoch, the one after that of the previous iterator, even if
    that one was not finished; iterators are independent. A batch is a function of (seed, epoch,
    index): the same for any number of workers.

    Args:
        graphs: A musebench dataset, a subset of one, or graphs of ``musebench.build_graph``. A
            dataset's own transform is applied once, to whole scores.
        num_neighbors: Maximum number of neighbours per relation, one number per hop; -1 for all. A
            dict gives a list per edge type; other edge types get none. None for the targets and
            all edges among them, without neighbours.
        subgraph_size: Maximum number of targets per window; a larger chord is kept whole.
        batch_size: Windows per batch.
        coverage: ``expected`` draws windows; ``exact`` tiles the pieces, so that each note is a
            target once per epoch.
        subgraph_type: ``directional`` for the sampled edges; ``induced`` for all edges among the
            sampled nodes.
        relations: Relations between notes in the batches, each with its reverse, for example
            ``("onset", "consecutive", "during")``; None for those of the graphs.
        metrical: Whether the batches contain beats and measures, and the edges to and from them.
        transform: Applied to each batch. It should draw from ``batch.seed``: then batches remain a
            function of (seed, epoch, index).
        seed: Seed of all draws.
        weights: Weight of each graph, with coverage ``expected``: its notes are targets as often as
            it says, relative to the others; None for 1 each.
        num_batches: Batches per epoch, over all processes; None for as many as are needed for each
            note to be expected as a target once.
        rank: Rank of this process; None, as for ``world_size``, for the value of
            ``torch.distributed``, if it is set up.
        world_size: Number of processes. Each gets different batches of the same epoch, and the same
            number; if they cannot be divided equally, the last ones are divided by windows.
        max_edges: Refuse a batch with more edges.
        num_workers: Processes that make batches; 0 for this one.
        kwargs: Further arguments of ``torch.utils.data.DataLoader``, except those that choose or
            join samples: the loader draws its own windows for each epoch.

    Raises:
        InputError: If an argument is out of range, or the graphs have other edges than those that
            the times of their notes define, which are the edges that are sampled.

    Source:
        Karystinaios and Widmer, "GraphMuse: A Library for Symbolic Music Graph Processing", ISMIR
        2024: windows and node-wise sampling. Differs: all notes are equally likely targets, chords
        stay whole, relations keep their names, nodes are ordered by hop.
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
        weights: Sequence[float] | None = None,
        num_batches: int | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        max_edges: int = DEFAULT_MAX_EDGES,
        num_workers: int = 0,
        **kwargs: Any,
    ) -> None:
        given = _take_from_lightning(kwargs)
        batches = given.batches or _batches(
            graphs,
            num_neighbors,
            subgraph_size,
            batch_size,
            coverage=coverage,
            subgraph_type=subgraph_type,
            relations=relations,
            metrical=metrical,
            transform=transform,
            seed=seed,
            weights=weights,
            num_batches=num_batches,
            max_edges=max_edges,
        )
        # Lightning recreates the loader from these.
        self.graphs, self.rank, self.world_size = graphs, rank, world_size
        self._busy = False  # whether the persistent workers serve an iterator
        super().__init__(
            batches,
            batch_size=None,  # for torch, a batch is one item
            sampler=EpochPlan(batches, _place(rank, world_size), is_fixed=given.is_fixed),
            num_workers=num_workers,
            **kwargs,
        )

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        batches = cast(EpochBatches, self.dataset)
        return {
            "graphs": len(self.graphs),
            "batches": len(self),
            "batch_size": batches.batch_size,
            "subgraph_size": batches.scores.subgraph_size,
            "coverage": "exact" if batches.exact else "expected",
            "seed": batches.seed,
        }

    @property
    def plan(self) -> EpochPlan:
        """The plan of which batches come next."""
        return cast(EpochPlan, self.sampler)

    def __iter__(self) -> Iterator[ScoreGraph]:  # type: ignore[override]
        """Begin the next epoch, or the rest of the epoch that was loaded."""
        return self._make(self.plan.begin())

    def _make(self, position: Position) -> Iterator[ScoreGraph]:
        """Make the batches from a position on, and advance it."""
        position.is_started = True
        first = not self._busy
        self.plan.starting = position
        made = super().__iter__() if first else self._get_iterator()
        self.plan.starting = None
        self._busy = True
        try:
            for batch in made:
                # Counted here: with workers, the plan is ahead of the batches returned.
                position.batch += 1
                yield batch
        finally:
            if first:
                self._busy = False

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next ``iter(loader)`` begins.

        If a state of this epoch was loaded, the next iterator resumes it.

        Raises:
            InputError: If it is negative.
        """
        self.plan.go_to(epoch)

    def state_dict(self) -> dict[str, int]:
        """Epoch and batch to resume at, for ``load_state_dict``.

        It is the position of the newest iterator, or the beginning of the next epoch if that one is
        finished or there is none. Batches are counted among those of this process.
        """
        return self.plan.state_dict()

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Let the next ``iter(loader)`` resume where a loader with the same arguments stopped.

        Raises:
            InputError: If it is not a state, or belongs to a loader with another seed.
        """
        self.plan.load_state_dict(state)


def _batches(
    graphs: Sequence[ScoreGraph],
    num_neighbors: NumNeighbors,
    subgraph_size: int,
    batch_size: int,
    *,
    coverage: str,
    subgraph_type: str,
    relations: Iterable[str] | None,
    metrical: bool,
    transform: Callable[[ScoreGraph], ScoreGraph] | None,
    seed: int,
    weights: Sequence[float] | None,
    num_batches: int | None,
    max_edges: int,
) -> EpochBatches:
    """Check the arguments and make the batches."""
    _check("coverage", coverage, ("expected", "exact"))
    _check("subgraph_type", subgraph_type, ("directional", "induced"))
    _check_positive(subgraph_size=subgraph_size, batch_size=batch_size)
    _check_epochs(seed, num_batches, coverage)
    given = graphs_given(graphs)
    sampled = relations_given(given, relations, metrical=metrical)
    scores = ScoreBatches(
        given,
        neighbors_by_hop(num_neighbors, metrical=metrical, relations=sampled),
        subgraph_size,
        induced=subgraph_type == "induced" or num_neighbors is None,
        metrical=metrical,
        relations=sampled,
        transform=transform,
        max_edges=max_edges,
    )
    return EpochBatches(
        scores,
        batch_size,
        exact=coverage == "exact",
        seed=seed,
        weights=_weights(weights, len(given), coverage),
        num_batches=num_batches,
    )


def _check_epochs(seed: int, num_batches: int | None, coverage: str) -> None:
    if seed < 0:
        msg = f"seed is {seed}; it must be at least 0."
        raise InputError(msg)
    if num_batches is not None and (coverage == "exact" or num_batches < 1):
        msg = f"num_batches is {num_batches}; it must be at least 1, with coverage 'expected'."
        raise InputError(msg)


def _weights(
    weights: Sequence[float] | None, num_graphs: int, coverage: str
) -> NDArray[np.float64]:
    """Weight of each graph, ``(num_graphs,)``."""
    chosen = np.ones(num_graphs) if weights is None else np.asarray(weights, np.float64)
    if chosen.shape != (num_graphs,) or not ((chosen > 0) & np.isfinite(chosen)).all():
        msg = f"weights must be {num_graphs} positive numbers, one per graph."
        raise InputError(msg)
    if coverage == "exact" and (chosen != 1).any():
        msg = "weights say how often windows are drawn; with coverage 'exact' each is taken once."
        raise InputError(msg)
    return chosen


class _Given(NamedTuple):
    """The arguments of Lightning when it recreates a loader.

    Attributes:
        batches: Those of the original loader; None if not given.
        is_fixed: Whether every epoch should be the same (its ``overfit_batches``).
    """

    batches: EpochBatches | None
    is_fixed: bool


def _take_from_lightning(kwargs: dict[str, Any]) -> _Given:
    """Take Lightning's arguments out of those of ``DataLoader``, and refuse them from others."""
    batches, sampler = kwargs.pop("dataset", None), kwargs.pop("sampler", None)
    if not (batches is None or isinstance(batches, EpochBatches)):
        msg = "dataset is not an argument of the loader; pass its graphs as the first argument."
        raise InputError(msg)
    if not (sampler is None or isinstance(sampler, EpochPlan | SequentialSampler)):
        msg = f"sampler is a {type(sampler).__name__}; the loader draws its windows itself."
        raise InputError(msg)
    for name in OWN_ARGUMENTS:
        if kwargs.pop(name, None) and batches is None:  # Lightning passes torch's choices back
            msg = (
                f"{name} is not an argument of MuseNeighborLoader: the loader draws windows at "
                "random, by its seed, or tiles the pieces in random order (coverage='exact'), and "
                "joins them itself."
            )
            raise InputError(msg)
    is_fixed = sampler.is_fixed if isinstance(sampler, EpochPlan) else sampler is not None
    return _Given(batches, is_fixed)


def _place(rank: int | None, world_size: int | None) -> tuple[int, int] | None:
    """Check rank and number of processes and return both; None if neither is given."""
    if rank is None and world_size is None:
        return None
    if rank is None:
        msg = f"world_size is {world_size} and rank is not given; pass both or neither."
        raise InputError(msg)
    world_size = 1 if world_size is None else world_size
    _check_positive(world_size=world_size)
    if not 0 <= rank < world_size:
        msg = f"rank is {rank}; it must be 0 to {world_size - 1}."
        raise InputError(msg)
    return rank, world_size


def _check(name: str, value: str, accepted: tuple[str, ...]) -> None:
    if value not in accepted:
        msg = f"{name} is {value!r}; accepted are {', '.join(accepted)}."
        raise InputError(msg)


def _check_positive(**values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, Integral) or value < 1:
            msg = f"{name} is {value!r}; it must be an integer of at least 1."
            raise InputError(msg)


def neighbors_by_hop(
    num_neighbors: NumNeighbors, *, metrical: bool, relations: Iterable[str] = RELATIONS
) -> NDArray[np.int64]:
    """Convert ``num_neighbors`` to a table.

    Args:
        num_neighbors: As in ``MuseNeighborLoader``.
        metrical: Whether beats and measures are sampled.
        relations: The sampled relations between notes.

    Returns:
        Maximum numbers of neighbours, shape ``(num_hops, len(EDGE_TYPES))``, int64; -1 for all.

    Raises:
        InputError: If an edge type is not sampled, a number is not an integer or is below -1, or
            lists differ in length.
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
        msg = f"num_neighbors names {named}, which is not sampled; accepted are {list(used)}."
        raise InputError(msg)
    lengths = {len(counts) for counts in by_type.values()}
    if len(lengths) > 1:
        msg = f"num_neighbors has lists of {sorted(lengths)} hops; they must be equally long."
        raise InputError(msg)
    table = np.zeros((max(lengths, default=0), len(EDGE_TYPES)), dtype=np.int64)
    for edge_type, counts in by_type.items():
        table[:, EDGE_TYPES.index(edge_type)] = counts
    if (table < -1).any():
        msg = f"num_neighbors has {table.min()}; numbers must be at least 0, or -1 for all."
        raise InputError(msg)
    return table


def _hops(counts: Any) -> list[int]:
    """Numbers of neighbours per hop, as integers."""
    try:
        return [operator.index(count) for count in counts]
    except TypeError:
        msg = (
            f"num_neighbors has {counts!r}; it must be a list of integers, one per hop, for "
            "example [3, 3] for two hops; -1 is all."
        )
        raise InputError(msg) from None
