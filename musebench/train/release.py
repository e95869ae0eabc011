"""Make release assets of a finished run: the checkpoint, its card, its line of the registry."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import musebench
from musebench.boards import find_board
from musebench.errors import ReleaseError
from musebench.evaluation import read_result
from musebench.files import NOTHING, is_file, kind_of, make_folder, read_json
from musebench.models import COLUMNS, ENCODERS, Checkpoint, read_checkpoints
from musebench.train.checkpoint import load_model, write_released
from musebench.train.loop import predict
from musebench.train.model_card import write_model_card
from musebench.train.run import Run, describe_run, load_run, write_text

REGISTRY_NAME = "checkpoints.tsv"
TOLERANCE = 1e-3  # change of a main metric allowed on another device or with other threads


def release_runs(
    runs: Sequence[str | Path], folder: str | Path, *, root: str | Path | None = None
) -> list[Checkpoint]:
    """Make release assets of finished runs.

    Each run gives ``<board>-<model>.pt`` and a card of the same name, ``.md``; their lines of the
    registry go to ``checkpoints.tsv`` in the same folder. The scores on the card are those of the
    written checkpoint, which predicts the test split again.

    Args:
        runs: Folders of runs made by ``musebench reproduce``.
        folder: Folder of the assets.
        root: The data home.

    Returns:
        The lines of the registry.

    Raises:
        ReleaseError: If a run is not finished, outdated, a rule, or has the name of another one.
    """
    planned = [load_run(run, root) for run in runs]
    names = [f"{run.board}-{run.model}" for run in planned]
    if twice := [name for name in names if names.count(name) > 1]:
        msg = f"{twice[0]} occurs twice; release one run per model and board."
        raise ReleaseError(msg)
    results = [_read_finished(run) for run in planned]
    folder = make_folder(folder)
    tag = f"v{musebench.__version__}"
    made = [
        _release(run, result, folder / f"{name}.pt", tag)
        for run, result, name in zip(planned, results, names, strict=True)
    ]
    _write_registry(folder / REGISTRY_NAME, made)
    return made


def _read_finished(run: Run) -> dict[str, Any]:
    """The result of a run that can be released."""
    if run.model not in ENCODERS:
        msg = f"{run.folder} is a run of the rule {run.model}, which has no checkpoint."
        raise ReleaseError(msg)
    needed = [run.folder / name for name in ("best.pt", "config.json", "result.json")]
    if not all(is_file(file) for file in needed) or (run.folder / "last.pt").exists():
        msg = (
            f"{run.folder} is not finished; `musebench reproduce {run.board} --model {run.model} "
            f"--folds {run.fold} --seeds {run.seed}`, with the --runs and --set of its training, "
            "resumes it."
        )
        raise ReleaseError(msg)
    result = read_result(needed[2])
    if read_json(needed[1]) != result["run"] or result["split"] != "test":
        msg = (
            f"{run.folder} was trained again, or predicted another split, after its result.json "
            "was written; reproduce it."
        )
        raise ReleaseError(msg)
    now = describe_run(run)
    if differing := [n for n in ("version", "fingerprint") if result["run"][n] != now[n]]:
        msg = (
            f"{run.folder} was trained on other data than {run.board} has now (another "
            f"{' and '.join(differing)}); reproduce it."
        )
        raise ReleaseError(msg)
    return result


def _release(run: Run, result: dict[str, Any], file: Path, tag: str) -> Checkpoint:
    write_released(run.folder / "best.pt", file)
    content = file.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    version = find_board(run.board).version
    made = Checkpoint(f"{tag}/{file.name}", len(content), sha256, run.board, version)
    for known in read_checkpoints():
        if known.file == made.file and known.sha256 != made.sha256:
            msg = (
                f"{made.file} is already released with another SHA-256, and the registry is "
                "append-only; raise the version of musebench first."
            )
            raise ReleaseError(msg)
    metrics = _score(run, result, file)
    write_text(file.with_suffix(".md"), write_model_card(made, result, metrics))
    return made


def _score(run: Run, result: dict[str, Any], file: Path) -> dict[str, Any]:
    """Scores of the written checkpoint on the test split, which must be close to the run's."""
    predictions = predict(load_model(file, device=torch.device("cpu")), run.load_dataset("test"))
    metrics = run.evaluator("test").eval({"y_pred": predictions})
    for metric in find_board(run.board).task.main_metrics:
        before, after = result["metrics"][metric], metrics[metric]
        if before != after and not abs((before or 0.0) - (after or 0.0)) <= TOLERANCE:
            msg = (
                f"best.pt of {run.folder} has {metric} {after}, but its result.json says {before}; "
                "reproduce it."
            )
            raise ReleaseError(msg)
    return metrics


def _write_registry(file: Path, made: Sequence[Checkpoint]) -> None:
    """Write the lines, after those of other files from an earlier release."""
    known = read_checkpoints(file) if kind_of(file) != NOTHING else []
    kept = [found for found in known if found.file not in {new.file for new in made}]
    write_text(file, "\n".join([COLUMNS, *(found.line for found in (*kept, *made))]) + "\n")
