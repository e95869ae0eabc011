"""The piece to show: a piece of a board, or any score."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from musebench.applied import (
    SPELLING,
    SPELLING_RULE,
    Annotated,
    apply,
    find_task,
    is_unspelled,
    prepare,
)
from musebench.boards import BOARDS, Board
from musebench.errors import InputError, ScoreError
from musebench.files import is_file, printable
from musebench.graph import build_task_graph
from musebench.registry import what_there_is
from musebench.score import NoteTable, is_midi, read_played_midi, read_score
from musebench.see.columns import LABEL
from musebench.splits import HIDDEN_SPLIT, read_pieces, split_of_pieces
from musebench.store import labels_of, load_board_notes
from musebench.tasks import Task

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

Labels = Mapping[str, NDArray[Any]]

NUM_NEAR = 3
HIDDEN = "test piece: labels are hidden"
REVEALED = "test piece: labels are revealed"
PLAYED = "it is a performance without a metrical grid"
HOW_TO_REVEAL = "; --reveal-test-labels shows them"


@dataclass(frozen=True, eq=False)
class Piece:
    """A score, its graph and its labels.

    Attributes:
        title: Its name.
        about: Its origin, in a line.
        notes: The note table, with staves and voices.
        graph: Its graph from ``build_graph``.
        task: The task; None if there is none.
        board: The board; None for the user's own score.
        split: Split of a piece of a board.
        labels: Head of the task -> label of each note, onset group or of the piece; empty if they
            are hidden or there are none.
        annotations: Further annotations: source -> head -> label of each onset group.
        notice: A notice about the labels.
        why_roll: Why it cannot be engraved; empty if it can.
    """

    title: str
    about: str
    notes: NoteTable
    graph: "HeteroData"
    task: Task | None = None
    board: Board | None = None
    split: str = ""
    labels: Labels = field(default_factory=dict)
    annotations: Mapping[str, Labels] = field(default_factory=dict)
    notice: str = ""
    why_roll: str = ""


def find_piece(
    source: str | Path | NoteTable | Annotated,
    *,
    task: str | None = None,
    root: str | Path | None = None,
    reveal_test_labels: bool = False,
) -> Piece:
    """Read the piece that a user names.

    Args:
        source: ``BOARD:PIECE``, path or address of a score, a note table, or what
            ``musebench.annotate`` gives.
        task: Task whose features and labels are shown for the user's own score.
        root: The data home.
        reveal_test_labels: Show the labels of a test piece.

    Raises:
        InputError: If there is no such board, piece or task.
        ScoreError: If the score cannot be read.
    """
    if isinstance(source, NoteTable):
        return own_piece(source, "score", task)
    if isinstance(source, Annotated):
        piece = own_piece(source.notes, source.title or "score", task)
        return replace(piece, annotations=source.labels)
    board, colon, piece_id = str(source).partition(":")
    if colon and board in BOARDS:
        if task is not None:
            msg = f"{board} already has a task, {BOARDS[board].task.name}; leave out --task."
            raise InputError(msg)
        return piece_of_board(BOARDS[board], piece_id, root, reveal_test_labels=reveal_test_labels)
    hint = what_there_is(board, BOARDS)
    if colon and hint.endswith("?") and not is_file(source):
        msg = f"there is no board {board!r}; {hint}"
        raise InputError(msg)
    try:
        return own_piece(read_score(source), str(source), task)
    except ScoreError:
        if not is_midi(source):
            raise
        return replace(own_piece(read_played_midi(source), str(source), task), why_roll=PLAYED)


def piece_of_board(
    board: Board,
    piece_id: str,
    root: str | Path | None = None,
    *,
    reveal_test_labels: bool = False,
) -> Piece:
    """Read a piece of a board.

    Raises:
        InputError: If the board has no such piece.
        DownloadError: If the scores are neither cached nor downloadable.
    """
    pieces = read_pieces(board.name)
    known = pieces["piece_id"].tolist()
    if piece_id not in known:
        raise InputError(_describe_unknown(board.name, piece_id, known))
    row = known.index(piece_id)
    split = str(split_of_pieces(board.name).iloc[row])
    store = load_board_notes(board, root)
    notes, is_hidden = store.tables[piece_id], split == HIDDEN_SPLIT and not reveal_test_labels
    notice = "" if split != HIDDEN_SPLIT else HIDDEN + HOW_TO_REVEAL if is_hidden else REVEALED
    known_of_piece = store.labels.get(piece_id, {})
    annotations = {
        head: labels
        for kind, found in known_of_piece.items()
        if kind != board.annotation
        for head, labels in found.labels.items()
    }
    composer, title = str(pieces["composer"][row]), str(pieces["title"][row])
    return Piece(
        title=f"{composer}: {title}" if title else piece_id,
        about=f"{board.name}, {piece_id}, {split} split, scores under {board.corpus.license}",
        notes=notes,
        graph=build_task_graph(notes, board.task, piece_id=piece_id),
        task=board.task,
        board=board,
        split=split,
        labels={} if is_hidden else labels_of(board, store, piece_id),
        annotations={} if is_hidden else {LABEL: annotations},
        notice=notice,
    )


def own_piece(notes: NoteTable, name: str, task: str | None = None) -> Piece:
    """Use any score; MIDI is spelled by ps13s1, and laid out as in ``musebench.apply``.

    Raises:
        InputError: If there is no such task.
    """
    asked = find_task(task)[0] if task else None
    labels: Labels = {}
    if is_unspelled(notes):
        notes = apply(SPELLING.name, prepare(notes), model=SPELLING_RULE).notes
    elif asked:
        labels = asked.read_labels(asked.nodes(notes)) if asked.read_labels else {}
    notes = asked.nodes(notes) if asked else notes
    name = printable(name)
    title = Path(name).name or name
    graph = build_task_graph(notes, asked or SPELLING, piece_id=title)
    return Piece(title, name if name != title else "", notes, graph, asked, labels=labels)


def _describe_unknown(board: str, piece_id: str, known: list[str]) -> str:
    parts = [name for name in known if piece_id and piece_id.lower() in name.lower()]
    near = parts[:NUM_NEAR] or difflib.get_close_matches(piece_id, known, NUM_NEAR, cutoff=0.4)
    hint = f"similar: {', '.join(near)}" if near else f"there are {known[0]}, {known[1]}, ..."
    return f"{board} has no piece {piece_id!r}; {hint}."
