// The Python face of the core: arrays in, arrays out, no algorithm.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "candidate_pairs.hpp"
#include "neighbor_sampler.hpp"
#include "score_edges.hpp"

namespace py = pybind11;
using namespace musebench;

namespace {

// Contiguous int64 only: a silent copy or cast would hide a mistake of the caller.
using DivisionArray = py::array_t<Divisions, py::array::c_style>;

constexpr std::size_t default_max_edges = 200'000'000;  // 3.2 GB of int64 pairs

std::span<const Divisions> view(const DivisionArray& array, const char* name) {
    if (array.ndim() != 1) {
        throw py::value_error(std::string(name) + " must have one dimension, not " +
                              std::to_string(array.ndim()) + ".");
    }
    return {array.data(), static_cast<std::size_t>(array.size())};
}

// Hands memory to numpy without a copy: it lives as long as an array that names this owner.
py::capsule own(std::unique_ptr<Index[]> data) {
    return py::capsule(data.release(), [](void* memory) { delete[] static_cast<Index*>(memory); });
}

py::array_t<Index> edge_array(std::span<const Index> rows, const py::capsule& owner) {
    return py::array_t<Index>({py::ssize_t{2}, static_cast<py::ssize_t>(rows.size() / 2)},
                              rows.data(), owner);
}

py::array_t<Index> to_numpy(EdgeIndex edges) {
    const auto rows = edges.rows();
    return edge_array(rows, own(std::move(edges.data)));
}

py::dict score_edges_of_arrays(const DivisionArray& onset_div, const DivisionArray& duration_div,
                               std::size_t max_edges) {
    const auto onset = view(onset_div, "onset_div");
    const auto duration = view(duration_div, "duration_div");
    ScoreEdges edges;
    {
        const py::gil_scoped_release release;  // views only: no Python object is touched
        edges = score_edges(onset, duration, max_edges);
    }
    py::dict by_relation;
    by_relation["onset"] = to_numpy(std::move(edges.onset));
    by_relation["consecutive"] = to_numpy(std::move(edges.consecutive));
    by_relation["during"] = to_numpy(std::move(edges.during));
    by_relation["rest"] = to_numpy(std::move(edges.rest));
    return by_relation;
}

py::tuple graph_edges_of_arrays(const DivisionArray& onset_div, const DivisionArray& duration_div,
                                const DivisionArray& beat_start_div,
                                const DivisionArray& measure_start_div, std::size_t max_edges) {
    const auto onset = view(onset_div, "onset_div");
    const auto duration = view(duration_div, "duration_div");
    const auto beat_start = view(beat_start_div, "beat_start_div");
    const auto measure_start = view(measure_start_div, "measure_start_div");
    GraphEdges edges;
    {
        const py::gil_scoped_release release;
        edges = graph_edges(onset, duration, beat_start, measure_start, max_edges);
    }
    const auto owner = own(std::move(edges.data));
    py::tuple by_type(num_edge_types);
    for (std::size_t e = 0; e < num_edge_types; ++e) {
        by_type[e] = edge_array(edges.of_type[e], owner);
    }
    return by_type;
}

py::array_t<Index> candidate_pairs_of_arrays(const DivisionArray& onset_div,
                                             const DivisionArray& duration_div,
                                             const DivisionArray& window_div, Index max_groups,
                                             std::size_t max_pairs) {
    const auto onset = view(onset_div, "onset_div");
    const auto duration = view(duration_div, "duration_div");
    const auto window = view(window_div, "window_div");
    EdgeIndex pairs;
    {
        const py::gil_scoped_release release;
        pairs = candidate_pairs(onset, duration, window, max_groups, max_pairs);
    }
    return to_numpy(std::move(pairs));
}

void bind_candidates(py::module_& module) {
    module.def("candidate_pairs", &candidate_pairs_of_arrays, py::arg("onset_div").noconvert(),
               py::arg("duration_div").noconvert(), py::arg("window_div").noconvert(), py::kw_only(),
               py::arg("max_groups"), py::arg("max_pairs") = default_max_edges,
               "Pair each note with those that may be the next of its voice.\n\n"
               "Args:\n"
               "    onset_div: As in score_edges.\n"
               "    duration_div: As in score_edges.\n"
               "    window_div: Time behind the end of each note. Shape (num_notes,), int64.\n"
               "    max_groups: Onset groups behind the end of each note.\n"
               "    max_pairs: Refuse a score with more pairs than this.\n\n"
               "Returns:\n"
               "    Shape (2, num_pairs), int64, sorted by first, then by second note.\n\n"
               "Raises:\n"
               "    ValueError: As in score_edges; if a window or max_groups is negative.");
}

py::array_t<Index> to_numpy(std::vector<Index> values) {
    auto* kept = new std::vector<Index>(std::move(values));
    const py::capsule owner(kept, [](void* memory) { delete static_cast<std::vector<Index>*>(memory); });
    return py::array_t<Index>(static_cast<py::ssize_t>(kept->size()), kept->data(), owner);
}

using SeedArray = py::array_t<std::uint64_t, py::array::c_style>;

ScoreIndex index_score(const DivisionArray& onset_div, const DivisionArray& duration_div,
                       const DivisionArray& beat_start_div, const DivisionArray& measure_start_div) {
    return ScoreIndex(view(onset_div, "onset_div"), view(duration_div, "duration_div"),
                      view(beat_start_div, "beat_start_div"),
                      view(measure_start_div, "measure_start_div"));
}

std::vector<std::array<Index, num_edge_types>> neighbors_by_hop(const DivisionArray& num_neighbors) {
    if (num_neighbors.ndim() != 2 || num_neighbors.shape(1) != num_edge_types) {
        throw py::value_error("num_neighbors must have shape (num_hops, " +
                              std::to_string(num_edge_types) + ").");
    }
    std::vector<std::array<Index, num_edge_types>> by_hop(
        static_cast<std::size_t>(num_neighbors.shape(0)));
    for (py::ssize_t h = 0; h < num_neighbors.shape(0); ++h) {
        for (std::size_t e = 0; e < num_edge_types; ++e) {
            by_hop[static_cast<std::size_t>(h)][e] = num_neighbors.at(h, e);
        }
    }
    return by_hop;
}

py::tuple batch_to_python(SampledBatch batch) {
    py::list nodes, edges;
    for (auto& of_type : batch.nodes) {
        nodes.append(py::make_tuple(to_numpy(std::move(of_type.node)),
                                    to_numpy(std::move(of_type.score)), of_type.num_by_hop));
    }
    for (auto& of_type : batch.edges) {
        edges.append(py::make_tuple(to_numpy(std::move(of_type.index)),
                                    of_type.num_by_hop));
    }
    return py::make_tuple(nodes, edges, to_numpy(std::move(batch.num_targets)));
}

py::tuple sample_batch(NeighborSampler& sampler, const std::vector<const ScoreIndex*>& scores,
                       const DivisionArray& windows, const SeedArray& seeds) {
    if (windows.ndim() != 2 || windows.shape(1) != 2) {
        throw py::value_error("windows must have shape (num_scores, 2).");
    }
    const std::span seed_view(seeds.data(), static_cast<std::size_t>(seeds.size()));
    std::vector<Range> ranges;
    for (py::ssize_t s = 0; s < windows.shape(0); ++s) {
        ranges.push_back({windows.at(s, 0), windows.at(s, 1)});
    }
    SampledBatch batch;
    {
        const py::gil_scoped_release release;  // the scores are kept alive by the caller's list
        batch = sampler.sample(scores, ranges, seed_view);
    }
    return batch_to_python(std::move(batch));
}

using ByteTable = py::array_t<std::uint8_t, py::array::c_style>;

void gather_rows_of_arrays(const ByteTable& table, const DivisionArray& row, ByteTable out) {
    if (table.ndim() != 2 || out.ndim() != 2 || table.shape(1) != out.shape(1)) {
        throw py::value_error("table and out must have two dimensions, and rows of the same size.");
    }
    const std::span from(table.data(), static_cast<std::size_t>(table.size()));
    const std::span to(out.mutable_data(), static_cast<std::size_t>(out.size()));
    const auto rows = view(row, "row");
    const py::gil_scoped_release release;
    gather_rows(std::as_bytes(from), static_cast<std::size_t>(table.shape(1)), rows,
                std::as_writable_bytes(to));
}

void bind_sampler(py::module_& module) {
    py::class_<ScoreIndex>(module, "ScoreIndex",
                           "A score ready to be sampled: a few integers a note, no edges.")
        .def(py::init(&index_score), py::arg("onset_div").noconvert(),
             py::arg("duration_div").noconvert(), py::arg("beat_start_div").noconvert(),
             py::arg("measure_start_div").noconvert())
        .def_property_readonly("num_notes", &ScoreIndex::num_notes)
        .def_property_readonly("largest_group", &ScoreIndex::largest_group);
    module.def(
        "sample_window",
        [](const ScoreIndex& score, Index subgraph_size, std::uint64_t seed) {
            const auto [begin, end] = sample_window(score, subgraph_size, seed);
            return py::make_tuple(begin, end);
        },
        py::arg("score"), py::arg("subgraph_size"), py::arg("seed"),
        "Draw a window of a score: first note and end of its targets, whole chords.");
    module.def(
        "notes_of_groups_starting_in",
        [](const ScoreIndex& score, Index begin, Index end) {
            const auto range = score.notes_of_groups_starting_in(begin, end);
            return py::make_tuple(range.begin, range.end);
        },
        py::arg("score"), py::arg("begin"), py::arg("end"),
        "First note and end of the chords that start among the notes begin .. end - 1.");
    py::class_<NeighborSampler>(module, "NeighborSampler",
                                "Samples batches in memory that it keeps from one to the next.")
        .def(py::init([](const DivisionArray& num_neighbors, bool induced, bool metrical,
                         std::size_t max_edges) {
                 return std::make_unique<NeighborSampler>(SamplerOptions{
                     neighbors_by_hop(num_neighbors), induced, metrical, max_edges});
             }),
             py::arg("num_neighbors").noconvert(), py::kw_only(), py::arg("induced") = false,
             py::arg("metrical") = true, py::arg("max_edges") = default_max_edges)
        .def("sample", &sample_batch, py::arg("scores"), py::arg("windows").noconvert(),
             py::arg("seeds").noconvert(),
             "Sample the neighbourhoods of windows of several scores as one batch.\n\n"
             "Returns:\n"
             "    For each node type (position in its score, score, number by hop), for each edge\n"
             "    type (edge index of shape (2, num_edges), number by hop), and the number of\n"
             "    targets of each score.");
    module.def("gather_rows", &gather_rows_of_arrays, py::arg("table").noconvert(),
               py::arg("row").noconvert(), py::arg("out").noconvert(),
               "Copy rows of a table of bytes, in this order, to out.\n\n"
               "Args:\n"
               "    table: Shape (num_rows, row_size), uint8.\n"
               "    row: Positions in table. Shape (num_gathered,), int64.\n"
               "    out: Shape (num_gathered, row_size), uint8.\n\n"
               "Raises:\n"
               "    ValueError: If shapes do not fit or a row is not in the table.");
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "The C++ core of musebench: edges of score graphs.";
    module.attr("CORE_VERSION") = "1";  // raise it when the same notes give other edges
    module.def("score_edges", &score_edges_of_arrays, py::arg("onset_div").noconvert(),
               py::arg("duration_div").noconvert(), py::kw_only(),
               py::arg("max_edges") = default_max_edges,
               "Connect the notes of a score by their timing.\n\n"
               "Args:\n"
               "    onset_div: Onsets in divisions, not decreasing. Shape (num_notes,), int64.\n"
               "    duration_div: Durations in divisions, at least 0. Shape (num_notes,), int64.\n"
               "    max_edges: Refuse a score with more edges than this.\n\n"
               "Returns:\n"
               "    Edge index of shape (2, num_edges), int64, for onset, consecutive, during and\n"
               "    rest. Edges point forward in time; onset edges exist in both directions.\n\n"
               "Raises:\n"
               "    ValueError: If the notes are unsorted, negative, of unequal number, too late for\n"
               "        64 bits, or have too many edges.");
    module.def("graph_edges", &graph_edges_of_arrays, py::arg("onset_div").noconvert(),
               py::arg("duration_div").noconvert(), py::arg("beat_start_div").noconvert(),
               py::arg("measure_start_div").noconvert(), py::kw_only(),
               py::arg("max_edges") = default_max_edges,
               "Connect the notes, beats and measures of a score.\n\n"
               "Args:\n"
               "    onset_div: As in score_edges.\n"
               "    duration_div: As in score_edges.\n"
               "    beat_start_div: Starts of the beats, not decreasing. Shape (num_beats,), int64.\n"
               "    measure_start_div: Starts of the measures, likewise.\n"
               "    max_edges: Refuse a score with more edges between notes, less reverses.\n\n"
               "Returns:\n"
               "    Edge index of shape (2, num_edges), int64, of each type of EDGE_TYPES in\n"
               "    musebench/graph/relations.py. A relation and its reverse share memory.\n\n"
               "Raises:\n"
               "    ValueError: As in score_edges; if beats or measures are unsorted, or a note comes\n"
               "        before the first of them.");
    bind_candidates(module);
    bind_sampler(module);
}
