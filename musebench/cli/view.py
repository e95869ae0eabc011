"""The command that shows a score with its graph."""

from pathlib import Path
from typing import Annotated

import typer

from musebench.cli import show
from musebench.cli.leaderboard import Leaderboards
from musebench.cli.options import AsJson, Root

Source = Annotated[
    str,
    typer.Argument(
        metavar="SCORE|BOARD:PIECE",
        help="A score (MusicXML, MEI, kern, ABC, quantised MIDI), or a piece of a board.",
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write: .html, .svg or .png.")]
Measures = Annotated[
    str | None, typer.Option(help="Measures by their printed numbers, such as 1-8. Default: all.")
]
AsRoll = Annotated[bool, typer.Option("--roll", help="Draw a piano roll.")]


def view(
    source: Source,
    output: Output,
    measures: Measures = None,
    task: Annotated[
        str | None, typer.Option(help="Task of your own score, such as pitch-spelling.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Show what a rule, a run or a checkpoint predicts."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Show what a prediction file contains."),
    ] = None,
    reveal_test_labels: Annotated[
        bool, typer.Option("--reveal-test-labels", help="Show the labels of a test piece.")
    ] = False,
    roll: AsRoll = False,
    seed: Annotated[int, typer.Option(help="Seed of the mini-batch that is shown.")] = 0,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show a score with its graph, as a page or a picture."""
    from musebench.see import check_page
    from musebench.see import view as view_score

    check_page(output)
    shown = view_score(
        source,
        measures=measures,
        task=task,
        model=model,
        predictions=predictions,
        reveal_test_labels=reveal_test_labels,
        as_roll=roll,
        seed=seed,
        root=root,
    )
    shown.save(output)
    show.file(output, as_json=as_json)


def explain(
    entry: Annotated[
        str, typer.Argument(metavar="ID", help="Entry of a leaderboard: ID or BOARD/ID.")
    ],
    piece: Annotated[str, typer.Argument(metavar="PIECE", help="Piece of its test split.")],
    output: Output,
    against: Annotated[
        str | None, typer.Option(help="Another entry of the board to show beside it.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run. Default: the first.")] = None,
    measures: Measures = None,
    roll: AsRoll = False,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Show what an entry gets wrong in a piece, on a page."""
    from musebench.see import check_page
    from musebench.see import explain as explain_entry

    check_page(output)
    shown = explain_entry(
        entry,
        piece,
        against=against,
        leaderboards=leaderboards,
        seed=seed,
        measures=measures,
        as_roll=roll,
        root=root,
    )
    shown.save(output)
    show.file(output, as_json=as_json)
