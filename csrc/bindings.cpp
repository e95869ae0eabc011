// The Python interface of the core: objects in, arrays out, no algorithm.
//
// Arguments from Python are unpacked here while the GIL is held. Data for a kernel is copied, and
// an object of the core is held by a shared_ptr: so nothing that another thread clears, resizes or
// overwrites while the GIL is released reaches a kernel. Only gather_rows works on memory of the
// caller, which is kept alive, and checks values there before it uses them.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "candidate_pairs.hpp"
#include "gather_rows.hpp"
#include "neighbor_sampler.hpp"
#include "score_edges.hpp"

namespace py = pybind11;
using namespace musebench;

namespace {

// Errors of the core become errors of musebench. Out of memory keeps its built-in error.
void translate(std::exception_ptr thrown) {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const std::invalid_argument& refusal) {
        py::set_error(py::module_::import("musebench.errors").attr("InputError"), refusal.what());
    } catch (const std::bad_alloc&) {
        py::set_error(PyExc_MemoryError,
                      "there is not enough memory; use fewer notes, edges or scores at a time.");
    }
}

// Only numpy's own type: the mask or unit of a subclass would be lost, and its code would run here.
bool is_plain_array(py::handle object) {
    return py::type::handle_of(object).is(py::type::handle_of(py::array()));
}

[[noreturn]] void refuse(const std::string& name, const std::string& accepted, py::handle object) {
    std::string found = Py_TYPE(object.ptr())->tp_name;
    if (is_plain_array(object)) {
        const auto text = [&](const char* name) {
            return py::str(object.attr(name)).cast<std::string>();
        };
        const auto unless = [&](const char* flag, const char* words) {
            return object.attr("flags").attr(flag).cast<bool>() ? "" : words;
        };
        found += " of " + text("dtype") + " and shape " + text("shape") +
                 unless("c_contiguous", ", not contiguous") + unless("aligned", ", not aligned") +
                 unless("writeable", ", read-only");
    }
    throw std::invalid_argument(name + " must be " + accepted + ", not a " + found + ".");
}

constexpr py::ssize_t any_size = -1;

// An array whose memory a kernel can read directly: a silent cast would hide a mistake of the
// caller.
template <typename T>
bool is_in_memory_as(py::handle object, const std::vector<py::ssize_t>& shape) {
    if (!is_plain_array(object) || !py::isinstance<py::array_t<T, py::array::c_style>>(object)) {
        return false;
    }
    const auto array = py::reinterpret_borrow<py::array>(object);
    const std::span sizes(array.shape(), static_cast<std::size_t>(array.ndim()));
    const auto address = reinterpret_cast<std::uintptr_t>(array.data());
    return (array.size() == 0 || address % alignof(T) == 0) &&
           std::ranges::equal(shape, sizes, [](auto accepted, auto found) {
               return accepted == any_size || accepted == found;
           });
}

template <typename T>
py::array checked(py::handle object, const std::string& name,
                  const std::vector<py::ssize_t>& shape) {
    if (!is_in_memory_as<T>(object, shape)) {
        auto accepted = "a plain, contiguous and aligned numpy array of " +
                        py::str(py::dtype::of<T>()).cast<std::string>() + " and shape (";
        for (const auto size : shape) {
            accepted += size == any_size ? "any" : std::to_string(size);
            accepted += ", ";
        }
        accepted.resize(accepted.size() - (shape.size() > 1 ? 2 : 1));  // "(any,)", "(any, 2)"
        refuse(name, accepted + ")", object);
    }
    return py::reinterpret_borrow<py::array>(object);
}

template <typename T>
std::vector<T> copied(py::handle object, const std::string& name,
                      const std::vector<py::ssize_t>& shape = {any_size}) {
    const auto array = checked<T>(object, name, shape);
    if (static_cast<std::size_t>(array.size()) > largest_max_edges) {
        throw std::invalid_argument(name + " has " + std::to_string(array.size()) +
                                    " numbers; there may be at most " +
                                    std::to_string(largest_max_edges) + ".");
    }
    const auto* first = static_cast<const T*>(array.data());
    return {first, first + array.size()};
}

template <typename T>
T integer(py::handle object, const std::string& name) {
    if (PyIndex_Check(object.ptr())) {
        const auto number = py::reinterpret_steal<py::int_>(PyNumber_Index(object.ptr()));
        if (!number) {
            throw py::error_already_set();
        }
        try {
            return number.cast<T>();
        } catch (const py::cast_error&) {  // more than 64 bits, or negative for an unsigned T
        }
    }
    using Limits = std::numeric_limits<T>;
    throw std::invalid_argument(name + " must be an integer from " + std::to_string(Limits::min()) +
                                " to " + std::to_string(Limits::max()) + ".");
}

