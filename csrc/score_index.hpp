// A score as a few integers per note, from which the sources of the edges into any node are read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "edge_types.hpp"
#include "onset_groups.hpp"

namespace musebench {

using Position = std::int32_t;  // a smaller Index, for large arrays

// The sources of the edges of one type into a node: a run of positions, less one hole, read through
// `order` if there is one.
struct Sources {
    Index begin = 0;
    Index count = 0;
    const Position* order = nullptr;
    Index hole = std::numeric_limits<Index>::max();

    Index size() const { return count; }
    Index operator[](Index k) const {
        const auto i = begin + k;
        const auto past_hole = i + static_cast<Index>(i >= hole);
        return order ? order[past_hole] : past_hole;
    }
};

// The sources of `during`: notes of several earlier onset groups, a run of each.
class Sounding {
  public:
    void clear() { runs_.clear(), size_ = 0; }
    void add(Index begin, Index end) {
        size_ += end - begin;
        runs_.push_back({size_, end});
    }
    void read_through(const Position* order) { order_ = order; }

    Index size() const { return size_; }
    Index operator[](Index k) const {
        auto run = runs_.begin();
        if (k >= run->size_until) {
            run = std::upper_bound(run + 1, runs_.end(), k,
                                   [](Index i, const Run& r) { return i < r.size_until; });
        }
        return order_[run->end - (run->size_until - k)];
    }

  private:
    struct Run {
        Index size_until;  // of this run and those before it
        Index end;
    };
    std::vector<Run> runs_;
    Index size_ = 0;
    const Position* order_ = nullptr;
};

// Immutable, so that threads may share it.
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
    Index group(Index note) const { return group_[at(note)]; }
    // The notes whose onset group starts in [begin, end): whole chords. Any two numbers: the result
    // is empty before the first note, after the last, and if end is not greater than begin.
    Range notes_of_groups_starting_in(Index begin, Index end) const;

    // Sources of the edges of a type, other than `during`, into a node. O(1).
    template <EdgeType type>
    Sources sources(Index target) const;
    // Sources of `during` into every note of a group. O(log n) for each group that still sounds.
    void sounding_at(Index group, Sounding& sounding) const;

  private:
    struct Grid {  // beats, or measures
        std::vector<Position> of_note;
        std::vector<Position> first_note;  // first_note[k] .. first_note[k + 1] start in interval k

        Sources notes(Index interval) const { return run(first_note, interval); }
        Sources interval(Index note) const {
            return of_note.empty() ? Sources{} : Sources{of_note[at(note)], 1};
        }
    };
    // Notes by the group that a relation leads to: order[start[g]] .. order[start[g + 1]].
    struct ByTarget {
        std::vector<Position> order;
        std::vector<Position> start;

        Sources of(Index group) const { return run(start, group, order.data()); }
    };

    static std::size_t at(Index position) { return static_cast<std::size_t>(position); }
    static Sources run(const std::vector<Position>& start, Index k, const Position* order = nullptr) {
        return {start[at(k)], start[at(k) + 1] - start[at(k)], order};
    }
    static Sources before(Index interval) { return {interval - 1, interval > 0 ? 1 : 0}; }
    Sources reverse(Following::Kind kind, Index note) const {
        return kind_[at(note)] == kind ? run(first_, after_[at(note)]) : Sources{};
    }

    static Grid make_grid(std::span<const Divisions> onset, std::span<const Divisions> start);
    ByTarget sort_by_target(Following::Kind kind) const;
    void build_sounding();
    template <typename Visit>
    void visit_sounding(std::size_t node, Index group, Visit visit) const;

    std::vector<Position> first_;  // first note of each group, and the number of notes
    Index largest_group_ = 0;
    std::vector<Position> group_;  // of each note
    std::vector<Position> after_;  // of each note, as in Following
    std::vector<Following::Kind> kind_;
    ByTarget consecutive_, rest_;
    Grid beats_, measures_;
    // The interval index of `during`: the notes of each group by the group they last to, and a
    // tree of maxima over groups that finds the groups with a note still sounding.
    std::vector<Position> by_end_;
    std::vector<Position> end_sorted_;
    std::vector<Position> latest_end_;
    std::size_t num_leaves_ = 0;
    std::vector<Position> earliest_;  // group that sounds while a group starts; itself: none
};

template <EdgeType type>
Sources ScoreIndex::sources(Index target) const {
    using Kind = Following::Kind;
    static_assert(type != EdgeType::during, "see sounding_at");
    switch (type) {
        case EdgeType::onset: {
            const auto chord = run(first_, group(target));
            return {chord.begin, chord.count - 1, nullptr, target};
        }
        case EdgeType::consecutive:
            return consecutive_.of(group(target));
        case EdgeType::rest:
            return rest_.of(group(target));
        case EdgeType::consecutive_rev:
            return reverse(Kind::consecutive, target);
        case EdgeType::rest_rev:
            return reverse(Kind::rest, target);
        case EdgeType::during_rev: {
            const Index begin = first_[at(group(target)) + 1];
            return {begin, first_[at(after_[at(target)])] - begin};
        }
        case EdgeType::beat_to_note:
            return beats_.interval(target);
        case EdgeType::measure_to_note:
            return measures_.interval(target);
        case EdgeType::note_to_beat:
            return beats_.notes(target);
        case EdgeType::note_to_measure:
            return measures_.notes(target);
        default:
            return before(target);
    }
}

}  // namespace musebench
