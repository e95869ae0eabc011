#include "neighbor_sampler.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "random.hpp"

namespace musebench {
namespace {

std::size_t as_size(Index index) { return static_cast<std::size_t>(index); }

constexpr bool is_metrical(EdgeType type) {
    return source_type(type) != NodeType::note || target_type(type) != NodeType::note;
}

// Calls `f` with each edge type as a constant.
template <typename F>
void for_each_edge_type(F f) {
    [&]<std::size_t... e>(std::index_sequence<e...>) {
        (f(std::integral_constant<EdgeType, static_cast<EdgeType>(e)>{}), ...);
    }(std::make_index_sequence<num_edge_types>{});
}

// The samples of the scores, one score after another, by hop. Like a vector, but new elements are
// not set to 0 first.
template <typename T>
class ByHop {
  public:
    std::size_t size() const { return size_; }
    std::size_t num_hops() const { return ends_.size(); }
    std::size_t begin(std::size_t hop) const { return hop == 0 ? 0 : ends_[hop - 1]; }
    std::size_t end(std::size_t hop) const { return ends_[hop]; }
    const T& operator[](std::size_t k) const { return values_[k]; }

    std::span<T> from_hop(std::size_t hop) { return {values_.get() + begin(hop), size_ - begin(hop)}; }
    std::span<T> open_hop() { return from_hop(num_hops()); }
    void close_hop() { ends_.push_back(size_); }
    void cut(std::size_t hops) {
        size_ = begin(hops);
        ends_.resize(hops);
    }
    T* add(std::size_t count) {
        if (size_ + count > capacity_) [[unlikely]] {
            grow(size_ + count);
        }
        size_ += count;
        return values_.get() + size_ - count;
    }

  private:
    [[gnu::cold]] void grow(std::size_t least) {  // apart from add, so that add is inlined
        const auto capacity = std::max(least, 2 * capacity_);
        auto values = std::make_unique_for_overwrite<T[]>(capacity);
        std::copy_n(values_.get(), size_, values.get());
        values_ = std::move(values);
        capacity_ = capacity;
    }

    std::unique_ptr<T[]> values_;
    std::size_t size_ = 0, capacity_ = 0;
    std::vector<std::size_t> ends_;  // of the hops
};

// Source and target as places among the sampled nodes of their types.
struct Edge {
    Position source;
    Position target;
};

}  // namespace

class NeighborSampler::Workspace {
  public:
    explicit Workspace(SamplerOptions options)
        : options_(std::move(options)), num_hops_(options_.num_neighbors.size() + 1) {}

    SampledBatch sample(std::span<const ScoreIndex* const> scores, std::span<const Range> windows,
                        std::span<const std::uint64_t> seeds) {
        const std::scoped_lock one_batch(mutex_);
        try {
            for (std::size_t s = 0; s < scores.size(); ++s) {
                sample_score(*scores[s], windows[s], Random(seeds[s]));
            }
            SampledBatch batch;
            write_nodes(batch, scores.size());
            write_edges(batch, scores.size());
            clear();
            return batch;
        } catch (...) {
            forget(0);
            clear();
            throw;
        }
    }

    // A batch has at most as many notes as targets and edges, and as many beats as edges and notes:
    // all positions fit, and memory for nodes is bounded like that for edges.
    void check_targets(std::size_t num_targets) const {
        static_assert(3 * largest_max_edges < std::size_t{std::numeric_limits<Position>::max()});
        if (num_targets > options_.max_edges) {
            refuse_batch("targets");
        }
    }

  private:
    static constexpr Position unseen = 0, found = 1;

    // Hop 0 is the targets; each row of num_neighbors adds a hop.
    void sample_score(const ScoreIndex& score, Range window, Random random) {
        const auto first_hop = nodes_[0].num_hops();
        make_room(score);
        for (std::size_t h = 0; h < num_hops_; ++h) {
            if (h == 0) {
                find_window(window);
            } else {
                expand(score, options_.num_neighbors[h - 1], random);
            }
            if (h + 1 == num_hops_ && options_.metrical) {
                find_intervals<EdgeType::beat_to_note>(score, first_hop);
                find_intervals<EdgeType::measure_to_note>(score, first_hop);
            }
            close_nodes();
            if (h > 0) {
                close_edges();
            }
        }
        if (options_.induced) {
            induce(score, first_hop);
        } else {
            connect_last_hop(score);
        }
        forget(first_hop);
    }

