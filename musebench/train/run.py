"""Runs, and the files of their folders."""

import hashlib
import importlib.metadata
import json
import math
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from musebench.boards import Board, find_board
from musebench.datasets import ScoreFolder, ScoreGraphDataset, load
from musebench.errors import BusyError, InputError, StorageError
from musebench.evaluation import (
    MAX_SEED,
    Evaluator,
    damaged,
    main_metric,
    read_result,
    read_run_record,
    read_validations,
    write_own_predictions,
    write_predictions,
)
from musebench.files import NOTHING, kind_of, make_folder, read_file, write_file
from musebench.models import (
    ENCODERS,
    MODELS_VERSION,
    Config,
    Rule,
    config_of,
    models_of,
    read_config,
    rules_of,
)
from musebench.registry import what_there_is
from musebench.splits import check_fold, num_folds
from musebench.tasks import Task

MAX_CHECKPOINT_BYTES = 2**32
PACKAGES = (
    "musebench",
    "torch",
    "lightning_fabric",
    "torch_geometric",
    "numpy",
    "pandas",
    "partitura",
    "pooch",
    "scikit-learn",
)


@dataclass(frozen=True)
class Run:
    """One model trained (or applied) once on one board.

    Attributes:
        board: Name of the board.
        model: Name of the model, one of ``models_of(board)``.
        fold: Fold whose training split it is trained on.
        seed: Seed of weights, order, dropout and transpositions.
        config: Configuration of a learned model; None for a rule.
        settings: Those of a rule that has settings; empty for a learned model.
        folder: Folder of the run.
        root: The data home.
        init: Checkpoint that a learned model starts from; None for random weights.
        dataset: Own data with splits, which no board declares; None for the board's.
    """

    board: str
    model: str
    fold: int
    seed: int
    config: Config | None
    folder: Path
    root: str | Path | None = None
    init: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    dataset: ScoreFolder | None = field(default=None, repr=False, compare=False)

    @property
    def declared(self) -> Board:
        """The board, or what is like one of own data."""
        return find_board(self.board) if self.dataset is None else self.dataset.board

    def load_dataset(self, split: str, **options: Any) -> ScoreGraphDataset:
        """Load a split of the board's dataset, or of own data."""
        if self.dataset is not None:
            return self.dataset.of_split(split)
        return load(self.board, self.root, split, fold=self.fold, **options)

    def evaluator(self, split: str, **options: Any) -> Evaluator:
        """The evaluator of a split; options are those of ``Evaluator``."""
        if self.dataset is not None:
            return self.dataset.evaluator(split, **options)
        return Evaluator(self.board, split=split, fold=self.fold, root=self.root, **options)

    def on(self, board: str) -> "Run":
        """The same model on another board, to predict it: its fold has no work trained on.

        Raises:
            InputError: If there is no such board, or it has another task.
        """
        asked, own = find_board(board).task, self.declared.task
        if (asked.name, asked.heads) != (own.name, own.heads):
            msg = f"{board} is a board of {asked.name}; {self.folder} is a model for {own.name}."
            raise InputError(msg)
        return replace(self, board=board, dataset=None)

    @property
    def rule(self) -> Rule:
        """The unfitted rule of a run that has no learned model."""
        return rules_of(self.declared)[self.model].configured(**self.settings)

    def write_predictions(self, path: str | Path, split: str, y_pred: Mapping[str, Any]) -> None:
        """Write predictions of the board, or of own data; see ``musebench.evaluation``."""
        if self.dataset is None:
            fold, seed, root = self.fold, self.seed, self.root
            write_predictions(path, self.board, split, y_pred, fold=fold, seed=seed, root=root)
        else:
            own, fingerprint = self.dataset.own, self.dataset.fingerprint
            write_own_predictions(
                path, own, fingerprint, split, y_pred, seed=self.seed, root=self.root
            )


def plan_run(
    board: str | ScoreFolder,
    model: str,
    seed: int,
    runs: str | Path = "runs",
    root: str | Path | None = None,
    *,
    fold: int = 0,
    **changes: float | str,
) -> Run:
    """Plan a run.

    Args:
        board: Name of a board, or own data with labels and splits, of which ``train`` is trained
            on and ``valid`` chooses.
        model: Name of a model.
        seed: Seed of everything random.
        runs: Folder of all runs.
        root: The data home.
        fold: A fold of the board.
        changes: Values that replace those of the reference configuration, or settings of a rule.

    Raises:
        InputError: If board, model, fold or a changed value is unknown, or own data has no labels.
    """
    dataset = board if isinstance(board, ScoreFolder) else None
    declared = find_board(board) if isinstance(board, str) else board.board
    models = models_of(declared)
    if model not in models:
        msg = f"there is no model {model!r} for {declared.name}; {what_there_is(model, models)}"
        raise InputError(msg)
    if not declared.task.heads:
        msg = f"{declared.name} has no labels to train on; make the dataset with labels=."
        raise InputError(msg)
    if not 0 <= seed <= MAX_SEED:
        msg = f"seed is {seed}; it must be 0 to {MAX_SEED}."
        raise InputError(msg)
    if dataset is None:
        check_fold(declared.name, "official", fold)
    config = read_config(model, declared, **changes) if model in ENCODERS else None
    settings = {} if config else rules_of(declared)[model].configured(**changes).settings
    conv = f"-{changes['conv']}" if "conv" in changes else ""
    folder = Path(runs) / declared.name / f"{model}{conv}-fold{fold}-seed{seed}"
    return Run(declared.name, model, fold, seed, config, folder, root, None, settings, dataset)


