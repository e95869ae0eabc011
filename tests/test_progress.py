"""What is seen of a training: lines off a terminal, a bar on one, files of loggers."""

import csv
import logging
import re
import sys

import pytest

from musebench.errors import InputError, MissingDependencyError
from musebench.train import plan_run, read_history, train
from test_train import BOARD, FOUR, KilledError, kill_in

STEPS = [10, 20, 30, 40]


@pytest.fixture
def run(chorale_home, tmp_path):
    return plan_run(BOARD, "mlp", 2, tmp_path, chorale_home, **FOUR)


def rows_of(run):
    with (run.folder / "logs" / "csv" / "metrics.csv").open(newline="") as stream:
        return [{name: float(x) for name, x in row.items()} for row in csv.DictReader(stream)]


def events_of(run):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = accumulator.EventAccumulator(str(run.folder / "logs" / "tensorboard")).Reload()
    scalars = {name: found.Scalars(name) for name in found.Tags()["scalars"]}
    return [
        {"step": step} | {name: of[i].value for name, of in scalars.items()}
        for i, step in enumerate(event.step for event in scalars["loss"])
    ]


READERS = {"csv": rows_of, "tensorboard": events_of}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("logger", READERS)
def test_loggers_write_what_the_history_has_and_a_resumed_run_goes_on(run, logger, monkeypatch):
    if logger == "tensorboard":
        pytest.importorskip("tensorboard")
    with monkeypatch.context() as patch:
        kill_in(patch, "training.keep", 3)  # step 30 is logged and not kept
        with pytest.raises(KilledError):
            train(run, logger=logger)
    before = READERS[logger](run)
    assert [row["step"] for row in before] == STEPS[:3]
    train(run, resume=True, logger=logger)
    rows = READERS[logger](run)
    assert [row["step"] for row in rows] == STEPS
    assert rows[:2] == before[:2]
    for row, values in zip(rows, read_history(run), strict=True):
        assert row.keys() == values.keys() | {"learning_rate"}
        known = {name: row[name] for name in values}
        assert known == pytest.approx(values, rel=1e-6)
    rates = [row["learning_rate"] for row in rows]
    assert rates[0] > rates[-1] > 0
    train(run)  # from the beginning
    assert not (run.folder / "logs").exists()


def test_off_a_terminal_each_validation_is_a_line(run, caplog, capsys):
    with caplog.at_level(logging.INFO, "musebench"):
        train(run)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(",")[0] for line in lines] == ["mlp"] * 4
    for line, values in zip(lines, read_history(run), strict=True):
        assert line.startswith(f"mlp, seed 2: step {values['step']} of 40, ")
        accuracy = f"accuracy {values['accuracy']:.4f}"
        assert f", loss {values['loss']:.4f}, accuracy_up_to_shift " in line
        assert f", {accuracy}, " in line
        assert re.search(r", learning rate [0-9.e-]+, \d\d:\d\d left$", line)
    assert lines[-1].endswith(", 00:00 left")
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_there_is_a_bar_and_no_line(run, caplog, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with caplog.at_level(logging.INFO, "musebench"):
        train(run)
    assert not caplog.records
    assert "mlp, seed 2: 100%" in capsys.readouterr().err


def test_loggers_that_there_are_not_are_refused_before_anything_is_done(run, monkeypatch):
    with pytest.raises(InputError, match="there is no logger 'wandb'; there are csv, tensorboard"):
        train(run, logger="wandb")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    message = r"the logger tensorboard is not installed: pip install 'musebench\[tensorboard\]'"
    with pytest.raises(MissingDependencyError, match=message):
        train(run, logger="tensorboard")
    assert not run.folder.exists()
