"""The commands about labels that are, or may be, wrong."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.leaderboard import Leaderboards
from musebench.cli.options import AsJson, BoardName, Root
from musebench.errors import counted
from musebench.files import make_folder, write_file

if TYPE_CHECKING:
    from musebench.leaderboard import Audit

TABLE = "errata.csv"
UNTOLD = frozenset({"first", "last", "num_places", "num_against"})  # in the table for people


def audit(
    board: BoardName,
    head: Annotated[
        str | None, typer.Option(help="Head whose labels are looked at. Default: the main one.")
    ] = None,
    number: Annotated[int, typer.Option(help="Number of suspects.", min=1)] = 20,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder of a page per suspect, and a table to fill in."
        ),
    ] = None,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """List the labels of a board that all kinds of entries doubt most."""
    from musebench.leaderboard import audit_board

    if output is not None:
        make_folder(output)
    found = audit_board(board, leaderboards, head=head, number=number, root=root)
    pages = [] if output is None else _write_pages(found, output, root)
    voters = [entry.submission.id for entry in found.voters]
    content = {
        "board": board,
        "head": found.head,
        "voters": voters,
        "suspects": [asdict(suspect) for suspect in found.suspects],
        "files": pages,
    }
    told = [_told(number, asdict(of), len(voters)) for number, of in enumerate(found.suspects, 1)]
    title = f"{board}, {found.head}: labels that {', '.join(voters)} doubt most"
    show.answer(content, lambda: show.rows(told, as_json=False, title=title), as_json=as_json)


def _write_pages(found: "Audit", out: Path, root: Path | None) -> list[Path]:
    from musebench.errata import write_errata
    from musebench.see import suspect_pages

    pages = []
    for name, view in suspect_pages(found, root=root):
        view.save(out / f"{name}.html")
        pages.append(out / f"{name}.html")
    write_file(out / TABLE, write_errata(found.errata()).encode())
    return [*pages, out / TABLE]


def _told(number: int, suspect: dict[str, Any], num_voters: int) -> dict[str, Any]:
    shown = {name: value for name, value in suspect.items() if name not in UNTOLD}
    against = f"{suspect['num_against']} of {num_voters}"
    return {"": number, **shown, "against": against, "places": suspect["num_places"]}


def errata(
    board: BoardName,
    leaderboards: Leaderboards = Path("leaderboards"),
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """List the known errors of a board's corpus, and what correcting them changes in the scores."""
    from musebench.boards import find_board
    from musebench.errata import errata_of
    from musebench.leaderboard import corrections_of

    known = errata_of(find_board(board))
    rows = [asdict(erratum) for errata in known.values() for erratum in errata]
    corrections = [asdict(found) for found in corrections_of(board, leaderboards, root)]
    content = {"board": board, "errata": rows, "entries": corrections}
    show.answer(content, lambda: _tell(board, rows, corrections), as_json=as_json)


def _tell(board: str, rows: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]]) -> None:
    names = ("piece", "measures", "label", "correct", "verdict", "what")
    shown = [{name: row[name] for name in names} for row in rows]
    show.rows(shown, as_json=False, title=f"{board}: {counted(len(rows), 'known place')}")
    told = [{**entry, "change": _change(entry)} for entry in entries]
    show.rows([_rounded(row) for row in told], as_json=False, title="Entries, labels corrected")


def _change(entry: dict[str, Any]) -> float | None:
    before, after = entry["official"], entry["corrected"]
    return None if None in (before, after) else after - before


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "-" if value is None else f"{value:.5f}" if isinstance(value, float) else value
        for name, value in row.items()
    }
