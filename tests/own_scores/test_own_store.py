"""What is kept of a user's scores: parsed once, mended, resumed, shared, removed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from made_folder import DATA, THREE, is_last, load, unchanged, write_kern
from musebench import ScoreFolder, read_score
from musebench.errors import InputError, ScoreWarning, StorageError
from musebench.store import shards

ROOT = Path(__file__).parents[2]
LIMIT = 600  # seconds for a process of 5 CPU seconds, on a machine that others use


# What is kept


def test_a_score_is_parsed_once(folder, parsed):
    load(folder)
    assert sorted(parsed) == list(THREE)
    dataset = load(folder)
    again = load(folder, labels=is_last, inputs=["pitch"], splits="random")
    shutil.copytree(folder, folder.with_name("elsewhere"))
    load(folder.with_name("elsewhere"), labels="pitch-spelling")
    assert len(parsed) == 3
    assert dataset.fingerprint != again.fingerprint
    load(folder, force_reload=True)
    assert len(parsed) == 6


def test_a_score_is_parsed_again_by_a_reader_that_changed(folder, parsed, monkeypatch):
    load(folder)
    monkeypatch.setattr("musebench.store.own.OTHERS_VERSION", "next")
    load(folder)
    assert sorted(parsed) == sorted([*THREE, *THREE])


def test_what_changed_is_parsed_alone(folder, parsed):
    before = load(folder, labels=is_last)
    parsed.clear()
    write_kern(folder / "duet.krn", "c", "e", "g")
    write_kern(folder / "new.krn", "f")
    (folder / "piano.musicxml").unlink()
    (folder / "bad.mei").write_text("no score")
    with pytest.warns(ScoreWarning):
        after = load(folder, labels=is_last)
    assert sorted(parsed) == ["bad.mei", "duet.krn", "new.krn"]
    assert after.pieces["num_notes"].tolist() == [3, 3, 1]
    assert [graph["note"].y.tolist() for graph in after[1:]] == [[1, 1, 1], [1]]
    assert before.fingerprint != after.fingerprint
    with pytest.warns(ScoreWarning):
        load(folder)
    assert len(parsed) == 3  # nor is what cannot be read tried again
    shutil.copy(DATA / "duet.krn", folder)
    (folder / "new.krn").unlink()
    (folder / "bad.mei").unlink()
    shutil.copy(DATA / "piano.musicxml", folder)
    assert load(folder, labels=is_last).fingerprint == before.fingerprint
    assert len(parsed) == 3


def test_a_score_takes_at_most_100_bytes_per_note(tmp_path):
    made = tmp_path / "chorales"
    made.mkdir()
    for number in range(3):  # of 200 notes, as chorales have
        write_kern(made / f"{number}.krn", *np.random.default_rng(number).choice([*"cdefgab"], 200))
    load(made)
    files = [path for path in (tmp_path / "home/own").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 100 * 600


def test_a_touched_file_has_not_changed(folder, parsed):
    first = load(folder).fingerprint
    os.utime(folder / "duet.krn", (0, 0))
    assert load(folder).fingerprint == first
    assert len(parsed) == 3


def test_nothing_is_written_into_the_folder_of_the_scores(folder):
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    folder.chmod(0o555)
    dataset = load(folder, labels=is_last, pre_transform=unchanged)
    assert dataset.verify(deep=True) == []
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before
    folder.chmod(0o755)
    load(folder, root=folder / "cache")
    assert (folder / "cache" / "own").is_dir()
    assert len(load(folder, root=folder / "cache")) == 3


def damaged(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_damage_is_told_and_mended(folder, parsed, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SCORES_PER_SHARD", 1)
    dataset = load(folder, labels=is_last)
    kept = sorted((tmp_path / "home/own/scores").glob("*.arrow"))
    damaged(kept[0])
    (problem,) = dataset.verify()
    assert "is missing or was changed" in problem
    assert len(list(load(folder, labels=is_last))) == 3  # a shard is checked when it is opened
    assert dataset.verify() == []
    assert len(parsed) == 4
    home = Path(dataset.processed_dir) / dataset.processed_file_names[0].split("/")[0]
    damaged(next(home.glob("shard-*.arrow")))
    assert "was changed" in dataset.verify()[0]
    again = load(folder, labels=is_last)
    assert len(list(again)) == 3
    assert again.verify() == []
    assert torch.equal(
        again[1]["note"].y, torch.from_numpy(is_last(read_score(DATA / "duet.krn"))).long()
    )


def test_damage_is_mended_beside_what_cannot_be_opened(folder, tmp_path):
    os.mkfifo(folder / "pipe.mid")
    (folder / "tunes.abc").write_text("X:1\nK:C\nCDE|]\n\nX:2\nK:C\nGF|]\n")
    with pytest.warns(ScoreWarning):
        before = load(folder, labels=is_last)
    damaged(next((tmp_path / "home/own/scores").glob("shard-*.arrow")))
    shards._open.cache_clear()
    assert [len(graph["note"].y) for graph in before] == before.pieces["num_notes"].tolist()
    assert {"tunes#1", "tunes#2"} < set(before.pieces["piece_id"])
    assert before.verify() == []


def test_damage_is_not_mended_where_the_scores_are_gone(folder, tmp_path):
    dataset = load(folder, labels=is_last)
    damaged(next((tmp_path / "home/own/scores").glob("shard-*.arrow")))
    shards._open.cache_clear()
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="gone or damaged; make the dataset of these scores again"):
        list(dataset)


SCRIPT = """
import os, signal, sys, time
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from musebench.annotations import formats
from musebench.store import own, shards, folders
import made_folder as tests
shards.SCORES_PER_SHARD = 1
read, done = formats.read_score, []
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
{more}
dataset = tests.load({folder!r}, labels=tests.is_last)
print(len(dataset), dataset.fingerprint, len(done))
"""
COUNTING = """
def counting(path, **options):
    done.append(path)
    return read(path, **options)
