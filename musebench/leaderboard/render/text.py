"""Make untrusted text harmless: texts of a submission are shown, never interpreted.

All texts of a submission pass through ``clean_standings``. The templates escape HTML,
``escape_cell`` escapes Markdown cells, and an address is a link only if ``safe_url`` accepts it.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from musebench.errors import InputError
from musebench.leaderboard.names import is_address, is_visible
from musebench.leaderboard.ranking import Pair
from musebench.leaderboard.standings import Standing, Standings

T = TypeVar("T", Standing, Standings, Pair)

_SPECIAL = re.compile(r"[|`*_\[\]<>&#!\\~:@$]|(?<=www)\.", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_TREES = {
    "github.com": "/tree/",
    "huggingface.co": "/tree/",
    "gitlab.com": "/-/tree/",
    "codeberg.org": "/src/commit/",
    "bitbucket.org": "/src/",
}
_BLOCKS = frozenset({"command"})
_ADDRESSES = frozenset({"code_url", "paper_url"})


def clean(text: str, *, keep_lines: bool = False) -> str:
    """Drop characters that are invisible or change the direction of text; collapse spaces.

    Args:
        text: Any text.
        keep_lines: Whether to keep line breaks, as in a command of several lines.
    """
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)
    lines = ["".join(c for c in line.replace("\t", " ") if is_visible(c)) for line in lines]
    if keep_lines:
        return "\n".join(line.rstrip() for line in lines).strip("\n")
    return " ".join(" ".join(lines).split())


def clean_standings(standings: Standings) -> Standings:
    """Standings with all texts cleaned.

    Raises:
        InputError: If the name of the board is not valid in file names.
    """
    if not _NAME.fullmatch(standings.board):
        msg = (
            f"the board {standings.board!r} cannot be rendered: its name is used for files, so it "
            "must be lower-case letters, digits and hyphens."
        )
        raise InputError(msg)
    entries = tuple(map(_clean_texts, standings.entries))
    ensembles = tuple(map(_clean_texts, standings.ensembles))
    pairs = tuple(map(_clean_texts, standings.pairs))
    works = {
        name: tuple(score._replace(work_id=clean(score.work_id)) for score in scores)
        for name, scores in standings.works.items()
    }
    cleaned = replace(standings, entries=entries, ensembles=ensembles, pairs=pairs, works=works)
    return _clean_texts(cleaned)


def _clean_texts(value: T) -> T:
    texts = {f.name: _cleaned(f.name, getattr(value, f.name)) for f in fields(value)}
    return replace(value, **texts)


def _cleaned(name: str, value: Any) -> Any:
    if isinstance(value, str):
        text = clean(value, keep_lines=name in _BLOCKS)
        # An address that needs cleaning is not the intended one.
        return "" if name in _ADDRESSES and text != value else text
    if isinstance(value, Mapping):
        return {clean(key): item for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(clean(item) if isinstance(item, str) else item for item in value)
    return value


def escape_cell(text: str) -> str:
    """Escape text for a cell of a Markdown table: no markup, link, HTML, formula or new cell."""
    return _SPECIAL.sub(lambda match: "\\" + match.group(), clean(text))


def fence(text: str) -> str:
    """A code block that the text cannot end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}sh\n{clean(text, keep_lines=True)}\n{ticks}"


def safe_url(url: str) -> str | None:
    """The address if it may be a link: https, a plain host without user name, plain characters."""
    return url if is_address(url) else None


def code_url(entry: Standing) -> str | None:
    """Address of the code at its commit, if the form of the host is known; else of the code."""
    url = safe_url(entry.code_url)
    if url is None:
        return None
    parts = urlsplit(url)
    tree = _TREES.get(parts.netloc.lower())
    if tree is None or parts.query or parts.fragment or not _COMMIT.fullmatch(entry.code_commit):
        return url
    return url.rstrip("/").removesuffix(".git") + tree + entry.code_commit


def markdown_link(words: str, url: str | None) -> str:
    """A Markdown link; empty without an address. ``words`` are trusted."""
    if url is None:
        return ""
    address = url.replace("&", "&amp;").replace("(", "%28").replace(")", "%29")
    return f"[{words}]({address.replace('*', '%2A')})"
