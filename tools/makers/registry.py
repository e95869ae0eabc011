"""The registry of a corpus: path, size and SHA-256 of each of its files."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from makers.published import published_files
from musebench.corpora import Corpus, pattern_of
from musebench.errors import InputError
from musebench.files import write_file


def make_registry(corpus: Corpus, others: Sequence[str] = ()) -> Path:
    """Write the registry of a corpus; lines that it has already stay as they are.

    Args:
        corpus: The corpus.
        others: Patterns of files that belong to no piece, as of ``Corpus.files``.

    Returns:
        The table, a line per file.

    Raises:
        InputError: If the files are not at hand, none belongs to a piece, or one that the registry
            knows is another now.
    """
    patterns = [pattern_of(text) for text in (*corpus.files, *others)]
    found = {
        path: read()
        for path, read in published_files(corpus).items()
        if any(pattern.fullmatch(path) for pattern in patterns)
    }
    if not any(patterns[0].fullmatch(path) for path in found):
        msg = f"{corpus.name}: there is no file {corpus.files[0]}."
        raise InputError(msg)
    table = Path(str(corpus.registry_file))
    known = corpus.registry if table.is_file() else {}
    head = [f"# {corpus.source.replace(' at ', ' ')}", "path\tsize\tsha256"]
    lines = table.read_text("utf-8").splitlines() if known else head
    for path, content in found.items():
        size, sha256 = len(content), hashlib.sha256(content).hexdigest()
        if path not in known:
            lines.append(f"{path}\t{size}\t{sha256}")
        elif (known[path].size, known[path].sha256) != (size, sha256):
            msg = f"{table} is append-only, but {path} is another file now."
            raise InputError(msg)
    write_file(table, "".join(f"{line}\n" for line in lines).encode())
    return table
