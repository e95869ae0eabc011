"""Submissions: made, checked, ranked, published; what is wrong or hostile is named and refused."""

import copy
import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toy_board
from made_standings import ROWS, made_entry
from made_submissions import edit, forge_fingerprint
from musebench.boards import BOARDS
from musebench.errors import InputError, PredictionError, SubmissionError
from musebench.evaluation import Evaluator, read_predictions, write_predictions
from musebench.leaderboard import publish
from musebench.leaderboard.board import check_board, make_standings
from musebench.leaderboard.check import check_submission
from musebench.leaderboard.names import check_name, skeleton
from musebench.leaderboard.newcomers import judge
from musebench.leaderboard.prepare import add_runs, init_submission, pack
from musebench.leaderboard.render import render_markdown
from musebench.leaderboard.standings import read_standings
from musebench.leaderboard.submission import Submission, read_submission
from musebench.store import load_notes

BOARD = toy_board.BOARD.name


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


def change_value(path, value):
    *parents, last = path

    def change(content):
        for step in parents:
            content = content[step]
        content[last] = value

    return change


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


def test_published_pages_are_those_of_the_predictions(submit, leaderboards, home):
    submit("entry")
    standings = publish.recompute_boards(leaderboards, home)
    publish.publish_boards(leaderboards, standings)
    assert publish.find_stale(leaderboards, publish.recompute_boards(leaderboards, home)) == []
    before = {p: p.read_bytes() for p in leaderboards.rglob("*") if p.is_file()}
    publish.publish_boards(leaderboards, publish.recompute_boards(leaderboards, home))
    assert {p: p.read_bytes() for p in leaderboards.rglob("*") if p.is_file()} == before
    assert publish.changed_submissions(leaderboards, publish.stored_standings(leaderboards)) == []


@pytest.mark.parametrize("file", [f"{BOARD}/README.md", f"{BOARD}/LICENSE.md", "README.md"])
def test_a_hand_edit_is_found(submit, leaderboards, home, file):
    submit("entry")
    standings = publish.recompute_boards(leaderboards, home)
    publish.publish_boards(leaderboards, standings)
    text = (leaderboards / file).read_text()
    (leaderboards / file).write_text(text.replace("e", "3"))
    assert [path for path in publish.find_stale(leaderboards, standings) if path.endswith(file)]


def test_standings_of_an_older_format_are_replaced(submit, leaderboards, home):
    submit("entry")
    file = leaderboards / BOARD / "standings.json"
    file.write_text('{"format": "musebench.standings/1"}')
    standings = publish.recompute_boards(leaderboards, home)
    assert str(file) in publish.find_stale(leaderboards, standings)
    publish.publish_boards(leaderboards, standings)
    assert read_standings(file) == standings[0]


def test_a_pair_of_unknown_entries_is_refused(submit, leaderboards, home):
    submit("entry")
    submit("other", noise=0.5)
    publish.publish_boards(leaderboards, publish.recompute_boards(leaderboards, home))
    file = leaderboards / BOARD / "standings.json"
    (pair,) = read_standings(file).pairs
    assert (pair.first, pair.second) == ("entry", "other")
    file.write_text(file.read_text().replace('"second": "other"', '"second": "gone"'))
    with pytest.raises(InputError, match="a pair names an entry that is not there"):
        read_standings(file)


def test_last_digits_stay_as_they_are_stored(submit, leaderboards, home):
    submit("entry")
    submit("other", noise=0.5)
    standings = publish.recompute_boards(leaderboards, home)
    file = leaderboards / BOARD / "standings.json"

    def moved(step):
        def move(estimate):
            return replace(estimate, mean=estimate.mean + step)

        entries = [
            replace(entry, metrics={name: move(value) for name, value in entry.metrics.items()})
            for entry in standings[0].entries
        ]
        pairs = [replace(pair, difference=pair.difference + step) for pair in standings[0].pairs]
        return [replace(standings[0], entries=tuple(entries), pairs=tuple(pairs))]

    publish.publish_boards(leaderboards, moved(5e-10))  # as another machine may sum
    content = file.read_bytes()
    assert publish.find_stale(leaderboards, standings) == []
    publish.publish_boards(leaderboards, standings)
    assert file.read_bytes() == content
    assert str(file) in publish.find_stale(leaderboards, moved(2e-9))
    (pair,) = read_standings(file).pairs
    other = replace(pair, p_value=0.5 * pair.p_value)
    standings = [replace(standings[0], pairs=(other,))]
    assert str(file) in publish.find_stale(leaderboards, standings)


