// Windows of a score with their neighbourhoods, several scores to a batch. Edges are never stored: a
// score is a few integers a note, from which the in-neighbours of a note are read as runs of notes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "onset_groups.hpp"
#include "score_edges.hpp"

namespace musebench {

enum class NodeType : char { note, beat, measure };
inline constexpr std::size_t num_node_types = 3;

// In the order of EDGE_TYPES in musebench/graph.py.
enum class EdgeType : char {
    onset,
    consecutive,
    consecutive_rev,
    during,
    during_rev,
    rest,
    rest_rev,
    note_to_beat,
    beat_to_note,
    next_beat,
    note_to_measure,
    measure_to_note,
    next_measure,
};
inline constexpr std::size_t num_edge_types = 13;

NodeType source_type(EdgeType type);
NodeType target_type(EdgeType type);

// A score, ready to be sampled. Immutable, so that threads may share it.
class ScoreIndex {
  public:
    // Beats and measures are given by their starts, the first at or before the first note, or are
    // empty. Throws std::invalid_argument with a sentence for bad notes or starts. O(n log n).
    ScoreIndex(std::span<const Divisions> onset_div, std::span<const Divisions> duration_div,
               std::span<const Divisions> beat_start_div,
               std::span<const Divisions> measure_start_div);

    Index num_nodes(NodeType type) const;
    Index num_notes() const { return static_cast<Index>(group_.size()); }
    Index largest_group() const { return largest_group_; }
    // The notes whose onset group starts in [begin, end): whole chords.
    Range notes_of_groups_starting_in(Index begin, Index end) const;

    // Runs of sources of the edges of one type into a node. A run with `order` is read through it:
    // order[begin], ..., order[end - 1]; without, it is begin, ..., end - 1.
    struct Run {
        Range range;
        const Index* order = nullptr;
    };
    void in_neighbours(EdgeType type, Index target, std::vector<Run>& runs) const;

  private:
    struct Grid {  // beats, or measures
        std::vector<Index> of_note;
        std::vector<Index> first_note;  // first_note[k] .. first_note[k + 1] start in interval k
        Index size() const { return static_cast<Index>(first_note.size()) - 1; }
    };
    // Notes by the group that a relation leads to: order[start[g]] .. order[start[g + 1]].
    struct ByTarget {
        std::vector<Index> order;
        std::vector<Index> start;
        Range of(Index group) const;
    };

    static Grid make_grid(std::span<const Divisions> onset, std::span<const Divisions> start);
    ByTarget sort_by_target(Following::Kind kind) const;
    void build_sounding();
    void sounding_at(Index group, std::vector<Run>& runs) const;

    OnsetGroups groups_;
    std::vector<Index> group_;  // of each note
    std::vector<Following> following_;
    ByTarget consecutive_, rest_;
    Grid beats_, measures_;
    Index largest_group_ = 0;
    // The interval index of `during`: the notes of each group by the group they last to, and a
    // tree of maxima over groups that finds the groups with a note still sounding.
    std::vector<Index> by_end_;
    std::vector<Index> end_sorted_;
    std::vector<Index> latest_end_;
    std::size_t num_leaves_ = 0;
};

struct SamplerOptions {
    // num_neighbors[hop][edge type]: sources at most for each target; -1: all; 0: none.
    std::vector<std::array<Index, num_edge_types>> num_neighbors;
    bool induced = false;         // all edges among the nodes instead of the sampled ones
    bool metrical = true;         // complete the beats and measures of sampled notes
    std::size_t max_edges = 0;    // of the whole batch
};

// A batch. Nodes are ordered by hop, then score, then time; targets are hop 0.
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

// A window of one score: the targets, whole chords.
Range sample_window(const ScoreIndex& score, Index subgraph_size, std::uint64_t seed);

// Samples the neighbourhood of one window of each score. A batch is a function of its arguments.
// Throws std::invalid_argument if it would have more than max_edges edges or a window is not in its
// score. O(notes of the windows + edges), and O(log n) for each group that sounds under a target.
SampledBatch sample_batch(std::span<const ScoreIndex* const> scores,
                          std::span<const Range> windows, std::span<const std::uint64_t> seeds,
                          const SamplerOptions& options);

}  // namespace musebench
