"""A small world of files, copied for each command."""

import io
import shutil
import signal
import subprocess
import sys

import pytest

import toy_board
from commands_by_hand import BOARD, ENTRY, FILLED_IN, NPZ, RUN, SECONDS, SMALL, too_long
from musebench import cli


@pytest.fixture(scope="module")
def world(built_toys, tmp_path_factory):
    """A folder with all that the commands read: data home, runs, predictions, leaderboards."""
    from musebench.leaderboard.prepare import add_runs, init_submission, pack
    from musebench.leaderboard.publish import publish_boards, recompute_boards
    from musebench.train import plan_run, reproduce

    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        toy_board.register(patch, folder / "mirror")
        patch.chdir(folder)
        home = shutil.copytree(built_toys, folder / "home")
        patch.setenv("MUSEBENCH_DATA", str(home))
        shutil.copy(toy_board.DATA / "piano.musicxml", "score.musicxml")
        changes = {key: int(value) for key, value in (change.split("=") for change in SMALL)}
        reproduce(plan_run(BOARD, "mlp", 0, "runs", home, **changes))
        shutil.copy(f"{RUN}/test.npz", NPZ)
        init_submission(ENTRY, FILLED_IN)
        add_runs(ENTRY, [RUN], root=home)
        pack(ENTRY, "packed.zip", root=home)
        standings = recompute_boards("leaderboards", home, [BOARD])
        patch.setattr("musebench.leaderboard.publish.BOARDS", {BOARD: toy_board.BOARD})
        publish_boards("leaderboards", standings)
        for line in ("init -q", "add leaderboards", "commit -qm all"):
            who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
            subprocess.run(["git", *who, *line.split()], check=True)
        yield folder


@pytest.fixture
def musebench(world, monkeypatch, tmp_path):
    """Run a command in a copy of the world; give its code, output and error."""
    here = shutil.copytree(world, tmp_path / "here", symlinks=True)
    toy_board.register(monkeypatch, here / "mirror")
    monkeypatch.setattr("musebench.boards.BOARDS", {BOARD: toy_board.BOARD})
    monkeypatch.setattr("musebench.leaderboard.publish.BOARDS", {BOARD: toy_board.BOARD})
    monkeypatch.setenv("MUSEBENCH_DATA", str(here / "home"))
    monkeypatch.chdir(here)

    def run(*arguments):
        streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in range(2)]
        monkeypatch.setattr(sys, "argv", ["musebench", *arguments])
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        signal.signal(signal.SIGALRM, too_long)
        signal.alarm(SECONDS)
        try:
            with pytest.raises(SystemExit) as stopped:
                cli.main()
        finally:
            signal.alarm(0)
        for stream in streams:
            stream.flush()
        said = [stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in streams]
        return stopped.value.code or 0, *said

    run.here = here
    return run
