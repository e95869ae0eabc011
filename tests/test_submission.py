"""A submission to the toy board: what passes, and what each run is scored by."""

import json
import re
import shutil
import subprocess
import zipfile

import numpy as np
import pytest

import toy_board
from made_submissions import edit
from musebench.errors import PredictionError, SubmissionError
from musebench.evaluation import Evaluator, write_predictions
from musebench.leaderboard.board import check_board, make_standings
from musebench.leaderboard.check import check_submission
from musebench.leaderboard.prepare import add_runs, init_submission, pack
from musebench.leaderboard.submission import read_submission
from musebench.store import load_notes
from toy_entries import BOARD


def test_a_submission_passes_and_gets_its_place(submit, leaderboards, home):
    submit("better", noise=0.1)
    submit("worse", noise=0.6)
    reports = check_board(leaderboards, BOARD, home)
    assert [report.errors for report in reports] == [[], []]
    standings = make_standings(BOARD, reports)
    assert [entry.id for entry in standings.entries] == ["better", "worse"]
    better = standings.entries[0]
    assert (better.num_seeds, better.place, better.trust) == (3, 1, "recomputed")
    accuracies = [run.result["accuracy"] for run in reports[0].runs]
    assert better.metrics["accuracy"].mean == pytest.approx(np.mean(accuracies))
    assert better.metrics["accuracy"].deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert better.by_composer == {"Anon": pytest.approx(np.mean(accuracies))}


def test_each_run_is_scored_once(submit, leaderboards, home, monkeypatch):
    submit("entry")
    scored = []
    pool = Evaluator._pool
    monkeypatch.setattr(Evaluator, "_pool", lambda *given: scored.append(1) or pool(*given))
    (report,) = check_board(leaderboards, BOARD, home)
    assert len(scored) == len(report.runs) == 3


@pytest.mark.usefixtures("folded")
def test_an_entry_predicts_all_folds_or_the_first(submit, leaderboards, home):
    """One of fold 0 alone is shown without a rank, however good it is."""
    submit("whole", folds=(0, 1, 2), noise=0.2)
    submit("official", noise=0.05)
    reports = check_board(leaderboards, BOARD, home)
    assert [report.errors for report in reports] == [[], []]
    assert "it predicts fold 0 alone" in reports[0].warnings[0]
    by_id = {entry.id: entry for entry in make_standings(BOARD, reports).entries}
    assert by_id["official"].place is None
    assert by_id["whole"].place == 1
    whole = reports[1]
    assert [run.result["num_works"] for run in whole.runs] == [3, 3, 3]
    assert [run.result["num_works"] for run in whole.official] == [1, 1, 1]
    copy_of = json.loads((leaderboards / BOARD / "whole/submission.json").read_text())["runs"]
    for run in (run for run in copy_of if run["fold"] == 0):
        name = leaderboards / BOARD / "{}" / run["file"]
        shutil.copy(str(name).format("whole"), str(name).format("official"))
    first = [run for run in copy_of if run["fold"] == 0]
    edit(leaderboards / BOARD / "official", lambda c: c.update(runs=first))
    warnings = [report.warnings for report in check_board(leaderboards, BOARD, home)]
    assert "100.00 % of its predictions equal those of whole." in warnings[0]
    submit("half", folds=(0, 1))
    (error,) = check_submission(leaderboards / BOARD / "half", root=home).errors
    assert "the folds are 0, 1; an entry predicts all 3 folds, or fold 0 alone" in error


@pytest.mark.usefixtures("folded")
def test_each_fold_is_of_its_own_pieces(submit, home):
    """A file of one fold in the place of another's is refused; so is a fold without all seeds."""
    folder = submit("entry", folds=(0, 1, 2), seeds=(0, 1))

    def exchange(content):
        first, _, third, *_ = content["runs"]
        first["fold"], third["fold"] = third["fold"], first["fold"]

    errors = check_submission(edit(folder, exchange), root=home).errors
    assert [
        re.search("the file says fold = . the submission .", e.replace(",", "")) for e in errors
    ]
    assert len(errors) == 2
    folder = submit("other", folds=(0, 1, 2), seeds=(0, 1))
    edit(folder, lambda c: c["runs"].pop())
    (error,) = check_submission(folder, root=home).errors
    assert "some folds lack some seeds" in error


@pytest.mark.parametrize(
    ("trained_on", "fault"),
    [
        ([f"{BOARD}:test"], "is a test split; a model must not have seen"),
        (["nowhere:train"], "no board is named nowhere"),
        (["train"], "String should match"),
    ],
)
def test_what_a_run_was_trained_on_is_declared(submit, home, trained_on, fault):
    folder = submit("entry")
    edit(folder, lambda c: c["runs"][0].update(trained_on=trained_on))
    assert any(fault in error for error in check_submission(folder, root=home).errors)
    edit(folder, lambda c: c["runs"][0].update(trained_on=[f"{BOARD}:train", f"{BOARD}:valid"]))
    assert check_submission(folder, root=home).errors == []


def test_a_single_seed_borrows_its_variance(submit, leaderboards, home):
    submit("many")
    submit("single", seeds=[7], noise=0.0)
    reports = check_board(leaderboards, BOARD, home)
    assert "it has a single seed: its range of ranks uses the median" in reports[1].warnings[0]
    first, last = make_standings(BOARD, reports).entries
    assert (first.id, first.place, first.borrows_variance) == ("single", 1, True)
    assert (last.id, last.place, last.borrows_variance) == ("many", 2, False)


