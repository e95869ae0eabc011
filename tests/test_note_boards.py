"""The boards of staves, melodies and composers: labels, metrics, rules, and what inputs hide."""

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
from made_scores import table_of
from makers.asap import STAVES_OF_ASAP
from makers.dcml import SMALLEST_COMPOSER
from makers.openscore import openscore_pieces
from makers.schemes import composer_scheme
from musebench.annotations import (
    IGNORE_LABEL,
    STAVES,
    count_staff_twins,
    count_staves,
    melody_labels,
    reason_without_melody,
    staff_labels,
)
from musebench.boards import find_board
from musebench.corpora import ASAP, DCML_KEYBOARD
from musebench.errors import AnnotationError, PredictionError
from musebench.evaluation import Evaluator, PieceTarget
from musebench.graph import build_graph, build_task_graph
from musebench.models import rules_of
from musebench.models.rules.logistic import fit_logistic
from musebench.models.rules.pitch_class_profile import tonic_profile
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
NOTES = "\n".join(
    [
        "onset pitch duration part staff",
        "0 60 2 0 1",
        "0 60 2 1 1",
        "0 64 1 1 1",
        "1 72 0 1 1",
        "1 40 3 1 2",
        "2 62 1 0 1",
        "2 64 1 1 2",
    ]
)


def notes_of(*pitches):
    """Single notes, one after the other."""
    size = len(pitches)
    return replace(table_of(np.arange(size), np.ones(size)), pitch=np.array(pitches))


@pytest.fixture
def song():
    """Seven notes of a voice and a piano on two staves; the piano doubles the first sung note."""
    columns = np.array([line.split() for line in NOTES.splitlines()[1:]], dtype=np.int64).T
    onset, pitch, duration, part, staff = columns
    return replace(
        notes_of(*pitch.tolist()),
        onset_div=onset,
        duration_div=duration,
        part=part,
        staff=staff,
        beats=np.full(7, 4),
        beat_type=np.full(7, 4),
        parts=PartTable(np.array(["Singstimme\nVoice", "Pianoforte"])),
    )


def with_parts(notes, *names):
    return replace(notes, parts=PartTable(np.array(names)))


# Labels


def test_staves_are_counted_through_the_parts_and_only_if_they_hold_notes(song, toy):
    piano = replace(song, part=np.zeros_like(song.part), staff=song.staff + 2)
    assert count_staves(piano) == 2
    assert staff_labels(piano)["staff"].tolist() == [0, 0, 0, 0, 1, 0, 1]
    duet = replace(song, staff=np.ones_like(song.staff))
    assert staff_labels(duet)["staff"].tolist() == song.part.tolist()
    assert staff_labels(read_score(toy / "piano.musicxml"))["staff"].sum() == 1


def test_twins_on_both_staves_are_counted_and_those_on_one_are_not(song):
    piano = replace(song, part=np.zeros_like(song.part))
    twins = {"notes with a twin on the other staff": (0, 7)}
    assert count_staff_twins(piano) == twins  # the first two are on one staff
    across = replace(piano, pitch=np.array([60, 60, 64, 72, 40, 62, 62]))
    assert count_staff_twins(across) == dict.fromkeys(twins, (2, 7))
    three = replace(across, staff=np.array([1, 2, 1, 1, 2, 1, 2]), pitch=across.pitch)
    assert count_staff_twins(three) == dict.fromkeys(twins, (4, 7))


def test_other_numbers_of_staves_are_refused(song):
    with pytest.raises(AnnotationError, match="the notes are on 3 staves; staff separation needs"):
        staff_labels(song)


def test_what_is_sung_is_the_melody(song):
    assert melody_labels(song)["melody"].tolist() == [1, 0, 0, 0, 0, 1, 0]
    oboe = with_parts(song, "Oboe", "Cembalo\nPiano")
    assert melody_labels(oboe)["melody"].tolist() == [1, 0, 0, 0, 0, 1, 0]


def test_what_doubles_a_sung_note_is_that_note(song):
    song = replace(song, duration_div=np.array([1, 3, *song.duration_div[2:]]))
    for sung in (song, replace(song, part=1 - song.part, parts=PartTable(song.parts.name[::-1]))):
        nodes = MELODY.nodes(sung)
        assert len(nodes) == 6
        assert melody_labels(nodes)["melody"].tolist() == [1, 0, 0, 0, 1, 0]
        assert nodes.duration_div[0] == 3
        # The source's order, and which part the longest is in, say nothing.
        assert np.array_equal(nodes.onset_div, song.onset_div[1:])
    graph = build_task_graph(song, MELODY, melody_labels(nodes))
    assert graph["note"].num_nodes == 6


