#include "score_edges.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace musebench {
namespace {

using Kind = Following::Kind;

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }

// What follows each note, and the number of its edges: at most one per pair of notes and direction,
// so the sum of the counts fits in 64 bits.
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

// Appends edges, one source after another, to the rows of their sources and targets.
class EdgeWriter {
  public:
    EdgeWriter(std::span<Index> rows)
        : source_(rows.data()), target_(rows.data() + rows.size() / 2) {}

    void write(Index source, Range targets) {
        // Runs are short: a plain loop is faster than calls of fill.
        for (auto target = targets.begin; target < targets.end; ++target) {
            *source_++ = source;
            *target_++ = target;
        }
    }

  private:
    Index* source_;
    Index* target_;
};

void write_edges(const OnsetGroups& groups, const Plan& plan, EdgeWriter onset,
                 EdgeWriter consecutive, EdgeWriter during, EdgeWriter rest) {
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = begin; note < end; ++note) {
            const auto [after, kind] = plan.following[as_size(note)];
            onset.write(note, {begin, note});  // without the note itself
            onset.write(note, {note + 1, end});
            during.write(note, {end, groups.first[as_size(after)]});
            if (kind == Kind::consecutive) {
                consecutive.write(note, groups.notes(after));
            } else if (kind == Kind::rest) {
                rest.write(note, groups.notes(after));
            }
        }
    }
}

struct Relation {
    EdgeType type;
    bool has_reverse;  // the next edge type
    std::size_t num_edges;

    std::size_t size() const { return (has_reverse ? 3 : 2) * num_edges; }
};

GraphEdges allocate_graph(std::span<const Relation> relations) {
    std::size_t size = 0;
    for (const auto& relation : relations) {
        size += relation.size();
    }
    GraphEdges edges{std::make_unique_for_overwrite<Index[]>(size), {}};
    auto* rows = edges.data.get();
    for (const auto& relation : relations) {
        edges.of_type[at(relation.type)] = {rows, 2 * relation.num_edges};
        if (relation.has_reverse) {
            edges.of_type[at(relation.type) + 1] = {rows + relation.num_edges, 2 * relation.num_edges};
        }
        rows += relation.size();
    }
    return edges;
}

void write_reverses(const GraphEdges& edges, std::span<const Relation> relations) {
    for (const auto& [type, has_reverse, num_edges] : relations) {
        if (has_reverse) {
            const auto source = edges.of_type[at(type)].first(num_edges);
            std::copy(source.begin(), source.end(), edges.of_type[at(type) + 1].last(num_edges).begin());
        }
    }
}

void write_connects(std::span<const Divisions> onset, std::span<const Divisions> start,
                    std::span<Index> rows) {
    if (!start.empty()) {
        std::iota(rows.begin(), rows.begin() + rows.size() / 2, Index{0});
        assign_intervals(onset, start, rows.last(rows.size() / 2));
    }
}

void write_next(std::span<Index> rows) {
    const auto second = rows.begin() + rows.size() / 2;
    std::iota(rows.begin(), second, Index{0});
    std::iota(second, rows.end(), Index{1});
}

}  // namespace

void check_limit(std::size_t limit, const char* name) {
    if (limit > largest_max_edges) {
        throw std::invalid_argument(std::string(name) + " is " + std::to_string(limit) +
                                    "; it must be 0 to " + std::to_string(largest_max_edges) + ".");
    }
}

EdgeIndex allocate_edges(std::size_t num_edges) {
    return {std::make_unique_for_overwrite<Index[]>(2 * num_edges), num_edges};
}

ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges) {
    check_limit(max_edges, "max_edges");
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);
    const auto plan = plan_edges(groups, duration_div);
    check_total(plan, max_edges);  // before memory for edges is allocated
    ScoreEdges edges{allocate_edges(plan.num_onset), allocate_edges(plan.num_consecutive),
                     allocate_edges(plan.num_during), allocate_edges(plan.num_rest)};
    write_edges(groups, plan, edges.onset.rows(), edges.consecutive.rows(), edges.during.rows(),
                edges.rest.rows());
    return edges;
}

void assign_intervals(std::span<const Divisions> time_div, std::span<const Divisions> start_div,
                      std::span<Index> interval) {
    if (!std::is_sorted(time_div.begin(), time_div.end()) ||
        !std::is_sorted(start_div.begin(), start_div.end())) {
        throw std::invalid_argument("time_div and start_div must be sorted.");
    }
    if (!time_div.empty() && (start_div.empty() || start_div.front() > time_div.front())) {
        throw std::invalid_argument("the first interval must start at or before the first time.");
    }
    std::size_t k = 0;
    for (std::size_t i = 0; i < time_div.size(); ++i) {
        while (k + 1 < start_div.size() && start_div[k + 1] <= time_div[i]) {
            ++k;
        }
        interval[i] = static_cast<Index>(k);
    }
}

GraphEdges graph_edges(std::span<const Divisions> onset_div, std::span<const Divisions> duration_div,
                       std::span<const Divisions> beat_start_div,
                       std::span<const Divisions> measure_start_div, std::size_t max_edges) {
    check_limit(max_edges, "max_edges");
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);
    const auto plan = plan_edges(groups, duration_div);
    check_total(plan, max_edges);
    const auto connects = [&](auto start) { return start.empty() ? 0 : onset_div.size(); };
    const auto next = [](auto start) { return start.empty() ? 0 : start.size() - 1; };
    const Relation relations[] = {
        {EdgeType::onset, false, plan.num_onset},
        {EdgeType::consecutive, true, plan.num_consecutive},
        {EdgeType::during, true, plan.num_during},
        {EdgeType::rest, true, plan.num_rest},
        {EdgeType::note_to_beat, true, connects(beat_start_div)},
        {EdgeType::next_beat, false, next(beat_start_div)},
        {EdgeType::note_to_measure, true, connects(measure_start_div)},
        {EdgeType::next_measure, false, next(measure_start_div)},
    };
    auto edges = allocate_graph(relations);
    const auto rows = [&](EdgeType type) { return edges.of_type[at(type)]; };
    write_edges(groups, plan, rows(EdgeType::onset), rows(EdgeType::consecutive),
                rows(EdgeType::during), rows(EdgeType::rest));
    write_connects(onset_div, beat_start_div, rows(EdgeType::note_to_beat));
    write_next(rows(EdgeType::next_beat));
    write_connects(onset_div, measure_start_div, rows(EdgeType::note_to_measure));
    write_next(rows(EdgeType::next_measure));
    write_reverses(edges, relations);
    return edges;
}

}  // namespace musebench
