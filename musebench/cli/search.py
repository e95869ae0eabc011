"""``musebench search``: configurations compared on the validation split."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, Changes, Device, Root, Runs, parse_changes


def search(
    board: BoardName,
    model: Annotated[str, typer.Option(help="A learned model, or trees.")] = "note-gnn",
    trials: Annotated[
        int | None, typer.Option(help="Number of trials. Default: that of the board.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the trials and of their training.")] = 0,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Compare random configurations of a model with the reference, on the validation split.

    The test split is not used. Finished trials are kept, and an interrupted search is resumed.
    """
    from musebench.boards import find_board
    from musebench.train import Hardware, best_trial
    from musebench.train import search as search_trials

    given = parse_changes(changes, plain_text=True)
    tried = []
    hardware = Hardware(device or "auto")
    for trial in search_trials(board, model, trials, seed, runs, root, hardware, **given):
        tried.append(trial)
        typer.echo(f"trial {trial.number}: {_number(trial.value)}", err=True)
    best = best_trial(tried, board)

    def tell() -> None:
        metric = find_board(board).task.main_metrics[0]
        show.rows([_row(asdict(t), metric) for t in tried], as_json=False, title=f"{board}, valid")
        chosen = "".join(f" --set {name}={value}" for name, value in (given | best.changes).items())
        typer.echo(f"musebench reproduce {board} --model {model} --seeds {seed}{chosen}")

    show.answer({"trials": tried, "best": best.number}, tell, as_json=as_json)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _row(trial: dict[str, Any], metric: str) -> dict[str, Any]:
    changes = ", ".join(f"{name}={value}" for name, value in trial["changes"].items())
    return {
        "trial": trial["number"],
        metric: _number(trial["value"]),
        "step": trial["step"],
        "seconds": round(trial["seconds"]),
        "changes": changes or "the reference configuration",
    }