def plan_boards(
    boards: Iterable[str], runs: str | Path = "runs", root: str | Path | None = None
) -> list[Run]:
    """Plan all runs of the leaderboards: all folds of all methods that stand on them.

    Rules run once, learned models with several seeds.

    Args:
        boards: Names of boards.
        runs: Folder of all runs.
        root: The data home.
    """
    planned = []
    for board in map(find_board, boards):
        name = board.name
        for fold in range(num_folds(name)):
            plan = partial(plan_run, name, runs=runs, root=root, fold=fold)
            planned += [plan(model=rule, seed=0) for rule in rules_of(name)]
            planned += [plan(model=m, seed=seed) for seed in board.seeds for m in board.models]
    return planned


def load_run(folder: str | Path, root: str | Path | None = None) -> Run:
    """Read the run in a folder.

    Raises:
        InputError: If the folder has no run, or its record is damaged.
    """
    learned, finished = (Path(folder) / name for name in ("config.json", "result.json"))
    if {kind_of(learned), kind_of(finished)} == {NOTHING}:
        msg = f"{folder} is not the folder of a run: it has neither config.json nor result.json."
        raise InputError(msg)
    file = finished if kind_of(learned) == NOTHING else learned  # rules have only a result
    record = read_run_record(file)
    try:
        is_rule = record.model not in ENCODERS
        own = (record.config or {}) if is_rule else {}
        found = ScoreFolder.find(record.board, record.fingerprint, root) or record.board
        known = plan_run(found, record.model, record.seed, fold=record.fold, **own)
        config = None if is_rule or record.config is None else config_of(record.config)
        if (config is None) != (known.config is None):
            msg = f"{record.model} {'has no' if config else 'has a'} configuration"
            raise InputError(msg)
    except InputError as error:
        raise damaged(file, str(error)) from error
    return replace(known, config=config, folder=Path(folder), root=root)


@contextmanager
def exclusive(run: Run) -> Iterator[None]:
    """Prevent other processes from making a run; within a process it can be entered repeatedly.

    Raises:
        BusyError: If another process is making it.
        InputError, StorageError: If the folder of runs cannot be created or written to.
    """
    make_folder(run.folder.parent)
    file = run.folder.with_suffix(".lock")
    lock = FileLock(file, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"{run.folder} is being made by another process."
        raise BusyError(msg) from error
    except OSError as error:
        msg = f"{file} cannot be locked ({error.strerror}); choose another folder of runs."
        raise StorageError(msg) from error
    try:
        yield
    finally:
        lock.release()


def read_history(run: Run) -> list[dict[str, Any]]:
    """Steps, loss, seconds and metrics (or None) of each validation of a run.

    Raises:
        InputError: If ``history.jsonl`` is missing or damaged.
    """
    return read_validations(run.folder / "history.jsonl")


def best_validation(history: Sequence[dict[str, Any]], task: Task) -> dict[str, Any]:
    """The validation that is best in a task's first main metric, the first in a tie."""
    return max(history, key=lambda values: rank_key(values[task.main_metrics[0]], task))


def rank_key(value: float | None, task: Task) -> float:
    """A value of a task's main metric, negated if lower is better; None comes last."""
    if value is None:
        return -math.inf
    return value if main_metric(task).higher_is_better else -value


def describe_run(run: Run, precision: str = "32-true") -> dict[str, Any]:
    """Everything the predictions of a run depend on.

    Args:
        run: The run.
        precision: Precision of the training, see ``Hardware``.
    """
    dataset = run.load_dataset("train")
    return {
        "board": run.board,
        "version": dataset.board.version,
        "fingerprint": dataset.fingerprint,
        "model": run.model,
        "models_version": MODELS_VERSION,
        "fold": run.fold,
        "seed": run.seed,
        "config": asdict(run.config) if run.config else dict(run.settings) or None,
        "precision": precision if run.config else None,
        "init": _hash(run.init) if run.init else None,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _hash(checkpoint: Path) -> str:
    return hashlib.sha256(read_file(checkpoint, MAX_CHECKPOINT_BYTES)).hexdigest()


def differences(run: Run, precision: str, found: Mapping[str, Any]) -> list[str]:
    """Keys in which a run differs from the ``describe_run`` of another."""
    wanted = json.loads(json.dumps(describe_run(run, precision)))
    return [name for name in wanted if found.get(name) != wanted[name]]


def check_free(run: Run, precision: str) -> None:
    """Refuse to train in a folder with the result of another run.

    Raises:
        InputError: If there is one; the message names the differences.
    """
    file = run.folder / "result.json"
    if kind_of(file) == NOTHING:
        return
    found = read_result(file)["run"]
    if differing := differences(run, precision, found):
        msg = (
            f"{run.folder} contains the result of another run, which differs in "
            f"{', '.join(differing)}; choose another folder with --runs, or remove this one."
        )
        raise InputError(msg)


def write_json(file: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all."""
    write_text(file, json.dumps(value, indent=1) + "\n")


def write_text(file: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    write_file(file, text.encode())
