"""The edges of a graph as two sparse matrices, made once and shared by layers."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, pad

from musebench.graph import EdgeType


class Entries(NamedTuple):
    """Entries of a sparse matrix, each of shape ``(num_entries,)``."""

    row: Tensor
    column: Tensor
    weight: Tensor

    def moved(self, rows: int, columns: int) -> "Entries":
        """Return the same entries further down and to the right."""
        return Entries(self.row + rows, self.column + columns, self.weight)


class SparseMatrix:
    """A sparse matrix: ``matrix @ x`` reads the rows of ``x`` in place, and so does its gradient.

    Args:
        entries: Parts of the matrix.
        num_rows: Number of its rows.
        num_columns: Number of its columns.
    """

    def __init__(self, entries: Iterable[Entries], num_rows: int, num_columns: int) -> None:
        self.entries = Entries(*map(torch.cat, zip(*entries, strict=True)))
        self.num_rows, self.num_columns = num_rows, num_columns

    @cached_property
    def by_row(self) -> tuple[Tensor, Tensor, Tensor]:
        """Where each row begins, and the columns and weights row after row."""
        return _compress(*self.entries, self.num_rows)

    @cached_property
    def by_column(self) -> tuple[Tensor, Tensor, Tensor]:
        """The same of the transposed matrix."""
        row, column, weight = self.entries
        return _compress(column, row, weight, self.num_columns)

    def __matmul__(self, x: Tensor) -> Tensor:
        """Multiply. Shape ``(num_columns, size)`` -> ``(num_rows, size)``."""
        product: Tensor = _Product.apply(x, self)  # type: ignore[no-untyped-call]
        return product


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: SparseMatrix) -> Tensor:
        ctx.matrix = matrix
        return _weighted_sums(x, *matrix.by_row)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _weighted_sums(grad.contiguous(), *ctx.matrix.by_column), None


def _weighted_sums(x: Tensor, begin: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    # The one operation of torch that gathers and sums rows without storing them in between.
    return embedding_bag(
        index, x, begin, mode="sum", per_sample_weights=weight, include_last_offset=True
    )


def _compress(
    row: Tensor, column: Tensor, weight: Tensor, num_rows: int
) -> tuple[Tensor, Tensor, Tensor]:
    if bool((row[1:] < row[:-1]).any()):  # batches of the loader come sorted
        row, order = row.sort(stable=True)
        column, weight = column[order], weight[order]
    return pad(torch.bincount(row, minlength=num_rows).cumsum(0), (1, 0)), column, weight


class Adjacency:
    """The edges of all relations, from the nodes before a layer to those after it.

    A mean and a matrix may be applied in either order. So each relation has a block of rows to
    which its matrix is applied: one for each of its targets or one for each of its sources,
    whichever are fewer. ``gather`` leads from nodes to rows, ``spread`` from rows to nodes; one of
    the two takes the mean. The nodes of all types, and the blocks, lie end to end.

    Args:
        edge_indices: Edges of each relation. Shape ``(2, num_edges)``.
        num_before: Number of nodes of each type before the layer.
        num_after: Number of nodes of each type after it: the first of those before.
        dtype: Type of the embeddings.

    Attributes:
        block_sizes: Number of rows of each relation.
    """

    def __init__(
        self,
        edge_indices: Mapping[EdgeType, Tensor],
        num_before: Mapping[str, int],
        num_after: Mapping[str, int],
        dtype: torch.dtype,
    ) -> None:
        self.num_before, self.num_after = num_before, num_after
        self.block_sizes: list[int] = []
        first_before, first_after = _first_of_each(num_before), _first_of_each(num_after)
        gather, spread, num_rows = [], [], 0
        for (source_type, _, target_type), edge_index in edge_indices.items():
            to_rows, from_rows, size = _route(
                edge_index, num_before[source_type], num_after[target_type], dtype
            )
            gather.append(to_rows.moved(num_rows, first_before[source_type]))
            spread.append(from_rows.moved(first_after[target_type], num_rows))
            self.block_sizes.append(size)
            num_rows += size
        self.gather = SparseMatrix(gather, num_rows, sum(num_before.values()))
        self.spread = SparseMatrix(spread, sum(num_after.values()), num_rows)


def _route(
    edge_index: Tensor, num_sources: int, num_targets: int, dtype: torch.dtype
) -> tuple[Entries, Entries, int]:
    """From the sources of a relation to its rows, from these to its targets; number of rows."""
    source, target = edge_index
    degree = torch.bincount(target, minlength=num_targets)
    mean = degree.to(dtype).reciprocal()[target]
    sources, place_of_source = _number(torch.bincount(source, minlength=num_sources))
    targets, place_of_target = _number(degree)
    size = min(len(sources), len(targets))
    row, once = torch.arange(size, device=source.device), mean.new_ones(size)
    if size == len(targets):
        return Entries(place_of_target[target], source, mean), Entries(targets, row, once), size
    return Entries(row, sources, once), Entries(target, place_of_source[source], mean), size


def _number(degree: Tensor) -> tuple[Tensor, Tensor]:
    """The nodes that have edges, and the place of each node among them."""
    has_edges = degree > 0
    return has_edges.nonzero().squeeze(1), has_edges.cumsum(0) - 1


def _first_of_each(sizes: Mapping[str, int]) -> dict[str, int]:
    """Where the nodes of each type begin, lying end to end."""
    return dict(zip(sizes, accumulate(sizes.values(), initial=0), strict=False))


def adjacency_of_layers(
    edge_indices: Mapping[EdgeType, Tensor],
    num_targets: Mapping[str, int],
    num_layers: int,
    dtype: torch.dtype,
) -> list[Adjacency]:
    """What each layer needs: the edges into the nodes that the layers after it need.

    Args:
        edge_indices: Edges of each relation. Shape ``(2, num_edges)``.
        num_targets: Number of nodes of each type that are wanted after the last layer.
        num_layers: Number of layers.
        dtype: Type of the embeddings.
    """
    layers: list[Adjacency] = []
    num_after = num_targets
    while len(layers) < num_layers:
        if layers and layers[0].num_before == layers[0].num_after:
            layers.insert(0, layers[0])  # all that can be reached is there
            continue
        num_before, needed = dict(num_after), {}
        for edge_type, edge_index in edge_indices.items():
            is_needed = edge_index[1] < num_after[edge_type[2]]
            edges = edge_index if bool(is_needed.all()) else edge_index[:, is_needed]
            if edges.size(1):
                last = int(edges[0].max())
                num_before[edge_type[0]] = max(num_before[edge_type[0]], last + 1)
            needed[edge_type] = edges
        layers.insert(0, Adjacency(needed, num_before, num_after, dtype))
        num_after = num_before
    return layers
