"""What a pull request may change: entries that pass, and faults of new ones."""

import shutil

import pytest

from made_clone import HOME
from made_submissions import BOARD, edit, forge_fingerprint, replace_predictions


def test_an_entry_that_is_rendered_passes(clone):
    clone.make("mine")
    clone.render()
    clone.commit()
    code, report = clone.check()
    assert code == 0, report
    assert "Nothing keeps it from being merged; a maintainer decides." in report
    assert f"## {HOME}/mine" in report
    assert "right: 3 prediction files" in report


def test_what_is_too_good_passes_and_is_told(clone):
    clone.make("oracle", noise=0, seeds=[0], **{"method.deterministic": True})
    clone.render()
    clone.commit()
    code, report = clone.check()
    assert code == 0, report
    for words in (
        "has the learned family 'gnn' and claims",
        "equals its label",
        "above 99.5 %",
        "far from the best entry so far",
    ):
        assert f"{words}" in report.split(f"## {HOME}/oracle")[1]


def test_who_cannot_render_is_given_the_files(clone):
    clone.make("mine")
    clone.commit()
    code, report = clone.check()
    assert code == 3
    assert f"{HOME}/standings.json differs from what `musebench" in report.replace("'", "`")
    assert "/tmp" not in report
    clone.git("checkout", "--quiet", "submitted")
    shutil.copytree(clone.folder.parent / "rendered", clone.folder, dirs_exist_ok=True)
    clone.commit()
    assert clone.check()[0] == 0


def test_an_entry_can_be_withdrawn_and_not_come_back(clone):
    edit(clone.leaderboards / BOARD / "other", lambda c: c.update(withdrawn="A mistake in it."))
    clone.render()
    clone.commit()
    code, report = clone.check()
    assert code == 0, report
    assert f"note: {HOME}/other is withdrawn; check that 'someone'" in report


def entry(change):
    """A new entry with a fault in it, rendered as a submitter would who hides it."""

    def act(clone):
        folder = clone.make("mine", seeds=range(5))
        clone.render()
        change(folder)
        clone.commit()

    return act


def script_in_front(folder):
    content = (folder / "predictions/fold0-seed0.npz").read_bytes()
    replace_predictions(folder, 0, b"#!/bin/sh\nrm -rf ~\n" + content)


def pointer(folder):
    replace_predictions(folder, 0, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")


def set_to(**values):
    return lambda folder: edit(folder, lambda content: content.update(values))


def set_name(name):
    return lambda folder: edit(folder, lambda content: content["method"].update(name=name))


FAULTS = [  # found in entries, each accepted without a word before
    (set_to(trust="rerun"), "error: $.trust is 'rerun', which only a maintainer writes"),
    (set_to(submitted="9999-12-31"), "error: $.submitted is 9999-12-31, which is in the future"),
    (set_name("leader\u3164"), "error: $.method.name: contains the character U+3164"),
    (set_name("le\u0430der"), "error: $.method.name: mixes letters of CYRILLIC, LATIN"),
    (script_in_front, "it does not begin as a zip archive does"),
    (
        lambda f: forge_fingerprint(f, "0" * 16),
        "error: a prediction file was made from data with the finge",
    ),
]
MORE_FAULTS = [
    (set_to(submitted="0001-01-01"), "0001-01-01 is before 2020-01-01"),
    (set_to(withdrawn="Not yet."), "error: $.withdrawn is not empty"),
    (set_to(board={"name": BOARD, "version": "2.0"}), "$.board.version is 2.0, but the board has"),
    (set_to(id="leader"), "$.id is 'leader', but the folder is named 'mine'"),
    (set_name("Leader"), "the methods of leader and mine have names that look alike"),
    (pointer, "it is a pointer of Git LFS"),
    (lambda f: (f / "submission.json").write_text("{}"), "error: $.id: Field required"),
    (lambda f: (f / "submission.json").unlink(), "submission.json does not exist"),
    (lambda f: (f / "predictions/fold0-seed0.npz").unlink(), "prediction files missing"),
]


@pytest.mark.parametrize(("change", "fault"), FAULTS)
def test_what_a_new_entry_may_not_be(clone, change, fault):
    entry(change)(clone)
    code, report = clone.check()
    assert code == 3
    assert fault in report, report


@pytest.mark.parametrize(("change", "fault"), MORE_FAULTS)
def test_what_else_a_new_entry_may_not_be(clone, change, fault):
    entry(change)(clone)
    code, report = clone.review()
    assert code == 3
    assert fault in report, report
