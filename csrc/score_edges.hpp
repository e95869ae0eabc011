// The edges of a score graph from the timing of its notes. Knows nothing of Python or torch.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "onset_groups.hpp"

namespace musebench {

// Shape (2, num_edges), row-major: all sources, then all targets.
struct EdgeIndex {
    std::unique_ptr<Index[]> data;
    std::size_t num_edges = 0;

    std::span<Index> source() const { return {data.get(), num_edges}; }
    std::span<Index> target() const { return {data.get() + num_edges, num_edges}; }
};

// Memory that is not written yet.
EdgeIndex allocate_edges(std::size_t num_edges);

// Edges are sorted by source, then by target.
struct ScoreEdges {
    EdgeIndex onset;        // both notes start together
    EdgeIndex consecutive;  // target starts where source ends
    EdgeIndex during;       // target starts while source sounds
    EdgeIndex rest;         // target is among the first to start after a silence behind source
};

// Notes sorted by onset, times not negative, offsets within 64 bits. Throws std::invalid_argument
// with a sentence otherwise, or when there would be more than max_edges edges (nothing is allocated
// for them then). O(n log n + edges).
ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges);

// For each time the interval [start_div[k], start_div[k + 1]) that holds it; the last has no end.
// Writes (source, target) = (position of the time, k). Both inputs sorted, the first interval starts
// at or before the first time. Throws std::invalid_argument otherwise. O(times + intervals).
EdgeIndex assign_intervals(std::span<const Divisions> time_div,
                           std::span<const Divisions> start_div);

}  // namespace musebench
