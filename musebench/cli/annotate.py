"""The command that says all that models can say of a score."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.cli.apply import MAX_ROWS, KeySignatures, Pickup, check_result
from musebench.cli.options import AsJson, Device
from musebench.errors import InputError

if TYPE_CHECKING:
    from musebench.applied import Annotated as AnnotatedScore

Score = Annotated[
    str,
    typer.Argument(
        metavar="SCORE", help="Quantised MIDI, MusicXML, MEI, kern or ABC: a path or a URL."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Score (.musicxml, .mei, .mid) or table (.csv, .json, .parquet) to write.",
    ),
]
Page = Annotated[
    Path | None, typer.Option(help="Page (.html) or picture (.svg, .png) of the score to write.")
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="TASK=MODEL",
        help="Model of a task, or none to leave it out; can be repeated. Default: pretrained ones.",
    ),
]


def annotate(
    score: Score,
    output: Output = None,
    page: Page = None,
    model: Models = None,
    key_signatures: KeySignatures = None,
    pickup: Pickup = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Annotate a score: Roman numerals, cadences, phrases, melody; MIDI also gets names, voices."""
    from musebench.applied import annotate as annotate_score
    from musebench.applied import write_table
    from musebench.see import check_page
    from musebench.see import view as view_score

    is_table = check_result(score, output)
    if page is not None:
        check_page(page)
    found = annotate_score(
        score,
        models=_models(model or []),
        device=device,
        key_signatures=key_signatures,
        pickup=pickup,
    )
    if output is not None:
        write_table(found.to_frame(), output) if is_table else found.write(output)
    if page is not None:
        view_score(found).save(page)
    written = [path for path in (output, page) if path is not None]
    said = "\n".join(map(str, written))
    tell = (lambda: typer.echo(said)) if written else (lambda: _print_table(found, score))
    show.answer(found.to_dict(), tell, as_json=as_json)


def _print_table(found: "AnnotatedScore", score: str) -> None:
    models = {**found.layout, **{task: of.model for task, of in found.applied.items()}}
    title = ", ".join(f"{task} by {name}" for task, name in models.items())
    rows = found.records()
    show.rows(rows[:MAX_ROWS], as_json=False, title=f"{score}: {title}")
    if len(rows) > MAX_ROWS:
        typer.echo(f"... and {len(rows) - MAX_ROWS:,} more; --json prints all.")


def _models(given: list[str]) -> dict[str, str | None]:
    """Task -> model, from ``TASK=MODEL``.

    Raises:
        InputError: If one has no task or no model.
    """
    found: dict[str, str | None] = {}
    for text in given:
        task, equals, model = text.partition("=")
        if not (task and equals and model):
            msg = f"--model {text}: give a task and its model, such as cadence=v-i-bass."
            raise InputError(msg)
        found[task] = None if model == "none" else model
    return found
