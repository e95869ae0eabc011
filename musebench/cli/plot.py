"""The commands that draw: runs, prediction files and boards as pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.leaderboard import Leaderboards
from musebench.cli.options import AsJson, BoardName, Picture, Root
from musebench.errors import InputError
from musebench.files import printable

if TYPE_CHECKING:
    from musebench.evaluation import Evaluator, PredictionFile

app = typer.Typer(
    help="Draw runs, prediction files and boards; needs `pip install 'musebench\\[plot]'`.",
    no_args_is_help=True,
)

Predictions = Annotated[Path, typer.Argument(metavar="FILE", help="A prediction file.")]
Head = Annotated[str | None, typer.Option(help="One of the board's labels. Default: the main one.")]
Title = Annotated[
    str | None, typer.Option(help="Title of the picture.", parser=printable, metavar="TEXT")
]


@app.command()
def run(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    output: Picture,
    title: Title = None,
    as_json: AsJson = False,
) -> None:
    """Draw learning curves: loss and validation by step; one curve for runs of several seeds."""
    from musebench.plots import draw_learning_curves, read_learning_curves, save

    figure = draw_learning_curves(read_learning_curves(runs), title or "")
    show.file(save(figure, output), as_json=as_json)


@app.command()
def confusion(
    predictions: Predictions,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Picture to write: .svg, .png or .pdf.")
    ] = None,
    head: Head = None,
    title: Title = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Draw which classes are mistaken for which, and list the most frequent mistakes."""
    if output is None and not as_json:
        msg = "plot confusion takes -o FILE for a picture, --json for the counts, or both."
        raise InputError(msg)
    file, evaluator = _read(predictions, root)
    found = _of_head(evaluator.confusions({"y_pred": file.y_pred}), head, file.board)
    if output is not None:
        from musebench.plots import draw_confusion, save

        named = f"{file.board}, {file.split}: {found.head.replace('_', ' ')}"
        save(draw_confusion(found, title or named), output)
    content = {
        "file": output,
        "head": found.head,
        "unit": found.unit,
        "classes": found.classes,
        "counts": found.counts.tolist(),
        "most_frequent": found.most_frequent(),
    }
    show.answer(content, lambda: typer.echo(output), as_json=as_json)


@app.command()
def errors(
    predictions: Predictions,
    output: Picture,
    metric: Annotated[
        str | None, typer.Option(help="A main metric, by composer. Default: the first.")
    ] = None,
    head: Head = None,
    title: Title = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Draw the main metric by composer, and precision and recall by class."""
    from musebench.plots import draw_errors, save

    file, evaluator = _read(predictions, root)
    result = evaluator.eval({"y_pred": file.y_pred})
    task = evaluator.task
    found = None
    if head or all(task.heads.values()):
        found = _of_head(evaluator.confusions({"y_pred": file.y_pred}), head, file.board)
    named = title or f"{file.board}, {file.split}"
    figure = draw_errors(result, metric or task.main_metrics[0], found, named)
    show.file(save(figure, output), as_json=as_json)


@app.command()
def calibration(
    predictions: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Prediction files of one board.")
    ],
    output: Picture,
    title: Title = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Plot a reliability diagram: how often a predicted probability is right."""
    from musebench.plots import draw_reliability, save, tell_apart

    found, first = {}, None
    for path, name in zip(predictions, tell_apart(predictions), strict=True):
        file, evaluator = _read(path, root)
        first = first or file
        if (file.board, file.split) != (first.board, first.split):
            msg = (
                f"{path} is of {file.board} ({file.split}), {predictions[0]} of {first.board} "
                f"({first.split}); a reliability diagram is of one board and split."
            )
            raise InputError(msg)
        for score, of_score in evaluator.reliabilities({"y_pred": file.y_pred}).items():
            found[f"{name}, {score}" if len(evaluator.task.scores) > 1 else name] = of_score
    named = f"{first.board}, {first.split}" if first else ""
    show.file(save(draw_reliability(found, title or named), output), as_json=as_json)


@app.command()
def board(
    name: BoardName,
    output: Picture,
    metric: Annotated[
        str | None, typer.Option(help="A metric of the board. Default: the first main metric.")
    ] = None,
    leaderboards: Leaderboards = Path("leaderboards"),
    as_json: AsJson = False,
) -> None:
    """Draw a leaderboard: every entry with its 95 % interval, ranked."""
    from musebench.boards import find_board
    from musebench.leaderboard import STANDINGS, read_standings
    from musebench.plots import draw_board, save

    standings = read_standings(leaderboards / find_board(name).name / STANDINGS)
    show.file(save(draw_board(standings, metric), output), as_json=as_json)


def _read(path: Path, root: Path | None) -> "tuple[PredictionFile, Evaluator]":
    from musebench.evaluation import evaluator_of, read_predictions

    file = read_predictions(path)
    return file, evaluator_of(file, root)


def _of_head(by_head: dict[str, Any], head: str | None, board: str) -> Any:
    """What belongs to a head, the first one if none is named."""
    if head is not None and head not in by_head:
        msg = f"{board}: no {head!r} is predicted in the file; there is {', '.join(by_head)}."
        raise InputError(msg)
    return by_head[head] if head else next(iter(by_head.values()))
