"""A model on anyone's score."""

from pathlib import Path

from musebench.applied.arrange import Arrange, Predict, arrange, is_unspelled, sign, spell
from musebench.applied.choose import (
    STAFF_RULE,
    STAVES,
    VOICE_RULE,
    VOICES,
    AnyModel,
    Device,
    Labels,
    choose_model,
    default_speller,
    find_task,
)
from musebench.applied.result import Applied
from musebench.score import NoteTable, read_score, tidy_times
from musebench.tasks import Task


def apply(
    task_or_board: str,
    score: str | Path | NoteTable,
    *,
    model: AnyModel = None,
    device: Device = None,
    voices: AnyModel = None,
    staves: AnyModel = None,
) -> Applied:
    """Apply a model to a score.

    A score that knows no spelling (MIDI) is spelled, and given key signatures, by the pretrained
    model or else by ps13s1, whatever the task. Its times are brought to where a score would have
    them, see ``tidy_times``. One part without staves is laid out on two.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board; ``voices`` and
            ``staves`` are short for ``voice-separation`` and ``staff-separation``.
        score: Path or http(s) address of a score, see ``read_score``, or a note table.
        model: Name of a rule of the task or of a released checkpoint, folder of a run, file of a
            checkpoint, or a learned model itself; None for the pretrained model. A rule that needs
            training is fitted on the board, if one is named.
        device: Where a learned model is loaded to; None for a GPU if there is one.
        voices: Model that separates the voices to be written, each a voice of its own; None: the
            score keeps its own or, if it has none, chords and lines by ``nearest-pitch``.
        staves: Model that separates two staves; None: the score keeps its own or, if it has none,
            ``pitch-60`` does.

    Returns:
        The labels, and the score as it can be written.

    Raises:
        ScoreError: If the score cannot be read.
        InputError: If task or model are unknown or do not fit each other.
        DownloadError: If a released checkpoint cannot be had.
    """
    task, board = find_task(task_or_board)
    chosen = choose_model(task, model, board=board, device=device)
    of_voices = choose_model(VOICES, voices, device=device) if voices else None
    of_staves = choose_model(STAVES, staves, device=device) if staves else None
    notes = score if isinstance(score, NoteTable) else _read(score)
    if task.writes != "spelling" and is_unspelled(notes):
        notes = _spelled(notes, default_speller(device).predict(notes))
    labels = chosen.predict(notes)
    laid_out, set_voices = _arranged(
        notes,
        task,
        labels,
        of_staves.predict if of_staves else None,
        of_voices.predict if of_voices else None,
    )
    return Applied(task, chosen.name, labels, laid_out, set_voices)


def _read(score: str | Path) -> NoteTable:
    """A score; the times of MIDI are brought to where they can be written."""
    notes = read_score(score)
    return tidy_times(notes) if is_unspelled(notes) else notes


def _spelled(notes: NoteTable, labels: Labels) -> NoteTable:
    """A score with predicted spelling, and the key signatures that it asks for."""
    return sign(spell(notes, labels["spelling"]))


def _arranged(
    notes: NoteTable,
    task: Task,
    labels: Labels,
    staves: Predict | None,
    voices: Predict | None,
) -> tuple[NoteTable, Arrange]:
    """The score as the predictions have it, but for its voices, and what gives it these."""
    if task.writes == "spelling":
        notes = _spelled(notes, labels)
    if task.writes == "staff":
        staves = staves or (lambda _: labels)
    if task.writes == "voice":
        voices = voices or (lambda _: labels)
    return arrange(
        notes,
        staves=staves,
        voices=voices,
        default_staves=choose_model(STAVES, STAFF_RULE).predict,
        default_voices=choose_model(VOICES, VOICE_RULE).predict,
    )
