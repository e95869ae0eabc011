"""Apply a model to any score."""

from pathlib import Path

from musebench.applied.arrange import (
    Arrange,
    Predict,
    arrange,
    is_unspelled,
    prepare,
    spell_and_sign,
)
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
from musebench.score import NoteTable, read_score
from musebench.tasks import Task


def apply(
    task_or_board: str | Task,
    score: str | Path | NoteTable,
    *,
    model: AnyModel = None,
    device: Device = None,
    voices: AnyModel = None,
    staves: AnyModel = None,
    key_signatures: str | None = None,
    pickup: float | None = None,
) -> Applied:
    """Apply a model to a score.

    A score without spelling (MIDI) is spelled, and given key signatures, by the pretrained model or
    else by ps13s1, for any task. Its times are moved to notated positions and its pickup is
    estimated, see ``tidy_times`` and ``estimate_pickup``. A single part without staves is laid out
    on two; two tracks that are the hands of one piano become one part.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board; ``voices`` and
            ``staves`` are short for ``voice-separation`` and ``staff-separation``. Or a task
            itself, such as that of own data (``ScoreFolder.task``).
        score: Path or http(s) address of a score, see ``read_score``, or a note table.
        model: Name of a rule of the task or of a released checkpoint, folder of a run, file of a
            checkpoint, or a learned model itself; None for the pretrained model. A rule that needs
            training is fitted on the board, if one is named.
        device: Device of a learned model; None for a GPU if there is one.
        voices: Model that separates the voices to write; None to keep the voices of the score or,
            if it has none, to write chords and lines by ``nearest-pitch``.
        staves: Model that separates two staves; None to keep the staves of the score or, if it has
            none, to use ``pitch-60``.
        key_signatures: ``file`` or ``model``; None for those of the file, if it says anything, see
            ``spell_and_sign``.
        pickup: Length of the pickup of a MIDI file, quarter notes; None to estimate it; 0 for none.
            Of a note table it is not estimated.

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
    is_ready = isinstance(score, NoteTable) and pickup is None
    notes = score if isinstance(score, NoteTable) else read_score(score)
    notes = notes if is_ready else prepare(notes, pickup)
    if task.writes != "spelling" and is_unspelled(notes):
        found = default_speller(device).predict(notes)
        notes, _ = spell_and_sign(notes, found, key_signatures)
    labels = chosen.predict(notes)
    if task.writes == "spelling":
        notes, labels = spell_and_sign(notes, labels, key_signatures)
    laid_out, set_voices = _arranged(
        notes,
        task,
        labels,
        of_staves.predict if of_staves else None,
        of_voices.predict if of_voices else None,
    )
    return Applied(task, chosen.name, labels, laid_out, set_voices)


def _arranged(
    notes: NoteTable,
    task: Task,
    labels: Labels,
    staves: Predict | None,
    voices: Predict | None,
) -> tuple[NoteTable, Arrange]:
    """The score with predicted staves, and the function that sets its voices."""
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
