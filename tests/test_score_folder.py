"""A user's own scores as a dataset: what is found, kept, labelled, split, and left out."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import musebench
from musebench import MuseNeighborLoader, ScoreFolder, cli, read_score
from musebench.annotations import IGNORE_LABEL
from musebench.corpora import locked
from musebench.datasets.statistics import dataset_statistics
from musebench.errors import (
    AnnotationError,
    CheckpointError,
    InputError,
    ResumeError,
    ScoreWarning,
    StorageError,
)
from musebench.evaluation import Evaluator, read_predictions
from musebench.score import find_scores
from musebench.store import own as own_module
from musebench.tasks import PITCH_SPELLING, Task
from musebench.train import (
    Hardware,
    load_model,
    load_run,
    make_predictions,
    plan_run,
    predict,
    read_history,
    reproduce,
    train,
)

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
THREE = ("divisions.musicxml", "duet.krn", "piano.musicxml")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")


@pytest.fixture
def folder(tmp_path):
    """A folder of three scores."""
    made = tmp_path / "My Scores"
    made.mkdir()
    for name in THREE:
        shutil.copy(DATA / name, made / name)
    return made


@pytest.fixture
def parsed(monkeypatch):
    """Names of the files that are parsed, as they are."""
    names = []

    def read(path, **options):
        names.append(Path(path).name)
        return read_score(path, **options)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    return names


def load(*args, **kwargs):
    return ScoreFolder(*args, n_jobs=1, **kwargs)


def is_last(notes):
    """Whether a note is the last of its onset group."""
    return np.append(notes.onset_div[1:] != notes.onset_div[:-1], True)


def write_kern(file, *pitches):
    lines = "".join(f"4{pitch}\n" for pitch in pitches)
    file.write_text(f"**kern\n*clefG2\n*k[]\n*M3/4\n=1\n{lines}==\n*-\n")


def write_midi(file):
    musebench.write_score(read_score(DATA / "duet.krn"), file)
    return file


# What is found


def test_scores_are_found_in_folders_and_sorted(folder):
    (folder / "b").mkdir()
    (folder / "a").mkdir()
    (folder / ".hidden").mkdir()
    for place in ("b/duet.krn", "a/duet.krn", ".hidden/duet.krn", ".duet.krn", "a/Duet.KRN"):
        shutil.copy(DATA / "duet.krn", folder / place)
    (folder / "read me.txt").write_text("no score")
    dataset = load(folder)
    names = ["a/Duet", "a/duet", "b/duet", "divisions", "duet", "piano"]
    assert dataset.pieces["piece_id"].tolist() == names
    assert [graph.piece_id for graph in dataset] == names
    assert dataset.raw_file_names[:3] == ["a/Duet.KRN", "a/duet.krn", "b/duet.krn"]
    assert Path(dataset.raw_dir) == folder
    assert len(dataset.unreadable) == len(dataset.exclusions) == 0


def test_graphs_are_those_of_the_scores(folder):
    dataset = load(folder, inputs="roman-numeral")
    for graph, name in zip(dataset, THREE, strict=True):
        expected = musebench.build_graph(read_score(DATA / name), dataset.task.inputs)
        assert torch.equal(graph["note"].x, expected["note"].x)
        for edge_type in expected.edge_types:
            assert torch.equal(graph[edge_type].edge_index, expected[edge_type].edge_index)


def test_links_count_once_and_circles_end(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_kern(elsewhere / "x.krn", "c", "d")
    (folder / "a circle").symlink_to(folder)
    (folder / "a link.krn").symlink_to(folder / "duet.krn")
    (folder / "other").symlink_to(elsewhere)
    (folder / "itself.mid").symlink_to(folder / "itself.mid")
    with pytest.warns(ScoreWarning, match=r"1 of 5 scores cannot be read .* itself\.mid"):
        dataset = load(folder)
    assert dataset.pieces["piece_id"].tolist() == ["divisions", "duet", "other/x", "piano"]


def test_files_of_one_name_and_several_formats_keep_their_suffixes(folder):
    write_midi(folder / "duet.mid")
    write_kern(folder / "duet.mid.krn", "c")
    ids = load(folder).pieces["piece_id"].tolist()
    assert ids == ["divisions", "duet.krn", "duet.mid", "duet.mid.krn", "piano"]


def test_names_of_any_script(folder):
    for name in ("Größe", "音符", "Gro\u0308ße", "a b'c\n"):
        write_kern(folder / f"{name}.krn", "c", "d")
    (folder / os.fsdecode(b"\xff.krn")).write_bytes((folder / "音符.krn").read_bytes())
    dataset = load(folder, labels={"音符": "x"} | dict.fromkeys(find_scores(folder), "y"))
    assert {"音符", r"\udcff", r"a b'c\n"} < set(dataset.pieces["piece_id"])
    assert len(pickle.loads(pickle.dumps(dataset))) == len(dataset) == 8


def test_lists_and_dicts_of_files(folder):
    files = [folder / "duet.krn", str(folder / "piano.musicxml"), folder / "duet.krn"]
    assert load(files).pieces["piece_id"].tolist() == ["duet", "piano"]
    dataset = load({"b": files[1], "a": files[0]})
    assert dataset.pieces["piece_id"].tolist() == ["a", "b"]
    assert dataset.pieces["num_notes"].tolist() == [16, 10]


def test_files_of_several_kinds_make_a_piece(tmp_path):
    tables = {"duet": (DATA / "duet.notes.tsv", DATA / "duet.measures.tsv")}
    dataset = load(tables, format="dcml", labels="pitch-spelling")
    assert dataset.pieces["num_notes"].tolist() == [9]
    with pytest.raises(InputError, match="its files hold no annotation of cadence"):
        load(tables, format="dcml", labels="cadence")


TUNE = "X:{}\nM:3/4\nL:1/4\nK:C\n{}|]\n\n"
KERN = "**kern\n*M3/4\n=1\n4{}\n4{}\n4{}\n==\n*-\n"
MEI = """<mei><music><body>{}</body></music></mei>"""
MDIV = (
    '<mdiv><score><scoreDef><staffGrp><staffDef n="1" lines="5"/></staffGrp></scoreDef><section>'
    '<measure n="1"><staff n="1"><layer>{}</layer></staff></measure></section></score></mdiv>'
)
SEVERAL = {
    "a.abc": "".join(TUNE.format(n, notes) for n, notes in ((7, "CDE"), (3, "GF2"))),
    "b.krn": KERN.format(*"cde") + KERN.format("g", "f", "f"),
    "c.mei": MEI.format(
        "".join(MDIV.format(f'<note pname="{p}" oct="4" dur="4"/>') for p in "cg") + "<mdiv/>"
    ),
}


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
@pytest.mark.parametrize("file", SEVERAL)
def test_each_of_several_scores_in_a_file_is_a_piece(tmp_path, parsed, file, code):
    made = tmp_path / "several"
    made.mkdir()
    (made / file).write_bytes(SEVERAL[file].encode(code if file != "b.krn" else "utf-8"))
    name = file.partition(".")[0]
    dataset = load(made, labels=lambda notes: str(notes.pitch[0]))
    assert dataset.pieces["piece_id"].tolist() == [f"{name}#1", f"{name}#2"]
    assert sorted(parsed) == [f"{file}#1", f"{file}#2"]
    assert dataset.raw_file_names == [file]
    assert [int(g["note"].pitch[0]) for g in dataset] == [60, 67]
    assert dataset.classes["label"] == ("60", "67")
    assert load(made).verify() == []
    assert len(parsed) == 2
    listed = load([made / f"{file}#2", made / file, DATA / "duet.krn"])
    assert {f"{name}#1", f"{name}#2"} < {i.rpartition("/")[2] for i in listed.pieces["piece_id"]}
    assert len(listed) == 3


@pytest.mark.parametrize("content", ["", "X:1", "no score", "**kern\n*-\nlost", "<mei><mdiv"])
@pytest.mark.parametrize("suffix", [".abc", ".krn", ".mei"])
def test_what_cannot_be_counted_is_one_score_that_cannot_be_read(folder, suffix, content):
    (folder / f"bad{suffix}").write_text(content)
    with pytest.warns(ScoreWarning, match="1 of 4 scores cannot be read"):
        assert load(folder).exclusions["piece_id"].tolist() == ["bad"]


def test_files_of_the_same_name_with_several_scores_keep_their_suffixes(tmp_path):
    made = tmp_path / "several"
    made.mkdir()
    for suffix in ("abc", "krn"):
        (made / f"a.{suffix}").write_text(SEVERAL["a.abc" if suffix == "abc" else "b.krn"])
    names = [f"a.{suffix}#{number}" for suffix in ("abc", "krn") for number in (1, 2)]
    assert load(made).pieces["piece_id"].tolist() == names


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ("nowhere", "nowhere is nothing instead of a folder of scores"),
        (DATA / "duet.krn", r"is a file instead of a folder of scores; give a list: \['"),
        ([], "there is no score in the list; read are MusicXML"),
        ({}, "there is no score in the dict"),
        ([3], "a int is not a score; give the path of a file"),
    ],
)
def test_what_is_no_folder_is_refused(scores, message):
    with pytest.raises(InputError, match=message):
        load(scores)


def test_a_folder_of_no_and_of_one_score(tmp_path):
    empty = tmp_path / "音"
    empty.mkdir()
    (empty / "notes.txt").write_text("no score")
    with pytest.raises(InputError, match=r"no score in the folder .*音; read are MusicXML"):
        load(empty)
    (empty / "bad.mei").write_text("no score")
    with pytest.raises(InputError, match=r"of the 1 scores none can be used \(bad: cannot be read"):
        load(empty)
    write_kern(empty / "one.krn", "c")
    with pytest.warns(ScoreWarning):
        dataset = load(empty, labels=is_last, splits="random")
    assert (len(dataset), dataset.board.name) == (1, "own-scores")


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


def unchanged(graph):
    return graph


def damaged(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_damage_is_told_and_mended(folder, parsed, tmp_path):
    dataset = load(folder, labels=is_last)
    kept = sorted((tmp_path / "home/own/scores").glob("*.arrow"))
    damaged(kept[0])
    (problem,) = dataset.verify()
    assert "is missing or was changed" in problem
    assert load(folder, labels=is_last).verify() == []
    assert len(parsed) == 4
    damaged(
        Path(dataset.processed_dir) / dataset.processed_file_names[0].split("/")[0] / "labels.arrow"
    )
    assert "was changed" in dataset.verify()[0]
    again = load(folder, labels=is_last)
    assert again.verify() == []
    assert torch.equal(
        again[1]["note"].y, torch.from_numpy(is_last(read_score(DATA / "duet.krn"))).long()
    )


SCRIPT = """
import os, signal, sys, time
from pathlib import Path
sys.path[:0] = [{root!r}, {tests!r}]
from musebench.annotations import formats
from musebench.store import own, shards, folders
import test_score_folder as tests
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
def half(stream, schema, options):
    stream.write(b"ARROW")
    die()
