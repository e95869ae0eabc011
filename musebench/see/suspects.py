"""Pages of the labels that an audit doubts."""

import re
from collections.abc import Iterator
from pathlib import Path

from musebench.leaderboard import Audit, Suspect
from musebench.see.piece import piece_of_board
from musebench.see.views import View, stage

CONTEXT = 2  # measures before and after a suspect
MAX_NAME = 80  # characters of a file name


def suspect_pages(audit: Audit, *, root: str | Path | None = None) -> Iterator[tuple[str, View]]:
    """Show each suspect of an audit, with the predictions of all voters.

    Args:
        audit: The audit.
        root: The data home.

    Yields:
        Name of a file without suffix, such as ``01-Bach_Fugue_bwv_846``, and the view.
    """
    for number, suspect in enumerate(audit.suspects, 1):
        name = re.sub(r"[^\w.-]+", "_", suspect.piece)[:MAX_NAME]
        yield f"{number:02d}-{name}", _view(audit, suspect, root)


def _view(audit: Audit, suspect: Suspect, root: str | Path | None) -> View:
    piece = piece_of_board(audit.board, suspect.piece, root, reveal_test_labels=True)
    last = len(piece.notes.measures) - 1
    measures = max(0, suspect.first - CONTEXT), min(last, suspect.last + CONTEXT)
    predictions = audit.predictions_of(suspect.piece)
    return View(stage(piece, predictions, measures=measures, explains=True))
