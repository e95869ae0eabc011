"""Faults of a submission, each named by its place."""

import copy
import json
import os
import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toy_board
from made_standings import ROWS, made_entry
from made_submissions import edit
from musebench.errors import SubmissionError
from musebench.evaluation import write_predictions
from musebench.leaderboard import publish
from musebench.leaderboard.check import check_submission
from musebench.leaderboard.newcomers import judge
from musebench.leaderboard.prepare import add_runs
from musebench.leaderboard.standings import read_standings
from musebench.leaderboard.submission import Submission, read_submission
from musebench.store import load_notes
from toy_entries import BOARD, change_value


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["method", "name"], "<b>Best</b>", r"\$\.method\.name: contains < >; use plain text"),
        (["method", "name"], "[x](javascript:1)", r"\$\.method\.name: contains \[ \]"),
        (["method", "name"], "*best*", r"\$\.method\.name: contains \*"),
        (["method", "name"], "a\u202eb", r"\$\.method\.name: contains the character U\+202E"),
        (["method", "name"], "a\nb", r"\$\.method\.name: contains the character U\+000A"),
        (["method", "name"], "x" * 81, r"\$\.method\.name: String should have at most 80"),
        (["method", "name"], "", r"\$\.method\.name: String should have at least 1"),
        (["method", "name"], 3, r"\$\.method\.name: Input should be a valid string"),
        (
            ["method", "paper_url"],
            "javascript:alert(1)",
            r"\$\.method\.paper_url: is not a pl",
        ),
        (["method", "paper_url"], 'https://x/"onload', r"\$\.method\.paper_url: is not a pl"),
        (["method", "num_parameters"], -1, r"\$\.method\.num_parameters: Input should be gr"),
        (["method", "num_parameters"], 1.5, r"\$\.method\.num_parameters: Input should be a valid"),
        (["method", "more"], 1, r"\$\.method\.more: Extra inputs are not permitted"),
        (["code", "commit"], "main", r"\$\.code\.commit: String should match"),
        (["code", "commit"], "a" * 40 + "\n", r"\$\.code\.commit: String should match"),
        (["code", "command"], "a\u0000b", r"\$\.code\.command: contains the character U\+0000"),
        (["runs", 0, "file"], "../../etc/passwd", r"\$\.runs\[0\]\.file: String should match"),
        (["runs", 0, "file"], "predictions/../x.npz", r"\$\.runs\[0\]\.file: String should match"),
        (["runs", 0, "sha256"], "0", r"\$\.runs\[0\]\.sha256: String should match"),
        (["runs", 0, "seed"], 1, r"\$: runs: two runs have the same fold and seed"),
        (["runs", 0, "train_seconds"], -1.0, r"\$\.runs\[0\]\.train_seconds: Input should be"),
        (
            ["runs", 0, "reported"],
            {},
            r"\$\.runs\[0\]\.reported: Dictionary should",
        ),
        (["runs"], [], r"\$\.runs: List should have at least 1"),
        (["trust"], "rerun", r"\$: trust: the badge `rerun` needs 5 seeds"),
        (["trust"], "official", r"\$\.trust: Input should be 'recomputed' or 'rerun'"),
        (["submitted"], "2026-13-01", r"\$: submitted: 2026-13-01 is not a date"),
        (["method", "deterministic"], True, r"\$: runs: a deterministic method must have one run"),
        (
            ["declarations", "no_training_on_test"],
            False,
            r"\$\.declarations\.no_training_on_test: ",
        ),
        (["format"], "musebench.submission/1", r"\$\.format: Input should be"),
        (["board", "version"], "0.9", r"\$\.board\.version is 0\.9, but the board has 1\.0"),
        (["board", "name"], "other", r"\$\.board\.name is 'other'; there are toy-board"),
        (["id"], "another", r"\$\.id is 'another', but the folder is named 'entry'"),
    ],
)
def test_faults_are_named_by_their_path(submit, home, path, value, fault):
    folder = edit(submit("entry"), change_value(path, value))
    (error,) = check_submission(folder, root=home).errors
    assert re.search(fault, error), error


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"{", "cannot be read as JSON"),
        (b"\xff", "cannot be read as JSON"),
        (b"[" * 30_000, "cannot be read as JSON"),
        (b'{"id": 1, "id": 2}', "has the same key twice"),
        (b'{"id": NaN}', "NaN is not JSON"),
        (b" " * 257_000, "larger than the limit of 256,000 bytes"),
        (b"3", "Input should be a valid dictionary"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, text, fault):
    (tmp_path / "submission.json").write_bytes(text)
    with pytest.raises(SubmissionError, match=fault):
        read_submission(tmp_path)