    void make_room(const ScoreIndex& score) {
        for (std::size_t type = 0; type < num_node_types; ++type) {
            const auto size = as_size(score.num_nodes(static_cast<NodeType>(type)));
            if (place_[type].size() < size) {
                place_[type].resize(size, unseen);
            }
        }
    }

    void find(NodeType type, Index node) {
        auto& place = place_[at(type)][as_size(node)];
        if (place == unseen) {
            *nodes_[at(type)].add(1) = static_cast<Position>(node);  // first: memory may be exhausted
            place = found;
        }
    }

    void find_window(Range window) {
        for (auto note = window.begin; note < window.end; ++note) {
            find(NodeType::note, note);
        }
    }

    // Draws sources for the nodes of the last hop.
    void expand(const ScoreIndex& score, const std::array<Index, num_edge_types>& counts,
                Random& random) {
        for_each_edge_type([&](auto constant) {
            constexpr EdgeType type = constant;
            if (const auto most = counts[at(type)]; most != 0) {
                for_each_target<type>(score, last_hop(), [&](Position target, const auto& sources) {
                    draw<type>(sources, target, most, random);
                });
            }
        });
    }

    // Adds the edges into a node from all sources, or from `most` drawn without replacement (Floyd).
    template <EdgeType type, typename Sources>
    void draw(const Sources& sources, Position target, Index most, Random& random) {
        const auto total = sources.size();
        if (total == 0) {
            return;
        }
        const bool all = most < 0 || total <= most;
        const auto count = all ? total : most;
        count_edges(count);
        auto* edge = edges_[at(type)].add(as_size(count));
        const auto take = [&](Index source) {
            find(source_type(type), source);
            *edge++ = {static_cast<Position>(source), target};
        };
        if (all) {
            for (Index k = 0; k < total; ++k) {
                take(sources[k]);
            }
            return;
        }
        for (const auto k : draw_numbers_(random, count, total)) {
            take(sources[k]);
        }
    }

    // Adds the beats (or measures) of a score's notes that are not yet in the batch.
    template <EdgeType type>
    void find_intervals(const ScoreIndex& score, std::size_t first_hop) {
        for (const auto note : nodes_[0].from_hop(first_hop)) {
            const auto intervals = score.sources<type>(note);
            for (Index k = 0; k < intervals.size(); ++k) {
                find(source_type(type), intervals[k]);
            }
        }
    }

    // The notes of the last hop get the edges from their beat and measure, and no others.
    void connect_last_hop(const ScoreIndex& score) {
        for_each_edge_type([&](auto constant) {
            constexpr EdgeType type = constant;
            if constexpr (type == EdgeType::beat_to_note || type == EdgeType::measure_to_note) {
                if (options_.metrical) {
                    connect<type>(score, last_hop());
                }
            }
        });
        close_edges();
    }

    // Replaces the sampled edges of a score by all edges among its nodes.
    void induce(const ScoreIndex& score, std::size_t first_hop) {
        for (auto& edges : edges_) {
            num_edges_ -= edges.from_hop(first_hop).size();
            edges.cut(first_hop);
        }
        for (auto hop = first_hop; hop <= last_hop(); ++hop) {
            for_each_edge_type([&](auto constant) {
                constexpr EdgeType type = constant;
                if (options_.metrical || !is_metrical(type)) {
                    connect<type>(score, hop);
                }
            });
            close_edges();
        }
    }

    // Adds all edges of a type into a hop from nodes of the sample.
    template <EdgeType type>
    void connect(const ScoreIndex& score, std::size_t hop) {
        const auto& place = place_[at(source_type(type))];
        for_each_target<type>(score, hop, [&](Position target, const auto& sources) {
            for (Index k = 0; k < sources.size(); ++k) {
                if (const auto source = sources[k]; place[as_size(source)] != unseen) {
                    count_edges(1);
                    *edges_[at(type)].add(1) = {static_cast<Position>(source), target};
                }
            }
        });
    }

