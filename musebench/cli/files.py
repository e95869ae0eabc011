"""The commands about files: fetch them, check what is stored, remove what nothing reads."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardNames, Every, Root
from musebench.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from musebench.boards import Board
    from musebench.corpora import Corpus

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def download(
    boards: BoardNames = None, every: Every = False, dry_run: DryRun = False, root: Root = None
) -> None:
    """Fetch the score files of boards; what is there already is kept."""
    from musebench.corpora import check_files, fetch
    from musebench.upkeep import corpora_of

    for corpus in corpora_of(choose(boards, every=every)):
        paths = corpus.paths
        missing = list(check_files(corpus, paths, root))
        if not dry_run:
            fetch(corpus, paths, root)
        typer.echo(_describe_download(corpus, missing, root, dry_run=dry_run))


def _describe_download(
    corpus: "Corpus", missing: Sequence[str], root: Path | None, *, dry_run: bool
) -> str:
    from musebench.corpora import source_names

    folder = corpus.place(root)
    if not missing:
        return f"{corpus.name}: all {len(corpus.paths)} score files are in {folder}."
    size = show.size(sum(corpus.registry[path].size for path in missing))
    done = "would be fetched" if dry_run else "were fetched"
    sources = ", else ".join(source_names(corpus)) or "nowhere (MUSEBENCH_OFFLINE is set)"
    return (
        f"{corpus.name}: {len(missing)} of {len(corpus.paths)} score files, {size}, {done} from "
        f"{sources} into {folder}."
    )


def verify(
    boards: BoardNames = None,
    every: Every = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compare the SHA-256 of every score file.")
    ] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check score files, note tables and graphs; exit code 5 if something is damaged."""
    from musebench.upkeep import verify as find_out

    findings = find_out(choose(boards, every=every), root, deep=deep)
    title = "What is stored"
    show.rows([asdict(finding) for finding in findings], as_json=as_json, title=title)
    damaged = [f"{f.kind} of {f.name}" for f in findings if f.state == "damaged"]
    if damaged:
        msg = (
            f"{len(damaged)} of {len(findings)} are damaged: {', '.join(damaged)}. `musebench "
            "build BOARD` mends what it needs, `musebench clean` removes what is outdated."
        )
        raise IntegrityError(msg)


def clean(
    boards: BoardNames = None,
    every: Every = False,
    raw: Annotated[bool, typer.Option("--raw", help="All score files of the boards.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="All their note tables.")] = False,
    graphs: Annotated[bool, typer.Option("--graphs", help="All their graphs.")] = False,
    dry_run: DryRun = False,
    root: Root = None,
) -> None:
    """Remove what nothing reads any more, or all of a kind; `BOARD...` or `--all` says of which.

    Without options: what is outdated, of all boards. What killed processes left is removed too.
    """
    from musebench.upkeep import find_leftovers, find_stored, remove, remove_leftovers, size_of

    kinds = {"raw": raw, "notes": notes, "graphs": graphs}
    anything = any(kinds.values())
    chosen = choose(boards, every=every or not (boards or anything))
    freed = 0
    for stored in find_stored(chosen, root):
        if kinds[stored.kind] if anything else stored.outdated:
            size = size_of(stored.folder)
            if not dry_run:
                remove(stored)
            freed += _tell(stored.folder, stored.outdated or "as asked", size)
    sizes = {leftover: size_of(leftover) for leftover in find_leftovers(root)}
    for leftover in sizes if dry_run else remove_leftovers(root):
        freed += _tell(leftover, "left by a process that was killed", sizes.get(leftover, 0))
    typer.echo(f"{show.size(freed)} {'would be' if dry_run else 'were'} freed.")


def _tell(place: Path, why: str, size: int) -> int:
    typer.echo(f"{place}: {show.size(size)}, {why}")
    return size


def choose(names: list[str] | None, *, every: bool) -> "list[Board]":
    """The boards of these names, or all."""
    from musebench.boards import BOARDS, find_board

    if bool(names) == every:
        msg = "name one or more boards, or say --all."
        raise InputError(msg)
    return [find_board(name) for name in names] if names else list(BOARDS.values())
