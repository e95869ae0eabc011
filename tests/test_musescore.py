"""Scores of MuseScore, converted by a program that says that it is MuseScore."""

import sys
import time
from pathlib import Path

import pytest

from musebench.errors import ScoreError
from musebench.score import read_score

CONVERTS = """
folder = pathlib.Path(sys.argv[3]).parent
assert sys.argv[1] == "-o" and folder == pathlib.Path.cwd()
pathlib.Path(sys.argv[2]).write_bytes(pathlib.Path({toy!r}).read_bytes())
pathlib.Path({log!r}).write_text(sys.argv[3])
"""


@pytest.fixture
def install(tmp_path, monkeypatch, toy):
    """Put a program of a name on a path where nothing else is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, source):
        program = folder / name
        text = source.format(toy=str(toy / "duet.musicxml"), log=str(tmp_path / "log"))
        program.write_text(f"#!{sys.executable}\nimport pathlib, subprocess, sys, time\n{text}")
        program.chmod(0o755)

    return install


def score(folder, name="score.mscx", data=b"<museScore/>"):
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("name", ["mscore", "musescore", "mscore3", "MuseScore4"])
@pytest.mark.parametrize(
    ("suffix", "data"), [(".mscx", b"<museScore/>"), (".mscz", b"PK\x03\x04...")]
)
def test_a_score_is_converted_in_a_folder_of_its_own(tmp_path, toy, install, name, suffix, data):
    install(name, CONVERTS)
    notes = read_score(score(tmp_path, f"score{suffix}", data))
    assert len(notes) == len(read_score(toy / "duet.musicxml"))
    converted = Path((tmp_path / "log").read_text())
    assert converted.suffix == suffix
    assert not converted.parent.exists()


def test_without_musescore_there_is_advice(tmp_path, install):
    with pytest.raises(ScoreError, match=r"score\.mscz: .*export the score as MusicXML first"):
        read_score(score(tmp_path, "score.mscz"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sys.exit(3)", r"mscore did not convert it to MusicXML \(it ended with 3\)"),
        ("pathlib.Path(sys.argv[2]).write_text('')", "did not convert it"),
        ("pathlib.Path(sys.argv[2]).write_text('<a/>')", "its root is <a>"),
        ("pathlib.Path(sys.argv[2]).write_text('a')", "cannot be read as MuseScore"),
    ],
)
def test_a_program_that_fails_is_told(tmp_path, install, source, message):
    install("mscore", source)
    with pytest.raises(ScoreError, match=rf"score\.mscx: .*{message}"):
        read_score(score(tmp_path))


def test_a_program_that_hangs_is_ended_with_what_it_started(tmp_path, install, monkeypatch):
    monkeypatch.setattr("musebench.score.musescore.TIMEOUT_SECONDS", 1)
    child = "import time; time.sleep(3); open({log!r}, 'w')"
    install("mscore", f"subprocess.run([sys.executable, '-c', {child!r}])")
    started = time.monotonic()
    with pytest.raises(ScoreError, match="mscore took more than 1 seconds"):
        read_score(score(tmp_path))
    assert time.monotonic() - started < 3
    time.sleep(3)
    assert not (tmp_path / "log").exists()
