"""The cache under other processes: killed builders, two at once, other places and languages."""

import json
import locale
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from filelock import FileLock

import toy_board
from musebench import store
from toy_board import flip_a_bit, hashes, only_folder

ROOT = Path(__file__).parent.parent

# What processes do that are started from here: {} is the data home, {} the mirror.
SCRIPT = """
import os, signal, sys, time
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
import pytest, toy_board
from musebench import store
from musebench.annotations import formats
from musebench.store import folders, notes, shards
toy_board.register(pytest.MonkeyPatch(), Path({mirror!r}))
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
{more}
"""


def start(more, mirror, **environment):
    code = SCRIPT.format(root=str(ROOT), tests=str(ROOT / "tests"), mirror=str(mirror), more=more)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


DEATHS = {
    "while parsing": "formats.read_score = die",
    "while writing": """
def half(stream, schema):
    stream.write(b"ARROW")
    die()
shards.pa.ipc.new_file = half""",
    "before the move": "folders._swap = die",
    "between the moves": """
def half(new, folder):
    folder.replace(folder.with_name(f".{folder.name}-{folders.REPLACED}"))
    die()
folders._swap = half""",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_builder_leaves_nothing_that_counts(toys, home, tmp_path, death):
    folder = only_folder(home, "notes")
    if death != "between the moves":
        shutil.rmtree(folder)
    else:
        flip_a_bit(folder / "index.arrow")
    load = f"store.load_notes(toy_board.CORPUS, {str(home)!r}, n_jobs=1)"
    killed = start(f"{DEATHS[death]}\n{load}", tmp_path / "mirror")
    assert killed.wait(60) == -signal.SIGKILL, killed.communicate()[1]
    killed.communicate()
    assert not folder.exists()
    left_over = set((home / "notes").glob(".toy-*-*"))
    assert left_over
    tables = store.load_notes(toy_board.CORPUS, home, n_jobs=1).tables
    assert list(tables) == sorted(toy_board.NAMES)
    assert not store.damage_of(folder, store.notes_recipe(toy_board.CORPUS))
    assert {p.name for p in (home / "notes").iterdir()} == {folder.name, f".{folder.name}.lock"}


def test_of_two_builders_one_builds_and_the_other_waits(toys, tmp_path):
    home = tmp_path / "home"
    more = f"""
fetch = notes.fetch
def slow(*args):
    print("builds", flush=True)
    while not Path({str(tmp_path / "go")!r}).exists():
        time.sleep(0.02)
    return fetch(*args)
notes.fetch = slow
(Path({str(tmp_path)!r}) / f"{{os.getpid()}}.ready").touch()
print(sorted(store.load_notes(toy_board.CORPUS, {str(home)!r}, n_jobs=1).tables))
"""
    both = [start(more, tmp_path / "mirror") for _ in range(2)]
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.ready"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # longer than the wait that is named
    (tmp_path / "go").touch()
    outputs = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sorted(out.count("builds") for out, _ in outputs) == [0, 1]
    assert all(str(sorted(toy_board.NAMES)) in out for out, _ in outputs)
    (waited,) = (err for out, err in outputs if "builds" not in out)
    folder = only_folder(home, "notes")
    assert waited == f"another process is working on {folder}; waiting for it.\n"


def test_two_builders_of_the_chorales(chorale_home, tmp_path):
    from musebench import ChoralePitchSpelling

    expected = ChoralePitchSpelling(chorale_home)
    (tmp_path / "notes").mkdir()
    notes = store.notes_folder(expected.board.corpus, chorale_home)
    shutil.copytree(notes, tmp_path / "notes" / notes.name)
    more = f"""
from musebench.datasets import ChoralePitchSpelling, base
build = base.write_graphs
def count(*args):
    print("builds")
    build(*args)
base.write_graphs = count
dataset = ChoralePitchSpelling({str(tmp_path)!r}, pre_transform=toy_board.unchanged)
print(len(dataset), dataset.verify())
"""
    both = [start(more, tmp_path / "mirror") for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert sorted(output.count("builds") for output in outputs) == [0, 1]
    assert all("350 []" in output for output in outputs)
    stored = ChoralePitchSpelling(tmp_path, pre_transform=toy_board.unchanged)
    assert torch.equal(stored[349]["note"].x, expected[349]["note"].x)


def test_the_lock_of_a_dead_process_blocks_nobody(toys, home):
    folder = only_folder(home, "notes")
    shutil.rmtree(folder)
    lock = folder.parent / f".{folder.name}.lock"
    holder = f"""
import os
from filelock import FileLock
FileLock({str(lock)!r}).acquire()
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", holder], check=True)
    assert lock.exists()
    store.load_notes(toy_board.CORPUS, home, n_jobs=1)
    with FileLock(lock, timeout=0):
        pass


def has_locale(name):
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_ALL, before)
    return True


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns"},
        {"LC_ALL": "de_DE.UTF-8", "TZ": "Pacific/Apia"},
    ],
    ids=lambda environment: environment["LC_ALL"],
)
def test_neither_place_nor_language_matters(built_toys, tmp_path, environment):
    if not has_locale(environment["LC_ALL"]):
        pytest.skip("this locale is not installed")
    home = tmp_path / "ein Ordner mit Ä und 音符"
    more = f"""
import locale
locale.setlocale(locale.LC_ALL, "")
os.close(0)
home = Path(os.fsdecode({os.fsencode(home)!r}))
ToyBoard = toy_board.dataset_class()
dataset = ToyBoard(home, n_jobs=2, pre_transform=toy_board.unchanged)
print(ascii((dataset.fingerprint, dataset.verify(True), len(ToyBoard(home)))))
"""
    process = start(more, tmp_path / "mirror", **environment)
    out, err = process.communicate(timeout=120)
    assert err == ""  # no progress bar, no colours: nobody watches
    fingerprint = only_folder(built_toys, "graphs").name.rpartition("-")[2]
    assert out == f"({fingerprint!r}, [], 3)\n"
    assert hashes(home) == hashes(built_toys)
    manifests = [only_folder(place, "graphs") / "manifest.json" for place in (home, built_toys)]
    assert json.loads(manifests[0].read_text()) == json.loads(manifests[1].read_text())
