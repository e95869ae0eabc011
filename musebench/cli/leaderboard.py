"""The commands over the leaderboards."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardName, Root
from musebench.errors import InputError, SubmissionError, counted
from musebench.files import check_target, is_file, is_folder, make_folder, write_file

if TYPE_CHECKING:
    from musebench.evaluation import WorkSums
    from musebench.leaderboard import Entry, Standings

app = typer.Typer(help="Recompute, render and show the leaderboards.", no_args_is_help=True)

UNSHOWN = frozenset({"first", "second", "adjusted_p_value"})  # of a pair that stands alone

Leaderboards = Annotated[
    Path, typer.Option("--leaderboards", help="Folder of all boards, in a clone of musebench.")
]


@app.command()
def render(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 3 if anything differs.")
    ] = False,
    recompute: Annotated[
        bool,
        typer.Option(help="From the predictions, or from the numbers stored last."),
    ] = True,
    boards: Annotated[
        list[str] | None,
        typer.Option("--board", help="Recompute this board. Default: all."),
    ] = None,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every number from the predictions; write standings and tables."""
    from musebench.boards import find_board
    from musebench.leaderboard import boards_in, find_stale, publish_boards

    present = boards_in(leaderboards)
    named = [find_board(name).name for name in boards or present] if recompute else []
    standings = _standings(leaderboards, root, named, [n for n in present if n not in named])
    if not check:
        publish_boards(leaderboards, standings)
    stale = find_stale(leaderboards, standings)
    _refuse(stale, "not what `musebench leaderboard render` writes")
    number = sum(len(board.entries) for board in standings)
    recomputed = f"{len(named)} of {counted(len(standings), 'board')} recomputed"
    content = {
        "boards": [board.board for board in standings],
        "num_entries": number,
        "recomputed": named,
    }
    tell = partial(typer.echo, f"{recomputed}, {number} entries: {leaderboards} is up to date.")
    show.answer(content, tell, as_json=as_json)


def _standings(
    leaderboards: Path, root: Path | None, named: Sequence[str], others: Sequence[str]
) -> "list[Standings]":
    """The standings of the named boards, recomputed, and those of others as they are stored."""
    from musebench.leaderboard import changed_submissions, recompute_boards, stored_standings

    stored = stored_standings(leaderboards, others)
    changed = changed_submissions(leaderboards, stored)
    _refuse(changed, "their numbers were computed from other files; render these boards")
    found = {board.board: board for board in stored}
    found |= {board.board: board for board in recompute_boards(leaderboards, root, named)}
    return [found[name] for name in sorted(found)]


def _refuse(found: Sequence[str], why: str) -> None:
    if found:
        msg = "\n  ".join([f"{why}:", *found])
        raise SubmissionError(msg)


@app.command()
def site(
    folder: Annotated[Path, typer.Argument(help="Folder to write the web site to.")],
    leaderboards: Leaderboards = Path("leaderboards"),
    as_json: AsJson = False,
) -> None:
    """Write the web site of the boards, as they were computed last."""
    from musebench.leaderboard import write_site

    files = write_site(leaderboards, folder)
    text = f"{counted(len(files), 'file')}: {folder / 'index.html'}"
    show.answer({"files": files}, lambda: typer.echo(text), as_json=as_json)


@app.command()
def review(
    subject: Annotated[
        str,
        typer.Argument(metavar="COMMIT|ARCHIVE", help="Commit that submits, or archive (.zip)."),
    ],
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Also write the report, as Markdown."),
    ] = None,
    rendered: Annotated[
        Path | None,
        typer.Option("--rendered", help="Also write the generated files, a folder."),
    ] = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Review what a commit or an archive submits to the commit here; exit code 3 if refused."""
    from musebench import leaderboard

    if report is not None:
        check_target(report)
    if rendered is not None:
        make_folder(rendered)
    is_archive = subject.endswith(".zip")
    review_it = leaderboard.review_archive if is_archive else leaderboard.review_commit
    found = review_it(leaderboard.Repository("."), subject, root)
    text = leaderboard.to_markdown(found)
    if report is not None:
        write_file(report, text.encode())
    if rendered is not None:
        leaderboard.write_rendered(found, rendered)
    content = {
        "subject": found.subject,
        "verdict": found.verdict,
        "refused": found.refused,
        "markdown": text,
    }
    show.answer(content, lambda: typer.echo(text, nl=False), as_json=as_json)
    if found.refused:
        msg = f"{found.subject[:12]} cannot be merged; the report says why."
        raise SubmissionError(msg)


@app.command()
def accept(
    archive: Annotated[Path, typer.Argument(help="Archive of `musebench submit pack`.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check an archive, and write its entry and the tables into the boards of this clone."""
    from musebench.leaderboard import Repository
    from musebench.leaderboard import accept as accept_archive

    found, files = accept_archive(Repository("."), archive, root)
    text = "\n".join(map(str, files))
    content = {"verdict": found.verdict, "files": files}
    show.answer(content, lambda: typer.echo(text), as_json=as_json)


@app.command("show")
def show_board(
    board: BoardName, leaderboards: Leaderboards = Path("leaderboards"), as_json: AsJson = False
) -> None:
    """Print a leaderboard as it was computed last."""
    from musebench.boards import find_board
    from musebench.leaderboard import STANDINGS, read_standings, to_json

    found = read_standings(leaderboards / find_board(board).name / STANDINGS)
    show.answer(json.loads(to_json(found)), lambda: show.standings(found), as_json=as_json)


