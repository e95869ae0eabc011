"""What a pull request may not change, and branches that cannot be compared."""

import json
import re
import time

import pytest

from made_clone import HOME
from made_submissions import BOARD, edit
from musebench.leaderboard import commits


def moves(old, new):
    def act(clone):
        (clone.folder / new).parent.mkdir(exist_ok=True, parents=True)
        clone.git("mv", old, new)
        clone.commit()

    return act


def writes(path, content="x"):
    def act(clone):
        (clone.folder / path).parent.mkdir(exist_ok=True, parents=True)
        (clone.folder / path).write_text(content)
        clone.commit()

    return act


def replaces(path, old, new):
    def act(clone):
        text = (clone.folder / path).read_text()
        assert old in text
        (clone.folder / path).write_text(text.replace(old, new, 1))
        clone.commit()

    return act


def puts(path, content=b"x", mode="100644"):
    def act(clone):
        clone.put(path, content, mode)
        clone.commit_index()

    return act


def removes(path):
    def act(clone):
        clone.git("rm", "-r", "--quiet", path)
        clone.commit_index()

    return act


def links(path):
    def act(clone):
        clone.make("mine")
        (clone.folder / path).unlink()
        (clone.folder / path).symlink_to("/etc/passwd")
        clone.commit()

    return act


def frozen(**values):
    def act(clone):
        edit(clone.leaderboards / BOARD / "leader", lambda content: content.update(values))
        clone.render()
        clone.commit()

    return act


def takes_over(clone):
    """Another's entry under another id, rendered."""
    clone.git("mv", f"{HOME}/other", f"{HOME}/mine")
    edit(clone.leaderboards / BOARD / "mine", lambda content: content.update(id="mine"))
    clone.render()
    clone.commit()


def comes_back(clone):
    edit(clone.leaderboards / BOARD / "gone", lambda content: content.update(withdrawn=""))
    clone.render()
    clone.commit()


def sets_mode(path):
    def act(clone):
        (clone.folder / path).chmod(0o755)
        clone.commit()

    return act


def makes_entries(clone):
    for number in range(11):
        clone.put(f"{HOME}/mine-{number}/submission.json")
    clone.commit_index()


def makes_runs(clone):
    for number in range(102):
        clone.put(f"{HOME}/mine/predictions/{number}.npz")
    clone.commit_index()


def makes_many(clone):
    for number in range(1001):
        (clone.folder / f"{number}").write_text("x")
    clone.commit()


def two_alike(clone):
    clone.make("mine", seeds=[0], **{"method.name": "Mine"})
    clone.make("mine-0", seeds=[0], noise=0.2, **{"method.name": "mIne"})
    clone.commit()


