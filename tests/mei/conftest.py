"""Reads a document that is put together from pieces."""

import pytest

from mei_by_hand import MDIV, ROOT, SCORE_DEF
from musebench.score import read_score


@pytest.fixture
def read(tmp_path):
    def read(body, score_def=SCORE_DEF, root=ROOT, number=""):
        path = tmp_path / "score.mei"
        path.write_text(root.format(body if "<mdiv" in body else MDIV.format(score_def, body)))
        return read_score(f"{path}{number}")

    return read
