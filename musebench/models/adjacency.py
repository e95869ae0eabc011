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
        """Where each row begins, and the columns and weights in order of rows."""
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
    # The only operation of torch that gathers and sums rows without storing them in between. In
    # mixed precision, x has another dtype than the features, which set the dtype of the weights.
    weight = weight.to(x.dtype)
    return embedding_bag(
        index, x, begin, mode="sum", per_sample_weights=weight, include_last_offset=True
    )


def _compress(
    row: Tensor, column: Tensor, weight: Tensor, num_rows: int
) -> tuple[Tensor, Tensor, Tensor]:
    if bool((row[1:] < row[:-1]).any()):
        row, order = row.sort(stable=True)
        column, weight = column.index_select(0, order), weight.index_select(0, order)
    return pad(torch.bincount(row, minlength=num_rows).cumsum(0), (1, 0)), column, weight


class Adjacency:
    """The edges of all relations among the first nodes of each type.

    The mean over neighbours and the matrix of a relation commute. So each relation has a block of
    rows to which its matrix is applied: one per source or one per target, whichever are fewer, and
    only one for successive targets with the same sources, as the notes of a chord often have.
    ``gather`` maps nodes to rows, ``spread`` rows to nodes; one of the two takes the mean. The
    nodes of all types, and the blocks, are concatenated.

    Args:
        edge_indices: Edges of each relation. Shape ``(2, num_edges)``.
        num_nodes: Number of nodes of each type.
        dtype: Type of the embeddings.

    Attributes:
        block_sizes: Number of rows of each relation.
    """

    def __init__(
        self,
        edge_indices: Mapping[EdgeType, Tensor],
        num_nodes: Mapping[str, int],
        dtype: torch.dtype,
    ) -> None:
        self.num_nodes = num_nodes
        self.block_sizes: list[int] = []
        first = dict(zip(num_nodes, accumulate(num_nodes.values(), initial=0), strict=False))
        gather, spread, num_rows = [], [], 0
        for (source_type, _, target_type), edge_index in edge_indices.items():
            to_rows, from_rows, size = _route(edge_index, dtype)
            gather.append(to_rows.moved(num_rows, first[source_type]))
            spread.append(from_rows.moved(first[target_type], num_rows))
            self.block_sizes.append(size)
            num_rows += size
        self.gather = SparseMatrix(gather, num_rows, sum(num_nodes.values()))
        self.spread = SparseMatrix(spread, sum(num_nodes.values()), num_rows)


def _route(edge_index: Tensor, dtype: torch.dtype) -> tuple[Entries, Entries, int]:
    """Entries from sources to rows, entries from rows to targets, and the number of rows."""
    source, target = _sorted_by_target(edge_index)
    targets, place, degree = target.unique_consecutive(return_inverse=True, return_counts=True)
    sources, row_of_source = _number(source)
    weight = degree.to(dtype).reciprocal()
    weight_of_edge = weight.index_select(0, place)
    shares_row = _has_sources_of_last(source, place, degree)
    row_of_target = (~shares_row).cumsum(0) - 1
    num_rows = len(targets) - int(shares_row.sum())
    if num_rows > len(sources):
        row = torch.arange(len(sources), device=source.device)
        gather = Entries(row, sources, weight.new_ones(len(sources)))
        return gather, Entries(target, row_of_source, weight_of_edge), len(sources)
    kept = (~shares_row).index_select(0, place).nonzero().squeeze(1)
    of_edges = row_of_target.index_select(0, place), source, weight_of_edge
    gather = Entries(*(values.index_select(0, kept) for values in of_edges))
    return gather, Entries(targets, row_of_target, torch.ones_like(weight)), num_rows


def _sorted_by_target(edge_index: Tensor) -> Tensor:
    target = edge_index[1]
    if bool((target[1:] >= target[:-1]).all()):  # as in batches of the loader
        return edge_index
    return edge_index[:, target.argsort(stable=True)]


def _number(node: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct nodes, sorted, and the position of each given node among them."""
    occurs = torch.bincount(node) > 0
    return occurs.nonzero().squeeze(1), (occurs.cumsum(0) - 1).index_select(0, node)


def _has_sources_of_last(source: Tensor, place: Tensor, degree: Tensor) -> Tensor:
    """Whether a target has the same sources as the one before it.

    Args:
        source: Source of each edge, in order of targets.
        place: Position of its target among those with edges.
        degree: Number of edges of each target.
    """
    same = torch.zeros_like(degree, dtype=torch.bool)
    same[1:] = degree[1:] == degree[:-1]
    edge = torch.arange(len(source), device=source.device)
    counterpart = (edge - degree.index_select(0, place)).clamp(min=0)
    differs = (source != source.index_select(0, counterpart)).nonzero().squeeze(1)
    return same.index_fill(0, place.index_select(0, differs), value=False)
