#include <algorithm>
#include <bit>
#include <stdexcept>

#include "neighbor_sampler.hpp"
#include "score_edges.hpp"

namespace musebench {
namespace {

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }

}  // namespace

NodeType source_type(EdgeType type) {
    switch (type) {
        case EdgeType::beat_to_note:
        case EdgeType::next_beat:
            return NodeType::beat;
        case EdgeType::measure_to_note:
        case EdgeType::next_measure:
            return NodeType::measure;
        default:
            return NodeType::note;
    }
}

NodeType target_type(EdgeType type) {
    switch (type) {
        case EdgeType::note_to_beat:
        case EdgeType::next_beat:
            return NodeType::beat;
        case EdgeType::note_to_measure:
        case EdgeType::next_measure:
            return NodeType::measure;
        default:
            return NodeType::note;
    }
}

ScoreIndex::ScoreIndex(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div,
                       std::span<const Divisions> beat_start_div,
                       std::span<const Divisions> measure_start_div) {
    check_notes(onset_div, duration_div);
    groups_ = find_onset_groups(onset_div, duration_div);
    group_.resize(onset_div.size());
    following_.resize(onset_div.size());
    for (Index group = 0; group < groups_.size(); ++group) {
        const auto [begin, end] = groups_.notes(group);
        largest_group_ = std::max(largest_group_, end - begin);
        for (auto note = begin; note < end; ++note) {
            group_[as_size(note)] = group;
            following_[as_size(note)] = find_following(groups_, group, duration_div[as_size(note)]);
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
            return beats_.size();
        case NodeType::measure:
            return measures_.size();
        default:
            return num_notes();
    }
}

Range ScoreIndex::notes_of_groups_starting_in(Index begin, Index end) const {
    const auto& first = groups_.first;  // ends with the number of notes
    const auto from = std::lower_bound(first.begin(), first.end(), begin);
    const auto to = std::lower_bound(from, first.end(), std::min(end, num_notes()));
    return {*from, *to};
}

ScoreIndex::Grid ScoreIndex::make_grid(std::span<const Divisions> onset,
                                       std::span<const Divisions> start) {
    Grid grid;
    grid.first_note.assign(start.size() + 1, 0);
    if (start.empty()) {
        return grid;
    }
    const auto edges = assign_intervals(onset, start);
    grid.of_note.assign(edges.target().begin(), edges.target().end());
    for (const auto interval : grid.of_note) {
        ++grid.first_note[as_size(interval) + 1];
    }
    for (std::size_t k = 0; k < start.size(); ++k) {
        grid.first_note[k + 1] += grid.first_note[k];
    }
    return grid;
}

Range ScoreIndex::ByTarget::of(Index group) const {
    return {start[as_size(group)], start[as_size(group) + 1]};
}

ScoreIndex::ByTarget ScoreIndex::sort_by_target(Following::Kind kind) const {
    ByTarget sorted;
    sorted.start.assign(as_size(groups_.size()) + 2, 0);
    for (const auto& following : following_) {
        if (following.kind == kind) {
            ++sorted.start[as_size(following.after) + 2];
        }
    }
    for (std::size_t g = 2; g < sorted.start.size(); ++g) {
        sorted.start[g] += sorted.start[g - 1];
    }
    sorted.order.resize(as_size(sorted.start.back()));
    for (std::size_t note = 0; note < following_.size(); ++note) {
        if (following_[note].kind == kind) {
            auto& place = sorted.start[as_size(following_[note].after) + 1];
            sorted.order[as_size(place++)] = static_cast<Index>(note);
        }
    }
    sorted.start.pop_back();
    return sorted;
}

void ScoreIndex::build_sounding() {
    const auto num_groups = as_size(groups_.size());
    by_end_.resize(group_.size());
    end_sorted_.resize(group_.size());
    num_leaves_ = std::bit_ceil(std::max<std::size_t>(num_groups, 1));
    latest_end_.assign(2 * num_leaves_, 0);
    for (std::size_t g = 0; g < num_groups; ++g) {
        const auto [begin, end] = groups_.notes(static_cast<Index>(g));
        for (auto note = begin; note < end; ++note) {
            by_end_[as_size(note)] = note;
        }
        std::sort(by_end_.begin() + begin, by_end_.begin() + end, [this](Index u, Index v) {
            const auto end_u = following_[as_size(u)].after, end_v = following_[as_size(v)].after;
            return end_u != end_v ? end_u < end_v : u < v;
        });
        for (auto i = begin; i < end; ++i) {
            end_sorted_[as_size(i)] = following_[as_size(by_end_[as_size(i)])].after;
        }
        latest_end_[num_leaves_ + g] = end_sorted_[as_size(end - 1)];
    }
    for (auto node = num_leaves_ - 1; node > 0; --node) {
        latest_end_[node] = std::max(latest_end_[2 * node], latest_end_[2 * node + 1]);
    }
}

// The notes of earlier groups that last beyond this one: they sound while it starts.
void ScoreIndex::sounding_at(Index group, std::vector<Run>& runs) const {
    const auto limit = num_leaves_ + as_size(group);  // leaves before this one
    auto visit = [&](auto&& self, std::size_t node, std::size_t low, std::size_t width) -> void {
        if (low >= limit || latest_end_[node] <= group) {
            return;
        }
        if (width == 1) {
            const auto [begin, end] = groups_.notes(static_cast<Index>(node - num_leaves_));
            const auto from = std::upper_bound(end_sorted_.begin() + begin,
                                               end_sorted_.begin() + end, group);
            runs.push_back({{from - end_sorted_.begin(), end}, by_end_.data()});
            return;
        }
        self(self, 2 * node, low, width / 2);
        self(self, 2 * node + 1, low + width / 2, width / 2);
    };
    visit(visit, 1, num_leaves_, num_leaves_);
}

void ScoreIndex::in_neighbours(EdgeType type, Index target, std::vector<Run>& runs) const {
    using Kind = Following::Kind;
    runs.clear();
    const auto add = [&runs](Range range, const Index* order = nullptr) {
        if (range.begin < range.end) {
            runs.push_back({range, order});
        }
    };
    const auto t = as_size(target);
    const auto add_reverse = [&](Kind kind) {
        if (following_[t].kind == kind) {
            add(groups_.notes(following_[t].after));
        }
    };
    const auto add_grid = [&](const Grid& grid) {
        if (grid.size() > 0) {
            add({grid.of_note[t], grid.of_note[t] + 1});
        }
    };
    switch (type) {
        case EdgeType::onset: {
            const auto [begin, end] = groups_.notes(group_[t]);
            add({begin, target});
            add({target + 1, end});
            break;
        }
        case EdgeType::consecutive:
            add(consecutive_.of(group_[t]), consecutive_.order.data());
            break;
        case EdgeType::rest:
            add(rest_.of(group_[t]), rest_.order.data());
            break;
        case EdgeType::during:
            sounding_at(group_[t], runs);
            break;
        case EdgeType::consecutive_rev:
            add_reverse(Kind::consecutive);
            break;
        case EdgeType::rest_rev:
            add_reverse(Kind::rest);
            break;
        case EdgeType::during_rev:
            add({groups_.notes(group_[t]).end, groups_.first[as_size(following_[t].after)]});
            break;
        case EdgeType::beat_to_note:
            add_grid(beats_);
            break;
        case EdgeType::measure_to_note:
            add_grid(measures_);
            break;
        case EdgeType::note_to_beat:
            add({beats_.first_note[t], beats_.first_note[t + 1]});
            break;
        case EdgeType::note_to_measure:
            add({measures_.first_note[t], measures_.first_note[t + 1]});
            break;
        case EdgeType::next_beat:
        case EdgeType::next_measure:
            add({std::max<Index>(target - 1, 0), target});
            break;
    }
}

}  // namespace musebench