bool flag(py::handle object, const std::string& name) {
    if (!PyBool_Check(object.ptr())) {
        refuse(name, "True or False", object);
    }
    return object.is(py::bool_(true));
}

// An object of the core, kept alive. An object made by __new__ of a base class contains none.
template <typename T>
std::shared_ptr<T> held(py::handle object, const std::string& name) {
    const auto type = py::type::of<T>();
    if (py::type::handle_of(object).is(type)) {  // no conversion from other types
        try {
            if (auto found = object.cast<std::shared_ptr<T>>()) {
                return found;
            }
        } catch (const py::cast_error&) {
        }
    }
    refuse(name,
           "a " + type.attr("__name__").template cast<std::string>() +
               " made by its own __new__",
           object);
}

// __new__ makes complete objects: none is visible before it is complete, and none is made twice.
template <typename T, typename Make, typename... Extra>
void construct_by(py::class_<T, std::shared_ptr<T>>& type, Make make, const Extra&... extra) {
    type.def_static("__new__", make, py::arg("cls"), extra...);
    type.attr("__init__") = py::cpp_function([](py::handle, const py::args&, const py::kwargs&) {},
                                             py::name("nothing"), py::is_method(type));
}

template <typename Work>
auto without_gil(Work work) {
    const py::gil_scoped_release release;
    return work();
}

// Hands memory to numpy without a copy: it lives as long as an array that names this owner.
template <typename Memory>
py::capsule own(Memory memory) {
    auto kept = std::make_unique<Memory>(std::move(memory));
    py::capsule owner(kept.get(), [](void* owned) { delete static_cast<Memory*>(owned); });
    kept.release();
    return owner;
}

py::array_t<Index> edge_array(std::span<const Index> rows, const py::capsule& owner) {
    return py::array_t<Index>({py::ssize_t{2}, static_cast<py::ssize_t>(rows.size() / 2)},
                              rows.data(), owner);
}

py::array_t<Index> to_numpy(EdgeIndex edges) {
    const auto rows = edges.rows();
    return edge_array(rows, own(std::move(edges.data)));
}

py::array_t<Index> to_numpy(std::vector<Index> values) {
    const std::span found(values);  // its memory moves to the owner unchanged
    const auto owner = own(std::move(values));
    return py::array_t<Index>(static_cast<py::ssize_t>(found.size()), found.data(), owner);
}

py::dict score_edges_of_arrays(py::handle onset_div, py::handle duration_div,
                               py::handle max_edges) {
    const auto onset = copied<Divisions>(onset_div, "onset_div");
    const auto duration = copied<Divisions>(duration_div, "duration_div");
    const auto most = integer<std::size_t>(max_edges, "max_edges");
    auto edges = without_gil([&] { return score_edges(onset, duration, most); });
    py::dict by_relation;
    const auto add = [&](EdgeType type, EdgeIndex& of_type) {
        by_relation[relation_names[at(type)]] = to_numpy(std::move(of_type));
    };
    add(EdgeType::onset, edges.onset);
    add(EdgeType::consecutive, edges.consecutive);
    add(EdgeType::during, edges.during);
    add(EdgeType::rest, edges.rest);
    return by_relation;
}

py::tuple graph_edges_of_arrays(py::handle onset_div, py::handle duration_div,
                                py::handle beat_start_div, py::handle measure_start_div,
                                py::handle max_edges) {
    const auto onset = copied<Divisions>(onset_div, "onset_div");
    const auto duration = copied<Divisions>(duration_div, "duration_div");
    const auto beat_start = copied<Divisions>(beat_start_div, "beat_start_div");
    const auto measure_start = copied<Divisions>(measure_start_div, "measure_start_div");
    const auto most = integer<std::size_t>(max_edges, "max_edges");
    auto edges =
        without_gil([&] { return graph_edges(onset, duration, beat_start, measure_start, most); });
    const auto owner = own(std::move(edges.data));
    py::tuple by_type(num_edge_types);
    for (std::size_t e = 0; e < num_edge_types; ++e) {
        by_type[e] = edge_array(edges.of_type[e], owner);
    }
    return by_type;
}

