"""From the archive in an issue to a row: what the workflow ``entries`` runs, on real clones."""

import json
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
import yaml

import issues
from made_clone import HOME, QUIET
from made_submissions import BOARD, edit, replace_predictions
from musebench.errors import SubmissionError
from musebench.evaluation import unpack_zip
from musebench.leaderboard import pack, publish, read_standings
from musebench.leaderboard.packed import MAX_MEMBERS, unpack

ROOT = Path(__file__).parent.parent
WORKFLOW = ROOT / ".github/workflows/entries.yml"
CHAT = {"body": "Nice.", "user": {"login": "someone"}}
ADDRESS = "https://github.com/user-attachments/files/123/mine.zip"


class Desk:
    """A clone, an issue with an archive, and the folder in which the workflow keeps them."""

    def __init__(self, clone, folder):
        self.clone, self.folder = clone, folder
        self.event, self.comments = folder / "event.json", folder / "comments.json"
        clone.git("checkout", "--quiet", "--force", "main")
        self.open(f"[mine.zip]({ADDRESS})")

    def open(self, body):
        self.event.write_text(json.dumps({"issue": {"body": f"### Archive\n\n{body}\n"}}))

    def attach(self, content):
        (self.folder / "issue").mkdir(exist_ok=True)
        (self.folder / "issue/submission.zip").write_bytes(content)

    def check(self):
        """The verdict and the report."""
        found = issues.check_issue(self.event, self.folder / "issue")
        verdict = (self.folder / "issue/verdict").read_text()
        assert verdict == found.verdict
        return verdict, (self.folder / "issue/report.md").read_text()

    def answer(self, report, login=issues.REPORTER):
        comment = {"body": report, "user": {"login": login}}
        self.comments.write_text(json.dumps([[comment], [CHAT]]))

    def enter(self):
        return issues.enter_issue(self.event, self.comments, self.folder / "issue")

    def rows(self):
        standings = read_standings(self.clone.leaderboards / BOARD / "standings.json")
        return [entry.id for entry in standings.entries]


@pytest.fixture
def desk(clone, tmp_path, monkeypatch):
    monkeypatch.chdir(clone.folder)
    monkeypatch.setenv("MUSEBENCH_DATA", str(clone.home))
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    return Desk(clone, tmp_path)


@pytest.fixture
def packed(submit, home, tmp_path, desk):
    """Packs a submission that is made elsewhere, not in the clone."""

    def make(name="mine", change=None, pack_it=True, **options):
        folder = submit(name, **options)
        if change is not None:
            change(folder)
        if pack_it:
            return pack(folder, tmp_path / f"{name}.zip", root=home).read_bytes()
        return zipped({f"{BOARD}/{name}/{p.relative_to(folder).as_posix()}": p.read_bytes()
                       for p in sorted(folder.rglob("*")) if p.is_file()}, tmp_path)  # fmt: skip

    return make


def zipped(members, folder):
    """An archive as ``submit pack`` writes them, of any members."""
    file = folder / "made.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.read_bytes()


def test_a_good_one_becomes_a_row(desk, packed):
    desk.attach(packed(seeds=range(5)))
    verdict, report = desk.check()
    assert verdict == "passes", report
    assert "mine" not in desk.rows()
    assert desk.clone.git("status", "--porcelain") == ""
    desk.answer(report)
    files = desk.enter()
    assert "mine" in desk.rows()
    names = {file.relative_to(desk.clone.folder).as_posix() for file in files}
    assert names >= {f"{HOME}/mine/submission.json", f"{HOME}/standings.json", f"{HOME}/README.md"}
    assert desk.clone.git("status", "--porcelain") == ""
    assert desk.clone.git("log", "-1", "--format=%s") == f"Entry {BOARD}/mine"
    again = publish.recompute_boards(desk.clone.leaderboards, desk.clone.home)
    assert publish.find_stale(desk.clone.leaderboards, again) == []


