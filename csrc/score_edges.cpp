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

// Writes the edges of one relation, one source after the other.
class EdgeWriter {
  public:
    explicit EdgeWriter(const EdgeIndex& edges)
        : source_(edges.source().data()), target_(edges.target().data()) {}

    void write(Index source, Range targets) {
        std::fill_n(source_, targets.size(), source);
        std::iota(target_, target_ + targets.size(), targets.begin);
        source_ += targets.size();
        target_ += targets.size();
    }

  private:
    Index* source_;
    Index* target_;
};

void check_total(std::size_t total, std::size_t max_edges) {
    if (total > max_edges) {
        throw std::invalid_argument("the score has more than max_edges = " +
                                    std::to_string(max_edges) +
                                    " edges; raise max_edges or split the score.");
    }
}

}  // namespace

EdgeIndex allocate_edges(std::size_t num_edges) {
    return {std::make_unique_for_overwrite<Index[]>(2 * num_edges), num_edges};
}

ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges) {
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);

    std::vector<Following> following(onset_div.size());
    std::size_t num_onset = 0, num_consecutive = 0, num_during = 0, num_rest = 0;
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = begin; note < end; ++note) {
            const auto i = static_cast<std::size_t>(note);
            const auto found = following[i] = find_following(groups, group, duration_div[i]);
            num_onset += static_cast<std::size_t>(end - begin - 1);
            num_during += static_cast<std::size_t>(groups.first[as_size(found.after)] - end);
            if (found.kind != Kind::nothing) {
                const auto size = groups.notes(found.after).size();
                (found.kind == Kind::consecutive ? num_consecutive : num_rest) += size;
            }
            check_total(num_onset + num_consecutive + num_during + num_rest, max_edges);
        }
    }

    ScoreEdges edges{allocate_edges(num_onset), allocate_edges(num_consecutive),
                     allocate_edges(num_during), allocate_edges(num_rest)};
    EdgeWriter onset(edges.onset), consecutive(edges.consecutive), during(edges.during),
        rest(edges.rest);
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = begin; note < end; ++note) {
            const auto found = following[as_size(note)];
            onset.write(note, {begin, note});  // less the note itself
            onset.write(note, {note + 1, end});
            during.write(note, {end, groups.first[as_size(found.after)]});
            if (found.kind != Kind::nothing) {
                auto& writer = found.kind == Kind::consecutive ? consecutive : rest;
                writer.write(note, groups.notes(found.after));
            }
        }
    }
    return edges;
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