    // Calls `f` with the position and the sources of each node of a hop.
    template <EdgeType type, typename F>
    void for_each_target(const ScoreIndex& score, std::size_t hop, F f) {
        const auto& nodes = nodes_[at(target_type(type))];
        const auto end = nodes.end(hop);
        Index group = -1;
        for (auto k = nodes.begin(hop); k < end; ++k) {
            const Index target = nodes[k];
            if constexpr (type == EdgeType::during) {
                if (group != score.group(target)) {  // the notes of a chord have the same sources
                    group = score.group(target);
                    score.sounding_at(group, sounding_);
                }
                f(static_cast<Position>(k), sounding_);
            } else {
                f(static_cast<Position>(k), score.sources<type>(target));
            }
        }
    }

    void count_edges(Index more) {
        num_edges_ += as_size(more);
        if (num_edges_ > options_.max_edges) [[unlikely]] {
            refuse_batch("edges");
        }
    }

    [[noreturn, gnu::cold]] void refuse_batch(const char* what) const {
        throw std::invalid_argument(
            "the batch has more than max_edges = " + std::to_string(options_.max_edges) + " " + what +
            "; use fewer num_neighbors, a smaller batch or a larger max_edges.");
    }

    // Sorts the nodes of a hop by time and sets their positions.
    void close_nodes() {
        for (std::size_t type = 0; type < num_node_types; ++type) {
            auto& nodes = nodes_[type];
            const auto added = nodes.open_hop();
            std::sort(added.begin(), added.end());
            auto place = nodes.begin(nodes.num_hops());
            for (const auto node : added) {
                place_[type][as_size(node)] = static_cast<Position>(++place);  // from 1: 0 is unseen
            }
            nodes.close_hop();
        }
    }

    // Converts sources to positions, after all are set. The hop is that of the targets.
    void close_edges() {
        for_each_edge_type([&](auto constant) {
            auto& edges = edges_[at(constant)];
            const auto& place = place_[at(source_type(constant))];
            for (auto& edge : edges.open_hop()) {
                edge.source = place[as_size(edge.source)] - 1;
            }
            edges.close_hop();
        });
    }

    std::size_t last_hop() const { return nodes_[0].num_hops() - 1; }

    // So that the cost of a small window does not depend on the length of the score.
    void forget(std::size_t first_hop) {
        for (std::size_t type = 0; type < num_node_types; ++type) {
            for (const auto node : nodes_[type].from_hop(first_hop)) {
                place_[type][as_size(node)] = unseen;
            }
        }
    }

    void clear() {
        for (auto& nodes : nodes_) nodes.cut(0);
        for (auto& edges : edges_) edges.cut(0);
        num_edges_ = 0;
    }

    // Concatenates the hops of all scores: by hop, then score, then time.
    void write_nodes(SampledBatch& batch, std::size_t num_scores) {
        for (std::size_t type = 0; type < num_node_types; ++type) {
            const auto& nodes = nodes_[type];
            auto& out = batch.nodes[type];
            out.node.reserve(nodes.size());
            out.score.reserve(nodes.size());
            row_[type].resize(nodes.size());
            for (std::size_t h = 0; h < num_hops_; ++h) {
                const auto before = out.node.size();
                for (std::size_t s = 0; s < num_scores; ++s) {
                    const auto hop = s * num_hops_ + h;
                    for (auto k = nodes.begin(hop); k < nodes.end(hop); ++k) {
                        row_[type][k] = static_cast<Index>(out.node.size());
                        out.node.push_back(nodes[k]);
                        out.score.push_back(static_cast<Index>(s));
                    }
                }
                out.num_by_hop.push_back(static_cast<Index>(out.node.size() - before));
            }
        }
        for (std::size_t s = 0; s < num_scores; ++s) {
            const auto hop = s * num_hops_;
            batch.num_targets.push_back(static_cast<Index>(nodes_[0].end(hop) - nodes_[0].begin(hop)));
        }
    }