@pytest.mark.parametrize("seed", range(20))
def test_no_sung_note_is_lost(seed):
    random = np.random.default_rng(seed)
    onset, duration, pitch, part = (random.integers(0, high, 30) for high in (5, 4, 4, 2))
    notes = replace(
        table_of(np.sort(onset), duration),
        pitch=60 + pitch,
        part=part,
        parts=PartTable(np.array(["Voice", "Piano"])),
    )
    nodes = MELODY.nodes(notes)

    def places(table, chosen):
        return set(zip(table.onset_div[chosen].tolist(), table.pitch[chosen].tolist(), strict=True))

    assert len(nodes) == len(places(notes, slice(None)))
    sung = melody_labels(nodes)["melody"] == 1
    assert places(nodes, sung) == places(notes, notes.part == 0)
    for onset_div, pitch, duration in zip(
        nodes.onset_div, nodes.pitch, nodes.duration_div, strict=True
    ):
        here = (notes.onset_div == onset_div) & (notes.pitch == pitch)
        assert duration == notes.duration_div[here].max()


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["Chant.\nVoice", "PIANO."], ""),
        (["Ténor", "2nd Bass", "Piano\n  ou\nOrgue"], ""),
        (["Traverso", "Klavier"], ""),
        (["Voice", "Piano", "Piano"], ""),
        (["Voice", "Guitarre"], "no piano"),
        (["Piano"], "no voice"),
        (["S", "A", "Piano\n(For practice\nonly)"], "the piano only doubles the voices, for pract"),
        (["Voice", "Flute", "Piano"], "an instrument beside voice and piano"),
        (["Canto", "Basso\nCello", "Cembalo"], "an instrument beside voice and piano"),
        (["Soprano", "Piano", "Facilité"], "a part is an easier version of another part"),
    ],
)
def test_parts_are_told_by_their_names(names, reason):
    found = reason_without_melody(names)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_song_without_a_voice_is_refused(song):
    with pytest.raises(AnnotationError, match="'A', 'Guitar' do not show who sings: no piano"):
        melody_labels(with_parts(song, "A", "Guitar"))


# Metrics, by hand


def piece(name, labels, head, composer="Bach"):
    return PieceTarget(name, name, composer, {head: np.array(labels)})


def test_metrics_of_staves():
    targets = [piece("a", [0, 0, 1, 1, 1], "staff"), piece("b", [0, 1, IGNORE_LABEL], "staff")]
    y_pred = {"a": np.array([0, 1, 1, 1, 0]), "b": np.array([0, 0, 1])}
    found = Evaluator.from_targets(STAFF_SEPARATION, targets).eval({"y_pred": y_pred})
    # Lower: 2 found, 3 predicted, 4 true. Upper: 2 found, 4 predicted, 3 true.
    assert found["accuracy_pooled"] == pytest.approx(4 / 7)
    assert found["accuracy"] == found["accuracy_piece_mean"]  # each piece is a work
    assert found["accuracy_piece_mean"] == pytest.approx((3 / 5 + 1 / 2) / 2)
    assert found["f1_lower"] == pytest.approx(4 / 7)
    assert found["macro_f1"] == pytest.approx(4 / 7)
    assert found["num_notes"] == 7
    assert found["macro_f1_ci95"][0] <= found["macro_f1"] <= found["macro_f1_ci95"][1]