shards.pa.ipc.new_file = half""",
    "while labels are made": "tests.is_last = die",
    "before the move": "folders._swap = die",
}


def start(folder, more):
    code = SCRIPT.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(folder), more=more)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **pipes)


@pytest.mark.parametrize(
    ("death", "num_left"), list(zip(DEATHS, (1, 3, 0, 0), strict=True)), ids=list(DEATHS)
)
def test_a_killed_build_goes_on(folder, tmp_path, parsed, death, num_left):
    killed = start(folder, DEATHS[death])
    assert killed.wait(120) == -signal.SIGKILL, killed.communicate()
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
    found = [process.communicate(timeout=120) for process in both]
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


# What is left out


def test_what_cannot_be_read_is_listed(folder, parsed):
    (folder / "empty.krn").write_text("")
    (folder / "bad.musicxml").write_text("no score")
    (folder / "no.mscz").write_text("?")
    os.mkfifo(folder / "pipe.mid")
    with pytest.warns(ScoreWarning) as warned:
        dataset = load(folder)
    (said,) = warned
    assert str(said.message).startswith("4 of 7 scores cannot be read and are left out, such as ")
    assert said.filename == __file__
    reasons = dict(dataset.unreadable.itertuples(index=False))
    assert list(reasons) == ["bad.musicxml", "empty.krn", "no.mscz", "pipe.mid"]
    assert reasons["empty.krn"] == "the file is empty."
    assert "MuseScore" in reasons["no.mscz"]
    assert reasons["pipe.mid"] == "it cannot be read (it is a pipe)"
    assert dataset.exclusions["piece_id"].tolist() == ["bad", "empty", "no", "pipe"]
    assert len(dataset) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_listed(folder):
    (folder / "duet.krn").chmod(0)
    (folder / "closed").mkdir(mode=0)
    with pytest.warns(ScoreWarning):
        dataset = load(folder)
    reasons = dict(dataset.unreadable.itertuples(index=False))
    assert "Permission denied" in reasons["duet.krn"]
    assert "cannot be listed" in reasons["closed"]
    (folder / "closed").chmod(0o755)


def test_what_was_mended_is_listed(folder, monkeypatch):
    import warnings

    def read(path, **_):
        warnings.warn(f"{path}: 2 notes were mended.", ScoreWarning, stacklevel=2)
        return read_score(path)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    with pytest.warns(ScoreWarning, match="in 3 scores something was mended"):
        dataset = load(folder)
    assert dataset.remarks["file"].tolist() == list(THREE)
    assert set(dataset.remarks["reason"]) == {"2 notes were mended."}


# Labels


def test_labels_of_a_known_task(folder):
    write_midi(folder / "played.mid")
    with pytest.warns(ScoreWarning, match="1 of 4 scores cannot be labelled"):
        dataset = load(folder, labels="pitch-spelling")
    (row,) = dataset.unlabelled.itertuples(index=False)
    assert row == ("played.mid", "a MIDI file does not know how its notes are spelled")
    assert dataset.num_classes == 35
    for graph, name in zip(dataset, THREE, strict=True):
        labels = PITCH_SPELLING.read_labels(read_score(DATA / name))
        assert graph["note"].y.tolist() == labels["spelling"].tolist()
        assert graph["note"].y_key_signature.tolist() == labels["key_signature"].tolist()
    with pytest.warns(ScoreWarning, match="staff separation needs exactly two"):
        staves = load(folder, labels="staves")
    assert set(staves.pieces["piece_id"]) | set(staves.exclusions["piece_id"]) == {
        *("divisions", "duet", "piano", "played")
    }


@pytest.mark.parametrize("labels", ["voice-separation", "voices"])
def test_links(folder, labels):
    dataset = load(folder, labels=labels)
    assert dataset.num_classes == 0
    batch = next(iter(MuseNeighborLoader(dataset, [2], batch_size=2)))
    assert batch.candidate_index.shape[0] == 2


def test_annotations_of_a_format(folder):
    with pytest.raises(InputError, match="its files hold no annotation of phrase_end"):
        load(folder, labels="phrase")
    files = [folder / name for name in THREE if name.endswith("xml")]
    dataset = load(files, labels="phrase", format="score-with-fermatas")
    assert dataset[0].onset_y.shape == (int(dataset[0]["note"].onset_index[-1]) + 1,)


KINDS = {
    "note": (lambda n: np.arange(len(n)) % 3, "note", ("0", "1", "2")),
    "bool": (is_last, "note", ("0", "1")),
    "texts": (lambda n: np.where(is_last(n), "top", ""), "note", ("top",)),
    "objects": (lambda n: ["top" if top else None for top in is_last(n)], "note", ("top",)),
    "onset": (lambda n: np.zeros(n.onset_index[-1] + 1, np.int32), "onset", ("0",)),
    "graph": (lambda n: len(n) % 2, "graph", ("0", "1")),
    "named": (lambda n: "long" if len(n) > 5 else "short", "graph", ("long", "short")),
    "float": (lambda n: n.duration_quarter, "regression", ()),
    "tensor": (lambda n: torch.zeros(len(n)).long(), "note", ("0",)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_function_gives(folder, kind):
    function, expected, classes = KINDS[kind]
    dataset = load(folder, labels=function, splits=lambda _: "test")
    assert (dataset.task.kind, dataset.classes) == (expected, {"label": classes})
    (evaluator, targets) = dataset.evaluator(num_resamples=9), dataset.targets("test")
    found = evaluator.eval(
        {"y_pred": {t.piece_id: np.maximum(t.labels["label"], 0) for t in targets}}
    )
    assert found[dataset.task.main_metrics[0]] == 1
    graph = dataset[1]
    y = graph["note"].y if dataset.task.unit == "note" else graph[dataset.task.label_field("label")]
    given = function(read_score(DATA / THREE[1]))
    if kind == "texts":
        given = np.where(given == "top", 0, IGNORE_LABEL)
    if kind not in ("objects", "named"):
        np.testing.assert_allclose(y.numpy(), np.atleast_1d(given).astype(y.numpy().dtype))


def test_several_heads(folder):
    def heads(notes):
        return {"high": notes.pitch > 60, "last": is_last(notes)}

    dataset = load(folder, labels=heads)
    assert dataset.classes == {"high": ("0", "1"), "last": ("0", "1")}
    assert dataset[1]["note"].y_last.tolist() == is_last(read_score(DATA / "duet.krn")).tolist()
    onsets = load(
        folder, labels=lambda n: dict.fromkeys("ab", np.zeros(n.onset_index[-1] + 1, int))
    )
    assert onsets.task.kind == "multi-head"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda n: np.zeros(len(n) + 1, int),
            r"the labels 'label' of the piece 'divisions' have shape \(4,\); it has 3 notes and 3",
        ),
        (lambda n: np.zeros((len(n), 2)), r"of type float64 and shape \(3, 2\); accepted are one-"),
        (lambda n: np.zeros(len(n), complex), "of type complex128"),
        (lambda n: [[1, 2], [3]], "the labels of the piece 'divisions' cannot be made an array"),
        (lambda n: np.full(len(n), -1), "no piece has a label 'label'"),
        (lambda n: np.arange(len(n)) - 1, r"have -1 at 0; accepted are 0 to 14, and -100 for none"),
        (lambda n: np.full(len(n), np.inf), "accepted are finite floats, NaN for none"),
        (lambda n: float(len(n)), "the labels are floats per graph; floats are labels of notes"),
        (lambda n: {"a": is_last(n), "b": n.duration_quarter}, "a mixture of floats and classes"),
        (lambda n: is_last(n) if len(n) > 3 else "one", "in all pieces there is a label per note"),
        (lambda n: is_last(n) if len(n) > 3 else ["a"] * 3, "texts in some pieces and numbers in"),
        (
            lambda n: {f"head{len(n)}": is_last(n)},
            r"the piece 'duet' has labels of \['head16'\]; the heads are \['head3'\], those of all",
        ),
    ],
)
def test_labels_that_are_none_are_refused(folder, function, message):
    with pytest.raises(InputError, match=f"(?i){message}"):
        load(folder, labels=function)


def test_pieces_without_labels_are_listed(folder):
    def labels(notes):
        if len(notes) == 3:
            return None
        if len(notes) == 10:
            msg = "nobody knows"
            raise AnnotationError(msg)
        return is_last(notes)

    with pytest.warns(ScoreWarning, match="2 of 3 scores cannot be labelled"):
        dataset = load(folder, labels=labels)
    assert dataset.unlabelled.to_numpy().tolist() == [
        ["divisions.musicxml", "its labels are None"],
        ["piano.musicxml", "nobody knows"],
    ]
    assert len(dataset) == 1


def test_an_error_of_a_function_names_the_piece(folder):
    with pytest.raises(ZeroDivisionError) as caught:
        load(folder, labels=lambda n: 1 // 0)
    assert "'divisions'" in caught.value.__notes__[0]


def test_tables_of_labels(folder, tmp_path):
    table = pd.DataFrame({"piece_id": ["duet", "piano"], "style": ["old", "new"]})
    table.to_csv(tmp_path / "styles.csv", index=False)
    as_dict = {"duet": {"style": "old"}, "piano": {"style": "new"}}
    for labels in (tmp_path / "styles.csv", str(tmp_path / "styles.csv"), table, as_dict):
        with pytest.warns(ScoreWarning, match="the table of labels has no such piece"):
            dataset = load(folder, labels=labels)
        assert dataset.classes == {"style": ("new", "old")}
        assert [graph.y.tolist() for graph in dataset] == [[1], [0]]
    with pytest.raises(InputError, match="the table of labels has 'duet' twice"):
        load(folder, labels=pd.concat([table, table]))
    (tmp_path / "bad.csv").write_text("piece,style\nduet,old\n")
    with pytest.raises(InputError, match="has no column 'piece_id'; it has piece, style"):
        load(folder, labels=tmp_path / "bad.csv")
    arrays = {name: is_last(read_score(DATA / f)) for name, f in zip("abc", THREE, strict=True)}
    dataset = load({n: DATA / f for n, f in zip("abc", THREE, strict=True)}, labels=arrays)
    assert dataset.task.kind == "note"


def test_a_file_that_changes_meanwhile_is_told(folder, monkeypatch):
    def read(path, **_):
        write_kern(folder / "duet.krn", "e")
        return read_score(path)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    with pytest.raises(InputError, match=r"duet\.krn was changed while it was read"):
        load([folder / "duet.krn"])


def test_another_function_gives_other_labels(folder, parsed):
    first = load(folder, labels=lambda n: n.pitch % 2)
    second = load(folder, labels=lambda n: n.pitch % 3)
    assert first.num_classes == 2
    assert second.num_classes == 3
    assert len(parsed) == 3


def test_a_task_of_ones_own(folder):
    task = Task(
        *("top", "note", {"top": ("lower", "top")}, ("pitch",), ("accuracy",)),
        read_labels=lambda notes: {"top": is_last(notes).astype(np.int64)},
    )
    dataset = load(
        folder, labels=task, splits=dict.fromkeys(("duet", "piano", "divisions"), "test")
    )
    assert dataset.num_node_features["note"] == 13
    assert dataset.evaluator().task.name == "top"
    wrong = Task(
        "x", "note", {"x": ("a",)}, ("pitch",), ("accuracy",), read_labels=lambda n: {"x": n.pitch}
    )
    with pytest.raises(InputError, match="accepted are 0 to 0, and -100 for none"):
        load(folder, labels=wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "pitch-speling"}, "did you mean 'pitch-spelling'"),
        ({"labels": 3}, "labels is a int; accepted are None, the name of a task"),
        ({"inputs": ["pich"]}, "'pich' is not a group of features"),
        ({"inputs": []}, r"inputs is \[\]; accepted are groups"),
        ({"inputs": "pitch-speling"}, "did you mean"),
        (
            {"inputs": ["pitch", "spelling"], "labels": "pitch-spelling"},
            "a model of pitch-spelling may not see spelling: that would give the answer away",
        ),
        ({"splits": "train"}, "splits is 'train'; accepted are None, 'random', 'folders'"),
        ({"splits": {"duet": "train"}}, "splits says nothing of 'divisions', 'piano'; name every"),
        ({"splits": lambda _: "dev"}, "the split of 'divisions' is 'dev'; accepted are train, va"),
        ({"splits": "folders"}, "the split of 'divisions' is 'divisions'"),
        ({"splits": 5}, "splits is a int; give a dict, a CSV file or a function"),
        ({"splits": "random", "ratio": (1, 1)}, r"ratio is \(1, 1\); it has a share"),
        ({"format": "skore"}, "did you mean 'score'"),
        ({"split": "validation"}, "there is no split 'validation'"),
    ],
)
def test_wrong_arguments_are_refused(folder, options, message):
    with pytest.raises(InputError, match=message):
        load(folder, **options)


# Splits


def test_random_splits_follow_from_the_names_alone(tmp_path):
    for number in range(40):
        write_kern(tmp_path / f"{number:02}.krn", *"cd" * (number + 1))
    dataset = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25))
    split = dict(zip(dataset.pieces["piece_id"], dataset.pieces["split"], strict=True))
    counts = {name: list(split.values()).count(name) for name in ("train", "valid", "test")}
    assert all(counts.values())
    assert counts["train"] > counts["valid"]
    for number in range(0, 40, 2):
        (tmp_path / f"{number:02}.krn").unlink()
    fewer = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25)).pieces
    assert all(split[name] == s for name, s in zip(fewer["piece_id"], fewer["split"], strict=True))
    other = load(tmp_path, splits="random", ratio=(0.5, 0.25, 0.25), seed=1).pieces
    assert other["split"].tolist() != fewer["split"].tolist()
    assert set(load(tmp_path, splits="random", ratio=(0, 0, 1)).pieces["split"]) == {"test"}


def test_works_stay_together(tmp_path):
    for work in "abcdefg":
        (tmp_path / work).mkdir()
        for movement in range(3):
            write_kern(
                tmp_path / work / f"{movement}.krn", *work[:1] * (ord(work) - 96), *"cde"[movement]
            )
    shutil.copy(tmp_path / "a/0.krn", tmp_path / "copy.krn")
    pieces = load(tmp_path, splits="random", group_by="folder", ratio=(1, 1, 1)).pieces
    assert pieces.groupby("work_id")["split"].nunique().max() == 1
    assert pieces["split"].nunique() > 1
    alone = load(tmp_path, splits="random").pieces.set_index("piece_id")
    assert alone.loc["copy", "work_id"] == alone.loc["a/0", "work_id"] == "a/0"
    with pytest.raises(InputError, match="'a/0' and 'a/1' are of the same work"):
        load(tmp_path, splits=lambda p: "test" if p == "a/0" else "train", group_by=lambda p: p[0])
    with pytest.warns(UserWarning, match="'a/0' and 'copy' have the same content, and are in"):
        load(tmp_path, splits=lambda p: "test" if p == "a/0" else "train")


def test_splits_of_folders_and_tables(tmp_path):
    for split, pitch in (("train", "c"), ("val", "d"), ("test", "e")):
        (tmp_path / split / "deep").mkdir(parents=True)
        write_kern(tmp_path / split / "deep/same.krn", pitch)
    dataset = load(tmp_path, labels=is_last, splits="folders")
    index = dataset.get_idx_split()
    assert [dataset[index[s]][0].piece_id[:4] for s in ("train", "valid", "test")] == [
        *("trai", "val/", "test")
    ]
    assert load(tmp_path, splits="folders", split="test").pieces["split"].tolist() == ["test"]
    table = dataset.pieces[["piece_id", "split"]]
    table.to_csv(tmp_path / "splits.csv", index=False)
    again = load(tmp_path, splits=tmp_path / "splits.csv")
    assert again.pieces["split"].tolist() == dataset.pieces["split"].tolist()
    assert again.summary()["num_pieces"].tolist() == [1, 1, 1]


def test_without_splits_there_are_none(folder):
    dataset = load(folder, labels=is_last)
    with pytest.raises(InputError, match="this dataset has no splits; give splits='random'"):
        dataset.get_idx_split()
    with pytest.raises(
        InputError, match="no piece of the split 'test'; pieces by split are no split"
    ):
        dataset.evaluator()
    assert dataset.summary()["num_pieces"].tolist() == [3]
    with pytest.raises(InputError, match="this dataset has no labels"):
        load(folder).targets()


# As the datasets of boards


def test_copies_selections_and_pickles(folder):
    dataset = load(folder, labels=lambda n: n.pitch % 2, splits=lambda _: "train")
    assert len(pickle.dumps(dataset)) < 10_000
    for part in (
        *(
            dataset[[2, 0]],
            dataset[[2, 0]].copy(),
            dataset.copy([2, 0]),
            dataset.index_select([2, 0]),
        ),
        pickle.loads(pickle.dumps(dataset[[2, 0]])),
    ):
        assert [graph.piece_id for graph in part] == ["piano", "divisions"]
        assert part.pieces["piece_id"].tolist() == ["piano", "divisions"]
        assert torch.equal(part[0]["note"].y, dataset[2]["note"].y)
        assert [t.piece_id for t in part.targets()] == ["piano", "divisions"]
    assert len(dataset.shuffle()) == 3
    assert "own scores in" in dataset.card.lower()


def first_labels(dataset):
    return dataset[1]["note"].y.tolist()


def test_a_spawned_process_opens_what_is_stored(folder):
    dataset = load(folder, labels=lambda n: n.pitch % 2)
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(first_labels, (dataset,)) == first_labels(dataset)
    shutil.rmtree(folder)  # the scores themselves are not asked again
    assert first_labels(pickle.loads(pickle.dumps(dataset))) == first_labels(dataset)
    shutil.rmtree(dataset.processed_dir)
    with pytest.raises(
        InputError, match="is gone or damaged; make the dataset of these scores again"
    ):
        pickle.loads(pickle.dumps(dataset))


def test_workers_of_the_loader_are_spawned(folder):
    dataset = load(folder, labels=is_last)
    options = {"num_neighbors": [2], "batch_size": 2, "seed": 3}
    here = next(iter(MuseNeighborLoader(dataset, **options)))
    there = next(
        iter(MuseNeighborLoader(dataset, **options, num_workers=1, multiprocessing_context="spawn"))
    )
    assert torch.equal(here["note"].x, there["note"].x)


def only_long(graph):
    return graph["note"].num_nodes > 3


def add_mean(graph):
    graph["note"].mean_pitch = graph["note"].pitch.float().mean().reshape(1)
    return graph


def test_transforms_and_relations(folder):
    options = {"labels": is_last, "pre_filter": only_long, "pre_transform": add_mean}
    dataset = load(folder, **options, relations=("onset", "during"), transform=unchanged)
    assert dataset.pieces["piece_id"].tolist() == ["duet", "piano"]
    assert ("note", "rest", "note") not in dataset[0].edge_types
    assert "mean_pitch" in dataset[0]["note"]
    assert dataset.verify(deep=True) == []
    assert pickle.loads(pickle.dumps(dataset))[1].piece_id == "piano"


@pytest.mark.parametrize("splits", [None, "random"])
def test_statistics(folder, splits):
    tables = dataset_statistics(load(folder, labels=is_last, splits=splits))
    assert tables["splits"]["notes"].sum() == 29
    assert tables["classes_label"].to_numpy().sum() == 29


def test_predictions_of_own_labels_are_scored(folder):
    dataset = load(folder, labels=is_last, splits=lambda p: "test" if p != "duet" else "train")
    evaluator = Evaluator.from_targets(dataset.task, dataset.targets("test"), num_resamples=9)
    wrong = {t.piece_id: 1 - t.labels["label"] for t in dataset.targets("test")}
    assert evaluator.eval({"y_pred": wrong})["accuracy"] == 0
    assert "all 2 pieces of own data" in evaluator.expected_input_format


SMALL = {"num_steps": 4, "validate_every": 2, "hidden": 8, "num_layers": 1, "batch_size": 2}


@pytest.fixture
def trained(folder, tmp_path):
    """Own data, and the folder of a model that was trained on it."""
    splits = {"duet": "train", "piano": "valid", "divisions": "test"}
    dataset = load(folder, labels=is_last, splits=splits)
    run = plan_run(dataset, "note-gnn", 0, tmp_path / "runs", **SMALL)
    assert run.folder == tmp_path / "runs/own-my-scores/note-gnn-fold0-seed0"
    assert not run.config.transpose  # nobody knows whether the labels would stay right
    return dataset, train(run, Hardware("cpu")), run


def test_a_model_is_trained_on_own_data_and_applied(trained, tmp_path):
    dataset, model, run = trained
    found = predict(model, run.load_dataset("test"))
    assert found.keys() == {"divisions"}
    assert 0 <= run.evaluator("test", num_resamples=9).eval({"y_pred": found})["accuracy"] <= 1
    applied = musebench.apply(dataset.task, DATA / "divisions.musicxml", model=model)
    assert applied.labels["label"].tolist() == found["divisions"]["label"].tolist()
    played = write_midi(tmp_path / "played.mid")
    again = musebench.apply(load_model(run.folder).heads.task, played, model=run.folder)
    assert set(again.to_frame()["label"]) <= {"0", "1"}
    again.write(tmp_path / "out.musicxml")
    assert read_history(run)[-1]["step"] == 4
    train(run, Hardware("cpu"), resume=True)
    other = load(tmp_path / "My Scores", labels=lambda n: n.pitch % 3)
    with pytest.raises(InputError, match="is a model for own-my-scores, but with other classes"):
        musebench.apply(other.task, DATA / "duet.krn", model=run.folder)
    with pytest.raises(InputError, match="is a task of your own, which has no pretrained model"):
        musebench.apply(other.task, DATA / "duet.krn")
    with pytest.raises(InputError, match="there is no model 'nothing'"):
        musebench.apply(other.task, DATA / "duet.krn", model="nothing")


def test_another_process_knows_the_task_of_a_model(trained):
    code = (
        "import musebench\n"
        "from musebench.train import load_model\n"
        f"task = load_model({str(trained[2].folder)!r}).heads.task\n"
        "print(task.name, task.kind, task.heads, task.inputs)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    task = trained[0].task
    assert done.stdout.split("\n")[0] == f"{task.name} {task.kind} {task.heads} {task.inputs}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda task: task.replace("own-my-scores", "x"), "its fingerprint is"),
        (lambda task: task.replace('"note"', '"nots"'), "kind is 'nots'"),
        (lambda task: task.replace('"decoding":""', '"decoding":"x"'), "there can be no model of"),
        (lambda task: task.replace('"inputs":["pitch"', '"inputs":["pich"'), "'pich' is not a gro"),
        (lambda task: task[:-1], "invalid JSON"),
    ],
)
def test_the_task_of_a_checkpoint_is_checked(trained, change, reason):
    file = trained[2].folder / "best.pt"
    stored = torch.load(file, weights_only=True)
    torch.save(stored | {"task": change(stored["task"])}, file)
    with pytest.raises(CheckpointError, match=reason):
        load_model(file)


def test_a_known_task_is_trained_on_own_data(folder, tmp_path):
    options = {"labels": "pitch-spelling", "inputs": ["pitch", "duration"]}
    dataset = load(folder, **options, splits=lambda p: "valid" if p == "duet" else "train")
    run = plan_run(dataset, "mlp", 1, tmp_path / "runs", **SMALL)
    assert run.config.transpose
    train(run, Hardware("cpu"))
    played = write_midi(tmp_path / "played.mid")
    applied = musebench.apply("pitch-spelling", played, model=run.folder)
    assert len(applied.labels["spelling"]) == len(applied.notes)
    no_pitch = load(folder, labels="pitch-spelling", inputs=["duration"], splits="random")
    assert not plan_run(no_pitch, "mlp", 1, tmp_path, **SMALL).config.transpose


def test_what_cannot_be_trained_on_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="own-my-scores has no labels to train on"):
        plan_run(load(folder), "mlp", 0)
    with pytest.raises(InputError, match="there is no model 'ps13s1' for own-my-scores; there are"):
        plan_run(load(folder, labels=is_last), "ps13s1", 0)  # a rule of another task
    run = plan_run(load(folder, labels=is_last, splits=lambda _: "train"), "mlp", 0, tmp_path)
    with pytest.raises(InputError, match="there is no piece of the split 'valid'; pieces by split"):
        train(run, Hardware("cpu"))


def musebench_command(capsys, *arguments):
    """The output of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["musebench", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    captured = capsys.readouterr()
    assert not stopped.value.code, captured.err
    return captured.out


def test_commands_find_the_own_data_of_a_run(trained, tmp_path, capsys):
    dataset, model, run = trained
    expected = predict(model, run.load_dataset("test"))
    found = load_run(run.folder)
    pd.testing.assert_frame_equal(found.dataset.pieces, dataset.pieces)
    assert found.dataset.fingerprint == dataset.fingerprint
    assert found.dataset.unreadable.equals(dataset.unreadable)
    file = tmp_path / "predicted.npz"
    musebench_command(capsys, "predict", run.folder, "-o", file)
    assert read_predictions(file).y_pred["divisions"]["label"].tolist() == (
        expected["divisions"]["label"].tolist()
    )
    metrics = json.loads(musebench_command(capsys, "evaluate", file, "--json"))
    assert metrics["accuracy"] == dataset.evaluator().eval({"y_pred": expected})["accuracy"]
    musebench_command(capsys, "plot", "confusion", file, "-o", tmp_path / "confusion.svg")
    musebench_command(capsys, "plot", "run", run.folder, "-o", tmp_path / "run.svg")
    train(found, Hardware("cpu"), resume=True)  # nothing is left to do
    assert reproduce(found, Hardware("cpu"))["metrics"]["accuracy"] == metrics["accuracy"]


def test_what_is_not_in_the_data_home_is_named(trained, tmp_path):
    _, _, run = trained
    (place,) = (tmp_path / "home/own").glob("own-my-scores-*.json")
    text = place.read_text()
    for content in ("{}", text.replace('"note"', '"nots"'), text[:-2], "[]"):
        place.write_text(content)
        with pytest.raises(InputError, match=r"is damaged; remove it and make the same|not JSON"):
            load_run(run.folder)
    place.unlink()
    with pytest.raises(InputError, match="own-my-scores is own data that is not in the data home"):
        load_run(run.folder)


def test_other_splits_are_another_run(trained, tmp_path):
    dataset, _, run = trained
    splits = {"duet": "train", "piano": "test", "divisions": "valid"}
    other = load(tmp_path / "My Scores", labels=is_last, splits=splits)
    assert other.fingerprint != dataset.fingerprint
    again = plan_run(other, "note-gnn", 0, tmp_path / "runs", **SMALL)
    with pytest.raises(ResumeError, match="fingerprint"):
        train(again, Hardware("cpu"), resume=True)
    assert load_run(run.folder).dataset.split_by_piece.tolist() == ["test", "train", "valid"]


@pytest.mark.parametrize(
    ("labels", "rule"),
    [("pitch-spelling", "ps13s1"), (is_last, "trees"), (lambda n: len(n) % 2, "shortcut")],
)
def test_rules_predict_own_data(folder, tmp_path, labels, rule):
    splits = {"duet": "train", "piano": "valid", "divisions": "test"}
    dataset = load(folder, labels=labels, splits=splits)
    settings = {"iterations": 3} if rule == "trees" else {}
    run = plan_run(dataset, rule, 0, tmp_path / "runs", **settings)
    result = reproduce(run)
    assert result["run"]["board"] == "own-my-scores"
    found = load_run(run.folder)
    assert found.settings == run.settings
    predictions = make_predictions(found, "test")
    assert predictions.keys() == {"divisions"}
    metrics = dataset.evaluator().eval({"y_pred": predictions})
    assert metrics == result["metrics"]
    with pytest.raises(InputError, match="is not trained in steps"):
        train(run)


def cleaned(capsys, *options):
    """What ``musebench clean`` removed, and why."""
    removed = json.loads(musebench_command(capsys, "clean", "--json", *options))["removed"]
    return [(Path(of["place"]).name.partition("-my-")[0], of["why"]) for of in removed]


def test_clean_removes_what_no_dataset_has(folder, tmp_path, capsys, monkeypatch):
    dataset = load(folder, labels=is_last, splits="random")
    load(folder, labels=is_last, pre_transform=unchanged)
    own = tmp_path / "home/own"
    kept = sorted(own.rglob("*.arrow"))
    assert cleaned(capsys) == []
    write_kern(folder / "duet.krn", "c")
    other = load(folder, labels=is_last)
    shutil.rmtree(dataset.processed_dir + "/" + dataset.processed_file_names[0].split("/")[0])
    assert cleaned(capsys, "--dry-run") == cleaned(capsys) != []
    left = {path for path in kept if path.exists()}
    assert len(left) == 3  # a score of today may be one of a dataset that is being made
    for path in left:
        os.utime(path, (0, 0))
    assert cleaned(capsys) == [("scores", "no dataset has them any more")]
    assert len(list((own / "scores").glob("*.arrow"))) == 3
    assert other.verify() == []
    monkeypatch.setattr(own_module, "STORE_VERSION", "next")
    assert ("own", "another parser") in cleaned(capsys, "--dry-run")
    assert ("own", "as asked") in cleaned(capsys, "--own")
    assert [path.name for path in own.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_clean_of_a_board_leaves_own_scores(folder, tmp_path, capsys):
    load(folder, labels=is_last)
    (tmp_path / "home/own/scores/half.arrow.part").write_text("")
    with locked(tmp_path / "home/own/scores"):  # by a process that parses
        assert cleaned(capsys, "chorale-phrase", "--notes") == []
    assert cleaned(capsys, "chorale-phrase", "--notes") == [
        ("half.arrow.part", "left by a process that was killed")
    ]
    assert len(list((tmp_path / "home/own/scores").iterdir())) == 3


def scale_of(notes):
    return {"loud": np.ones(len(notes))}


def test_a_task_of_functions_is_not_left_for_other_processes(folder, tmp_path):
    options = {"read_labels": lambda notes: {"top": is_last(notes) * 1}, "read_context": scale_of}
    task = Task("top", "note", {"top": ("lower", "top")}, ("pitch",), ("accuracy",), **options)
    load(folder, labels=task, splits=lambda _: "test")
    assert not list((tmp_path / "home/own").glob("*.json"))


def num_open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted")
def test_a_score_is_opened_when_it_is_asked_for(tmp_path):
    """Thousands of scores do not hold thousands of open files."""
    for number in range(30):
        write_kern(tmp_path / f"{number}.krn", *"cd" * (number + 1))
    before = num_open_files()
    dataset = load(tmp_path)
    graphs = list(dataset)
    assert len(graphs) == 30
    assert num_open_files() - before < 10
