"""The convolutions of the graph models, by name.

A mini-batch must give the same result as the whole graph, and a model is trained on a sample of the
neighbours and evaluated on all of them. So no convolution adds up neighbours (they take means, or
weights that sum to one), and none uses the degree of a neighbour, which a sample does not show. GCN
and HGT weigh the neighbours of all relations against each other: if a sample leaves out some of one
relation, the others gain weight.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.nn import (
    GATv2Conv,
    GCNConv,
    HeteroConv,
    HGTConv,
    MessagePassing,
    ResGatedGraphConv,
    RGCNConv,
    SAGEConv,
)

from musebench.errors import InputError
from musebench.graph import NOTE_EDGE_TYPES, EdgeType
from musebench.models.hetero_sage import HeteroSAGE
from musebench.models.layer_graph import Conv, LayerGraph

NUM_HEADS = 4
NUM_BASES = 4
NUM_DIFFERENCES, INTERVAL_SIZE = 3, 16


class OneGraph(NamedTuple):
    """The nodes of all types, concatenated, with the edges of all relations.

    Attributes:
        edge_index: Shape ``(2, num_edges)``.
        relation: Index of each edge's type among the edge types. Shape ``(num_edges,)``.
        num_nodes: Number of nodes.
    """

    edge_index: Tensor
    relation: Tensor
    num_nodes: int


def _join(graph: LayerGraph) -> OneGraph:
    counts = graph.num_nodes
    first = dict(zip(counts, accumulate(counts.values(), initial=0), strict=False))
    edges, relations = [], []
    for i, ((source, _, target), edge_index) in enumerate(graph.edge_index_dict.items()):
        shift = edge_index.new_tensor([[first[source]], [first[target]]])
        edges.append(edge_index + shift)
        relations.append(edge_index.new_full((edge_index.size(1),), i))
    return OneGraph(torch.cat(edges, dim=1), torch.cat(relations), sum(counts.values()))


def _by_type(h: Tensor, x_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return dict(zip(x_dict, torch.split(h, [len(x) for x in x_dict.values()]), strict=True))


class GCN(Conv):
    """The mean over a node and its neighbours of all types and relations, mapped by one matrix.

    It shows how a graph model works without relations.

    Source:
        Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", ICLR
        2017. Differs: divided by the degree of the target, not by the root of both degrees, as in
        the inductive form by Hamilton, Ying and Leskovec (NeurIPS 2017). Nodes of all types are in
        one graph, so no relation is bipartite and every node is its own neighbour once.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__(hidden, node_types, edge_types)
        self.conv = GCNConv(hidden, hidden, normalize=False)

    @staticmethod
    def prepare(graph: LayerGraph) -> tuple[Tensor, Tensor]:
        """Edges of one graph, including one from each node to itself, and their weights."""
        edge_index, _, num_nodes = _join(graph)
        itself = torch.arange(num_nodes, device=edge_index.device).expand(2, -1)
        edge_index = torch.cat([edge_index, itself], dim=1)
        degree = torch.bincount(edge_index[1], minlength=num_nodes)
        return edge_index, degree.to(graph.dtype).reciprocal()[edge_index[1]]

    def forward(
        self, x_dict: Mapping[str, Tensor], edges: tuple[Tensor, Tensor]
    ) -> dict[str, Tensor]:
        """Return the embeddings after the layer."""
        return _by_type(self.conv(torch.cat(list(x_dict.values())), *edges), x_dict)


class RGCN(Conv):
    """A node's own part plus, for each relation, the mean over its neighbours, by few matrices.

    The matrix of a relation is a weighted sum of ``NUM_BASES`` matrices that all relations share;
    with one matrix per relation it would be HeteroSAGE.

    Source:
        Schlichtkrull et al., "Modeling Relational Data with Graph Convolutional Networks", ESWC
        2018. Differs: the residual stack around it has layer normalisation; nodes of all types are
        in one graph.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__(hidden, node_types, edge_types)
        self.conv = RGCNConv(hidden, hidden, len(edge_types), num_bases=NUM_BASES)

    @staticmethod
    def prepare(graph: LayerGraph) -> OneGraph:
        """The edges of one graph."""
        return _join(graph)

    def forward(self, x_dict: Mapping[str, Tensor], edges: OneGraph) -> dict[str, Tensor]:
        """Return the embeddings after the layer."""
        x = torch.cat(list(x_dict.values()))
        return _by_type(self.conv(x, edges.edge_index, edges.relation), x_dict)


class HGT(Conv):
    """Attention over the neighbours of all relations, scored and mapped per relation.

    Source:
        Hu, Dong, Wang and Sun, "Heterogeneous Graph Transformer", WWW 2020. Differs: the residual
        stack around it has layer normalisation; no encoding of relative time.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__(hidden, node_types, edge_types)
        _check_heads("hgt", hidden)
        self.conv = HGTConv(hidden, hidden, (list(node_types), list(edge_types)), NUM_HEADS)

    def forward(
        self, x_dict: Mapping[str, Tensor], edges: Mapping[EdgeType, Tensor]
    ) -> dict[str, Tensor]:
        """Return the embeddings after the layer."""
        h: dict[str, Tensor] = self.conv(x_dict, edges)
        return h


