"""The commands that make a submission."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, Root, parse_changes
from musebench.errors import SubmissionError, counted
from musebench.files import resolved

if TYPE_CHECKING:
    from musebench.leaderboard import Report, Standings

app = typer.Typer(help="Make a submission for a leaderboard.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder of the submission, leaderboards/BOARD/ID.")]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Fill in a field, such as method.name=SAGE.",
    ),
]


@app.command()
def init(
    folder: Folder,
    values: Values = None,
    declare: Annotated[
        bool,
        typer.Option(
            "--declare",
            help="Declare: neither trained nor tuned on test; predictions under the corpus's "
            "licence.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the folder of a submission, with a submission.json to fill in."""
    from musebench.leaderboard import init_submission

    file = init_submission(folder, parse_changes(values, plain_text=True), declare=declare)
    text = f"{file}: fill it in, then `musebench submit add {folder} RUN...`"
    show.answer({"file": file}, lambda: typer.echo(text), as_json=as_json)


@app.command()
def add(
    folder: Folder,
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or prediction files.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Copy the test predictions of runs into the folder, with their hashes and metrics."""
    from musebench.leaderboard import add_runs

    files = [folder / file for file in add_runs(folder, runs, root=root)]
    text = "\n".join(map(str, files))
    show.answer({"files": files}, lambda: typer.echo(text), as_json=as_json)


@app.command()
def check(folder: Folder, root: Root = None, as_json: AsJson = False) -> None:
    """Check a submission as the board does, and show its rank; exit code 3 if it fails."""
    from musebench.leaderboard import (
        check_board,
        check_submission,
        make_standings,
        standings_beside,
    )

    report = check_submission(folder, root=root)
    if report.counts and report.submission:
        name, identifier = report.submission.board.name, report.submission.id
        known = {entry.id for entry in standings_beside(folder)}
        leaderboards = resolved(folder).parent.parent
        reports = check_board(leaderboards, name, root, {identifier} - known)
        report = next(found for found in reports if found.folder.name == report.submission.id)
        standings = make_standings(name, [found for found in reports if found.counts], root)
    else:
        standings = None
    content = {name: getattr(report, name) for name in ("passed", "warnings", "errors")}
    content |= {"folder": folder, "standings": standings}
    show.answer(content, lambda: _tell(report, standings), as_json=as_json)
    if report.errors:
        msg = f"{folder} does not pass: {counted(len(report.errors), 'error')}."
        raise SubmissionError(msg)


def _tell(report: "Report", standings: "Standings | None") -> None:
    for word, sentences in (
        ("right", report.passed),
        ("warning", report.warnings),
        ("error", report.errors),
    ):
        for sentence in sentences:
            typer.echo(f"{word}: {sentence}")
    if standings is not None:
        show.standings(standings)


@app.command()
def pack(
    folder: Folder,
    output: Annotated[Path, typer.Option("--output", "-o", help="Archive to write, .zip.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check a submission and write it as one archive."""
    from musebench.leaderboard import pack as pack_submission

    show.file(pack_submission(folder, output, root=root), as_json=as_json)
