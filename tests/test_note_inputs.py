"""What models of staves, melody and composer may not see, and the splits of their boards."""

import csv
import hashlib
import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import musebench
from makers.asap import STAVES_OF_ASAP
from makers.dcml import SMALLEST_COMPOSER
from makers.openscore import openscore_pieces
from makers.schemes import composer_scheme
from musebench.annotations import IGNORE_LABEL, STAVES, count_staves, staff_labels
from musebench.boards import find_board
from musebench.corpora import ASAP, DCML_KEYBOARD
from musebench.graph import build_graph
from musebench.models import rules_of
from musebench.score import PartTable, read_score
from musebench.splits import SPLITS, read_column, read_exclusions, read_pieces, split_of_pieces
from musebench.store import labels_of, load_notes
from musebench.tasks import COMPOSER, MELODY, STAFF_SEPARATION

# The splits are frozen: a changed hash changes what every published number means.
HASHES = {
    "asap-staff-separation": "c683fccbcabfd72814189731b88649d42d55042869ec1db3e816e9418fe72236",
    "dcml-composer": "c3d43ec84b6cca98ef146518086ef3018df09618f9c2fa5a247ec264266418db",
    "openscore-pitch-spelling": "f7b299995f021a9f86fabfe6a54b01ed005079942733b44e2de44f5c3d86ba25",
    "openscore-staff-separation": (
        "03cca5c130dc78a2f6a216764855df7e3e3832f3607bb6b3f2193947a26522c9"
    ),
    "openscore-voice-separation": (
        "5158b5736693de2205dd6e39d5e52ec222b0e0266fe975dcc9b13e1217e43376"
    ),
    "lieder-melody": "9428aa96cca23da5ddf3028f73127aa4d3c8d96473f1f978038f0d28f0f074cd",
}


# Inputs hide the labels


@pytest.mark.parametrize("task", [STAFF_SEPARATION, MELODY, COMPOSER], ids=lambda task: task.name)
def test_inputs_and_rules_do_not_change_with_the_labels(task, song, toy):
    """Part, staff, voice, spelling and names are scrambled in the note table."""
    random = np.random.default_rng(2)
    for notes in (song, read_score(toy / "piano.musicxml"), read_score(toy / "duet.musicxml")):
        size = len(notes)
        scrambled = replace(
            notes,
            **{name: random.integers(0, 2, size) for name in ("part", "staff", "voice", "alter")},
            step=np.full(size, "B"),
            octave=np.zeros(size, np.int64),
            key_fifths=np.full(size, -7),
            note_id=np.full(size, "x"),
            parts=PartTable(np.array(["Piano", "Voice"])),
        )
        before, after = (build_graph(n, task.inputs).to_dict() for n in (notes, scrambled))
        assert_same(before, after)
        for rule in rules_of(task.name).values():
            fitted = rule.fit([notes], [{task.main_head: np.array([1])}])
            assert (fitted(notes)[task.main_head] == fitted(scrambled)[task.main_head]).all()


@pytest.mark.parametrize("name", ["piano", "duet"])
def test_inputs_do_not_change_with_staves_and_parts_of_the_source(name, toy, tmp_path):
    """The same in the file: voices, staves, names of parts."""
    text = (toy / f"{name}.musicxml").read_text("utf-8")
    for old, new in (
        ("<staff>1</staff>", "<staff>3</staff>"),
        ("<staff>2</staff>", "<staff>1</staff>"),
        ("<voice>1</voice>", "<voice>7</voice>"),
        ("<part-name>", "<part-name>Voice "),
    ):
        text = text.replace(old, new)
    (tmp_path / "scrambled.musicxml").write_text(text, "utf-8")
    tables = [read_score(toy / f"{name}.musicxml"), read_score(tmp_path / "scrambled.musicxml")]
    assert_same(*(build_graph(table, MELODY.inputs).to_dict() for table in tables))


def assert_same(before, after):
    assert before.keys() == after.keys()
    for key, value in before.items():
        if isinstance(value, dict):
            assert_same(value, after[key])
        elif isinstance(value, torch.Tensor):
            assert torch.equal(value, after[key]), key
        else:
            assert value == after[key]


def test_a_graph_has_one_composer(toy):
    graph = build_graph(
        read_score(toy / "piano.musicxml"), COMPOSER.inputs, other_labels={"y": np.array([3])}
    )
    assert graph.y.shape == (1,)
    assert "y" not in graph["note"]


# Boards and splits


