#include "score_edges.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace musebench {
namespace {

// A contiguous run of notes [begin, end): every relation of a note reaches one of these.
struct Range {
    Index begin = 0;
    Index end = 0;

    std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

// The onset groups of a score: group g holds the notes [first[g], first[g + 1]).
struct OnsetGroups {
    std::vector<Divisions> time;
    std::vector<Index> first;
    std::vector<char> silent;  // every note of the group has duration 0

    Index size() const { return static_cast<Index>(time.size()); }
    Range notes(Index group) const {
        const auto g = static_cast<std::size_t>(group);
        return {first[g], first[g + 1]};
    }
};

struct Neighbours {
    Range onset;
    Range consecutive;
    Range during;
    Range rest;
};

std::string note_named(std::size_t i) { return "note " + std::to_string(i); }

void check_notes(std::span<const Divisions> onset, std::span<const Divisions> duration) {
    if (onset.size() != duration.size()) {
        throw std::invalid_argument("onset_div has " + std::to_string(onset.size()) +
                                    " notes but duration_div has " +
                                    std::to_string(duration.size()) + "; they must be equally long.");
    }
    for (std::size_t i = 0; i < onset.size(); ++i) {
        if (onset[i] < 0 || duration[i] < 0) {
            throw std::invalid_argument(note_named(i) + " has a negative " +
                                        (onset[i] < 0 ? "onset" : "duration") +
                                        "; score time is counted from 0.");
        }
        if (i > 0 && onset[i] < onset[i - 1]) {
            throw std::invalid_argument(note_named(i) + " starts before the note in front of it; sort "
                                        "the notes by onset.");
        }
        if (duration[i] > std::numeric_limits<Divisions>::max() - onset[i]) {
            throw std::invalid_argument(note_named(i) +
                                        " ends later than 64 bits can count; use fewer divisions.");
        }
    }
}

OnsetGroups find_onset_groups(std::span<const Divisions> onset, std::span<const Divisions> duration) {
    OnsetGroups groups;
    for (std::size_t i = 0; i < onset.size(); ++i) {
        if (i == 0 || onset[i] != onset[i - 1]) {
            groups.time.push_back(onset[i]);
            groups.first.push_back(static_cast<Index>(i));
            groups.silent.push_back(1);
        }
        groups.silent.back() &= static_cast<char>(duration[i] == 0);
    }
    groups.first.push_back(static_cast<Index>(onset.size()));
    return groups;
}

// The first group at or after `from` that starts at or after `time`. Gallops, since most notes end
// soon: O(log distance).
Index first_group_from(const OnsetGroups& groups, Index from, Divisions time) {
    const auto& start = groups.time;
    const auto size = start.size();
    auto low = static_cast<std::size_t>(from);
    std::size_t step = 1;
    while (low + step < size && start[low + step] < time) {
        low += step;
        step *= 2;
    }
    const auto begin = start.begin() + static_cast<std::ptrdiff_t>(low);
    const auto end = start.begin() + static_cast<std::ptrdiff_t>(std::min(low + step + 1, size));
    return static_cast<Index>(std::lower_bound(begin, end, time) - start.begin());
}

Neighbours find_neighbours(const OnsetGroups& groups, Index group, Divisions duration) {
    const auto next = group + 1;
    Neighbours found{.onset = groups.notes(group), .consecutive = {}, .during = {}, .rest = {}};
    if (next == groups.size()) {
        return found;
    }
    if (duration == 0) {
        if (groups.silent[static_cast<std::size_t>(group)]) {
            found.rest = groups.notes(next);
        }
        return found;
    }
    const auto offset = groups.time[static_cast<std::size_t>(group)] + duration;
    const auto after = first_group_from(groups, next, offset);
    found.during = {groups.notes(next).begin, groups.first[static_cast<std::size_t>(after)]};
    if (after < groups.size()) {
        const bool meets = groups.time[static_cast<std::size_t>(after)] == offset;
        (meets ? found.consecutive : found.rest) = groups.notes(after);
    }
    return found;
}

EdgeIndex allocate_edges(std::size_t num_edges) {
    return {std::make_unique_for_overwrite<Index[]>(2 * num_edges), num_edges};
}

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

ScoreEdges score_edges(std::span<const Divisions> onset_div,
                       std::span<const Divisions> duration_div, std::size_t max_edges) {
    check_notes(onset_div, duration_div);
    const auto groups = find_onset_groups(onset_div, duration_div);

    std::vector<Neighbours> neighbours(onset_div.size());
    std::size_t num_onset = 0, num_consecutive = 0, num_during = 0, num_rest = 0;
    for (Index group = 0; group < groups.size(); ++group) {
        const auto [begin, end] = groups.notes(group);
        for (auto note = static_cast<std::size_t>(begin); note < static_cast<std::size_t>(end); ++note) {
            const auto& found = neighbours[note] = find_neighbours(groups, group, duration_div[note]);
            num_onset += found.onset.size() - 1;
            num_consecutive += found.consecutive.size();
            num_during += found.during.size();
            num_rest += found.rest.size();
            check_total(num_onset + num_consecutive + num_during + num_rest, max_edges);
        }
    }

    ScoreEdges edges{allocate_edges(num_onset), allocate_edges(num_consecutive),
                     allocate_edges(num_during), allocate_edges(num_rest)};
    EdgeWriter onset(edges.onset), consecutive(edges.consecutive), during(edges.during),
        rest(edges.rest);
    for (Index note = 0; note < static_cast<Index>(neighbours.size()); ++note) {
        const auto& found = neighbours[static_cast<std::size_t>(note)];
        onset.write(note, {found.onset.begin, note});  // less the note itself
        onset.write(note, {note + 1, found.onset.end});
        consecutive.write(note, found.consecutive);
        during.write(note, found.during);
        rest.write(note, found.rest);
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
