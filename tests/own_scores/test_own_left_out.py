"""Scores of a user that are left out, and what was mended in others."""

import os

import pandas as pd
import pytest

import made_folder
from made_folder import THREE, load
from musebench import read_score
from musebench.errors import ScoreWarning


def test_what_cannot_be_read_is_listed(folder, parsed):
    (folder / "empty.krn").write_text("")
    (folder / "bad.musicxml").write_text("no score")
    (folder / "no.mscz").write_text("?")
    os.mkfifo(folder / "pipe.mid")
    with pytest.warns(ScoreWarning) as warned:
        dataset = load(folder)
    (said,) = warned
    assert str(said.message).startswith("4 of 7 scores cannot be read and are left out, such as ")
    assert said.filename == made_folder.__file__
    assert (dataset.unreadable["seconds"] >= 0).all()
    assert (pd.to_datetime(dataset.unreadable["at"]) <= pd.Timestamp.now("UTC")).all()
    reasons = dict(dataset.unreadable[["file", "reason"]].itertuples(index=False))
    assert list(reasons) == ["bad.musicxml", "empty.krn", "no.mscz", "pipe.mid"]
    assert reasons["empty.krn"] == "the file is empty."
    assert "MuseScore" in reasons["no.mscz"]
    assert reasons["pipe.mid"] == "it cannot be read (it is a pipe)"
    assert dataset.exclusions["piece_id"].tolist() == ["bad", "empty", "no", "pipe"]
    assert len(dataset) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_listed(folder):
    (folder / "duet.krn").chmod(0)
    (folder / "closed").mkdir(mode=0)
    with pytest.warns(ScoreWarning):
        dataset = load(folder)
    reasons = dict(dataset.unreadable[["file", "reason"]].itertuples(index=False))
    assert "Permission denied" in reasons["duet.krn"]
    assert "cannot be listed" in reasons["closed"]
    (folder / "closed").chmod(0o755)


def test_what_was_mended_is_listed(folder, monkeypatch):
    import warnings

    def read(path, **_):
        warnings.warn(f"{path}: 2 notes were mended.", ScoreWarning, stacklevel=2)
        return read_score(path)

    monkeypatch.setattr("musebench.annotations.formats.read_score", read)
    with pytest.warns(ScoreWarning, match="in 3 scores something was mended"):
        dataset = load(folder)
    assert dataset.remarks["file"].tolist() == list(THREE)
    assert set(dataset.remarks["reason"]) == {"2 notes were mended."}
