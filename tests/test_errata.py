"""Errata: what is known to be wrong, and what it changes where it is asked for."""

from dataclasses import replace

import numpy as np
import pytest

import toy_board
from musebench.annotations import IGNORE_LABEL
from musebench.boards import BOARDS
from musebench.corpora import CORPORA
from musebench.errata import Erratum, correct_labels, errata_of, read_errata, rows, write_errata
from musebench.errors import InputError
from musebench.evaluation import Evaluator
from musebench.evaluation.targets import load_targets
from musebench.splits import read_pieces
from musebench.store import labels_of, load_board_notes
from musebench.tasks import TASKS

SPELLING = TASKS["pitch-spelling"]
OF_TOY = Erratum(
    corpus=toy_board.BOARD.corpus.name,
    piece="piano",
    measures="0",
    onset="",
    pitch="",
    head="",
    label="",
    correct="",
    verdict="label wrong",
    what="The measure is wrong.",
    who="a test",
)


@pytest.fixture
def toys(built_toys, monkeypatch):
    """The toy board, with errata that a test chooses."""
    toy_board.register(monkeypatch, built_toys)

    def know(*errata):
        monkeypatch.setattr(rows, "read_errata", lambda name: errata * (name == OF_TOY.corpus))

    know()
    return know


def notes_and_labels(root):
    notes = load_board_notes(toy_board.BOARD, root).tables["piano"]
    return notes, toy_board.BOARD.task.read_labels(notes)


def test_the_labels_of_a_board_are_as_published_unless_the_scheme_is_chosen(toys, built_toys):
    toys(OF_TOY)
    by_scheme = {
        scheme: load_targets(toy_board.BOARD, "test", "official", built_toys, label_scheme=scheme)
        for scheme in ("official", "errata")
    }
    notes, published = notes_and_labels(built_toys)
    for scheme, targets in by_scheme.items():
        (piano,) = (piece for piece in targets if piece.piece_id == "piano")
        wrong = notes.measure_index == 0
        assert wrong.any()
        for head, labels in published.items():
            hidden = scheme == "errata"
            expected = np.where(wrong & hidden, IGNORE_LABEL, labels)
            assert np.array_equal(piano.labels[head], expected)


def test_the_evaluator_says_which_labels_it_uses(toys, built_toys):
    toys(OF_TOY)
    name = toy_board.BOARD.name
    official, corrected = (
        Evaluator(name, root=built_toys, label_scheme=scheme) for scheme in ("official", "errata")
    )
    assert "labels" not in official.name
    assert corrected.name.endswith("labels 'errata')")
    assert official.order_sha256 == corrected.order_sha256  # the same predictions fit both
    with pytest.raises(InputError, match="no label scheme 'right'; accepted are official, errata"):
        Evaluator(name, root=built_toys, label_scheme="right")


def test_a_row_names_a_note_by_onset_pitch_and_label(toys, built_toys):
    notes, labels = notes_and_labels(built_toys)
    row, classes = len(notes) // 2, SPELLING.heads["spelling"]
    published = classes[labels["spelling"][row]]
    correct = next(name for name in classes if name != published)
    erratum = replace(
        OF_TOY,
        measures="",
        onset=f"{notes.onset_div[row]}/{notes.divs_pq}",
        pitch=str(notes.pitch[row]),
        head="spelling",
        label=published,
        correct=correct,
    )
    corrected = correct_labels(SPELLING, notes, labels, [erratum])
    assert set(np.flatnonzero(corrected["spelling"] != labels["spelling"])) == {row}
    assert corrected["spelling"][row] == classes.index(correct)
    assert np.array_equal(corrected["key_signature"], labels["key_signature"])
    for verdict in ("model wrong", "both possible"):
        unchanged = correct_labels(SPELLING, notes, labels, [replace(erratum, verdict=verdict)])
        assert np.array_equal(unchanged["spelling"], labels["spelling"])


def test_a_row_about_notes_takes_their_onsets_too(built_toys):
    notes, _ = notes_and_labels(built_toys)
    task = TASKS["phrase"]
    labels = {"phrase_end": np.zeros(int(notes.onset_index[-1]) + 1, dtype=np.int64)}
    corrected = correct_labels(task, notes, labels, [OF_TOY])["phrase_end"]
    first = np.unique(notes.onset_index[notes.measure_index == 0])
    assert set(np.flatnonzero(corrected == IGNORE_LABEL)) == set(first)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"pitch": "127"}, "has no note  as the row about it says"),
        ({"head": "spelling", "label": "H"}, "spelling of pitch-spelling has no class 'H'"),
        ({"measures": "999"}, "measures is '999'"),
    ],
)
def test_a_row_that_fits_nothing_is_refused(built_toys, change, fault):
    notes, labels = notes_and_labels(built_toys)
    with pytest.raises(InputError, match=fault):
        correct_labels(SPELLING, notes, labels, [replace(OF_TOY, **change)])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"verdict": "odd"}, "the verdict is 'odd'; accepted are label wrong, model wrong, both"),
        ({"onset": "1/0"}, "the onset is '1/0'"),
        ({"pitch": "c4"}, "the pitch is 'c4'"),
        ({"correct": "C"}, "name its head and the published label, too"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused(change, fault):
    with pytest.raises(InputError, match=fault):
        replace(OF_TOY, **change)


def test_a_row_is_about_all_boards_of_its_files_and_labels(monkeypatch):
    published = Erratum(
        "asap", "Bach/Fugue/bwv_846", "1", "", "", "", "", "", "label wrong", "", ""
    )
    staff = replace(published, head="staff")
    monkeypatch.setattr(
        rows, "read_errata", lambda name: (published, staff) if name == "asap" else ()
    )
    about = {name: errata_of(board) for name, board in BOARDS.items()}
    found = {name: len(rows) for name, by_piece in about.items() for rows in by_piece.values()}
    assert found == {"asap-performance": 1, "asap-pitch-spelling": 1, "asap-staff-separation": 2}


TABLES = [name for name in CORPORA if read_errata(name)]


@pytest.mark.parametrize("corpus", TABLES)
def test_the_table_of_a_corpus_names_its_pieces_and_says_why(corpus):
    known = {piece.piece_id for piece in CORPORA[corpus].pieces}
    heads = {head: classes for task in TASKS.values() for head, classes in task.heads.items()}
    found = read_errata(corpus)
    for erratum in found:
        assert erratum.corpus == corpus
        assert erratum.piece in known
        assert erratum.what.endswith(".")
        assert erratum.who
        assert not erratum.thread or erratum.thread.startswith("https://github.com/")
        if erratum.head:
            assert {erratum.label, erratum.correct} <= {"", *heads[erratum.head]}
    assert rows.FOLDER.joinpath(f"{corpus}.csv").read_text("utf-8") == write_errata(found)


def test_every_table_is_that_of_a_corpus():
    files = {file.name for file in rows.FOLDER.iterdir() if file.name.endswith(".csv")}
    assert files == {f"{corpus}.csv" for corpus in TABLES}


CONCERNED = [name for name, board in BOARDS.items() if errata_of(board)]


@pytest.mark.corpus
@pytest.mark.parametrize("board", CONCERNED)
def test_every_row_fits_its_piece(board, at_hand, chorale_home):
    at_hand(board)
    found = BOARDS[board]
    store = load_board_notes(found, chorale_home)
    for piece in {*read_pieces(board)["piece_id"]} & errata_of(found).keys():
        labels = labels_of(found, store, piece)
        correct_labels(found.task, store.tables[piece], labels, errata_of(found)[piece])
