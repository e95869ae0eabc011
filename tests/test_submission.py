"""Submissions: made, checked, ranked, published; what is wrong or hostile is named and refused."""

import copy
import json
import os
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toy_board
from musebench.boards import BOARDS
from musebench.errors import PredictionError, SubmissionError
from musebench.evaluation import Evaluator, write_predictions
from musebench.leaderboard import publish
from musebench.leaderboard.board import check_board, make_standings
from musebench.leaderboard.check import check_submission
from musebench.leaderboard.prepare import add_runs, init_submission, pack
from musebench.leaderboard.render import render_markdown
from musebench.leaderboard.standings import read_standings
from musebench.leaderboard.submission import Submission, read_submission
from musebench.store import load_notes

BOARD = toy_board.BOARD.name
FILLED = {
    "method.name": "A method",
    "method.family": "gnn",
    "method.description": "What it is",
    "code.url": "https://example.org/a/b",
    "code.commit": "0123456789" * 4,
    "code.command": "python train.py --seed 0 > log",
    "code.license": "MIT",
    "contact": "someone",
    "hardware": "a laptop",
    "declarations.no_tuning_on_test": True,
    "declarations.no_training_on_test": True,
    "declarations.predictions_under_license_of_corpus": True,
}


@pytest.fixture
def leaderboards(home, toys, tmp_path):
    """An empty folder of boards, of which the toy board is the only one."""
    boards = dict(BOARDS)
    for name in boards.keys() - {BOARD}:
        del BOARDS[name]
    (tmp_path / "leaderboards" / BOARD).mkdir(parents=True)
    yield tmp_path / "leaderboards"
    BOARDS.clear()
    BOARDS.update(boards)


@pytest.fixture
def submit(leaderboards, home, tmp_path):
    """Makes a submission of the given seeds; more noise gives more wrong notes."""
    size = len(load_notes(toy_board.CORPUS, home).tables["piano"])
    truth = toy_board.BOARD.task.read_labels(load_notes(toy_board.CORPUS, home).tables["piano"])

    def make(name, seeds=(0, 1, 2), noise=0.3, **values):
        folder = leaderboards / BOARD / name
        init_submission(folder, FILLED | {"method.name": name} | values, today=date(2026, 11, 25))
        files = []
        for seed in seeds:
            rng = np.random.default_rng([seed, *name.encode()])
            wrong = rng.random(size) < noise
            y = np.where(wrong, rng.integers(0, 35, size), np.maximum(truth["spelling"], 0))
            files.append(tmp_path / f"{name}-{seed}.npz")
            write_predictions(files[-1], BOARD, "test", {"piano": y}, seed=seed, root=home)
        add_runs(folder, files, root=home)
        return folder

    return make


def edit(folder, change):
    """Change submission.json by a function of its content."""
    file = folder / "submission.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    return folder


def test_a_submission_passes_and_gets_its_place(submit, leaderboards, home):
    submit("better", noise=0.1)
    submit("worse", noise=0.6)
    reports = check_board(leaderboards, BOARD, home)
    assert [report.errors for report in reports] == [[], []]
    standings = make_standings(BOARD, reports)
    assert [entry.id for entry in standings.entries] == ["better", "worse"]
    better = standings.entries[0]
    assert (better.num_seeds, better.rank, better.trust) == (3, 1, "recomputed")
    accuracies = [run.result["accuracy"] for run in reports[0].runs]
    assert better.metrics["accuracy"].mean == pytest.approx(np.mean(accuracies))
    assert better.metrics["accuracy"].deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert better.by_composer == {"Anon": pytest.approx(np.mean(accuracies))}


def test_few_seeds_are_shown_without_a_rank(submit, leaderboards, home):
    submit("many")
    submit("single", seeds=[7], noise=0.0)
    reports = check_board(leaderboards, BOARD, home)
    assert "1 of 3 seeds: it is shown without a rank" in reports[1].warnings[0]
    last = make_standings(BOARD, reports).entries[-1]
    assert (last.id, last.rank, last.letters) == ("single", None, "")


def test_a_rule_needs_one_run(submit, leaderboards, home):
    submit("rule", seeds=[0], **{"method.deterministic": True, "method.family": "rule"})
    (entry,) = make_standings(BOARD, check_board(leaderboards, BOARD, home)).entries
    assert (entry.rank, entry.kind) == (1, "rule")


