"""TRAIN: a plain loop, and the run that makes a published number.

A run is a folder: ``config.json``, ``history.jsonl`` (a line an epoch), ``best.pt`` (the checkpoint
with the best validation), the predictions of a split, and ``result.json`` with everything needed
to repeat it.
"""

import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import WeightedRandomSampler
from torch_geometric.data import HeteroData
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import BaseTransform, Compose
from tqdm import tqdm

from musebench.annotations import IGNORE_LABEL
from musebench.datasets import DATASETS, ScoreGraphDataset
from musebench.evaluation import Evaluator, write_predictions
from musebench.models import ENCODERS, MODELS, RULES, Config, NoteModel, Rule, read_config
from musebench.tasks import Task
from musebench.transforms import RandomTransposition, RandomWindow

Predictions = dict[str, dict[str, NDArray[np.int64]]]

RESULT_VERSION = "1"
MAX_GRADIENT_NORM = 1.0
PACKAGES = ("musebench", "torch", "torch_geometric", "numpy", "pandas", "partitura", "pooch")


@dataclass(frozen=True)
class Run:
    """One model trained (or applied) once on one board.

    Attributes:
        board: Name of the board.
        model: Name of the model, one of ``MODELS``.
        seed: Seed of weights, order, dropout and transpositions.
        config: Configuration of a learned model; None for a rule.
        folder: Where the run is kept.
        root: The data home.
    """

    board: str
    model: str
    seed: int
    config: Config | None
    folder: Path
    root: str | Path | None = None

    def load_dataset(self, split: str, **options: Any) -> ScoreGraphDataset:
        """Load a split of the board's dataset."""
        return DATASETS[self.board](self.root, split, **options)


def plan_run(
    board: str,
    model: str,
    seed: int,
    runs: str | Path = "runs",
    root: str | Path | None = None,
    **changes: float,
) -> Run:
    """Describe a run before it is made.

    Args:
        board: Name of a board.
        model: Name of a model.
        seed: Seed of everything random.
        runs: Folder of all runs.
        root: The data home.
        changes: Values that replace those of the reference configuration.

    Raises:
        ValueError: If board, model or a changed value is unknown.
    """
    if board not in DATASETS:
        msg = f"there is no board {board!r}; there are {', '.join(DATASETS)}."
        raise ValueError(msg)
    if model not in MODELS:
        msg = f"there is no model {model!r}; there are {', '.join(MODELS)}."
        raise ValueError(msg)
    config = read_config(model, board, **changes) if model in ENCODERS else None
    return Run(board, model, seed, config, Path(runs) / board / f"{model}-seed{seed}", root)


def train(run: Run, *, device: str | None = None) -> NoteModel:
    """Train a learned model; keep and return the one with the best validation.

    Args:
        run: What to train.
        device: Name of a torch device; None: a GPU if there is one.

    Raises:
        ValueError: If the model of the run is a rule.
    """
    config = run.config
    if config is None:
        msg = f"{run.model} is a rule and is not trained; predict with it."
        raise ValueError(msg)
    torch.manual_seed(run.seed)
    chosen = choose_device(device)
    task = DATASETS[run.board].board.task
    batches = training_batches(run, config)
    valid = run.load_dataset("valid")
    evaluator = Evaluator(run.board, split="valid", root=run.root, num_resamples=1)
    model = NoteModel(run.model, task, valid.num_node_features["note"], config).to(chosen)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.max_epochs * len(batches)
    )
    run.folder.mkdir(parents=True, exist_ok=True)
    write_json(run.folder / "config.json", describe_run(run))
    (run.folder / "history.jsonl").write_text("", "utf-8")
    main_metric = task.main_metrics[0]
    best, best_epoch = -1.0, 0
    bar = tqdm(range(1, config.max_epochs + 1), f"{run.model}, seed {run.seed}", disable=None)
    for epoch in bar:
        started = time.perf_counter()
        loss = train_epoch(model, batches, optimizer, schedule, task)
        metrics = evaluator.eval({"y_pred": predict(model, valid, device=device)})
        scores = {metric: metrics[metric] for metric in task.main_metrics}
        _log(run, epoch=epoch, loss=loss, seconds=time.perf_counter() - started, **scores)
        if scores[main_metric] > best:
            best, best_epoch = scores[main_metric], epoch
            _save(model, run)
        bar.set_postfix(loss=f"{loss:.3f}", valid=f"{scores[main_metric]:.4f}", best=f"{best:.4f}")
        if epoch - best_epoch >= config.patience:
            break
    bar.close()
    return load_model(run.folder, device=device)


def training_batches(run: Run, config: Config) -> DataLoader:
    """Batches of windows from many scores; as many an epoch as cover the training notes once.

    Whole scores would not do: a batch of a few has a few keys, and the model learns those in turn.
    """
    training = run.load_dataset("train")
    transforms: list[BaseTransform] = [RandomWindow(config.subgraph_size, run.seed)]
    if config.transpose:
        transforms.append(RandomTransposition(training.board.task.inputs, run.seed))
    training.transform = Compose(transforms)
    windows = training.pieces["num_notes"].clip(lower=config.subgraph_size) / config.subgraph_size
    generator = torch.Generator().manual_seed(run.seed)
    sampler = WeightedRandomSampler(windows.tolist(), round(windows.sum()), generator=generator)
    return DataLoader(training, config.batch_size, sampler=sampler)


