// The onset groups of a score, and the runs of notes that its relations reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace musebench {

using Index = std::int64_t;      // position of a note, beat or measure in its table
using Divisions = std::int64_t;  // score time in divisions, as in MusicXML

// A contiguous run [begin, end).
struct Range {
    Index begin = 0;
    Index end = 0;

    std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

// Group g contains the notes [first[g], first[g + 1]), which start together at time[g].
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

// The groups that follow a note in time.
struct Following {
    enum class Kind : char { nothing, consecutive, rest };

    Index after = 0;  // first group that starts at or after the note's end, at least the next group
    Kind kind = Kind::nothing;  // the relation that leads from the note to that group
};

// Throws std::invalid_argument with a sentence unless the notes are sorted by onset, their times are
// not negative and their ends within 64 bits.
void check_notes(std::span<const Divisions> onset_div, std::span<const Divisions> duration_div);

// O(notes); the notes are checked.
OnsetGroups find_onset_groups(std::span<const Divisions> onset_div,
                              std::span<const Divisions> duration_div);

// O(log groups), and O(1) for the many notes that end soon.
Following find_following(const OnsetGroups& groups, Index group, Divisions duration);

}  // namespace musebench
