// The Python face of the core: arrays in, arrays out, no algorithm.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <span>
#include <string>

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

// Hands the memory of the edges to numpy without a copy.
py::array_t<Index> to_numpy(EdgeIndex edges) {
    const auto num_edges = static_cast<py::ssize_t>(edges.num_edges);
    auto* data = edges.data.release();
    const py::capsule owner(data, [](void* memory) { delete[] static_cast<Index*>(memory); });
    return py::array_t<Index>({py::ssize_t{2}, num_edges}, data, owner);
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

py::array_t<Index> assign_intervals_of_arrays(const DivisionArray& time_div,
                                              const DivisionArray& start_div) {
    const auto time = view(time_div, "time_div");
    const auto start = view(start_div, "start_div");
    EdgeIndex edges;
    {
        const py::gil_scoped_release release;
        edges = assign_intervals(time, start);
    }
    return to_numpy(std::move(edges));
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
    module.def("assign_intervals", &assign_intervals_of_arrays, py::arg("time_div").noconvert(),
               py::arg("start_div").noconvert(),
               "Find the beat or measure in which each time falls.\n\n"
               "Args:\n"
               "    time_div: Times in divisions, not decreasing. Shape (num_times,), int64.\n"
               "    start_div: Starts of the intervals, not decreasing. Shape (num_intervals,), int64.\n\n"
               "Returns:\n"
               "    Edge index of shape (2, num_times): position of the time, position of its interval.\n\n"
               "Raises:\n"
               "    ValueError: If an input is unsorted or a time comes before the first interval.");
}
