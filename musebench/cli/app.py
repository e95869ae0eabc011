"""The commands."""

import json
import os
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import (
    apply,
    cards,
    files,
    leaderboard,
    plot,
    release,
    search,
    show,
    stats,
    submit,
    view,
)
from musebench.cli.options import (
    AsJson,
    BoardName,
    BoardNames,
    Changes,
    Device,
    Every,
    Root,
    Runs,
    parse_changes,
)
from musebench.errors import BusyError, InputError

if TYPE_CHECKING:
    from musebench.train import Run

app = typer.Typer(
    help="Benchmark datasets and baselines for graph learning on symbolic music.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (cards.card, cards.cite, files.download, files.verify, files.clean):
    app.command()(command)
app.command()(release.release)
app.command()(search.search)
app.command("license")(cards.show_license)
app.command()(stats.stats)
app.command()(apply.apply)
app.command()(view.view)
leaderboard.app.command()(view.explain)
app.command()(leaderboard.compare)
app.command()(leaderboard.power)
app.add_typer(submit.app, name="submit")
app.add_typer(plot.app, name="plot")
app.add_typer(leaderboard.app, name="leaderboard")

Jobs = Annotated[int | None, typer.Option(help="Scores parsed at a time; else all cores.")]
Devices = Annotated[int, typer.Option(help="Devices (on a CPU: processes) of each machine.")]
Nodes = Annotated[int, typer.Option(help="Machines, under torchrun or SLURM.")]
Precision = Annotated[str, typer.Option(help="32-true, bf16-mixed or 16-mixed.")]


@app.command("list")
def list_boards(as_json: AsJson = False) -> None:
    """List the boards."""
    from musebench.boards import BOARDS
    from musebench.splits import SPLITS, split_of_pieces

    rows = []
    for board in BOARDS.values():
        counts = split_of_pieces(board.name).value_counts()
        row: dict[str, Any] = {"board": board.name, "dataset": board.dataset, "about": board.about}
        rows.append(row | {split: int(counts.get(split, 0)) for split in SPLITS})
    show.rows(rows, as_json=as_json, title="Boards; pieces of each split")


@app.command()
def info(board: BoardName, as_json: AsJson = False) -> None:
    """Say what a board is: source, licence, heads, splits, exclusions."""
    from musebench.boards import find_board
    from musebench.features import feature_names
    from musebench.splits import read_exclusions, split_of_pieces, split_schemes

    found = find_board(board)
    exclusions = read_exclusions(board)
    reasons = exclusions["reason"].str.replace(r" of \S+$", " of another piece", regex=True)
    facts = {
        "board": found.name,
        "version": found.version,
        "dataset": f"musebench.{found.dataset}",
        "about": found.about,
        "source": found.corpus.source,
        "license": found.corpus.license,
        "task": found.task.name,
        "heads": {head: len(classes) for head, classes in found.task.heads.items()},
        "inputs": list(feature_names(found.task.inputs)),
        "main_metrics": list(found.task.main_metrics),
        "pieces": {
            scheme: split_of_pieces(board, scheme).value_counts().to_dict()
            for scheme in split_schemes(board)
        },
        "exclusions": reasons.value_counts().to_dict(),
        "citation": found.corpus.citation,
    }
    show.facts(facts, as_json=as_json)


@app.command()
def where(as_json: AsJson = False) -> None:
    """Say where musebench keeps and finds its files, and why there."""
    from musebench.corpora import data_home

    facts = {
        "data home": str(data_home()),
        "from": "MUSEBENCH_DATA" if os.environ.get("MUSEBENCH_DATA") else "the user's cache folder",
        "MUSEBENCH_MIRROR": os.environ.get("MUSEBENCH_MIRROR", ""),
        "MUSEBENCH_OFFLINE": os.environ.get("MUSEBENCH_OFFLINE", ""),
    }
    show.facts(facts, as_json=as_json)


@app.command()
def build(
    boards: BoardNames = None,
    every: Every = False,
    root: Root = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Download, parse and build datasets; nothing is done twice."""
    from musebench.datasets import load

    chosen = files.choose(boards, every=every)
    for board in chosen:
        dataset = load(board.name, root, n_jobs=jobs)
        rows = dataset.summary().reset_index().to_dict("records")
        title = f"{board.name} {board.version}, {dataset.processed_dir}"
        show.rows(rows, as_json=as_json, title=title)


@app.command()
def train(
    board: BoardName,
    model: Annotated[str, typer.Option(help="A learned model.")] = "note-gnn",
    seed: int = 0,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    devices: Devices = 1,
    nodes: Nodes = 1,
    precision: Precision = "32-true",
    changes: Changes = None,
    init: Annotated[
        str | None,
        typer.Option(help="Start from a run, its best.pt, or a released checkpoint by its name."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run.")
    ] = False,
) -> None:
    """Train a model; the best checkpoint is in the folder that is printed."""
    from musebench.models import find_weights
    from musebench.train import Hardware, check_free, plan_run
    from musebench.train import train as train_run

    run = plan_run(board, model, seed, runs, root, **parse_changes(changes, plain_text=True))
    run = replace(run, init=find_weights(init, root) if init else None)
    check_free(run, precision)
    train_run(run, Hardware(device or "auto", devices, nodes, precision), resume=resume)
    typer.echo(run.folder)


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, .npz.")],
    split: str = "test",
    root: Root = None,
    device: Device = None,
) -> None:
    """Predict a split with a trained model, every note once."""
    from musebench.evaluation import check_predictions_file, write_predictions
    from musebench.train import load_run, make_predictions

    check_predictions_file(output)
    planned = load_run(run, root)
    predictions = make_predictions(planned, split, device=device)
    write_predictions(output, planned.board, split, predictions, seed=planned.seed, root=root)
    typer.echo(output)


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="File that `musebench predict` wrote.")],
    root: Root = None,
    leaderboards: leaderboard.Leaderboards = Path("leaderboards"),
    by_class: Annotated[
        bool, typer.Option("--by-class", help="Precision, recall and F1 of each class, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score a file of predictions, beside the board's rules in a clone; needs no torch."""
    from musebench.evaluation import evaluator_of, read_predictions

    file = read_predictions(predictions)
    evaluator = evaluator_of(file, root)
    confusions = evaluator.confusions({"y_pred": file.y_pred}) if by_class else {}
    classes = {head: found.by_class() for head, found in confusions.items()}
    metrics = evaluator.eval({"y_pred": file.y_pred})
    if as_json:
        if by_class:
            metrics["by_class"] = {head: list(map(asdict, of)) for head, of in classes.items()}
        typer.echo(json.dumps(metrics))
        return
    beside = {}
    if (file.split, file.split_scheme) == ("test", "official"):
        beside = leaderboard.rule_baselines(file.board, leaderboards)
    show.metrics({predictions.name: metrics, **beside}, title=f"{file.board}, {file.split}")
    show.by_composer(metrics)
    for head, scores in classes.items():
        show.by_class(head, scores, evaluator.task.unit)


@app.command()
def reproduce(
    board: Annotated[str | None, typer.Argument(metavar="BOARD", help="Name of a board.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All models of the board, or of all boards.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Models, separated by commas; else those that stand on the board."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds, separated by commas; else 0.")] = None,
    runs: Runs = Path("runs"),
    root: Root = None,
    device: Device = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Build, train, predict and evaluate; write a result file for each run and print a table.

    What is done is not done again, and what another process is doing is left to it.
    """
    if every:
        planned = _plan_all(board, runs, root, [model, seeds, changes])
    elif board:
        given = parse_changes(changes, plain_text=True)
        planned = _plan(board, model, "0" if seeds is None else seeds, runs, root, given)
    else:
        msg = "reproduce takes the name of a board, or --all."
        raise InputError(msg)
    results = _reproduce(planned, device)
    if as_json:
        typer.echo(json.dumps(list(results.values())))
        return
    for name in dict.fromkeys(result["run"]["board"] for result in results.values()):
        rows = {
            f"{result['run']['model']}, seed {result['run']['seed']}": result["metrics"]
            for result in results.values()
            if result["run"]["board"] == name
        }
        show.metrics(rows, title=f"{name}, test")


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
    """All runs that stand on a board, or on all boards, none of which is chosen or changed."""
    from musebench.boards import BOARDS
    from musebench.train import plan_boards

    if any(chosen):
        msg = "--all makes all runs of a board as they are; leave out --model, --seeds and --set."
        raise InputError(msg)
    return plan_boards([board] if board else BOARDS, runs, root)


def _plan(
    board: str,
    model: str | None,
    seeds: str,
    runs: Path,
    root: Path | None,
    changes: dict[str, Any],
) -> "list[Run]":
    """One run a model and seed; rules, which draw nothing, once."""
    from musebench.boards import find_board
    from musebench.models import ENCODERS, rules_of
    from musebench.train import plan_run

    if not re.fullmatch(r" *[0-9]{1,20} *(, *[0-9]{1,20} *)*", seeds):
        msg = f"{seeds!r} are no seeds; give numbers separated by commas, such as 0,1,2."
        raise InputError(msg)
    numbers = [int(seed) for seed in seeds.split(",")]
    names = model.split(",") if model is not None else [*rules_of(board), *find_board(board).models]
    planned = []
    for name in map(str.strip, names):
        rule = name not in ENCODERS
        used = numbers[:1] if rule else numbers
        own = {} if rule else changes
        planned += [plan_run(board, name, seed, runs, root, **own) for seed in used]
    return planned
