"""Partitura's estimators: what they give is the same in every run, and partitura stays as it is."""

import subprocess
import sys

import numpy as np

from made_scores import table_of
from musebench.score import estimate_voices

MANY = "from made_scores import table_of; from musebench.score import estimate_voices; import numpy"


def test_voices_leave_the_classes_of_partitura_as_they_are():
    voices = estimate_voices(table_of(np.repeat(np.arange(8), 2) * 2, np.full(16, 2)))
    assert voices.min() == 1
    assert voices.max() == 2
    from partitura.musicanalysis import voice_separation

    assert voice_separation.VSNote.__hash__ is object.__hash__


def test_voices_of_unisons_are_the_same_in_every_process():
    code = (
        f"{MANY}; x = [object() for _ in range(int(__import__('sys').argv[1]))]; "
        "onset = numpy.repeat(numpy.arange(40), 4) * 2; "
        "print(estimate_voices(table_of(onset, numpy.full(160, 2))).tolist())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(objects)],
            capture_output=True, text=True, check=True, cwd="tests",
        ).stdout
        for objects in (0, 7, 1234)
    }  # fmt: skip
    assert len(found) == 1
    assert found != {""}
