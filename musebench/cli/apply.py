"""The command that applies a model to your own scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, Device, Jobs, complete_task
from musebench.errors import IncompleteError, InputError, ScoreError
from musebench.files import is_file, is_folder

if TYPE_CHECKING:
    from musebench.applied import Applied, AppliedFolder

MAX_ROWS = 400  # of a table on a terminal; --json and the output have all

TaskName = Annotated[
    str,
    typer.Argument(
        metavar="TASK",
        help="pitch-spelling, cadence, roman-numeral, phrase, voices, staves, or a board.",
        autocompletion=complete_task,
    ),
]
Score = Annotated[
    str,
    typer.Argument(
        metavar="SCORE|FOLDER",
        help="Quantised MIDI, MusicXML, MEI, kern or ABC: a path, a URL, or a folder of them.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Score (.musicxml, .mei, .mid) or table (.csv, .json, .parquet) to write; of a "
        "folder a table, or a folder of scores.",
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(help="Rule, board, folder of a run, checkpoint. Default: the installed model."),
]
Voices = Annotated[
    str | None, typer.Option(help="Model of the voices to write, such as nearest-pitch.")
]
Staves = Annotated[str | None, typer.Option(help="Model of the staves to write, such as pitch-60.")]
KeySignatures = Annotated[
    str | None,
    typer.Option(help="Take key signatures from: file or model. Default: the file, if it has any."),
]
Pickup = Annotated[
    float | None,
    typer.Option(help="Length of the pickup of a MIDI file, quarter notes. Default: estimated."),
]


def apply(
    task: TaskName,
    score: Score,
    output: Output = None,
    model: ModelName = None,
    voices: Voices = None,
    staves: Staves = None,
    key_signatures: KeySignatures = None,
    pickup: Pickup = None,
    device: Device = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Apply a model to your own scores: print a table, or write the labels into scores.

    Given a folder, it applies the model to all scores in it and its subfolders. Scores that cannot
    be read are listed
    with the reason. The exit code is 0 if all could be read, 6 if some, 3 if none.
    """
    options: dict[str, Any] = {"model": model, "voices": voices, "staves": staves, "device": device}
    options |= {"key_signatures": key_signatures, "pickup": pickup}
    if is_folder(score):
        _apply_to_folder(task, Path(score), output, options | {"num_jobs": jobs}, as_json=as_json)
    else:
        _apply_to_score(task, score, output, options, as_json=as_json)


def _apply_to_score(
    task: str, score: str, output: Path | None, options: dict[str, Any], *, as_json: bool
) -> None:
    from musebench.applied import apply as apply_model
    from musebench.applied import write_table

    is_table = check_result(score, output)
    applied = apply_model(task, score, **options)
    if output is not None:
        write_table(applied.events(), output) if is_table else applied.write(output)
    tell = (lambda: typer.echo(output)) if output else (lambda: _print_table(applied, score))
    show.answer(applied.to_dict(), tell, as_json=as_json)


def check_result(score: str, output: Path | None) -> bool:
    """Refuse an output that cannot be written, and the score itself; say whether it is a table."""
    from musebench.applied import TABLE_SUFFIXES
    from musebench.files import check_target
    from musebench.score import check_output

    if output is None:
        return False
    is_table = output.suffix.lower() in TABLE_SUFFIXES
    check_target(output) if is_table else check_output(output)
    if is_file(score) and is_file(output) and output.samefile(score):
        msg = f"{output} is the score itself, and not all of it would be kept; choose another."
        raise InputError(msg)
    return is_table


def _apply_to_folder(
    task: str, folder: Path, output: Path | None, options: dict[str, Any], *, as_json: bool
) -> None:
    from musebench.applied import TABLE_SUFFIXES, apply_folder
    from musebench.files import check_target

    is_table = output is not None and output.suffix.lower() in TABLE_SUFFIXES
    if output is not None and is_table:
        check_target(output)
    elif output is not None and output.suffix and not is_folder(output):
        msg = f"{output}: give a table ({', '.join(TABLE_SUFFIXES)}) or a folder to write to."
        raise InputError(msg)
    applied = apply_folder(task, folder, output=None if is_table else output, **options)
    if output is not None and is_table:
        applied.write(output)
    content = {
        "task": applied.task.name,
        "model": applied.model,
        "files": applied.files,
        "events": applied.events.to_dict("records"),
        "failures": applied.failures.to_dict("records"),
        "warnings": applied.warnings.to_dict("records"),
    }
    show.answer(content, lambda: _print_folder(applied, folder, output), as_json=as_json)
    _say_failures(applied, folder, as_json=as_json)


def _print_folder(applied: "AppliedFolder", folder: Path, output: Path | None) -> None:
    if output is not None:
        typer.echo(output)
        return
    table = applied.events if applied.task.unit == "graph" else applied.counts()
    title = f"{applied.task.name} of {folder}, by {applied.model}"
    show.rows(table.to_dict("records"), as_json=False, title=title)


def _say_failures(applied: "AppliedFolder", folder: Path, *, as_json: bool) -> None:
    """Print a table of the failures, and end with their exit code."""
    failed, number = len(applied.failures), len(applied.files)
    if not failed:
        return
    if not as_json:
        show.rows(applied.failures.to_dict("records"), as_json=False, title="Failures", err=True)
    msg = f"scores in {folder}: {failed} of {number} failed."
    if failed == number:
        raise ScoreError(msg)
    raise IncompleteError(msg)


def _print_table(applied: "Applied", score: str) -> None:
    events = applied.records()
    title = f"{applied.task.name} of {score}, by {applied.model}"
    if not events:
        typer.echo(f"{title}: none.")
        return
    columns = [name for name in ("measure", "beat", *_shown(applied)) if name in events[0]]
    rows = [{name: event[name] for name in columns} for event in events[:MAX_ROWS]]
    show.rows(rows, as_json=False, title=title)
    if len(events) > MAX_ROWS:
        typer.echo(f"... and {len(events) - MAX_ROWS:,} more; --json prints all.")


def _shown(applied: "Applied") -> tuple[str, ...]:
    """What a table shows beside the place."""
    if "local_key" in applied.task.heads:
        return ("key", "roman_numeral")
    if applied.task.kind == "link":
        return ("staff", "note", "voice")
    if applied.task.unit == "note":
        return ("staff", "note", *applied.labels)
    return tuple(applied.labels)
