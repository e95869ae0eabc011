"""Which files are scores: those of a folder and of all folders in it, or those that are named."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from musebench.errors import InputError
from musebench.files import FILE, FOLDER, kind_of, printable
from musebench.score.reader import FORMATS, READ, count_scores
from musebench.score.source import split_number, suffix_of

Paths: TypeAlias = str | Path | Sequence[str | Path]
Scores: TypeAlias = str | Path | Sequence[str | Path] | Mapping[str, Paths]


def find_scores(scores: Scores) -> dict[str, tuple[Path, ...]]:
    """Find scores by name.

    In a folder these are all files, also in its subfolders, with the suffix of a score. Hidden ones
    are left out, and a file with several links to it counts once. Of a file with several scores,
    such as tunes of ABC, each is found: ``tunes#1``, ``tunes#2``, with the paths ``tunes.abc#1``,
    ``tunes.abc#2`` that ``read_score`` takes.

    Args:
        scores: A folder; or a list of files; or a dict, piece id -> file, or files of one piece.

    Returns:
        Piece id -> paths of its files, sorted. The id of a file is its path inside the folder, or
        inside the folder that all files of a list share, without the suffix; with it if another
        file would have the same id.

    Raises:
        InputError: If there is no such folder, or no score.
    """
    if isinstance(scores, str | Path):
        folder = Path(scores)
        if (kind := kind_of(folder)) != FOLDER:
            hint = f"give a list: [{str(scores)!r}]" if kind == FILE else "give one that is there"
            msg = f"{scores} is {kind} instead of a folder of scores; {hint}."
            raise InputError(msg)
        found = _named(folder, _walk(folder))
        where = f"no score in the folder {folder}"
    elif isinstance(scores, Mapping):
        found = {str(name): _absolute(files) for name, files in scores.items()}
        where = "no score in the dict"
    else:
        paths = list(dict.fromkeys(_absolute(scores)))
        folder = Path(os.path.commonpath([path.parent for path in paths])) if paths else Path()
        found = _named(folder, paths)
        where = "no score in the list"
    if not found:
        msg = f"there is {where}; read are {READ}."
        raise InputError(msg)
    return dict(sorted(found.items()))


def _absolute(files: Paths) -> tuple[Path, ...]:
    """The absolute paths of one file or several."""
    several = [files] if isinstance(files, str | Path) else files
    for file in several:
        if not isinstance(file, str | Path):
            msg = f"a {type(file).__name__} is not a score; give the path of a file."
            raise InputError(msg)
    return tuple(Path(file).expanduser().absolute() for file in several)


def _walk(folder: Path) -> Iterator[Path]:
    """The scores in a folder; links come last, so that what they lead to has its own name."""
    waiting, links, seen = [folder.absolute()], list[Path](), set[str]()
    while waiting or links:
        path = waiting.pop() if waiting else links.pop(0)
        real = os.path.realpath(path)
        if real in seen:
            continue
        if kind_of(path) != FOLDER:
            seen.add(real)
            yield path
            continue
        seen.add(real)
        try:
            inside = sorted(entry for entry in path.iterdir() if entry.name[:1] != ".")
        except OSError:
            yield path  # whoever reads it says why it cannot be
            continue
        inside = [entry for entry in inside if _is_score(entry) or kind_of(entry) == FOLDER]
        links += [entry for entry in inside if entry.is_symlink()]
        waiting += [entry for entry in reversed(inside) if not entry.is_symlink()]


def _is_score(path: Path) -> bool:
    """Whether a file's name is that of a score."""
    suffix = suffix_of(path)
    return any(suffix in format_.suffixes for format_ in FORMATS) and kind_of(path) != FOLDER


def _named(folder: Path, files: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    """Scores by their piece id, those of one file each by itself."""
    paths = [path for file in files for path in _scores_in(file)]
    whole = {path: printable(path.relative_to(folder.absolute()).as_posix()) for path in paths}
    plain = {path: _without_suffix(path, folder.absolute()) for path in paths}
    count = Counter([*plain.values(), *whole.values()])
    return {plain[path] if count[plain[path]] == 1 else whole[path]: (path,) for path in paths}


def _without_suffix(path: Path, folder: Path) -> str:
    """The path inside a folder, without the suffix of the file."""
    file, number = split_number(path)
    name = Path(file).relative_to(folder).with_suffix("").as_posix()
    named = name if number is None else f"{name}#{number}"
    return unicodedata.normalize("NFC", printable(named))


def _scores_in(file: Path) -> list[Path]:
    """A file, or the paths of the scores in it if there are several."""
    number = 1 if split_number(file)[1] or not _is_score(file) else count_scores(file)
    if number == 1:
        return [file]
    return [file.with_name(f"{file.name}#{i}") for i in range(1, number + 1)]
