"""The files of a run, checked when they are read. Needs no torch.

``config.json`` lists what the predictions of a run depend on, ``history.jsonl`` the values of each
validation, ``result.json`` the metrics. ``musebench train`` and ``reproduce`` write them.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from musebench.errors import InputError
from musebench.files import faults_of, read_text

RESULT_VERSION: Literal["1"] = "1"
MAX_SEED = 2**63 - 1

Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.npz$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class RunRecord(_Record):
    """Everything the predictions of a run depend on; see ``musebench.train.run.describe_run``."""

    board: str
    version: str
    fingerprint: str
    model: str
    models_version: str
    fold: Count
    seed: Seed
    config: dict[str, Any] | None
    precision: str | None
    init: str | None
    python: str
    packages: dict[str, str]


class Validation(_Record):
    """A line of the history; it also has the main metrics of the board, each a number or None."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    step: Annotated[int, Field(gt=0)]
    loss: float
    seconds: Seconds


class Machine(_Record):
    """The machine of a run."""

    platform: str
    num_threads: Count


class RunResult(_Record):
    """``result.json``: the run and its results."""

    result_version: Literal["1"]
    run: RunRecord
    split: str
    metrics: dict[str, Any]
    trained_on: list[str]
    num_parameters: Count
    train_seconds: Seconds
    predict_seconds: Seconds
    predictions: FileName
    machine: Machine
    command: str


Record = TypeVar("Record", bound=_Record)


def read_run_record(file: Path) -> RunRecord:
    """Read ``config.json``, or the record of the run in ``result.json``.

    Raises:
        InputError: If it is missing or damaged.
    """
    found = _read(file)
    if file.name == "result.json":
        return _checked(RunResult, found, file).run
    return _checked(RunRecord, found, file)


def read_result(file: Path) -> dict[str, Any]:
    """Read ``result.json``.

    Raises:
        InputError: If it is missing or damaged.
    """
    found: dict[str, Any] = _read(file)
    _checked(RunResult, found, file)
    return found


def read_validations(file: Path) -> list[dict[str, Any]]:
    """Read ``history.jsonl``: one dict per validation, see ``Validation``.

    Raises:
        InputError: If it is missing or damaged.
    """
    try:
        found = [json.loads(line) for line in read_text(file).splitlines()]
    except (json.JSONDecodeError, RecursionError) as error:
        raise damaged(file, str(error)) from error
    for line in found:
        _checked(Validation, line, file)
    return found


def damaged(file: Path, reason: str) -> InputError:
    """The error for a damaged file of a run."""
    return InputError(
        f"{file} is damaged or from another version of musebench ({reason.removesuffix('.')}); "
        "remove it and train again."
    )


def _read(file: Path) -> Any:
    text = read_text(file)
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise damaged(file, f"it is not JSON: {error}") from error


def _checked(record: type[Record], value: Any, file: Path) -> Record:
    try:
        return record.model_validate(value)
    except ValidationError as error:
        raise damaged(file, "; ".join(faults_of(error))) from error
