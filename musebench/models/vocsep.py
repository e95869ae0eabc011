"""vocsep: a gated graph model for voice separation, trained with the loss of an assignment."""

from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch_geometric.data import HeteroData
from torch_geometric.utils import scatter

from musebench.models.encoder import register_model
from musebench.models.heads import LinkHeads, Pairs
from musebench.models.note_gnn import NoteGNN

LEAST_SQUARE = 1e-12  # keeps the gradient of a root finite


class AssignmentHeads(LinkHeads):
    """Scores each candidate pair by itself; the loss asks for at most one link in and one out."""

    def loss(self, pairs: Pairs, data: HeteroData) -> Tensor:
        """Cross-entropy of links, of other pairs, and the distance from an assignment."""
        following = data["note"].y[: len(pairs.none)]
        is_link = following[pairs.source] == pairs.target
        logit = pairs.logit - pairs.none[pairs.source]
        each = binary_cross_entropy_with_logits(logit, is_link.float(), reduction="none")
        losses = [each[kind].sum() / kind.sum().clamp(min=1) for kind in (is_link, ~is_link)]
        return torch.stack([*losses, _distance(pairs, torch.sigmoid(logit), is_link)]).sum()


def _distance(pairs: Pairs, probability: Tensor, is_link: Tensor) -> Tensor:
    """Distance of the probabilities from links one to one.

    For each note, the probabilities of its pairs have a sum and a length (the root of the sum of
    squares). Both should be 1 if the note has a link, else 0; both are 1 only if one probability
    is 1. The result is the root mean square of the differences, over pairs out of and into notes.
    """
    squares = []
    for note in (pairs.source, pairs.target):
        total = partial(scatter, index=note, dim_size=len(pairs.none), reduce="sum")
        wanted = total(is_link.float())
        length = (total(probability.square()) + LEAST_SQUARE).sqrt()
        squares += [(total(probability) - wanted).square(), (length - wanted).square()]
    return (torch.cat(squares).mean() + LEAST_SQUARE).sqrt()


@register_model("vocsep")
class VocSep(NoteGNN):
    """Embed each note from its neighbours by gates; links are trained as an assignment.

    Source:
        Karystinaios, Foscarin and Widmer, "Musical Voice Separation as Link Prediction: Modeling a
        Musical Perception Task as a Multi-Trajectory Tracking Problem", IJCAI 2023: two layers of
        ResGatedGraphConv, links and other pairs weighed alike, the regularising loss, linear
        assignment. Differs: NoteGNN's residual layers instead of jumping knowledge; our candidate
        pairs, with interval and gap; the threshold of each note is learned; the weight of the
        regularising loss is 1 throughout.
    """

    heads: ClassVar[dict[str, type[nn.Module]]] = {"link": AssignmentHeads}
    settings: ClassVar = {"num_layers": 2, "conv": "resgated"}
