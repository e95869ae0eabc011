"""The cache under faults: what is wrong is found, named and built anew, never loaded silently."""

import dataclasses
import errno
import importlib.metadata
import logging
import os
import resource
import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import torch

import toy_board
from musebench import _core, store
from musebench.annotations import FORMATS
from musebench.datasets import base, graphs_file
from musebench.errors import OfflineError, StorageError
from musebench.graph import ScoreGraph
from musebench.store import notes
from toy_board import flip_a_bit, hashes, only_folder, only_shard

ROOT = Path(__file__).parent.parent


@pytest.fixture
def stored(toys):
    """The toy dataset with graphs that are stored."""
    return partial(toys, pre_transform=toy_board.unchanged)


def everything(home):
    return {str(p.relative_to(home)): p.stat().st_mtime_ns for p in sorted(home.rglob("*"))}


def replace_in_manifest(folder, old, new):
    text = (folder / "manifest.json").read_text()
    assert old in text
    (folder / "manifest.json").write_text(text.replace(old, new))


FAULTS = {
    "a bit": (lambda d, f: flip_a_bit(f), "was changed (its SHA-256 differs)"),
    "the end": (lambda d, f: f.write_bytes(f.read_bytes()[:-1]), "is missing or has another size"),
    "the file": (lambda d, f: f.unlink(), "is missing or has another size"),
    "one more": (lambda d, f: (d / "more.pt").write_bytes(b""), "more.pt does not belong to it"),
    "manifest gone": (lambda d, f: (d / "manifest.json").unlink(), "no readable manifest"),
    "manifest cut": (lambda d, f: (d / "manifest.json").write_text("{"), "no readable manifest"),
    "manifest a list": (lambda d, f: (d / "manifest.json").write_text("[]"), "no readable"),
    "manifest without a hash": (
        lambda d, f: replace_in_manifest(d, '"sha256"', '"sha255"'),
        "no readable manifest",
    ),
    "recipe": (
        lambda d, f: replace_in_manifest(d, '"recipe": {', '"recipe": {"another": 1,'),
        "made from another recipe",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ["notes", "graphs"])
def test_damage_is_named_and_rebuilt(stored, home, caplog, kind, fault):
    folder, expected = only_folder(home, kind), hashes(home)
    dataset = stored(home)
    damage, message = FAULTS[fault]
    file = folder / "graphs.safetensors" if kind == "graphs" else only_shard(home)
    damage(folder, file)
    (problem,) = dataset.verify(deep=True)
    assert problem.startswith(str(folder))
    assert message in problem
    assert bool(dataset.verify()) == (kind == "graphs")
    with caplog.at_level(logging.WARNING):
        again = stored(home)
        list(again.note_store().tables.values())  # a shard is checked when it is opened
    assert f"{folder}: " in caplog.text
    assert message in caplog.text
    assert again.verify(deep=True) == []
    assert hashes(home) == expected


def test_a_folder_under_a_wrong_name_is_not_loaded(stored, home, caplog):
    whole = stored(home)
    few = stored(home, pre_filter=lambda graph: graph["note"].num_nodes < 5)
    assert (len(few), len(whole)) == (1, 3)
    shutil.rmtree(whole.processed_dir)
    shutil.copytree(few.processed_dir, whole.processed_dir)
    assert len(stored(home)) == 3
    assert f"made from another recipe ({few.fingerprint})" in caplog.text
    # A file with its own manifest's hashes, under a manifest that claims to be the right one.
    shutil.copy(Path(few.processed_dir, "graphs.safetensors"), whole.processed_dir)
    assert len(stored(home)) == 3
    assert "graphs.safetensors is missing or has another size" in caplog.text


def test_deep_verification_finds_what_hashes_cannot(stored, home):
    dataset = stored(home)
    folder = Path(dataset.processed_dir)
    graphs = list(dataset)
    graphs[1]["note"].x = graphs[1]["note"].x + 1
    graphs_file.write_graphs(folder, graphs)
    (folder / "manifest.json").unlink()
    store.write_manifest(folder, dataset._recipe)
    assert dataset.verify() == []
    (problem,) = dataset.verify(deep=True)
    assert problem == f"{folder}: piece duet: note.x is not what its note table gives."


def change_version(value, name):
    return lambda patch: patch.setattr(value, name, "next")


def change_partitura(patch):
    known = importlib.metadata.version
    patch.setattr(
        importlib.metadata, "version", lambda name: "9.9" if name == "partitura" else known(name)
    )


def change_board(**changes):
    def change(patch):
        board = dataclasses.replace(toy_board.BOARD, **changes)
        patch.setattr(toy_board, "BOARD", board)

    return change


def change_format(**changes):
    changed = dataclasses.replace(FORMATS["score"], **changes)
    return lambda patch: patch.setitem(FORMATS, "score", changed)


def without_time_signature():
    task = toy_board.BOARD.task
    return dataclasses.replace(task, inputs=task.inputs[:-1])


def rename_a_work(patch):
    renamed = toy_board.PIECES.assign(work_id=["a", "b", "c"])
    for module in (base, notes):
        patch.setattr(module, "read_pieces", lambda name: renamed.drop(columns="exclusion"))


CHANGES = {
    "features": change_version(notes, "FEATURES_VERSION"),
    "inputs": change_board(task=without_time_signature()),
    "graph": change_version(base, "GRAPH_VERSION"),
    "core": change_version(_core, "CORE_VERSION"),
    "parser": change_format(versions={"parser": "next"}),
    "packages": change_format(packages=("numpy",)),
    "partitura": change_partitura,
    "store": change_version(notes, "STORE_VERSION"),
    "board": change_board(version="1.1"),
    "works": rename_a_work,
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_change_of_what_it_depends_on_makes_another_folder(stored, home, monkeypatch, changed):
    before = everything(home)
    old = stored(home)
    CHANGES[changed](monkeypatch)
    new = toy_board.dataset_class()(home, n_jobs=1, pre_transform=toy_board.unchanged)
    assert new.fingerprint != old.fingerprint
    assert Path(new.processed_dir).is_dir()
    remaining = {path: when for path, when in everything(home).items() if path in before}
    assert {p for p in before if remaining.get(p) != before[p]} <= {"graphs", "notes"}
    monkeypatch.undo()
    assert old.verify() == []
    assert len(list((home / "notes").glob("toy-*"))) == 1 + (
        changed in {"parser", "packages", "partitura", "store"}
    )


def test_a_pre_transform_is_part_of_the_name(toys, home):
    def shift(by):
        def forward(graph):
            graph["note"].pitch = graph["note"].pitch + by
            return graph

        return forward

    plain, one, two = (
        toys(home),
        toys(home, pre_transform=shift(1)),
        toys(home, pre_transform=shift(2)),
    )
    first = [dataset[0]["note"].pitch[0].item() for dataset in (plain, one, two)]
    assert first == [first[0], first[0] + 1, first[0] + 2]
    assert len({dataset.processed_dir for dataset in (plain, one, two)}) == 3
    assert one.verify(deep=True) == []


def test_a_valid_folder_is_loaded_without_writing(stored, home):
    for lock in home.rglob("*.lock"):
        lock.unlink()
    before = everything(home)
    dataset = stored(home)
    dataset.note_store()
    assert dataset.verify(deep=True) == []
    assert everything(home) == before


def test_building_anew_does_not_disturb_who_reads(stored, home):
    reader = stored(home)
    inode = Path(reader.processed_paths[0]).stat().st_ino
    again = stored(home, force_reload=True)
    assert Path(again.processed_paths[0]).stat().st_ino != inode
    assert torch.equal(reader[2]["note"].x, again[2]["note"].x)
    assert not list(Path(reader.processed_dir).parent.glob(".*-*-*-*"))


def test_who_reads_at_the_moment_of_the_swap_reads_again(tmp_path):
    calls = []

    def read(folder):
        calls.append(1)
        if len(calls) == 1:
            raise FileNotFoundError
        return (folder / "data.txt").read_text()

    build = write_hello
    assert store.load_folder(tmp_path / "x", {}, build, read) == "hello"
    assert len(calls) == 2


def write_hello(folder):
    (folder / "data.txt").write_text("hello")


@contextmanager
def full_disk(num_bytes):
    """No file can grow beyond this: the system's own error, in the midst of writing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["notes", "graphs"])
def test_a_full_disk_is_named_and_leaves_nothing(stored, home, kind):
    folder = only_folder(home, kind)
    shutil.rmtree(folder)
    graphs = only_folder(home, "graphs") if kind == "notes" else None
    if graphs:
        shutil.rmtree(graphs)
    with full_disk(3000), pytest.raises(StorageError) as raised:
        stored(home, n_jobs=1)
    assert str(raised.value).startswith(f"the disk of {folder} is full ([Errno 27] File too large")
    assert "set MUSEBENCH_DATA to a folder on another disk" in str(raised.value)
    assert [p.name for p in folder.parent.iterdir() if not p.name.endswith(".lock")] == []
    assert stored(home, n_jobs=1).verify(deep=True) == []


def test_a_disk_that_is_full_while_downloading_is_named_as_such(stored, tmp_path):
    with (
        full_disk(1000),
        pytest.raises(StorageError, match=r"File too large.*Free some space"),
    ):
        stored(tmp_path / "home", n_jobs=1)


def test_no_space_left_is_named(tmp_path):
    def fail(folder):
        write_hello(folder)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageError, match=r"No space left on device\). Free some space"):
        store.ensure_folder(tmp_path / "x", {}, fail)
    assert not (tmp_path / "x").exists()


def test_a_home_that_cannot_be_written_is_named(toys, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError, match=r"Not a directory.*set MUSEBENCH_DATA to another folder"
    ):
        toys(tmp_path / "file")

    def refuse(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match=r"Permission denied.*set MUSEBENCH_DATA to"):
        store.ensure_folder(tmp_path / "notes" / "x", {}, write_hello)


def test_errors_of_the_users_own_files_stay_what_they_are(tmp_path):
    def fail(_):
        raise PermissionError(errno.EACCES, "Permission denied", "/mine")

    with pytest.raises(PermissionError, match="/mine"):
        store.ensure_folder(tmp_path / "x", {}, fail)


def test_a_folder_that_cannot_be_moved_is_named(tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(errno.EACCES, "Access is denied", str(self))

    store.ensure_folder(tmp_path / "x", {}, write_hello)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match=r"x could not be replaced \(Access is denied\): ano"):
        store.ensure_folder(tmp_path / "x", {}, write_hello, force_reload=True)
    assert not store.damage_of(tmp_path / "x", {})


def test_damage_that_cannot_be_mended_is_an_error(stored, home, tmp_path):
    flip_a_bit(only_shard(home))
    shutil.rmtree(home / "raw")
    shutil.rmtree(tmp_path / "mirror" / toy_board.CORPUS.folder)
    with pytest.raises(
        OfflineError,
        match=r"\.arrow was changed .*, and it cannot be rebuilt: .*MUSEBENCH_OFFLINE is set",
    ):
        stored(home).note_store().tables["duet"]


def test_offline_needs_nothing_but_the_cache(stored, home, tmp_path, monkeypatch):
    shutil.rmtree(home / "raw")
    shutil.rmtree(tmp_path / "mirror")
    monkeypatch.delenv("MUSEBENCH_MIRROR")
    assert stored(home).verify(deep=True) == []  # pytest-socket lets no connection through


def test_the_chorales_load_offline(chorale_home, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    from musebench import ChoralePitchSpelling

    assert len(ChoralePitchSpelling(chorale_home)) == 350


def test_graphs_that_differ_in_number_or_kind_are_told_apart():
    graph = ScoreGraph()
    graph.piece_id = "a"
    graph["note"].x = torch.zeros(2, 1)
    joined = graphs_file.join_graphs([graph])
    assert graphs_file.first_difference(joined, [graph]) == ""
    assert "1 pieces, its note tables give 2" in graphs_file.first_difference(joined, [graph] * 2)
    graph["note"].y = torch.zeros(2)
    assert "piece a: note.y is not" in graphs_file.first_difference(joined, [graph])


def test_a_number_that_is_missing_is_no_difference():
    def graph_of(*numbers):
        graph = ScoreGraph(piece_id="a")
        graph["note"].y = torch.tensor(numbers)
        return graph

    joined = graphs_file.join_graphs([graph_of(0.5, float("nan"))])
    assert graphs_file.first_difference(joined, [graph_of(0.5, float("nan"))]) == ""
    for other in (graph_of(float("nan"), 0.5), graph_of(0.5, 1.0), graph_of(0.5)):
        assert "note.y is not" in graphs_file.first_difference(joined, [other])