def train_epoch(
    model: NoteModel,
    batches: DataLoader,
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
    """Sum of the cross-entropies of all heads, over the notes that have a class."""
    losses = [
        cross_entropy(
            logits[head], batch["note"][task.label_field(head)], ignore_index=IGNORE_LABEL
        )
        for head in task.heads
    ]
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


def fit_rule(run: Run) -> Rule:
    """Return the rule of a run, fitted on the training split if it needs that."""
    rule = RULES[run.model]
    if not rule.needs_training:
        return rule
    training = run.load_dataset("train")
    stored = training.note_store().tables
    tables = [stored[piece_id] for piece_id in training.pieces["piece_id"]]
    return rule.fit(tables, [training.board.read_labels(table) for table in tables])


def predict_by_rule(rule: Rule, dataset: ScoreGraphDataset) -> Predictions:
    """Predict every note of every piece of a dataset by a rule baseline, from its note table."""
    tables = dataset.note_store().tables
    pieces = tqdm(dataset.pieces["piece_id"], type(rule).__name__, disable=None, leave=False)
    return {piece_id: rule(tables[piece_id]) for piece_id in pieces}


def make_predictions(run: Run, split: str, *, device: str | None = None) -> Predictions:
    """Predict a split with a finished run."""
    dataset = run.load_dataset(split)
    if run.model in RULES:
        return predict_by_rule(fit_rule(run), dataset)
    return predict(load_model(run.folder, device=device), dataset, device=device)


def reproduce(run: Run, *, split: str = "test", device: str | None = None) -> dict[str, Any]:
    """Build, train, predict, evaluate; write and return the result.

    A run whose result is there for the same configuration, code and data is not made again.
    """
    result_file = run.folder / "result.json"
    described = describe_run(run)
    if result_file.is_file():
        result: dict[str, Any] = json.loads(result_file.read_text("utf-8"))
        if result["run"] == described and result["split"] == split:
            return result
    started = time.perf_counter()
    model = train(run, device=device) if run.model in ENCODERS else None
    trained = time.perf_counter()
    predictions = make_predictions(run, split, device=device)
    predicted = time.perf_counter()
    run.folder.mkdir(parents=True, exist_ok=True)
    prediction_file = run.folder / f"{split}.npz"
    write_predictions(prediction_file, run.board, split, predictions, seed=run.seed)
    result = {
        "result_version": RESULT_VERSION,
        "run": described,
        "split": split,
        "metrics": Evaluator(run.board, split=split, root=run.root).eval({"y_pred": predictions}),
        "num_parameters": sum(p.numel() for p in model.parameters()) if model else 0,
        "train_seconds": trained - started if model else 0.0,
        "predict_seconds": predicted - trained,
        "predictions": prediction_file.name,
        "machine": {"platform": platform.platform(), "num_threads": torch.get_num_threads()},
        "command": " ".join(["musebench", *sys.argv[1:]]),
    }
    write_json(result_file, result)
    return result


def describe_run(run: Run) -> dict[str, Any]:
    """All that the predictions of a run depend on."""
    dataset = run.load_dataset("train")
    return {
        "board": run.board,
        "version": dataset.board.version,
        "fingerprint": dataset.fingerprint,
        "model": run.model,
        "seed": run.seed,
        "config": asdict(run.config) if run.config else None,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def choose_device(name: str | None) -> torch.device:
    """Return the torch device of this name; None: a GPU if there is one."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def load_run(folder: str | Path, root: str | Path | None = None) -> Run:
    """Read which run a folder holds.

    Raises:
        ValueError: If the folder is not that of a run.
    """
    file = Path(folder) / "config.json"
    if not file.is_file():
        msg = f"{folder} is not the folder of a run: it has no config.json."
        raise ValueError(msg)
    described = json.loads(file.read_text("utf-8"))
    config = Config(**described["config"]) if described["config"] else None
    return Run(
        described["board"], described["model"], described["seed"], config, Path(folder), root
    )


def load_model(folder: str | Path, *, device: str | None = None) -> NoteModel:
    """Load the best checkpoint of a run, ready to predict."""
    stored = torch.load(Path(folder) / "best.pt", weights_only=True)
    task = DATASETS[stored["board"]].board.task
    model = NoteModel(stored["model"], task, stored["num_features"], Config(**stored["config"]))
    model.load_state_dict(stored["state"])
    return model.to(choose_device(device)).eval()


def _save(model: NoteModel, run: Run) -> None:
    assert run.config is not None
    unfinished = run.folder / "best.pt.part"
    stored = {
        "board": run.board,
        "model": run.model,
        "config": asdict(run.config),
        "num_features": model.num_features,
        "state": model.state_dict(),
    }
    torch.save(stored, unfinished)
    unfinished.replace(run.folder / "best.pt")


def _log(run: Run, **values: float) -> None:
    with (run.folder / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")


def write_json(file: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
    unfinished.replace(file)
