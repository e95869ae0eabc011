"""Which scores a user's folder has."""

import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch

import musebench
from made_folder import DATA, THREE, is_last, load, write_kern, write_midi
from musebench import read_score
from musebench.errors import InputError, ScoreWarning
from musebench.score import find_scores


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