ONLY = "a submission may only change its own folder"
STANDS = "this entry is on the board; only its field 'withdrawn' can be set"
NOT_RENDERED = "differs from what 'musebench leaderboard render' writes"
DOORS = [  # left open before
    (
        moves("musebench/pitch.py", "leaderboards/site/pitch.py"),
        [f"deletes musebench/pitch.py: {ONLY}", f"adds leaderboards/site/pitch.py: {ONLY}"],
    ),
    (takes_over, [f"deletes {HOME}/other/submission.json: {STANDS}"]),
    (writes("leaderboards/site/extra.html"), [f"adds leaderboards/site/extra.html: {ONLY}"]),
    (
        writes("leaderboards/elsewhere/README.md"),
        [f"adds leaderboards/elsewhere/README.md: {ONLY}"],
    ),
    (frozen(submitted="2026-11-20"), [f"changes {HOME}/leader/submission.json: {STANDS}"]),
    (comes_back, [f"changes {HOME}/gone/submission.json: {STANDS}"]),
    (
        puts(f"{HOME}/con/submission.json"),
        [f"adds {HOME}/con/submission.json: the id 'con' is the name of a device on Windows"],
    ),
]
MORE_DOORS = [
    (
        moves("musebench/pitch.py", f"{HOME}/mine/predictions/pitch.npz"),
        [f"deletes musebench/pitch.py: {ONLY}"],
    ),
    (removes("leaderboards/README.md"), [f"leaderboards/README.md {NOT_RENDERED}"]),
    (replaces(f"{HOME}/README.md", "leader", "cheater"), [f"{HOME}/README.md {NOT_RENDERED}"]),
    (replaces(f"{HOME}/LICENSE.md", "not that", "and that"), [f"{HOME}/LICENSE.md {NOT_RENDERED}"]),
    (replaces(f"{HOME}/standings.json", '"mean": 0.', '"mean": 0.9'), [f"ngs.json {NOT_RENDERED}"]),
    (replaces(f"{HOME}/standings.json", "{\n", "{ \n"), [f"standings.json {NOT_RENDERED}"]),
    (replaces("leaderboards/README.md", "# L", "# My l"), [f"boards/README.md {NOT_RENDERED}"]),
    (puts(f"{HOME}/README.md", b"/etc/passwd", "120000"), [f"README.md {NOT_RENDERED}"]),
    (sets_mode(f"{HOME}/README.md"), [f"{HOME}/README.md {NOT_RENDERED}"]),
    (writes("leaderboards/RULES.md"), [f"changes leaderboards/RULES.md: {ONLY}"]),
    (writes(".github/workflows/x.yml"), [f"adds .github/workflows/x.yml: {ONLY}"]),
    (writes("leaderboards/.gitattributes"), [f"adds leaderboards/.gitattributes: {ONLY}"]),
    (writes(f"{HOME}/mine/.gitattributes"), [f"adds {HOME}/mine/.gitattributes: {ONLY}"]),
    (writes(f"{HOME}/mine/README.md"), [f"adds {HOME}/mine/README.md: {ONLY}"]),
    (writes(f"{HOME}/mine/predictions/a/b.npz"), [f"mine/predictions/a/b.npz: {ONLY}"]),
    (writes(f"{HOME}/mine.npz"), [f"adds {HOME}/mine.npz: {ONLY}"]),
    (writes("leaderboards/a/mine/submission.json"), ["adds leaderboards/a/mine/subm", ONLY]),
    (puts(f"{HOME.upper()}/mine/submission.json"), [f"adds {HOME.upper()}/mine/sub", ONLY]),
    (writes(f"{HOME}/leader/predictions/more.npz"), [f"predictions/more.npz: {STANDS}"]),
    (writes(f"{HOME}/gone/predictions/more.npz"), [f"predictions/more.npz: {STANDS}"]),
    (removes(f"{HOME}/gone"), [f"deletes {HOME}/gone/submission.json: {STANDS}"]),
    (frozen(trust="rerun"), [f"changes {HOME}/leader/submission.json: {STANDS}"]),
    (frozen(contact="me"), [f"changes {HOME}/leader/submission.json: {STANDS}"]),
    (frozen(contact="me", withdrawn="x"), [f"changes {HOME}/leader/submission.json: {STANDS}"]),
    (replaces(f"{HOME}/leader/submission.json", "{", "{ "), [f"leader/submission.json: {STANDS}"]),
    (
        replaces(f"{HOME}/gone/submission.json", "A mistake.", "Mine."),
        [f"changes {HOME}/gone/submission.json: {STANDS}"],
    ),
    (sets_mode(f"{HOME}/leader/submission.json"), [f"changes the mode of {HOME}/leader/", STANDS]),
    (links(f"{HOME}/mine/submission.json"), ["submission.json: it is a symbolic link"]),
    (links(f"{HOME}/mine/predictions/fold0-seed0.npz"), ["seed0.npz: it is a symbolic link"]),
    (puts(f"{HOME}/mine/submission.json", mode="100755"), ["it is an executable file"]),
    (puts(f"{HOME}/mine/predictions/a.npz", mode="160000"), ["it is a submodule"]),
    (puts(f"{HOME}/mine", mode="160000"), [f"adds {HOME}/mine: {ONLY}"]),
    (puts(".gitmodules"), [f"adds .gitmodules: {ONLY}"]),
    (
        puts(f"{HOME}/mine/predictions/a.npz", bytes(4_000_001)),
        ["4,000,001 bytes exceed the limit of 4,000,000"],
    ),
    (puts(f"{HOME}/mine/predictions/a\\b.npz"), ["does not belong to a submission|does not exist"]),
    (makes_many, ["1001 paths differ, more than the limit of 1000"]),
    (makes_entries, ["it changes 11 entries, more than the limit of 10"]),
    (makes_runs, [f"{HOME}/mine has more than 100 prediction files"]),
    (two_alike, ["the methods of mine and mine-0 have names that look alike"]),
]
IDS = [  # the name of a folder, how it is shown, what is said
    ("aux", "aux", "is the name of a device on Windows"),
    ("com1", "com1", "is the name of a device on Windows"),
    ("Leader", "Leader", "must be 2 to 63 lower-case letters"),
    ("mine.", "mine.", "must be 2 to 63 lower-case letters"),
    ("mine ", "mine ", "must be 2 to 63 lower-case letters"),
    ("mine\n::error::x", r"mine\n::error::x", "must be 2 to 63 lower-case letters"),
    ("m\u00ecne", r"m\xecne", "must be 2 to 63 lower-case letters"),
    ("m\udcffne", r"m\udcffne", "must be 2 to 63 lower-case letters"),  # not UTF-8
    ("-x", "-x", "must be 2 to 63 lower-case letters"),
    ("a`b", "a'b", "must be 2 to 63 lower-case letters"),
]


