"""Bugs, interruptions and full devices: what a command then says, and its code."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musebench.errors import ISSUES, InputError

# Of a title that is longer than the picture.
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied:UserWarning")


# --- What is a bug, and what is not ---------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("planted"),
        ValueError("planted"),
        KeyError("planted"),
        OSError(errno.ENOENT, "planted", "x"),
        ModuleNotFoundError("planted", name="matplotlib"),
        AssertionError("planted"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_keeps_its_traceback_and_says_where_to_report_it(musebench, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("musebench.splits.split_of_pieces", fail)
    code, _, err = musebench("list")
    assert code == 70
    assert err.startswith("Traceback")
    assert "planted" in err
    assert f"this is a bug. Please report it, with the lines above, at {ISSUES}" in err


def test_an_array_that_does_not_fit_is_a_bug(musebench, monkeypatch):
    monkeypatch.setattr("musebench.splits.split_of_pieces", lambda *_: np.ones(3) + np.ones(4))
    code, _, err = musebench("list")
    assert (code, "could not be broadcast together" in err) == (70, True)


def test_what_is_reported_on_purpose_is_a_sentence(musebench, monkeypatch):
    def fail(*_):
        msg = "a name \x1b[31m \udcff"
        raise InputError(msg)

    monkeypatch.setattr("musebench.splits.split_of_pieces", fail)
    assert musebench("list")[::2] == (2, "musebench: a name \\x1b[31m \\udcff\n")


def test_an_interruption_is_code_130(musebench, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("musebench.splits.split_of_pieces", fail)
    code, _, err = musebench("list")
    assert (code, "Traceback" in err) == (130, False)


MUSEBENCH = [sys.executable, "-c", "from musebench.cli import main; main()"]


def test_a_full_device_is_said():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MUSEBENCH, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    sentence = "musebench: the output cannot be written (No space left on device).\n"
    assert (done.returncode, done.stderr) == (4, sentence)


def test_a_reader_that_stops_reading_is_no_error():
    line = " ".join(["python", *(repr(part) for part in MUSEBENCH[1:]), "list --json | head -c 1"])
    line = line.replace("python", sys.executable, 1)
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[", "")


def test_a_name_is_printed_as_the_bytes_that_it_is(tmp_path):
    name = tmp_path / "[red]a:smile:\udcff"
    environment = os.environ | {"MUSEBENCH_DATA": str(name), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([*MUSEBENCH, "where"], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.fsencode(name) in done.stdout
