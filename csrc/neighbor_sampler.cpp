#include "neighbor_sampler.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace musebench {
namespace {

using Run = ScoreIndex::Run;

constexpr Index unseen = -1;

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }
std::size_t at(NodeType type) { return static_cast<std::size_t>(type); }

// splitmix64: small, and the same on every machine.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        auto z = state_ += 0x9e3779b97f4a7c15ULL;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    // Uniform in [0, bound), without the bias of a remainder.
    Index below(Index bound) {
        const auto range = static_cast<std::uint64_t>(bound);
        const auto limit = range * (~std::uint64_t{0} / range);
        auto drawn = next();
        while (drawn >= limit) {
            drawn = next();
        }
        return static_cast<Index>(drawn % range);
    }

  private:
    std::uint64_t state_;
};

// One hop of one score: new nodes in order of time, and the edges into the nodes of the hop before.
struct Hop {
    std::array<std::vector<Index>, num_node_types> nodes;
    std::array<std::vector<std::pair<Index, Index>>, num_edge_types> edges;  // (source, target)
};

// Which nodes of a score are in the sample. Kept between scores, so that a small window of a long
// score costs no more than the window.
class Seen {
  public:
    void prepare(const ScoreIndex& score) {
        for (std::size_t type = 0; type < num_node_types; ++type) {
            const auto size = as_size(score.num_nodes(static_cast<NodeType>(type)));
            if (place_[type].size() < size) {
                place_[type].resize(size, unseen);
            }
        }
    }
    Index& operator()(NodeType type, Index node) { return place_[at(type)][as_size(node)]; }
    bool add(NodeType type, Index node) {
        auto& place = (*this)(type, node);
        const bool is_new = place == unseen;
        place = 0;
        return is_new;
    }
    void clear(const std::vector<Hop>& hops) {
        for (const auto& hop : hops) {
            for (std::size_t type = 0; type < num_node_types; ++type) {
                for (const auto node : hop.nodes[type]) {
                    place_[type][as_size(node)] = unseen;
                }
            }
        }
    }

  private:
    std::array<std::vector<Index>, num_node_types> place_;
};

Index length(const std::vector<Run>& runs) {
    Index total = 0;
    for (const auto& run : runs) {
        total += run.range.end - run.range.begin;
    }
    return total;
}

Index element(const std::vector<Run>& runs, Index position) {
    for (const auto& run : runs) {
        const auto size = run.range.end - run.range.begin;
        if (position < size) {
            const auto i = run.range.begin + position;
            return run.order ? run.order[i] : i;
        }
        position -= size;
    }
    return unseen;
}

// Calls `take` with each element, or with `count` of them drawn without replacement (Floyd).
template <typename Take>
void sample_runs(const std::vector<Run>& runs, Index count, Random& random,
                 std::vector<Index>& drawn, Take take) {
    const auto total = length(runs);
    if (count < 0 || total <= count) {
        for (const auto& run : runs) {
            for (auto i = run.range.begin; i < run.range.end; ++i) {
                take(run.order ? run.order[i] : i);
            }
        }
        return;
    }
    drawn.clear();
    for (auto last = total - count; last < total; ++last) {
        const auto position = random.below(last + 1);
        const auto place = std::lower_bound(drawn.begin(), drawn.end(), position);
        if (place != drawn.end() && *place == position) {
            drawn.push_back(last);  // larger than all drawn so far
        } else {
            drawn.insert(place, position);
        }
    }
    for (const auto position : drawn) {
        take(element(runs, position));
    }
}

// Samples one score after the other; holds what can be used again.
class ScoreSampler {
  public:
    explicit ScoreSampler(const SamplerOptions& options) : options_(options) {}

    // Hop 0 has the targets; one hop more for each row of num_neighbors.
    std::vector<Hop> sample(const ScoreIndex& score, Range window, std::uint64_t seed) {
        Random random(seed);
        seen_.prepare(score);
        std::vector<Hop> hops(1);
        for (auto note = window.begin; note < window.end; ++note) {
            seen_.add(NodeType::note, note);
            hops[0].nodes[at(NodeType::note)].push_back(note);
        }
        for (const auto& counts : options_.num_neighbors) {
            hops.push_back(expand(score, hops.back(), counts, random));
        }
        if (options_.metrical) {
            complete_grid(score, hops, EdgeType::beat_to_note);
            complete_grid(score, hops, EdgeType::measure_to_note);
        }
        if (options_.induced) {
            induce(score, hops);
        }
        seen_.clear(hops);
        return hops;
    }

