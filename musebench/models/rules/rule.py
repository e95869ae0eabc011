"""The interface of rule baselines: a rule maps a note table to classes, by theory or by counting.

Conventions:
    A rule uses only the inputs that a model of its task may see (for pitch spelling: onset,
    duration and pitch); a test scrambles everything else. It predicts the required heads of the
    task, and others if it can. It draws no random numbers.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.boards import BOARDS, Board
from musebench.errors import InputError
from musebench.registry import Registry
from musebench.score import NoteTable
from musebench.shown import Shown
from musebench.tasks import TASKS, Task

Classes = Mapping[str, NDArray[Any]]


class Rule(Shown, ABC):
    """A rule baseline. ``rule(notes)`` predicts, after ``rule.fit(...)`` if it needs training."""

    needs_training: ClassVar[bool] = False
    needs_validation: ClassVar[bool] = False

    def shown_facts(self) -> Mapping[str, object]:
        """What is shown of it."""
        return {"needs_training": self.needs_training, **vars(self)}

    @classmethod
    def for_task(cls, task: Task) -> "Rule":  # noqa: ARG003
        """The unfitted rule for one of the tasks that it is registered for."""
        return cls()

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "Rule":  # noqa: ARG002
        """Return the rule fitted on the training pieces; by default the rule itself.

        Args:
            tables: Note tables of the training split.
            labels: Head -> class of each note (onset), for each table; ``IGNORE_LABEL`` for none.
        """
        return self

    def tune(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "Rule":  # noqa: ARG002
        """Return the fitted rule with what it chooses on the validation split; see ``fit``."""
        return self

    @property
    def settings(self) -> Mapping[str, float]:
        """What can be set and searched; most rules have nothing."""
        return {}

    @property
    def search_space(self) -> Mapping[str, Any]:
        """Settings that a search draws: ``choices`` and ``logarithmic``, as in ``search.toml``."""
        return {}

    def configured(self, **settings: float | str) -> "Rule":
        """Return the unfitted rule with other settings.

        Raises:
            InputError: If it has no such setting, or a value is out of range.
        """
        if settings:
            msg = f"{type(self).__name__} is a rule without settings; leave out {min(settings)}."
            raise InputError(msg)
        return self

    @abstractmethod
    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict the notes, or the onset groups, of a score.

        Returns:
            Head -> class of each note, shape ``(num_notes,)``; or of each onset group, or of the
            piece, shape ``(1,)``, as the task requires.

        Raises:
            InputError: If the rule needs training and is not fitted.
        """


RULES: Registry[type[Rule]] = Registry("rule", "musebench.models.rules")  # <target>/<name>

EVERY_TASK = "every-task"  # the target of a rule that works for any

AnyRule = TypeVar("AnyRule", bound=type[Rule])


def register_rule(name: str, *targets: str) -> Callable[[AnyRule], AnyRule]:
    """Decorate a class to register it as a rule.

    Args:
        name: Name of the rule.
        targets: Names of the tasks, or of single boards, that it is for; or ``EVERY_TASK``.

    Raises:
        InputError: If one of them already has a rule of this name.
    """

    def register(rule: AnyRule) -> AnyRule:
        for target in targets:
            RULES.add(f"{target}/{name}", rule)
        return rule

    return register


def rules_of(task_or_board: str | Board) -> dict[str, Rule]:
    """The rules of a task or board by name, its own first, each with the settings of the board.

    Args:
        task_or_board: A name; or a board that is not registered, such as that of own data.

    Raises:
        InputError: If there is no task or board of that name.
    """
    board = BOARDS.get(task_or_board) if isinstance(task_or_board, str) else task_or_board
    task = board.task if board else TASKS.find(str(task_or_board))
    settings = board.settings if board else {}
    found = {}
    for targets in ({board.name if board else "", task.name}, {EVERY_TASK}):
        for key, rule in RULES.items():
            target, _, name = key.partition("/")
            if target in targets:
                found[name] = rule.for_task(task).configured(**settings.get(name, {}))
    return found


def nearest_spelling(
    midi_pitch: NDArray[np.int64], centre: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Spell pitches as near as possible to a centre on the line of fifths.

    Each pitch class has one spelling within the twelve fifths ``centre - 5`` to ``centre + 6``.

    Args:
        midi_pitch: MIDI pitches. Shape ``(num_notes,)``.
        centre: Tonal pitch class, one for all notes or one per note.

    Returns:
        Spelling class of each note, shape ``(num_notes,)``; with at most two accidentals.
    """
    fifths = 7 * midi_pitch  # a place on the line of fifths, up to multiples of 12
    return pitch.spelling_class(pitch.nearest_tpc(fifths, np.asarray(centre)))
