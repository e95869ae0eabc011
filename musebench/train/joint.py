"""Training on several boards at once: one encoder, and the heads of each board.

All runs of a joint training are made together, and each is then a run like any other. Until the
last step, the state is in ``joint/`` beside the folders of the boards.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch_geometric.data import HeteroData

from musebench.boards import BOARDS, find_board
from musebench.errors import InputError, ResumeError
from musebench.files import is_file, make_folder, read_file, remove_file
from musebench.loader import MuseNeighborLoader
from musebench.models import JointModel, ScoreModel
from musebench.train.checkpoint import save_model, start, write_history
from musebench.train.loop import (
    new_optimizer,
    train_steps,
    training_batches,
    training_labels,
    validate,
)
from musebench.train.progress import Progress
from musebench.train.run import Run, describe_run, exclusive, plan_run, write_json
from musebench.train.state import Training, load_state, save_state

STATE, DESCRIPTION = "last.pt", "config.json"
MAX_DESCRIPTION_BYTES = 2**20


class JointBatches:
    """Mini-batches of several boards in turn, each round in another order.

    Args:
        loaders: Board -> its mini-batches.
        seed: Seed of the orders.
    """

    def __init__(self, loaders: Mapping[str, MuseNeighborLoader], seed: int) -> None:
        self.loaders, self.seed, self.num_made = dict(loaders), seed, 0

    def __iter__(self) -> Iterator[HeteroData]:
        """Make the remaining batches; each names its board."""
        batches = {board: iter(loader) for board, loader in self.loaders.items()}
        while True:
            num_rounds, done = divmod(self.num_made, len(batches))
            for board in self._order(num_rounds)[done:]:
                batch = next(batches[board])
                batch.board = board
                self.num_made += 1
                yield batch

    def _order(self, number: int) -> list[str]:
        order = np.random.default_rng((self.seed, number)).permutation(len(self.loaders))
        return [list(self.loaders)[i] for i in order]

    def state_dict(self) -> dict[str, int]:
        """The number of batches that were made."""
        return {"batch": self.num_made}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Resume after a number of batches."""
        self.num_made = state["batch"]
        num_rounds, done = divmod(self.num_made, len(self.loaders))
        begun = self._order(num_rounds)[:done]
        for board, loader in self.loaders.items():
            batch = num_rounds + (board in begun)
            loader.load_state_dict(loader.state_dict() | {"batch": batch})


def joint_boards(board: str) -> tuple[str, ...]:
    """The boards that a joint model of one is trained on: those with its inputs.

    Smoke tests and boards of other packages are left out, so that a model does not depend on what
    is installed.
    """
    inputs = find_board(board).task.inputs
    return tuple(
        name
        for name, known in BOARDS.items()
        if known.task.inputs == inputs and not known.is_smoke_test and known.table is None
    )


def joint_runs(run: Run) -> list[Run]:
    """The runs that are made together with one, itself included.

    Raises:
        InputError: If its board is none of those that are trained on together.
    """
    boards = () if run.dataset is not None else joint_boards(run.board)
    if run.board not in boards:
        msg = (
            f"{run.model} is trained on the boards of musebench together, not on {run.board}; "
            "start from its weights with --init, or choose another model."
        )
        raise InputError(msg)
    assert run.config is not None
    found = []
    for board in boards:
        planned = plan_run(board, run.model, run.seed, root=run.root, fold=run.fold)
        assert planned.config is not None
        config = replace(run.config, class_balance=planned.config.class_balance)
        folder = run.folder.parent.parent / board / run.folder.name
        found.append(replace(planned, config=config, folder=folder))
    return found


