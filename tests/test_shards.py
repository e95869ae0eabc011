"""Shards: what is not used is not read, what is damaged is made again alone, workers may die."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import toy_board
from musebench import store
from musebench.annotations import FORMATS
from musebench.errors import (
    InputError,
    IntegrityError,
    MissingDependencyError,
    ScoreError,
    StorageError,
)
from musebench.store import build, index, notes, shards
from musebench.store.index import INDEX, largest_group, read_index
from toy_board import CORPUS, NAMES, flip_a_bit, only_folder

ROOT = Path(__file__).parent.parent


@pytest.fixture
def one_each(toys, home, monkeypatch):
    """A data home in which each toy score has a shard of its own, and the names parsed since."""
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    shutil.rmtree(only_folder(home, "notes"))
    load(home)
    return home, count_parsed(monkeypatch)


def count_parsed(monkeypatch):
    known, parsed = FORMATS["score"], []

    def read(paths):
        parsed.append(paths[0].stem)
        return known.read(paths)

    monkeypatch.setitem(FORMATS, "score", replace(known, read=read))
    return parsed


def load(home, n_jobs=1):
    return store.load_notes(CORPUS, home, n_jobs=n_jobs)


def shard_files(home):
    return sorted(only_folder(home, "notes").glob("shard-*.arrow"))


def test_a_shard_is_hashed_when_a_score_of_it_is_first_needed(one_each, monkeypatch):
    home, _ = one_each
    hashed, known = [], shards.sha256_of
    monkeypatch.setattr(shards, "sha256_of", lambda file: hashed.append(file.name) or known(file))
    shards._open.cache_clear()
    shards._is_intact.cache_clear()
    found = load(home)
    assert (len(found.tables), sum(found.num_notes.values()) > 0, hashed) == (3, True, [])
    for _ in range(2):
        assert len(found.tables["duet"]) == found.num_notes["duet"]
        shards._open.cache_clear()  # many shards were opened since; it is not hashed again
    assert hashed == [shard_files(home)[1].name]


def test_the_name_of_a_shard_is_its_content(one_each):
    home, _ = one_each
    for number, file in enumerate(shard_files(home)):
        assert file.name == f"shard-{number:05d}-{shards.sha256_of(file)}.arrow"
        assert shards.is_intact(file)


@pytest.mark.parametrize("damage", [flip_a_bit, Path.unlink])
def test_a_damaged_shard_is_made_again_alone(one_each, damage, caplog):
    home, parsed = one_each
    folder = only_folder(home, "notes")
    before = [file.read_bytes() for file in shard_files(home)]
    found = load(home)
    damage(shard_files(home)[1])
    assert len(found.tables["piano"]) > 0
    assert parsed == []
    assert len(load(home).tables["duet"]) > 0
    assert len(found.tables["duet"]) > 0  # who had it open finds the new one
    assert parsed == ["duet"]
    assert f"{folder}: " in caplog.text
    assert [file.read_bytes() for file in shard_files(home)] == before
    assert store.damage_of(folder) == ""


def test_a_shard_that_stays_damaged_is_an_error(one_each, monkeypatch):
    home, _ = one_each
    found = load(home)
    flip_a_bit(shard_files(home)[0])
    monkeypatch.setattr(notes, "ensure_folder", lambda *_, **__: None)
    with pytest.raises(IntegrityError, match=r"arrow was changed \(its SHA-256 differs\)"):
        found.tables["divisions"]


def test_the_index_says_what_the_shards_hold(one_each):
    home, _ = one_each
    folder = only_folder(home, "notes")
    written = dict(read_index(folder))
    files = {file: shards.hash_in_name(file) for file in shard_files(home)}
    assert dict(index._look(files)) == written
    found = load(home)
    for name, entry in written.items():
        onset = found.tables[name].onset_div
        sizes = pd.Series(onset).value_counts()
        assert (entry.num_notes, entry.largest_chord) == (len(onset), sizes.max())
        assert found.largest_chords[name] == entry.largest_chord
    assert largest_group(onset[:0]) == 0


def test_a_folder_of_before_is_read_as_it_is(toys, home):
    """Shards of earlier versions have no hash in their name, and their folders no index."""
    folder = only_folder(home, "notes")
    before = {name: table.columns() for name, table in load(home).tables.items()}
    (file,) = shard_files(home)
    file.rename(folder / "shard-00000.arrow")
    for other in (folder / INDEX, folder / "manifest.json"):
        other.unlink()
    store.write_manifest(folder, store.notes_recipe(CORPUS))
    content = {file.name: file.read_bytes() for file in folder.iterdir()}
    found = load(home)
    for name, columns in before.items():
        for column, values in found.tables[name].columns().items():
            assert (values == columns[column]).all()
        assert found.num_notes[name] == len(found.tables[name])
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == content
    flip_a_bit(folder / "shard-00000.arrow")
    assert list(load(home).tables) == sorted(NAMES)
    assert found.tables["duet"].pitch.tolist() == before["duet"]["pitch"].tolist()
    assert [file.name[:12] for file in shard_files(home)] == ["shard-00000-"]


def test_what_cannot_be_read_goes_to_a_table(toys, home, monkeypatch):
    shutil.rmtree(only_folder(home, "notes"))
    known = FORMATS["score"]

    def read(paths):
        if paths[0].stem == "duet":
            msg = f"{paths[0]}: it has no notes."
            raise ScoreError(msg)
        return known.read(paths)

    monkeypatch.setitem(FORMATS, "score", replace(known, read=read))
    found = load(home)
    assert sorted(found.tables) == ["divisions", "piano"]
    (why,) = found.unreadable.values()
    assert why.reason == "it has no notes."
    assert why.seconds >= 0
    assert pd.Timestamp(why.at) <= pd.Timestamp.now("UTC")
    (file,) = only_folder(home, "notes").glob("unreadable-*.arrow")
    assert pd.read_feather(file)["piece_id"].tolist() == ["duet"]
    assert load(home).unreadable == found.unreadable  # nor is it tried again
    with pytest.raises(ScoreError, match="1 scores of toy cannot be read:\nduet: it has no notes"):
        store.load_board_notes(toy_board.BOARD, home)


CLUSTER = """
import sys
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
import pytest, toy_board
from distributed import LocalCluster
from musebench import store
from musebench.store import shards
if __name__ == "__main__":
    toy_board.register(pytest.MonkeyPatch(), Path({mirror!r}))
    shards.SCORES_PER_SHARD = 1
    with (
        LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        store.on_dask(cluster.scheduler_address),
    ):
        store.load_notes(toy_board.CORPUS, {home!r})
