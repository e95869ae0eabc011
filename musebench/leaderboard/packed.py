"""Unpack a submission from an archive of ``musebench submit pack``, which is untrusted.

The archive is read in memory: nothing of it is written or run, and no name in it is followed. It
has the files of one submission, ``<board>/<id>/submission.json`` and
``<board>/<id>/predictions/*.npz``, and no byte besides.
"""

import re

from musebench.boards import BOARDS
from musebench.errors import SubmissionError
from musebench.evaluation import unpack_zip
from musebench.leaderboard.check import MAX_ENTRY_BYTES
from musebench.leaderboard.names import check_identifier
from musebench.leaderboard.submission import FILE_NAME, MAX_RUNS
from musebench.splits import NUM_FOLDS

MAX_MEMBERS = 1 + MAX_RUNS * NUM_FOLDS
MAX_ARCHIVE_BYTES = MAX_ENTRY_BYTES + 1_000_000  # its headers, too
_MEMBER = re.compile(
    rf"([a-z0-9-]+)/([a-z0-9-]+)/({re.escape(FILE_NAME)}|predictions/[a-z0-9-]+\.npz)"
)


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the files of the submission in an archive: path from the folder of boards -> content.

    Raises:
        SubmissionError: If it is no such archive, or contains anything else.
    """
    try:
        members = unpack_zip(content, max_members=MAX_MEMBERS, max_bytes=MAX_ENTRY_BYTES)
    except ValueError as error:
        msg = f"the archive cannot be accepted: {error}; `musebench submit pack` writes one."
        raise SubmissionError(msg) from error
    places = set()
    for name in members:
        match = _MEMBER.fullmatch(name)
        if match is None:
            msg = (
                f"the archive contains {ascii(name)[:200]}; it may contain <board>/<id>/"
                f"{FILE_NAME} and <board>/<id>/predictions/*.npz of one submission."
            )
            raise SubmissionError(msg)
        places.add((match[1], match[2]))
    if len(places) != 1:
        msg = f"the archive contains {len(places)} submissions; it must contain one."
        raise SubmissionError(msg)
    ((board, identifier),) = places
    _check_place(board, identifier)
    return members


def _check_place(board: str, identifier: str) -> None:
    if board not in BOARDS:
        msg = f"no board is named {board!r}; there are {', '.join(BOARDS)}."
        raise SubmissionError(msg)
    try:
        check_identifier(identifier)
    except ValueError as error:
        msg = f"the id {identifier!r} {error}."
        raise SubmissionError(msg) from error
