// Candidate pairs without Python: a score by hand, random ones against the definition, refusals.
#include "candidate_pairs.hpp"

#include "checks.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <set>
#include <vector>

using namespace musebench;

namespace {

constexpr std::size_t no_limit = largest_max_edges;
using Times = std::vector<Divisions>;

// One line a sentence of the definition; quadratic.
Edges slow(const Times& on, const Times& lasts, const Times& window, Index max_groups) {
    Edges found;
    for (std::size_t u = 0; u < on.size(); ++u) {
        const auto off = on[u] + lasts[u];
        std::set<Divisions> later;  // onsets that v may have
        for (const auto time : on) {
            if (time > on[u] && time >= off) later.insert(time);
        }
        for (std::size_t v = 0; v < on.size(); ++v) {
            const auto rank = std::distance(later.begin(), later.find(on[v]));
            const bool holds = rank < max_groups || on[v] <= off + window[u];
            if (later.contains(on[v]) && holds) found.emplace_back(u, v);
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
        Times on(static_cast<std::size_t>(draw(20))), lasts(on.size()), window(on.size());
        for (auto& time : on) time = draw(12);
        for (auto& time : lasts) time = draw(5);
        for (auto& time : window) time = draw(6);
        std::sort(on.begin(), on.end());
        const auto max_groups = draw(4);
        const auto found = pairs(candidate_pairs(on, lasts, window, max_groups, no_limit));
        check(found == slow(on, lasts, window, max_groups), "candidate pairs");
    }
}

void test_a_score_by_hand() {
    const Times on{0, 0, 1, 4}, lasts{1, 4, 2, 1}, none(4, 0), two(4, 2);
    const auto found = [&](const Times& window, Index max_groups) {
        return pairs(candidate_pairs(on, lasts, window, max_groups, no_limit));
    };
    check(found(none, 1) == Edges{{0, 2}, {1, 3}, {2, 3}}, "the next group");
    check(found(none, 2) == Edges{{0, 2}, {0, 3}, {1, 3}, {2, 3}}, "two groups");
    check(found(two, 0) == Edges{{0, 2}, {1, 3}, {2, 3}}, "two divisions");
    check(found(none, 0) == Edges{{0, 2}, {1, 3}}, "where the note ends");
    check(candidate_pairs({}, {}, {}, 1, 0).num_edges == 0, "a score of nothing");
}

void test_the_last_time_of_64_bits() {
    constexpr auto last = std::numeric_limits<Divisions>::max();
    const Times on{0, last}, lasts{last - 1, 0}, window{last, last};
    const auto found = candidate_pairs(on, lasts, window, std::numeric_limits<Index>::max(), 1);
    check(pairs(found) == Edges{{0, 1}}, "large times");
}

void test_refusals() {
    const Times zero{0, 0}, falling{1, 0}, one{1}, negative{0, -1}, rising{0, 1};
    check_refused([&] { candidate_pairs(falling, zero, zero, 1, no_limit); }, "starts before");
    check_refused([&] { candidate_pairs(zero, zero, one, 1, no_limit); }, "window_div has 1");
    check_refused([&] { candidate_pairs(zero, zero, negative, 1, no_limit); }, "negative window");
    check_refused([&] { candidate_pairs(zero, zero, zero, -1, no_limit); }, "max_groups is -1");
    check_refused([&] { candidate_pairs(rising, zero, zero, 1, 0); }, "max_pairs = 0");
    check_refused([&] { candidate_pairs(rising, zero, zero, 1, no_limit + 1); }, "max_pairs is");
}

}  // namespace

int main() {
    test_random_scores();
    test_a_score_by_hand();
    test_the_last_time_of_64_bits();
    test_refusals();
    std::puts("ok");
}
