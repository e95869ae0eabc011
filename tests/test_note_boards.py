"""Staves, melody and composer: labels, metrics, and what models may not see."""

from dataclasses import replace

import numpy as np
import pytest

from made_scores import table_of
from made_songs import piece
from musebench.annotations import (
    IGNORE_LABEL,
    count_staff_twins,
    count_staves,
    melody_labels,
    reason_without_melody,
    staff_labels,
)
from musebench.errors import AnnotationError, PredictionError
from musebench.evaluation import Evaluator
from musebench.graph import build_task_graph
from musebench.score import PartTable, read_score
from musebench.tasks import COMPOSER, MELODY, STAFF_SEPARATION


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
