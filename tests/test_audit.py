"""The audit: labels that entries of several kinds doubt, and what errata change in their scores."""

import json
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

import toy_board
from made_submissions import BOARD, edit, make
from musebench.cli.app import app
from musebench.errata import rows
from musebench.errors import InputError, SubmissionError
from musebench.leaderboard import audit_board, corrections_of
from musebench.leaderboard.audit import _is_constant, _judge, _settled_links, _shift, _Vote
from musebench.leaderboard.runs import EntryRuns
from musebench.leaderboard.suspects import Places, class_name
from musebench.see import suspect_pages
from musebench.store import load_board_notes
from musebench.tasks import TASKS

A, B, C = 0, 1, 2


def vote(value, *, kind="rule", entry=0, weight=0.5, score=None):
    score = None if score is None else np.array(score, np.float64)
    return _Vote(entry, kind, weight, np.array(value), score)


def test_suspicion_is_the_mean_probability_of_the_other_class_less_that_of_the_label():
    target = np.array([A, A, A])
    votes = [
        vote([B, B, A], kind="trees", score=[[0.1, 0.8, 0.1], [0.4, 0.6, 0.0], [0.9, 0.1, 0.0]]),
        vote([B, C, A], entry=1),
    ]
    other, suspicion = _judge(target, votes)
    assert other[0] == B
    assert suspicion[0] == pytest.approx((0.8 + 1) / 2 - 0.1 / 2)
    assert suspicion[1:].tolist() == [-1, -1]  # they do not agree; they have the label


def test_two_entries_of_one_kind_doubt_nothing():
    votes = [vote([B]), vote([B], entry=1)]
    assert _judge(np.array([A]), votes)[1].tolist() == [-1]
    votes[1] = replace(votes[1], kind="learned")
    assert _judge(np.array([A]), votes)[1].tolist() == [1]


def test_what_has_no_label_is_not_doubted():
    votes = [vote([B]), vote([B], entry=1, kind="trees")]
    assert _judge(np.array([-100]), votes)[1].tolist() == [-1]


def test_links_are_judged_as_classes_are():
    votes = [vote([7]), vote([7], entry=1, kind="trees")]
    other, suspicion = _judge(np.array([-1]), votes)
    assert (other[0], suspicion[0]) == (7, 1)
    assert class_name(TASKS["voice-separation"], "next_note", 7) == "note 7"
    assert class_name(TASKS["voice-separation"], "next_note", -1) == "no next note"


@pytest.fixture
def doubting(leaderboards, home, monkeypatch):
    """A rule and a learned entry that both read the same note otherwise than its label."""
    toy_board.fold(monkeypatch)
    notes = load_board_notes(toy_board.BOARD, home).tables["piano"]
    read = toy_board.BOARD.task.read_labels

    def misread(table):
        labels = {head: values.copy() for head, values in read(table).items()}
        if len(table) == len(notes):
            labels["spelling"][5] = (labels["spelling"][5] + 3) % 35
        return labels

    with monkeypatch.context() as patch:
        patch.setattr(
            toy_board,
            "BOARD",
            replace(toy_board.BOARD, task=replace(toy_board.BOARD.task, read_labels=misread)),
        )
        folds = range(len(toy_board.PIECE_OF_FOLD))
        make(leaderboards, home, "rule", [0], folds, 0, **{"method.family": "rule"})
        make(leaderboards, home, "gnn", [0, 1], folds, 0)
    return notes


def test_a_note_that_all_kinds_misread_is_found_where_it_is(doubting, leaderboards, home):
    found = audit_board(BOARD, leaderboards, root=home)
    (suspect,) = found.suspects
    notes = doubting
    assert suspect.piece == "piano"
    assert suspect.measures == notes.measures.name[notes.measure_index[5]]
    assert suspect.pitch == str(notes.pitch[5])
    assert Fraction(suspect.onset) == Fraction(int(notes.onset_div[5]), notes.divs_pq)
    assert (suspect.suspicion, suspect.num_against, suspect.num_places) == (1, 2, 1)
    assert suspect.label != suspect.other
    ((name, view),) = suspect_pages(found, root=home)
    assert name == "01-piano"
    assert view.scene.predictions.keys() == {"rule", "gnn"}
    assert view.scene.explains
    (erratum,) = found.errata()
    assert (erratum.corpus, erratum.piece, erratum.onset) == ("toy", "piano", suspect.onset)


