"""A model on a folder of scores: one table, what failed, what was warned of, and exit codes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings

import pandas as pd
import pytest

import musebench
from musebench import cli
from musebench.applied import apply_folder, folder, write_table
from musebench.errors import InputError, ScoreWarning, StorageError
from musebench.score import read_score

MUSEBENCH = [sys.executable, "-m", "musebench", "apply"]
RULE = {"model": "v-i-bass", "num_jobs": 1}
SCORES = ["a/duet.krn", "duet.musicxml", "piano.musicxml"]


@pytest.fixture
def scores(toy, tmp_path):
    """Three scores, one of them in a folder; what is hidden or no score is none."""
    found = tmp_path / "scores"
    (found / "a").mkdir(parents=True)
    (found / ".hidden").mkdir()
    for name in (*SCORES, ".hidden/duet.krn"):
        shutil.copy(toy / name.rpartition("/")[2], found / name)
    shutil.copy(toy / "duet.krn", found / "a" / "._duet.krn")
    (found / "notes.txt").write_text("no score")
    return found


@pytest.fixture
def faulty(scores):
    """Beside them two files that are no scores, and one that is mended."""
    (scores / "bad.mid").write_bytes(b"nothing")
    (scores / "b.mscz").write_bytes(b"PK")
    text = (scores / "duet.musicxml").read_text("utf-8")
    changed = text.replace("<duration>3<", "<duration>-1<")
    assert changed != text
    (scores / "mended.musicxml").write_text(changed, "utf-8")
    return scores


@pytest.fixture
def command(monkeypatch, capsys):
    """Run ``musebench apply``; give its exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["musebench", "apply", *map(str, arguments)])
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            with pytest.raises(SystemExit) as stopped:
                cli.main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run


def test_the_table_is_that_of_each_score(scores):
    found = apply_folder("pitch-spelling", scores, model="ps13s1", num_jobs=1)
    assert list(found.files) == SCORES
    assert found.failures.empty
    for name in SCORES:
        alone = musebench.apply("pitch-spelling", scores / name, model="ps13s1").events()
        rows = found.events[found.events["file"] == name].drop(columns="file")
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), alone)
    assert found.counts()["rows"].sum() == len(found.events)
    assert repr(found).count("\n") == 0