def read_csv(board):
    path = Path(str(files("musebench.splits"))) / f"{board}.csv"
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.mark.parametrize("board", HASHES)
def test_the_splits_are_frozen_and_follow_the_works(board):
    path = Path(str(files("musebench.splits"))) / f"{board}.csv"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == HASHES[board]
    works = {row["work_id"]: row["split"] for row in read_csv("works")}
    for row in read_csv(board):
        assert row["split_official"] == works.get(row["work_id"], "")
        assert row["split_official"] in SPLITS or row["exclusion"]
    splits = split_of_pieces(board).groupby(read_pieces(board)["work_id"]).nunique()
    assert splits.eq(1).all()


def test_staves_have_the_splits_of_pitch_spelling():
    spelling = pd.DataFrame(read_csv("asap-pitch-spelling"))
    staves = pd.DataFrame(read_csv("asap-staff-separation"))
    differ = spelling["exclusion"] != staves["exclusion"]
    assert set(staves["piece_id"][differ]) == set(STAVES_OF_ASAP)
    for column in ("piece_id", "work_id", "composer", "split_official", "split_composer"):
        assert (spelling[column] == staves[column]).all()


def test_every_composer_is_in_every_fold_and_has_five_works():
    pieces, fold = read_pieces("dcml-composer"), read_column("dcml-composer", "fold")
    assert pieces.groupby("composer")["work_id"].nunique().min() >= SMALLEST_COMPOSER
    for _, names in pieces["composer"].groupby(fold):
        assert set(names) == set(COMPOSER.heads["composer"])
    assert {piece.piece_id for piece in DCML_KEYBOARD.pieces} == {
        *pieces["piece_id"],
        *read_exclusions("dcml-composer")["piece_id"],
    }


def test_a_song_cycle_shares_its_split_with_other_corpora():
    winterreise = read_pieces("lieder-melody")["work_id"] == "schubert/d911"
    assert winterreise.sum() == 24
    works = {row["work_id"]: row["split"] for row in read_csv("works")}
    assert set(split_of_pieces("lieder-melody")[winterreise]) == {works["schubert/d911"]}


def test_no_composer_of_songs_is_in_two_splits_of_the_composer_scheme():
    pieces, split = read_pieces("lieder-melody"), split_of_pieces("lieder-melody", "composer")
    assert split.groupby(pieces["composer"]).nunique().eq(1).all()
    assert set(split) == set(SPLITS)
    # Ten composers, one far larger than the others.
    pieces = {f"p{i}": f"c{i}" for i in range(10)}
    found = composer_scheme(pieces, {name: 700 if name == "p0" else 33 for name in pieces})
    assert found["c0"] == "train"
    assert set(found.values()) == set(SPLITS)


@pytest.mark.corpus
def test_the_songs_are_those_of_the_scores(at_hand, chorale_home):
    at_hand("lieder-melody")
    made = openscore_pieces("lieder-melody", chorale_home)
    kept = pd.DataFrame(read_csv("lieder-melody"))
    for column in ("piece_id", "work_id", "composer", "title", "split_composer", "exclusion"):
        assert made[column].tolist() == kept[column].tolist()


@pytest.mark.corpus
def test_the_staves_of_asap_are_counted(asap_mirror, chorale_home):
    tables = load_notes(ASAP, chorale_home).tables
    found = {
        name: count_staves(tables[name]) for name in read_pieces("asap-pitch-spelling")["piece_id"]
    }
    assert {name: count for name, count in found.items() if count != 2} == STAVES_OF_ASAP
    gondoliera = staff_labels(tables["Liszt/Annees_de_pelerinage_2/1_Gondoliera"])["staff"]
    assert np.bincount(gondoliera).tolist() == [1716, 961]
    assert len(STAVES) == 2


def test_a_board_of_pieces_takes_its_labels_from_their_table():
    board = find_board("dcml-composer")
    for row in read_pieces(board.name).iloc[::50].itertuples():
        (label,) = labels_of(board, None, row.piece_id)["composer"].tolist()
        assert board.task.heads["composer"][label] == row.composer


@pytest.mark.skipif("MUSEBENCH_MIRROR" not in os.environ, reason="no mirror")
def test_graphs_of_pieces_say_their_composer_as_a_label_alone(dcml_mirror, chorale_home):
    dataset = musebench.DCMLComposer(chorale_home)
    graph = dataset[int(dataset.get_idx_split()["train"][0])]
    assert graph.y.shape == (1,)
    composer = dataset.pieces.set_index("piece_id")["composer"][graph.piece_id]
    assert dataset.classes["composer"][int(graph.y)] == composer
    assert composer not in set(graph._global_store.values())
    hidden = dataset[dataset.get_idx_split()["test"]]
    assert {int(graph.y) for graph in hidden} == {IGNORE_LABEL}
