"""The labels of a user's scores: of a known task, of a function, of a table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from musebench.annotations import IGNORE_LABEL, Reading
from musebench.datasets.recipe import describe
from musebench.errors import AnnotationError, InputError
from musebench.features import GROUP_COLUMNS, feature_names
from musebench.score import NoteTable, is_midi
from musebench.store import Labelled
from musebench.tasks import TASKS, Kind, Task, check_labels

INPUTS = ("pitch", "duration", "metrical_position", "time_signature")  # where nothing is said
BARE_HEAD = "label"  # name of labels that have none
ID = "piece_id"

Labels: TypeAlias = Mapping[str, NDArray[Any]]
Found: TypeAlias = dict[str, Labels]
Sizes: TypeAlias = dict[str, dict[str, int]]  # piece id -> unit -> how many there are


@dataclass(frozen=True)
class OwnTask:
    """What a user asks of scores.

    Attributes:
        task: The task; without heads if the labels themselves say what they are.
        read: Piece id and what was read of it -> labels: an array, a value, or a dict of these.
        described: What they follow from.
        is_known: Whether the task says what its labels are.
        can_be_transposed: Whether they stay right, or move with the score, in another key.
    """

    task: Task
    read: Callable[[str, Reading], Any]
    described: str
    is_known: bool
    can_be_transposed: bool = False

    def label(self, readings: Mapping[str, Reading]) -> Labelled:
        """Label scores.

        Raises:
            InputError: If labels are not as many as notes, onset groups or pieces, or of a type
                that cannot be labels.
        """
        found, reasons, sizes = Found(), dict[str, str](), Sizes()
        for piece_id, (notes, labels_of_format) in readings.items():
            reading = self.task.nodes(notes), labels_of_format
            try:
                given = self.read(piece_id, reading)
                if given is None:
                    msg = "its labels are None"
                    raise AnnotationError(msg)
            except AnnotationError as error:
                reasons[piece_id] = str(error)
                continue
            except Exception as error:
                error.add_note(f"(while the labels of the piece {piece_id!r} were made)")
                raise
            found[piece_id] = _as_arrays(given, piece_id)
            sizes[piece_id] = _sizes(reading[0])
        if not found:
            return Labelled({}, reasons, {})
        task = self.task if self.is_known else _infer(found, sizes, self.task)
        labels = {name: _checked(task, name, found[name], sizes[name]) for name in found}
        about = {"kind": task.kind, "heads": {h: list(names) for h, names in task.heads.items()}}
        return Labelled(labels, reasons, about)

    def task_of(self, about: Mapping[str, Any]) -> Task:
        """The task, as ``label`` told it."""
        heads = {head: tuple(names) for head, names in about["heads"].items()}
        task = replace(self.task, kind=about["kind"], heads=heads)
        return task if self.is_known else _with_metrics(task)


def own_task(labels: Any, inputs: Any, name: str, midi: Iterable[str]) -> OwnTask:
    """Understand what a user gives as labels and inputs.

    Args:
        labels: See ``ScoreFolder``.
        inputs: See ``ScoreFolder``.
        name: What the task is called if it is not a known one.
        midi: The pieces that are MIDI, whose notes have no spelling.

    Raises:
        InputError: If one of them is not accepted.
    """
    known = _known_task(labels)
    if known is not None:
        task = replace(known, inputs=_inputs(inputs, known, is_named=isinstance(labels, str)))
        described = describe([known.name, known.heads, known.read_labels, known.unite])
        reader, is_registered = _reader_of(known, frozenset(midi)), isinstance(labels, str)
        moves = is_registered and "pitch" in task.inputs
        return OwnTask(task, reader, described, is_known=True, can_be_transposed=moves)
    task = Task(name, "note", {}, _inputs(inputs, None), ())
    if labels is None:
        return OwnTask(task, lambda *_: {}, "", is_known=True)
    if callable(labels):
        return OwnTask(
            task, lambda _, reading: labels(reading[0]), describe(labels), is_known=False
        )
    table = _table(labels)
    return OwnTask(task, _reader_of_table(table), describe(table), is_known=False)


def _known_task(labels: Any) -> Task | None:
    if isinstance(labels, Task):
        return labels
    if not isinstance(labels, str) or labels.endswith((".csv", ".tsv")):
        return None
    aliases = {alias: task.name for task in TASKS.values() for alias in task.aliases}
    return TASKS.find(aliases.get(labels, labels))


def _inputs(inputs: Any, task: Task | None, *, is_named: bool = False) -> tuple[str, ...]:
    """The groups of features."""
    if inputs is None:
        return task.inputs if task else INPUTS
    if isinstance(inputs, str):
        inputs = [inputs] if inputs in GROUP_COLUMNS else TASKS.find(inputs).inputs
    chosen = tuple(inputs)
    feature_names(chosen)
    if not chosen or len(set(chosen)) < len(chosen):
        msg = f"inputs is {list(chosen)}; accepted are groups, each once: {list(GROUP_COLUMNS)}."
        raise InputError(msg)
    if task and is_named and (hidden := [group for group in chosen if group not in task.inputs]):
        msg = (
            f"a model of {task.name} may not see {', '.join(hidden)}: that would give the answer "
            f"away; accepted are {', '.join(task.inputs)}. A Task of your own decides for itself."
        )
        raise InputError(msg)
    return chosen


def _reader_of(task: Task, midi: frozenset[str]) -> Callable[[str, Reading], Any]:
    """Labels of a task: those that stand in the score, or those of an annotation of these heads."""

    def read(piece_id: str, reading: Reading) -> Any:
        notes, annotated = reading
        if task.read_labels is None:
            fitting = [a.labels for a in annotated.values() if a.labels.keys() == task.heads.keys()]
            if fitting:
                return fitting[0]
            msg = f"its files hold no annotation of {', '.join(task.heads)}"
            raise AnnotationError(msg)
        if task.writes == "spelling" and piece_id in midi:
            msg = "a MIDI file does not know how its notes are spelled"
            raise AnnotationError(msg)
        return task.read_labels(notes)

    return read


def _table(labels: Any) -> dict[str, Any]:
    """Piece id -> labels, of a dict, a pandas table or a CSV file."""
    import pandas as pd

    if isinstance(labels, str | Path):
        labels = read_table_of_pieces(labels)
    if isinstance(labels, pd.DataFrame):
        by_piece = labels.set_index(ID) if ID in labels else labels
        _check_once(by_piece.index, "the table of labels")
        return {str(name): dict(row) for name, row in by_piece.to_dict("index").items()}
    if isinstance(labels, pd.Series):
        _check_once(labels.index, "the table of labels")
        labels = labels.to_dict()
    if isinstance(labels, Mapping):
        return {str(name): value for name, value in labels.items()}
    msg = (
        f"labels is a {type(labels).__name__}; accepted are None, the name of a task, a Task, a "
        "function of a note table, and a table by piece id: a dict, a DataFrame or a CSV file."
    )
    raise InputError(msg)


def read_table_of_pieces(file: str | Path) -> Any:
    """Read a CSV (or TSV) file with the column ``piece_id`` as texts and numbers.

    Raises:
        InputError: If it cannot be read, or lacks the column.
    """
    from io import StringIO

    import pandas as pd

    from musebench.files import read_text

    separator = "\t" if Path(file).suffix.lower() == ".tsv" else ","
    try:
        table = pd.read_csv(StringIO(read_text(file)), sep=separator, dtype={ID: str})
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{file}: it is not a table ({error})."
        raise InputError(msg) from error
    if ID not in table:
        msg = f"{file} has no column {ID!r}; it has {', '.join(map(str, table))}."
        raise InputError(msg)
    _check_once(table.set_index(ID).index, file)
    return table


def _check_once(ids: Any, where: Any) -> None:
    if len(doubled := ids[ids.duplicated()]):
        msg = f"{where} has {doubled[0]!r} twice; a piece has one row."
        raise InputError(msg)


def _reader_of_table(table: Mapping[str, Any]) -> Callable[[str, Reading], Any]:
    def read(piece_id: str, _: Reading) -> Any:
        if piece_id not in table:
            msg = "the table of labels has no such piece"
            raise AnnotationError(msg)
        return table[piece_id]

    return read


def _as_arrays(given: Any, piece_id: str) -> dict[str, NDArray[Any]]:
    """Labels as arrays by head, of numbers or texts."""
    heads = given if isinstance(given, Mapping) else {BARE_HEAD: given}
    try:
        arrays = {str(head): np.asarray(values) for head, values in heads.items()}
    except (ValueError, TypeError) as error:  # rows of several lengths, a tensor on a GPU
        msg = f"the labels of the piece {piece_id!r} cannot be made an array ({error})."
        raise InputError(msg) from error
    for head, values in arrays.items():
        if values.dtype.kind == "b":
            arrays[head] = values.astype(np.int64)
        elif values.dtype.kind == "O":
            texts = ["" if _is_missing(value) else str(value) for value in values.flat]
            arrays[head] = np.array(texts, dtype=np.str_).reshape(values.shape)
        elif values.dtype.kind not in "iufU" or values.ndim > 1:
            msg = (
                f"the labels {head!r} of the piece {piece_id!r} are of type {values.dtype} and "
                f"shape {values.shape}; accepted are one-dimensional arrays of integers, floats or "
                "texts, or one value for the piece."
            )
            raise InputError(msg)
    return arrays


def _is_missing(value: Any) -> bool:
    """Whether a table has nothing in this place: None, or the NaN of pandas."""
    return value is None or (isinstance(value, float) and np.isnan(value))


def _sizes(notes: NoteTable) -> dict[str, int]:
    """How many labels a piece needs, by what they are of."""
    return {"note": len(notes), "onset": int(notes.onset_index[-1]) + 1, "graph": 1}


def _infer(found: Found, sizes: Sizes, task: Task) -> Task:
    """What labels are of, and which classes there are."""
    arrays = [(name, head, v) for name, heads in found.items() for head, v in heads.items()]
    units = ["graph"] if all(v.ndim == 0 for _, _, v in arrays) else ["note", "onset"]
    for name, head, values in arrays:
        units = [unit for unit in units if values.shape in ((sizes[name][unit],), ())]
        if not units or (values.ndim == 0) != (units == ["graph"]):
            size = sizes[name]
            msg = (
                f"the labels {head!r} of the piece {name!r} have shape {values.shape}; it has "
                f"{size['note']} notes and {size['onset']} onset groups. In all pieces there is a "
                "label per note, or in all per onset group, or in all a single one."
            )
            raise InputError(msg)
    kinds = {"f" if values.dtype.kind == "f" else "i" for _, _, values in arrays}
    first = next(iter(found.values()))
    heads = {head: _classes(head, [v for _, h, v in arrays if h == head]) for head in first}
    kind: Kind = "note"
    if kinds == {"f"} and units[0] == "note":
        kind = "regression"
    elif "f" in kinds:
        what = "a mixture of floats and classes" if len(kinds) > 1 else f"floats per {units[0]}"
        msg = f"the labels are {what}; floats are labels of notes, classes are integers or texts."
        raise InputError(msg)
    elif units[0] != "note":
        kind = "multi-head" if units[0] == "onset" and len(heads) > 1 else units[0]  # type: ignore[assignment]
    return replace(task, kind=kind, heads=heads)


def _classes(head: str, columns: list[NDArray[Any]]) -> tuple[str, ...]:
    """Names of the classes of a head: its texts, or the numbers from 0; none of floats."""
    kinds = {values.dtype.kind for values in columns}
    if kinds == {"f"}:
        return ()
    if kinds == {"U"}:
        found = tuple(sorted({str(v) for values in columns for v in np.unique(values)} - {""}))
    elif "U" in kinds:
        msg = f"the labels {head!r} are texts in some pieces and numbers in others."
        raise InputError(msg)
    else:
        highest = max(int(values.max(initial=IGNORE_LABEL)) for values in columns)
        found = tuple(map(str, range(highest + 1)))
    if not found:
        msg = f"no piece has a label {head!r}."
        raise InputError(msg)
    return found


def _with_metrics(task: Task) -> Task:
    """A task, with how the labels of a user are scored."""
    if task.kind == "regression":
        of_heads = (f"{name}_{head}" for head in task.heads for name in ("pearson_r", "mse"))
        return replace(task, main_metrics=("pearson_r",), metrics=tuple(of_heads))
    others = (f"{head}_accuracy" for head in task.heads if head != task.main_head)
    return replace(task, main_metrics=("accuracy", "macro_f1"), metrics=tuple(others))


def _checked(task: Task, piece_id: str, labels: Labels, sizes: Mapping[str, int]) -> Labels:
    """Labels as a task has them: classes as integers, one for each note, onset group or piece."""
    if labels.keys() != task.heads.keys():
        msg = (
            f"the piece {piece_id!r} has labels of {list(labels)}; the heads are "
            f"{list(task.heads)}, those of all pieces."
        )
        raise InputError(msg)
    return {head: _as_classes(task, head, labels[head], piece_id, sizes) for head in task.heads}


def _as_classes(
    task: Task, head: str, values: NDArray[Any], piece_id: str, sizes: Mapping[str, int]
) -> NDArray[Any]:
    where = f"the labels {head!r} of the piece {piece_id!r}"
    size, classes = sizes[task.unit], task.heads[head]
    values = values.reshape(1) if values.ndim == 0 and task.unit == "graph" else values
    if values.shape != (size,):
        msg = f"{where} have shape {values.shape}; there are {size} of its {task.unit}s."
        raise InputError(msg)
    if task.kind == "regression":
        if values.dtype.kind not in "iuf" or np.isinf(values).any():
            msg = f"{where} are of type {values.dtype}; accepted are finite floats, NaN for none."
            raise InputError(msg)
        return values.astype(np.float32)
    if values.dtype.kind == "U":
        number = {name: i for i, name in enumerate(classes)} | {"": IGNORE_LABEL}
        if unknown := sorted(set(values.tolist()) - number.keys()):
            msg = f"{where} have {unknown[0]!r}; accepted are {', '.join(classes)}, '' for none."
            raise InputError(msg)
        return np.array([number[name] for name in values.tolist()], dtype=np.int64)
    check_labels(task, head, values, where)
    return values.astype(np.int64)


def midi_pieces(files: Mapping[str, tuple[Path, ...]]) -> list[str]:
    """The pieces that are MIDI."""
    return [name for name, paths in files.items() if any(map(is_midi, paths))]