py::array_t<Index> candidate_pairs_of_arrays(py::handle onset_div, py::handle duration_div,
                                             py::handle window_div, py::handle max_groups,
                                             py::handle max_pairs) {
    const auto onset = copied<Divisions>(onset_div, "onset_div");
    const auto duration = copied<Divisions>(duration_div, "duration_div");
    const auto window = copied<Divisions>(window_div, "window_div");
    const auto groups = integer<Index>(max_groups, "max_groups");
    const auto most = integer<std::size_t>(max_pairs, "max_pairs");
    return to_numpy(
        without_gil([&] { return candidate_pairs(onset, duration, window, groups, most); }));
}

std::shared_ptr<ScoreIndex> index_score(py::handle /*cls*/, py::handle onset_div,
                                        py::handle duration_div, py::handle beat_start_div,
                                        py::handle measure_start_div) {
    const auto onset = copied<Divisions>(onset_div, "onset_div");
    const auto duration = copied<Divisions>(duration_div, "duration_div");
    const auto beat_start = copied<Divisions>(beat_start_div, "beat_start_div");
    const auto measure_start = copied<Divisions>(measure_start_div, "measure_start_div");
    return without_gil(
        [&] { return std::make_shared<ScoreIndex>(onset, duration, beat_start, measure_start); });
}

Index width_of_window(py::handle score, py::handle subgraph_size) {
    return window_width(*held<ScoreIndex>(score, "score"),
                        integer<Index>(subgraph_size, "subgraph_size"));
}

double probability_of_target(py::handle score, py::handle subgraph_size) {
    return target_probability(*held<ScoreIndex>(score, "score"),
                              integer<Index>(subgraph_size, "subgraph_size"));
}

py::tuple window_of_score(py::handle score, py::handle subgraph_size, py::handle seed) {
    const auto [begin, end] = sample_window(*held<ScoreIndex>(score, "score"),
                                            integer<Index>(subgraph_size, "subgraph_size"),
                                            integer<std::uint64_t>(seed, "seed"));
    return py::make_tuple(begin, end);
}

py::tuple notes_of_groups(py::handle score, py::handle begin, py::handle end) {
    const auto range = held<ScoreIndex>(score, "score")
                           ->notes_of_groups_starting_in(integer<Index>(begin, "begin"),
                                                         integer<Index>(end, "end"));
    return py::make_tuple(range.begin, range.end);
}

std::shared_ptr<NeighborSampler> make_sampler(py::handle /*cls*/, py::handle num_neighbors,
                                              py::handle induced, py::handle metrical,
                                              py::handle max_edges) {
    constexpr auto width = static_cast<py::ssize_t>(num_edge_types);
    const auto counts = copied<Index>(num_neighbors, "num_neighbors", {any_size, width});
    SamplerOptions options;
    options.num_neighbors.resize(counts.size() / num_edge_types);
    auto next = counts.begin();
    for (auto& of_hop : options.num_neighbors) {
        std::copy_n(next, num_edge_types, of_hop.begin());
        next += num_edge_types;
    }
    options.induced = flag(induced, "induced");
    options.metrical = flag(metrical, "metrical");
    options.max_edges = integer<std::size_t>(max_edges, "max_edges");
    return std::make_shared<NeighborSampler>(std::move(options));
}

std::vector<std::shared_ptr<ScoreIndex>> scores_of_list(py::handle scores) {
    if (!PyList_Check(scores.ptr())) {
        refuse("scores", "a list of ScoreIndex", scores);
    }
    std::vector<std::shared_ptr<ScoreIndex>> found;
    for (const auto score : py::reinterpret_borrow<py::list>(scores)) {
        found.push_back(held<ScoreIndex>(score, "scores[" + std::to_string(found.size()) + "]"));
    }
    return found;
}

py::tuple batch_to_python(SampledBatch batch) {
    py::list nodes, edges;
    for (auto& of_type : batch.nodes) {
        nodes.append(py::make_tuple(to_numpy(std::move(of_type.node)),
                                    to_numpy(std::move(of_type.score)), of_type.num_by_hop));
    }
    for (auto& of_type : batch.edges) {
        edges.append(py::make_tuple(to_numpy(std::move(of_type.index)), of_type.num_by_hop));
    }
    return py::make_tuple(nodes, edges, to_numpy(std::move(batch.num_targets)));
}

