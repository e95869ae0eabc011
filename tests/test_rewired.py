"""Rewired edges: the same degrees within each block, and nothing else."""

import torch

from made_scores import random_graph
from musebench.models import ENCODERS
from musebench.models.rewired import BLOCK, rewire


def test_degrees_and_blocks_stay_and_pairs_do_not():
    torch.manual_seed(1)
    block = torch.arange(400) // 100
    edges = torch.stack([torch.randint(400, (3000,)), torch.randint(400, (3000,))])
    edges = edges[:, block[edges[0]] == block[edges[1]]]
    found = rewire(edges, block, torch.rand(edges.shape[1]))
    assert torch.equal(found[1], edges[1])
    assert torch.equal(found[0].bincount(minlength=400), edges[0].bincount(minlength=400))
    assert (block[found[0]] == block[found[1]]).all()
    assert (found[0] == edges[0]).float().mean() < 0.1


def test_a_score_is_predicted_the_same_each_time_and_trained_on_new_edges():
    graph = random_graph(2 * BLOCK + 20, 3)
    inputs = graph.x_dict, graph.edge_index_dict
    torch.manual_seed(0)
    rewired = ENCODERS["note-gnn-rewired"](graph.num_node_features, 8, 2, 0.0)
    plain = ENCODERS["note-gnn"](graph.num_node_features, 8, 2, 0.0)
    plain.load_state_dict(rewired.state_dict())
    with torch.no_grad():
        first, again = (rewired.eval()(*inputs) for _ in range(2))
        trained, other = (rewired.train()(*inputs) for _ in range(2))
        assert torch.equal(first, again)
        assert not torch.equal(trained, other)
        assert not torch.allclose(first, plain.eval()(*inputs))