class SumOverRelations(Conv):
    """The sum of a node's own part, mapped once, and of one convolution per relation.

    Subclasses define the convolutions, which have no own part.
    """

    def __init__(
        self, hidden: int, node_types: Sequence[str], edge_types: Sequence[EdgeType]
    ) -> None:
        super().__init__(hidden, node_types, edge_types)
        self.own = nn.ModuleDict({node_type: nn.Linear(hidden, hidden) for node_type in node_types})
        self.neighbours = HeteroConv({e: self.of_relation(hidden, e) for e in edge_types})

    @staticmethod
    @abstractmethod
    def of_relation(hidden: int, edge_type: EdgeType) -> nn.Module:
        """A new convolution from sources to targets of a relation."""

    def messages(self, x_dict: Mapping[str, Tensor], edges: Any) -> dict[str, Tensor]:
        """Sum of the messages of all relations. Shape ``(num_nodes, hidden)`` per node type."""
        message: dict[str, Tensor] = self.neighbours(x_dict, edges)
        return message

    def forward(self, x_dict: Mapping[str, Tensor], edges: Any) -> dict[str, Tensor]:
        """Return the embeddings after the layer."""
        message = self.messages(x_dict, edges)
        return {t: own(x_dict[t]) + message[t] for t, own in self.own.items()}


class GATv2(SumOverRelations):
    """Attention over the neighbours of each relation.

    Source:
        Brody, Alon and Yahav, "How Attentive are Graph Attention Networks?", ICLR 2022. Differs:
        summed over relations; a node's own part is mapped separately and not attended to.
    """

    @staticmethod
    def of_relation(hidden: int, edge_type: EdgeType) -> nn.Module:  # noqa: ARG004
        """A new convolution from sources to targets of a relation."""
        _check_heads("gatv2", hidden)
        conv: nn.Module = GATv2Conv(
            (hidden, hidden), hidden // NUM_HEADS, NUM_HEADS, add_self_loops=False, bias=False
        )
        return conv


class ResGated(SumOverRelations):
    """The mean over the neighbours of each relation, weighted by a gate of both nodes.

    Source:
        Bresson and Laurent, "Residual Gated Graph ConvNets", 2017 (arXiv 1711.07553). Differs: a
        mean instead of a sum; summed over relations.
    """

    @staticmethod
    def of_relation(hidden: int, edge_type: EdgeType) -> nn.Module:  # noqa: ARG004
        """A new convolution from sources to targets of a relation."""
        conv: nn.Module = ResGatedGraphConv(
            (hidden, hidden), hidden, root_weight=False, bias=False, aggr="mean"
        )
        return conv


class Intervals(NamedTuple):
    """The intervals between the two notes of each edge.

    Attributes:
        difference: Absolute differences of onset and duration, as log2(1 + quarter notes), and of
            pitch, in octaves. Shape ``(num_edges, NUM_DIFFERENCES)``.
        pitch_class: Semitones from target up to source, modulo 12. Shape ``(num_edges,)``, int64.
    """

    difference: Tensor
    pitch_class: Tensor


MusicalEdges = tuple[Mapping[EdgeType, Tensor], Mapping[EdgeType, Intervals]]


def intervals_of(edge_index: Tensor, graph: LayerGraph) -> Intervals:
    """Measure the edges between notes.

    Raises:
        InputError: If the graph has no times of its notes.
    """
    note = graph.note
    if note is None or graph.divs_pq is None:
        msg = "musgconv needs times and pitches: pass note and divs_pq of the graph."
        raise InputError(msg)
    source, target = edge_index
    divs_pq = torch.as_tensor(graph.divs_pq, device=source.device)
    if "batch" in note:
        divs_pq = divs_pq[note.batch[target]]
    onset, duration = (
        torch.log2(1 + (column[source] - column[target]).abs() / divs_pq)
        for column in (note.onset_div, note.duration_div)
    )
    interval = note.pitch[source] - note.pitch[target]
    difference = torch.stack([onset, duration, interval.abs() / 12], dim=1)
    return Intervals(difference.to(graph.dtype), interval % 12)


