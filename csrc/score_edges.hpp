// The edges of a score graph from the timing of its notes. Independent of Python and torch.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "edge_types.hpp"
#include "onset_groups.hpp"

namespace musebench {

inline constexpr std::size_t default_max_edges = 200'000'000;  // 3.2 GB of pairs
inline constexpr std::size_t largest_max_edges = 536'870'912;  // 8.6 GB

// Throws std::invalid_argument if a limit set by the caller is more than largest_max_edges.
void check_limit(std::size_t limit, const char* name);

// Shape (2, num_edges), row-major: all sources, then all targets.
struct EdgeIndex {
    std::unique_ptr<Index[]> data;
    std::size_t num_edges = 0;

    std::span<Index> rows() const { return {data.get(), 2 * num_edges}; }
    std::span<Index> source() const { return {data.get(), num_edges}; }
    std::span<Index> target() const { return {data.get() + num_edges, num_edges}; }
};

// Uninitialised memory.
EdgeIndex allocate_edges(std::size_t num_edges);

// Edges are sorted by source, then by target.
struct ScoreEdges {
    EdgeIndex onset;        // both notes start together
    EdgeIndex consecutive;  // target starts where source ends
    EdgeIndex during;       // target starts while source sounds
    EdgeIndex rest;         // target is among the first to start after a silence after source
};

// Notes sorted by onset, times not negative, offsets within 64 bits. Throws std::invalid_argument
// with a sentence otherwise, or when there would be more than max_edges edges (nothing is allocated
// for them then); max_edges is at most largest_max_edges. O(n log n + edges).
ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges);

// Writes for each time the k of the interval [start_div[k], start_div[k + 1]) that contains it; the
// last has no end. Both inputs sorted, the first interval starts at or before the first time.
// Throws std::invalid_argument otherwise. O(times + intervals).
void assign_intervals(std::span<const Divisions> time_div, std::span<const Divisions> start_div,
                      std::span<Index> interval);

// All edges of a graph in one block. A relation with a reverse has three rows there, sources, targets
// and sources again: the last two are the reverse.
struct GraphEdges {
    std::unique_ptr<Index[]> data;
    std::array<std::span<Index>, num_edge_types> of_type;  // all sources, then all targets
};

// The edges of score_edges and their reverses, in the same order, each note with its beat and its
// measure (none where there are no beats or measures), and each beat and measure with the next.
// Throws as score_edges and assign_intervals do. O(n log n + edges).
GraphEdges graph_edges(std::span<const Divisions> onset_div, std::span<const Divisions> duration_div,
                       std::span<const Divisions> beat_start_div,
                       std::span<const Divisions> measure_start_div, std::size_t max_edges);

}  // namespace musebench
