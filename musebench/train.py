"""TRAIN: a plain loop, and the run that makes a published number.

A run is a folder: ``config.json``, ``history.jsonl`` (a line an epoch), ``best.pt`` (the checkpoint
with the best validation), ``last.pt`` (while it trains: all that is needed to go on after an
interruption), the predictions of a split, and ``result.json`` with everything needed to repeat it.
"""

import importlib.metadata
import io
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
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


class ResumeError(ValueError):
    """What a folder holds cannot be resumed: names what differs or is damaged."""


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


@dataclass
class Training:
    """All that changes while a run trains.

    Attributes:
        model: The model.
        optimizer: Its optimizer.
        schedule: Schedule of the learning rate.
        batches: The training batches, with what is drawn at random in them.
        history: Loss, seconds and validation of each epoch made.
    """

    model: NoteModel
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    batches: DataLoader
    history: list[dict[str, float]] = field(default_factory=list)

    def best_epoch(self, metric: str) -> int:
        """The first epoch, counted from 1, with the best validation; 0 before the first."""
        values = [epoch[metric] for epoch in self.history]
        return values.index(max(values)) + 1 if values else 0

    def state_dict(self) -> dict[str, Any]:
        """Everything, as tensors, numbers and strings."""
        device = next(self.model.parameters()).device
        transforms = self.batches.dataset.transform.transforms
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "history": json.dumps(self.history),
            "torch_random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "order_random": self.batches.sampler.generator.get_state(),
            "transform_random": json.dumps([t.random.bit_generator.state for t in transforms]),
        }

    def load_state_dict(self, stored: Mapping[str, Any]) -> None:
        """Go back to a state that ``state_dict`` gave."""
        device = next(self.model.parameters()).device
        self.model.load_state_dict(stored["model"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.schedule.load_state_dict(stored["schedule"])
        self.history = json.loads(stored["history"])
        self.batches.sampler.generator.set_state(stored["order_random"])
        states = json.loads(stored["transform_random"])
        for transform, state in zip(self.batches.dataset.transform.transforms, states, strict=True):
            transform.random.bit_generator.state = state
        torch.set_rng_state(stored["torch_random"])
        if device.type == "cuda" and stored["cuda_random"] is not None:
            torch.cuda.set_rng_state(stored["cuda_random"], device)


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
    if resume and _is_trained(run):
        return load_model(run.folder, device=device)
    valid = run.load_dataset("valid")
    evaluator = Evaluator(run.board, split="valid", root=run.root, num_resamples=1)
    training = _prepare(run, config, valid.num_node_features, device)
    _start(run, training, resume=resume)
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
        _keep(run, training, values, metric)
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


def _start(run: Run, training: Training, *, resume: bool) -> None:
    """Go on where an interrupted run stopped, or clear the folder for a new one."""
    run.folder.mkdir(parents=True, exist_ok=True)
    if resume and all((run.folder / name).is_file() for name in ("best.pt", "last.pt")):
        _check_same(run)
        _load_last(run, training)
    else:
        # In this order an interruption leaves nothing that looks like a run of this configuration.
        for name in ("best.pt", "last.pt"):
            (run.folder / name).unlink(missing_ok=True)
        write_json(run.folder / "config.json", describe_run(run))
    lines = [json.dumps(epoch) + "\n" for epoch in training.history]
    (run.folder / "history.jsonl").write_text("".join(lines), "utf-8")


def _load_last(run: Run, training: Training) -> None:
    file = run.folder / "last.pt"
    try:
        training.load_state_dict(torch.load(file, weights_only=True))
    except (OSError, RuntimeError, UnpicklingError, KeyError) as error:
        msg = f"{file} is damaged; train without resuming to start anew."
        raise ResumeError(msg) from error


def _keep(run: Run, training: Training, values: dict[str, float], metric: str) -> None:
    """Keep what an epoch gave; the line of the history comes last and says that all is there."""
    training.history.append(values)
    if training.best_epoch(metric) == len(training.history):
        _save(training.model, run)
    _write_tensors(run.folder / "last.pt", training.state_dict())
    with (run.folder / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")


def _is_trained(run: Run) -> bool:
    """Whether the folder holds the finished training of this very run."""
    history = run.folder / "history.jsonl"
    has_all = history.is_file() and history.stat().st_size and (run.folder / "best.pt").is_file()
    if not has_all or (run.folder / "last.pt").exists():
        return False
    _check_same(run)
    return True


def _check_same(run: Run) -> None:
    """Refuse to go on with a run of another configuration, code or data."""
    file = run.folder / "config.json"
    found = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    wanted = json.loads(json.dumps(describe_run(run)))
    if differing := [name for name in wanted if found.get(name) != wanted[name]]:
        msg = (
            f"{run.folder} holds a run that differs in {', '.join(differing)} and cannot be "
            "resumed; train without resuming to start anew, or choose another folder of runs."
        )
        raise ResumeError(msg)


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

    A run whose result is there for the same configuration, code and data is not made again, and an
    interrupted one is resumed; a run that differs in any of them starts anew.
    """
    result_file = run.folder / "result.json"
    described = describe_run(run)
    if result_file.is_file():
        result: dict[str, Any] = json.loads(result_file.read_text("utf-8"))
        if result["run"] == described and result["split"] == split:
            return result
    model = _train_or_resume(run, device) if run.model in ENCODERS else None
    started = time.perf_counter()
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
        "train_seconds": sum(epoch["seconds"] for epoch in read_history(run)) if model else 0.0,
        "predict_seconds": predicted - started,
        "predictions": prediction_file.name,
        "machine": {"platform": platform.platform(), "num_threads": torch.get_num_threads()},
        "command": " ".join(["musebench", *sys.argv[1:]]),
    }
    write_json(result_file, result)
    return result


def _train_or_resume(run: Run, device: str | None) -> NoteModel:
    try:
        return train(run, device=device, resume=True)
    except ResumeError:
        return train(run, device=device)


def read_history(run: Run) -> list[dict[str, float]]:
    """Loss, seconds and validation of each epoch of a run."""
    lines = (run.folder / "history.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


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
    stored = {
        "board": run.board,
        "model": run.model,
        "config": asdict(run.config),
        "num_features": model.num_features,
        "state": model.state_dict(),
    }
    _write_tensors(run.folder / "best.pt", stored)


def _write_tensors(file: Path, stored: Mapping[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    content = io.BytesIO()
    torch.save(stored, content)
    unfinished = file.with_suffix(".pt.part")
    unfinished.write_bytes(content.getbuffer())
    unfinished.replace(file)


def write_json(file: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
    unfinished.replace(file)
