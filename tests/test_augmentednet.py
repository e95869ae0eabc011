"""AugmentedNet: its tables of notes, the labels in them, metrics and rules, on four own bars."""

import csv
import itertools

import numpy as np
import pytest
import torch

from makers.augmentednet import published_split
from musebench.annotations import IGNORE_LABEL, read_augmentednet_labels
from musebench.annotations.augmentednet_classes import AUGMENTEDNET_HEADS as HEADS
from musebench.boards import find_board
from musebench.corpora import AUGMENTEDNET, Piece, fetch
from musebench.errors import AnnotationError, ScoreError
from musebench.evaluation import Evaluator, PieceTarget
from musebench.graph import build_graph, build_task_graph
from musebench.models import rules_of
from musebench.models.rules.template_chords_augmentednet import sounding_pitch_classes
from musebench.score import read_augmentednet
from musebench.splits import read_pieces, split_of_pieces
from musebench.tasks.augmentednet import quarters_to_next_onset

BOARD = find_board("augmentednet-roman-numeral")
RULES = rules_of(BOARD.task.name)
CHORD = {
    "a_localKey": "C",
    "a_tonicizedKey": "C",
    "a_degree1": "1",
    "a_degree2": "None",
    "a_quality": "major triad",
    "a_inversion": "0",
    "a_root": "C",
}
DOMINANT = CHORD | {"a_degree1": "5", "a_root": "G", "a_quality": "dominant seventh chord"}
# quarter, length in quarters, letter, MIDI pitch, continues a tie, position in whole notes,
# measure, number of the chord, chord; 3/4 with a pick-up, and a measure without a note
TOY = (
    ("0", "1", "G", 67, False, "0", "0", 0, DOMINANT),
    ("1", "3", "C", 48, False, "0", "1", 1, CHORD),
    ("1", "2", "E", 64, False, "0", "1", 1, CHORD),
    ("1", "0", "D", 74, False, "0", "1", 1, CHORD),
    ("1", "3", "C", 72, False, "0", "1", 1, CHORD),
    ("3", "1", "G", 67, False, "1/2", "1", 1, CHORD),
    ("4", "1", "C", 72, True, "0", "2", 2, CHORD | {"a_inversion": "1"}),
    ("4", "3", "E", 52, False, "0", "2", 2, CHORD | {"a_inversion": "1"}),
    ("10", "3/2", "G", 43, False, "0", "4", 4, DOMINANT),
    ("10", "3/2", "B", 71, False, "0", "4", 4, DOMINANT),
    ("10", "3/2", "F", 77, False, "0", "4", 4, DOMINANT),
    ("23/2", "3/2", "C", 48, False, "3/8", "4", 5, CHORD),
)


def rows_of_toy():
    rows = []
    for quarter, length, step, midi, tied, position, measure, number, chord in TOY:
        onset, duration = (2 * float(np.prod(_ratio(text))) for text in (quarter, length))
        rows.append(
            {
                "onset_div": f"{onset:.0f}",
                "duration_div": f"{duration:.0f}",
                "s_offset_frac": quarter,
                "s_duration_frac": length,
                "ks_fifths": "0",
                "ts_beats": "3",
                "ts_beat_type": "4",
                "measureNumberWithSuffix": measure,
                "mn_onset": position,
                "s_midi": str(midi),
                "s_isOnset": str(not tied),
                "s_step": step,
                "s_alter": "0",
                "s_voice_id": "1",
                "a_annotationNumber": str(number),
                "valid_chord_label": "True",
                **chord,
            }
        )
    return rows


def _ratio(text):
    above, _, below = text.partition("/")
    return int(above), 1 / int(below or 1)


def write(file, rows):
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "toy_joint.tsv", rows_of_toy())


def test_a_table_becomes_sounding_notes(table):
    notes = read_augmentednet(table)
    assert notes.divs_pq == 2
    assert notes.onset_div.tolist() == [0, 2, 2, 2, 2, 6, 8, 20, 20, 20, 23]
    assert notes.pitch.tolist() == [67, 48, 64, 72, 74, 67, 52, 43, 71, 77, 48]
    assert notes.duration_div.tolist() == [2, 6, 4, 8, 0, 2, 6, 3, 3, 3, 3]  # 72 goes on to 5
    assert notes.is_grace.tolist() == [i == 4 for i in range(11)]
    assert notes.octave.tolist() == [4, 3, 4, 5, 5, 4, 3, 2, 4, 5, 3]
    assert notes.note_id[3] == "n4"


def test_barlines_are_those_of_the_notes_and_empty_measures_are_filled_in(table):
    notes = read_augmentednet(table)
    assert notes.measures.start_div.tolist() == [0, 2, 8, 14, 20]
    assert notes.measures.end_div.tolist() == [2, 8, 14, 20, 26]
    assert notes.measures.position_div.tolist() == [4, 0, 0, 0, 0]  # the pick-up ends on a barline
    assert notes.measures.name.tolist() == ["0", "1", "2", "", "4"]
    assert notes.measure_position_div.tolist() == [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 3]


