"""Note tables on disk: what is read is what was written, and damage is never read."""

import errno
import json
import logging
import shutil
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest

import toy_board
from musebench import store
from musebench.annotations import COUNTS, FORMATS, OnsetLabels
from musebench.errors import AnnotationError, InputError, ScoreError, StorageError
from musebench.evaluation import Evaluator
from musebench.score import read_score
from musebench.store import build, shards
from musebench.store.columns import (
    PARTS_OF_NOTE_TABLE,
    columns_of,
    kinds_of,
    read_labels_of,
    read_table,
)
from musebench.store.shards import Row, Shard, write_shard
from musebench.tasks import COMPOSER
from toy_board import only_folder


@pytest.fixture
def tables(toy):
    return {name: read_score(toy / f"{name}.musicxml") for name in ("piano", "duet", "divisions")}


def stored(folder, pieces):
    """Write pieces into one shard, and read the rows of the folder."""
    shard = Shard(write_shard(folder, "shard", list(pieces), columns_of(list(pieces.values()))))
    return {name: Row(shard, i) for i, name in enumerate(shard.piece_ids)}


def test_pieces_come_back_as_they_were(tables, tmp_path):
    rows = stored(tmp_path, {name: (table, {}) for name, table in tables.items()})
    assert list(rows) == list(tables)
    for name, table in tables.items():
        again = read_table(rows[name])
        assert again.divs_pq == table.divs_pq
        for part in ("", *PARTS_OF_NOTE_TABLE):
            ours, theirs = (getattr(t, part) if part else t for t in (again, table))
            np.testing.assert_equal(ours.columns(), theirs.columns())
            for column, values in theirs.columns().items():
                assert ours.columns()[column].dtype.kind == values.dtype.kind
        assert kinds_of(rows[name]) == []


def test_labels_of_two_kinds_and_lengths_come_back_as_they_were(tables, tmp_path):
    """Each kind of labels has its own length per piece, and a piece may lack a kind."""
    counts = dict.fromkeys(COUNTS, 0)
    sizes = {"piano": {"cadences": 3, "timing": 7}, "duet": {"timing": 2}, "divisions": {}}
    labels = {
        piece: {
            kind: OnsetLabels(
                {kind: np.arange(size, dtype=np.float32 if kind == "timing" else np.int64)},
                counts | {"annotated": size},
            )
            for kind, size in kinds.items()
        }
        for piece, kinds in sizes.items()
    }
    rows = stored(tmp_path, {name: (table, labels[name]) for name, table in tables.items()})
    for piece, kinds in labels.items():
        again = read_labels_of(rows[piece])
        assert again.keys() == kinds.keys()
        for kind, found in kinds.items():
            assert again[kind].counts == found.counts
            assert again[kind].labels[kind].dtype == found.labels[kind].dtype
            np.testing.assert_equal(again[kind].labels, found.labels)


def test_a_build_that_was_killed_keeps_whole_shards(toys, home, monkeypatch):
    folder = only_folder(home, "notes")
    shutil.rmtree(folder)
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    known, parsed = FORMATS["score"], []

    def read_two(paths):
        parsed.append(paths[0].stem)
        if len(parsed) == 3:
            raise KeyboardInterrupt
        return known.read(paths)

    monkeypatch.setitem(FORMATS, "score", replace(known, read=read_two))
    with pytest.raises(KeyboardInterrupt):
        store.load_notes(toy_board.CORPUS, home, n_jobs=1)
    tables = store.load_notes(toy_board.CORPUS, home, n_jobs=1).tables
    assert parsed == [*sorted(toy_board.NAMES), sorted(toy_board.NAMES)[2]]
    assert list(tables) == sorted(toy_board.NAMES)
    assert len(list(folder.glob("shard-*.arrow"))) == 3
    assert list(folder.parent.glob(".*-building")) == []