def test_shortcuts_and_constants_have_no_vote(doubting, leaderboards, home):
    edit(leaderboards / BOARD / "rule", lambda content: content["method"].update(family="shortcut"))
    with pytest.raises(SubmissionError, match=r"entries of 1 kinds .* \(learned\)"):
        audit_board(BOARD, leaderboards, root=home)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"head": "staff"}, "has no head 'staff'; there are spelling, key_signature"),
        ({"number": 0}, "number is 0; it must be at least 1"),
    ],
)
def test_what_cannot_be_audited_is_refused(leaderboards, home, arguments, fault):
    with pytest.raises(InputError, match=fault):
        audit_board(BOARD, leaderboards, root=home, **arguments)


def test_numbers_are_not_audited():
    with pytest.raises(InputError, match="asap-performance predicts numbers"):
        audit_board("asap-performance")


def test_the_command_writes_a_page_per_suspect_and_a_table(doubting, leaderboards, home, tmp_path):
    arguments = ["audit", BOARD, "--leaderboards", leaderboards, "--root", home]
    ran = CliRunner().invoke(
        app, [*map(str, arguments), "--output", str(tmp_path / "out"), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert found["voters"] == ["gnn", "rule"]
    assert [file.rpartition("/")[2] for file in found["files"]] == ["01-piano.html", "errata.csv"]
    page = (tmp_path / "out" / "01-piano.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    table = (tmp_path / "out" / "errata.csv").read_text("utf-8")
    assert table.splitlines()[1].startswith("toy,piano,")


def test_places_join_where_no_measure_is_between(built_toys):
    notes = load_board_notes(toy_board.BOARD, built_toys).tables["piano"]
    places = Places.of(toy_board.BOARD.task, notes)
    measure = notes.measure_index
    first, second = np.flatnonzero(measure == 1)[0], np.flatnonzero(measure == 2)[0]
    last = np.flatnonzero(measure == 4)[0]
    groups = places.joined(np.array([first, second, last]))
    assert [group.tolist() for group in groups] == [[first, second], [last]]
    assert places.named(groups[0], first)["measures"] == "1-2"


def test_errata_change_the_scores_that_they_concern(doubting, leaderboards, home, monkeypatch):
    known = audit_board(BOARD, leaderboards, root=home).errata()[0]
    certain = replace(known, verdict="label wrong", correct="")
    monkeypatch.setattr(rows, "read_errata", lambda name: (certain,) * (name == "toy"))
    for found in corrections_of(BOARD, leaderboards, home):
        assert found.official < found.corrected == 1


def test_without_a_clone_there_are_no_entries(home, toys, tmp_path):
    assert corrections_of(BOARD, tmp_path / "nothing", home) == []
    with pytest.raises(SubmissionError, match="entries of 0 kinds that look at the music"):
        audit_board(BOARD, tmp_path / "nothing", root=home)


def test_an_entry_that_predicts_one_value_in_each_fold_is_constant():
    def entry(*folds):
        runs = {(fold, 0): {"a": {"spelling": np.array(y)}} for fold, y in enumerate(folds)}
        return EntryRuns(None, runs)

    assert _is_constant(entry([1, 1], [2, 2]), "spelling")
    assert not _is_constant(entry([1, 1], [2, 1]), "spelling")
    assert _is_constant(entry([1, 2]), "key_signature")  # it does not predict this head


def test_spellings_are_judged_after_the_shift_of_their_piece():
    measure = SimpleNamespace(facts={"shift": np.array([0, 12])})
    scores = SimpleNamespace(measures={"accuracy": SimpleNamespace(facts={}), "shifted": measure})
    pooled = SimpleNamespace(piece=np.array([0, 1, 1]))
    assert _shift(scores, pooled).tolist() == [0, 12, 12]
    assert _shift(SimpleNamespace(measures={}), pooled).tolist() == [0, 0, 0]


def test_links_to_notes_that_sound_alike_are_no_disagreement():
    twin = np.array([0, 1, 1, 2])  # notes 1 and 2 sound alike
    pooled = SimpleNamespace(
        prediction={"next_note": np.array([2, -1, 3, -1])},
        target={"next_note": np.array([1, 3, -1, -1])},
        piece=np.zeros(4, np.int64),
        pieces=[SimpleNamespace(context={"twin": twin})],
    )
    assert _settled_links(pooled, "next_note").tolist() == [1, 3, -1, -1]