@pytest.mark.parametrize(("act", "faults"), DOORS)
def test_what_is_refused_by_name(clone, act, faults):
    act(clone)
    code, report = clone.check()
    assert code == 3, report
    assert "It cannot be merged" in report
    for fault in faults:
        assert fault in report, report


@pytest.mark.parametrize(("act", "faults"), MORE_DOORS)
def test_what_else_is_refused_by_name(clone, act, faults):
    act(clone)
    code, report = clone.review()
    assert code == 3, report
    for fault in faults:
        assert any(option in report for option in fault.split("|")), report


def test_ids_that_no_folder_should_have_are_refused(clone):
    for name, _, _ in IDS:
        clone.put(f"{HOME}/{name}/submission.json")
    clone.commit_index()
    code, report = clone.review()
    assert code == 3
    for _, said, fault in IDS:
        assert f"refused: adds {HOME}/{said}/submission.json: the id '{said}' " in report
        assert re.search(rf"the id '{re.escape(said)}' .*{fault}", report)


def test_a_branch_is_compared_with_what_it_began_from(clone):
    """Entries that the base branch has since are nobody's deletions; tables are rendered again."""
    clone.make("mine")
    clone.render()
    clone.commit()
    clone.git("checkout", "--quiet", "main")
    clone.make("meanwhile", noise=0.6)
    clone.render()
    clone.commit()
    code, report = clone.check()
    assert code == 3
    assert "deletes" not in report
    assert f"changes {HOME}/standings.json: the base branch has changed it, too" in report
    clone.git("checkout", "--quiet", "submitted")
    clone.git("merge", "--quiet", "--strategy-option", "theirs", "main")
    clone.render()
    clone.commit()
    assert clone.check()[0] == 0


def test_what_has_no_one_beginning_is_refused(clone):
    clone.git("checkout", "--quiet", "--orphan", "elsewhere")
    clone.commit()
    clone.git("branch", "--force", "submitted")
    code, report = clone.check()
    assert code == 3
    assert "no merge base" in report
    clone.git("checkout", "--quiet", "-B", "submitted", "main")
    clone.git("commit", "--quiet", "--allow-empty", "--message", "a")
    clone.git("checkout", "--quiet", "main")
    clone.git("commit", "--quiet", "--allow-empty", "--message", "b")
    first, second = clone.git("rev-parse", "submitted"), clone.git("rev-parse", "main")
    clone.git("merge", "--quiet", "--no-edit", first)
    clone.git("checkout", "--quiet", "submitted")
    clone.git("merge", "--quiet", "--no-edit", second)
    code, report = clone.check()
    assert code == 3
    assert "2 merge bases" in report


@pytest.mark.parametrize("leaf", [b"x", None])
def test_a_tree_without_end_is_refused_in_bounded_time(clone, monkeypatch, leaf):
    """Ten folders in ten folders, ten times, all the same object: git would walk 10^10 paths."""
    monkeypatch.setattr(commits, "MAX_SECONDS", 3.0)
    line = b""
    if leaf:
        line = (
            b"100644 blob %s\tf\0" % clone.git("hash-object", "-w", "--stdin", data=leaf).encode()
        )
    for _ in range(10):
        tree = clone.git("mktree", "-z", data=line).encode()
        line = b"".join(b"040000 tree %s\t%d\0" % (tree, number) for number in range(10))
    tree = clone.git("mktree", "-z", data=line)
    commit = clone.git("commit-tree", tree, "-p", "main", "-m", "x")
    clone.git("checkout", "--quiet", "main")
    clone.git("update-ref", "refs/heads/submitted", commit)
    start = time.monotonic()
    code, report = clone.review()
    assert code == 3
    assert "'git diff-tree' lists more than 4,000,000 bytes or runs too long" in report
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("commit", ["nowhere", "--help", "-x", "main:README.md"])
def test_what_is_no_commit_is_refused(clone, commit):
    code, report = clone.check(commit)
    assert code == 2
    assert "`git rev-parse` failed" in report


def test_a_branch_without_changes_passes(clone):
    assert clone.check()[0] == 0
    assert json.loads((clone.leaderboards / BOARD / "standings.json").read_text())["entries"]
