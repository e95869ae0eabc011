"""Options that several commands share, and what completes them in a shell."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from musebench.errors import InputError


def complete_board(incomplete: str) -> list[tuple[str, str]]:
    """Names of boards that begin like this, each with what it is about."""
    from musebench.boards import BOARDS

    return [(name, of.about) for name, of in BOARDS.items() if name.startswith(incomplete)]


def complete_task(incomplete: str) -> list[tuple[str, str]]:
    """Names of tasks, their short names and boards that begin like this."""
    from musebench.tasks import TASKS

    names = {name: task.name for task in TASKS.values() for name in (*task.aliases, task.name)}
    tasks = [(name, task) for name, task in names.items() if name.startswith(incomplete)]
    return tasks + complete_board(incomplete)


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Root = Annotated[
    Path | None,
    typer.Option(help="Data folder. Default: MUSEBENCH_DATA, or a folder in the user's cache."),
]
BoardName = Annotated[
    str,
    typer.Argument(
        metavar="BOARD",
        help="Name of a board, see `musebench list`.",
        autocompletion=complete_board,
    ),
]
BoardNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="BOARD...",
        help="Names of boards, see `musebench list`.",
        autocompletion=complete_board,
    ),
]
Runs = Annotated[Path, typer.Option(help="Folder of all runs.")]
Device = Annotated[
    str | None, typer.Option(help="Torch device. Default: a GPU if there is one, else the CPU.")
]
Jobs = Annotated[
    int | None, typer.Option(help="Scores read in parallel. Default: one per core.", min=1)
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change the reference configuration; may be repeated."
    ),
]
Every = Annotated[bool, typer.Option("--all", help="All boards.")]
Picture = Annotated[
    Path, typer.Option("--output", "-o", help="Picture to write: .svg, .png or .pdf.")
]


def parse_changes(changes: list[str] | None, *, plain_text: bool = False) -> dict[str, Any]:
    """The values of ``--set KEY=VALUE``: JSON, or text if it is not JSON and text is allowed.

    Raises:
        InputError: If a change has no equals sign, or a value is not JSON.
    """
    parsed = {}
    for change in changes or []:
        key, equals, value = change.partition("=")
        if not equals:
            msg = f"--set takes KEY=VALUE, not {change!r}."
            raise InputError(msg)
        try:
            parsed[key] = json.loads(value)
        except (ValueError, RecursionError) as error:  # an integer may have too many digits
            if not plain_text:
                msg = f"--set {key}: the value is not JSON ({error})."
                raise InputError(msg) from error
            parsed[key] = value
    return parsed
