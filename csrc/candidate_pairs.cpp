#include "candidate_pairs.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace musebench {
namespace {

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }

void check_windows(std::span<const Divisions> onset, std::span<const Divisions> window,
                   Index max_groups) {
    if (window.size() != onset.size()) {
        throw std::invalid_argument("onset_div has " + std::to_string(onset.size()) +
                                    " notes but window_div has " + std::to_string(window.size()) +
                                    "; they must be equally long.");
    }
    const auto negative = std::find_if(window.begin(), window.end(), [](auto w) { return w < 0; });
    if (negative != window.end()) {
        throw std::invalid_argument("note " + std::to_string(negative - window.begin()) +
                                    " has a negative window; it is a time after its end.");
    }
    if (max_groups < 0) {
        throw std::invalid_argument("max_groups is " + std::to_string(max_groups) +
                                    "; it must be at least 0.");
    }
}

// The targets of a note that ends at this time; `first` is the first group it may lead to.
Range targets_of(const OnsetGroups& groups, Index first, Divisions end, Divisions window,
                 Index max_groups) {
    const auto near = first + std::min(max_groups, groups.size() - first);
    // A difference of times fits in 64 bits, a sum of end and window may not.
    const auto late = std::partition_point(groups.time.begin() + near, groups.time.end(),
                                           [&](auto time) { return time - end <= window; });
    return {groups.first[as_size(first)],
            groups.first[as_size(late - groups.time.begin())]};
}

std::vector<Range> targets_of_notes(const OnsetGroups& groups, std::span<const Divisions> duration,
                                    std::span<const Divisions> window, Index max_groups) {
    std::vector<Range> targets(duration.size());
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = begin; note < end; ++note) {
            const auto n = as_size(note);
            const auto first = find_following(groups, group, duration[n]).after;
            const auto offset = groups.time[as_size(group)] + duration[n];
            targets[n] = targets_of(groups, first, offset, window[n], max_groups);
        }
    }
    return targets;
}

}  // namespace

EdgeIndex candidate_pairs(std::span<const Divisions> onset_div,
                          std::span<const Divisions> duration_div,
                          std::span<const Divisions> window_div, Index max_groups,
                          std::size_t max_pairs) {
    check_limit(max_pairs, "max_pairs");
    check_notes(onset_div, duration_div);
    check_windows(onset_div, window_div, max_groups);
    const auto groups = find_onset_groups(onset_div, duration_div);
    const auto targets = targets_of_notes(groups, duration_div, window_div, max_groups);
    std::size_t total = 0;
    for (const auto& range : targets) {
        total += range.size();
    }
    if (total > max_pairs) {
        throw std::invalid_argument("the score has more than max_pairs = " +
                                    std::to_string(max_pairs) +
                                    " candidate pairs; raise max_pairs or narrow the window.");
    }
    auto pairs = allocate_edges(total);
    auto* source = pairs.source().data();
    auto* target = pairs.target().data();
    for (std::size_t note = 0; note < targets.size(); ++note) {
        for (auto v = targets[note].begin; v < targets[note].end; ++v) {
            *source++ = static_cast<Index>(note);
            *target++ = v;
        }
    }
    return pairs;
}

}  // namespace musebench
