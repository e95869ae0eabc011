"""The search of a configuration, on real chorales."""

import json

import pytest

from musebench.train import best_trial, read_history, search
from musebench.train.run import load_run

BOARD = "chorale-pitch-spelling"
SMALL = {"hidden": 16, "num_layers": 1, "num_steps": 4, "validate_every": 2, "batch_size": 2}


@pytest.fixture(scope="module")
def found(chorale_home, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return runs, list(search(BOARD, "mlp", 3, 7, runs, chorale_home, **SMALL))


def test_first_trial_is_the_reference_and_the_others_are_not(found):
    runs, trials = found
    configs = [load_run(runs / "search" / BOARD / f"mlp-trial{n}").config for n in range(3)]
    assert trials[0].changes == {}
    assert len({tuple(trial.changes.items()) for trial in trials}) == 3
    for trial, config in zip(trials[1:], configs[1:], strict=True):
        assert {name: getattr(config, name) for name in trial.changes} == trial.changes
        assert 0.0005 <= config.learning_rate <= 0.01
        assert config.hidden == 16  # what is given holds in all trials


def test_what_is_given_is_not_searched(chorale_home, tmp_path):
    trials = list(search(BOARD, "mlp", 2, 7, tmp_path, chorale_home, **SMALL, dropout=0.45))
    config = load_run(tmp_path / "search" / BOARD / "mlp-trial1").config
    assert config.dropout == 0.45
    assert "dropout" not in trials[1].changes


def test_trials_say_what_their_runs_reached(found):
    runs, trials = found
    for trial in trials:
        history = read_history(load_run(runs / "search" / BOARD / f"mlp-trial{trial.number}"))
        assert trial.value == max(values["accuracy"] for values in history)
    report = json.loads((runs / "search" / BOARD / "mlp.json").read_text("utf-8"))
    assert [trial["value"] for trial in report["trials"]] == [trial.value for trial in trials]
    assert report["best"] == best_trial(trials, BOARD).number
    assert report["space"]["num_trials"] == 24


def test_more_trials_begin_with_those_that_are_made(found, chorale_home):
    runs, trials = found
    folder = runs / "search" / BOARD
    made = [(folder / f"mlp-trial{n}" / "best.pt").stat().st_mtime_ns for n in range(3)]
    more = list(search(BOARD, "mlp", 4, 7, runs, chorale_home, **SMALL))
    assert more[:3] == trials
    again = [(folder / f"mlp-trial{n}" / "best.pt").stat().st_mtime_ns for n in range(3)]
    assert again == made


def test_what_cannot_be_searched_is_refused(chorale_home, tmp_path):
    with pytest.raises(ValueError, match="ps13s1 is a rule and has no configuration"):
        next(search(BOARD, "ps13s1", 2, runs=tmp_path, root=chorale_home))
    with pytest.raises(ValueError, match="num_trials is 0; it must be 1 to 10,000"):
        next(search(BOARD, "mlp", 0, runs=tmp_path, root=chorale_home))
