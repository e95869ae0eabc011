"""Training a run: alone, or jointly with those of other boards."""

import time
from collections import deque
from contextlib import nullcontext

import torch
from lightning_fabric import Fabric

from musebench.errors import InputError
from musebench.models import ENCODERS, Config, ScoreModel
from musebench.train.checkpoint import (
    is_trained,
    keep,
    load_last,
    load_model,
    start,
    start_from,
)
from musebench.train.hardware import Hardware
from musebench.train.joint import train_jointly
from musebench.train.loop import (
    new_optimizer,
    train_steps,
    training_batches,
    training_labels,
    validate,
)
from musebench.train.progress import Progress, check_logger
from musebench.train.run import Run, exclusive
from musebench.train.state import Training


def train(
    run: Run,
    hardware: Hardware | None = None,
    *,
    resume: bool = False,
    logger: str | None = None,
) -> ScoreModel:
    """Train a learned model; store and return the one with the best validation.

    A model of several boards (``Encoder.joint``) is trained on all of them, and their runs of the
    same fold and seed are trained, too. ``init`` trains it on its own board alone.

    Args:
        run: The run.
        hardware: Devices; None for a GPU if there is one, else the CPU.
        resume: Resume an interrupted run of the same configuration, if the folder has one; on a CPU
            (with the same number of threads) the result is that of an uninterrupted run. Otherwise
            the run starts over.
        logger: ``csv`` or ``tensorboard``: also write each validation to files in ``logs`` in the
            folder; those of an interrupted run are continued.

    Raises:
        InputError: If the model of the run is not learned in steps or not on its board, its
            mini-batches cannot be divided among the processes, or there is no such logger.
        MissingDependencyError: If the logger is not installed.
        BusyError: If another process is making the run.
        DivergedError: If the loss became NaN or infinite.
        ResumeError: If the run to resume is damaged or has another configuration, code or data.
    """
    config = run.config
    if config is None:
        msg = (
            f"{run.model} is not trained in steps; `musebench reproduce {run.board} --model "
            f"{run.model}` fits it, if it has to be, and predicts."
        )
        raise InputError(msg)
    check_logger(logger)
    hardware = hardware or Hardware()
    fabric = hardware.launch(
        config.batches_per_step,
        # The last layer updates beats and measures, too, which no head reads.
        unused_weights=ENCODERS[run.model].metrical,
    )
    if resume and is_trained(run, hardware.precision):
        return load_model(run.folder, device=fabric.device)
    if ENCODERS[run.model].joint and run.init is None:
        train_jointly(run, fabric, hardware.precision, resume=resume, logger=logger)
        return load_model(run.folder, device=fabric.device)
    with exclusive(run) if fabric.is_global_zero else nullcontext():
        training = _prepare(run, config, fabric)
        if fabric.is_global_zero:
            start(run, hardware.precision, resume=resume)
        fabric.barrier()
        _train(run, config, fabric, training, logger)
        fabric.barrier()
        if fabric.is_global_zero:
            (run.folder / "last.pt").unlink()
        fabric.barrier()
    return load_model(run.folder, device=fabric.device)


def _train(
    run: Run, config: Config, fabric: Fabric, training: Training[ScoreModel], logger: str | None
) -> None:
    """Make the remaining steps; the first process validates, stores checkpoints and reports."""
    model, optimizer = fabric.setup(training.model, training.optimizer)
    load_last(run, training)  # after the parameters are on their device
    steps = train_steps(fabric, model, optimizer, training, config)
    if not fabric.is_global_zero:
        deque(steps, maxlen=0)
        return
    valid = run.load_dataset("valid")
    losses, started = [], time.perf_counter()
    with Progress(run, config.num_steps, training.num_steps, logger) as progress:
        for step, loss in enumerate(steps, training.num_steps + 1):
            losses.append(loss)
            progress.step()
            if step % config.validate_every and step < config.num_steps:
                continue
            values = {"step": step, "loss": sum(losses) / len(losses)}
            values |= validate(run, training.model, valid)
            values["seconds"] = time.perf_counter() - started
            progress.validation(values, float(training.schedule.get_last_lr()[0]))
            keep(run, training, values)
            losses, started = [], time.perf_counter()


def _prepare(run: Run, config: Config, fabric: Fabric) -> Training[ScoreModel]:
    """The state before the first step."""
    training = run.load_dataset("train")
    torch.manual_seed(run.seed)
    model = ScoreModel(run.model, training.board.task, training.num_node_features, config)
    model.heads.fit(training_labels(training), config.class_balance)
    if run.init:
        start_from(model, run.init)
    batches = training_batches(run, config, fabric.global_rank, fabric.world_size)
    own_batches = config.batches_per_step // fabric.world_size
    return Training(model, *new_optimizer(model, config), batches, own_batches)