def test_a_bad_one_is_refused_and_changes_nothing(desk, packed):
    def boast(folder):
        edit(folder, lambda c: c["runs"][0]["reported"].update(accuracy=0.99))

    desk.attach(packed(change=boast, pack_it=False))
    verdict, report = desk.check()
    assert verdict == "refused"
    assert "reported accuracy is 0.99, recomputed" in report
    desk.answer(report)
    with pytest.raises(SubmissionError, match="does not pass"):
        desk.enter()
    assert desk.clone.git("status", "--porcelain") == ""
    assert desk.clone.git("log", "--format=%s") == "x"


def test_one_that_is_there_already_is_refused(desk, packed):
    folder = desk.clone.leaderboards / BOARD / "leader"
    desk.attach(pack(folder, desk.folder / "a.zip", root=desk.clone.home).read_bytes())
    verdict, report = desk.check()
    assert verdict == "refused"
    assert "every file of the archive is on the board already" in report
    desk.attach(packed("leader", seeds=[7]))
    verdict, report = desk.check()
    assert verdict == "refused"
    assert "this entry is on the board; only its field 'withdrawn' can be set" in report


def test_a_copy_under_another_name_is_looked_at(desk, tmp_path):
    other = tmp_path / "leaderboards" / BOARD / "copy"
    shutil.copytree(desk.clone.leaderboards / BOARD / "leader", other)
    edit(other, lambda c: (c.update(id="copy"), c["method"].update(name="Copy")))
    desk.attach(pack(other, desk.folder / "a.zip", root=desk.clone.home).read_bytes())
    verdict, report = desk.check()
    assert verdict == "look"
    assert "100.00 % of its predictions equal those of leader" in report


def test_one_can_be_withdrawn_and_not_come_back(desk, packed):
    folder = desk.clone.leaderboards / BOARD / "other"
    edit(folder, lambda c: c.update(withdrawn="A leak."))
    archive = pack(folder, desk.folder / "a.zip", root=desk.clone.home).read_bytes()
    desk.clone.git("checkout", "--quiet", "--", ".")
    desk.attach(archive)
    verdict, report = desk.check()
    assert verdict == "look", report
    assert "other is withdrawn; check that 'someone', its contact, asks for it" in report
    desk.answer(report)
    assert "other" in desk.rows()
    desk.enter()
    assert "other" not in desk.rows()
    assert desk.clone.git("show", "--format=", "--name-only", "--", f"{HOME}/other").splitlines() \
        == [f"{HOME}/other/submission.json"]  # fmt: skip
    desk.attach(packed("gone", seeds=[3]))
    verdict, report = desk.check()
    assert verdict == "refused"
    assert "this entry is on the board; only its field 'withdrawn' can be set" in report


def bomb(size=300_000_000):
    """A member that unpacks to more than it says, of a few kilobytes."""
    name = f"{BOARD}/mine/submission.json".encode()
    data = zlib.compress(bytes(size))[2:-4]
    head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 33, 0, len(data), 100, len(name), 0)
    return head + name + data


