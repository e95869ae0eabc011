"""Scores of MuseScore -> note table, by MuseScore itself where it is installed."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from musebench.score.errors import Refusal
from musebench.score.musicxml import read_musicxml
from musebench.score.mxl import is_archive
from musebench.score.source import MAX_FILE_BYTES, too_large
from musebench.score.table import NoteTable

PROGRAMS = (
    "mscore", "musescore", "mscore4portable", "MuseScore4", "musescore4", "mscore4",
    "MuseScore-4", "MuseScoreStudio", "MuseScore3", "musescore3", "mscore3", "MuseScore",
)  # fmt: skip
TIMEOUT_SECONDS = 120  # a long opera takes half a minute


def read_musescore(data: bytes) -> NoteTable:
    """Read a score of MuseScore, converted to MusicXML in a folder that is then deleted.

    Args:
        data: The file, ``.mscz`` or ``.mscx``.

    Raises:
        Refusal: If MuseScore is not on the PATH, or does not convert the score in time, or the
            MusicXML cannot be read.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        msg = (
            "MuseScore opens such files, and none is on the PATH (mscore, musescore, MuseScore4 "
            "and the like); install it, or export the score as MusicXML first"
        )
        raise Refusal(msg)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / ("score.mscz" if is_archive(data) else "score.mscx")
        path.write_bytes(data)
        converted = path.with_suffix(".musicxml")
        status = _run([program, "-o", str(converted), str(path)], folder)
        if not converted.is_file() or not converted.stat().st_size:
            msg = f"{Path(program).name} did not convert it to MusicXML (it ended with {status})"
            raise Refusal(msg)
        if converted.stat().st_size > MAX_FILE_BYTES:
            raise too_large(MAX_FILE_BYTES)
        return read_musicxml(converted.read_bytes())


def _run(command: list[str], folder: str) -> int:
    """Run a program without a screen, and end it and what it started if it takes too long."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            msg = f"{Path(command[0]).name} took more than {TIMEOUT_SECONDS} seconds"
            raise Refusal(msg) from error
        finally:
            if process.poll() is None:
                _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a program and, on POSIX, all that it started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
