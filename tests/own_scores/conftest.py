"""A folder of three scores, and a data home of each test."""

import shutil
from pathlib import Path

import pytest

from made_folder import DATA, THREE
from musebench import read_score


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEBENCH_DATA", str(tmp_path / "home"))
    monkeypatch.setenv("MUSEBENCH_OFFLINE", "1")


@pytest.fixture
def folder(tmp_path):
    """A folder of three scores."""
    made = tmp_path / "My Scores"
    made.mkdir()
    for name in THREE:
        shutil.copy(DATA / name, made / name)
    return made


@pytest.fixture
def parsed(monkeypatch):
    """Names of the files that are parsed, as they are."""
    names = []

    def read(path, **options):
        names.append(Path(path).name)
        return read_score(path, **options)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    return names
