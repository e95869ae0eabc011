"""The training loop: steps over mini-batches, and the validation of what they gave."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricModule
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.data import HeteroData

from musebench.datasets import ScoreGraphDataset
from musebench.errors import DivergedError
from musebench.evaluation import decide_events
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, Config, ScoreModel
from musebench.train.run import Run
from musebench.train.state import Training
from musebench.transforms import RandomTransposition

Predictions = dict[str, dict[str, NDArray[Any]]]

MAX_GRADIENT_NORM = 1.0


def training_labels(training: ScoreGraphDataset) -> dict[str, Tensor]:
    """Head -> concatenated labels of all training pieces."""
    task = training.board.task
    graphs = [training[i] for i in range(len(training))]
    stores = [graph["note"] if task.unit == "note" else graph for graph in graphs]
    return {
        head: torch.cat([store[task.label_field(head)] for store in stores]) for head in task.heads
    }


def new_optimizer(
    model: nn.Module, config: Config
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW with a one-cycle learning rate, before the first step."""
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.num_steps
    )
    return optimizer, schedule


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
    training: Training[Any],
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
