"""The training loop: steps over mini-batches, with regular validations."""

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import HeteroData

from musebench.datasets import ScoreGraphDataset
from musebench.errors import DivergedError, InputError
from musebench.evaluation import decide_events
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, Config, ScoreModel
from musebench.train.checkpoint import (
    Training,
    is_trained,
    keep,
    load_last,
    load_model,
    start,
    start_from,
)
from musebench.train.hardware import Hardware
from musebench.train.progress import Progress, check_logger
from musebench.train.run import Run, exclusive
from musebench.transforms import RandomTransposition

Predictions = dict[str, dict[str, NDArray[Any]]]

MAX_GRADIENT_NORM = 1.0


def train(
    run: Run,
    hardware: Hardware | None = None,
    *,
    resume: bool = False,
    logger: str | None = None,
) -> ScoreModel:
    """Train a learned model; store and return the one with the best validation.

    Args:
        run: The run.
        hardware: Devices; None for a GPU if there is one, else the CPU.
        resume: Resume an interrupted run of the same configuration, if the folder has one; on a CPU
            (with the same number of threads) the result is that of an uninterrupted run. Otherwise
            the run starts over.
        logger: ``csv`` or ``tensorboard``: also write each validation to files in ``logs`` in the
            folder; those of an interrupted run are continued.

    Raises:
        InputError: If the model of the run is not learned in steps, its mini-batches cannot be
            divided among the processes, or there is no such logger.
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
    run: Run, config: Config, fabric: Fabric, training: Training, logger: str | None
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


def _prepare(run: Run, config: Config, fabric: Fabric) -> Training:
    """The state before the first step."""
    training = run.load_dataset("train")
    torch.manual_seed(run.seed)
    model = ScoreModel(run.model, training.board.task, training.num_node_features, config)
    model.heads.fit(training_labels(training), config.class_balance)
    if run.init:
        start_from(model, run.init)
    batches = training_batches(run, config, fabric.global_rank, fabric.world_size)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.num_steps
    )
    own_batches = config.batches_per_step // fabric.world_size
    return Training(model, optimizer, schedule, batches, own_batches)


def training_labels(training: ScoreGraphDataset) -> dict[str, Tensor]:
    """Head -> concatenated labels of all training pieces."""
    task = training.board.task
    graphs = [training[i] for i in range(len(training))]
    stores = [graph["note"] if task.unit == "note" else graph for graph in graphs]
    return {
        head: torch.cat([store[task.label_field(head)] for store in stores]) for head in task.heads
    }


def training_batches(
    run: Run, config: Config, rank: int = 0, world_size: int = 1
) -> MuseNeighborLoader:
    """Mini-batches of the whole training: windows from many scores, drawn for each batch.

    Whole scores would not work: a batch would have only a few keys, and the model would learn them
    one after another.
    """
    training = run.load_dataset("train")
    encoder = ENCODERS[run.model]
    return MuseNeighborLoader(
        training,
        [config.num_neighbors] * encoder.num_hops(config.num_layers),
        config.subgraph_size,
        config.batch_size,
        relations=config.chosen_relations,
        metrical=encoder.metrical,
        transform=RandomTransposition(training.board.task, run.seed) if config.transpose else None,
        seed=run.seed,
        num_batches=config.num_batches,
        weights=training.weights,
        rank=rank,
        world_size=world_size,
    )


def train_steps(
    fabric: Fabric,
    model: _FabricModule,
    optimizer: torch.optim.Optimizer,
    training: Training,
    config: Config,
) -> Iterator[float]:
    """Make the remaining steps; yield the loss of each in this process.

    Dropout is seeded by the mini-batch, so it is the same in any process, and after an
    interruption.
    """
    own_batches = training.batches_per_step
    batches = iter(training.batches)
    for _ in range(training.num_steps, config.num_steps):
        model.train()
        total = 0.0
        for i in range(own_batches):
            graph = next(batches)
            torch.manual_seed(graph.seed)
            batch = graph.to(fabric.device)
            with fabric.no_backward_sync(model, enabled=i < own_batches - 1):
                loss = training.model.loss(model(batch), batch) / own_batches
                fabric.backward(loss)
            total += loss.item()
        if not math.isfinite(total):
            msg = (
                f"the loss became NaN or infinite after {training.schedule.last_epoch} steps; "
                f"use a learning_rate below {config.learning_rate}."
            )
            raise DivergedError(msg)
        # Scaled gradients of half precision may be infinite; their step is then skipped.
        fabric.clip_gradients(
            model, optimizer, max_norm=MAX_GRADIENT_NORM, error_if_nonfinite=False
        )
        optimizer.step()
        training.schedule.step()
        optimizer.zero_grad()
        yield total


def validate(run: Run, model: ScoreModel, valid: ScoreGraphDataset) -> dict[str, Any]:
    """Evaluate a model on the validation split; a metric may be None.

    The thresholds of events are chosen on the same split, and set in the model.
    """
    evaluator = run.evaluator("valid", num_resamples=1)
    predictions, task = predict(model, valid), valid.board.task
    if task.has_events:
        thresholds = evaluator.choose_thresholds({"y_pred": predictions})
        model.set_thresholds(thresholds)
        predictions = decide_events(predictions, task.main_head, thresholds)
    metrics = evaluator.eval({"y_pred": predictions})
    return {name: metrics[name] for name in valid.board.task.main_metrics}


def predict(model: ScoreModel, dataset: ScoreGraphDataset) -> Predictions:
    """Predict all pieces of a dataset, one whole piece at a time.

    Returns:
        Piece id -> head -> class (index, number) of each note, onset group or of the piece.
    """
    model.eval()
    device = next(model.parameters()).device
    return {graph.piece_id: model.predict(graph.to(device)) for graph in _graphs(dataset)}


def _graphs(dataset: ScoreGraphDataset) -> Iterator[HeteroData]:
    yield from (dataset[i] for i in range(len(dataset)))