def test_scores_that_cannot_be_read_are_all_named(toys, home, monkeypatch):
    shutil.rmtree(only_folder(home, "notes"))

    def refuse(paths):
        raise ScoreError(f"{paths[0].name} is broken")

    monkeypatch.setitem(FORMATS, "score", replace(FORMATS["score"], read=refuse))
    with pytest.raises(ScoreError, match=r"3 scores of toy cannot be read:\n.*\n.*\npiano: piano"):
        store.load_board_notes(toy_board.BOARD, home, n_jobs=1)


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
        (lambda f: (f / "data.txt").write_text("hell"), "data.txt is missing or has another size"),
        (lambda f: (f / "data.txt").unlink(), "data.txt is missing or has another size"),
        (lambda f: (f / "manifest.json").write_text("{"), "it has no readable manifest"),
    ],
)
def test_a_damaged_folder_is_named_and_rebuilt(tmp_path, caplog, damage, message):
    store.ensure_folder(tmp_path / "x", {}, write_hello)
    damage(tmp_path / "x")
    assert message in store.damage_of(tmp_path / "x", {})
    with caplog.at_level(logging.WARNING):
        store.ensure_folder(tmp_path / "x", {}, write_hello)
    assert message in caplog.text
    assert not store.damage_of(tmp_path / "x", {})
    assert (tmp_path / "x/data.txt").read_text() == "hello"


def test_a_joblib_backend_chosen_outside_is_respected():
    assert build.jobs_of(3) == 3
    assert build.jobs_of(None) == build._cores()
    with joblib.parallel_config(n_jobs=2):
        assert build.jobs_of(None) == 2
    with joblib.parallel_config(backend="threading", n_jobs=1):
        assert build.jobs_of(None) == 1


def test_a_builder_that_fails_leaves_what_it_finished_beside_the_place(tmp_path):
    def fail(folder):
        write_hello(folder)
        msg = "the disk is full"
        raise OSError(msg)

    with pytest.raises(OSError, match="the disk is full"):
        store.ensure_folder(tmp_path / "x", {}, fail)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".x-building", ".x.lock"]
    store.ensure_folder(tmp_path / "x", {}, lambda folder: None)
    assert [p.name for p in tmp_path.glob("*x*/*")] == ["data.txt", "manifest.json"]


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
    assert not (tmp_path / "x").exists()


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


COUNTED = dict.fromkeys(COUNTS, 0)


def labels(**heads):
    values = {head: np.array(row) for head, row in heads.items()}
    return OnsetLabels(values, COUNTED | {"annotated": len(heads)})


def test_heads_of_different_lengths_are_refused():
    with pytest.raises(
        AnnotationError, match=r"the heads have \{'a': 2, 'b': 1\} labels; all need one"
    ):
        labels(a=[0, 1], b=[0])


@pytest.mark.parametrize("load", ["dataset", "evaluator"])
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nobody"], r"toy-board\.csv has 'nobody'; the corpus toy has no such piece"),
        (list("abcde"), "has 'a', 'b', 'c' and 2 more; the corpus toy has no such piece"),
    ],
)
def test_a_table_with_a_piece_that_its_corpus_lacks_is_refused(
    toys, home, monkeypatch, load, names, message
):
    rows = [(name, "work", "Anon", name, "test", "") for name in names]
    unknown = pd.DataFrame(rows, columns=toy_board.PIECES.columns)
    monkeypatch.setattr(toy_board, "PIECES", pd.concat([toy_board.PIECES, unknown]))
    with pytest.raises(InputError, match=message):
        toys(home) if load == "dataset" else Evaluator("toy-board", root=home)


def test_an_excluded_piece_may_be_unknown(toys, home, monkeypatch):
    row = pd.DataFrame([("x", "w", "Anon", "x", "", "lost")], columns=toy_board.PIECES.columns)
    monkeypatch.setattr(toy_board, "PIECES", pd.concat([toy_board.PIECES, row]))
    assert len(toys(home)) == 3


def test_a_piece_without_the_labels_of_its_board_is_named():
    board = replace(toy_board.BOARD, annotation="cadence")
    empty = store.NoteStore("", {}, {}, {"duet": {"phrase": labels(a=[0])}})
    for piece in ("duet", "piano"):
        message = f"lists '{piece}', which has no annotation 'cadence'; exclude it there"
        with pytest.raises(InputError, match=message):
            store.labels_of(board, empty, piece)


def test_a_piece_whose_class_the_task_lacks_is_named(toys):
    task = replace(COMPOSER, heads={"composer": ("Bach", "Mozart")})
    board = replace(toy_board.BOARD, task=task)
    message = "the composer of 'divisions' is 'Anon'; accepted are Bach, Mozart"
    with pytest.raises(InputError, match=message):
        board.check_pieces()
