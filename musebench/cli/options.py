"""Options that several commands share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from musebench.errors import InputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Root = Annotated[
    Path | None, typer.Option(help="Data home; else MUSEBENCH_DATA or the user's cache.")
]
BoardName = Annotated[
    str, typer.Argument(metavar="BOARD", help="Name of a board: `musebench list`.")
]
BoardNames = Annotated[
    list[str] | None, typer.Argument(metavar="BOARD...", help="Boards: `musebench list`.")
]
Runs = Annotated[Path, typer.Option(help="Folder of all runs.")]
Device = Annotated[str | None, typer.Option(help="Torch device; else a GPU if there is one.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the reference configuration."),
]
Every = Annotated[bool, typer.Option("--all", help="All boards.")]


def parse_changes(changes: list[str] | None, *, plain_text: bool = False) -> dict[str, Any]:
    """The values of ``--set KEY=VALUE``: JSON, or text where it is none and that is allowed.

    Raises:
        InputError: If a change has no equals sign, or a value is no JSON.
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
                msg = f"--set {key} is no JSON ({error})."
                raise InputError(msg) from error
            parsed[key] = value
    return parsed
