"""Registries: who is in them, when they are filled, what they refuse."""

import dataclasses
import importlib
import importlib.metadata
import warnings

import pytest

import musebench.datasets
from musebench import registry
from musebench.boards import BOARDS, Board, find_board, register_board
from musebench.corpora import CORPORA, PackagedCorpus
from musebench.errors import InputError
from musebench.registry import Registry, load_plugins
from musebench.splits import read_pieces
from musebench.store import notes_recipe
from musebench.tasks import PITCH_SPELLING, TASKS, Task

TOYS = PackagedCorpus(
    name="toys",
    title="the toys",
    package="toys",
    license="CC0-1.0",
    citation="@misc{toys}",
    files=("{piece_id}.musicxml",),
)
TOY_BOARD = {"name": "toy-notes", "corpus": TOYS, "version": "1.0", "about": "toys"}


@pytest.fixture
def plugin(monkeypatch):
    """Give a package that extends musebench what its module does when it is imported."""

    def install(module):
        entry = importlib.metadata.EntryPoint("toys", "toys_of_a_stranger", registry.GROUP)
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry])
        monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda self: module())
        registry._pending.cache_clear()

    yield install
    registry._pending.cache_clear()


def test_a_registry_is_in_order_and_finds_its_own():
    for known in (BOARDS, CORPORA, TASKS):
        assert list(known) == sorted(known)
        assert len(known) == len(known.values()) > 9
        assert repr(known).startswith(f"Registry({known.kind}: a")
    assert BOARDS["dcml-phrase"].task is TASKS["phrase"]


def test_a_name_that_is_not_there():
    with pytest.raises(InputError, match="there is no board 'dcml-phrases'; did you mean 'dcml-ph"):
        find_board("dcml-phrases")
    with pytest.raises(InputError, match=r"there is no task 'x'; there are augmentednet-roman-nu"):
        TASKS.find("x")
    with pytest.raises(KeyError):
        BOARDS["x"]
    with pytest.raises(InputError, match="x has no table of pieces: neither"):
        read_pieces("x")


def test_a_name_is_taken_once():
    with pytest.raises(InputError, match="already a board 'dcml-phrase'; choose another name"):
        register_board(BOARDS["dcml-phrase"])


def test_constants_are_the_names_in_capitals():
    from musebench.corpora import DCML_WITH_CADENCES

    assert DCML_WITH_CADENCES is CORPORA["dcml_with_cadences"]
    assert PITCH_SPELLING is TASKS["pitch-spelling"]
    with pytest.raises(ImportError, match="cannot import name 'NOTHING'"):
        from musebench.tasks import NOTHING  # noqa: F401
    with pytest.raises(AttributeError, match=r"datasets\.classes' has no attribute 'Nothing'"):
        musebench.datasets.Nothing  # noqa: B018


def test_a_plugin_is_loaded_once_and_when_it_is_needed(plugin):
    own: Registry[int] = Registry("number", "musebench.tasks")
    own.add("one", 1)
    seen = []

    def module():
        seen.append(list(own))  # what a plugin sees of a registry while it is loaded
        own.add("two", 2)

    plugin(module)
    assert own["one"] == 1
    assert seen == []
    assert own["two"] == 2
    assert list(own) == ["one", "two"]
    load_plugins()
    assert seen == [["one"]]


@pytest.mark.parametrize("error", [ImportError("no such thing"), SystemExit(3)])
def test_a_broken_plugin_is_warned_about(plugin, error):
    def module():
        raise error

    plugin(module)
    with pytest.warns(UserWarning, match="toys_of_a_stranger extends musebench and cannot be load"):
        assert "dcml-phrase" in list(BOARDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "x" not in BOARDS


def test_a_folder_of_the_name_of_a_plugin_is_no_plugin(plugin, tmp_path, monkeypatch):
    (tmp_path / "toys_of_a_stranger").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    plugin(lambda: importlib.import_module("toys_of_a_stranger"))
    with pytest.warns(UserWarning, match="the folder .*toys_of_a_stranger has its name and no co"):
        load_plugins()


def test_a_board_brings_its_task_and_its_table(tmp_path, monkeypatch):
    table = tmp_path / "toys.csv"
    table.write_text("piece_id,work_id,composer,title,split_official,exclusion\na,a,me,A,test,\n")
    task = dataclasses.replace(PITCH_SPELLING, name="toy-spelling")
    with pytest.MonkeyPatch.context() as patch:
        for known in (BOARDS, TASKS, musebench.splits.TABLES):
            list(known)
            patch.setattr(known, "_known", dict(known._known))
        register_board(Board(**TOY_BOARD, task=task, table=table))
        assert TASKS["toy-spelling"] is task
        assert read_pieces("toy-notes")["piece_id"].tolist() == ["a"]
        assert musebench.ToyNotes.board is BOARDS["toy-notes"]
        assert musebench.ToyNotes.__doc__ == "Toys."


def test_a_board_without_labels_is_refused():
    task = Task("nothing", "note", {"head": ("a", "b")}, ("pitch",), ("accuracy",))
    with pytest.raises(InputError, match="the board toy-notes has no labels: name its annotation"):
        Board(**TOY_BOARD, task=task)


def test_a_format_that_is_not_there_is_named():
    corpus = dataclasses.replace(CORPORA["asap"], format="scores")
    with pytest.raises(InputError, match=r"there is no format 'scores'; did you mean 'score'"):
        notes_recipe(corpus)


def test_the_layout_of_a_corpus_is_part_of_its_recipe():
    corelli = CORPORA["corelli"]
    other = dataclasses.replace(corelli, layout={**corelli.layout, "doubling_staff": 0})
    assert notes_recipe(other) != notes_recipe(corelli)
