// What the tests of the core share: a failed check ends the program with a sentence.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "score_edges.hpp"

namespace musebench {

using Edges = std::vector<std::pair<Index, Index>>;

inline void check(bool holds, const std::string& what) {
    if (!holds) {
        std::fprintf(stderr, "FAILED: %s\n", what.c_str());
        std::exit(1);
    }
}

inline Edges pairs(const EdgeIndex& edges) {
    Edges found;
    for (std::size_t i = 0; i < edges.num_edges; ++i) {
        found.emplace_back(edges.source()[i], edges.target()[i]);
    }
    return found;
}

inline void check_refused(const std::function<void()>& call, const std::string& sentence) {
    try {
        call();
    } catch (const std::invalid_argument& error) {
        check(std::string(error.what()).find(sentence) != std::string::npos, error.what());
        return;
    }
    check(false, "not refused: " + sentence);
}

}  // namespace musebench
