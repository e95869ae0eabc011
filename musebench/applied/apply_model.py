"""Apply a model to any score."""

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

    A score without spelling (MIDI) is spelled, and given key signatures, by the pretrained model or
    else by ps13s1, for any task. Its times are moved to notated positions, see ``tidy_times``. A
    single part without staves is laid out on two.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board; ``voices`` and
            ``staves`` are short for ``voice-separation`` and ``staff-separation``.
        score: Path or http(s) address of a score, see ``read_score``, or a note table.
        model: Name of a rule of the task or of a released checkpoint, folder of a run, file of a
            checkpoint, or a learned model itself; None for the pretrained model. A rule that needs
            training is fitted on the board, if one is named.
        device: Device of a learned model; None for a GPU if there is one.
        voices: Model that separates the voices to write; None to keep the voices of the score or,
            if it has none, to write chords and lines by ``nearest-pitch``.
        staves: Model that separates two staves; None to keep the staves of the score or, if it has
            none, to use ``pitch-60``.

    Returns:
        The labels, and the score to write.

    Raises:
        ScoreError: If the score cannot be read.
        InputError: If task or model is unknown, or they do not fit each other.
        DownloadError: If a released checkpoint cannot be downloaded.
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
    """Read a score; the times of MIDI are moved to notated positions."""
    notes = read_score(score)
    return tidy_times(notes) if is_unspelled(notes) else notes


def _spelled(notes: NoteTable, labels: Labels) -> NoteTable:
    """A score with predicted spelling and the key signatures that fit it."""
    return sign(spell(notes, labels["spelling"]))


def _arranged(
    notes: NoteTable,
    task: Task,
    labels: Labels,
    staves: Predict | None,
    voices: Predict | None,
) -> tuple[NoteTable, Arrange]:
    """The score with the predictions except its voices, and the function that sets the voices."""
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
