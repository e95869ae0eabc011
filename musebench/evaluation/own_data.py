"""Own data, which no board declares, for the runs and predictions that are of it.

A ``ScoreFolder`` leaves what it is in the data home, ``own/<name>-<fingerprint>.json``; its note
tables and labels are in the store. So other processes find it again by the name and fingerprint
that a run or a file of predictions has. Needs no torch.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from musebench.boards import BOARDS, Board
from musebench.corpora import FolderCorpus, data_home
from musebench.errors import InputError
from musebench.evaluation.evaluator import Evaluator
from musebench.evaluation.targets import PieceTarget, targets_of
from musebench.files import NOTHING, kind_of, read_json, write_file
from musebench.score import split_number
from musebench.shown import Shown
from musebench.store import OWN, NoteStore, OwnScores, load_own, nodes_of
from musebench.tasks import TASKS, Kind, Place, Task, no_columns

if TYPE_CHECKING:
    import pandas as pd


class StoredTask(BaseModel):
    """What a model, and the metrics, need of a task; see ``Task``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    heads: dict[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    main_metrics: tuple[str, ...]
    optional_heads: tuple[str, ...]
    ranked_classes: tuple[str, ...]
    places: dict[str, tuple[Place, ...]]
    metrics: tuple[str, ...]
    writes: Literal["", "spelling", "staff", "voice"]
    has_events: bool
    decoding: str

    @classmethod
    def of(cls, task: Task) -> Self:
        """What is stored of a task."""
        return cls(**{name: getattr(task, name) for name in cls.model_fields})

    @property
    def task(self) -> Task:
        """The task, without the functions of the one that was stored."""
        return Task(**dict(self))


@dataclass(frozen=True, repr=False)
class OwnData(Shown):
    """Scores of a user, with labels, works and splits.

    Attributes:
        scores: The scores.
        home: The folder that they lie in.
        task: What is asked.
        pieces: Piece id, work and split of each piece.
        settings: What differs from the reference configuration of learned models.
        relations: Relations between notes that the graphs have.
        license: SPDX identifier of the licence.
        citation: BibTeX.
    """

    scores: OwnScores
    home: Path
    task: Task
    pieces: Sequence[tuple[str, str, str]]
    settings: Mapping[str, Any]
    relations: tuple[str, ...]
    license: str = ""
    citation: str = ""

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of them."""
        return {"name": self.scores.name, "pieces": len(self.pieces), "task": self.task.name}

    @property
    def board(self) -> Board:
        """What is like a board of them."""
        names, files = [name for name, *_ in self.pieces], self.scores.files
        return Board(
            name=self.scores.name,
            dataset="ScoreFolder",
            corpus=FolderCorpus(
                name=self.scores.name,
                title=f"the scores in {self.home}",
                license=self.license,
                citation=self.citation,
                files=(),
                format=self.scores.format,
                home=self.home,
                found={name: tuple(map(self._file_of, files[name])) for name in names},
            ),
            task=self.task,
            annotation=OWN,
            version="1",
            about=f"own scores in {self.home}",
            settings=self.settings,
        )

    def _file_of(self, path: Path) -> str:
        """The file that a score is in, which may have several, relative to their folder."""
        return os.path.relpath(split_number(path)[0], self.home)

    @property
    def table(self) -> "pd.DataFrame":
        """The pieces with work, composer, title and split, by their ids."""
        import pandas as pd

        rows = [(name, work, "", name, split) for name, work, split in self.pieces]
        columns = ["piece_id", "work_id", "composer", "title", "split"]
        return pd.DataFrame(rows, columns=columns).set_index("piece_id")

    def load(self, root: str | Path | None = None) -> NoteStore:
        """Load the note tables and labels, which are stored.

        Raises:
            InputError: If they are gone or damaged.
        """
        store, _ = load_own(self.scores, None, root)
        return nodes_of(store, self.task)

    def targets(self, split: str, root: str | Path | None = None) -> list[PieceTarget]:
        """What predictions of a split are held against."""
        table = self.table.reset_index()
        return targets_of(self.board, self.load(root), table[table["split"] == split])

    def evaluator(self, split: str, root: str | Path | None = None, **options: Any) -> Evaluator:
        """The evaluator of a split; options are those of ``Evaluator.from_targets``."""
        name = f"{self.scores.name} (split {split!r})"
        return Evaluator.from_targets(self.task, self.targets(split, root), name=name, **options)

    @property
    def can_be_kept(self) -> bool:
        """Whether another process would know the task: it is registered or needs no function."""
        task = self.task
        return _registered(task) is not None or (
            task.unite is None and task.read_context is no_columns
        )

    def keep(self, fingerprint: str, root: str | Path | None = None) -> None:
        """Store what they are in the data home, unless it is there.

        Raises:
            StorageError: If it cannot be written.
        """
        place = _place(self.scores.name, fingerprint, root)
        if kind_of(place) == NOTHING:
            stored = asdict(self) | {"task": StoredTask.of(self.task).model_dump()}
            write_file(place, json.dumps(stored, default=str).encode())


def find_own_data(name: str, fingerprint: str, root: str | Path | None = None) -> OwnData | None:
    """The own data of a run or of predictions; None if they are of a board.

    Args:
        name: What the data or the board are called.
        fingerprint: Fingerprint of the dataset.
        root: The data home.

    Raises:
        InputError: If they are no board's, and are not in the data home.
    """
    if name in BOARDS or not name.startswith(f"{OWN}-"):
        return None
    place = _place(name, fingerprint, root)
    if kind_of(place) == NOTHING:
        msg = (
            f"{name} is own data that is not in the data home ({place} is missing); make the same "
            "ScoreFolder again with this data home."
        )
        raise InputError(msg)
    found = read_json(place)
    try:
        return _own_data(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{place} is damaged; remove it and make the same ScoreFolder again."
        raise InputError(msg) from error


def _own_data(found: dict[str, Any]) -> OwnData:
    scores, task = found["scores"], StoredTask.model_validate(found["task"]).task
    files = {name: tuple(map(Path, paths)) for name, paths in scores["files"].items()}
    known = _registered(task)
    return OwnData(
        **{
            **found,
            "scores": OwnScores(**(scores | {"files": files})),
            "home": Path(found["home"]),
            "task": task if known is None else replace(known, inputs=task.inputs),
            "pieces": [(name, work, split) for name, work, split in found["pieces"]],
            "relations": tuple(found["relations"]),
        }
    )


def _registered(task: Task) -> Task | None:
    """The registered task that a task is, apart from its inputs."""
    known = TASKS.get(task.name)
    return known if known is not None and known.heads == task.heads else None


def _place(name: str, fingerprint: str, root: str | Path | None) -> Path:
    return data_home(root) / OWN / f"{name}-{fingerprint}.json"
