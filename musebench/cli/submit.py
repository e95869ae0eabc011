"""The commands that make a submission."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.cli.options import Root, parse_changes
from musebench.errors import SubmissionError
from musebench.files import resolved

if TYPE_CHECKING:
    from musebench.leaderboard.check import Report

app = typer.Typer(help="Make a submission for a leaderboard.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="leaderboards/BOARD/ID, the submission.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Fill in, such as method.name=SAGE."),
]


@app.command()
def init(folder: Folder, values: Values = None) -> None:
    """Make the folder, with a submission.json to fill in."""
    from musebench.leaderboard.prepare import init_submission

    file = init_submission(folder, parse_changes(values, plain_text=True))
    typer.echo(f"{file}: fill it in, then `musebench submit add {folder} RUN...`")


@app.command()
def add(
    folder: Folder,
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or prediction files.")],
    root: Root = None,
) -> None:
    """Copy the test predictions of runs into it, with their hashes and metrics."""
    from musebench.leaderboard.prepare import add_runs

    for file in add_runs(folder, runs, root=root):
        typer.echo(folder / file)


@app.command()
def check(folder: Folder, root: Root = None) -> None:
    """Do all that the board does, and show the rank it would get; exit code 3 if it fails."""
    from musebench.leaderboard.board import check_board, make_standings
    from musebench.leaderboard.check import check_submission
    from musebench.leaderboard.newcomers import standings_beside

    report = check_submission(folder, root=root)
    if report.counts and report.submission:
        name, identifier = report.submission.board.name, report.submission.id
        known = {entry.id for entry in standings_beside(folder)}
        leaderboards = resolved(folder).parent.parent
        reports = check_board(leaderboards, name, root, {identifier} - known)
        report = next(found for found in reports if found.folder.name == report.submission.id)
        _tell(report)
        show.standings(make_standings(name, [found for found in reports if found.counts]))
    else:
        _tell(report)
        number = len(report.errors)
        msg = f"{folder} does not pass: {number} error{'s' if number > 1 else ''}."
        raise SubmissionError(msg)


def _tell(report: "Report") -> None:
    for word, sentences in (
        ("right", report.passed),
        ("warning", report.warnings),
        ("error", report.errors),
    ):
        for sentence in sentences:
            typer.echo(f"{word}: {sentence}")


@app.command()
def pack(
    folder: Folder,
    output: Annotated[Path, typer.Option("--output", "-o", help="Archive to write, .zip.")],
    root: Root = None,
) -> None:
    """Check it and write it as one archive."""
    from musebench.leaderboard.prepare import pack as pack_submission

    typer.echo(pack_submission(folder, output, root=root))
