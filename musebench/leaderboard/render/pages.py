"""The rendered files on disk: write them, and list stale ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musebench.errors import InputError
from musebench.files import (
    is_file,
    make_folder,
    read_file,
    read_text,
    write_file,
)
from musebench.leaderboard.render.archive import render_archive
from musebench.leaderboard.render.markdown import BEGIN, END, render_index, render_markdown
from musebench.leaderboard.standings import Standings

if TYPE_CHECKING:
    import pandas as pd


def render_pages(
    standings_list: Sequence[Standings],
    archive: "pd.DataFrame",
    leaderboards_dir: str | Path,
) -> dict[Path, str]:
    """The Markdown pages: path -> text.

    Args:
        standings_list: All boards.
        archive: Entries of their earlier versions, see ``read_archive``.
        leaderboards_dir: Contains ``README.md``, whose text around the index is kept.

    Raises:
        InputError: If ``README.md`` has only one of the two comments around the index.
    """
    leaderboards = Path(leaderboards_dir)
    index = leaderboards / "README.md"
    pages = {index: _with_index(index, render_index(standings_list))}
    for standings in standings_list:
        pages[leaderboards / standings.board / "README.md"] = render_markdown(standings)
    pages[leaderboards / "archive.md"] = render_archive(archive)
    return pages


def write_files(files: Mapping[Path, str]) -> None:
    """Write the files whose text has changed."""
    for path in stale_files(files):
        make_folder(path.parent)
        write_file(path, files[path].encode())


def stale_files(files: Mapping[Path, str]) -> list[Path]:
    """The files that are missing or have another text."""
    return [path for path, text in files.items() if not _holds(path, text)]


def _with_index(path: Path, index: str) -> str:
    """The hand-written text with the index inserted, or appended if it had none."""
    found = read_text(path) if is_file(path) else "# Leaderboards\n"
    text = found.replace("\r\n", "\n")
    marks = [text.count(BEGIN), text.count(END)]
    if marks == [0, 0]:
        return f"{text.rstrip()}\n\n{index}"
    begin, end = text.find(BEGIN), text.find(END)
    if marks != [1, 1] or begin > end:
        msg = (
            f"{path} must have the line {BEGIN!r} once, followed by {END!r} once, around the index "
            "of the boards; delete both to append the index."
        )
        raise InputError(msg)
    return text[:begin] + index.rstrip("\n") + text[end + len(END) :]


def _holds(path: Path, text: str) -> bool:
    # A checkout on Windows may have other line endings.
    return is_file(path) and read_file(path).replace(b"\r\n", b"\n") == text.encode()
