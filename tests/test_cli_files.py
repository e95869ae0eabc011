"""The commands about files, as a person types them."""

import json
import shutil
import sys

import pandas as pd
import pytest
from filelock import FileLock

import toy_board
from bad_server import CONTENT, status, toy_corpus
from musebench import cli, store
from musebench.boards import BOARDS, Board
from musebench.corpora import CORPORA, lock_path
from musebench.splits import read_pieces
from musebench.store import notes as notes_module
from musebench.tasks import PITCH_SPELLING
from musebench.upkeep import corpora_of, find_stored

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

CHORALES = "chorale-pitch-spelling"
OLD = "0123456789abcdef"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("MUSEBENCH_MIRROR", "MUSEBENCH_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def server(start, monkeypatch):
    """A server with the files of a board, toy-spelling."""
    server = start()
    corpus = toy_corpus(server.address, CONTENT)
    board = Board(
        name="toy-spelling", corpus=corpus, task=PITCH_SPELLING, version="1.0", about="toys"
    )
    monkeypatch.setitem(BOARDS, board.name, board)
    monkeypatch.setitem(CORPORA, corpus.name, corpus)
    columns = {"piece_id": ["a", "b ä, 1"], "work_id": ["a", "b"], "composer": ["me", "me"]}
    pieces = {"toy-spelling": pd.DataFrame(columns)}
    monkeypatch.setattr(
        notes_module,
        "read_pieces",
        lambda name: pieces[name] if name in pieces else read_pieces(name),
    )
    return server


@pytest.fixture
def musebench(monkeypatch, capsys, home):
    """Run a command line; give its exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["musebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run


def store_folder(folder, recipe=None):
    store.ensure_folder(folder, recipe or {}, lambda new: (new / "data.npz").write_bytes(b"x" * 50))
    return folder


def current_notes(home, board):
    corpus = BOARDS[board].corpus
    recipe = store.notes_recipe(corpus)
    return store_folder(home / f"notes/{corpus.name}-{store.fingerprint_of(recipe)}", recipe)


def findings(musebench, *arguments):
    code, out, err = musebench("verify", *arguments, "--json")
    return code, {f["kind"]: (f["state"], f["detail"]) for f in json.loads(out)}, err


def test_download(server, musebench, home):
    folder = home / "raw/me/toys" / ("0" * 40)
    code, out, _ = musebench("download", "toy-spelling", "--dry-run")
    assert (code, out) == (
        0,
        "toy: 2 of 2 score files, 1.5 kB, would be fetched from "
        f"{server.address}/me/toys/{'0' * 40} into {folder}.\n",
    )
    assert not home.exists()
    assert not server.asked
    code, out, _ = musebench("download", "toy-spelling")
    assert "2 of 2 score files, 1.5 kB, were fetched from" in out
    assert (folder / "a/score.xml").read_bytes() == CONTENT["a/score.xml"]
    assert musebench("download", "toy-spelling", "--root", home)[1] == (
        f"toy: all 2 score files are in {folder}.\n"
    )


def test_download_that_fails_is_code_4(server, musebench):
    server.default = [status(404)]
    code, _, err = musebench("download", "toy-spelling")
    assert code == 4
    assert "2 files of the toys could not be downloaded" in err
    assert "By hand: save" in err


def test_download_into_a_disk_that_is_full_is_code_4(server, musebench, monkeypatch):
    def fail(file, content):
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    code, _, err = musebench("download", "toy-spelling")
    assert code == 4
    assert "is full ([Errno 28] No space left on device" in err
    assert "set MUSEBENCH_DATA to a folder on another disk" in err


def test_download_offline_says_where_from(server, musebench, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")
    assert (
        "nowhere (MUSEBENCH_OFFLINE is set)"
        in musebench("download", "toy-spelling", "--dry-run")[1]
    )
    code, _, err = musebench("download", "toy-spelling")
    assert code == 4
    assert "is not in the cache and MUSEBENCH_OFFLINE is set" in err


@pytest.mark.parametrize(
    "arguments",
    [["download"], ["verify"], ["clean", "--raw"], ["download", CHORALES, "--all"]],
)
def test_which_boards_must_be_said(musebench, arguments):
    code, _, err = musebench(*arguments)
    assert code == 2
    assert "name one or more boards, or say --all" in err


def test_verify_tells_what_is_there(server, musebench, home):
    code, found, _ = findings(musebench, "toy-spelling")
    assert code == 0
    assert {kind: state for kind, (state, _) in found.items()} == {
        "raw": "not downloaded",
        "notes": "not built",
    }
    musebench("download", "toy-spelling")
    current_notes(home, "toy-spelling")
    code, found, _ = findings(musebench, "toy-spelling", "--deep")
    assert (code, found["raw"][0], found["notes"][0]) == (0, "intact", "intact")
    (home / "raw/me/toys" / ("0" * 40) / "a/score.xml").unlink()
    code, found, _ = findings(musebench, "toy-spelling")
    assert code == 0
    assert found["raw"] == ("incomplete", f"1 of 2 files in {home}/raw/me/toys/{'0' * 40}")
    assert "incomplete" in musebench("verify", "toy-spelling")[1]


def test_verify_finds_a_changed_score_file(server, musebench, home):
    musebench("download", "toy-spelling")
    file = home / "raw/me/toys" / ("0" * 40) / "a/score.xml"
    file.write_bytes(file.read_bytes()[::-1])
    code, found, _ = findings(musebench, "toy-spelling")
    assert (code, found["raw"][0]) == (0, "intact")  # of the same size
    code, found, err = findings(musebench, "toy-spelling", "--deep")
    assert (code, found["raw"][0]) == (5, "damaged")
    assert "a/score.xml was changed (its SHA-256 differs)" in found["raw"][1]
    assert "1 of 2 are damaged: raw of toy. `musebench build BOARD` repairs" in err
    file.write_bytes(b"short")
    code, found, _ = findings(musebench, "toy-spelling")
    assert code == 5
    assert "a/score.xml has 5 bytes instead of 640" in found["raw"][1]


@pytest.mark.parametrize("kind", ["notes", "graphs"])
def test_verify_finds_a_damaged_folder(server, musebench, home, kind):
    name = {"notes": "toy", "graphs": "toy-spelling"}[kind]
    folder = store_folder(home / kind / f"{name}-{OLD}", {})
    (folder / "data.npz").write_bytes(b"y" * 50)
    code, out, err = musebench("verify", "toy-spelling", "--json")
    assert code == 5
    assert f"damaged: {kind} of {name}" in err
    assert f"{folder}: data.npz was changed" in out


def test_a_package_that_is_not_installed_is_not_damage(musebench, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    code, found, _ = findings(musebench, CHORALES)
    assert (code, found["raw"][0]) == (0, "not downloaded")
    assert "pip install 'musebench[chorales]'" in found["raw"][1]


def test_clean_removes_what_is_outdated_and_nothing_else(server, musebench, home):
    musebench("download", "toy-spelling")
    kept = [current_notes(home, "toy-spelling"), home / "raw/me/toys" / ("0" * 40)]
    kept.append(store_folder(home / f"notes/another-{OLD}"))  # of a corpus that is not known
    kept.append(store_folder(home / f"notes/toy-more-{OLD}"))
    kept.append(store_folder(home / "notes/toy-mine"))
    kept.append(store_folder(home / "elsewhere/toy-0123456789abcdef"))
    old = [store_folder(home / f"notes/toy-{OLD}"), home / "raw/me/toys" / ("1" * 40)]
    shutil.copytree(kept[1], old[1])
    code, out, _ = musebench("clean", "--dry-run")
    assert code == 0
    assert all(folder.is_dir() for folder in kept + old)
    assert f"{old[1]}: 1.5 kB, another commit\n" in out
    assert f"{old[0]}: " in out
    assert " kB would be freed." in out
    assert musebench("clean")[1].replace("were", "would be") == out
    assert all(folder.is_dir() for folder in kept)
    assert not any(folder.exists() for folder in old)
    assert musebench("clean")[1] == "0 bytes were freed.\n"


def test_clean_removes_a_kind_of_a_board(server, musebench, home):
    musebench("download", "toy-spelling")
    notes, chorales = current_notes(home, "toy-spelling"), current_notes(home, CHORALES)
    graphs = store_folder(home / f"graphs/toy-spelling-{OLD}", {"version": "0"})
    assert musebench("clean", "toy-spelling", "--notes")[0] == 0
    assert (notes.exists(), chorales.exists(), graphs.exists()) == (False, True, True)
    assert musebench("clean", "toy-spelling", "--graphs", "--raw")[0] == 0
    assert not graphs.exists()
    assert not list((home / "raw/me/toys").iterdir())
    assert musebench("clean", "--all", "--notes")[0] == 0
    assert not chorales.exists()


def test_clean_removes_what_killed_processes_left(server, musebench, home):
    musebench("download", "toy-spelling")
    notes = current_notes(home, "toy-spelling")
    left = [
        home / "raw/me/toys" / ("0" * 40) / "a/tmpabcd_123",
        home / "notes" / f".{notes.name}-abcd_123/new/notes.npz",
        home / "graphs" / f".toy-spelling-{OLD}-abcd_123/new/graphs.pt",
    ]
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"half")
    mine = home / "notes/.mine-abcd_123"
    mine.mkdir()
    out = musebench("clean", "--dry-run")[1]
    assert out.count("left by a process that was killed") == 3
    assert all(file.exists() for file in left)
    with FileLock(lock_path(notes)):
        assert musebench("clean")[0] == 0
        assert [file.exists() for file in left] == [False, True, False]
    assert musebench("clean")[0] == 0
    assert not left[1].parent.parent.exists()
    assert mine.exists()
    assert notes.exists()
    assert not list(home.rglob("*.lock"))


def test_clean_follows_no_link(server, musebench, home, tmp_path):
    outside = store_folder(tmp_path / f"outside/toy-{OLD}")
    (home / "notes").mkdir(parents=True)
    (home / "notes" / f"toy-{OLD}").symlink_to(outside)
    (home / "graphs").symlink_to(outside.parent)
    (home / "raw/me").mkdir(parents=True)
    (tmp_path / "outside" / ("1" * 40)).mkdir()
    (home / "raw/me/toys").symlink_to(outside.parent)
    musebench("clean", "--all", "--raw", "--notes", "--graphs")
    assert outside.is_dir()
    assert (tmp_path / "outside" / ("1" * 40)).is_dir()


def test_graphs_without_a_readable_manifest_are_outdated(server, musebench, home):
    folder = home / f"graphs/toy-spelling-{OLD}"
    folder.mkdir(parents=True)
    (stored,) = find_stored([BOARDS["toy-spelling"]], home)
    assert (stored.folder, stored.outdated) == (folder, "no readable manifest")


def test_what_a_dataset_stores_is_known_and_current(chorale_home, musebench):
    from musebench import load

    dataset = load(CHORALES, chorale_home, pre_transform=toy_board.unchanged)
    code, found, _ = findings(musebench, CHORALES, "--deep", "--root", chorale_home)
    assert code == 0
    assert {kind: state for kind, (state, _) in found.items()} == dict.fromkeys(
        ("raw", "notes", "graphs"), "intact"
    )
    stored = find_stored([BOARDS[CHORALES]], chorale_home)
    assert dataset.processed_dir in {str(s.folder) for s in stored}
    assert not any(s.outdated for s in stored)


def test_graphs_of_other_notes_are_outdated(chorale_home, home):
    from musebench import load

    dataset = load(CHORALES, chorale_home)
    recipe = dataset._recipe | {"notes": "another", "version": "0.9"}
    store_folder(home / f"graphs/{CHORALES}-{OLD}", recipe)
    (stored,) = find_stored([BOARDS[CHORALES]], home)
    assert stored.outdated == "other version, notes"


def test_boards_of_one_corpus_share_its_files():
    board = BOARDS[CHORALES]
    assert corpora_of([board, board]) == [board.corpus]