def test_numbers_that_do_not_agree_are_refused(submit, home):
    folder = submit("entry")
    edit(folder, lambda c: c["runs"][1]["reported"].update(accuracy=0.99))
    (error,) = check_submission(folder, root=home).errors
    fault = r"\$\.runs\[1\] \(fold 0, seed 1\): reported accuracy is 0\.99, recomputed 0\."
    assert re.search(fault, error)
    edit(folder, lambda c: c["runs"][1]["reported"].update(accuracy=0.5, nothing=1.0))
    assert check_submission(folder, root=home).errors
    edit(folder, lambda c: c["runs"][1].update(reported={"error_rate": 1.0}))
    assert any(
        "accuracy_up_to_shift is missing" in e for e in check_submission(folder, root=home).errors
    )


def test_a_tiny_difference_of_rounding_is_accepted(submit, home):
    folder = submit("entry")

    def drift(content):
        for run in content["runs"]:
            run["reported"]["accuracy"] += 9e-7

    assert check_submission(edit(folder, drift), root=home).counts
    assert len(check_submission(edit(folder, drift), root=home).errors) == 3


def test_forged_predictions_are_refused(submit, home):
    folder = submit("entry")
    first, second = folder / "predictions/fold0-seed0.npz", folder / "predictions/fold0-seed1.npz"
    original = first.read_bytes()
    first.write_bytes(original + b"\0")
    assert "has another SHA-256 than stated" in check_submission(folder, root=home).errors[0]
    first.write_bytes(second.read_bytes())
    runs = json.loads((folder / "submission.json").read_text())["runs"]
    edit(folder, lambda c: c["runs"][0].update(sha256=runs[1]["sha256"]))
    (error,) = check_submission(folder, root=home).errors
    assert "two runs have the same sha256" in error


def test_one_run_under_two_seeds_is_refused(submit, home):
    folder = submit("entry")
    y = np.zeros(len(load_notes(toy_board.CORPUS, home).tables["piano"]), int)
    for seed in (0, 1):
        file = folder / f"../{seed}.npz"
        write_predictions(file, BOARD, "test", {"piano": y}, seed=seed, root=home)
        add_runs(folder, [file], root=home)
        file.unlink()
    assert any("same predictions" in error for error in check_submission(folder, root=home).errors)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda f: (f / "run.sh").write_text("rm -rf /"), "run.sh does not belong to a submission"),
        (lambda f: (f / "predictions/x.py").write_text(""), "x.py does not belong"),
        (lambda f: (f / "predictions/a").mkdir(), "is not a regular file"),
        (lambda f: (f / "predictions/x.npz").symlink_to("/etc/passwd"), "is not a regular file"),
        (lambda f: (f / "README.md").symlink_to("/etc/passwd"), "is not a regular file"),
        (lambda f: os.mkfifo(f / "predictions/x.npz"), "is not a regular file"),
        (lambda f: (f / "predictions/x.npz").write_bytes(bytes(4_000_001)), "which is too large"),
        (lambda f: (f / "README.md").write_text("mine"), "README.md does not belong to a submis"),
        (lambda f: (f / "predictions/x.npz").write_bytes(b""), r"not listed in \$.runs: \['predi"),
        (lambda f: (f / "predictions/fold0-seed1.npz").unlink(), r"missing: \['predictions/fold0-"),
        (
            lambda f: [(f / f"predictions/{i}.npz").write_bytes(b"") for i in range(140)],
            "more than 128 files",
        ),
    ],
)
def test_folders_that_hold_anything_else_are_refused(submit, home, spoil, fault):
    folder = submit("entry")
    spoil(folder)
    (error,) = check_submission(folder, root=home).errors
    assert re.search(fault, error), error


def test_a_linked_folder_is_refused(submit, leaderboards, home):
    (leaderboards / BOARD / "link").symlink_to(submit("entry"))
    (error,) = check_submission(leaderboards / BOARD / "link", root=home).errors
    assert "is not a folder" in error


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(),
        st.text(max_size=30),
        st.sampled_from(["<script>", "](x)", "`", "javascript:1", "../..", "\u202e", "a" * 1000]),
    ),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values),
    max_leaves=5,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def test_grown_submissions_are_refused_or_harmless(submit, tmp_path):
    """Values replaced anywhere in a right submission; what is accepted shows nothing active."""
    folder = submit("entry")
    right = json.loads((folder / "submission.json").read_text())
    somewhere = [path for path in places(right) if path]
    messages = []

    @settings(max_examples=600, deadline=None, derandomize=True)
    @given(st.lists(st.tuples(st.sampled_from(somewhere), JSON), min_size=1, max_size=3))
    def attack(changes):
        content = copy.deepcopy(right)
        for path, value in changes:
            try:
                change_value(path, value)(content)
            except (KeyError, TypeError, IndexError):
                continue  # an earlier change took this place away
        (tmp_path / "submission.json").write_text(json.dumps(content))
        try:
            accepted = read_submission(tmp_path)
        except SubmissionError as error:
            messages.append(str(error))
            return
        assert isinstance(accepted, Submission)
        assert not set("<>`[]") & set(accepted.method.name + accepted.hardware + accepted.contact)
        assert accepted.code.url == "" or accepted.code.url.startswith("https://")

    attack()
    assert len(messages) > 300
    assert all(line.isprintable() for message in messages for line in message.split("\n"))


