"""A user's own scores as a dataset."""

import copy
import os
import re
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from musebench.boards import Board
from musebench.datasets.base import NO_SPLIT, Filter, ScoreGraphDataset, Transform
from musebench.datasets.own_labels import midi_pieces, own_task
from musebench.datasets.own_splits import splits_of, works_of
from musebench.errors import InputError, ScoreWarning, StorageError
from musebench.evaluation import Evaluator, OwnData, PieceTarget, find_own_data, targets_of
from musebench.features import FEATURES_VERSION, feature_names
from musebench.graph import check_relations
from musebench.score import Scores, find_scores
from musebench.store import (
    OWN,
    Label,
    NoteStore,
    OwnScores,
    damages_of_own,
    load_own,
    nodes_of,
    own_folder,
)
from musebench.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

RATIO = (0.8, 0.1, 0.1)  # of works that train, validate and test


class ScoreFolder(ScoreGraphDataset):
    """A folder of scores as graphs, with your own labels or those of a known task.

    Each score is parsed once, by its content, in parallel; what was parsed is kept in the data
    home, so an interrupted build resumes, and only files that were added or changed are read again.
    Nothing is written into the folder of the scores. What cannot be read, or has no labels, is left
    out and listed with the reason: ``unreadable``, ``unlabelled``. The id of a piece is its path in
    the folder, without the suffix; each of several scores in a file is a piece, such as
    ``tunes#2``. Labels of the test split are not hidden: they are the user's own.

    Args:
        scores: A folder, with all folders in it; or a list of files; or a dict, piece id -> file,
            or files of one piece where the format has several.
        inputs: Groups of features that a model may see, see ``musebench.features``, or the name of
            a task that has them; None: those of the task or, for labels of your own, pitch,
            duration, metrical position and time signature.
        labels: None: no labels. The name of a task, or a ``Task``: labels that stand in the scores
            (or, with a format that reads annotations, beside them). A function: ``NoteTable`` ->
            array with a label per note, or per onset group, or a single label of the piece, or a
            dict of these by head. A dict, DataFrame or CSV file: the same by piece id (column
            ``piece_id``, each further column is a head). Classes are integers from 0 (-100: none)
            or texts (empty: none); floats are numbers to be predicted (NaN: none). A piece for
            which there is None, or ``AnnotationError`` is raised, has no labels. They are stored:
            a function is called again when its code or the scores change, but not when a file
            that it reads does; ``force_reload`` calls it anyway.
        splits: None: no splits; ``random``: by the SHA-256 of each work, so that no other work
            moves it; ``folders``: the scores lie in ``train/``, ``valid/`` and ``test/``; a dict or
            CSV file (columns ``piece_id``, ``split``) or function, piece id -> split.
        root: The data home; None: ``MUSEBENCH_DATA``, else the user's cache folder.
        split: ``train``, ``valid`` or ``test``; None: all pieces.
        group_by: What makes pieces one work, whose pieces stay in one split: a dict, CSV file
            (columns ``piece_id``, ``work_id``) or function, piece id -> work; ``folder``: the
            folder that they lie in; None: each is a work, files of the same content are one.
        ratio: Shares of ``train``, ``valid`` and ``test`` of random splits.
        seed: Seed of random splits.
        format: How the files are read, one of ``musebench.annotations.FORMATS``.
        name: What the dataset is called; None: after the folder.
        license: SPDX identifier of the licence of the scores, for your own use.
        citation: BibTeX of the scores, for your own use.
        transform: Applied to a graph whenever it is accessed.
        pre_transform: Applied to each graph once, before it is stored.
        pre_filter: Tells which graphs are stored.
        relations: Relations between notes that the graphs have; None: all four.
        force_reload: Parse and label all scores again.
        n_jobs: Scores parsed at a time; None: all cores.

    Raises:
        InputError: If an argument is not accepted, or no score is left.
        StorageError: If the data home cannot be written or is full.
    """

    board: Board  # type: ignore[misc]
    _plain = (*ScoreGraphDataset._plain, "board", "own", "_about")

    def __init__(
        self,
        scores: Scores,
        inputs: str | Iterable[str] | None = None,
        labels: Any = None,
        splits: Any = None,
        root: str | Path | None = None,
        split: str | None = None,
        *,
        group_by: Any = None,
        ratio: Sequence[float] = RATIO,
        seed: int = 0,
        format: str = "score",
        name: str | None = None,
        license: str = "",
        citation: str = "",
        transform: Transform | None = None,
        pre_transform: Transform | None = None,
        pre_filter: Filter | None = None,
        relations: Iterable[str] | None = None,
        force_reload: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        files = find_scores(scores)
        home = Path(os.path.commonpath([path.parent for paths in files.values() for path in paths]))
        called = f"{OWN}-{_slug(home.name if name is None else name)}"
        asked = own_task(labels, inputs, called, midi_pieces(files))
        found = OwnScores.found(called, files, format, asked.described, root)
        self._label: Label | None = asked.label
        self._n_jobs = n_jobs
        store, about = load_own(found, self._label, root, n_jobs, force_reload=force_reload)
        works = works_of(list(store.tables), group_by, found.keys)
        split_of = splits_of(works, splits, ratio, seed, are_given=group_by is not None)
        own = OwnData(
            scores=found,
            home=home,
            task=asked.task_of(about),
            pieces=[(piece, work, split_of[piece]) for piece, work in works.items()],
            settings={} if asked.can_be_transposed else {"transpose": False},
            relations=check_relations(relations),
            license=license,
            citation=citation,
        )
        self._set_up(own, about, root, split, (transform, pre_transform, pre_filter))
        self._tell()

    @classmethod
    def find(cls, name: str, fingerprint: str, root: str | Path | None = None) -> Self | None:
        """The own data of a run, as it was when it was trained on.

        Args:
            name: What the data are called.
            fingerprint: Fingerprint of the dataset.
            root: The data home that it was made with.

        Returns:
            All its pieces; None if a board has this name.

        Raises:
            InputError: If the data home does not have it any more.
        """
        own = find_own_data(name, fingerprint, root)
        if own is None:
            return None
        found = cls.__new__(cls)
        found._label = found._n_jobs = None
        found._set_up(own, load_own(own.scores, None, root)[1], root, None, (None, None, None))
        return found

    def _set_up(
        self,
        own: OwnData,
        about: dict[str, Any],
        root: str | Path | None,
        split: str | None,
        transforms: tuple[Transform | None, Transform | None, Filter | None],
    ) -> None:
        """Open what is stored, and describe it in the data home for later runs."""
        self.own, self._about, self._is_revealed = own, about, True
        self.board = own.board
        self._begin(own.table, root, split, transforms, own.relations, force_reload=False)
        if own.can_be_kept and not self._is_stored:
            with suppress(StorageError):  # a data home that is only read
                own.keep(self.fingerprint, self.root)

    def _tell(self) -> None:
        """Warn once about what was left out or mended."""
        said, number = [], len(self.own.scores.files)
        for left_out, what in ((self.unreadable, "read"), (self.unlabelled, "labelled")):
            if len(left_out):
                first = left_out.iloc[0]
                said.append(
                    f"{len(left_out)} of {number} scores cannot be {what} and are left out, such "
                    f"as {first['file']}: {first['reason'].removesuffix('.')}; "
                    f"dataset.un{'readable' if what == 'read' else 'labelled'} lists them."
                )
        if number := self.remarks["file"].nunique():
            said.append(
                f"in {number} scores something was mended or left out; dataset.remarks lists it."
            )
        if said:
            warnings.warn(" ".join(said), ScoreWarning, stacklevel=3)

    @property
    def task(self) -> Task:
        """What is asked: for ``apply``, ``Evaluator.from_targets`` and models."""
        return self.board.task

    @property
    def unreadable(self) -> "pd.DataFrame":
        """The scores that cannot be read: ``file``, ``reason``, ``seconds`` tried, ``at`` (UTC)."""
        return self._listed("unreadable", "seconds", "at")

    @property
    def unlabelled(self) -> "pd.DataFrame":
        """The scores that have no labels, and so are left out: ``file`` and ``reason``."""
        return self._listed("unlabelled")

    @property
    def remarks(self) -> "pd.DataFrame":
        """What was mended or left out in scores that were read: ``file`` and ``reason``."""
        return self._listed("remarks")

    @property
    def exclusions(self) -> "pd.DataFrame":
        """All pieces that are left out: ``piece_id`` and ``reason``."""
        import pandas as pd

        left_out = [*self._about["unreadable"], *self._about["unlabelled"]]
        rows = sorted((name, reason) for name, reason, *_ in left_out)
        return pd.DataFrame(rows, columns=["piece_id", "reason"])

    def _listed(self, what: str, *more: str) -> "pd.DataFrame":
        import pandas as pd

        files, home = self.own.scores.files, self.raw_dir
        rows = [(os.path.relpath(files[name][0], home), *why) for name, *why in self._about[what]]
        return pd.DataFrame(rows, columns=["file", "reason", *more])

    def targets(self, split: str | None = None) -> list[PieceTarget]:
        """What predictions are held against, for ``Evaluator.from_targets``.

        Args:
            split: One of the splits; None: the pieces that are selected.

        Raises:
            InputError: If the dataset has no labels, or no piece of the split.
        """
        if not self.task.heads:
            msg = "this dataset has no labels; give labels= to have something to evaluate."
            raise InputError(msg)
        chosen = self if split is None else self.of_split(split)
        return targets_of(self.board, self.note_store(), chosen.pieces)

    def evaluator(self, split: str = "test", **options: Any) -> Evaluator:
        """The evaluator of a split; options are those of ``Evaluator.from_targets``."""
        name = f"{self.board.name} (split {split!r})"
        return Evaluator.from_targets(self.task, self.targets(split), name=name, **options)

    def of_split(self, split: str) -> Self:
        """The pieces of a split, whatever is selected.

        Raises:
            InputError: If there are none.
        """
        chosen = self._positions(split)
        if not chosen:
            counts = self.split_by_piece.value_counts().to_dict()
            have = ", ".join(f"{name or 'no split'}: {n}" for name, n in counts.items())
            msg = f"there is no piece of the split {split!r}; pieces by split are {have}."
            raise InputError(msg)
        part = copy.copy(self)
        part._indices = chosen
        return part

    def get_idx_split(self) -> "dict[str, Any]":
        """Positions of the pieces of each split, as of the datasets of boards.

        Raises:
            InputError: If there are no splits, or this is itself a selection of pieces.
        """
        if (self._table["split"] == NO_SPLIT).all():
            msg = "this dataset has no splits; give splits='random', for example."
            raise InputError(msg)
        return super().get_idx_split()

    @property
    def card(self) -> str:
        """What is in the dataset, as Markdown."""
        task = self.task
        heads = ", ".join(
            f"{head} ({len(names) or 'no'} classes)" for head, names in task.heads.items()
        )
        parts = [
            f"# {self.board.name}\n\n{self.board.title}.",
            f"Labels per {task.unit}: {heads}." if heads else "No labels.",
            self.summary().to_string(),
            *(f"{row.piece_id} is left out: {row.reason}" for row in self.exclusions.itertuples()),
        ]
        return "\n\n".join(parts) + "\n"

    def verify(self, deep: bool = False) -> list[str]:
        """What is wrong with the stored files, as of the datasets of boards."""
        return damages_of_own(self.own.scores, self.root) + super().verify(deep)

    def _load_notes(self, *, force_reload: bool = False) -> NoteStore:
        store, _ = load_own(
            self.own.scores, self._label, self.root, self._n_jobs, force_reload=force_reload
        )
        return nodes_of(store, self.task)

    @cached_property
    def _recipe_of_notes(self) -> dict[str, Any]:
        pieces = self._table.reset_index()[["piece_id", "work_id", "split"]]
        return {
            "notes": self.own.scores.recipe,
            "pieces": pieces.to_numpy().tolist(),
            "heads": {head: list(names) for head, names in self.task.heads.items()},
            "features": [FEATURES_VERSION, *feature_names(self.task.inputs)],
        }

    def _notes_recipes(self) -> dict[Path, dict[str, Any]]:
        return {own_folder(self.own.scores, self.root): self.own.scores.recipe}

    def __getstate__(self) -> dict[str, Any]:
        """Without what gave the labels, which are stored."""
        return super().__getstate__() | {"_label": None}


def _slug(name: str) -> str:
    """A name as folders and tables have it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "scores"
