"""What makers of corpora and boards run: ``python tools --help``."""

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from issues import check_issue, enter_issue
from makers import chorale_tunes, pickups, pieces, shortcuts, works
from makers.alignment import alignments
from makers.entries import make_entries
from makers.registry import make_registry
from makers.release_data import write_archive
from makers.symmetry import measure_entry
from musebench.boards import BOARDS, find_board
from musebench.corpora import CORPORA
from musebench.duplicates import find_duplicates, grams
from musebench.leaderboard import add_to_archive, stored_standings
from musebench.store import load_notes

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def registry(
    corpus: str,
    others: Annotated[
        list[str] | None, typer.Option("--also", help="Files that belong to no piece; * is any.")
    ] = None,
) -> None:
    """List the files of a declared corpus; MUSEBENCH_MIRROR has its source archive."""
    for member in CORPORA.find(corpus).members:
        typer.echo(make_registry(member, others or ()))


@app.command(name="works")
def assign_works(corpora: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Assign the works of new corpora to splits; without a name, repeat the first assignment."""
    named = [member for name in corpora or () for member in CORPORA.find(name).members]
    found = [piece for corpus in named for piece in works.stored_pieces(corpus)]
    works.update_works(works.WORKS, found if named else works.count_pieces(_mirror()))


@app.command(name="pieces")
def write_pieces(boards: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Write the table of the pieces of a declared board; without a name, of all boards."""
    for name in boards or BOARDS:
        typer.echo(pieces.write_pieces(find_board(name)))


@app.command()
def alignment(board: str) -> None:
    """List pieces of a harmony board whose chords stand too early or too late, for its makers."""
    typer.echo("piece_id,shift,here,there")
    for found in alignments(find_board(board)):
        if found.is_shifted:
            typer.echo(f"{found.piece_id},{found.shift:g},{found.here:.3f},{found.there:.3f}")


@app.command()
def duplicates(corpora: list[str]) -> None:
    """Name the pieces of corpora that share music, in any key: they have to share a split."""
    found = {
        f"{member.name}: {piece_id}": grams(notes)
        for name in corpora
        for member in CORPORA.find(name).members
        for piece_id, notes in load_notes(member).tables.items()
    }
    for pair in find_duplicates(found):
        typer.echo(f"{pair.share:.2f}\t{pair.first}\t{pair.second}")


@app.command()
def tunes() -> None:
    """Write the tunes of the chorales, and those that are left out."""
    (chorales,) = CORPORA["music21_chorales"].members
    (kern,) = _mirror().glob("*/bach-370-chorales-*.zip")
    folder = Path(chorale_tunes.__file__).parent
    summary = chorale_tunes.make_tables(chorales.place() / "corpus" / "bach", kern, folder)
    for name, value in vars(summary).items():
        typer.echo(f"{name}: {value}")


@app.command()
def entries(
    runs: Annotated[Path, typer.Argument()] = Path("runs"),
    leaderboards: Annotated[Path, typer.Argument()] = Path("leaderboards"),
) -> None:
    """Make submissions of the reference methods whose runs of all folds are finished."""
    for folder in make_entries(runs, leaderboards):
        typer.echo(folder)


@app.command()
def symmetry(
    board: str,
    entries: list[str],
    runs: Path = Path("runs"),
    leaderboards: Path = Path("leaderboards"),
    pieces: Annotated[int, typer.Option(help="Test pieces that are changed.")] = 10,
) -> None:
    """Record which predictions of entries flip when scores are changed, for the boards."""
    for entry in entries:
        rows = measure_entry(board, entry, runs, leaderboards, pieces)
        typer.echo(f"{board}/{entry}: {len(rows)} changes")


@app.command()
def archive(leaderboards: Annotated[Path, typer.Argument()] = Path("leaderboards")) -> None:
    """Move the entries of boards whose version was raised to the archive."""
    raised = [
        old
        for old in stored_standings(leaderboards)
        if old.version != find_board(old.board).version
    ]
    typer.echo(add_to_archive(leaderboards, raised))
    for old in raised:
        for entry in old.entries:
            shutil.rmtree(leaderboards / old.board / entry.id)
            typer.echo(f"{old.board}/{entry.id}")


@app.command(name="release-data")
def release_data(output: Path) -> None:
    """Write the splits, ids and standings of a release as one archive (.zip), for a DOI."""
    with tempfile.TemporaryDirectory() as scratch:
        typer.echo(write_archive(output, Path(scratch)))


@app.command(name="check-issue")
def check_submission(event: Path, folder: Path) -> None:
    """Check the archive of an issue; FOLDER gets report.md and the verdict, a word."""
    typer.echo(check_issue(event, folder).verdict)


@app.command(name="enter-issue")
def enter_submission(event: Path, comments: Path, folder: Path) -> None:
    """Write the entry of an accepted issue into the boards, and commit it."""
    for file in enter_issue(event, comments, folder):
        typer.echo(file)


@app.command(name="shortcuts")
def audit_shortcuts(boards: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Find what metadata and layout alone give away on boards; without a name, on all."""
    for name in boards or BOARDS:
        typer.echo(f"{name}: {shortcuts.audit(name)}")


@app.command(name="pickups")
def fit_pickups() -> None:
    """Fit the weights that find the pickup of a MIDI file, and count the pickups they find."""
    typer.echo(pickups.fit_and_judge())


def _mirror() -> Path:
    return Path(os.environ.get("MUSEBENCH_MIRROR", "."))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app()
