"""Make a submission: create it, add runs, pack it."""

import json
import platform
import re
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from musebench.boards import find_board
from musebench.errors import InputError, SubmissionError
from musebench.evaluation import Evaluator, check_origin, read_predictions, read_result
from musebench.files import (
    NOTHING,
    check_suffix,
    check_target,
    is_file,
    is_folder,
    kind_of,
    make_folder,
    read_file,
    read_json,
    resolved,
    sha256_of,
    write_file,
    writing_whole,
)
from musebench.leaderboard.check import check_submission, metrics_of
from musebench.leaderboard.names import check_identifier, is_address
from musebench.leaderboard.submission import FILE_NAME, TO_FILL_IN, set_value, template

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same content gives the same archive


def init_submission(
    folder: str | Path,
    values: Mapping[str, Any] | None = None,
    *,
    declare: bool = False,
    today: date | None = None,
) -> Path:
    """Make the folder of a submission, with a ``submission.json`` to fill in.

    What git knows of the code here is filled in: its address, commit and author.

    Args:
        folder: ``leaderboards/<board>/<id>``; the board must exist.
        values: Path of a value, such as ``method.name`` -> value.
        declare: Whether the three declarations are true.
        today: Date of the submission; None for today.

    Returns:
        The written file.

    Raises:
        InputError: If the name of the folder does not have this form.
        SubmissionError: If there is a submission already, or a path does not exist.
    """
    folder = Path(folder)
    name = resolved(folder).name
    board = find_board(resolved(folder).parent.name)
    try:
        check_identifier(name)
    except ValueError as error:
        msg = f"{name!r} cannot name a submission: it {error}."
        raise InputError(msg) from error
    file = folder / FILE_NAME
    if kind_of(file) != NOTHING:
        msg = f"{file} already exists; `musebench submit add` adds runs to it."
        raise SubmissionError(msg)
    content = template(board.name, board.version, resolved(folder).name, today or date.today())
    content["declarations"] = dict.fromkeys(content["declarations"], declare)
    for path, value in (_facts_here() | dict(values or {})).items():
        set_value(content, path, value)
    make_folder(folder / "predictions")
    _write(file, content)
    return file


def _facts_here() -> dict[str, str]:
    """Values of a submission that git knows; others are left out."""
    address = _asked("remote", "get-url", "origin").removesuffix(".git")
    address = re.sub(r"^(ssh://)?git@([^:/]+)[:/]", r"https://\2/", address)
    found = {
        "code.url": address if address.startswith("https://") and is_address(address) else "",
        "code.commit": _asked("rev-parse", "--verify", "HEAD"),
        "contact": _asked("config", "user.name"),
    }
    return {path: value for path, value in found.items() if value}


def _asked(*arguments: str) -> str:
    """What git says in this folder; empty if it says nothing."""
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def add_runs(
    folder: str | Path, runs: Sequence[str | Path], *, root: str | Path | None = None
) -> list[str]:
    """Add runs to a submission: copy and evaluate their predictions, record hash and metrics.

    A run of the same fold and seed is replaced. If command, hardware or parameters are not filled
    in yet, they are taken from a run of ``musebench reproduce``; of mere prediction files, the
    hardware is this machine.

    Args:
        folder: The submission.
        runs: Folders of runs, or prediction files of the test split.
        root: The data home.

    Returns:
        The files that were added.

    Raises:
        SubmissionError: If the folder contains no submission.
        PredictionError: If predictions cannot be evaluated.
    """
    folder = Path(folder)
    content = _read(folder)
    evaluator = Evaluator(content["board"]["name"], fold="all", root=root)
    sources: dict[str, Path] = {}
    for run in map(Path, runs):
        facts = _facts(run)
        source = run / facts.get("predictions", "test.npz") if is_folder(run) else run
        entry = _entry(source, content, evaluator, facts)
        others = [known for known in content["runs"] if _place(known) != _place(entry)]
        content["runs"] = sorted([*others, entry], key=_place)
        _fill_in(content, facts)
        sources[entry["file"]] = source
    make_folder(folder / "predictions")
    for name, source in sources.items():  # after all were checked
        write_file(folder / name, read_file(source))
    _write(folder / FILE_NAME, content)
    return list(sources)


