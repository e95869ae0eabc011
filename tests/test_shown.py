"""How objects show themselves: a few lines that name the class and its sizes; HTML is escaped."""

import importlib
import pkgutil
from dataclasses import dataclass

import numpy as np
import pytest
from torch import nn

import musebench
import toy_board
from musebench.applied import apply, apply_folder
from musebench.boards import BOARDS
from musebench.corpora import CORPORA
from musebench.models import rules_of
from musebench.shown import Shown
from musebench.store import load_notes
from musebench.tasks import TASKS

MAX_LINES, MAX_TEXT, MAX_HTML = 10, 1000, 4000
PACKAGES = [m.name for m in pkgutil.iter_modules(musebench.__path__) if m.name != "__main__"]
# Shown by their libraries, whose users know how.
OTHERS = (nn.Module, BaseException)


def public_classes():
    """Public classes of musebench that hold something, by name."""
    found = {}
    for package in PACKAGES:
        module = importlib.import_module(f"musebench.{package}")
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if isinstance(value, type) and not issubclass(value, OTHERS):
                found[f"{package}.{name}"] = value
    return found


@pytest.fixture(scope="module")
def objects(built_toys, tmp_path_factory):
    """One of each kind that people meet, of a score of some size."""
    with pytest.MonkeyPatch.context() as patch:
        toy_board.register(patch, tmp_path_factory.mktemp("mirror"))
        dataset = toy_board.dataset_class()(built_toys)
        store = load_notes(toy_board.CORPUS, built_toys)
        notes = store.tables["piano"]
        evaluator = musebench.Evaluator(toy_board.BOARD.name, root=built_toys)
        y_pred = {"piano": rules_of("pitch-spelling")["ps13s1"](notes)}
        confusions = evaluator.confusions({"y_pred": y_pred})
        loader = musebench.MuseNeighborLoader(dataset, [3], 10, 2)
        folder = apply_folder("pitch-spelling", toy_board.DATA, model="ps13s1", num_jobs=1)
        return {
            "notes": notes,
            "measures": notes.measures,
            "store": store,
            "tables": store.tables,
            "dataset": dataset,
            "graph": dataset[0],
            "loader": loader,
            "batch": next(iter(loader)),
            "evaluator": evaluator,
            "result": evaluator.eval({"y_pred": y_pred}),
            "confusion": next(iter(confusions.values())),
            "applied": apply("pitch-spelling", notes, model="ps13s1"),
            "folder": folder,
            **{f"board {name}": board for name, board in BOARDS.items()},
            **{f"task {name}": task for name, task in TASKS.items()},
            **{f"corpus {name}": corpus for name, corpus in CORPORA.items()},
            "boards": BOARDS,
        }


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_what_people_meet_shows_its_name_and_little_more(objects):
    for what, value in objects.items():
        text = repr(value)
        assert text.startswith(f"{type(value).__name__}("), (what, text)
        assert text.count("\n") < MAX_LINES, (what, text)
        assert len(text) <= MAX_TEXT, (what, len(text))
        assert any(char.isdigit() for char in text) or what == "boards", (what, text)
        if hasattr(value, "_repr_html_"):
            page = value._repr_html_()
            assert type(value).__name__ in page
            assert len(page) <= MAX_HTML, (what, len(page))


def test_public_classes_show_themselves():
    """Each is ``Shown``, or says by itself what it is; none prints its arrays or an address."""
    for name, cls in public_classes().items():
        assert cls.__repr__ is not object.__repr__, name
        fields = getattr(cls, "__dataclass_fields__", {}).values()
        large = [f.name for f in fields if any(word in str(f.type) for word in LARGE)]
        assert issubclass(cls, Shown) or not large, (name, large)


LARGE = ("NDArray", "Ints", "Mapping", "Table", "Board", "Task", "Sequence", "Tensor", "DataFrame")


def test_sizes_are_those_of_the_score(objects):
    notes = objects["notes"]
    text = repr(notes)
    assert text.startswith(f"NoteTable(notes={len(notes)}, parts={len(notes.parts)}, ")
    assert f"<th>notes</th><td>{len(notes)}</td>" in notes._repr_html_()
    graph = repr(objects["graph"])
    assert f"x [{len(objects['dataset'][0]['note'].x)}, " in graph
    assert f"edges={objects['dataset'][0].num_edges}" in graph
    result = objects["result"]
    assert f"accuracy='{result['accuracy']:.4f}" in repr(result)
    assert dict(result) == result


@dataclass(repr=False)
class Hostile(Shown):
    text: str
    many: tuple[int, ...]
    names: dict[str, object]
    array: np.ndarray


def test_text_is_escaped_and_clipped():
    shown = Hostile(
        "<script>alert(1)</script>\n" * 50, tuple(range(5000)), {"<b>": [1, 2]}, np.zeros((5, 6))
    )
    text, page = repr(shown), shown._repr_html_()
    assert "\n" not in text
    assert len(text) < 300
    assert "many=5000" in text
    assert "{<b>: 2}" in text
    assert "array=[5, 6]" in text
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
