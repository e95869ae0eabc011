"""Boards are published as their predictions say, and hand edits are found."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import toy_board
from made_submissions import edit, forge_fingerprint
from musebench.boards import BOARDS
from musebench.errors import InputError, SubmissionError
from musebench.evaluation import Evaluator, read_predictions
from musebench.leaderboard import publish
from musebench.leaderboard.board import check_board
from musebench.leaderboard.check import check_submission
from musebench.leaderboard.render import render_markdown
from musebench.leaderboard.standings import read_standings
from musebench.leaderboard.submission import read_submission
from toy_entries import BOARD, change_value


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


def test_there_is_one_zero(submit):
    folder = submit("entry", seeds=[0])
    edit(folder, change_value(["runs", 0, "train_seconds"], -0.0))
    assert str(read_submission(folder).runs[0].train_seconds) == "0.0"


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


def test_every_entry_is_of_data_that_its_board_knows():
    """Where data change and the notes do not: `earlier_fingerprints` of the board."""
    folder = Path(__file__).parent.parent / "leaderboards"
    for board in BOARDS.values():
        files = sorted((folder / board.name).glob("*/predictions/*.npz"))
        assert files, board.name
        found = {read_predictions(file).fingerprint for file in files}
        assert found > set(board.earlier_fingerprints), board.name
        assert len(found) == 1 + len(board.earlier_fingerprints), board.name


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