py::tuple sample_batch(py::handle self, py::handle scores, py::handle windows, py::handle seeds) {
    const auto sampler = held<NeighborSampler>(self, "self");
    const auto kept = scores_of_list(scores);
    const auto bounds = copied<Index>(windows, "windows", {any_size, 2});
    const auto seed = copied<std::uint64_t>(seeds, "seeds");
    std::vector<const ScoreIndex*> indices;
    for (const auto& score : kept) {
        indices.push_back(score.get());
    }
    std::vector<Range> ranges;
    for (std::size_t s = 0; s < bounds.size(); s += 2) {
        ranges.push_back({bounds[s], bounds[s + 1]});
    }
    return batch_to_python(without_gil([&] { return sampler->sample(indices, ranges, seed); }));
}

void gather_rows_of_arrays(py::handle table, py::handle row, py::handle out) {
    const auto from = checked<std::uint8_t>(table, "table", {any_size, any_size});
    const auto rows = copied<Index>(row, "row");
    auto to =
        checked<std::uint8_t>(out, "out", {static_cast<py::ssize_t>(rows.size()), from.shape(1)});
    if (!to.writeable()) {
        refuse("out", "an array that can be written", out);
    }
    const std::span source(static_cast<const std::byte*>(from.data()),
                           static_cast<std::size_t>(from.size()));
    const std::span target(static_cast<std::byte*>(to.mutable_data()),
                           static_cast<std::size_t>(to.size()));
    without_gil(
        [&] { gather_rows(source, static_cast<std::size_t>(from.shape(1)), rows, target); });
}

void bind_constants(py::module_& module) {
    module.attr("CORE_VERSION") = "1";  // raise it when the edges of the same notes change
    module.attr("DEFAULT_MAX_EDGES") = default_max_edges;
    py::tuple node_types(num_node_types), edge_types(num_edge_types);
    for (std::size_t n = 0; n < num_node_types; ++n) {
        node_types[n] = node_type_names[n];
    }
    for (std::size_t e = 0; e < num_edge_types; ++e) {
        const auto type = static_cast<EdgeType>(e);
        edge_types[e] = py::make_tuple(node_type_names[at(source_type(type))], relation_names[e],
                                       node_type_names[at(target_type(type))]);
    }
    module.attr("NODE_TYPES") = node_types;
    module.attr("EDGE_TYPES") = edge_types;
}

void bind_edges(py::module_& module) {
    module.def(
        "score_edges", &score_edges_of_arrays, py::arg("onset_div"), py::arg("duration_div"),
        py::kw_only(), py::arg("max_edges") = default_max_edges,
        "Connect the notes of a score by their timing.\n\n"
        "Args:\n"
        "    onset_div: Onsets in divisions, not decreasing. Shape (num_notes,), int64.\n"
        "    duration_div: Durations in divisions, at least 0. Shape (num_notes,), int64.\n"
        "    max_edges: Refuse a score with more edges than this.\n\n"
        "Returns:\n"
        "    Edge index of shape (2, num_edges), int64, for onset, consecutive, during and\n"
        "    rest. Edges point forward in time; onset edges exist in both directions.\n\n"
        "Raises:\n"
        "    InputError: If the notes are unsorted, negative, of unequal number, too late for\n"
        "        64 bits, or have too many edges.\n"
        "    MemoryError: If there is not enough memory.");
    module.def(
        "graph_edges", &graph_edges_of_arrays, py::arg("onset_div"), py::arg("duration_div"),
        py::arg("beat_start_div"), py::arg("measure_start_div"), py::kw_only(),
        py::arg("max_edges") = default_max_edges,
        "Connect the notes, beats and measures of a score.\n\n"
        "Args:\n"
        "    onset_div: As in score_edges.\n"
        "    duration_div: As in score_edges.\n"
        "    beat_start_div: Starts of the beats, not decreasing. Shape (num_beats,), int64.\n"
        "    measure_start_div: Starts of the measures, likewise.\n"
        "    max_edges: Refuse a score with more edges between notes, not counting reverses.\n\n"
        "Returns:\n"
        "    Edge index of shape (2, num_edges), int64, for each of EDGE_TYPES. A relation\n"
        "    and its reverse share memory.\n\n"
        "Raises:\n"
        "    InputError: As in score_edges; if beats or measures are unsorted, or a note comes\n"
        "        before the first of them.\n"
        "    MemoryError: As in score_edges.");
    module.def("candidate_pairs", &candidate_pairs_of_arrays, py::arg("onset_div"),
               py::arg("duration_div"), py::arg("window_div"), py::kw_only(), py::arg("max_groups"),
               py::arg("max_pairs") = default_max_edges,
               "Pair each note with those that may be the next of its voice.\n\n"
               "Args:\n"
               "    onset_div: As in score_edges.\n"
               "    duration_div: As in score_edges.\n"
               "    window_div: Time after the end of each note. Shape (num_notes,), int64.\n"
               "    max_groups: Number of onset groups after the end of each note.\n"
               "    max_pairs: Refuse a score with more pairs than this.\n\n"
               "Returns:\n"
               "    Shape (2, num_pairs), int64, sorted by first, then by second note.\n\n"
               "Raises:\n"
               "    InputError: As in score_edges; if a window or max_groups is negative.\n"
               "    MemoryError: As in score_edges.");
}