def test_withdrawn_entries_leave_the_board(submit, leaderboards, home):
    submit("kept")
    submit("gone", withdrawn="A mistake in the code.")
    standings = make_standings(BOARD, check_board(leaderboards, BOARD, home))
    assert [entry.id for entry in standings.entries] == ["kept"]


def test_near_twins_are_named(submit, leaderboards, home):
    first, second = submit("first"), submit("second")
    for run in ("test-seed0.npz", "test-seed1.npz", "test-seed2.npz"):
        shutil.copy(first / "predictions" / run, second / "predictions" / run)
    runs = json.loads((first / "submission.json").read_text())["runs"]
    edit(second, lambda content: content.update(runs=runs))
    report = check_board(leaderboards, BOARD, home)[1]
    assert report.warnings == ["100.00 % of its predictions are those of first."]


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
        (["method", "name"], "<b>Best</b>", r"\$\.method\.name: holds < >; plain text"),
        (["method", "name"], "[x](javascript:1)", r"\$\.method\.name: holds \[ \]"),
        (["method", "name"], "*best*", r"\$\.method\.name: holds \*"),
        (["method", "name"], "a\u202eb", r"\$\.method\.name: holds the character U\+202E"),
        (["method", "name"], "a\nb", r"\$\.method\.name: holds the character U\+000A"),
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
        (["code", "command"], "a\u0000b", r"\$\.code\.command: holds the character U\+0000"),
        (["runs", 0, "file"], "../../etc/passwd", r"\$\.runs\[0\]\.file: String should match"),
        (["runs", 0, "file"], "predictions/../x.npz", r"\$\.runs\[0\]\.file: String should match"),
        (["runs", 0, "sha256"], "0", r"\$\.runs\[0\]\.sha256: String should match"),
        (["runs", 0, "seed"], 1, r"\$: runs: two runs have the same seed"),
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
        (["method", "deterministic"], True, r"\$: runs: a deterministic method has one run"),
        (
            ["declarations", "no_training_on_test"],
            False,
            r"\$\.declarations\.no_training_on_test: ",
        ),
        (["format"], "musebench.submission/2", r"\$\.format: Input should be"),
        (["board", "version"], "0.9", r"\$\.board\.version is 0\.9, that of the board 1\.0"),
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
        (b'{"id": 1, "id": 2}', "names the same key twice"),
        (b'{"id": NaN}', "NaN is not JSON"),
        (b" " * 65_000, "larger than the limit of 64,000 bytes"),
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
    assert re.search(r"\$\.runs\[1\] \(seed 1\): reported accuracy is 0\.99, recomputed 0\.", error)
    edit(folder, lambda c: c["runs"][1]["reported"].update(accuracy=0.5, nothing=1.0))
    assert check_submission(folder, root=home).errors
    edit(folder, lambda c: c["runs"][1].update(reported={"error_rate": 1.0}))
    assert any("accuracy is missing" in e for e in check_submission(folder, root=home).errors)


def test_a_tiny_difference_of_rounding_is_accepted(submit, home):
    folder = submit("entry")

    def drift(content):
        for run in content["runs"]:
            run["reported"]["accuracy"] += 9e-7

    assert check_submission(edit(folder, drift), root=home).counts
    assert len(check_submission(edit(folder, drift), root=home).errors) == 3


