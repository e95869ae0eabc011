"""The commands about files: build, download, check and remove what is stored."""

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from musebench.cli import show
from musebench.cli.options import AsJson, BoardNames, Every, Jobs, Root
from musebench.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from musebench.boards import Board
    from musebench.corpora import Corpus

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def build(
    boards: BoardNames = None,
    every: Every = False,
    root: Root = None,
    jobs: Jobs = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read the scores on a dask cluster: the address of its scheduler. Its workers "
            "need the same data folder.",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder or archive of PDMX as it is published; with `build pdmx`, which leaves "
            "out conflicts of licence, twins, and the music of all boards.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download, parse and build datasets; what is built already is kept."""
    from musebench.store import on_dask

    if dask is not None and jobs is not None:
        msg = "build takes --jobs (processes here) or --dask (a cluster), not both."
        raise InputError(msg)
    if (boards == ["pdmx"]) != (source is not None):
        msg = "build takes pdmx with --from FOLDER_OR_ARCHIVE, and boards without it."
        raise InputError(msg)
    chosen = choose(boards, every=every) if source is None else []
    with nullcontext() if dask is None else on_dask(dask):
        if source is not None:
            _build_pdmx(source, root, jobs, as_json=as_json)
            return
        rows = [row for board in chosen for row in _built(board, root, jobs)]
    show.rows(rows, as_json=as_json, title="Datasets")


def _build_pdmx(source: Path, root: Path | None, jobs: int | None, *, as_json: bool) -> None:
    from musebench.datasets import build_pdmx

    made = build_pdmx(source, root, n_jobs=jobs)
    reasons = made.pieces["left_out"].str.replace(r"^like .*", "twin", regex=True)
    reasons = reasons.where(
        ~made.pieces["left_out"].str.contains(" of a board "), "music of a board"
    )
    facts = {
        "dataset": f"musebench.ScoreFolder of {len(made.dataset)} scores",
        "notes": int(made.dataset.pieces["num_notes"].sum()),
        "left out": reasons[reasons != ""].value_counts().to_dict(),
        "table": str(made.table),
    }
    show.facts(facts, as_json=as_json)


def _built(board: "Board", root: Path | None, jobs: int | None) -> list[dict[Any, Any]]:
    """Build a dataset; a row per split."""
    from musebench.datasets import load

    dataset = load(board.name, root, n_jobs=jobs)
    about = {"board": board.name, "version": board.version}
    folder = {"folder": dataset.processed_dir}
    splits = dataset.summary().reset_index().to_dict("records")
    return [about | row | folder for row in splits]


def where(as_json: AsJson = False) -> None:
    """Print the folders that musebench reads and writes, and what sets them."""
    from musebench.corpora import data_home

    facts = {
        "data home": str(data_home()),
        "from": "MUSEBENCH_DATA" if os.environ.get("MUSEBENCH_DATA") else "the user's cache folder",
        "MUSEBENCH_MIRROR": os.environ.get("MUSEBENCH_MIRROR", ""),
        "MUSEBENCH_OFFLINE": os.environ.get("MUSEBENCH_OFFLINE", ""),
    }
    show.facts(facts, as_json=as_json)


def download(
    boards: BoardNames = None,
    every: Every = False,
    dry_run: DryRun = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Download the score files of boards; files that are there already are kept."""
    from musebench.corpora import check_files, fetch
    from musebench.upkeep import corpora_of

    found = []
    for corpus in corpora_of(choose(boards, every=every)):
        paths = corpus.paths
        missing = list(check_files(corpus, paths, root))
        if not dry_run:
            fetch(corpus, paths, root)
        found.append(_describe_download(corpus, missing, root))
    content = {"dry_run": dry_run, "corpora": found}
    show.answer(content, lambda: _tell_downloads(found, dry_run=dry_run), as_json=as_json)


def _describe_download(
    corpus: "Corpus", missing: Sequence[str], root: Path | None
) -> dict[str, Any]:
    from musebench.corpora import source_names

    return {
        "corpus": corpus.name,
        "num_files": len(corpus.paths),
        "num_missing": len(missing),
        "missing_bytes": sum(corpus.registry[path].size for path in missing),
        "sources": list(source_names(corpus)),
        "folder": corpus.place(root),
    }


def _tell_downloads(found: Sequence[Mapping[str, Any]], *, dry_run: bool) -> None:
    done = "would be fetched" if dry_run else "were fetched"
    for of in found:
        name, number, folder = of["corpus"], of["num_files"], of["folder"]
        if not of["num_missing"]:
            typer.echo(f"{name}: all {number} score files are in {folder}.")
            continue
        sources = ", else ".join(of["sources"]) or "nowhere (MUSEBENCH_OFFLINE is set)"
        typer.echo(
            f"{name}: {of['num_missing']} of {number} score files, "
            f"{show.size(of['missing_bytes'])}, {done} from {sources} into {folder}."
        )


def verify(
    boards: BoardNames = None,
    every: Every = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also compare the SHA-256 of every score file.")
    ] = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Check score files, note tables and graphs; exit code 5 if something is damaged."""
    from musebench.upkeep import verify as find_out

    findings = find_out(choose(boards, every=every), root, deep=deep)
    show.rows([asdict(f) for f in findings], as_json=as_json, title="What is stored")
    damaged = [f"{f.kind} of {f.name}" for f in findings if f.state == "damaged"]
    if damaged:
        msg = (
            f"{len(damaged)} of {len(findings)} are damaged: {', '.join(damaged)}. `musebench "
            "build BOARD` repairs what it needs, `musebench clean` removes what is outdated."
        )
        raise IntegrityError(msg)


def clean(
    boards: BoardNames = None,
    every: Every = False,
    raw: Annotated[bool, typer.Option("--raw", help="All score files of the boards.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="All their note tables.")] = False,
    graphs: Annotated[bool, typer.Option("--graphs", help="All their graphs.")] = False,
    own: Annotated[
        bool, typer.Option("--own", help="All that is kept of own scores (ScoreFolder).")
    ] = False,
    dry_run: DryRun = False,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Remove files that are no longer used, or all files of a kind.

    Without options it removes what is outdated, of all boards and of own scores. BOARD... limits it
    to some boards. What killed processes left behind is always removed.
    """
    from musebench.upkeep import (
        find_leftovers,
        find_own,
        find_stored,
        remove,
        remove_leftovers,
        size_of,
    )

    kinds = {"raw": raw, "notes": notes, "graphs": graphs, "own": own}
    anything = any(kinds.values())
    of_boards = raw or notes or graphs
    chosen = choose(boards, every=every or not (boards or of_boards))
    removed: list[dict[str, Any]] = []
    for stored in [*find_stored(chosen, root), *([] if boards else find_own(root))]:
        if kinds[stored.kind] if anything else stored.outdated:
            size = stored.size
            if not dry_run:
                remove(stored)
            why = stored.outdated or "as asked"
            removed.append({"place": stored.folder, "bytes": size, "why": why})
    sizes = {leftover: size_of(leftover) for leftover in find_leftovers(root)}
    for leftover in sizes if dry_run else remove_leftovers(root):
        why = "left by a process that was killed"
        removed.append({"place": leftover, "bytes": sizes.get(leftover, 0), "why": why})
    content = {"dry_run": dry_run, "removed": removed}
    show.answer(content, lambda: _tell_removed(removed, dry_run=dry_run), as_json=as_json)


def _tell_removed(removed: Sequence[Mapping[str, Any]], *, dry_run: bool) -> None:
    for of in removed:
        typer.echo(f"{of['place']}: {show.size(of['bytes'])}, {of['why']}")
    freed = show.size(sum(of["bytes"] for of in removed))
    typer.echo(f"{freed} {'would be' if dry_run else 'were'} freed.")


def choose(names: list[str] | None, *, every: bool) -> "list[Board]":
    """The boards of these names, or all."""
    from musebench.boards import BOARDS, find_board

    if bool(names) == every:
        msg = "name one or more boards, or say --all."
        raise InputError(msg)
    return [find_board(name) for name in names] if names else list(BOARDS.values())
