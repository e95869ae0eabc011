"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
Every = Annotated[bool, typer.Option("--all", help="All boards.")]
