"""The doors: what is imported past them is found. ``make lint`` looks at musebench itself."""

import pytest

from doors import faults_of

DOORS = {"torch": "graph loader", "numpy": "*", "_core": "graph"}


@pytest.fixture
def house(tmp_path):
    """A package with two rooms, one of them with an inner one."""
    files = {
        "__init__.py": "",
        "graph/__init__.py": "from house.graph.build import build as build\n",
        "graph/build.py": "import torch\nfrom house import _core\n\ndef build(): ...\n",
        "graph/edges.py": "from house.graph.inner import deep\n",
        "graph/inner/__init__.py": "from house.graph.inner.cellar import deep as deep\n",
        "graph/inner/cellar.py": "import os.path, numpy.linalg\n\ndef deep(): ...\n",
        "plots.py": "",
    }
    for name, text in files.items():
        file = tmp_path / "house" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "house"


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("from house.graph import build", []),
        ("import house.graph", []),
        ("from house import graph", []),
        ("def f():\n    import torch.nn", ["plots, line 2: torch is for graph loader"]),
        ("import pooch", ["plots, line 1: pooch is for no package"]),
        ("from house import _core", ["plots, line 1: _core is for graph"]),
        (
            "from house.graph import edges",
            ["graph is entered by its __init__"],
        ),
        (
            "from house.graph.build import build",
            ["house.graph is entered by its __init__"],
        ),
        (
            "from house.graph.inner import deep",
            ["house.graph is entered by its __init__"],
        ),
        ("from house.graph import _hidden", ["_hidden is for house.graph alone"]),
        (
            "import house.graph.edges",
            ["house.graph is entered by its __init__"],
        ),
    ],
)
def test_what_is_imported_past_a_door_is_found(house, line, faults):
    (house / "plots.py").write_text(f"{line}\n")
    found = list(faults_of(house, DOORS))
    assert len(found) == len(faults)
    assert all(fault in text for fault, text in zip(faults, found, strict=True))


def test_an_inner_room_has_a_door_too(house):
    (house / "graph" / "edges.py").write_text("from house.graph.inner.cellar import deep\n")
    (found,) = faults_of(house, DOORS)
    assert "house.graph.inner is entered by its __init__" in found