formats.read_score = counting
"""
DEATHS = {
    "while the third is parsed": """
def dies(path, **options):
    done.append(path)
    return die() if len(done) == 3 else read(path, **options)
formats.read_score = dies""",
    "while a score is written": """
def half(stream, schema):
    stream.write(b"ARROW")
    die()
shards.pa.ipc.new_file = half""",
    "while labels are made": "tests.is_last = die",
    "before the move": "folders._swap = die",
}


def start(folder, more):
    code = SCRIPT.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(folder), more=more)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes)


@pytest.mark.parametrize(
    ("death", "num_left"), list(zip(DEATHS, (1, 3, 0, 0), strict=True)), ids=list(DEATHS)
)
def test_a_killed_build_goes_on(folder, tmp_path, parsed, death, num_left):
    """What is lost is the shard in work; here a shard is a score."""
    killed = start(folder, DEATHS[death])
    assert killed.wait(LIMIT) == -signal.SIGKILL, killed.communicate()
    killed.communicate()
    dataset = load(folder, labels=is_last)
    assert (len(dataset), len(parsed)) == (3, num_left)
    assert dataset.verify() == []
    left = [path.name for path in (tmp_path / "home/own").rglob("*") if path.suffix == ".part"]
    assert left == []
    whole = load(folder, root=tmp_path / "whole", labels=is_last)
    assert whole.fingerprint == dataset.fingerprint
    for ours, theirs in zip(dataset, whole, strict=True):
        assert torch.equal(ours["note"].y, theirs["note"].y)


def test_of_two_builders_each_score_is_parsed_by_one(folder):
    both = [start(folder, COUNTING) for _ in range(2)]
    found = [process.communicate(timeout=LIMIT) for process in both]
    lines = [out.split() for out, _ in found]
    assert all(process.returncode == 0 for process in both), found
    assert [line[0] for line in lines] == ["3", "3"]
    assert lines[0][1] == lines[1][1]
    assert sum(int(line[2]) for line in lines) == 3


def test_several_processes_parse(folder):
    dataset = ScoreFolder(folder, labels=is_last, n_jobs=2)
    assert dataset.pieces["num_notes"].tolist() == [len(read_score(DATA / name)) for name in THREE]


def test_a_home_that_cannot_be_written_is_named(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be used to store files"):
        load(folder, root=tmp_path / "file")
    home = tmp_path / "read only"
    load(folder, root=home)
    (home / "own").chmod(0o555)
    assert len(load(folder, root=home)) == 3
    (home / "own").chmod(0o755)
