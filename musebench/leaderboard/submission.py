"""``submission.json``: the description of a submission, and which values are accepted.

It is untrusted and shown to others: names are plain text on one line, links are https, every value
has a maximum length, and unknown fields are refused.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from musebench.errors import SubmissionError
from musebench.leaderboard.names import (
    IDENTIFIER,
    check_name,
    check_not_reserved,
    is_address,
    is_visible,
)
from musebench.splits import HIDDEN_SPLIT, NUM_FOLDS, SPLITS

SUBMISSION_FORMAT = "musebench.submission/2"
FILE_NAME = "submission.json"
MAX_SUBMISSION_BYTES = 256_000
MAX_RUNS = 20  # per fold
FIRST_DAY = date(2020, 1, 1)  # no submission is older
MIN_SEEDS_FOR_RERUN = 5
TO_FILL_IN = "FILL IN"
MARKUP = set("<>`*[]|\\{}")

Family = Literal[
    "rule", "shortcut", "trees", "mlp", "rnn", "gnn", "cnn", "transformer", "hybrid", "other"
]
Kind = Literal["rule", "shortcut", "trees", "learned"]
Division = Literal["scratch", "pretrained", "system"]


def _plain(text: str) -> str:
    """Refuse anything but plain text on one line."""
    if text.strip() != text or TO_FILL_IN in text:
        msg = f"is not filled in ({text.strip()[:40]!r})"
        raise ValueError(msg)
    for character in text:
        if not is_visible(character) or (character.isspace() and character != " "):
            msg = f"contains the character U+{ord(character):04X}; use plain text on one line"
            raise ValueError(msg)
    return text


def _without_markup(text: str) -> str:
    found = sorted(MARKUP & set(text))
    if found:
        msg = f"contains {' '.join(found)}; use plain text without HTML or Markdown"
        raise ValueError(msg)
    return text


def _https(text: str) -> str:
    plain = re.fullmatch(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/%@:+,=?&#-]*)?", text)
    if text and not (plain and is_address(text)):
        msg = f"is not a plain https address ({text[:60]!r})"
        raise ValueError(msg)
    return text


def _names_no_device(file: str) -> str:
    check_not_reserved(PurePosixPath(file).stem)
    return file


def _no_test(split: str) -> str:
    if split.endswith(f":{HIDDEN_SPLIT}"):
        msg = "is a test split; a model must not have seen the works that it is tested on"
        raise ValueError(msg)
    return split


def _finite(value: float) -> float:
    if not math.isfinite(value):
        msg = "is not a finite number"
        raise ValueError(msg)
    return value + 0.0  # -0.0 is 0


def _confirmed(value: bool) -> bool:
    if not value:
        msg = "must be true; otherwise a submission is not ranked"
        raise ValueError(msg)
    return value


Name = Annotated[
    str, Field(min_length=1, max_length=80), AfterValidator(_plain), AfterValidator(_without_markup)
]
MethodName = Annotated[Name, AfterValidator(check_name)]
Text = Annotated[
    str, Field(max_length=500), AfterValidator(_plain), AfterValidator(_without_markup)
]
Command = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_plain)]
Link = Annotated[str, Field(max_length=200), AfterValidator(_https)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, Field(pattern=IDENTIFIER), AfterValidator(check_not_reserved)]
Number = Annotated[float, AfterValidator(_finite)]
Seconds = Annotated[float, Field(ge=0, le=1e9), AfterValidator(_finite)]
TrainingSplit = Annotated[
    str,
    Field(pattern=rf"^[a-z0-9][a-z0-9-]{{0,60}}:({'|'.join(SPLITS)})$"),
    AfterValidator(_no_test),
]
Confirmed = Annotated[bool, AfterValidator(_confirmed)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BoardReference(_Record):
    """The predicted board."""

    name: Identifier
    version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]


class Method(_Record):
    """The method of a submission.

    Attributes:
        name: Name for people; it must not look like that of another method of the board.
        family: Kind of model.
        deterministic: Whether nothing is random, so that one run is enough.
        description: Description in a line or two.
        paper_url: Address of a description; may be empty.
        num_parameters: Number of trained parameters; 0 if nothing is trained.
        search_trials: Number of configurations tried on the validation pieces before this one.
        external_data: Training data other than the board's training pieces; empty for none.
        is_system: Whether it combines several models, as an ensemble does.
    """

    name: MethodName
    family: Family
    deterministic: bool
    description: Text
    paper_url: Link
    num_parameters: Annotated[int, Field(ge=0, le=10**13)]
    search_trials: Annotated[int, Field(ge=0, le=10**9)]
    external_data: Text
    is_system: bool = False


class Code(_Record):
    """The code of the method, at the commit that made the predictions.

    Attributes:
        url: Address of the repository; empty for that of musebench.
        commit: The commit, 40 hexadecimal digits.
        command: Command that made the predictions.
        license: Licence of the code.
    """

    url: Link
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    command: Command
    license: Name


class PredictionOfRun(_Record):
    """A run: its fold and seed, its prediction file and its reported metrics.

    Attributes:
        fold: Fold whose test split it predicts.
        seed: Seed of the run.
        trained_on: Splits of this fold that it was trained on, of any board, such as
            ``dcml-cadence:train``; none if nothing was trained.
        file: Path in the folder of the submission.
        sha256: SHA-256 of the file.
        reported: Metric -> value measured by the submitter.
        train_seconds: Training time.
        predict_seconds: Time to predict the test split; None if it was not measured.
    """

    fold: Annotated[int, Field(ge=0, lt=NUM_FOLDS)]
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)]
    trained_on: Annotated[list[TrainingSplit], Field(max_length=100)]
    file: Annotated[
        str,
        Field(pattern=r"^predictions/[a-z0-9][a-z0-9-]{0,60}\.npz$"),
        AfterValidator(_names_no_device),
    ]
    sha256: Sha256
    reported: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,80}$")], Number],
        Field(min_length=1, max_length=60),
    ]
    train_seconds: Seconds
    predict_seconds: Seconds | None = None


class Declarations(_Record):
    """Declarations of the submitter; all must be true."""

    no_tuning_on_test: Confirmed
    no_training_on_test: Confirmed
    predictions_under_license_of_corpus: Confirmed


class Submission(_Record):
    """The content of ``submission.json``.

    Attributes:
        format: ``SUBMISSION_FORMAT``.
        id: Name of the folder.
        board: The predicted board.
        method: The method.
        code: Its code.
        contact: Who answers questions: a name or an account.
        hardware: Hardware of the training.
        submitted: Date.
        trust: ``recomputed``; maintainers write ``rerun`` after running the code.
        runs: One run per fold and seed, in this order; all seeds have the same folds.
        declarations: Declarations of the submitter.
        withdrawn: Why the submission no longer counts; empty if it counts.
    """

    format: Literal["musebench.submission/2"]
    id: Identifier
    board: BoardReference
    method: Method
    code: Code
    contact: Name
    hardware: Name
    submitted: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    trust: Literal["recomputed", "rerun"]
    runs: Annotated[list[PredictionOfRun], Field(min_length=1, max_length=MAX_RUNS * NUM_FOLDS)]
    declarations: Declarations
    withdrawn: Text

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        try:
            submitted = date.fromisoformat(self.submitted)
        except ValueError as error:
            msg = f"submitted: {self.submitted} is not a date"
            raise ValueError(msg) from error
        if submitted < FIRST_DAY:
            msg = f"submitted: {self.submitted} is before {FIRST_DAY}"
            raise ValueError(msg)
        self._check_runs()
        few = not self.method.deterministic and len(self.seeds) < MIN_SEEDS_FOR_RERUN
        if self.trust == "rerun" and few:
            msg = f"trust: the badge `rerun` needs {MIN_SEEDS_FOR_RERUN} seeds"
            raise ValueError(msg)
        return self

    def _check_runs(self) -> None:
        """Refuse runs that are not one per fold and seed."""
        for what in (("fold", "seed"), ("file",), ("sha256",)):
            values = [tuple(getattr(run, name) for name in what) for run in self.runs]
            if len(set(values)) < len(values):
                msg = f"runs: two runs have the same {' and '.join(what)}; each needs its own"
                raise ValueError(msg)
        if len(self.seeds) > MAX_RUNS:
            msg = f"runs: there are {len(self.seeds)} seeds; the limit is {MAX_RUNS}"
            raise ValueError(msg)
        if self.method.deterministic and len(self.seeds) > 1:
            msg = "runs: a deterministic method must have one run per fold"
            raise ValueError(msg)
        if len(self.runs) != len(self.folds) * len(self.seeds):
            msg = "runs: some folds lack some seeds; each seed needs a run of the same folds"
            raise ValueError(msg)

    @property
    def folds(self) -> tuple[int, ...]:
        """The predicted folds."""
        return tuple(sorted({run.fold for run in self.runs}))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the runs of each fold."""
        return tuple(sorted({run.seed for run in self.runs}))

    @property
    def boards_learned(self) -> tuple[str, ...]:
        """The boards that any run was trained on."""
        splits = {split for run in self.runs for split in run.trained_on}
        return tuple(sorted({split.partition(":")[0] for split in splits}))

    @property
    def division(self) -> Division:
        """What its training may use: this board alone, more data, or several models."""
        if self.method.is_system:
            return "system"
        more = set(self.boards_learned) - {self.board.name}
        return "pretrained" if more or self.method.external_data else "scratch"

    @property
    def kind(self) -> Kind:
        """What the board compares it as: a control, or a learned model."""
        family = self.method.family
        return family if family in ("rule", "shortcut", "trees") else "learned"