  private:
    Hop expand(const ScoreIndex& score, const Hop& previous,
               const std::array<Index, num_edge_types>& counts, Random& random) {
        Hop hop;
        for (std::size_t e = 0; e < num_edge_types; ++e) {
            if (counts[e] == 0) {
                continue;
            }
            const auto type = static_cast<EdgeType>(e);
            for (const auto target : previous.nodes[at(target_type(type))]) {
                score.in_neighbours(type, target, runs_);
                const auto wanted = counts[e] < 0 ? length(runs_) : std::min(counts[e], length(runs_));
                count_edges(wanted);
                sample_runs(runs_, counts[e], random, drawn_, [&](Index source) {
                    hop.edges[e].emplace_back(source, target);
                    if (seen_.add(source_type(type), source)) {
                        hop.nodes[at(source_type(type))].push_back(source);
                    }
                });
            }
        }
        for (auto& nodes : hop.nodes) {
            std::sort(nodes.begin(), nodes.end());
        }
        return hop;
    }

    // Adds to the last hop what nobody asked for yet: the beats (or measures) of its notes.
    void complete_grid(const ScoreIndex& score, std::vector<Hop>& hops, EdgeType type) {
        const auto grid = source_type(type);
        auto& last = hops.back();
        auto& added = last.nodes[at(grid)];
        for (const auto& hop : hops) {
            for (const auto note : hop.nodes[at(NodeType::note)]) {
                score.in_neighbours(type, note, runs_);
                for (const auto& run : runs_) {
                    if (seen_.add(grid, run.range.begin)) {
                        added.push_back(run.range.begin);
                    }
                    if (&hop == &last) {
                        last.edges[static_cast<std::size_t>(type)].emplace_back(run.range.begin, note);
                    }
                }
            }
        }
        std::sort(added.begin(), added.end());
    }

    // Replaces the sampled edges by all edges among the nodes; they belong to their target's hop.
    void induce(const ScoreIndex& score, std::vector<Hop>& hops) {
        for (auto& hop : hops) {
            for (auto& edges : hop.edges) {
                edges.clear();
            }
        }
        for (std::size_t h = 0; h < hops.size(); ++h) {
            auto& receiving = hops[std::min(h + 1, hops.size() - 1)];
            for (std::size_t e = 0; e < num_edge_types; ++e) {
                const auto type = static_cast<EdgeType>(e);
                for (const auto target : hops[h].nodes[at(target_type(type))]) {
                    score.in_neighbours(type, target, runs_);
                    for (const auto& run : runs_) {
                        add_seen(run, type, target, receiving.edges[e]);
                    }
                }
            }
        }
    }

    void add_seen(const Run& run, EdgeType type, Index target,
                  std::vector<std::pair<Index, Index>>& edges) {
        for (auto i = run.range.begin; i < run.range.end; ++i) {
            const auto source = run.order ? run.order[i] : i;
            if (seen_(source_type(type), source) != unseen) {
                count_edges(1);
                edges.emplace_back(source, target);
            }
        }
    }

    void count_edges(Index more) {
        num_edges_ += as_size(more);
        if (num_edges_ > options_.max_edges) {
            throw std::invalid_argument(
                "the batch has more than max_edges = " + std::to_string(options_.max_edges) +
                " edges; use fewer num_neighbors, a smaller batch or a larger max_edges.");
        }
    }

    const SamplerOptions& options_;
    Seen seen_;
    std::size_t num_edges_ = 0;
    std::vector<Run> runs_;
    std::vector<Index> drawn_;
};

// Puts the hops of all scores end to end: by hop, then score, then time.
class BatchWriter {
  public:
    BatchWriter(std::span<const ScoreIndex* const> scores, const std::vector<std::vector<Hop>>& sampled)
        : scores_(scores), sampled_(sampled), num_hops_(sampled.empty() ? 0 : sampled[0].size()) {}

    SampledBatch write() {
        write_nodes();
        write_edges();
        for (const auto& hops : sampled_) {
            batch_.num_targets.push_back(
                static_cast<Index>(hops[0].nodes[at(NodeType::note)].size()));
        }
        return std::move(batch_);
    }

