// The types of nodes and edges of a score graph.
#pragma once

#include <array>
#include <cstddef>

namespace musebench {

enum class NodeType : char { note, beat, measure };
inline constexpr std::size_t num_node_types = 3;
inline constexpr std::array<const char*, num_node_types> node_type_names{"note", "beat", "measure"};

enum class EdgeType : char {
    onset,
    consecutive,
    consecutive_rev,
    during,
    during_rev,
    rest,
    rest_rev,
    note_to_beat,
    beat_to_note,
    next_beat,
    note_to_measure,
    measure_to_note,
    next_measure,
};
inline constexpr std::size_t num_edge_types = 13;
inline constexpr std::array<const char*, num_edge_types> relation_names{
    "onset", "consecutive", "consecutive_rev", "during", "during_rev", "rest", "rest_rev",
    "connects", "connects", "next", "connects", "connects", "next"};

constexpr std::size_t at(NodeType type) { return static_cast<std::size_t>(type); }
constexpr std::size_t at(EdgeType type) { return static_cast<std::size_t>(type); }

constexpr NodeType source_type(EdgeType type) {
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

constexpr NodeType target_type(EdgeType type) {
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

}  // namespace musebench
