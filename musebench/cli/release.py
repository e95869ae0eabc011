"""The command that makes release assets of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from musebench.cli.options import Root


def release(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of `reproduce`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the assets.")],
    root: Root = None,
) -> None:
    """Make release assets of runs: checkpoints, model cards, lines of the registry."""
    from musebench.train import release_runs

    for made in release_runs(runs, output, root=root):
        typer.echo(made.line)
