"""A score with its graph: on a page, in a notebook, as a picture."""

import html
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from musebench.applied import Annotated, AnyModel, choose_model
from musebench.errors import EngravingError, InputError
from musebench.evaluation import evaluator_of, read_predictions
from musebench.files import check_target, write_file
from musebench.score import SYSTEM_WIDTH, Engraving, NoteTable, engrave
from musebench.see.batch import sample_batch
from musebench.see.html import write_html
from musebench.see.picture import PICTURES, check_png, write_png, write_svg
from musebench.see.piece import Labels, Piece, find_piece
from musebench.see.roll import roll
from musebench.see.scene import Scene

logger = logging.getLogger(__name__)

PAGES = (".html", ".htm")
WRITTEN = "HTML (.html), SVG (.svg) and PNG (.png)"
INLINE_HEIGHT = 720  # of the page in a notebook, pixels
NARROW = 800  # width of a system on a narrow screen, or when it is zoomed
WINDOW = 24  # maximum number of targets in the shown mini-batch


@dataclass(frozen=True, eq=False)
class View:
    """A score with its graph, to save or to show in a notebook.

    Attributes:
        scene: The shown scene.
    """

    scene: Scene

    def to_html(self) -> str:
        """The page."""
        return write_html(self.scene)

    def save(self, path: str | Path) -> None:
        """Write the page or a picture, whole or not at all; the suffix sets the format.

        Raises:
            InputError: If the file cannot be written.
            StorageError: If the disk is full.
        """
        path = check_page(path)
        suffix = path.suffix.lower()
        if suffix in PAGES:
            content = self.to_html().encode()
        else:
            picture = write_svg(self.scene)
            content = picture.encode() if suffix == ".svg" else write_png(picture)
        write_file(path, content)

    def _repr_html_(self) -> str:
        """The page in a frame, for notebooks."""
        page = html.escape(self.to_html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" style="width: 100%; height: {INLINE_HEIGHT}px; border: 0" '
            f'title="{html.escape(self.scene.piece.title)}"></iframe>'
        )


def check_page(path: str | Path) -> Path:
    """Refuse a file that could not be written, before anything is computed.

    Raises:
        InputError: If its format is not supported, its folder is missing, or it is a PNG and resvg
            is not installed.
    """
    path = check_target(path, (*PAGES, *PICTURES), WRITTEN)
    if path.suffix.lower() == ".png":
        check_png(path)
    return path


def view(
    source: str | Path | NoteTable | Annotated,
    *,
    measures: str | None = None,
    task: str | None = None,
    model: AnyModel = None,
    predictions: str | Path | None = None,
    reveal_test_labels: bool = False,
    as_roll: bool = False,
    seed: int = 0,
    root: str | Path | None = None,
) -> View:
    """Show a score with its graph; the last line of a notebook's cell shows it inline.

    Args:
        source: Path or http(s) address of a score, see ``read_score``, ``BOARD:PIECE``, a note
            table, or what ``musebench.annotate`` gives.
        measures: Measures to show, by their printed numbers: ``1-8`` or ``5``; None for all.
        task: Task for the user's own score, see ``musebench.apply``.
        model: Model whose predictions are shown, as in ``musebench.apply``.
        predictions: File of predictions of the board, from ``musebench predict``.
        reveal_test_labels: Show the labels of a piece of a test split.
        as_roll: Draw a piano roll even if the score can be engraved.
        seed: Seed of the shown mini-batch.
        root: The data home.

    Raises:
        InputError: If there is no such piece, task, model or measure.
        ScoreError: If the score cannot be read.
        PredictionError: If the predictions are for another piece.
    """
    piece = find_piece(source, task=task, root=root, reveal_test_labels=reveal_test_labels)
    by_source: dict[str, Labels] = {}
    if predictions is not None:
        by_source |= predictions_of_file(piece, predictions, root)
    if model is not None:
        by_source |= predictions_of_model(piece, model)
    return View(stage(piece, by_source, measures=measures, as_roll=as_roll, seed=seed))


def stage(
    piece: Piece,
    predictions: Mapping[str, Labels],
    *,
    measures: str | tuple[int, int] | None = None,
    as_roll: bool = False,
    seed: int = 0,
    explains: bool = False,
) -> Scene:
    """Engrave a piece and add the other parts of a scene; arguments as in ``view``.

    Measures may also be given as rows of their table, the first and the last.
    """
    chosen = measures or None
    if isinstance(chosen, str):
        chosen = piece.notes.measures.find(chosen)
    draw = partial(_draw, piece, chosen, as_roll=as_roll)
    drawn = draw(SYSTEM_WIDTH)
    shown = np.zeros(len(piece.notes), dtype=bool)
    shown[drawn.heads.row[drawn.heads.part == 0]] = True
    batch = sample_batch(piece.graph, shown, WINDOW, seed)
    return Scene(piece, drawn, partial(draw, NARROW), predictions, batch, explains)


def _draw(
    piece: Piece, measures: tuple[int, int] | None, width: int, *, as_roll: bool
) -> Engraving:
    if as_roll or piece.why_roll:
        return roll(piece.notes, measures, width, why=piece.why_roll)
    try:
        return engrave(piece.notes, measures, width)
    except EngravingError as error:
        if width == SYSTEM_WIDTH:
            logger.warning("%s is shown as a piano roll: %s.", piece.title, error)
        return roll(piece.notes, measures, width, why=str(error))


def predictions_of_file(
    piece: Piece, path: str | Path, root: str | Path | None = None
) -> dict[str, Labels]:
    """Read the predictions for a piece from a file of its board.

    Raises:
        PredictionError: If it is not a file of predictions, or was made for other notes.
        InputError: If it is for another board, or the piece is not in it.
    """
    if piece.board is None:
        msg = f"{path} is for a board, but {piece.title} is your own score; give BOARD:PIECE."
        raise InputError(msg)
    file, piece_id = read_predictions(path), str(piece.graph.piece_id)
    if file.board != piece.board.name or piece_id not in file.y_pred:
        msg = (
            f"{path} contains the {file.split} split of {file.board}, which does not include "
            f"{piece_id} of {piece.board.name}."
        )
        raise InputError(msg)
    evaluator_of(file, root)
    return {Path(path).stem: file.y_pred[piece_id]}


def predictions_of_model(piece: Piece, model: AnyModel) -> dict[str, Labels]:
    """Predict a piece with a model.

    Raises:
        InputError: If there is no such model, or no task for it.
    """
    if piece.task is None:
        msg = f"{model} needs a task to predict; name one (--task), such as pitch-spelling."
        raise InputError(msg)
    board = piece.board.name if piece.board else None
    chosen = choose_model(piece.task, model, board=board)
    return {chosen.name: chosen.predict(piece.notes)}
