"""Apply a model to any score."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

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
    Model,
    check_order,
    choose_model,
    default_speller,
    find_task,
)
from musebench.applied.result import Applied
from musebench.errors import ScoreWarning
from musebench.score import NoteTable, read_score
from musebench.tasks import Task


@dataclass(frozen=True)
class Applier:
    """Loaded models that can be applied to any number of scores.

    Attributes:
        task: The task.
        model: Its model.
        voices: Model that separates the voices to write; None: see ``apply``.
        staves: Model that separates two staves; None: see ``apply``.
        device: Device of learned models.
        key_signatures: See ``apply``.
        pickup: See ``apply``.
        default_voices: Model of the voices of a score that has none; None for ``nearest-pitch``.
        default_staves: Model of the staves of a single part; None for ``pitch-60``.
    """

    task: Task
    model: Model
    voices: Model | None = None
    staves: Model | None = None
    device: Device = None
    key_signatures: str | None = None
    pickup: float | None = None
    default_voices: Model | None = None
    default_staves: Model | None = None

    def __call__(self, score: str | Path | NoteTable) -> Applied:
        """Apply the models to a score; see ``apply``."""
        notes, heard = (score, ()) if isinstance(score, NoteTable) else read(score)
        if not isinstance(score, NoteTable) or self.pickup is not None:
            notes = prepare(notes, self.pickup)
        if self.task.writes != "spelling" and is_unspelled(notes):
            found = default_speller(self.device).predict(notes)
            notes, _ = spell_and_sign(notes, found, self.key_signatures)
        labels = self.model.predict(notes)
        if self.task.writes == "spelling":
            notes, labels = spell_and_sign(notes, labels, self.key_signatures)
        laid_out, set_voices = self._arranged(notes, labels)
        return Applied(self.task, self.model.name, labels, laid_out, set_voices, heard)

    def _arranged(self, notes: NoteTable, labels: Labels) -> tuple[NoteTable, Arrange]:
        """The score with predicted staves, and the function that sets its voices."""
        staves: Predict | None = self.staves.predict if self.staves else None
        voices: Predict | None = self.voices.predict if self.voices else None
        if self.task.writes == "staff":
            staves = staves or (lambda _: labels)
        if self.task.writes == "voice":
            voices = voices or (lambda _: labels)
        return arrange(
            notes,
            staves=staves,
            voices=voices,
            default_staves=(self.default_staves or choose_model(STAVES, STAFF_RULE)).predict,
            default_voices=(self.default_voices or choose_model(VOICES, VOICE_RULE)).predict,
        )


class Options(TypedDict, total=False):
    """What can be said of an application beside task and score; see ``apply``."""

    model: AnyModel
    device: Device
    voices: AnyModel
    staves: AnyModel
    key_signatures: str | None
    pickup: float | None


def choose_models(task_or_board: str | Task, **options: Unpack[Options]) -> Applier:
    """Load the models; see ``apply``."""
    task, board = find_task(task_or_board)
    device, voices, staves = options.get("device"), options.get("voices"), options.get("staves")
    return Applier(
        task,
        choose_model(task, options.get("model"), board=board, device=device),
        choose_model(VOICES, voices, device=device) if voices else None,
        choose_model(STAVES, staves, device=device) if staves else None,
        device,
        options.get("key_signatures"),
        options.get("pickup"),
    )


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

    A score without spelling (MIDI) is spelled, and given key signatures, by the installed model or
    else by ps13s1, for any task. Its times are moved to notated positions and its pickup is
    estimated, see ``tidy_times`` and ``estimate_pickup``. A single part without staves is laid out
    on two; two tracks that are the hands of one piano become one part.

    Args:
        task_or_board: Name of a task, such as ``pitch-spelling``, or of a board; ``voices`` and
            ``staves`` are short for ``voice-separation`` and ``staff-separation``. Or a task
            itself, such as that of own data (``ScoreFolder.task``).
        score: Path or http(s) address of a score, see ``read_score``, or a note table.
        model: Name of a rule of the task, name of a board for its installed model, folder of a run,
            file of a checkpoint, or a learned model itself; None for the installed model of the
            task, or of the board if one is named. A rule that needs training is fitted on the
            board, if one is named.
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
        NoPretrainedModelError: If no model is given, and none is installed for the task.
        IntegrityError: If the file of an installed model is missing or another one.
    """
    check_order(task_or_board, score)
    chosen = choose_models(
        task_or_board,
        model=model,
        device=device,
        voices=voices,
        staves=staves,
        key_signatures=key_signatures,
        pickup=pickup,
    )
    return chosen(score)


def read(score: str | Path) -> tuple[NoteTable, tuple[str, ...]]:
    """A score, and what was warned of while it was read; it is warned of again."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ScoreWarning)
        notes = read_score(score)
    for warning in heard:
        warnings.warn(warning.message, warning.category, stacklevel=4)
    texts = [str(warning.message) for warning in heard if warning.category is ScoreWarning]
    return notes, tuple(texts)