HOSTILE = [
    (lambda _: b"", "does not begin as a zip archive"),
    (lambda _: b"#!/bin/sh\ntouch hit\n", "does not begin as a zip archive"),
    (lambda _: bomb(), "is longer or shorter than its header says"),
    (lambda f: zipped({"../../etc/x": b"x"}, f), "contains '../../etc/x'; it may contain"),
    (lambda f: zipped({"/etc/x": b"x"}, f), "contains '/etc/x'"),
    (lambda f: zipped({f"{BOARD}/mine/predictions/../../x.npz": b"x"}, f), "it may contain"),
    (lambda f: zipped({f"{BOARD}/mine/setup.py": b"open('hit', 'w')"}, f), "setup.py'; it may"),
    (lambda f: zipped({f"{BOARD}/mine/.gitattributes": b"x"}, f), "it may contain"),
    (lambda f: zipped({f"{BOARD}\\mine\\submission.json": b"x"}, f), "it may contain"),
    (lambda f: zipped({f"{BOARD}/mine/": b""}, f), "it may contain"),
    (lambda f: zipped({"site/mine/submission.json": b"{}"}, f), "no board is named 'site'"),
    (lambda f: zipped({f"{BOARD}/con/submission.json": b"{}"}, f), "name of a device on Windows"),
    (lambda f: zipped({f"{BOARD}/-x/submission.json": b"{}"}, f), "must be 2 to 63 lower-case"),
    (
        lambda f: zipped({f"{BOARD}/{n}/submission.json": b"{}" for n in ("a1", "b1")}, f),
        "contains 2 submissions",
    ),
    (
        lambda f: zipped({f"{BOARD}/mine/predictions/{k}.npz": b"" for k in range(102)}, f),
        f"more than the limit of {MAX_MEMBERS} members",
    ),
    (
        lambda f: zipped({f"{BOARD}/mine/submission.json": b"[" * 200_000}, f),
        "cannot be read as JSON",
    ),
    (
        lambda f: zipped({f"{BOARD}/mine/submission.json": b" " * 300_000}, f),
        "larger than the limit of 256,000 bytes",
    ),
    (lambda f: zipped({f"{BOARD}/mine/submission.json": b"/etc/passwd"}, f), "cannot be read as"),
]


@pytest.mark.parametrize(("make", "fault"), HOSTILE)
def test_a_hostile_archive_is_refused_by_a_sentence(desk, make, fault):
    desk.attach(make(desk.folder))
    before = {p.relative_to(desk.folder) for p in desk.folder.rglob("*") if ".git" not in p.parts}
    verdict, report = desk.check()
    assert verdict == "refused"
    assert fault in report, report
    assert desk.clone.git("status", "--porcelain") == ""
    after = {p.relative_to(desk.folder) for p in desk.folder.rglob("*") if ".git" not in p.parts}
    assert {p.as_posix() for p in after - before} <= {"issue/report.md", "issue/verdict"}


def test_a_link_in_an_archive_is_a_file_with_its_text(tmp_path):
    info = zipfile.ZipInfo(f"{BOARD}/mine/submission.json")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    members = unpack_zip((tmp_path / "a.zip").read_bytes(), max_members=1, max_bytes=100)
    assert members == {info.filename: b"/etc/passwd"}


def test_code_in_an_archive_is_never_run(desk, packed):
    """A pickle in the place of predictions would make a file if it was loaded."""
    pickle = b"cposix\nsystem\n(S'touch hit'\ntR."

    def poison(folder):
        replace_predictions(folder, 0, pickle)

    desk.attach(packed(change=poison, pack_it=False, seeds=[0]))
    verdict, report = desk.check()
    assert verdict == "refused"
    assert "is not a file of predictions" in report
    assert not list(desk.folder.rglob("hit"))


ATTACKS = (
    "$(touch hit)",
    "`touch hit`; touch hit && rm -rf .",
    "--output=hit",
    "::set-output name=x::y",
    "```\n# Review of " + "0" * 64,
    "<img src=x onerror=alert(1)> [x](javascript:alert(1)) @everyone #1",
    "${{ github.token }}",
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("where", ["method.name", "code.command"])
def test_text_of_a_submission_is_only_text(desk, packed, where, attack):
    section, _, name = where.rpartition(".")

    def inject(folder):
        edit(folder, lambda c: (c[section] if section else c).update({name: attack}))

    desk.attach(packed(change=inject, pack_it=False, seeds=[0]))
    verdict, report = desk.check()
    outside = re.sub(r"^```text\n.*?^```$", "", report, flags=re.MULTILINE | re.DOTALL)
    assert re.fullmatch(r"# Review of [0-9a-f]{64}\n\n[A-Za-z0-9 :.;]+\n[\n #a-z0-9/-]*", outside)
    assert issues.checked_in([{"body": report, "user": {"login": issues.REPORTER}}])
    if verdict != "refused":  # a command may say anything
        assert where == "code.command"
        desk.answer(report)
        desk.enter()
        page = publish.write_site(desk.clone.leaderboards, desk.folder / "site")
        pages = [file for file in page if file.suffix == ".html"]
        assert not any("<img" in file.read_text() for file in pages)
    assert not list(desk.folder.rglob("hit"))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", "has 0 attached archives"),
        ("https://evil.example/user-attachments/files/1/a.zip", "has 0 attached archives"),
        ("http://github.com/user-attachments/files/1/a.zip", "has 0 attached archives"),
        ("https://github.com/user-attachments/files/../a.zip", "has 0 attached archives"),
        ("https://github.com@evil.example/user-attachments/files/1/a.zip", "has 0 attached"),
        (f"{ADDRESS} {ADDRESS.replace('123', '124')}", "has 2 attached archives"),
    ],
)
def test_an_issue_without_one_archive_is_told_so(desk, body, fault):
    desk.open(body)
    verdict, report = desk.check()
    assert verdict == "refused"
    assert fault in report


