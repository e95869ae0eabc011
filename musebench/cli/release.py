"""The command that makes release assets of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, Root


def release(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders that `musebench reproduce` made."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write them to.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Make release assets of finished runs: checkpoints, model cards, lines of the registry."""
    from musebench.train import release_runs

    made = release_runs(runs, output, root=root)
    lines = "\n".join(checkpoint.line for checkpoint in made)
    show.answer(made, lambda: typer.echo(lines), as_json=as_json)