def test_every_fault_is_counted(submit, home):
    folder = submit("entry")
    edit(folder, lambda c: c.update(contact="", hardware="", trust=1))
    errors = check_submission(folder, root=home).errors
    assert [error.split(":")[0] for error in errors] == ["$.contact", "$.hardware", "$.trust"]


NEW = [
    (lambda c: c.update(trust="rerun"), "which only a maintainer writes"),
    (lambda c: c.update(submitted="9999-12-31"), "is in the future"),
    (lambda c: c.update(withdrawn="I do not like it."), "a new submission cannot be withdrawn"),
]


@pytest.mark.parametrize(("change", "fault"), NEW)
def test_what_only_maintainers_write_keeps_a_new_entry_out(
    submit, leaderboards, home, change, fault
):
    folder = edit(submit("entry", seeds=range(5)), change)
    (error,) = check_submission(folder, root=home).errors
    assert fault in error
    standings = publish.recompute_boards(leaderboards, home)  # a maintainer may
    publish.publish_boards(leaderboards, [replace(standings[0], entries=(made_entry(0, ROWS[0]),))])
    assert fault in check_submission(folder, root=home).errors[0]
    entry = replace(made_entry(0, ROWS[0]), id="entry")  # once it stands on the board
    publish.publish_boards(leaderboards, [replace(standings[0], entries=(entry,))])
    assert check_submission(folder, root=home).errors == []


def test_a_date_may_be_ahead_of_the_clock_by_a_day(submit, home):
    folder = submit("entry", seeds=[0])
    report = check_submission(folder, root=home)
    for days, number in ((1, 0), (2, 1)):
        report.errors.clear()
        judge(report, [], today=date(2026, 11, 25) - timedelta(days))
        assert len(report.errors) == number
    with pytest.raises(SubmissionError, match="2019-12-31 is before 2020-01-01"):
        read_submission(edit(folder, lambda c: c.update(submitted="2019-12-31")))


def test_what_is_too_good_is_told_a_maintainer(submit, leaderboards, home):
    submit("leader", noise=0.4)
    publish.publish_boards(leaderboards, publish.recompute_boards(leaderboards, home))
    known = read_standings(leaderboards / BOARD / "standings.json").entries[0].metrics
    known = known["accuracy_up_to_shift"]
    assert 0.5 < known.mean < 0.7
    oracle = submit("oracle", noise=0.0, seeds=[0], **{"method.deterministic": True})
    report = check_submission(oracle, root=home)
    assert report.errors == []
    for words in (
        "learned family 'gnn' and claims to be",
        r"every prediction of spelling of seed 0 equals its label",
        r"accuracy_up_to_shift is 100\.00 %, above 99\.5 %",
        rf"accuracy_up_to_shift is 1\.0000, far from the best entry so far \({known.mean:.4f}\)",
    ):
        assert any(re.search(f"for a maintainer: .*{words}", w) for w in report.warnings), words
    usual = check_submission(submit("usual", noise=0.35), root=home)
    assert usual.warnings == []
    rule = {"method.deterministic": True, "method.family": "rule"}
    assert check_submission(submit("rule", seeds=[0], noise=0.4, **rule), root=home).warnings == []


@pytest.mark.usefixtures("folded")
def test_what_is_too_good_on_one_fold_is_compared_on_that_fold(submit, leaderboards, home):
    submit("leader", folds=(0, 1, 2), noise=0.4)
    publish.publish_boards(leaderboards, publish.recompute_boards(leaderboards, home))
    (leader,) = read_standings(leaderboards / BOARD / "standings.json").entries
    whole, first = (v["accuracy_up_to_shift"].mean for v in (leader.metrics, leader.official))
    assert f"{whole:.4f}" != f"{first:.4f}"
    oracle = submit("oracle", noise=0.0, seeds=[0], **{"method.deterministic": True})
    (warning,) = (w for w in check_submission(oracle, root=home).warnings if "far from" in w)
    assert f"the best entry so far ({first:.4f})" in warning