def read_submission(folder: str | Path) -> Submission:
    """Read ``submission.json`` of a folder.

    Raises:
        SubmissionError: If it is missing, too large, not JSON, or has invalid values; the message
            names every fault with its JSON path.
    """
    file = Path(folder) / FILE_NAME
    if file.is_symlink() or not file.is_file():
        msg = f"{file} does not exist; `musebench submit init {folder}` makes it."
        raise SubmissionError(msg)
    with file.open("rb") as stream:
        content = stream.read(MAX_SUBMISSION_BYTES + 1)
    if len(content) > MAX_SUBMISSION_BYTES:
        msg = f"{file} is larger than the limit of {MAX_SUBMISSION_BYTES:,} bytes."
        raise SubmissionError(msg)
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        return Submission.model_validate(value)
    except ValidationError as error:
        faults = _faults(error)
        msg = "\n  ".join([f"{file} has invalid values:", *faults])
        raise SubmissionError(msg, faults) from error
    except (ValueError, RecursionError) as error:
        msg = f"{file} cannot be read as JSON ({error})."
        raise SubmissionError(msg) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        msg = "an object has the same key twice"
        raise ValueError(msg)
    return dict(pairs)


def _no_constant(name: str) -> None:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _faults(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [f"{_json_path(f['loc'])}: {f['msg'].removeprefix('Value error, ')}" for f in found]


def _json_path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:80]!s}" for step in location)
    path = "$" + "".join(steps)
    return "".join(c if c.isprintable() else "?" for c in path)


