// The core alone, without Python: small scores by hand, random ones against the definition.
#include "score_edges.hpp"

#include "checks.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace musebench;

namespace {

constexpr std::size_t no_limit = largest_max_edges;

// One line a sentence of the definition; quadratic.
Edges slow(const std::vector<Divisions>& on, const std::vector<Divisions>& lasts, int relation) {
    Edges found;
    const auto n = on.size();
    for (std::size_t u = 0; u < n; ++u) {
        const auto off = on[u] + lasts[u];
        auto first_after = std::numeric_limits<Divisions>::max();
        bool starts_at_off = false, all_silent = true;
        for (std::size_t w = 0; w < n; ++w) {
            if (on[w] > off) first_after = std::min(first_after, on[w]);
            starts_at_off |= on[w] == off;
            all_silent &= on[w] != on[u] || lasts[w] == 0;
        }
        for (std::size_t v = 0; v < n; ++v) {
            const bool holds[] = {
                on[u] == on[v],
                on[v] == off && lasts[u] > 0,
                on[u] < on[v] && on[v] < off,
                on[v] == first_after && (lasts[u] > 0 ? !starts_at_off : all_silent),
            };
            if (u != v && holds[relation]) found.emplace_back(u, v);
        }
    }
    return found;
}

void test_random_scores() {
    std::mt19937_64 random(0);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto draw = [&](Divisions last) {
            return static_cast<Divisions>(random() % static_cast<std::uint64_t>(last + 1));
        };
        std::vector<Divisions> on(static_cast<std::size_t>(draw(20))), lasts(on.size());
        for (auto& time : on) time = draw(12);
        for (auto& time : lasts) time = draw(5);
        std::sort(on.begin(), on.end());
        const auto edges = score_edges(on, lasts, no_limit);
        check(pairs(edges.onset) == slow(on, lasts, 0), "onset");
        check(pairs(edges.consecutive) == slow(on, lasts, 1), "consecutive");
        check(pairs(edges.during) == slow(on, lasts, 2), "during");
        check(pairs(edges.rest) == slow(on, lasts, 3), "rest");
    }
}

Edges pairs_of(const GraphEdges& graph, EdgeType type) {
    const auto rows = graph.of_type[at(type)];
    Edges found;
    for (std::size_t i = 0; i < rows.size() / 2; ++i) {
        found.emplace_back(rows[i], rows[rows.size() / 2 + i]);
    }
    return found;
}

void test_a_graph_by_hand() {
    const std::vector<Divisions> on{0, 0, 1, 4}, lasts{1, 4, 2, 1}, beats{0, 2, 2, 4}, measures{0};
    const auto graph = graph_edges(on, lasts, beats, measures, 6);
    const std::pair<EdgeType, Edges> expected[] = {
        {EdgeType::onset, {{0, 1}, {1, 0}}},
        {EdgeType::consecutive, {{0, 2}, {1, 3}}},
        {EdgeType::consecutive_rev, {{2, 0}, {3, 1}}},
        {EdgeType::during, {{1, 2}}},
        {EdgeType::during_rev, {{2, 1}}},
        {EdgeType::rest, {{2, 3}}},
        {EdgeType::rest_rev, {{3, 2}}},
        {EdgeType::note_to_beat, {{0, 0}, {1, 0}, {2, 0}, {3, 3}}},
        {EdgeType::beat_to_note, {{0, 0}, {0, 1}, {0, 2}, {3, 3}}},
        {EdgeType::next_beat, {{0, 1}, {1, 2}, {2, 3}}},
        {EdgeType::note_to_measure, {{0, 0}, {1, 0}, {2, 0}, {3, 0}}},
        {EdgeType::measure_to_note, {{0, 0}, {0, 1}, {0, 2}, {0, 3}}},
        {EdgeType::next_measure, {}},
    };
    for (const auto& [type, edges] : expected) {
        check(pairs_of(graph, type) == edges, "edge type " + std::to_string(at(type)));
    }
    for (const auto rows : graph_edges({}, {}, {}, {}, 0).of_type) {
        check(rows.empty(), "a graph of nothing");
    }
}

void test_refusals() {
    const std::vector<Divisions> zero{0, 0}, falling{1, 0}, one{1};
    const std::vector<Divisions> far(2, Divisions{1} << 62);
    check_refused([&] { score_edges(falling, zero, no_limit); }, "starts before");
    check_refused([&] { score_edges(zero, one, no_limit); }, "equally long");
    check_refused([&] { score_edges(far, far, no_limit); }, "64 bits");
    check_refused([&] { score_edges(zero, std::vector<Divisions>{0, -1}, no_limit); }, "negative");
    check_refused([&] { score_edges(zero, zero, 1); }, "max_edges = 1");
    check_refused([&] { score_edges(zero, zero, no_limit + 1); }, "max_edges is 536870913");
    check_refused([&] { graph_edges(zero, zero, {}, {}, no_limit + 1); }, "max_edges is 536870913");
    check_refused([&] { graph_edges({}, {}, {}, std::vector<Divisions>{1, 0}, 1); }, "sorted");
    check_refused([&] { graph_edges(zero, zero, zero, zero, 1); }, "max_edges = 1");
    check_refused([&] { graph_edges(zero, zero, one, zero, no_limit); }, "first interval");
    check_refused([&] { graph_edges(zero, zero, zero, falling, no_limit); }, "sorted");
}

void test_intervals() {
    const std::vector<Divisions> time{0, 1, 2, 9}, start{0, 2, 2, 5};
    std::vector<Index> interval(4);
    assign_intervals(time, start, interval);
    check(interval == std::vector<Index>{0, 0, 2, 3}, "intervals");
    assign_intervals({}, {}, {});
}

}  // namespace

int main() {
    test_random_scores();
    test_a_graph_by_hand();
    test_refusals();
    test_intervals();
    std::puts("ok");
}