void bind_score_index(py::module_& module) {
    py::class_<ScoreIndex, std::shared_ptr<ScoreIndex>> type(
        module, "ScoreIndex", py::is_final(),
        "A score ready for sampling: a few integers per note, no edges.");
    construct_by(type, &index_score, py::arg("onset_div"), py::arg("duration_div"),
                 py::arg("beat_start_div"), py::arg("measure_start_div"));
    type.def_property_readonly(
        "num_notes", [](py::handle self) { return held<ScoreIndex>(self, "self")->num_notes(); });
    type.def_property_readonly("largest_group", [](py::handle self) {
        return held<ScoreIndex>(self, "self")->largest_group();
    });
    module.def("window_width", &width_of_window, py::arg("score"), py::arg("subgraph_size"),
               "How many notes the run has that a window is drawn as; all of a score that fits.\n\n"
               "Raises:\n"
               "    InputError: If subgraph_size is less than 1.");
    module.def("target_probability", &probability_of_target, py::arg("score"),
               py::arg("subgraph_size"),
               "How probable it is that a note is a target of a window of its score.\n\n"
               "Raises:\n"
               "    InputError: If subgraph_size is less than 1.");
    module.def("sample_window", &window_of_score, py::arg("score"), py::arg("subgraph_size"),
               py::arg("seed"),
               "Draw a window of a score: first note and end of its targets, whole chords.\n\n"
               "Raises:\n"
               "    InputError: If subgraph_size is less than 1.");
    module.def("notes_of_groups_starting_in", &notes_of_groups, py::arg("score"), py::arg("begin"),
               py::arg("end"),
               "First note and end of the chords that start among the notes begin .. end - 1.");
}

void bind_sampler(py::module_& module) {
    py::class_<NeighborSampler, std::shared_ptr<NeighborSampler>> type(
        module, "NeighborSampler", py::is_final(),
        "Samples batches in memory that is reused for the next one. Threads take turns.");
    construct_by(type, &make_sampler, py::arg("num_neighbors"), py::kw_only(),
                 py::arg("induced") = false, py::arg("metrical") = true,
                 py::arg("max_edges") = default_max_edges);
    type.def(
        "sample", &sample_batch, py::arg("scores"), py::arg("windows"), py::arg("seeds"),
        "Sample the neighbourhoods of windows of several scores as one batch.\n\n"
        "Returns:\n"
        "    For each node type (position in its score, score, number by hop), for each edge\n"
        "    type (edge index of shape (2, num_edges), number by hop), and the number of\n"
        "    targets of each score.\n\n"
        "Raises:\n"
        "    InputError: If a window is not in its score, or the batch has more than max_edges\n"
        "        edges or targets; edges drawn for an induced batch count, too.\n"
        "    MemoryError: If there is not enough memory. A failed batch does not affect the\n"
        "        next one.");
    module.def(
        "gather_rows", &gather_rows_of_arrays, py::arg("table"), py::arg("row"), py::arg("out"),
        "Copy rows of a table of bytes, in this order, to out.\n\n"
        "Args:\n"
        "    table: Shape (num_rows, row_size), uint8.\n"
        "    row: Positions in table. Shape (num_gathered,), int64.\n"
        "    out: Shape (num_gathered, row_size), uint8; it shares no memory with table. While\n"
        "        this runs no other thread may resize table or out without numpy's refcheck.\n\n"
        "Raises:\n"
        "    InputError: If shapes do not fit or a row is not in the table; nothing is written\n"
        "        then.");
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "The C++ core of musebench: edges of score graphs.";
    py::register_local_exception_translator(&translate);
    bind_constants(module);
    bind_edges(module);
    bind_score_index(module);
    bind_sampler(module);
}