"""


def test_one_process_two_and_a_cluster_make_the_same_shards(toys, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    homes = {jobs: tmp_path / f"home {jobs}" for jobs in (1, 2, "dask")}
    script = tmp_path / "cluster.py"
    folders = {"root": str(ROOT), "tests": str(ROOT / "tests"), "mirror": str(tmp_path / "mirror")}
    script.write_text(CLUSTER.format(**folders, home=str(homes["dask"])))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    load(homes[1], 1)
    load(homes[2], 2)
    made = [{f.name: f.read_bytes() for f in shard_files(home)} for home in homes.values()]
    assert len(made[0]) == 3
    assert made[0] == made[1] == made[2]


def test_a_worker_that_dies_costs_its_shard_alone(toys, home, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    expected = {name: table.pitch.tolist() for name, table in load(home).tables.items()}
    shutil.rmtree(only_folder(home, "notes"))
    known, log = FORMATS["score"].read, tmp_path / "read"
    log.mkdir()

    def read(paths):
        number = len(list(log.glob(f"{paths[0].stem}-*")))
        (log / f"{paths[0].stem}-{number}").touch()
        if paths[0].stem == "piano" and not number:
            os.kill(os.getpid(), signal.SIGKILL)
        return known(paths)

    monkeypatch.setitem(FORMATS, "score", replace(FORMATS["score"], read=read))
    found = load(home, 2)
    assert {name: table.pitch.tolist() for name, table in found.tables.items()} == expected
    assert (log / "piano-1").exists()
    assert "a process was ended; what it was reading is read again" in caplog.text
    assert not list(only_folder(home, "notes").glob("*.part"))


def test_workers_that_die_again_and_again_are_an_error(toys, home, monkeypatch):
    shutil.rmtree(only_folder(home, "notes"))
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 2)
    deaths = iter(range(9))

    def parallel(**_):
        next(deaths)
        raise build.BrokenProcessPool

    monkeypatch.setattr(build, "Parallel", parallel)
    with pytest.raises(ScoreError, match="3 times in a row a process that reads scores ended"):
        load(home, 2)
    assert next(deaths) == 3


def test_a_worker_without_the_data_home_says_so(tmp_path):
    task = build.ShardTask(tmp_path / "nowhere", "00000", [], None, "told", None)
    with pytest.raises(StorageError, match="all workers need the same data home"):
        task()


def test_a_cluster_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with (
        pytest.raises(MissingDependencyError, match="musebench\\[cluster\\]"),
        store.on_dask("tcp://x"),
    ):
        pass


def test_an_address_that_is_none_is_refused():
    pytest.importorskip("distributed")
    with (
        pytest.raises(InputError, match="no scheduler of dask at 'nonsense://x'"),
        store.on_dask("nonsense://x"),
    ):
        pass


def test_manifests_list_every_shard_with_its_hash(one_each):
    home, _ = one_each
    manifest = json.loads((only_folder(home, "notes") / "manifest.json").read_text())
    hashes = {name: of["sha256"] for name, of in manifest["files"].items()}
    assert {name for name in hashes if name.startswith("shard-")} == {
        file.name for file in shard_files(home)
    }
    assert all(of in name for name, of in hashes.items() if name.startswith("shard-"))


SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_other_tools_read_the_files(chorale_home, monkeypatch):
    """The snippets of the page, as they stand."""
    monkeypatch.setenv("MUSEBENCH_DATA", str(chorale_home))
    if importlib.util.find_spec("dask"):  # else it waits for a cluster of a test before this one
        monkeypatch.setitem(importlib.import_module("dask").config.config, "scheduler", "threads")
    page, _, _ = (ROOT / "docs/cluster.md").read_text("utf-8").partition("## Building with")
    snippets = SNIPPET.findall(page)
    assert len(snippets) == 5
    names = {}
    for code in snippets:
        missing = [name for name in ("polars", "duckdb", "dask") if f"import {name}" in code]
        if all(importlib.util.find_spec(name) for name in missing):
            exec(compile(code, "cluster.md", "exec"), names)
    notes = sum(store.load_notes(names["board"].board.corpus, chorale_home).num_notes.values())
    first = shards.Shard(Path(names["files"][0]))
    sizes = [shards.Row(first, i).length("notes") for i in range(len(first.piece_ids))]
    assert len(names["notes"]) == sum(sizes)
    if "means" in names:
        assert len(names["means"]) == len(store.load_notes(names["board"].board.corpus).tables)
    if "spellings" in names:
        assert sum(number for *_, number in names["spellings"]) == notes
    assert names.get("total", notes) == notes