def template(board: str, version: str, identifier: str, today: date) -> dict[str, Any]:
    """A submission without runs, which its author still has to fill in."""
    return {
        "format": SUBMISSION_FORMAT,
        "id": identifier,
        "board": {"name": board, "version": version},
        "method": {
            "name": f"{TO_FILL_IN}: name of the method",
            "family": f"{TO_FILL_IN}: rule, mlp, rnn, gnn, cnn, transformer, hybrid or other",
            "deterministic": False,
            "description": f"{TO_FILL_IN}: description in a line or two",
            "paper_url": "",
            "num_parameters": 0,
            "search_trials": 0,
            "external_data": "",
            "is_system": False,
        },
        "code": {
            "url": f"{TO_FILL_IN}: https address of the repository",
            "commit": f"{TO_FILL_IN}: 40 hexadecimal digits",
            "command": f"{TO_FILL_IN}: the command that made the predictions",
            "license": f"{TO_FILL_IN}: licence of the code, such as MIT",
        },
        "contact": f"{TO_FILL_IN}: a name or an account",
        "hardware": f"{TO_FILL_IN}: hardware of the training",
        "submitted": today.isoformat(),
        "trust": "recomputed",
        "runs": [],
        "declarations": {
            "no_tuning_on_test": False,
            "no_training_on_test": False,
            "predictions_under_license_of_corpus": False,
        },
        "withdrawn": "",
    }


def set_value(content: dict[str, Any], path: str, value: Any) -> None:
    """Set a value of a submission by its path, such as ``method.name``.

    Raises:
        SubmissionError: If there is no such path.
    """
    *parents, last = path.split(".")
    place: Any = content
    for name in parents:
        place = place.get(name) if isinstance(place, Mapping) else None
    if not isinstance(place, dict) or last not in place or isinstance(place[last], dict | list):
        msg = f"$.{path} is not a value of a submission; see `submission.json`."
        raise SubmissionError(msg)
    place[last] = value
