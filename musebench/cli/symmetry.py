"""``musebench symmetry``: what changes of a score do to a model."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import (
    AsJson,
    BoardName,
    Changes,
    Device,
    Root,
    Runs,
    parse_changes,
)


def symmetry(
    board: BoardName,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A rule, or a learned model that was trained.")
    ],
    fold: Annotated[int, typer.Option(help="Fold of the board, 0 to 4.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the run, and of the changes.")] = 0,
    pieces: Annotated[
        int | None, typer.Option(help="Only the first pieces of the test split.", min=1)
    ] = None,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Change test scores (key, octave, bars, parts, notes) and count predictions that flip.

    A rule that does not mind the key scores exactly 0 for every transposition.
    """
    from musebench.symmetry import sensitivities
    from musebench.train import plan_run

    given = parse_changes(changes, plain_text=True)
    run = plan_run(board, model, seed, runs, root, fold=fold, **given)
    found = sensitivities(run, max_pieces=pieces, seed=seed, device=device)
    rows: list[dict[str, Any]] = [asdict(of) for of in found]
    if not as_json:
        rows = [_rounded(row) for row in rows]
    show.rows(rows, as_json=as_json, title=f"{board}, {model}, fold {fold}: predictions that flip")


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Shares of a row as people read them."""
    return {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}