def test_an_edited_number_is_found(submit, leaderboards, home):
    submit("entry")
    standings = publish.recompute_boards(leaderboards, home)
    publish.publish_boards(leaderboards, standings)
    file = leaderboards / BOARD / "standings.json"
    content = json.loads(file.read_text())
    content["entries"][0]["metrics"]["accuracy"]["mean"] += 1e-4
    file.write_text(json.dumps(content))
    assert str(file) in publish.find_stale(leaderboards, standings)


def test_changed_predictions_are_found_without_labels(submit, leaderboards, home):
    folder = submit("entry")
    publish.publish_boards(leaderboards, publish.recompute_boards(leaderboards, home))
    stored = publish.stored_standings(leaderboards)
    file = folder / "predictions/fold0-seed0.npz"
    file.write_bytes(file.read_bytes() + b"\0")
    assert publish.changed_submissions(leaderboards, stored) == [str(folder)]
    shutil.rmtree(folder)
    assert publish.changed_submissions(leaderboards, stored) == [f"{BOARD}/entry"]


def test_a_wrong_entry_keeps_the_board_from_being_published(submit, leaderboards, home):
    edit(submit("entry"), lambda c: c["runs"][0]["reported"].update(accuracy=0.0))
    with pytest.raises(SubmissionError, match=r"reported accuracy is 0, recomputed"):
        publish.recompute_boards(leaderboards, home)


@pytest.mark.parametrize(
    "other",
    [
        "ps13s1",
        "PS13S1",
        "PS 13-S1",
        "ps_13_sl",
        "psI3si",
        "p\u015b13s1",  # an accent
        "\u0440\u045513\u04551",  # all letters Cyrillic
        "\u1d18s13s1",  # a small capital
    ],
)
def test_methods_whose_names_look_alike_are_refused(submit, leaderboards, home, other):
    submit("one", **{"method.name": "ps13s1"})
    submit("two", **{"method.name": other})
    fault = r"the methods of one and two have names that look alike \('ps13s1', "
    with pytest.raises(SubmissionError, match=fault):
        publish.recompute_boards(leaderboards, home)


@pytest.mark.parametrize(
    "name",
    [
        "MLP+",
        "C++",
        "v1.0",
        "Möbius",
        "Модель",
        "東京モデル BERT",
        "한국 GNN",
        "ps13s2",
        "ΑΒΓ",
        "Ps, 13 (s1)",
    ],
)
def test_other_names_are_accepted_beside_it(name):
    assert check_name(name) == name
    assert skeleton(name) != skeleton("ps13s1")


def test_pairs_of_letters_look_like_one():
    assert skeleton("MLP-rn") == skeleton("MLP m")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("\u0440\u045513s1", "mixes letters of CYRILLIC, LATIN"),
        ("\u03b2-VAE", "mixes letters of GREEK, LATIN"),
        ("\u13aa\u13b7", "has letters of CHEROKEE, a script of limited use"),
        ("\uff50s13", "is not in the normal form NFKC; write 'ps13'"),
        ("a\u0301", "is not in the normal form NFKC"),
        ("x" + "\u0323" * 3, "has more than 2 marks on one letter"),
        ("=HYPERLINK(1)", "must begin with a letter or a digit"),
        ("@everyone", "must begin with a letter or a digit"),
        ("\U0001f600", "must begin with a letter or a digit"),
        ("a\u3164b", r"contains the character U\+3164"),
        ("a\u2800", r"contains the character U\+2800"),
        ("a\ufe0f", r"contains the character U\+FE0F"),
        ("a\u00adb", r"contains the character U\+00AD"),
        ("a\U000e0100", r"contains the character U\+E0100"),
    ],
)
def test_names_that_are_not_what_they_seem_are_refused(submit, name, fault):
    folder = edit(submit("entry", seeds=[0]), change_value(["method", "name"], name))
    with pytest.raises(SubmissionError, match=rf"\$\.method\.name: {fault}"):
        read_submission(folder)


@pytest.mark.parametrize("name", ["con", "prn", "aux", "nul", "com0", "com1", "lpt9"])
def test_names_of_devices_are_no_ids(submit, leaderboards, name):
    with pytest.raises(InputError, match="is the name of a device on Windows"):
        init_submission(leaderboards / BOARD / name)
    folder = submit("entry", seeds=[0])
    for path, value in ((["id"], name), (["runs", 0, "file"], f"predictions/{name}.npz")):
        content = (folder / "submission.json").read_text()
        with pytest.raises(SubmissionError, match="is the name of a device on Windows"):
            read_submission(edit(folder, change_value(path, value)))
        (folder / "submission.json").write_text(content)


