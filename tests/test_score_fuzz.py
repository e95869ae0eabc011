"""Damaged scores give a note table or a ScoreError, and soon. ``python -m fuzz`` runs more."""

import os
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from fuzz.run import fuzz, outcome_of
from fuzz.targets import TARGETS, Target
from musebench.score import read_score

CASES = int(os.environ.get("FUZZ_CASES", "250"))  # a format


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_toy_scores_are_read_or_refused(name):
    report = fuzz(name, range(CASES))
    assert not report.faults, report
    assert sum(report.outcomes.values()) == CASES
    assert 0 < report.outcomes["tables"] < CASES


@pytest.mark.parametrize("name", TARGETS)
def test_toy_scores_are_read_as_they_are(tmp_path, name):
    for files in TARGETS[name].toys:
        whole = Target((files,), TARGETS[name].read, lambda data, seed: data)
        assert outcome_of(whole, tmp_path, "") == ("tables", "")


def test_a_reader_that_fails_is_told_by_the_number_of_the_case():
    report = fuzz("toy", range(8), seconds=2, targets="bad_readers")
    told = [
        *("takes more than 2 s", r"ends the process \(3\)", "MemoryError: .*: no memory"),
        *("KeyError: 'x'", "NoneType: it is bad", "None"),
    ]
    assert len(report.faults) == len(told)
    for case, (fault, phrase) in enumerate(zip(report.faults, told, strict=True)):
        assert re.fullmatch(f"case {case}: {phrase}.*", fault)
    assert report.outcomes["tables"] == 2  # what is behind the faults is still read


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("archive", "ending", "count", "cases"),
    [
        ("craigsapp/bach-370-chorales", ".krn", 4, 25),
        ("OpenScore/Lieder", ".mxl", 2, 20),
        ("CPJKU/asap-dataset", "midi_score.mid", 4, 20),
        ("CPJKU/asap-dataset", "xml_score.musicxml", 2, 15),
    ],
)
def test_damaged_real_scores_are_read_or_refused(tmp_path, archive, ending, count, cases):
    mirror = Path(os.environ.get("MUSEBENCH_MIRROR", "/nowhere"))
    found = sorted(mirror.glob(f"{archive}-*.zip"))
    if not found:
        pytest.skip(f"MUSEBENCH_MIRROR has no {archive}")
    with zipfile.ZipFile(found[0]) as scores:
        sizes = {m.filename: m.file_size for m in scores.infolist() if m.filename.endswith(ending)}
        small = sorted(sizes, key=lambda name: (sizes[name], name))[:count]
        for name in small:
            file, data = Path(name).name, scores.read(name)
            if ending == ".mxl":  # damage what is inside
                with zipfile.ZipFile(BytesIO(data)) as packed:
                    inside = next(n for n in packed.namelist() if not n.startswith("META-INF"))
                    file, data = "inside.musicxml", packed.read(inside)
            target = Target(({file: data},), read_score)
            for case in range(cases):
                assert outcome_of(target, tmp_path, f"{name} {case}")[1] == "", (name, case)
