"""A model on all scores of a folder: one table, and a table of the files that failed."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from musebench.applied.apply_model import Applier, Options, choose_models
from musebench.applied.choose import check_order, find_task
from musebench.applied.result import check_shown
from musebench.errors import ISSUES, InputError, MusebenchError, ScoreWarning, StorageError
from musebench.files import (
    check_suffix,
    make_folder,
    printable,
    resolved,
    writing_whole,
)
from musebench.score import find_scores
from musebench.shown import Shown
from musebench.tasks import Task

if TYPE_CHECKING:
    import pandas as pd

WRITERS: dict[str, Callable[["pd.DataFrame", Path], object]] = {
    ".csv": lambda frame, file: frame.to_csv(file, index=False),
    ".json": lambda frame, file: frame.to_json(file, orient="records", indent=1),
    ".parquet": lambda frame, file: frame.to_parquet(file, index=False),
}
TABLE_SUFFIXES = tuple(WRITERS)


@dataclass(frozen=True)
class _Answer:
    """What came of one file: its table, or the reason why there is none."""

    name: str
    events: "pd.DataFrame | None" = None
    warnings: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class AppliedFolder(Shown):
    """A model applied to all scores of a folder.

    Attributes:
        task: The task.
        model: Name of the model.
        events: The rows of ``Applied.events`` of all scores, after a column ``file``.
        failures: ``file`` and ``reason`` of each score that could not be done.
        warnings: ``file`` and ``warning`` of what was mended or left out.
        files: All scores, as paths from the folder.
    """

    task: Task
    model: str
    events: "pd.DataFrame"
    failures: "pd.DataFrame"
    warnings: "pd.DataFrame"
    files: tuple[str, ...]

    def counts(self) -> "pd.DataFrame":
        """The number of rows of each score; of events, also of each kind."""
        import pandas as pd

        done = [name for name in self.files if name not in set(self.failures["file"])]
        rows = self.events.groupby("file").size()
        found = pd.DataFrame({"rows": rows}).reindex(pd.Index(done, name="file"), fill_value=0)
        if self.task.has_events and len(self.events):
            kinds = pd.crosstab(self.events["file"], self.events[self.task.main_head])
            found = found.join(kinds).fillna(0).astype(int)
        return found.reset_index()

    def write(self, path: str | Path) -> None:
        """Write the table, and beside it that of the failures, each whole or not at all.

        Args:
            path: File to write, such as ``labels.csv``; the failures go to ``labels.failures.csv``.

        Raises:
            InputError: If its suffix is none of ``.csv``, ``.json`` and ``.parquet``.
            StorageError: If it cannot be written.
        """
        write_table(self.events, path)
        write_table(self.failures, Path(path).with_suffix(f".failures{Path(path).suffix}"))


def write_table(frame: "pd.DataFrame", path: str | Path) -> None:
    """Write a table as CSV, JSON or parquet, as the suffix says, whole or not at all.

    Raises:
        InputError: If the suffix is another.
        StorageError: If it cannot be written.
    """
    path = Path(path)
    check_suffix(path, TABLE_SUFFIXES, f"a table ({', '.join(TABLE_SUFFIXES)})")
    with writing_whole(path) as unfinished:
        WRITERS[path.suffix.lower()](frame, unfinished)


def apply_folder(
    task_or_board: str,
    folder: str | Path,
    *,
    output: str | Path | None = None,
    num_jobs: int | None = None,
    **options: Unpack[Options],
) -> AppliedFolder:
    """Apply a model to all scores of a folder and of the folders in it.

    A score that cannot be read is listed with the reason and left out. Hidden files are ignored.

    Args:
        task_or_board: See ``apply``.
        folder: The folder.
        output: Folder to which each score is written with what was found, as MusicXML; also
            ``failures.csv``. None: nothing is written.
        num_jobs: Scores done in parallel; None: one per core; a model on a GPU has one.
        options: ``model``, ``device``, ``voices``, ``staves``, ``key_signatures``, ``pickup``; see
            ``apply``.

    Returns:
        One table of all labels, and what failed.

    Raises:
        InputError: If task or model are unknown or do not fit each other, there is no score in the
            folder, or the task has no labels that a score can show.
        StorageError: If the output cannot be written.
    """
    if num_jobs is not None and num_jobs < 1:
        msg = f"num_jobs is {num_jobs}; give 1 or more, or None for one per core."
        raise InputError(msg)
    check_order(task_or_board, folder)
    if output is not None:
        check_shown(find_task(task_or_board)[0])
    chosen = choose_models(task_or_board, **options)
    files = _score_files(Path(folder), output)
    targets = {
        file: Path(output, f"{name}.musicxml") for file, name in files.items() if output is not None
    }
    do = partial(_try, chosen, Path(folder), targets)
    answers = {answer.name: answer for answer in _in_parallel(do, [*files], num_jobs, chosen)}
    result = _together(chosen, [answers[file] for file in files])
    for text in dict.fromkeys(result.warnings["warning"]):
        warnings.warn(text, ScoreWarning, stacklevel=2)
    if output is not None:
        write_table(result.failures, make_folder(output) / "failures.csv")
    return result


def _together(chosen: Applier, found: Sequence[_Answer]) -> AppliedFolder:
    """What came of all files, in their order."""
    import pandas as pd

    names = [printable(answer.name) for answer in found]
    named = list(zip(names, found, strict=True))
    tables = [of.events.assign(file=name) for name, of in named if of.events is not None]
    events = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"file": []})
    failures = [(name, of.reason) for name, of in named if of.reason]
    heard = [(name, text) for name, of in named for text in of.warnings]
    return AppliedFolder(
        chosen.task,
        chosen.model.name,
        events[["file", *events.columns.drop("file")]],
        pd.DataFrame(failures, columns=["file", "reason"]),
        pd.DataFrame(heard, columns=["file", "warning"]),
        tuple(names),
    )


def _score_files(folder: Path, output: str | Path | None) -> dict[str, str]:
    """Path from the folder -> name of each score in it, see ``find_scores``; none of the output."""
    left_out = resolved(output) if output is not None else None
    if left_out == resolved(folder):
        msg = f"{output} is the folder of the scores itself; choose another for the output."
        raise InputError(msg)
    scores = {name: path for name, (path,) in find_scores(folder).items()}
    inside = {
        path.relative_to(folder.absolute()).as_posix(): name
        for name, path in scores.items()
        if left_out is None or left_out not in resolved(path).parents
    }
    if not inside:
        msg = f"there is no score in {folder} except in {output}."
        raise InputError(msg)
    return dict(sorted(inside.items()))


def _in_parallel(
    do: Callable[[str], _Answer], names: Sequence[str], num_jobs: int | None, chosen: Applier
) -> Iterator[_Answer]:
    """Do all files, as many at a time as is told; the order is that in which they are done."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    if num_jobs is None:
        num_jobs = 1 if chosen.model.on_gpu else cpu_count()
    parallel = Parallel(n_jobs=min(num_jobs, len(names)), return_as="generator_unordered")
    waiting = dict.fromkeys(names)
    with tqdm(desc=chosen.task.name, total=len(names), disable=None, leave=False) as bar:
        try:
            for answer in parallel(delayed(do)(name) for name in names):
                del waiting[answer.name]
                bar.update()
                yield answer
        except BrokenProcessPool:  # a file took its process down
            for name in waiting:
                yield _alone(do, name)
                bar.update()


def _alone(do: Callable[[str], _Answer], name: str) -> _Answer:
    """Do a file in a process of its own, which it may take down."""
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    try:
        answers: list[_Answer] = Parallel(n_jobs=2)([delayed(do)(name)])
    except BrokenProcessPool:
        return _Answer(name, reason="the process that read it crashed, or ran out of memory.")
    return answers[0]


def _try(chosen: Applier, folder: Path, targets: dict[str, Path], name: str) -> _Answer:
    """Apply to a file; whatever is wrong with it is told and stops no other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoreWarning)  # the result has them
        try:
            applied = chosen(folder / name)
            if name in targets:
                make_folder(targets[name].parent)
                applied.write(targets[name])
            return _Answer(name, applied.events(), applied.warnings)
        except StorageError:  # no other could be written either
            raise
        except MusebenchError as error:
            return _Answer(name, reason=str(error).removeprefix(f"{folder / name}: "))
        except Exception as error:
            reason = f"a bug, please report it at {ISSUES} ({type(error).__name__}: {error})."
            return _Answer(name, reason=reason)
