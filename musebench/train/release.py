"""Make the weights that ship of finished runs: the file, its card, its line of the registry."""

import hashlib
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from musebench.boards import find_board
from musebench.corpora import LICENSES, terms_of
from musebench.errors import ReleaseError
from musebench.evaluation import read_predictions, read_result
from musebench.files import is_file, make_folder, read_file, read_json, write_file
from musebench.models import CODE_LICENSE, ENCODERS, Weights, write_weights
from musebench.train.checkpoint import write_released
from musebench.train.model_card import write_model_card
from musebench.train.result import make_predictions
from musebench.train.run import Run, describe_run, load_run, write_json, write_text

logger = logging.getLogger(__name__)

TOLERANCE = 1e-3  # change of a main metric allowed by half precision or on another device


def release_runs(
    runs: Sequence[str | Path],
    folder: str | Path,
    *,
    rewrite: bool = False,
    root: str | Path | None = None,
) -> list[Weights]:
    """Make the weights that ship of finished runs.

    Each run gives ``<board>.safetensors`` in half precision and a card of the same name, ``.md``:
    in ``musebench/models/weights`` if the licence of their corpus lets them have that of the code,
    else in ``musebench-models/musebench_models``. Their lines stand in the registry,
    ``musebench/models/weights/weights.tsv``, in the place of earlier ones of the same board. The
    scores on the card are those of the written file, which predicts the test split again.

    Args:
        runs: Folders of runs of fold 0 made by ``musebench reproduce``.
        folder: A clone of musebench, or a folder for files that belong there.
        rewrite: Also write the predictions of the file, and their metrics, into a run whose own
            differ from them: those of a run that was made before weights were rounded.
        root: The data home.

    Returns:
        The lines of the registry.

    Raises:
        ReleaseError: If a run is not finished, outdated, of a rule or of another fold, if two are
            of one board, or if its corpus has a licence that says nothing of weights.
    """
    planned = [load_run(run, root) for run in runs]
    boards = [run.board for run in planned]
    if twice := [name for name in boards if boards.count(name) > 1]:
        msg = f"there are several runs of {twice[0]}; release one model per board."
        raise ReleaseError(msg)
    results = [_read_finished(run) for run in planned]
    lines = [_plan(run, result) for run, result in zip(planned, results, strict=True)]
    folder = make_folder(folder)
    made = []
    for run, result, line in zip(planned, results, lines, strict=True):
        made.append(_release(run, result, line, folder, rewrite=rewrite))
        write_weights(folder, made)
    return made


def _read_finished(run: Run) -> dict[str, Any]:
    """The result of a run that can be released."""
    if run.model not in ENCODERS:
        msg = f"{run.folder} is a run of the rule {run.model}, which has no weights."
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


def _plan(run: Run, result: dict[str, Any]) -> Weights:
    """The line of the weights of a run, before there is a file."""
    if run.fold:
        msg = f"{run.folder} is of fold {run.fold}; fold 0, the official split, is released."
        raise ReleaseError(msg)
    num_notes = int(run.load_dataset("train").pieces["num_notes"].sum())
    version = find_board(run.board).version
    return Weights(run.board, version, run.model, _license(run, result), num_notes, 0, "")


def _license(run: Run, result: dict[str, Any]) -> str:
    """Licence of the weights: that of the code only if nothing else was trained on."""
    boards = [name.partition(":")[0] for name in result["trained_on"]]
    corpora = {find_board(board).corpus.license for board in boards}
    found = {terms_of(license).weights_license for license in corpora}
    if "" in found:
        unknown = ", ".join(lic for lic in sorted(corpora) if not terms_of(lic).weights_license)
        msg = (
            f"{run.folder} was trained on scores under {unknown}, and it is not said under which "
            "licence its weights may be given; say so in musebench/corpora/licenses.py."
        )
        raise ReleaseError(msg)
    if result["run"]["init"]:  # what that checkpoint was trained on is not known
        found |= {terms.weights_license for terms in LICENSES.values() if terms.weights_license}
    return max(found, key=lambda license: license != CODE_LICENSE)


def _release(
    run: Run, result: dict[str, Any], line: Weights, folder: Path, *, rewrite: bool
) -> Weights:
    file = make_folder(folder / line.place) / line.file
    with tempfile.TemporaryDirectory() as temporary:  # what is there stays if it is refused
        new = Path(temporary) / line.file
        write_released(run.folder / "best.pt", new)
        content = read_file(new)
        metrics = _score(replace(run, folder=new), run.folder, result, rewrite=rewrite)
    write_file(file, content)
    made = replace(line, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    write_text(file.with_suffix(".md"), write_model_card(made, result, metrics))
    return made


def _score(released: Run, folder: Path, result: dict[str, Any], *, rewrite: bool) -> dict[str, Any]:
    """Scores of a file on the test split, which must be close to those of the run it is of."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / result["predictions"]
        released.write_predictions(file, "test", make_predictions(released, "test", device="cpu"))
        predictions = file.read_bytes()
        y_pred = read_predictions(file).y_pred
    metrics = released.evaluator("test").eval({"y_pred": y_pred})
    for metric in find_board(released.board).task.main_metrics:
        before, after = result["metrics"][metric], metrics[metric]
        if before != after and not abs((before or 0.0) - (after or 0.0)) <= TOLERANCE:
            msg = (
                f"best.pt of {folder} has {metric} {after}, but its result.json says {before}; "
                "reproduce it."
            )
            raise ReleaseError(msg)
    if metrics != result["metrics"] and rewrite:
        write_file(folder / result["predictions"], predictions)
        write_json(folder / "result.json", result | {"metrics": metrics})
    elif metrics != result["metrics"]:
        logger.warning(
            "%s predicts something else than the file of its weights; --rewrite writes the "
            "predictions of the file into it, from which its entry has to be made again.",
            folder,
        )
    return metrics
