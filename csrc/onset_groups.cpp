#include "onset_groups.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace musebench {
namespace {

std::string note_named(std::size_t i) { return "note " + std::to_string(i); }

// Most notes end within a few groups: counting those has no unpredictable branch.
Index first_group_from(const OnsetGroups& groups, Index from, Divisions time) {
    constexpr Index near = 4;
    const auto* start = groups.time.data();
    if (from + near <= groups.size()) {
        const auto low = from;
        for (Index k = 0; k < near; ++k) {
            from += start[low + k] < time;
        }
        if (from < low + near) {
            return from;
        }
    }
    return std::lower_bound(start + from, start + groups.size(), time) - start;
}

}  // namespace

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
                                        "; score time starts at 0.");
        }
        if (i > 0 && onset[i] < onset[i - 1]) {
            throw std::invalid_argument(note_named(i) + " starts before the previous note; sort "
                                        "the notes by onset.");
        }
        if (duration[i] > std::numeric_limits<Divisions>::max() - onset[i]) {
            throw std::invalid_argument(note_named(i) +
                                        " ends later than 64 bits can express; use fewer divisions.");
        }
    }
}

OnsetGroups find_onset_groups(std::span<const Divisions> onset,
                              std::span<const Divisions> duration) {
    OnsetGroups groups;
    groups.time.reserve(onset.size());
    groups.first.reserve(onset.size() + 1);
    groups.silent.reserve(onset.size());
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

Following find_following(const OnsetGroups& groups, Index group, Divisions duration) {
    using Kind = Following::Kind;
    const auto g = static_cast<std::size_t>(group);
    const auto next = group + 1;
    if (next == groups.size()) {
        return {next, Kind::nothing};
    }
    if (duration == 0) {
        return {next, groups.silent[g] ? Kind::rest : Kind::nothing};
    }
    const auto end = groups.time[g] + duration;
    const auto after = first_group_from(groups, next, end);
    if (after == groups.size()) {
        return {after, Kind::nothing};
    }
    const bool meets = groups.time[static_cast<std::size_t>(after)] == end;
    return {after, meets ? Kind::consecutive : Kind::rest};
}

}  // namespace musebench
