// The pairs of notes that may be links of voices. Independent of Python and torch.
#pragma once

#include <cstddef>
#include <span>

#include "onset_groups.hpp"
#include "score_edges.hpp"

namespace musebench {

// Pairs (u, v), sorted by u, then by v: v starts after u starts and not before u ends, in one of the
// first max_groups such onset groups or at most window_div[u] after the end of u. The targets of a
// source are contiguous.
//
// Notes sorted by onset, times, windows and max_groups not negative, offsets within 64 bits. Throws
// std::invalid_argument with a sentence otherwise, or when there would be more than max_pairs pairs
// (nothing is allocated for them then); max_pairs is at most largest_max_edges. O(n log n + pairs).
EdgeIndex candidate_pairs(std::span<const Divisions> onset_div,
                          std::span<const Divisions> duration_div,
                          std::span<const Divisions> window_div, Index max_groups,
                          std::size_t max_pairs);

}  // namespace musebench
