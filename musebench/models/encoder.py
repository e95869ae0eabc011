"""The interface of all encoders, and their registry."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar

from torch import Tensor, nn
from torch_geometric.data.storage import NodeStorage

from musebench.errors import InputError
from musebench.graph import RELATIONS, EdgeType
from musebench.registry import GROUP, GROUP_OF_MODELS, Registry

NumByHop = Mapping[str, Sequence[int]]
Sizes: TypeAlias = Mapping[str, int]
AnyEncoder = TypeVar("AnyEncoder", bound="type[Encoder]")


@dataclass(frozen=True, eq=False)
class Given:
    """What an encoder is given: a graph, or a mini-batch whose targets come first.

    Attributes:
        x_dict: Features of each node type. Shape ``(num_nodes, num_features)``.
        edge_index_dict: Edges of each type. Shape ``(2, num_edges)``.
        num_notes: Number of notes to embed, counted from the first: all of a graph, the targets of
            a mini-batch.
        note: The note fields, see ``Encoder.forward``.
        divs_pq: Divisions of a quarter note, see ``Encoder.forward``.
        is_sampled: Whether it is a mini-batch.
    """

    x_dict: Mapping[str, Tensor]
    edge_index_dict: Mapping[EdgeType, Tensor]
    num_notes: int
    note: NodeStorage | None
    divs_pq: Tensor | int | None
    is_sampled: bool

    @property
    def x(self) -> Tensor:
        """Features of the notes to embed. Shape ``(num_notes, num_features)``."""
        return self.x_dict["note"][: self.num_notes]


class Encoder(nn.Module, ABC):
    """Embed the notes of a graph, or the targets of a mini-batch.

    Args:
        num_features: Number of features of each node type.
        hidden: Size of the embedding and of every layer.
        num_layers: Number of layers.
        dropout: Dropout probability of a layer's outputs in training.
        conv: Convolution of a graph model, one of ``musebench.models.convs.CONVS``; encoders
            without a graph ignore it.
        relations: Relations between notes that a graph model uses, each with its reverse.

    Attributes:
        metrical: Whether the model uses beats and measures.
        settings: What differs from the reference configuration on all boards.
        joint: Whether it is trained on the board of its run and all others of musebench with the
            same inputs together, with heads for each; such a model has a size of its own.
        heads: Heads that replace those of ``musebench.models.heads.HEADS``, by the same names.
    """

    metrical: ClassVar[bool] = False
    settings: ClassVar[Mapping[str, Any]] = {}
    joint: ClassVar[bool] = False
    heads: ClassVar[Mapping[str, type[nn.Module]]] = {}

    @abstractmethod
    def __init__(
        self,
        num_features: Sizes,
        hidden: int,
        num_layers: int,
        dropout: float,
        conv: str = "sage",
        relations: Sequence[str] = RELATIONS,
    ) -> None:
        super().__init__()

    @staticmethod
    def num_hops(num_layers: int) -> int:  # noqa: ARG004
        """Number of hops along edges that an embedding depends on."""
        return 0

    @abstractmethod
    def encode(self, given: Given) -> Tensor:
        """Return the embeddings of the notes asked for, shape ``(num_notes, hidden)``."""

    def forward(
        self,
        x_dict: Mapping[str, Tensor],
        edge_index_dict: Mapping[EdgeType, Tensor],
        num_sampled_nodes: NumByHop | None = None,
        num_sampled_edges: Mapping[EdgeType, Sequence[int]] | None = None,  # noqa: ARG002
        *,
        note: NodeStorage | None = None,
        divs_pq: Tensor | int | None = None,
    ) -> Tensor:
        """Return the note embeddings, shape ``(num_notes, hidden)``.

        Args:
            x_dict: Features of each node type. Shape ``(num_nodes, num_features)``.
            edge_index_dict: Edges of each type. Shape ``(2, num_edges)``.
            num_sampled_nodes: Node type -> number of nodes of each hop, in a mini-batch. Then only
                the embeddings of its targets are returned, and only what they need is computed.
            num_sampled_edges: Accepted as in PyG's models, but not needed.
            note: The note fields of the graph: the score of each note, for models of the note
                sequence (None for a single score), and time and pitch, for MusGConv.
            divs_pq: Divisions of a quarter note, of the graph or of each score of a mini-batch.

        Raises:
            InputError: If the encoder gives embeddings of other notes.
        """
        num_notes = num_sampled_nodes["note"][0] if num_sampled_nodes else len(x_dict["note"])
        is_sampled = num_sampled_nodes is not None
        given = Given(x_dict, edge_index_dict, num_notes, note, divs_pq, is_sampled=is_sampled)
        embedding = self.encode(given)
        if len(embedding) != num_notes:
            msg = (
                f"{type(self).__name__}.encode gives {len(embedding)} embeddings; it must give one "
                f"for each of the first num_notes, {num_notes} notes."
            )
            raise InputError(msg)
        return embedding


ENCODERS: Registry[type[Encoder]] = Registry(
    "learned model", "musebench.models", (GROUP, GROUP_OF_MODELS)
)


def register_model(name: str) -> Callable[[AnyEncoder], AnyEncoder]:
    """Decorate an encoder to register it as a learned model, which adds the heads of any task.

    Args:
        name: Name of the model.

    Raises:
        InputError: If the name is taken.
    """

    def register(encoder: AnyEncoder) -> AnyEncoder:
        ENCODERS.add(name, encoder)
        return encoder

    return register