  private:
    void write_nodes() {
        first_.resize(sampled_.size());
        for (auto& of_score : first_) {
            of_score.resize(num_hops_);
        }
        for (std::size_t type = 0; type < num_node_types; ++type) {
            auto& out = batch_.nodes[type];
            for (std::size_t h = 0; h < num_hops_; ++h) {
                const auto before = out.node.size();
                for (std::size_t s = 0; s < sampled_.size(); ++s) {
                    const auto& nodes = sampled_[s][h].nodes[type];
                    first_[s][h][type] = static_cast<Index>(out.node.size());
                    out.node.insert(out.node.end(), nodes.begin(), nodes.end());
                    out.score.insert(out.score.end(), nodes.size(), static_cast<Index>(s));
                }
                out.num_by_hop.push_back(static_cast<Index>(out.node.size() - before));
            }
        }
    }

    void write_edges() {
        lay_out_edges();
        Seen place;
        for (std::size_t s = 0; s < sampled_.size(); ++s) {
            place.prepare(*scores_[s]);
            for (std::size_t h = 0; h < num_hops_; ++h) {
                for (std::size_t type = 0; type < num_node_types; ++type) {
                    auto next = first_[s][h][type];
                    for (const auto node : sampled_[s][h].nodes[type]) {
                        place(static_cast<NodeType>(type), node) = next++;
                    }
                }
            }
            for (std::size_t h = 0; h < num_hops_; ++h) {
                for (std::size_t e = 0; e < num_edge_types; ++e) {
                    write_edges_of(sampled_[s][h].edges[e], e, edge_place_[e][h], place);
                }
            }
        }
    }

    // Counts first, so that the edges of a hop lie together although scores come one by one.
    void lay_out_edges() {
        for (std::size_t e = 0; e < num_edge_types; ++e) {
            std::size_t total = 0;
            for (std::size_t h = 0; h < num_hops_; ++h) {
                edge_place_[e].push_back(total);
                for (const auto& hops : sampled_) {
                    total += hops[h].edges[e].size();
                }
                if (h > 0) {
                    const auto in_hop = total - edge_place_[e][h];
                    batch_.edges[e].num_by_hop.push_back(static_cast<Index>(in_hop));
                }
            }
            // Without neighbours the edges among the targets have no hop of their own.
            if (num_hops_ == 1) {
                batch_.edges[e].num_by_hop.push_back(static_cast<Index>(total));
            }
            batch_.edges[e].index = musebench::allocate_edges(total);
        }
    }

    void write_edges_of(const std::vector<std::pair<Index, Index>>& edges, std::size_t e,
                        std::size_t& next, Seen& place) {
        const auto type = static_cast<EdgeType>(e);
        const auto sources = batch_.edges[e].index.source();
        const auto targets = batch_.edges[e].index.target();
        for (const auto& [source, target] : edges) {
            sources[next] = place(source_type(type), source);
            targets[next] = place(target_type(type), target);
            ++next;
        }
    }

    std::span<const ScoreIndex* const> scores_;
    const std::vector<std::vector<Hop>>& sampled_;
    std::size_t num_hops_;
    std::vector<std::vector<std::array<Index, num_node_types>>> first_;
    std::array<std::vector<std::size_t>, num_edge_types> edge_place_;
    SampledBatch batch_;
};

}  // namespace

Range sample_window(const ScoreIndex& score, Index subgraph_size, std::uint64_t seed) {
    const auto num_notes = score.num_notes();
    if (num_notes <= subgraph_size) {
        return {0, num_notes};
    }
    const auto width = std::max<Index>(1, subgraph_size - score.largest_group() + 1);
    const auto start = Random(seed).below(num_notes + width - 1) - (width - 1);
    return score.notes_of_groups_starting_in(start, start + width);
}

SampledBatch sample_batch(std::span<const ScoreIndex* const> scores,
                          std::span<const Range> windows, std::span<const std::uint64_t> seeds,
                          const SamplerOptions& options) {
    if (scores.size() != windows.size() || scores.size() != seeds.size()) {
        throw std::invalid_argument("there must be as many windows and seeds as scores.");
    }
    ScoreSampler sampler(options);
    std::vector<std::vector<Hop>> sampled;
    sampled.reserve(scores.size());
    for (std::size_t s = 0; s < scores.size(); ++s) {
        const auto [begin, end] = windows[s];
        if (begin < 0 || begin > end || end > scores[s]->num_notes()) {
            throw std::invalid_argument("window " + std::to_string(s) + " is not in its score.");
        }
        sampled.push_back(sampler.sample(*scores[s], windows[s], seeds[s]));
    }
    return BatchWriter(scores, sampled).write();
}

}  // namespace musebench