def test_forged_predictions_are_refused(submit, home):
    folder = submit("entry")
    first, second = folder / "predictions/test-seed0.npz", folder / "predictions/test-seed1.npz"
    original = first.read_bytes()
    first.write_bytes(original + b"\0")
    assert "is not the file of this SHA-256" in check_submission(folder, root=home).errors[0]
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
        (lambda f: (f / "predictions/a").mkdir(), "is a link or no regular file"),
        (lambda f: (f / "predictions/x.npz").symlink_to("/etc/passwd"), "is a link or no regular"),
        (lambda f: (f / "README.md").symlink_to("/etc/passwd"), "is a link or no regular file"),
        (lambda f: os.mkfifo(f / "predictions/x.npz"), "is a link or no regular file"),
        (lambda f: (f / "predictions/x.npz").write_bytes(bytes(4_000_001)), "which is too large"),
        (lambda f: (f / "README.md").write_bytes(bytes(64_001)), "which is too large"),
        (lambda f: (f / "predictions/x.npz").write_bytes(b""), r"not named in \$.runs: \['predi"),
        (lambda f: (f / "predictions/test-seed1.npz").unlink(), r"missing: \['predictions/test-"),
        (
            lambda f: [(f / f"predictions/{i}.npz").write_bytes(b"") for i in range(70)],
            "more than 64 files",
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
    standings = publish.recompute(leaderboards, home)
    publish.publish(leaderboards, standings)
    assert publish.find_stale(leaderboards, publish.recompute(leaderboards, home)) == []
    before = {p: p.read_bytes() for p in leaderboards.rglob("*") if p.is_file()}
    publish.publish(leaderboards, publish.recompute(leaderboards, home))
    assert {p: p.read_bytes() for p in leaderboards.rglob("*") if p.is_file()} == before
    assert publish.changed_submissions(leaderboards, publish.stored_standings(leaderboards)) == []


@pytest.mark.parametrize(
    "file", [f"{BOARD}/README.md", f"{BOARD}/LICENSE.md", "README.md", "site/index.html"]
)
def test_a_hand_edit_is_found(submit, leaderboards, home, file):
    submit("entry")
    standings = publish.recompute(leaderboards, home)
    publish.publish(leaderboards, standings)
    text = (leaderboards / file).read_text()
    (leaderboards / file).write_text(text.replace("e", "3"))
    assert [path for path in publish.find_stale(leaderboards, standings) if path.endswith(file)]


def test_an_edited_number_is_found(submit, leaderboards, home):
    submit("entry")
    standings = publish.recompute(leaderboards, home)
    publish.publish(leaderboards, standings)
    file = leaderboards / BOARD / "standings.json"
    content = json.loads(file.read_text())
    content["entries"][0]["metrics"]["accuracy"]["mean"] += 1e-4
    file.write_text(json.dumps(content))
    assert str(file) in publish.find_stale(leaderboards, standings)


def test_changed_predictions_are_found_without_labels(submit, leaderboards, home):
    folder = submit("entry")
    publish.publish(leaderboards, publish.recompute(leaderboards, home))
    stored = publish.stored_standings(leaderboards)
    file = folder / "predictions/test-seed0.npz"
    file.write_bytes(file.read_bytes() + b"\0")
    assert publish.changed_submissions(leaderboards, stored) == [str(folder)]
    shutil.rmtree(folder)
    assert publish.changed_submissions(leaderboards, stored) == [f"{BOARD}/entry"]


def test_a_wrong_entry_keeps_the_board_from_being_published(submit, leaderboards, home):
    edit(submit("entry"), lambda c: c["runs"][0]["reported"].update(accuracy=0.0))
    with pytest.raises(SubmissionError, match=r"reported accuracy is 0, recomputed"):
        publish.recompute(leaderboards, home)


def test_two_methods_of_one_name_are_refused(submit, leaderboards, home):
    submit("one", **{"method.name": "Same"})
    submit("two", **{"method.name": "Same"})
    with pytest.raises(SubmissionError, match="two entries name their method alike"):
        publish.recompute(leaderboards, home)


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
        ("submission.json", "is not the name of an archive"),
        ("entry.zip", "is inside the submission that it is to hold"),
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
        add_runs(folder, [other / "predictions" / "test-seed0.npz", "missing.npz"], root=home)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("leaderboards")
def test_making_a_submission_is_refused_where_it_cannot_be(leaderboards, submit, home, tmp_path):
    with pytest.raises(ValueError, match="there is no board 'nowhere'"):
        init_submission(leaderboards / "nowhere" / "entry")
    folder = submit("entry")
    with pytest.raises(SubmissionError, match="is there already"):
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
    with pytest.raises(SubmissionError, match=r"predicts valid of toy-board; the submission is f"):
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
        assert {"rule", "learned"} >= {entry.kind for entry in board.entries}


def test_an_evaluator_of_another_split_has_another_order(home, leaderboards):
    assert (
        Evaluator(BOARD, root=home).order_sha256
        != Evaluator(BOARD, split="valid", root=home).order_sha256
    )