    void write_edges(SampledBatch& batch, std::size_t num_scores) {
        for_each_edge_type([&](auto constant) {
            const auto& edges = edges_[at(constant)];
            const auto& source_row = row_[at(source_type(constant))];
            const auto& target_row = row_[at(target_type(constant))];
            auto& out = batch.edges[at(constant)];
            out.index = allocate_edges(edges.size());
            auto* source = out.index.source().data();
            auto* target = out.index.target().data();
            for (std::size_t h = 0; h < num_hops_; ++h) {
                Index num_in_hop = 0;
                for (std::size_t s = 0; s < num_scores; ++s) {
                    const auto hop = s * num_hops_ + h;
                    for (auto k = edges.begin(hop); k < edges.end(hop); ++k) {
                        *source++ = source_row[as_size(edges[k].source)];
                        *target++ = target_row[as_size(edges[k].target)];
                        ++num_in_hop;
                    }
                }
                // Nothing is drawn for the last hop: its edges count with those of earlier hops.
                if (h == 0 || h + 1 < num_hops_) {
                    out.num_by_hop.push_back(num_in_hop);
                } else {
                    out.num_by_hop.back() += num_in_hop;
                }
            }
        });
    }

    const SamplerOptions options_;
    const std::size_t num_hops_;
    std::mutex mutex_;
    std::array<ByHop<Position>, num_node_types> nodes_;
    std::array<ByHop<Edge>, num_edge_types> edges_;
    std::array<std::vector<Position>, num_node_types> place_;  // in nodes_, of a score's nodes
    std::array<std::vector<Index>, num_node_types> row_;       // in the batch, of nodes_
    std::size_t num_edges_ = 0;
    Sounding sounding_;
    NumberDraw draw_numbers_;
};

NeighborSampler::NeighborSampler(SamplerOptions options) {
    check_limit(options.max_edges, "max_edges");
    if (options.num_neighbors.size() > most_hops) {
        throw std::invalid_argument("num_neighbors has " + std::to_string(options.num_neighbors.size()) +
                                    " hops; there may be 0 to " + std::to_string(most_hops) + ".");
    }
    for (const auto& counts : options.num_neighbors) {
        if (const auto least = std::ranges::min(counts); least < -1) {
            throw std::invalid_argument("num_neighbors has " + std::to_string(least) +
                                        "; numbers must be at least 0, or -1 for all.");
        }
    }
    workspace_ = std::make_unique<Workspace>(std::move(options));
}

NeighborSampler::~NeighborSampler() = default;

SampledBatch NeighborSampler::sample(std::span<const ScoreIndex* const> scores,
                                     std::span<const Range> windows,
                                     std::span<const std::uint64_t> seeds) {
    if (scores.size() != windows.size() || scores.size() != seeds.size()) {
        throw std::invalid_argument("there must be one window and one seed per score.");
    }
    std::size_t num_targets = 0;
    for (std::size_t s = 0; s < scores.size(); ++s) {
        const auto [begin, end] = windows[s];
        if (begin < 0 || begin > end || end > scores[s]->num_notes()) {
            throw std::invalid_argument("window " + std::to_string(s) + " is not in its score.");
        }
        num_targets += windows[s].size();
    }
    workspace_->check_targets(num_targets);
    return workspace_->sample(scores, windows, seeds);
}

Index window_width(const ScoreIndex& score, Index subgraph_size) {
    if (subgraph_size < 1) {
        throw std::invalid_argument("subgraph_size is " + std::to_string(subgraph_size) +
                                    "; it must be at least 1.");
    }
    const auto whole = score.num_notes() <= subgraph_size;
    return std::max<Index>(1, whole ? score.num_notes() : subgraph_size - score.largest_group() + 1);
}

double target_probability(const ScoreIndex& score, Index subgraph_size) {
    const auto width = window_width(score, subgraph_size);
    const auto num_starts = score.num_notes() + width - 1;
    return score.num_notes() <= subgraph_size ? 1.0
                                              : static_cast<double>(width) / static_cast<double>(num_starts);
}

Range sample_window(const ScoreIndex& score, Index subgraph_size, std::uint64_t seed) {
    const auto num_notes = score.num_notes(), width = window_width(score, subgraph_size);
    if (num_notes <= subgraph_size) {
        return {0, num_notes};
    }
    const auto start = Random(seed).below(num_notes + width - 1) - (width - 1);
    return score.notes_of_groups_starting_in(start, start + width);
}

}  // namespace musebench
