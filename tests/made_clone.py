"""Git repositories with two entries on the toy board, for tests of what is submitted to them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import made_submissions
import toy_board
from made_submissions import BOARD, only_the_toy_board
from musebench.leaderboard import publish
from musebench.leaderboard.commits import Repository
from musebench.leaderboard.review import review_commit, to_markdown

ROOT = Path(__file__).parent.parent
HOME = f"leaderboards/{BOARD}"
# musebench with the toy board alone, as `main` of a process that a test starts.
MUSEBENCH = f"""#!{sys.executable}
import sys
import time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import pytest, toy_board
from made_submissions import only_the_toy_board
from musebench.cli import main
with pytest.MonkeyPatch.context() as patch, only_the_toy_board():
    toy_board.register(patch, Path(sys.argv[0]).parent / "mirror")
    main()
"""
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


class Clone:
    """A repository with two entries on the toy board, and what is submitted to it."""

    def __init__(self, folder, home):
        self.folder, self.home = folder, home
        self.leaderboards = folder / "leaderboards"

    def git(self, *arguments, data=None):
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | QUIET,
            input=data,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def make(self, name, **options):
        """An entry, with its files."""
        return made_submissions.make(self.leaderboards, self.home, name, **options)

    def render(self):
        publish.publish_boards(
            self.leaderboards, publish.recompute_boards(self.leaderboards, self.home)
        )

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")

    def put(self, path, content=b"x", mode="100644"):
        """A file in the index alone: no file system has to like its name."""
        blob = self.git("hash-object", "-w", "--stdin", data=content)
        if mode == "160000":
            blob = self.git("rev-parse", "HEAD")
        self.git(
            "update-index",
            "-z",
            "--index-info",
            data=b"%s %s\t%s\0"
            % (mode.encode(), blob.encode(), path.encode("utf-8", "surrogateescape")),
        )

    def commit_index(self):
        self.git("commit", "--quiet", "--message", "x")
        self.git("reset", "--quiet", "--hard")

    def check(self, commit="submitted"):
        """Check it from the base branch; the exit code and the report."""
        if commit == "submitted":
            self.git("checkout", "--quiet", "--force", "main")
        self.git("clean", "--quiet", "-dfx")
        before = self.git("status", "--porcelain"), self.git("rev-parse", "HEAD")
        outside = self.folder.parent
        report = outside / "report.md"
        done = subprocess.run(
            [self.folder / ".ci/check-submissions", commit, report, outside / "rendered"],
            env=os.environ
            | QUIET
            | {"MUSEBENCH": str(outside / "musebench"), "MUSEBENCH_DATA": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (self.git("status", "--porcelain"), self.git("rev-parse", "HEAD")) == before
        assert not any(line.startswith(("::", "##[")) for line in done.stdout.splitlines())
        return done.returncode, report.read_text() if report.is_file() else done.stderr

    def review(self):
        """The same in this process, which is faster."""
        self.git("checkout", "--quiet", "--force", "main")
        found = review_commit(Repository(self.folder), "submitted", self.home)
        return 3 if found.refused else 0, to_markdown(found)


def make_base(folder, built_toys):
    """Make the repository before anything is submitted, and a musebench to run in it."""
    clone = Clone(folder / "clone", built_toys)
    (clone.leaderboards / BOARD).mkdir(parents=True)
    (clone.folder / "musebench").mkdir()
    (clone.folder / "musebench/pitch.py").write_text("PITCH = 60\n")
    (clone.leaderboards / "RULES.md").write_text("Be fair.\n")
    (clone.folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/check-submissions", clone.folder / ".ci")
    (folder / "musebench").write_text(MUSEBENCH)
    (folder / "musebench").chmod(0o755)
    clone.git("init", "--quiet", "--initial-branch", "main")
    with pytest.MonkeyPatch.context() as patch, only_the_toy_board():
        toy_board.register(patch, folder / "mirror")
        clone.make("leader", noise=0.4, seeds=range(5))
        clone.make("other", noise=0.5, withdrawn="")
        clone.make("gone", noise=0.5, seeds=[0], withdrawn="A mistake.")
        clone.render()
    clone.commit()
    return folder
