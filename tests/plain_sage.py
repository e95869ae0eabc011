"""The graph models by PyG's own layers: what ours is compared with, in results and in time."""

import torch
from torch_geometric.nn import HeteroConv, SAGEConv
from torch_geometric.utils import trim_to_layer


class PlainSAGE(torch.nn.Module):
    """The encoder of a graph model, with its parameters, by PyG's own layers."""

    def __init__(self, encoder, *, trim=False):
        super().__init__()
        self.encoder, self.trim = encoder, trim
        self.convs = torch.nn.ModuleList(plain_layer(layer, encoder) for layer in encoder.layers)

    def forward(
        self, x_dict, edge_index_dict, num_sampled_nodes=None, num_sampled_edges=None, **of_notes
    ):
        ours = self.encoder
        h = {t: torch.relu(embed(x_dict[t])) for t, embed in ours.embed.items()}
        edges = {edge_type: edge_index_dict[edge_type] for edge_type in ours.edge_types}
        for i, conv in enumerate(self.convs):
            if self.trim:
                h, edges, _ = trim_to_layer(i, num_sampled_nodes, num_sampled_edges, h, edges)
            message = conv(h, edges)
            h = {
                t: norm(h[t] + torch.relu(ours.layers[i].own[t](h[t]) + message[t]))
                for t, norm in ours.norms[i].items()
            }
        return h["note"][: num_sampled_nodes["note"][0]] if num_sampled_nodes else h["note"]


def plain_layer(layer, encoder):
    hidden = layer.neighbours.size(1)
    conv = HeteroConv(
        {e: SAGEConv(hidden, hidden, root_weight=False, bias=False) for e in encoder.edge_types}
    )
    for edge_type, matrix in zip(encoder.edge_types, layer.neighbours.detach(), strict=True):
        conv.convs[edge_type].lin_l.weight.data = matrix.t().clone()
    return conv