def _place(run: Mapping[str, Any]) -> tuple[int, int]:
    return run["fold"], run["seed"]


def _entry(
    source: Path, content: Mapping[str, Any], evaluator: Evaluator, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The record of a run in a submission."""
    file = read_predictions(source)
    if file.board != content["board"]["name"] or file.split != "test":
        msg = (
            f"{source} predicts the {file.split} split of {file.board}; the submission needs the "
            f"test split of {content['board']['name']}."
        )
        raise SubmissionError(msg)
    own = evaluator.of_fold(file.fold)
    check_origin(file, own)
    metrics = metrics_of(own.eval({"y_pred": file.y_pred}))
    return {
        "fold": file.fold,
        "seed": file.seed,
        "trained_on": facts.get("trained_on", [f"{file.board}:train"]),
        "file": f"predictions/fold{file.fold}-seed{file.seed}.npz",
        "sha256": sha256_of(source),
        "reported": metrics,
        "train_seconds": round(facts.get("train_seconds", 0.0), 1),
        "predict_seconds": round(facts["predict_seconds"], 3) if facts else None,
    }


def _facts(run: Path) -> dict[str, Any]:
    """The facts in the result of a run; none for a mere prediction file."""
    file = run / "result.json"
    if not is_folder(run):
        return {}
    if not is_file(file):
        msg = (
            f"{run} is not the folder of a finished run: it has no result.json; `musebench "
            "reproduce` with the same settings finishes what `musebench train` has trained."
        )
        raise SubmissionError(msg)
    return read_result(file)


def _fill_in(content: dict[str, Any], facts: Mapping[str, Any]) -> None:
    machine = facts.get("machine")
    threads = f"{machine['num_threads']} CPU threads, " if machine else ""
    where = machine["platform"] if machine else platform.platform()
    if TO_FILL_IN in content["hardware"]:
        content["hardware"] = f"{threads}{where}"[:80]
    if facts and TO_FILL_IN in content["code"]["command"]:
        content["code"]["command"] = facts["command"]
    if facts and not content["method"]["num_parameters"]:
        content["method"]["num_parameters"] = facts["num_parameters"]


def pack(folder: str | Path, output: str | Path, *, root: str | Path | None = None) -> Path:
    """Check a submission and write it as one archive, the same bytes for the same submission.

    Raises:
        InputError: If the archive is not a ``.zip`` or would be inside the submission.
        SubmissionError: If the check finds an error.
    """
    folder, output = Path(folder), Path(output)
    check_suffix(output, (".zip",), "an archive (.zip)")
    if resolved(output).is_relative_to(resolved(folder)):
        msg = f"{output} is inside the submission to pack; choose another folder."
        raise InputError(msg)
    check_target(output)
    report = check_submission(folder, root=root)
    if report.errors:
        raise SubmissionError("\n".join(report.errors))
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    inside = resolved(folder).parent.name + "/" + resolved(folder).name
    with (
        writing_whole(output) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for path in paths:
            name = f"{inside}/{path.relative_to(folder).as_posix()}"
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), path.read_bytes())
    return output


def _read(folder: Path) -> dict[str, Any]:
    """The content, which may not be filled in yet."""
    file = folder / FILE_NAME
    try:
        content: dict[str, Any] = read_json(file)
        if content["board"]["name"] and isinstance(content["runs"], list):
            return content
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{file} is not a submission ({error}); `musebench submit init {folder}` makes one."
        raise SubmissionError(msg) from error
    msg = f"{file} is not a submission; `musebench submit init {folder}` makes one."
    raise SubmissionError(msg)


def _write(file: Path, content: Mapping[str, Any]) -> None:
    write_file(file, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
