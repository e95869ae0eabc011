#include "score_edges.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace musebench {
namespace {

using Kind = Following::Kind;

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }

// What follows each note, and how many edges that makes: at most one for two notes and a direction,
// so the sum of the counts fits 64 bits.
struct Plan {
    std::vector<Following> following;
    std::size_t num_onset = 0, num_consecutive = 0, num_during = 0, num_rest = 0;
};

Plan plan_edges(const OnsetGroups& groups, std::span<const Divisions> duration) {
    Plan plan{.following = std::vector<Following>(duration.size())};
    for (Index group = 0; group < groups.size(); ++group) {
        const auto chord = groups.notes(group);
        plan.num_onset += chord.size() * (chord.size() - 1);
        for (auto note = chord.begin; note < chord.end; ++note) {
            const auto found = find_following(groups, group, duration[as_size(note)]);
            plan.following[as_size(note)] = found;
            plan.num_during += as_size(groups.first[as_size(found.after)] - chord.end);
            if (found.kind != Kind::nothing) {
                const auto size = groups.notes(found.after).size();
                (found.kind == Kind::consecutive ? plan.num_consecutive : plan.num_rest) += size;
            }
        }
    }
    return plan;
}

void check_total(const Plan& plan, std::size_t max_edges) {
    if (plan.num_onset + plan.num_consecutive + plan.num_during + plan.num_rest > max_edges) {
        throw std::invalid_argument("the score has more than max_edges = " +
                                    std::to_string(max_edges) +
                                    " edges; raise max_edges or split the score.");
    }
}

// Appends edges to an edge index, one source after the other.
class EdgeWriter {
  public:
    explicit EdgeWriter(const EdgeIndex& edges)
        : source_(edges.source().data()), target_(edges.target().data()) {}

    void write(Index source, Range targets) {
        // Runs are short: a plain loop beats calls that fill.
        for (auto target = targets.begin; target < targets.end; ++target) {
            *source_++ = source;
            *target_++ = target;
        }
    }

  private:
    Index* source_;
    Index* target_;
};

ScoreEdges write_edges(const OnsetGroups& groups, const Plan& plan) {
    ScoreEdges edges{allocate_edges(plan.num_onset), allocate_edges(plan.num_consecutive),
                     allocate_edges(plan.num_during), allocate_edges(plan.num_rest)};
    EdgeWriter onset(edges.onset), consecutive(edges.consecutive), during(edges.during),
        rest(edges.rest);
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = begin; note < end; ++note) {
            const auto [after, kind] = plan.following[as_size(note)];
            onset.write(note, {begin, note});  // less the note itself
            onset.write(note, {note + 1, end});
            during.write(note, {end, groups.first[as_size(after)]});
            if (kind == Kind::consecutive) {
                consecutive.write(note, groups.notes(after));
            } else if (kind == Kind::rest) {
                rest.write(note, groups.notes(after));
            }
        }
    }
    return edges;
}

}  // namespace

EdgeIndex allocate_edges(std::size_t num_edges) {
    return {std::make_unique_for_overwrite<Index[]>(2 * num_edges), num_edges};
}

ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges) {
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);

    const auto plan = plan_edges(groups, duration_div);
    check_total(plan, max_edges);  // before any edge has memory
    return write_edges(groups, plan);
}

EdgeIndex assign_intervals(std::span<const Divisions> time_div,
                           std::span<const Divisions> start_div) {
    if (!std::is_sorted(time_div.begin(), time_div.end()) ||
        !std::is_sorted(start_div.begin(), start_div.end())) {
        throw std::invalid_argument("time_div and start_div must be sorted.");
    }
    if (!time_div.empty() && (start_div.empty() || start_div.front() > time_div.front())) {
        throw std::invalid_argument("the first interval must start at or before the first time.");
    }
    auto edges = allocate_edges(time_div.size());
    std::size_t interval = 0;
    for (std::size_t i = 0; i < time_div.size(); ++i) {
        while (interval + 1 < start_div.size() && start_div[interval + 1] <= time_div[i]) {
            ++interval;
        }
        edges.source()[i] = static_cast<Index>(i);
        edges.target()[i] = static_cast<Index>(interval);
    }
    return edges;
}

}  // namespace musebench