def train_jointly(
    run: Run, fabric: Fabric, precision: str, *, resume: bool, logger: str | None
) -> None:
    """Train a run together with those of the other boards of its model; all are then trained.

    Args:
        run: The run.
        fabric: Where it is trained, in one process.
        precision: Precision of the training, see ``Hardware``.
        resume: Resume an interrupted training of the same configuration, code and data.
        logger: See ``musebench.train.train``.

    Raises:
        InputError: As for ``joint_runs``, or if there are several processes.
        BusyError: If another process is making one of the runs.
        DivergedError: If the loss became NaN or infinite.
        ResumeError: If the training to resume is damaged or has another configuration.
    """
    if fabric.world_size > 1:
        msg = f"{run.model} is trained in one process, on one device; leave out --devices."
        raise InputError(msg)
    runs = joint_runs(run)
    folder = run.folder.parent.parent / "joint" / run.folder.name
    with ExitStack() as stack:
        for member in runs:
            stack.enter_context(exclusive(member))
        training = _prepare(runs)
        _start(folder, runs, precision, training, resume=resume)
        _make_steps(run, folder, fabric, training, logger)
        for member in runs:
            _finish(member, training, precision)
        remove_file(folder / STATE)


def _prepare(runs: list[Run]) -> Training[JointModel]:
    """The state before the first step."""
    config = runs[0].config
    assert config is not None
    torch.manual_seed(runs[0].seed)
    model = JointModel({run.board: _new_model(run) for run in runs})
    num_batches = -(-config.num_batches // len(runs))  # per board
    share = replace(config, num_steps=num_batches, batches_per_step=1)
    loaders = {run.board: training_batches(run, share) for run in runs}
    batches = JointBatches(loaders, runs[0].seed)
    return Training(model, *new_optimizer(model, config), batches, config.batches_per_step)


def _new_model(run: Run) -> ScoreModel:
    """A model whose heads know the labels of the training split."""
    assert run.config is not None
    dataset = run.load_dataset("train")
    model = ScoreModel(run.model, dataset.board.task, dataset.num_node_features, run.config)
    model.heads.fit(training_labels(dataset), run.config.class_balance)
    return model


def _start(
    folder: Path, runs: list[Run], precision: str, training: Training[JointModel], *, resume: bool
) -> None:
    """Resume the training in a folder, or clear the folder for a new one."""
    described = {"runs": [json.loads(json.dumps(describe_run(r, precision))) for r in runs]}
    state, description = folder / STATE, folder / DESCRIPTION
    if resume and is_file(state) and is_file(description):
        if json.loads(read_file(description, MAX_DESCRIPTION_BYTES)) != described:
            msg = (
                f"{folder} contains a training that differs and cannot be resumed; train without "
                "resuming to start over, or choose another folder of runs."
            )
            raise ResumeError(msg)
        load_state(state, training)
        return
    make_folder(folder)
    remove_file(state)
    write_json(description, described)


def _make_steps(
    run: Run, folder: Path, fabric: Fabric, training: Training[JointModel], logger: str | None
) -> None:
    """Make the remaining steps."""
    config = run.config
    assert config is not None
    model, optimizer = fabric.setup(training.model, training.optimizer)
    steps = train_steps(fabric, model, optimizer, training, config)
    losses, started = [], time.perf_counter()
    with Progress(run, config.num_steps, training.num_steps, logger) as progress:
        for step, loss in enumerate(steps, training.num_steps + 1):
            losses.append(loss)
            progress.step()
            if step % config.validate_every and step < config.num_steps:
                continue
            seconds = time.perf_counter() - started
            values = {"step": step, "loss": sum(losses) / len(losses), "seconds": seconds}
            progress.validation(values, float(training.schedule.get_last_lr()[0]))
            training.history.append(values)
            save_state(folder / STATE, training)
            losses, started = [], time.perf_counter()


def _finish(run: Run, training: Training[JointModel], precision: str) -> None:
    """Make the folder of a run, with the weights of the last step."""
    model = training.model.models[run.board]
    values: dict[str, Any] = dict(training.history[-1])
    values |= validate(run, model, run.load_dataset("valid"))
    values["seconds"] = sum(past["seconds"] for past in training.history)
    start(run, precision, resume=False)
    save_model(model, run)
    write_history(run, [values])
