"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Root = Annotated[
    Path | None, typer.Option(help="Data home; else MUSEBENCH_DATA or the user's cache.")
]
