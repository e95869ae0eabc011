"""A reader of MusicXML that is given as text."""

import pytest

from musebench.score import read_score


@pytest.fixture
def read(tmp_path):
    def read(document, suffix=".musicxml", **how):
        path = tmp_path / f"score{suffix}"
        path.write_bytes(document if isinstance(document, bytes) else document.encode())
        return read_score(path, **how)

    return read
