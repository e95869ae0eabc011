"""The command that applies a model to a score of your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.errors import InputError
from musebench.files import is_file

if TYPE_CHECKING:
    from musebench.applied import Applied

MAX_ROWS = 400  # of a table on a terminal; --json and the output have all

TaskName = Annotated[
    str,
    typer.Argument(
        metavar="TASK",
        help="pitch-spelling, cadence, roman-numeral, phrase, voices, staves, or a board.",
    ),
]
Score = Annotated[
    str, typer.Argument(metavar="SCORE", help="Quantised MIDI, MusicXML, MEI, kern; path or URL.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Score to write: .musicxml, .mei or .mid."),
]
ModelName = Annotated[
    str | None,
    typer.Option(help="Rule, folder of a run, or checkpoint; else the pretrained model."),
]

Voices = Annotated[
    str | None, typer.Option(help="Model of the voices to write, e.g. nearest-pitch.")
]
Staves = Annotated[str | None, typer.Option(help="Model of the staves to write, e.g. pitch-60.")]
KeySignatures = Annotated[
    str | None,
    typer.Option(help="Key signatures of the file or the model; else of the file, if it has any."),
]
Pickup = Annotated[
    float | None, typer.Option(help="Pickup of MIDI, quarter notes; else it is estimated.")
]
DeviceName = Annotated[str | None, typer.Option(help="Torch device; else a GPU if there is one.")]


def apply(
    task: TaskName,
    score: Score,
    output: Output = None,
    model: ModelName = None,
    voices: Voices = None,
    staves: Staves = None,
    key_signatures: KeySignatures = None,
    pickup: Pickup = None,
    device: DeviceName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Apply a model to your own score: print a table, or write it into a score."""
    from musebench.applied import apply as apply_model
    from musebench.score import check_output

    if output is not None:
        check_output(output)
        if is_file(score) and is_file(output) and output.samefile(score):
            msg = f"{output} is the score itself, and not all of it would be kept; choose another."
            raise InputError(msg)
    models = {"model": model, "voices": voices, "staves": staves, "device": device}
    applied = apply_model(task, score, **models, key_signatures=key_signatures, pickup=pickup)
    if output is not None:
        applied.write(output)
    if as_json:
        typer.echo(applied.to_json())
    elif output is None:
        _print_table(applied, score)
    else:
        typer.echo(output)


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
