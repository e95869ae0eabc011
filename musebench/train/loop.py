"""The loop: epochs of mini-batches, a validation after each."""

import time
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch_geometric.data import HeteroData
from tqdm import tqdm

from musebench.annotations import IGNORE_LABEL
from musebench.datasets import DATASETS, ScoreGraphDataset
from musebench.evaluation import Evaluator
from musebench.loader import MuseNeighborLoader
from musebench.models import ENCODERS, Config, NoteModel
from musebench.tasks import Task
from musebench.train.checkpoint import Training, choose_device, is_trained, keep, load_model, start
from musebench.train.run import Run
from musebench.transforms import RandomTransposition

Predictions = dict[str, dict[str, NDArray[np.int64]]]

MAX_GRADIENT_NORM = 1.0


def train(run: Run, *, device: str | None = None, resume: bool = False) -> NoteModel:
    """Train a learned model; keep and return the one with the best validation.

    Args:
        run: What to train.
        device: Name of a torch device; None: a GPU if there is one.
        resume: Go on with what an interrupted run of the same configuration left in the folder, if
            it left anything; on a CPU (with as many threads) the model is that of a run without
            interruption. Otherwise the run starts anew.

    Raises:
        ValueError: If the model of the run is a rule.
        ResumeError: If ``resume`` finds a run of another configuration, code or data, or damage.
    """
    config = run.config
    if config is None:
        msg = f"{run.model} is a rule and is not trained; predict with it."
        raise ValueError(msg)
    if resume and is_trained(run):
        return load_model(run.folder, device=device)
    valid = run.load_dataset("valid")
    evaluator = Evaluator(run.board, split="valid", root=run.root, num_resamples=1)
    training = _prepare(run, config, valid.num_node_features, device)
    start(run, training, resume=resume)
    task = valid.board.task
    metric = task.main_metrics[0]
    epochs = range(len(training.history) + 1, config.max_epochs + 1)
    bar = tqdm(epochs, f"{run.model}, seed {run.seed}", disable=None)
    for epoch in bar:
        if epoch - 1 - training.best_epoch(metric) >= config.patience:
            break
        started = time.perf_counter()
        loss = train_epoch(
            training.model, training.batches, training.optimizer, training.schedule, task
        )
        metrics = evaluator.eval({"y_pred": predict(training.model, valid, device=device)})
        scores = {name: metrics[name] for name in task.main_metrics}
        values = {"epoch": epoch, "loss": loss, "seconds": time.perf_counter() - started, **scores}
        keep(run, training, values, metric)
        bar.set_postfix(loss=f"{loss:.3f}", valid=f"{scores[metric]:.4f}")
    bar.close()
    (run.folder / "last.pt").unlink()
    return load_model(run.folder, device=device)


def _prepare(
    run: Run, config: Config, num_features: Mapping[str, int], device: str | None
) -> Training:
    """Everything as it is before the first epoch."""
    torch.manual_seed(run.seed)
    batches = training_batches(run, config)
    model = NoteModel(run.model, DATASETS[run.board].board.task, num_features, config)
    model = model.to(choose_device(device))
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.max_epochs * len(batches)
    )
    return Training(model, optimizer, schedule, batches)


def training_batches(run: Run, config: Config) -> MuseNeighborLoader:
    """Mini-batches of windows from many scores; each note is expected as a target once an epoch.

    Whole scores would not do: a batch of a few has a few keys, and the model learns those in turn.
    """
    training = run.load_dataset("train")
    encoder = ENCODERS[run.model]
    return MuseNeighborLoader(
        training,
        [config.num_neighbors] * encoder.num_hops(config.num_layers),
        config.subgraph_size,
        config.batch_size,
        metrical=encoder.metrical,
        transform=RandomTransposition(training.board.task.inputs, run.seed)
        if config.transpose
        else None,
        seed=run.seed,
    )


def train_epoch(
    model: NoteModel,
    batches: MuseNeighborLoader,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    task: Task,
) -> float:
    """Train for one pass over the batches; return the mean loss."""
    model.train()
    device = next(model.parameters()).device
    losses = []
    for graph in batches:
        batch = graph.to(device)
        optimizer.zero_grad()
        loss = loss_of(model(batch), batch, task)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def loss_of(logits: Mapping[str, Tensor], batch: HeteroData, task: Task) -> Tensor:
    """Sum of the cross-entropies of all heads, over the targets that have a class."""
    losses = []
    for head, values in logits.items():
        label = batch["note"][task.label_field(head)][: len(values)]
        total = cross_entropy(values, label, ignore_index=IGNORE_LABEL, reduction="sum")
        losses.append(total / (label != IGNORE_LABEL).sum().clamp(min=1))  # a window may be empty
    return torch.stack(losses).sum()


@torch.no_grad()
def predict(
    model: NoteModel, dataset: ScoreGraphDataset, *, device: str | None = None
) -> Predictions:
    """Predict every note of every piece of a dataset once, a whole piece at a time.

    Returns:
        Piece id -> head -> class of each note.
    """
    model.eval()
    chosen = choose_device(device)
    predictions: Predictions = {}
    for graph in _graphs(dataset):
        logits = model(graph.to(chosen))
        predictions[graph.piece_id] = {
            head: values.argmax(dim=1).cpu().numpy() for head, values in logits.items()
        }
    return predictions


def _graphs(dataset: ScoreGraphDataset) -> Iterator[HeteroData]:
    yield from (dataset[i] for i in range(len(dataset)))