def test_a_barline_that_goes_back_is_not_followed(tmp_path):
    rows = rows_of_toy()
    rows[5]["mn_onset"] = "3/4"  # as if its measure began at 0
    rows[-1]["mn_onset"] = "7/8"
    notes = read_augmentednet(write(tmp_path / "toy.tsv", rows))
    assert notes.measures.start_div.tolist() == [0, 2, 8, 14, 20]


def test_a_continuation_goes_to_the_note_that_ends_there(tmp_path):
    rows = rows_of_toy()
    rows[6]["s_isOnset"] = "True"
    assert len(read_augmentednet(write(tmp_path / "no_tie.tsv", rows))) == len(rows)
    rows = rows_of_toy()
    rows[5]["s_isOnset"] = "False"  # no G ends there: a note of its own
    assert len(read_augmentednet(write(tmp_path / "nothing.tsv", rows))) == len(rows) - 1


def test_labels_are_those_of_the_onsets(table):
    found = read_augmentednet_labels(table, read_augmentednet(table))
    named = {
        head: [HEADS[head][label] for label in labels] for head, labels in found.labels.items()
    }
    assert named["degree1"] == ["5", "1", "1", "1", "5", "1"]
    assert named["inversion"] == ["0", "0", "0", "1", "0", "0"]
    assert named["quality"][0] == "dominant seventh chord"
    assert set(named["local_key"]) == {"C"}
    assert set(named["degree2"]) == {"None"}
    # Chord 3 is in the measure without notes.
    assert found.counts == {"annotated": 6, "unaligned": 1, "overruled": 0, "unread": 0}


def test_what_is_not_valid_or_has_no_class_has_no_label(tmp_path):
    rows = rows_of_toy()
    rows[0]["valid_chord_label"] = "False"
    rows[5]["a_quality"] = "a cluster"
    rows[11]["a_root"] = "H"
    file = write(tmp_path / "toy.tsv", rows)
    found = read_augmentednet_labels(file, read_augmentednet(file))
    for labels in found.labels.values():
        assert np.flatnonzero(labels == IGNORE_LABEL).tolist() == [0, 2, 5]
    assert found.counts["unread"] == 3


def test_no_annotation_reaches_the_inputs(table, tmp_path):
    """Everything of the analysis scrambled: the note table and the graph stay as they are."""
    rows = rows_of_toy()
    for row in rows:
        row |= {name: "scrambled" for name in row if name.startswith("a_")}
        row["valid_chord_label"] = "False"
    notes = read_augmentednet(table)
    other = read_augmentednet(write(tmp_path / "scrambled.tsv", rows))
    for name, column in notes.columns().items():
        assert column.tobytes() == other.columns()[name].tobytes()
    graphs = [build_graph(found, BOARD.task.inputs).to_dict() for found in (notes, other)]
    for part in ("note", "beat", "measure"):
        assert graphs[0][part]["x"].numpy().tobytes() == graphs[1][part]["x"].numpy().tobytes()


@pytest.mark.parametrize(
    ("row", "cells", "message"),
    [
        (2, {"onset_div": "0"}, "not in order of onset_div"),
        (3, {"duration_div": "1"}, "do not agree with those in quarter notes"),
        (0, {"s_isOnset": "yes"}, "s_isOnset has 'yes', and True and False are read"),
        (0, {"s_step": "H"}, "a note has the step 'H'"),
        (0, {"s_alter": "1"}, "row 1: MIDI pitch 67 cannot be spelled as G with alteration 1"),
        (0, {"ts_beat_type": "0"}, "time signature 3/0; both numbers may be 1 to"),
        (
            5,
            {"mn_onset": "1/3"},
            "row 6: mn_onset is 1/3, which is not a whole number of divisions",
        ),
        (5, {"s_midi": "G"}, "row 6: s_midi is 'G', not a whole number"),
    ],
)
def test_a_broken_table_is_refused(row, cells, message, tmp_path):
    rows = rows_of_toy()
    rows[row] |= cells
    file = write(tmp_path / "broken.tsv", rows)
    with pytest.raises(ScoreError, match=f"{file}.*{message}"):
        read_augmentednet(file)


def test_labels_of_another_score_are_refused(table, tmp_path):
    notes = read_augmentednet(table)
    few = write(tmp_path / "few.tsv", rows_of_toy()[:5])
    with pytest.raises(AnnotationError, match="has 5 rows, and the score has a note of row 12"):
        read_augmentednet_labels(few, notes)
    rows = rows_of_toy()
    rows[2]["a_root"] = "E"
    two = write(tmp_path / "two.tsv", rows)
    with pytest.raises(AnnotationError, match="it has two chords at one onset"):
        read_augmentednet_labels(two, notes)


