// The sampler without Python: 10,000 calls on random scores, each batch against the edges of the score.
#include "neighbor_sampler.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <new>
#include <numeric>
#include <random>
#include <set>

#include "checks.hpp"

using namespace musebench;

namespace {

long allocations_left = -1;  // -1: as many as are asked for

}  // namespace

void* operator new(std::size_t size) {
    if (allocations_left == 0) {
        throw std::bad_alloc();
    }
    allocations_left -= allocations_left > 0;
    if (void* memory = std::malloc(size ? size : 1)) {
        return memory;
    }
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using Times = std::vector<Divisions>;
using Pairs = std::set<std::pair<Index, Index>>;

std::mt19937_64 generator(0);

Divisions draw(Divisions last) {
    return static_cast<Divisions>(generator() % static_cast<std::uint64_t>(last + 1));
}

struct Score {
    Times on, lasts, beats, measures;
    std::array<Pairs, num_edge_types> edges;
    ScoreIndex index;

    Score(Times onset, Times duration, Times beat, Times measure)
        : on(std::move(onset)),
          lasts(std::move(duration)),
          beats(std::move(beat)),
          measures(std::move(measure)),
          index(on, lasts, beats, measures) {
        auto found = score_edges(on, lasts, 1'000'000);
        add(found.onset, EdgeType::onset, EdgeType::onset);
        add(found.consecutive, EdgeType::consecutive, EdgeType::consecutive_rev);
        add(found.during, EdgeType::during, EdgeType::during_rev);
        add(found.rest, EdgeType::rest, EdgeType::rest_rev);
        add_intervals(beats, EdgeType::note_to_beat, EdgeType::beat_to_note, EdgeType::next_beat);
        add_intervals(measures, EdgeType::note_to_measure, EdgeType::measure_to_note,
                      EdgeType::next_measure);
    }

    void add(const EdgeIndex& found, EdgeType type, EdgeType reverse) {
        for (const auto& [source, target] : pairs(found)) {
            edges[at(type)].emplace(source, target);
            edges[at(reverse)].emplace(target, source);
        }
    }

    void add_intervals(const Times& starts, EdgeType type, EdgeType reverse, EdgeType next) {
        if (!starts.empty()) {
            auto connects = allocate_edges(on.size());
            std::iota(connects.source().begin(), connects.source().end(), Index{0});
            assign_intervals(on, starts, connects.target());
            add(connects, type, reverse);
        }
        for (Index k = 1; k < static_cast<Index>(starts.size()); ++k) {
            edges[at(next)].emplace(k - 1, k);
        }
    }
};

Score random_score() {
    Times on(static_cast<std::size_t>(draw(30))), lasts(on.size()), beats, measures;
    for (auto& time : on) time = draw(15);
    for (auto& time : lasts) time = draw(3) ? draw(4) : draw(15);
    std::sort(on.begin(), on.end());
    if (draw(3)) {
        for (Divisions time = 0; time < 16; time += 2) beats.push_back(time);
        for (Divisions time = 0; time < 16; time += 4) measures.push_back(time);
    }
    return {on, lasts, beats, measures};
}

// The nodes of a batch as (score, position), in order.
std::vector<std::pair<Index, Index>> names(const SampledBatch::Nodes& nodes) {
    std::vector<std::pair<Index, Index>> named;
    for (std::size_t k = 0; k < nodes.node.size(); ++k) {
        named.emplace_back(nodes.score[k], nodes.node[k]);
    }
    return named;
}

void check_nodes(const SampledBatch& batch) {
    for (const auto& nodes : batch.nodes) {
        const auto named = names(nodes);
        check(std::set(named.begin(), named.end()).size() == named.size(), "a node comes twice");
        auto hop = named.begin();
        for (const auto size : nodes.num_by_hop) {
            check(std::is_sorted(hop, hop + size), "a hop is not in order");
            hop += size;
        }
        check(hop == named.end(), "the hops are not all nodes");
    }
}

// Each edge exists in its score, once; each node that is asked for has as many as it should.
void check_edges(const SampledBatch& batch, const std::vector<Score>& scores,
                 const SamplerOptions& options) {
    for (std::size_t e = 0; e < num_edge_types; ++e) {
        const auto type = static_cast<EdgeType>(e);
        const auto sources = names(batch.nodes[at(source_type(type))]);
        const auto targets = names(batch.nodes[at(target_type(type))]);
        const auto edges = pairs(batch.edges[e].index);
        check(std::set(edges.begin(), edges.end()).size() == edges.size(), "an edge comes twice");
        std::map<Index, Index> degree;
        Index before = 0;
        for (const auto& [u, v] : edges) {
            const auto [score, source] = sources[static_cast<std::size_t>(u)];
            const auto [same, target] = targets[static_cast<std::size_t>(v)];
            check(score == same, "an edge between scores");
            check(scores[static_cast<std::size_t>(score)].edges[e].contains({source, target}),
                  "an edge that is not in the score");
            check(before <= v, "edges are not sorted by target");
            before = v;
            ++degree[v];
        }
        Index row = 0;
        for (std::size_t h = 0; !options.induced && h < options.num_neighbors.size(); ++h) {
            for (Index k = 0; k < batch.nodes[at(target_type(type))].num_by_hop[h]; ++k, ++row) {
                const auto [score, target] = targets[static_cast<std::size_t>(row)];
                const auto& all = scores[static_cast<std::size_t>(score)].edges[e];
                const auto total = std::count_if(all.begin(), all.end(),
                                                 [&](const auto& edge) { return edge.second == target; });
                const auto most = options.num_neighbors[h][e];
                check(degree[row] == (most < 0 ? total : std::min<Index>(most, total)), "a degree");
            }
        }
    }
}

void check_intervals(const SampledBatch& batch, const std::vector<Score>& scores) {
    for (const auto type : {EdgeType::beat_to_note, EdgeType::measure_to_note}) {
        const auto found = names(batch.nodes[at(source_type(type))]);
        const std::set known(found.begin(), found.end());
        for (const auto& [score, note] : names(batch.nodes[at(NodeType::note)])) {
            for (const auto& [interval, of] : scores[static_cast<std::size_t>(score)].edges[at(type)]) {
                check(of != note || known.contains({score, interval}), "a beat or measure is missing");
            }
        }
    }
}

void test_random_batches() {
    for (int trial = 0; trial < 2000; ++trial) {
        SamplerOptions options;
        options.num_neighbors.resize(static_cast<std::size_t>(draw(3)));
        for (auto& counts : options.num_neighbors) {
            for (auto& count : counts) count = draw(4) - 1;
        }
        options.induced = draw(4) == 0;
        options.metrical = draw(3) != 0;
        options.max_edges = 1'000'000;
        if (!options.metrical) {
            for (auto& counts : options.num_neighbors) {
                std::fill(counts.begin() + static_cast<int>(at(EdgeType::note_to_beat)), counts.end(), 0);
            }
        }
        NeighborSampler sampler(options);
        for (int call = 0; call < 5; ++call) {  // in the memory of the calls before
            std::vector<Score> scores;
            for (auto left = draw(4); left >= 0; --left) scores.push_back(random_score());
            std::vector<const ScoreIndex*> indices;
            std::vector<Range> windows;
            std::vector<std::uint64_t> seeds;
            for (const auto& score : scores) {
                indices.push_back(&score.index);
                seeds.push_back(generator());
                windows.push_back(sample_window(score.index, 1 + draw(12), generator()));
            }
            const auto batch = sampler.sample(indices, windows, seeds);
            for (std::size_t s = 0; s < scores.size(); ++s) {
                check(batch.num_targets[s] == windows[s].end - windows[s].begin, "the targets");
            }
            check_nodes(batch);
            check_edges(batch, scores, options);
            if (options.metrical) check_intervals(batch, scores);
        }
    }
}

// Each start of a window is drawn alike, and over all of them each note is a target as often.
void test_windows() {
    const Times on{0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7}, lasts(on.size(), 1);
    const ScoreIndex index(on, lasts, {}, {});
    const Index n = 12, width = 5 - 3 + 1;
    std::vector<int> times_target(on.size(), 0);
    for (Index start = -(width - 1); start < n; ++start) {
        const auto [begin, end] = index.notes_of_groups_starting_in(start, start + width);
        check(end - begin <= 5, "the budget");
        for (auto note = begin; note < end; ++note) ++times_target[static_cast<std::size_t>(note)];
    }
    check(times_target == std::vector<int>(on.size(), width), "each note alike, first and last too");
    check(window_width(index, 5) == width, "the width");
    check(target_probability(index, 5) == static_cast<double>(width) / static_cast<double>(n + width - 1),
          "the share of the windows that a note is a target of");
    check(target_probability(index, n) == 1.0 && window_width(index, n) == n, "a score that fits");
    std::map<std::pair<Index, Index>, int> drawn;
    for (std::uint64_t seed = 0; seed < 14'000; ++seed) {
        const auto [begin, end] = sample_window(index, 5, seed);
        ++drawn[{begin, end}];
    }
    for (Index start = -(width - 1); start < n; ++start) {
        const auto [begin, end] = index.notes_of_groups_starting_in(start, start + width);
        check(drawn.contains({begin, end}), "a window is never drawn");
    }
}

bool same(SampledBatch one, SampledBatch other) {
    bool equal = one.num_targets == other.num_targets;
    for (std::size_t type = 0; type < num_node_types; ++type) {
        equal = equal && names(one.nodes[type]) == names(other.nodes[type]) &&
                one.nodes[type].num_by_hop == other.nodes[type].num_by_hop;
    }
    for (std::size_t e = 0; e < num_edge_types; ++e) {
        equal = equal && pairs(one.edges[e].index) == pairs(other.edges[e].index) &&
                one.edges[e].num_by_hop == other.edges[e].num_by_hop;
    }
    return equal;
}

// A batch that runs out of memory leaves nothing behind, wherever it fails.
void test_exhausted_memory() {
    const Score score({0, 0, 1, 2, 3}, {3, 1, 1, 1, 1}, {0, 2}, {0});
    const std::vector<const ScoreIndex*> scores{&score.index, &score.index};
    const std::vector<Range> windows{{0, 3}, {2, 5}};
    const std::vector<std::uint64_t> seeds{1, 2};
    SamplerOptions options;
    options.num_neighbors.resize(2);
    for (auto& counts : options.num_neighbors) counts.fill(-1);
    options.max_edges = 1000;
    for (const bool induced : {false, true}) {
        options.induced = induced;
        bool suffices = false;
        for (long allocations = 0; !suffices; ++allocations) {
            NeighborSampler sampler(options), fresh(options);
            allocations_left = allocations;
            try {
                sampler.sample(scores, windows, seeds);
                suffices = true;
            } catch (const std::bad_alloc&) {
            }
            allocations_left = -1;
            check(same(sampler.sample(scores, windows, seeds), fresh.sample(scores, windows, seeds)),
                  "a batch after one that memory did not suffice for");
            check(suffices || allocations < 10'000, "it never suffices");
        }
    }
}

void test_refusals() {
    const Score score({0, 0, 1}, {1, 1, 1}, {}, {});
    const std::vector<const ScoreIndex*> scores{&score.index};
    const std::vector<Range> window{{0, 3}}, outside{{0, 4}};
    const std::vector<std::uint64_t> seed{0};
    SamplerOptions options;
    options.num_neighbors.resize(1);
    options.num_neighbors[0].fill(-1);
    options.max_edges = 3;
    NeighborSampler sampler(options);
    for (int twice = 0; twice < 2; ++twice) {
        check_refused([&] { sampler.sample(scores, window, seed); }, "max_edges = 3");
    }
    check_refused([&] { sampler.sample(scores, outside, seed); }, "not in its score");
    check_refused([&] { sampler.sample(scores, window, {}); }, "one window and one seed");
    options.max_edges = 2;
    NeighborSampler small(options);
    check_refused([&] { small.sample(scores, window, seed); }, "max_edges = 2 targets");
    options.max_edges = largest_max_edges + 1;
    check_refused([&] { NeighborSampler{options}; }, "max_edges is 536870913");
    options.max_edges = 3;
    options.num_neighbors[0][4] = -2;
    check_refused([&] { NeighborSampler{options}; }, "num_neighbors has -2");
    options.num_neighbors.assign(most_hops + 1, {});
    check_refused([&] { NeighborSampler{options}; }, "num_neighbors has 101 hops");
    check_refused([&] { sample_window(score.index, 0, 0); }, "subgraph_size is 0");
    check_refused([&] { sample_window(score.index, std::numeric_limits<Index>::min(), 0); }, "size is");
}

void test_groups_of_any_numbers() {
    const Score score({0, 0, 1}, {1, 1, 1}, {}, {}), none({}, {}, {}, {});
    constexpr auto least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
    const auto is = [](const Score& of, Index begin, Index end, Index first, Index last) {
        const auto range = of.index.notes_of_groups_starting_in(begin, end);
        check(range.begin == first && range.end == last, "notes of groups");
    };
    is(score, least, most, 0, 3);
    is(score, 1, most, 2, 3);
    is(score, most - 1, most, 3, 3);
    is(score, most, least, 3, 3);
    is(score, 1, 0, 2, 2);
    is(score, least, least, 0, 0);
    is(none, least, most, 0, 0);
}

}  // namespace

int main() {
    test_random_batches();
    test_windows();
    test_exhausted_memory();
    test_refusals();
    test_groups_of_any_numbers();
    std::puts("ok");
}