def rule_baselines(board: str, leaderboards: Path) -> dict[str, dict[str, Any]]:
    """Method -> metrics of the rules of a board; none where there is no clone of musebench."""
    from musebench.leaderboard import STANDINGS, read_standings

    file = leaderboards / board / STANDINGS
    if not is_file(file):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for entry in read_standings(file).entries:
        if entry.kind == "rule":
            values = found.setdefault(entry.method, {})
            for name, value in entry.metrics.items():
                values[name] = value.mean
                values[f"{name}_ci95"] = None if value.low is None else (value.low, value.high)
    return found


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A submission, or a prediction file.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one of the same board.")],
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Compare two entries, paired by work: difference, 95 % interval, p-value.

    A single run is compared as it stands; several runs stand for a method that could be trained
    again.
    """
    from musebench.leaderboard import compare as compare_entries

    board, first, second = _load_two(a, b, root)
    rows = []
    for metric in first:
        if metric in second:
            a_runs, b_runs = (_entry(runs[metric]) for runs in (first, second))
            found = compare_entries(a_runs, b_runs, first[metric][0].statistic)
            numbers = {name: x for name, x in vars(found).items() if name not in UNSHOWN}
            rows.append({"metric": metric, **numbers})
    title = f"{board}: {a.name} less {b.name}; p-values of this pair alone"
    told = [_in_four_digits(row) for row in rows]
    show.answer(rows, lambda: show.rows(told, as_json=False, title=title), as_json=as_json)


def _entry(runs: "Sequence[WorkSums]") -> "Entry":
    """What is compared; a single run counts as if further runs would be the same."""
    import numpy as np

    from musebench.leaderboard import Entry

    return Entry(np.stack([run.sums for run in runs]), is_deterministic=len(runs) == 1)


def _in_four_digits(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name.replace("_", " "): "-" if x is None else f"{x:.4f}" if isinstance(x, float) else x
        for name, x in row.items()
    }


def power(
    board: Annotated[str, typer.Option("--board", help="Name of a board.")],
    delta: Annotated[float, typer.Option(help="Difference to find, such as 0.005.")],
    entries: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Entries that show how works and seeds vary. Default: the best two."),
    ] = None,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Print how many works and seeds it takes to find a difference of DELTA."""
    import numpy as np

    from musebench.boards import find_board
    from musebench.leaderboard import STANDINGS, read_standings
    from musebench.leaderboard import power as power_of

    folder = leaderboards / find_board(board).name
    ids = entries or tuple(entry.id for entry in read_standings(folder / STANDINGS).entries[:2])
    if len(ids) < 2:
        msg = f"{board} has {len(ids)} entries; two are needed to see how works and seeds vary."
        raise InputError(msg)
    metric = find_board(board).task.main_metrics[0]
    _, a, b = _load_two(folder / ids[0], folder / ids[1], root)
    sums = [np.stack([run.sums for run in found[metric]]) for found in (a, b)]
    found = power_of(sums[0], sums[1], delta, a[metric][0].statistic)
    num_works = sums[0].shape[1]
    rows = [
        {
            "seeds": row.num_seeds,
            "works for 80 %": row.num_works,
            f"power at {num_works} works": round(row.power, 3),
        }
        for row in found
    ]
    title = f"{board}: a difference of {delta:g} in {metric}, entries like {ids[0]} and {ids[1]}"
    show.rows(rows, as_json=as_json, title=title)


def ceiling(
    board: BoardName,
    store: Annotated[
        bool, typer.Option("--store", help="Also write it beside the entries of the board.")
    ] = False,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Print how well people agree on a board, where it has several opinions on one music."""
    from dataclasses import asdict

    from musebench.evaluation import ceiling_of, write_ceiling

    found = ceiling_of(board, root)
    if store:
        write_ceiling(found, leaderboards)
    values: dict[str, Any] = {found.metric: found.value}
    if found.low is not None:
        values[f"{found.metric}_ci95"] = (found.low, found.high)
    people = f"{found.num_opinions} opinions on {counted(found.num_pieces, 'piece')}"
    title = f"{board}: {people} of {counted(found.num_works, 'work')}"
    show.answer(
        asdict(found), lambda: show.metrics({"people": values}, title=title), as_json=as_json
    )


def _load_two(
    a: Path, b: Path, root: Path | None
) -> "tuple[str, dict[str, list[WorkSums]], dict[str, list[WorkSums]]]":
    from musebench.evaluation import Evaluator, check_origin, read_predictions
    from musebench.leaderboard import read_submission

    files = [
        [read_predictions(path / run.file) for run in read_submission(path).runs]
        if is_folder(path)
        else [read_predictions(path)]
        for path in (a, b)
    ]
    first = files[0][0]
    evaluator = Evaluator(
        first.board, split=first.split, split_scheme=first.split_scheme, root=root
    )
    sums: list[dict[str, list[WorkSums]]] = []
    for of_entry in files:
        by_metric: dict[str, list[WorkSums]] = {}
        for file in of_entry:
            if (file.board, file.split) != (first.board, first.split):
                msg = (
                    f"{b} is of {file.board} ({file.split}), {a} of {first.board} ({first.split})."
                )
                raise InputError(msg)
            check_origin(file, evaluator)
            for metric, found in evaluator.score({"y_pred": file.y_pred}).sums.items():
                by_metric.setdefault(metric, []).append(found)
        sums.append(by_metric)
    return first.board, sums[0], sums[1]