def test_the_time_to_the_next_onset_is_in_quarters(table):
    weights = quarters_to_next_onset(read_augmentednet(table))["quarters_to_next"]
    assert weights.tolist() == [1, 2, 1, 6, 1.5, 1.5]


def test_metrics_by_hand(table):
    notes = read_augmentednet(table)
    labels = dict(read_augmentednet_labels(table, notes).labels)
    labels = {
        head: np.where(np.arange(6) == 5, IGNORE_LABEL, found) for head, found in labels.items()
    }
    predicted = {head: np.maximum(found, 0) for head, found in labels.items()}
    predicted["root"] = predicted["root"] + (np.arange(6) == 1)  # the root alone is wrong
    predicted["degree1"] = predicted["degree1"] - (np.arange(6) == 3)
    target = PieceTarget("toy", "work", "Anon", labels, quarters_to_next_onset(notes))
    found = Evaluator.from_targets(BOARD.task, [target]).eval({"y_pred": {"toy": predicted}})
    assert found["num_onsets"] == 5  # the last has no label
    assert found["roman_numeral_accuracy"] == 3 / 5
    assert found["roman_numeral_accuracy_published"] == found["degree_accuracy"] == 4 / 5
    assert found["roman_numeral_accuracy_by_duration"] == pytest.approx(3.5 / 11.5)
    assert found["root_accuracy"] == found["degree1_accuracy"] == 4 / 5
    assert found["local_key_accuracy"] == 1


def test_what_sounds_is_found_at_every_onset(table):
    notes = read_augmentednet(table)
    sounding, bass = sounding_pitch_classes(notes)
    at = [set(np.flatnonzero(row).tolist()) for row in sounding]
    assert at == [{7}, {0, 2, 4}, {0, 7}, {0, 4}, {5, 7, 11}, {0}]
    assert bass.tolist() == [7, 0, 0, 4, 7, 0]


def test_template_chords_name_what_sounds(table):
    notes = read_augmentednet(table)
    predicted = RULES["template-chords"](notes)
    named = {head: [HEADS[head][label] for label in found] for head, found in predicted.items()}
    assert named["root"][4] == "G"
    assert named["quality"][4] == "dominant seventh chord"
    assert named["degree1"] == ["5", "1", "1", "1", "5", "1"]
    assert named["inversion"][3:] == ["1", "0", "0"]
    assert set(named["local_key"]) == {"C"}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_predicts_every_onset_in_every_head(name, table):
    notes = read_augmentednet(table)
    labels = read_augmentednet_labels(table, notes).labels
    predicted = RULES[name].fit([notes], [labels])(notes)
    assert predicted.keys() == HEADS.keys()
    for head, classes in predicted.items():
        assert classes.shape == (6,)
        assert ((classes >= 0) & (classes < len(HEADS[head]))).all()


def test_majority_counts_and_says_if_it_has_not(table):
    notes = read_augmentednet(table)
    labels = read_augmentednet_labels(table, notes).labels
    predicted = RULES["majority"].fit([notes], [labels])(notes)
    assert {HEADS["degree1"][label] for label in predicted["degree1"]} == {"1"}
    with pytest.raises(ValueError, match=r"call fit\(tables, labels\) first"):
        RULES["majority"](notes)


def test_the_corpus_and_its_splits_are_as_published():
    assert len(AUGMENTEDNET.pieces) == 353
    assert set(AUGMENTEDNET.paths) <= set(AUGMENTEDNET.registry)
    published = split_of_pieces(BOARD.name, "augmentednet")
    assert published.value_counts().to_dict() == {"train": 231, "valid": 56, "test": 56}
    works = read_pieces(BOARD.name)["work_id"]
    assert (published.groupby(works).nunique() > 1).sum() == 27  # the leaks that the card tells
    with pytest.raises(ValueError, match=r"x\.tsv is in no folder of training, validation, test"):
        published_split(Piece("x", ("x.tsv",)))


def test_classes_are_sorted_and_distinct():
    for classes in HEADS.values():
        assert all(one < other for one, other in itertools.pairwise(classes))


@pytest.mark.corpus
@pytest.mark.usefixtures("asap_mirror")
def test_two_annotations_of_one_music_have_the_same_inputs(tmp_path):
    paths = {piece.piece_id: piece.score for piece in AUGMENTEDNET.pieces}
    names = [name for name in paths if name.startswith("tavern") and name.endswith("-a")][::3]
    assert len(names) == 9
    pairs = [(paths[name], paths[f"{name.removesuffix('-a')}-b"]) for name in names]
    files = fetch(AUGMENTEDNET, [path for pair in pairs for path in pair], tmp_path)
    for pair in pairs:
        one, other = (build_task_graph(read_augmentednet(files[path]), BOARD.task) for path in pair)
        for store, same in zip(one.stores, other.stores, strict=True):
            for name, value in store.items():
                assert torch.equal(value, same[name]), (pair, name)
