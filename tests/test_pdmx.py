"""The recipe of PDMX, on own scores that are laid out as PDMX is."""

import csv
import json
import shutil
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import toy_board
from made_scores import table_of
from musebench import read_score, write_score
from musebench.cli.app import app
from musebench.corpora import read_pdmx, unpack_pdmx
from musebench.datasets import build_pdmx
from musebench.datasets.pdmx import BOARD, find_twins
from musebench.duplicates import find_duplicates, grams, line_grams
from musebench.errors import InputError

NO_CONFLICT = "subset:no_license_conflict"


def melody(seed, size=60):
    """A score of two voices, whose lines no other seed has."""
    random = np.random.default_rng(seed)
    onset = np.repeat(np.arange(size), 2)
    low, high = random.integers(40, 55, size), random.integers(60, 84, size)
    notes = table_of(onset, np.full(2 * size, 1))
    return replace(notes, pitch=np.stack([low, high], axis=1).ravel())


def moved(notes, semitones):
    return replace(notes, pitch=notes.pitch + semitones)


@pytest.fixture
def layout(tmp_path, toy):
    """A folder as PDMX has it: four scores of which one is in conflict and one is no score."""
    folder = tmp_path / "PDMX"
    rows = []
    for i, (name, content, free) in enumerate(
        [
            ("QmA", toy / "piano.musicxml", "True"),
            ("QmB", toy / "divisions.musicxml", "True"),
            ("QmC", toy / "duet.musicxml", "False"),
            ("QmD", None, "True"),
            ("QmE", "gone", "True"),
        ]
    ):
        file = folder / "mxl" / str(i) / f"{name}.musicxml"
        file.parent.mkdir(parents=True)
        if content is None:
            file.write_text("no score")
        elif content != "gone":
            shutil.copy(content, file)
        path = f"./mxl/{i}/{name}.musicxml"
        rows.append({"mxl": path, "license": "cc-zero", NO_CONFLICT: free, "title": f"T{i}"})
    with (folder / "PDMX.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows(rows)
    return folder


def packed(layout, kind):
    """The same, packed as it might be."""
    if kind == "folder":
        return layout
    if kind == "folder with mxl.tar.gz":
        with tarfile.open(layout / "mxl.tar.gz", "w:gz") as archive:
            archive.add(layout / "mxl", "mxl")
        shutil.rmtree(layout / "mxl")
        return layout
    file = layout.with_suffix(f".{kind}")
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(layout.rglob("*.*")):
                archive.write(path, path.relative_to(layout.parent))
    else:
        with tarfile.open(file, "w:gz") as archive:
            archive.add(layout, "PDMX")
    shutil.rmtree(layout)
    return file


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
@pytest.mark.parametrize("kind", ["folder", "folder with mxl.tar.gz", "zip", "tar.gz"])
def test_what_is_in_conflict_missing_or_no_score_is_left_out(layout, tmp_path, kind):
    source = packed(layout, kind)
    made = build_pdmx(source, tmp_path / "home", boards=[], n_jobs=1)
    assert made.dataset.pieces["piece_id"].tolist() == ["QmA", "QmB"]
    reasons = dict(zip(made.pieces["piece_id"], made.pieces["left_out"], strict=True))
    assert (reasons["QmC"], reasons["QmE"]) == ("conflict of licences", "its file is missing")
    assert reasons["QmD"]
    assert made.pieces["license"].tolist() == ["cc-zero"] * 5
    assert made.dataset.license == "cc-zero"
    written = pd.read_csv(made.table, keep_default_na=False)
    assert written["left_out"].tolist() == list(reasons.values())


def test_the_music_of_boards_is_left_out(layout, tmp_path, toys):
    source = packed(layout, "folder")
    notes = melody(1)
    write_score(notes, source / "mxl/0/QmA.musicxml")
    tables = {"QmA": notes, "QmB": read_score(source / "mxl/1/QmB.musicxml")}
    reasons = find_twins(tables, {"toy": {"etude": moved(notes, 4)}})
    assert reasons == {"QmA": "like toy: etude of a board (1.00)"}
    assert find_twins(tables, {"toy": {"etude": melody(2)}}) == {}


def test_one_of_several_twins_stays():
    tables = {f"Qm{i}": moved(melody(7), i) for i in range(4)} | {"other": melody(8)}
    assert find_twins(tables, {}) == {f"Qm{i}": "like Qm0 (1.00)" for i in (1, 2, 3)}
    assert not any(name.startswith(BOARD) for name in find_twins(tables, {}))


def test_an_arrangement_that_keeps_a_line_is_found():
    notes, other = melody(3), melody(4)
    is_low = np.arange(len(notes)) % 2 == 0
    arranged = replace(notes, pitch=np.where(is_low, other.pitch, notes.pitch))
    assert find_duplicates({"a": grams(notes), "b": grams(arranged)}) == []
    (high, low), (of_high, of_low) = line_grams(notes), line_grams(arranged)
    assert find_duplicates({"a": high, "b": of_high})[0].share == 1.0
    assert find_duplicates({"a": low, "b": of_low}) == []


def test_planted_twins_are_found_and_nothing_else():
    """Transposed, an excerpt, with a tenth of the notes left out or ornamented."""
    random = np.random.default_rng(0)
    pieces = {f"p{i:03d}": melody(i, 300) for i in range(60)}
    planted = {}
    for i in range(30):
        notes = pieces[f"p{i:03d}"]
        begin = int(random.integers(0, 300))
        excerpt = slice(begin - begin % 2, begin + 240)
        rows = np.arange(len(notes))[excerpt] if i % 2 else np.arange(len(notes))
        columns = {name: values[rows] for name, values in notes.columns().items()}
        twin = moved(replace(notes, **columns), int(random.integers(-6, 7)))
        changed = random.random(len(twin)) < 0.02
        planted[f"twin{i:03d}"] = replace(twin, pitch=twin.pitch + 2 * changed)
    hashes = {name: grams(notes) for name, notes in (pieces | planted).items()}
    found = {(pair.first, pair.second) for pair in find_duplicates(hashes)}
    expected = {(f"p{i:03d}", f"twin{i:03d}") for i in range(30)}
    assert len(found & expected) >= 0.95 * len(expected)
    assert found <= expected


def test_shares_are_counted_in_full():
    """The sample finds candidates; a share is that of all grams that are no formula."""
    first = np.arange(1000, dtype=np.uint64) * np.uint64(7919)
    second = np.concatenate([first[:500], first[:500] + np.uint64(1)])
    (found,) = find_duplicates({"a": np.unique(first), "b": np.unique(second)}, 0.4)
    assert found.share == 0.5
    many = {f"c{i}": np.unique(first) for i in range(5)}
    assert find_duplicates(many, max_pieces=4) == []
    assert len(find_duplicates(many, max_pieces=5)) == 10


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "PDMX.csv").unlink(), r"there is no PDMX\.csv in it"),
        (lambda f: (f / "PDMX.csv").write_text("a,b\n1,2\n"), "needs the columns 'mxl' and"),
        (lambda f: shutil.rmtree(f / "mxl"), "no file is there to be read"),
        (shutil.rmtree, "it must be a folder or an archive"),
    ],
)
def test_what_is_not_pdmx_is_refused(layout, tmp_path, spoil, message):
    spoil(layout)
    with pytest.raises(InputError, match=message):
        build_pdmx(layout, tmp_path / "home", boards=[], n_jobs=1)


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_broken_archive_is_refused(tmp_path, kind):
    (tmp_path / f"x.{kind}").write_bytes(b"no archive")
    with pytest.raises(InputError, match="the archive cannot be read"):
        read_pdmx(tmp_path / f"x.{kind}")


def test_paths_in_an_archive_say_nothing_of_where_files_go(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("PDMX.csv", f"mxl,{NO_CONFLICT}\n../../evil.mxl,True\n")
        archive.writestr("../../evil.mxl", "evil")
    scores = {of.piece_id: of for of in read_pdmx(tmp_path / "x.zip")}
    found = unpack_pdmx(tmp_path / "x.zip", scores, tmp_path / "in")
    assert found == {"evil": tmp_path / "in/evil/evil.mxl"}


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_the_command(layout, tmp_path, toys, monkeypatch):
    from musebench.datasets import pdmx

    monkeypatch.setattr(pdmx, "BOARDS", {"toy-board": toy_board.BOARD})
    options = ["--root", str(tmp_path / "home"), "--jobs", "1", "--json"]
    done = CliRunner().invoke(app, ["build", "pdmx", "--from", str(layout), *options])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["left out"]["conflict of licences"] == 1
    for wrong in (["build", "pdmx"], ["build", "toy-board", "--from", str(layout)]):
        with pytest.raises(InputError, match="build takes pdmx with --from"):
            CliRunner().invoke(app, wrong, catch_exceptions=False)
