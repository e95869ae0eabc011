"""The command that makes the weights that ship of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, Root


def release(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders that `musebench reproduce` made, fold 0."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A clone of musebench, or another folder.")
    ],
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite", help="Write what the file predicts into runs that predict something else."
        ),
    ] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Make the weights that ship of finished runs: files, cards, lines of the registry."""
    from musebench.train import release_runs

    made = release_runs(runs, output, rewrite=rewrite, root=root)
    lines = "\n".join(f"{output / weights.place / weights.file}" for weights in made)
    show.answer(made, lambda: typer.echo(lines), as_json=as_json)