def test_a_rule_needs_one_run(submit, leaderboards, home):
    submit("rule", seeds=[0], **{"method.deterministic": True, "method.family": "rule"})
    (entry,) = make_standings(BOARD, check_board(leaderboards, BOARD, home)).entries
    assert (entry.place, entry.kind) == (1, "rule")


def test_withdrawn_entries_leave_the_board(submit, leaderboards, home):
    submit("kept")
    submit("gone", withdrawn="A mistake in the code.")
    standings = make_standings(BOARD, check_board(leaderboards, BOARD, home))
    assert [entry.id for entry in standings.entries] == ["kept"]


def test_near_twins_are_named(submit, leaderboards, home):
    first, second = submit("first"), submit("second")
    for run in ("fold0-seed0.npz", "fold0-seed1.npz", "fold0-seed2.npz"):
        shutil.copy(first / "predictions" / run, second / "predictions" / run)
    runs = json.loads((first / "submission.json").read_text())["runs"]
    edit(second, lambda content: content.update(runs=runs))
    found = [report.warnings for report in check_board(leaderboards, BOARD, home)]
    assert found == [
        [f"100.00 % of its predictions equal those of {n}."] for n in ("second", "first")
    ]


def test_the_archive_is_the_same_each_time(submit, home, tmp_path):
    folder = submit("entry")
    first = pack(folder, tmp_path / "a.zip", root=home).read_bytes()
    assert pack(folder, tmp_path / "b.zip", root=home).read_bytes() == first
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert f"{BOARD}/entry/submission.json" in archive.namelist()
    edit(folder, lambda c: c.update(contact=""))
    with pytest.raises(SubmissionError, match=r"\$\.contact"):
        pack(folder, tmp_path / "c.zip", root=home)
    assert not (tmp_path / "c.zip").exists()


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ("submission.json", r".json cannot be written; use an archive \(.zip\)"),
        ("entry.zip", "is inside the submission to pack"),
    ],
)
def test_an_archive_does_not_take_the_place_of_what_it_holds(submit, home, output, fault):
    folder = submit("entry")
    with pytest.raises(ValueError, match=fault):
        pack(folder, folder / output, root=home)
    assert not check_submission(folder, root=home).errors


def test_runs_are_added_all_or_none(submit, home, tmp_path):
    folder = submit("entry")
    other = submit("other", noise=0.1)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(PredictionError, match=r"missing\.npz"):
        add_runs(folder, [other / "predictions" / "fold0-seed0.npz", "missing.npz"], root=home)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("leaderboards")
def test_making_a_submission_is_refused_where_it_cannot_be(leaderboards, submit, home, tmp_path):
    with pytest.raises(ValueError, match="there is no board 'nowhere'"):
        init_submission(leaderboards / "nowhere" / "entry")
    folder = submit("entry")
    with pytest.raises(SubmissionError, match="already exists"):
        init_submission(folder)
    with pytest.raises(ValueError, match="'My_Entry!' cannot name a submission"):
        init_submission(folder.with_name("My_Entry!"))
    with pytest.raises(SubmissionError, match=r"\$\.method\.nothing is not a value"):
        init_submission(folder.with_name("other"), {"method.nothing": 1})
    with pytest.raises(SubmissionError, match="musebench submit init"):
        add_runs(tmp_path / "none", [], root=home)
    with pytest.raises(SubmissionError, match=r"it has no result.json"):
        add_runs(folder, [tmp_path], root=home)


def test_runs_of_the_validation_split_are_refused(submit, home, tmp_path):
    size = len(load_notes(toy_board.CORPUS, home).tables["duet"])
    file = tmp_path / "valid.npz"
    write_predictions(file, BOARD, "valid", {"duet": np.zeros(size, int)}, root=home)
    with pytest.raises(
        SubmissionError, match=r"predicts the valid split of toy-board; the submission"
    ):
        add_runs(submit("entry"), [file], root=home)


def test_git_says_where_the_code_is(tmp_path, leaderboards, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=tmp_path / "code", check=True)

    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path / "code")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    file = init_submission(leaderboards / BOARD / "before")
    assert json.loads(file.read_text())["code"]["commit"].startswith("FILL IN")
    git("init", "--quiet")
    git("config", "user.name", "Ada")
    git("config", "user.email", "ada@example.org")
    git("remote", "add", "origin", "git@github.com:ada/models.git")
    git("commit", "--quiet", "--allow-empty", "--message", "x")
    content = json.loads(init_submission(leaderboards / BOARD / "after", declare=True).read_text())
    assert content["code"]["url"] == "https://github.com/ada/models"
    assert re.fullmatch("[0-9a-f]{40}", content["code"]["commit"])
    assert content["contact"] == "Ada"
    assert all(content["declarations"].values())
    git("remote", "set-url", "origin", "/some/folder")
    content = json.loads(init_submission(leaderboards / BOARD / "third").read_text())
    assert content["code"]["url"].startswith("FILL IN")
    assert not any(content["declarations"].values())


@pytest.mark.parametrize(
    ("values", "division"),
    [
        ({}, "scratch"),
        ({"method.external_data": "All of Bach"}, "pretrained"),
        ({"method.is_system": True}, "system"),
    ],
)
def test_the_division_of_a_submission(submit, values, division):
    assert read_submission(submit("entry", seeds=[0], **values)).division == division


def test_training_on_another_board_is_another_division(submit):
    folder = edit(
        submit("entry", seeds=[0]),
        lambda c: c["runs"][0]["trained_on"].append("chorale-pitch-spelling:train"),
    )
    found = read_submission(folder)
    assert found.division == "pretrained"
    assert found.boards_learned == ("chorale-pitch-spelling", BOARD)
