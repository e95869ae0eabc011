"""Note tables on disk: what is read is what was written, and damage is never read."""

import errno
import json
import logging

import joblib
import numpy as np
import pytest

from musebench import store
from musebench.errors import StorageError
from musebench.score import read_score


@pytest.fixture
def tables(toy):
    return {name: read_score(toy / f"{name}.musicxml") for name in ("piano", "duet", "divisions")}


def test_pieces_come_back_as_they_were(tables):
    again = store._split_pieces(store._join_pieces(tables))
    assert list(again) == list(tables)
    for name, table in tables.items():
        assert again[name].divs_pq == table.divs_pq
        np.testing.assert_equal(again[name].columns(), table.columns())
        for part in store.PARTS_OF_NOTE_TABLE:
            ours, theirs = getattr(again[name], part), getattr(table, part)
            np.testing.assert_equal(ours.columns(), theirs.columns())


def test_a_recipe_has_one_fingerprint():
    assert store.fingerprint_of({"a": 1, "b": 2}) == store.fingerprint_of({"b": 2, "a": 1})
    assert store.fingerprint_of({"a": 1}) != store.fingerprint_of({"a": 2})


def write_hello(folder):
    (folder / "data.txt").write_text("hello")


def test_a_folder_is_built_once(tmp_path):
    built = []
    for _ in range(2):
        store.ensure_folder(tmp_path / "x", {"a": 1}, lambda f: (built.append(1), write_hello(f)))
    assert len(built) == 1
    manifest = json.loads((tmp_path / "x/manifest.json").read_text())
    assert manifest["recipe"] == {"a": 1}
    assert manifest["files"]["data.txt"]["size"] == 5


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "data.txt").write_text("hellO"), "data.txt was changed"),
        (lambda f: (f / "data.txt").write_text("hell"), "data.txt is missing or of another size"),
        (lambda f: (f / "data.txt").unlink(), "data.txt is missing or of another size"),
        (lambda f: (f / "manifest.json").write_text("{"), "it has no readable manifest"),
    ],
)
def test_a_damaged_folder_is_named_and_built_anew(tmp_path, caplog, damage, message):
    store.ensure_folder(tmp_path / "x", {}, write_hello)
    damage(tmp_path / "x")
    assert message in store.damage_of(tmp_path / "x", {})
    with caplog.at_level(logging.WARNING):
        store.ensure_folder(tmp_path / "x", {}, write_hello)
    assert message in caplog.text
    assert not store.damage_of(tmp_path / "x", {})
    assert (tmp_path / "x/data.txt").read_text() == "hello"


def test_a_joblib_backend_chosen_outside_is_respected():
    assert store._jobs(3) == 3
    assert store._jobs(None) == store._cores()
    with joblib.parallel_config(n_jobs=2):
        assert store._jobs(None) == 2
    with joblib.parallel_config(backend="threading", n_jobs=1):
        assert store._jobs(None) == 1


def test_a_builder_that_fails_leaves_nothing(tmp_path):
    def fail(folder):
        write_hello(folder)
        msg = "the disk is full"
        raise OSError(msg)

    with pytest.raises(OSError, match="the disk is full"):
        store.ensure_folder(tmp_path / "x", {}, fail)
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_named(tmp_path, wrapped):
    def fail(folder):
        write_hello(folder)
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            if wrapped:  # as torch does it
                msg = "unexpected pos 12 vs 10"
                raise RuntimeError(msg)  # noqa: B904
            raise

    with pytest.raises(StorageError, match=r"the disk of .*/x is full \(\[Errno 28\] No space"):
        store.ensure_folder(tmp_path / "x", {}, fail)
    assert [p.name for p in tmp_path.iterdir()] == [".x.lock"]


def test_a_read_only_cache_is_named_and_used(tmp_path, monkeypatch):
    store.ensure_folder(tmp_path / "x", {}, write_hello)

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    store.ensure_folder(tmp_path / "x", {}, write_hello)
    with pytest.raises(StorageError, match=r"cannot be written to .*Make it writable, or set MUSE"):
        store.ensure_folder(tmp_path / "y", {}, write_hello)


def test_an_error_that_is_not_of_the_disk_stays_what_it_is(tmp_path):
    def fail(folder):
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        store.ensure_folder(tmp_path / "x", {}, fail)