def test_metrics_of_melodies():
    targets = [piece("a", [1, 0, 0, 1, IGNORE_LABEL], "melody"), piece("b", [0, 1], "melody")]
    y_pred = {"a": np.array([1, 1, 0, 0, 1]), "b": np.array([1, 1])}
    found = Evaluator.from_targets(MELODY, targets).eval({"y_pred": y_pred})
    # The voice: 2 found, 4 predicted, 3 true; the note without a class does not count.
    assert found["precision"] == pytest.approx(2 / 4)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(4 / 7)
    assert found["f1_piece_mean"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found["accuracy"] == pytest.approx(3 / 6)
    silent = {"a": np.zeros(5, int), "b": np.zeros(2, int)}
    nothing = Evaluator.from_targets(MELODY, targets).eval({"y_pred": silent})
    assert (nothing["f1"], nothing["recall"], nothing["precision"]) == (0, 0, None)


def test_metrics_of_composers_count_pieces():
    bach, chopin, grieg = (COMPOSER.heads["composer"].index(n) for n in ("Bach", "Chopin", "Grieg"))
    truth = {"a": bach, "b": bach, "c": chopin, "d": grieg}
    names = {bach: "Bach", chopin: "Chopin", grieg: "Grieg"}
    targets = [piece(name, [c], "composer", names[c]) for name, c in truth.items()]
    y_pred = {"a": bach, "b": np.array([chopin]), "c": chopin, "d": np.array([bach])}
    found = Evaluator.from_targets(COMPOSER, targets).eval({"y_pred": y_pred})
    # Bach: 1 found, 2 predicted, 2 true. Chopin: 1, 2, 1. Grieg: 0, 0, 1. The others never occur.
    assert found["accuracy"] == pytest.approx(2 / 4)
    assert found["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert found["num_graphs"] == 4
    recall = {name: row["accuracy"] for name, row in found["by_composer"].items()}
    assert recall == {"Bach": 0.5, "Chopin": 1, "Grieg": 0}
    with pytest.raises(PredictionError, match=r"graph 0 has class 10; classes are 0\.\.9"):
        Evaluator.from_targets(COMPOSER, targets).eval({"y_pred": {**y_pred, "d": 10}})


# Rules


def test_middle_c_is_on_the_upper_staff():
    assert rules_of("staff-separation")["pitch-60"](notes_of(59, 60, 61))["staff"].tolist() == [
        1,
        0,
        0,
    ]


def test_the_skyline_hears_what_is_held_over(song):
    # 64 hides both 60; the grace note 72 lies above all; 40 begins when only 60 sounds; at 2
    # nothing of before sounds but 40, and 64 hides 62.
    found = rules_of("melody")["skyline"](song)["melody"].tolist()
    assert found == [0, 0, 1, 1, 0, 0, 1]
    held = replace(
        notes_of(70, 65, 66, 66),
        onset_div=np.array([0, 1, 2, 2]),
        duration_div=np.array([2, 1, 1, 1]),
    )
    assert rules_of("melody")["skyline"](held)["melody"].tolist() == [1, 0, 1, 1]


def by_definition(notes):
    """A sentence of the definition a line."""
    onset, offset = notes.onset_div, notes.onset_div + notes.duration_div
    return [
        not any((onset <= onset[i]) & (offset > onset[i]) & (notes.pitch > notes.pitch[i]))
        for i in range(len(notes))
    ]


def test_the_skyline_is_its_definition():
    random = np.random.default_rng(0)
    for _ in range(50):
        size = int(random.integers(1, 30))
        notes = replace(
            notes_of(*random.integers(50, 60, size).tolist()),
            onset_div=np.sort(random.integers(0, 12, size)),
            duration_div=random.integers(0, 6, size),
        )
        found = rules_of("melody")["skyline"](notes)["melody"]
        assert found.astype(bool).tolist() == by_definition(notes)


@pytest.mark.parametrize("task", ["staff-separation", "melody", "composer"])
def test_majority_gives_the_most_frequent_class(task):
    rule, notes = rules_of(task)["majority"], notes_of(60, 62, 64)
    with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
        rule(notes)
    ((head, found),) = rule.fit(
        [notes, notes], [{rule.task.main_head: np.array(c)} for c in ([1, 1, IGNORE_LABEL], [0])]
    )(notes).items()
    assert head == rule.task.main_head
    assert found.tolist() == ([1] if task == "composer" else [1, 1, 1])


def test_a_profile_starts_at_the_tonic_and_weighs_durations():
    scale = notes_of(60, 62, 64, 65, 67, 69, 71, 60, 64, 67, 60)
    in_d = replace(scale, pitch=scale.pitch + 2)
    np.testing.assert_allclose(tonic_profile(scale), tonic_profile(in_d))
    assert tonic_profile(scale)[[0, 4, 1]].tolist() == pytest.approx([3 / 11, 2 / 11, 0])
    a_minor = notes_of(69, 72, 76, 69, 71, 72, 74, 76, 77, 68, 69, 76)
    assert tonic_profile(a_minor).argmax() in {0, 7}
    with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
        rules_of("composer")["pitch-class-profile"](scale)


def test_logistic_regression_finds_the_minimum():
    random = np.random.default_rng(1)
    features, target = random.normal(size=(60, 3)), random.integers(0, 3, 60)
    features[:, 2] = 5  # constant: its weight stays 0
    found = fit_logistic(features, target, 3)
    assert (fit_logistic(features, target, 3).weights == found.weights).all()
    rows = np.column_stack([(features - found.mean) / found.scale, np.ones(60)])
    scores = np.exp(rows @ found.weights)
    gradient = rows.T @ (scores / scores.sum(axis=1, keepdims=True) - np.eye(3)[target])
    gradient[:-1] += found.weights[:-1]
    assert np.abs(gradient).max() < 1e-4
    assert np.abs(found.weights[2]).max() < 1e-6
    separable = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    assert fit_logistic(separable, np.array([0, 0, 1, 1]), 2).predict(separable).tolist() == [
        *(0, 0, 1, 1)
    ]


@pytest.mark.parametrize(
    ("target", "penalty", "message"),
    [
        ([], 1.0, "2 rows of features and 0 classes"),
        ([0, 3], 1.0, r"a class is out of range; classes must be 0\.\.1"),
        ([0, 1], 0.0, "penalty is 0.0; it must be positive"),
    ],
)
def test_logistic_regression_refuses(target, penalty, message):
    with pytest.raises(ValueError, match=message):
        fit_logistic(np.zeros((2, 1)), np.array(target, dtype=int), 2, penalty)


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