@pytest.mark.parametrize(
    "link",
    [
        "https://127.0.0.1/",
        "https://.../",
        "https://a..b.org/",
        "https://-a.org/",
        "https://a.org/..//x",
        "https://a.org/%0d%0a",
        "https://localhost/",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_lead_nowhere_are_refused(submit, link):
    folder = submit("entry", seeds=[0])
    for path in (["method", "paper_url"], ["code", "url"]):
        edit(folder, change_value(path, link))
        with pytest.raises(SubmissionError, match="is not a plain https address"):
            read_submission(folder)
        edit(folder, change_value(path, "https://example.org/@a/b?c=d#e"))
    assert read_submission(folder)


def test_there_is_one_zero(submit):
    folder = submit("entry", seeds=[0])
    edit(folder, change_value(["runs", 0, "train_seconds"], -0.0))
    assert str(read_submission(folder).runs[0].train_seconds) == "0.0"


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


def test_fingerprints_are_compared(submit, leaderboards, home, monkeypatch):
    folder = submit("entry", seeds=[0])
    forge_fingerprint(folder, "0" * 16)
    (error,) = check_submission(folder, root=home).errors
    assert (
        "made from data with the fingerprint '0000000000000000'; the data of toy-board 1.0 have"
        in error
    )
    assert check_board(leaderboards, BOARD, home)[0].errors == []  # it may stay on the board
    earlier = replace(toy_board.BOARD, earlier_fingerprints=("0" * 16,))
    monkeypatch.setitem(BOARDS, BOARD, earlier)
    assert check_submission(folder, root=home).errors == []


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


def test_every_entry_is_of_data_that_its_board_knows():
    """Where data change and the notes do not: `earlier_fingerprints` of the board."""
    folder = Path(__file__).parent.parent / "leaderboards"
    for board in BOARDS.values():
        files = sorted((folder / board.name).glob("*/predictions/*.npz"))
        assert files, board.name
        found = {read_predictions(file).fingerprint for file in files}
        assert found > set(board.earlier_fingerprints), board.name
        assert len(found) == 1 + len(board.earlier_fingerprints), board.name


def test_names_on_the_boards_are_told_apart():
    folder = Path(__file__).parent.parent / "leaderboards"
    for board in publish.stored_standings(folder):
        names = [check_name(entry.method) for entry in board.entries]
        assert len({skeleton(name) for name in names}) == len(names)


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


def test_the_boards_of_this_repository_are_what_was_computed():
    """Without corpora: pages, standings and submissions fit together; with them see .ci/run."""
    folder = Path(__file__).parent.parent / "leaderboards"
    stored = publish.stored_standings(folder)
    assert publish.changed_submissions(folder, stored) == []
    assert publish.find_stale(folder, stored) == []
    for board in stored:
        assert read_standings(folder / board.board / "standings.json") == board
        assert board.entries
        assert board.coverage > 0.9 or board.num_works < 28
        assert render_markdown(board)
        assert {"rule", "shortcut", "trees", "learned"} >= {entry.kind for entry in board.entries}


def test_an_evaluator_of_another_split_has_another_order(home, leaderboards):
    assert (
        Evaluator(BOARD, root=home).order_sha256
        != Evaluator(BOARD, split="valid", root=home).order_sha256
    )


def test_a_folder_without_boards_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"contains no folder of a board, such as asap-performance\."
    ):
        publish.stored_standings(tmp_path)


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
    ("values", "track"),
    [
        ({}, "scratch"),
        ({"method.external_data": "All of Bach"}, "pretrained"),
        ({"method.is_system": True}, "system"),
    ],
)
def test_the_track_of_a_submission(submit, values, track):
    assert read_submission(submit("entry", seeds=[0], **values)).track == track


def test_training_on_another_board_is_another_track(submit):
    folder = edit(
        submit("entry", seeds=[0]),
        lambda c: c["runs"][0]["trained_on"].append("chorale-pitch-spelling:train"),
    )
    found = read_submission(folder)
    assert found.track == "pretrained"
    assert found.boards_learned == ("chorale-pitch-spelling", BOARD)
