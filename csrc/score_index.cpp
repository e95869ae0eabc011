#include "score_index.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "score_edges.hpp"

namespace musebench {
namespace {

constexpr auto max_nodes = static_cast<std::size_t>(std::numeric_limits<Position>::max());

void check_size(std::size_t num_nodes, const char* what) {
    if (num_nodes >= max_nodes) {
        throw std::invalid_argument("a score of " + std::to_string(num_nodes) + " " + what +
                                    " is too large to be sampled; split it.");
    }
}

}  // namespace

ScoreIndex::ScoreIndex(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div,
                       std::span<const Divisions> beat_start_div,
                       std::span<const Divisions> measure_start_div) {
    check_size(onset_div.size(), "notes");
    check_size(beat_start_div.size(), "beats");
    check_size(measure_start_div.size(), "measures");
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);
    first_.assign(groups.first.begin(), groups.first.end());
    group_.reserve(onset_div.size());
    after_.reserve(onset_div.size());
    kind_.reserve(onset_div.size());
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        largest_group_ = std::max(largest_group_, end - begin);
        for (auto note = begin; note < end; ++note) {
            const auto following = find_following(groups, group, duration_div[at(note)]);
            group_.push_back(static_cast<Position>(group));
            after_.push_back(static_cast<Position>(following.after));
            kind_.push_back(following.kind);
        }
    }
    consecutive_ = sort_by_target(Following::Kind::consecutive);
    rest_ = sort_by_target(Following::Kind::rest);
    beats_ = make_grid(onset_div, beat_start_div);
    measures_ = make_grid(onset_div, measure_start_div);
    build_sounding();
}

Index ScoreIndex::num_nodes(NodeType type) const {
    switch (type) {
        case NodeType::beat:
            return static_cast<Index>(beats_.first_note.size()) - 1;
        case NodeType::measure:
            return static_cast<Index>(measures_.first_note.size()) - 1;
        default:
            return num_notes();
    }
}

Range ScoreIndex::notes_of_groups_starting_in(Index begin, Index end) const {
    // The last element of first_ is the number of notes: no search for less goes past it.
    const auto from = std::lower_bound(first_.begin(), first_.end(), std::min(begin, num_notes()));
    const auto to = std::lower_bound(from, first_.end(), std::min(end, num_notes()));
    return {*from, *to};
}

ScoreIndex::Grid ScoreIndex::make_grid(std::span<const Divisions> onset,
                                       std::span<const Divisions> start) {
    Grid grid;
    grid.first_note.assign(start.size() + 1, 0);
    if (start.empty()) {
        return grid;
    }
    std::vector<Index> interval(onset.size());
    assign_intervals(onset, start, interval);
    grid.of_note.assign(interval.begin(), interval.end());
    for (const auto interval : grid.of_note) {
        ++grid.first_note[at(interval) + 1];
    }
    for (std::size_t k = 0; k < start.size(); ++k) {
        grid.first_note[k + 1] += grid.first_note[k];
    }
    return grid;
}

// A counting sort.
ScoreIndex::ByTarget ScoreIndex::sort_by_target(Following::Kind kind) const {
    ByTarget sorted;
    const auto num_groups = first_.size() - 1;
    sorted.start.assign(num_groups + 2, 0);
    for (std::size_t note = 0; note < kind_.size(); ++note) {
        if (kind_[note] == kind) {
            ++sorted.start[at(after_[note]) + 2];
        }
    }
    for (std::size_t g = 2; g < sorted.start.size(); ++g) {
        sorted.start[g] += sorted.start[g - 1];
    }
    sorted.order.resize(at(sorted.start.back()));
    for (std::size_t note = 0; note < kind_.size(); ++note) {
        if (kind_[note] == kind) {
            auto& place = sorted.start[at(after_[note]) + 1];
            sorted.order[at(place++)] = static_cast<Position>(note);
        }
    }
    sorted.start.pop_back();
    return sorted;
}

void ScoreIndex::build_sounding() {
    const auto num_groups = first_.size() - 1;
    by_end_.resize(group_.size());
    end_sorted_.resize(group_.size());
    num_leaves_ = std::bit_ceil(std::max<std::size_t>(num_groups, 1));
    latest_end_.assign(2 * num_leaves_, 0);
    for (std::size_t g = 0; g < num_groups; ++g) {
        const auto begin = at(first_[g]), end = at(first_[g + 1]);
        for (auto note = begin; note < end; ++note) {
            by_end_[note] = static_cast<Position>(note);
        }
        std::sort(&by_end_[begin], by_end_.data() + end, [this](Position u, Position v) {
            return after_[at(u)] != after_[at(v)] ? after_[at(u)] < after_[at(v)] : u < v;
        });
        for (auto i = begin; i < end; ++i) {
            end_sorted_[i] = after_[at(by_end_[i])];
        }
        latest_end_[num_leaves_ + g] = end_sorted_[end - 1];
    }
    for (auto node = num_leaves_ - 1; node > 0; --node) {
        latest_end_[node] = std::max(latest_end_[2 * node], latest_end_[2 * node + 1]);
    }
    std::size_t earliest = 0;  // never decreases, since ended notes do not sound again
    for (std::size_t g = 0; g < num_groups; ++g) {
        while (earliest < g && at(latest_end_[num_leaves_ + earliest]) <= g) {
            ++earliest;
        }
        earliest_.push_back(static_cast<Position>(earliest));
    }
}

// Calls `visit` with the leaves under a node of the tree that last beyond a group, left to right.
template <typename Visit>
void ScoreIndex::visit_sounding(std::size_t node, Index group, Visit visit) const {
    if (latest_end_[node] <= group) {
        return;
    }
    if (node >= num_leaves_) {
        visit(node - num_leaves_);
        return;
    }
    visit_sounding(2 * node, group, visit);
    visit_sounding(2 * node + 1, group, visit);
}

// The notes of earlier groups that last beyond this one: they sound while it starts.
void ScoreIndex::sounding_at(Index group, Sounding& sounding) const {
    sounding.clear();
    sounding.read_through(by_end_.data());
    const auto add = [&](std::size_t g) {
        const auto begin = end_sorted_.begin() + first_[g], end = end_sorted_.begin() + first_[g + 1];
        sounding.add(std::upper_bound(begin, end, group) - end_sorted_.begin(), first_[g + 1]);
    };
    // On the way up from the group, the subtrees to the left contain all earlier groups.
    auto first = at(group), width = std::size_t{1};
    for (auto node = num_leaves_ + at(group); first > at(earliest_[at(group)]); node /= 2) {
        if (node % 2 == 1) {
            visit_sounding(node - 1, group, add);
            first -= width;
        }
        width *= 2;
    }
}

}  // namespace musebench
