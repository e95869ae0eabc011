"""Runs in several processes: as one process would make them, and as if no kill had come."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from musebench.errors import BusyError, ResumeError
from musebench.train import Hardware, plan_run, read_history, reproduce, train
from musebench.train.checkpoint import keep

BOARD = "chorale-pitch-spelling"
CONFIG = {
    "hidden": 16,
    "num_layers": 2,
    "num_steps": 24,
    "validate_every": 8,
    "batch_size": 4,
    "batches_per_step": 2,
}
MUSEBENCH = Path(sys.executable).with_name("musebench")


def arguments(runs, home, model="note-gnn", **config):
    changes = (f"--set={name}={value}" for name, value in (CONFIG | config).items())
    where = ("--runs", str(runs), "--root", str(home), "--device", "cpu")
    return ["train", BOARD, "--model", model, "--seed", "4", *where, *changes]


def run_in(runs, home, model="note-gnn", **config):
    return plan_run(BOARD, model, 4, runs, home, **CONFIG | config)


def train_in_two(runs, home, model="note-gnn", *options):
    """Train in two processes, as torchrun starts them."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [*launcher, "--standalone", "--no-python", str(MUSEBENCH)]
    subprocess.run(
        [*command, *arguments(runs, home, model), "--devices", "2", *options],
        check=True,
        capture_output=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return run_in(runs, home, model)


def stop_after(run, num_validations, hardware):
    """Train a run, and be killed after a validation."""

    def kill_in_time(*arguments):
        keep(*arguments)
        if len(read_history(run)) == num_validations:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("musebench.train.training.keep", kill_in_time)
        with pytest.raises(KeyboardInterrupt):
            train(run, hardware)


@pytest.fixture(scope="module")
def alone(chorale_home, tmp_path_factory):
    """The run of one process."""
    run = run_in(tmp_path_factory.mktemp("alone"), chorale_home)
    train(run, Hardware("cpu"))
    return run


def weights_of(run):
    return torch.load(run.folder / "best.pt", weights_only=True)["state"]


def check_alike(run, other):
    for ours, theirs in zip(read_history(run), read_history(other), strict=True):
        assert ours["step"] == theirs["step"]
        assert ours["accuracy"] == pytest.approx(theirs["accuracy"], abs=1e-3)
    found = weights_of(other)
    for name, values in weights_of(run).items():
        torch.testing.assert_close(found[name], values, rtol=1e-3, atol=1e-4)


def test_two_processes_do_what_one_does(alone, chorale_home, tmp_path):
    check_alike(alone, train_in_two(tmp_path, chorale_home))


def test_two_processes_train_a_model_with_weights_that_no_note_needs(chorale_home, tmp_path):
    run = run_in(tmp_path / "alone", chorale_home, "metrical-gnn")
    train(run, Hardware("cpu"))
    check_alike(run, train_in_two(tmp_path / "two", chorale_home, "metrical-gnn"))


def test_a_run_of_one_process_goes_on_in_two(alone, chorale_home, tmp_path):
    run = run_in(tmp_path, chorale_home)
    stop_after(run, 1, Hardware("cpu"))
    assert len(read_history(run)) == 1
    check_alike(alone, train_in_two(tmp_path, chorale_home, "note-gnn", "--resume"))


def test_a_run_of_other_precision_is_another_run(alone, chorale_home):
    with pytest.raises(ResumeError, match="differs in precision"):
        train(alone, Hardware("cpu", precision="bf16-mixed"), resume=True)


def test_mini_batches_that_cannot_be_shared_out_are_refused(chorale_home, tmp_path):
    run = run_in(tmp_path, chorale_home, batches_per_step=3)
    message = "batches_per_step is 3, which cannot be divided evenly"
    with pytest.raises(ValueError, match=message):
        train(run, Hardware("cpu", num_devices=2))


def test_a_killed_run_ends_as_if_it_had_not_been(alone, chorale_home, tmp_path):
    run = run_in(tmp_path, chorale_home)
    command = [str(MUSEBENCH), *arguments(tmp_path, chorale_home)]
    one_thread = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(command, env=one_thread, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (run.folder / "last.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < len(read_history(run)) < 3
    train(run, Hardware("cpu"), resume=True)
    for ours, theirs in zip(read_history(alone), read_history(run), strict=True):
        assert ours | {"seconds": 0} == theirs | {"seconds": 0}
    found = weights_of(run)
    assert all(torch.equal(found[name], values) for name, values in weights_of(alone).items())


def test_mixed_precision_trains(alone, chorale_home, tmp_path):
    run = run_in(tmp_path, chorale_home)
    train(run, Hardware("cpu", precision="bf16-mixed"))
    ours, theirs = read_history(alone)[-1], read_history(run)[-1]
    assert theirs["accuracy"] == pytest.approx(ours["accuracy"], abs=0.02)
    assert theirs["loss"] != ours["loss"]
    assert all(values.dtype != torch.bfloat16 for values in weights_of(run).values())


@pytest.mark.parametrize("make", [reproduce, train])
def test_a_run_that_another_process_makes_is_left_to_it(chorale_home, tmp_path, make):
    run = run_in(tmp_path, chorale_home)
    run.folder.parent.mkdir(parents=True)
    held = FileLock(run.folder.with_suffix(".lock"))
    with held, pytest.raises(BusyError, match="is being made by another process"):
        make(run, Hardware("cpu"))
    assert not run.folder.exists()