class MusGConv(MessagePassing):  # type: ignore[misc]
    """The mean over neighbours of their embeddings and of the intervals, mapped by one matrix.

    A message is the neighbour's embedding concatenated with an embedding of the interval: a
    perceptron of the differences in onset, duration and pitch and of a learned vector of the
    pitch-class interval.

    Args:
        hidden: Size of the input and output embeddings.

    Source:
        Karystinaios, Foscarin and Widmer, "Perception-Inspired Graph Convolution for Music
        Understanding Tasks", IJCAI 2024 (arXiv 2405.09224). Differs: differences are in musical
        units, where the published code divides each by its norm over the batch, so that the
        prediction of a note depends on the rest of its batch; a mean instead of a sum, since
        neighbours are sampled; three features of an edge and a perceptron for them in each layer,
        not edge embeddings passed on; no matrix before the one after the mean; the own part is
        mapped once for all relations, in ``MusG``.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__(aggr="mean")
        self.interval = nn.Embedding(12, INTERVAL_SIZE)
        self.edge = nn.Sequential(
            nn.Linear(NUM_DIFFERENCES + INTERVAL_SIZE, hidden),
            nn.ReLU(),
            nn.LayerNorm(hidden),
            nn.Linear(hidden, hidden),
        )
        self.project = nn.Linear(2 * hidden, hidden, bias=False)

    def forward(
        self, x: Tensor, edge_index: Tensor, difference: Tensor, pitch_class: Tensor
    ) -> Tensor:
        """Return the mean of a note's messages, mapped. Shape ``(num_notes, hidden)``.

        Args:
            x: Embeddings of the notes. Shape ``(num_notes, hidden)``.
            edge_index: Edges. Shape ``(2, num_edges)``.
            difference: See ``Intervals``.
            pitch_class: See ``Intervals``.
        """
        edge = self.edge(torch.cat([difference, self.interval(pitch_class)], dim=1))
        projected: Tensor = self.project(self.propagate(edge_index, x=x, edge=edge))
        return projected

    def message(self, x_j: Tensor, edge: Tensor) -> Tensor:
        """The message of each edge. Shape ``(num_edges, 2 * hidden)``."""
        return torch.cat([x_j, edge], dim=1)


class MusG(SumOverRelations):
    """``MusGConv`` for each relation between notes, SAGE for the others."""

    @staticmethod
    def of_relation(hidden: int, edge_type: EdgeType) -> nn.Module:
        """A new convolution from sources to targets of a relation."""
        if edge_type in NOTE_EDGE_TYPES:
            return MusGConv(hidden)
        conv: nn.Module = SAGEConv((hidden, hidden), hidden, root_weight=False, bias=False)
        return conv

    @staticmethod
    def prepare(
        graph: LayerGraph,
    ) -> tuple[Mapping[EdgeType, Tensor], Mapping[EdgeType, Intervals]]:
        """The edges, and the intervals between the notes of each."""
        edges = graph.edge_index_dict
        between = {e: intervals_of(i, graph) for e, i in edges.items() if e in NOTE_EDGE_TYPES}
        return edges, between

    def messages(self, x_dict: Mapping[str, Tensor], edges: MusicalEdges) -> dict[str, Tensor]:
        """Sum of the messages of all relations."""
        edge_index_dict, between = edges
        message: dict[str, Tensor] = self.neighbours(
            x_dict,
            edge_index_dict,
            difference_dict={e: found.difference for e, found in between.items()},
            pitch_class_dict={e: found.pitch_class for e, found in between.items()},
        )
        return message


CONVS: dict[str, type[Conv]] = {
    "sage": HeteroSAGE,
    "gcn": GCN,
    "gatv2": GATv2,
    "resgated": ResGated,
    "rgcn": RGCN,
    "hgt": HGT,
    "musgconv": MusG,
}


def conv_class(name: str) -> type[Conv]:
    """Return the convolution of this name.

    Raises:
        InputError: If there is none.
    """
    if name not in CONVS:
        msg = f"conv is {name!r}; accepted are {', '.join(CONVS)}."
        raise InputError(msg)
    return CONVS[name]


def _check_heads(conv: str, hidden: int) -> None:
    if hidden % NUM_HEADS:
        msg = f"hidden is {hidden}; with conv {conv!r} it must be a multiple of {NUM_HEADS}."
        raise InputError(msg)