def test_each_of_several_tunes_in_a_file_is_a_score(tmp_path):
    (tmp_path / "tunes").mkdir()
    tunes = "X:1\nL:1/4\nK:C\nCDE|]\n\nX:2\nL:1/4\nK:C\nG|]\n"
    (tmp_path / "tunes/two.abc").write_text(tunes)
    found = apply_folder(
        "voices", tmp_path / "tunes", model="nearest-pitch", num_jobs=1, output=tmp_path / "out"
    )
    assert found.counts().to_numpy().tolist() == [["two.abc#1", 3], ["two.abc#2", 1]]
    assert read_score(tmp_path / "out/two#2.musicxml").pitch.tolist() == [67]


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_processes_change_nothing(faulty):
    one, two = (apply_folder("cadence", faulty, model="v-i-bass", num_jobs=n) for n in (1, 2))
    for name in ("events", "failures", "warnings"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.files == two.files


@pytest.mark.filterwarnings("ignore::musebench.errors.ScoreWarning")
def test_what_cannot_be_read_is_listed_and_stops_nothing(faulty):
    with pytest.warns(ScoreWarning, match=r"mended.musicxml: .*negative duration"):
        found = apply_folder("pitch-spelling", faulty, model="ps13s1", num_jobs=1)
    reasons = dict(zip(found.failures["file"], found.failures["reason"], strict=True))
    assert reasons.keys() == {"bad.mid", "b.mscz"}
    assert reasons["bad.mid"].startswith("it is not MIDI")
    assert reasons["b.mscz"].endswith(".")
    assert set(found.warnings["file"]) == {"mended.musicxml"}
    assert set(found.counts()["file"]) == {*SCORES, "mended.musicxml"}


def test_a_bug_in_one_file_is_told_and_stops_nothing(scores, monkeypatch):
    def read(path):
        if path.name == "duet.musicxml":
            raise KeyError("planted")
        return read_score(path)

    monkeypatch.setattr("musebench.applied.apply_model.read_score", read)
    found = apply_folder("cadence", scores, **RULE)
    assert found.failures["file"].tolist() == ["duet.musicxml"]
    assert "a bug, please report it at" in found.failures["reason"][0]


def crash(name):
    if name == "b":
        os.kill(os.getpid(), signal.SIGKILL)
    return folder._Answer(name)


def test_a_file_that_takes_its_process_down_stops_nothing():
    chosen = folder.choose_models("cadence", model="v-i-bass")
    answers = {a.name: a.reason for a in folder._in_parallel(crash, list("abc"), 2, chosen)}
    assert answers["a"] == answers["c"] == ""
    assert "crashed, or ran out of memory" in answers["b"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_the_table_is_written_with_its_failures_beside(command, faulty, tmp_path, suffix):
    read = {
        ".csv": lambda path: pd.read_csv(path, keep_default_na=False, dtype={"measure": str}),
        ".json": lambda path: pd.read_json(path, dtype={"measure": str}),
        ".parquet": pd.read_parquet,
    }[suffix]
    table = tmp_path / f"out{suffix}"
    arguments = ("pitch-spelling", faulty, "--model", "ps13s1", "--jobs", "1")
    code, out, err = command(*arguments, "-o", table)
    assert (code, out.strip()) == (6, str(table))
    assert "2 of 6 failed" in err
    found = read(table)
    assert {"file", "measure", "beat", "note", "spelling"} <= set(found.columns)
    assert set(found["file"]) == {*SCORES, "mended.musicxml"}
    assert read(tmp_path / f"out.failures{suffix}")["file"].tolist() == ["b.mscz", "bad.mid"]


def test_json_has_rows_failures_and_warnings_and_a_warning_is_a_line(command, faulty):
    code, out, err = command("cadence", faulty, "--model", "v-i-bass", "--json", "--jobs", "1")
    content = json.loads(out)
    assert code == 6
    assert [failure["file"] for failure in content["failures"]] == ["b.mscz", "bad.mid"]
    texts = [heard["warning"] for heard in content["warnings"]]
    assert {heard["file"] for heard in content["warnings"]} == {"mended.musicxml"}
    lines = [line for line in err.splitlines() if "warning" in line]
    assert lines == [f"musebench: warning: {text}" for text in texts]
    assert all(text.startswith(f"{faulty / 'mended.musicxml'}: ") for text in texts)


def test_a_warning_of_one_score_is_a_line_and_in_its_json(command, faulty):
    file = faulty / "mended.musicxml"
    code, out, err = command("cadence", file, "--model", "v-i-bass", "--json")
    heard = json.loads(out)["warnings"]
    assert any("negative duration" in text for text in heard)
    assert (code, err) == (0, "".join(f"musebench: warning: {text}\n" for text in heard))


def test_the_code_says_whether_all_some_or_none_could_be_read(command, scores, tmp_path):
    arguments = ("--model", "v-i-bass", "--jobs", "1")
    code, out, err = command("cadence", scores, *arguments)
    assert (code, err) == (0, "")
    assert all(name in out for name in SCORES)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "bad.mid").write_bytes(b"nothing")
    code, _, err = command("cadence", tmp_path / "none", *arguments)
    assert code == 3
    assert "1 of 1 failed" in err
    assert "it is not MIDI" in err
    (tmp_path / "empty").mkdir()
    code, _, err = command("cadence", tmp_path / "empty", *arguments)
    assert (code, "there is no score in" in err) == (2, True)


def test_annotated_scores_go_to_a_folder(command, faulty, tmp_path):
    shutil.copy(faulty / "a" / "duet.krn", faulty / "duet.krn")  # another of the same stem
    output = faulty / "out"
    for _ in range(2):  # what was written is not read again
        code, _, _ = command(
            "voices", faulty, "--model", "nearest-pitch", "-o", output, "--jobs", "1"
        )
        assert code == 6
    names = {path.relative_to(output).as_posix() for path in output.rglob("*.*")}
    assert names == {
        "a/duet.musicxml",
        "duet.krn.musicxml",
        "duet.musicxml.musicxml",
        "mended.musicxml",
        "piano.musicxml",
        "failures.csv",
    }
    written, source = (read_score(path / "piano.musicxml") for path in (output, faulty))
    assert written.pitch.tolist() == source.pitch.tolist()
    assert pd.read_csv(output / "failures.csv")["file"].tolist() == ["b.mscz", "bad.mid"]


def test_outputs_that_cannot_be_are_refused_first(command, scores, tmp_path):
    for output, message in [
        (scores, "is the folder of the scores itself"),
        ("out.musicxml", r"give a table \(.csv, .json, .parquet\) or a folder"),
        (tmp_path / "no" / "out.csv", "there is no folder"),
    ]:
        code, _, err = command(
            "cadence", scores, "--model", "v-i-bass", "-o", output, "--jobs", "1"
        )
        assert (code, message.replace("\\", "") in err) == (2, True), err
    with pytest.raises(InputError, match=r"a score cannot show the labels of composer"):
        apply_folder("composer", scores, model="majority", output=tmp_path / "out")
    with pytest.raises(InputError, match=r"num_jobs is 0; give 1 or more"):
        apply_folder("cadence", scores, model="v-i-bass", num_jobs=0)
    with pytest.raises(InputError, match="give the task first, then the score"):
        apply_folder(str(scores), "cadence", model="v-i-bass")
    with pytest.raises(InputError, match="is nothing instead of a folder of scores"):
        apply_folder("cadence", tmp_path / "nowhere", **RULE)
    with pytest.raises(InputError, match=r"out.txt: .txt cannot be written; use a table"):
        write_table(pd.DataFrame(), tmp_path / "out.txt")


def test_a_full_disk_stops_at_once(scores, tmp_path, monkeypatch):
    def fail(*_, **__):
        msg = "the disk is full."
        raise StorageError(msg)

    monkeypatch.setattr("musebench.applied.result.write_score", fail)
    with pytest.raises(StorageError, match="the disk is full"):
        apply_folder("voices", scores, model="nearest-pitch", num_jobs=1, output=tmp_path / "out")


def test_an_interruption_leaves_nothing_half_written(scores, tmp_path):
    table = tmp_path / "out.csv"
    table.write_text("mine")
    os.mkfifo(scores / "never")  # not a score
    for i in range(5000):
        (scores / f"{i}.musicxml").hardlink_to(scores / "piano.musicxml")
    line = [*MUSEBENCH, "cadence", scores, "--model", "v-i-bass", "-o", table, "--jobs", "2"]
    ours = signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job ignores it
    try:
        process = subprocess.Popen(
            list(map(str, line)), stderr=subprocess.PIPE, text=True, start_new_session=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "this is a bug" not in err
    assert table.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "scores"]


def test_a_table_of_one_score_is_written_too(command, scores, tmp_path):
    table = tmp_path / "out.csv"
    code, out, _ = command(
        "pitch-spelling", scores / "duet.musicxml", "--model", "ps13s1", "-o", table
    )
    assert (code, out.strip()) == (0, str(table))
    found = musebench.apply("pitch-spelling", scores / "duet.musicxml", model="ps13s1")
    assert len(pd.read_csv(table)) == len(found.events())
