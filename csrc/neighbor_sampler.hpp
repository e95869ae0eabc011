// Windows of scores with their neighbourhoods, several scores per batch. Edges are never stored:
// the sources of a node's edges are read from its ScoreIndex.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "score_edges.hpp"
#include "score_index.hpp"

namespace musebench {

inline constexpr std::size_t most_hops = 100;

struct SamplerOptions {
    // num_neighbors[hop][edge type]: maximum number of sources per target; -1: all; 0: none. At
    // most most_hops hops.
    std::vector<std::array<Index, num_edge_types>> num_neighbors;
    bool induced = false;       // all edges among the nodes instead of the sampled ones
    bool metrical = true;       // complete the beats and measures of sampled notes
    std::size_t max_edges = 0;  // of the whole batch, and its targets; at most largest_max_edges
};

// A batch. Nodes are ordered by hop, then score, then time; targets are hop 0. Edges of each type are
// sorted by target.
struct SampledBatch {
    struct Nodes {
        std::vector<Index> node;   // position in its score
        std::vector<Index> score;  // position in the batch
        std::vector<Index> num_by_hop;
    };
    struct Edges {
        EdgeIndex index;  // positions in the batch
        std::vector<Index> num_by_hop;
    };
    std::array<Nodes, num_node_types> nodes;
    std::array<Edges, num_edge_types> edges;
    std::vector<Index> num_targets;  // of each score
};

// How many notes the run has that a window of a score is drawn as; all of a score that fits.
// This and the next two throw std::invalid_argument unless subgraph_size is at least 1.
Index window_width(const ScoreIndex& score, Index subgraph_size);

// How probable it is that a note is a target of a window of its score, the same for each note.
double target_probability(const ScoreIndex& score, Index subgraph_size);

// A window of one score: the targets, whole chords.
Range sample_window(const ScoreIndex& score, Index subgraph_size, std::uint64_t seed);

// Samples batches one after another in reused memory. Threads that share a sampler take turns.
class NeighborSampler {
  public:
    // Throws std::invalid_argument if an option is invalid.
    explicit NeighborSampler(SamplerOptions options);
    ~NeighborSampler();

    // The neighbourhood of one window of each score. A batch is a function of the arguments here and
    // of the options. Throws std::invalid_argument if it would have more than max_edges edges or
    // targets, or a window is not in its score; a failure, also for lack of memory, does not affect
    // the next batch. O(notes of the windows + edges), and O(log n) for each group that sounds
    // under a target.
    SampledBatch sample(std::span<const ScoreIndex* const> scores, std::span<const Range> windows,
                        std::span<const std::uint64_t> seeds);

  private:
    class Workspace;

    std::unique_ptr<Workspace> workspace_;
};

}  // namespace musebench
