"""The commands that train, predict and evaluate."""

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import leaderboard, show
from musebench.cli.options import (
    AsJson,
    BoardName,
    Changes,
    Device,
    Root,
    Runs,
    complete_board,
    parse_changes,
)
from musebench.errors import BusyError, InputError

if TYPE_CHECKING:
    from musebench.train import Run

Devices = Annotated[int, typer.Option(help="Devices per machine (processes on a CPU).")]
Nodes = Annotated[int, typer.Option(help="Number of machines, with torchrun or SLURM.")]
Precision = Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")]


OneBoard = Annotated[
    str | None,
    typer.Argument(metavar="BOARD", help="Name of a board.", autocompletion=complete_board),
]
Logger = Annotated[
    str | None, typer.Option(help="Also write each validation to files: csv or tensorboard.")
]


def train(
    board: BoardName,
    model: Annotated[str, typer.Option(help="A learned model.")] = "note-gnn",
    fold: Annotated[int, typer.Option(help="Fold of the board, 0 to 4.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    devices: Devices = 1,
    nodes: Nodes = 1,
    precision: Precision = "32-true",
    changes: Changes = None,
    init: Annotated[
        str | None,
        typer.Option(help="Start from a run, its best.pt, or the board of an installed model."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
    logger: Logger = None,
    as_json: AsJson = False,
) -> None:
    """Train a model; print the folder that holds the best checkpoint."""
    from musebench.models import find_weights
    from musebench.train import Hardware, check_free, plan_run, read_history
    from musebench.train import train as train_run

    run = plan_run(
        board, model, seed, runs, root, fold=fold, **parse_changes(changes, plain_text=True)
    )
    run = replace(run, init=find_weights(init) if init else None)
    check_free(run, precision)
    hardware = Hardware(device or "auto", devices, nodes, precision)
    train_run(run, hardware, resume=resume, logger=logger)
    content = {"folder": run.folder, "validations": read_history(run)}
    show.answer(content, lambda: typer.echo(run.folder), as_json=as_json)


def predict(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Folder of a run, or the board of an installed model."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .npz.")],
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    board: Annotated[
        str | None,
        typer.Option(
            help="Another board of the same task to predict.", autocompletion=complete_board
        ),
    ] = None,
    root: Root = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Predict a split of the run's fold with a trained model, every note once."""
    from musebench.evaluation import check_predictions_file
    from musebench.train import find_run, make_predictions

    check_predictions_file(output)
    planned = find_run(run, root)
    predictions = make_predictions(planned, split, board=board, device=device)
    asked = planned.on(board) if board else planned
    asked.write_predictions(output, split, predictions)
    about = {"board": asked.board, "split": split, "fold": asked.fold}
    show.file(output, as_json=as_json, **about, num_pieces=len(predictions))


def evaluate(
    predictions: Annotated[
        Path, typer.Argument(metavar="FILE", help="File that `musebench predict` wrote.")
    ],
    root: Root = None,
    leaderboards: leaderboard.Leaderboards = Path("leaderboards"),
    by_class: Annotated[
        bool, typer.Option("--by-class", help="Also precision, recall and F1 of each class.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score a prediction file; needs no torch.

    In a clone of musebench the rules of the board stand beside it.
    """
    from musebench.evaluation import evaluator_of, read_predictions

    file = read_predictions(predictions)
    evaluator = evaluator_of(file, root)
    confusions = evaluator.confusions({"y_pred": file.y_pred}) if by_class else {}
    classes = {head: found.by_class() for head, found in confusions.items()}
    metrics = evaluator.eval({"y_pred": file.y_pred})

    def tell() -> None:
        beside = {}
        if (file.split, file.split_scheme, file.fold) == ("test", "official", 0):
            beside = leaderboard.rule_baselines(file.board, leaderboards)
        show.metrics(
            {predictions.name: metrics, **beside},
            title=f"{file.board}, {file.split}, fold {file.fold}",
        )
        show.by_composer(metrics)
        for head, scores in classes.items():
            show.by_class(head, scores, evaluator.task.unit)

    content = metrics | ({"by_class": classes} if by_class else {})
    show.answer(content, tell, as_json=as_json)


def reproduce(
    board: OneBoard = None,
    every: Annotated[
        bool, typer.Option("--all", help="All models of the board, or of all boards.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Models, separated by commas. Default: the board's rules and models."),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds, separated by commas. Default: 0.")
    ] = None,
    folds: Annotated[
        str | None, typer.Option(help="Folds, separated by commas, or all. Default: 0.")
    ] = None,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Build, train, predict and evaluate; write a result file per run and print a table.

    If all folds of a method are made, the table also has a line over all works. Finished runs are
    kept, interrupted ones are resumed. Runs that another process is making are skipped.
    """
    from musebench.train import join_folds

    if every:
        planned = _plan_all(board, runs, root, [model, seeds, folds, changes])
    elif board:
        given = parse_changes(changes, plain_text=True)
        part = _numbers(seeds, "seeds"), _folds(board, folds)
        planned = _plan(board, model, *part, runs, root, given)
    else:
        msg = "reproduce takes the name of a board, or --all."
        raise InputError(msg)
    made = _reproduce(planned, device)
    found = [*made.values(), *join_folds([run for run in planned if run.folder in made])]
    show.answer(found, lambda: _tell_results(found), as_json=as_json)


def _tell_results(results: Collection[dict[str, Any]]) -> None:
    """Print a table per board; folds that were joined have no lines of their own."""
    joined = {_method(result["run"]) for result in results if result["run"]["fold"] == "all"}
    for name in dict.fromkeys(result["run"]["board"] for result in results):
        rows = {
            _name(result["run"]): result["metrics"]
            for result in results
            if result["run"]["board"] == name
            and (result["run"]["fold"] == "all" or _method(result["run"]) not in joined)
        }
        show.metrics(rows, title=f"{name}, test")


def _method(run: dict[str, Any]) -> tuple[str, str, int]:
    return run["board"], run["model"], run["seed"]


def _name(run: dict[str, Any]) -> str:
    fold = "all folds" if run["fold"] == "all" else f"fold {run['fold']}"
    return f"{run['model']}, {fold}, seed {run['seed']}"


def _reproduce(planned: "list[Run]", device: str | None) -> dict[Path, Any]:
    from musebench.train import Hardware
    from musebench.train import reproduce as reproduce_run

    results = {}
    for run in planned:
        try:
            results[run.folder] = reproduce_run(run, Hardware(device or "auto"))
        except BusyError as error:
            typer.echo(str(error), err=True)
            continue
        typer.echo(f"{run.folder / 'result.json'}", err=True)
    return results


def _plan_all(board: str | None, runs: Path, root: Path | None, chosen: list[Any]) -> "list[Run]":
    """All runs of a board, or of all boards, as they are declared."""
    from musebench.boards import BOARDS
    from musebench.train import plan_boards

    if any(chosen):
        options = "--model, --seeds, --folds and --set"
        msg = f"--all makes all runs of a board as they are declared; leave out {options}."
        raise InputError(msg)
    return plan_boards([board] if board else BOARDS, runs, root)


def _plan(
    board: str,
    model: str | None,
    seeds: list[int],
    folds: list[int],
    runs: Path,
    root: Path | None,
    changes: dict[str, Any],
) -> "list[Run]":
    """One run per model, seed and fold; rules, which draw nothing, have one seed."""
    from musebench.boards import find_board
    from musebench.models import ENCODERS, rules_of
    from musebench.train import plan_run

    names = model.split(",") if model is not None else [*rules_of(board), *find_board(board).models]
    names = [name.strip() for name in names]
    any_learned = any(name in ENCODERS for name in names)
    planned = []
    for name in names:
        rule = name not in ENCODERS
        own = {} if rule and any_learned else changes
        planned += [
            plan_run(board, name, seed, runs, root, fold=fold, **own)
            for fold in folds
            for seed in (seeds[:1] if rule else seeds)
        ]
    return planned


def _numbers(text: str | None, what: str) -> list[int]:
    """Numbers separated by commas; 0 if nothing is given."""
    if text is None:
        return [0]
    if not re.fullmatch(r" *[0-9]{1,20} *(, *[0-9]{1,20} *)*", text):
        msg = f"{text!r} is not a list of {what}; give numbers separated by commas, such as 0,1,2."
        raise InputError(msg)
    return [int(number) for number in text.split(",")]


def _folds(board: str, text: str | None) -> list[int]:
    from musebench.splits import num_folds

    return list(range(num_folds(board))) if text == "all" else _numbers(text, "folds")