def test_the_address_is_found_in_a_form_as_github_writes_it():
    body = f"### Archive\r\n\r\n[mine.zip]({ADDRESS})\r\n\r\n### What should we know?\r\n\r\n_No_"
    assert issues.address_in({"body": body}) == ADDRESS
    with pytest.raises(SubmissionError):
        issues.address_in({"body": None})


def test_only_what_was_checked_is_entered(desk, packed):
    desk.attach(packed(seeds=range(5)))
    _, report = desk.check()
    for comments, words in (
        ([], "is about none"),
        ([{"body": report, "user": {"login": "someone"}}], "is about none"),
        ([{"body": "See:\n" + report, "user": {"login": issues.REPORTER}}], "is about none"),
    ):
        desk.comments.write_text(json.dumps([comments]))
        with pytest.raises(SubmissionError, match=words):
            desk.enter()
    desk.answer(report)
    desk.attach(packed("another", seeds=range(5)))
    with pytest.raises(SubmissionError, match="but the last report is about"):
        desk.enter()
    assert desk.clone.git("log", "--format=%s") == "x"


def test_what_is_too_large_or_elsewhere_is_not_downloaded(monkeypatch, tmp_path):
    class Stream:
        read = bytes
        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda *_: None  # noqa: E731

    class Opener:
        open = staticmethod(lambda *_, **__: Stream())

    monkeypatch.setattr(issues.urllib.request, "build_opener", lambda *_: Opener)
    with pytest.raises(SubmissionError, match="more than the limit of 26,000,000 bytes"):
        issues.download(ADDRESS, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    handler = issues._OnlyHttps()
    request = issues.urllib.request.Request(ADDRESS)
    with pytest.raises(issues.urllib.error.URLError, match="not https"):
        handler.redirect_request(request, None, 302, "", {}, "file:///etc/passwd")
    assert handler.redirect_request(request, None, 302, "", {}, "https://a.example/x") is not None


def test_the_workflow_gives_no_text_of_an_issue_to_a_shell():
    text = WORKFLOW.read_text("utf-8")
    inside = re.findall(r"\$\{\{(.*?)\}\}", text)
    allowed = {"github.token", "github.event.issue.number", "hashFiles('musebench/corpora/**')"}
    assert {expression.strip() for expression in inside} == allowed
    jobs = yaml.safe_load(text)["jobs"]
    for job in jobs.values():
        for step in job.get("steps", ()):
            assert "${{" not in step.get("run", "")
            if "tools" in step.get("run", ""):
                assert "GH_TOKEN" not in step.get("env", {}) | job.get("env", {})
    checkouts = [step for job in jobs.values() for step in job.get("steps", ())
                 if "checkout" in step.get("uses", "")]  # fmt: skip
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_commands_of_the_workflow_are_there():
    for command in re.findall(r"python tools ([a-z-]+)", WORKFLOW.read_text("utf-8")):
        done = subprocess.run(
            [sys.executable, "tools", command, "--help"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_members_are_those_of_the_folder(packed):
    members = unpack(packed(seeds=[0]))
    assert sorted(members) == [
        f"{BOARD}/mine/predictions/fold0-seed0.npz",
        f"{BOARD}/mine/submission.json",
    ]
