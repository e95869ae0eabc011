"""The contract of rule baselines: a rule maps a note table to classes, by theory or by counting.

Conventions:
    A rule looks only at what the whitelist of its task lets a model see (of pitch spelling: onset,
    duration and pitch); a test scrambles everything else. It gives the heads that the task
    requires, others where it can. It draws nothing at random.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from musebench import pitch
from musebench.boards import BOARDS
from musebench.registry import Registry
from musebench.score import NoteTable
from musebench.tasks import TASKS, Task

Classes = Mapping[str, NDArray[Any]]


class Rule(ABC):
    """A rule baseline. ``rule(notes)`` predicts; ``rule.fit(...)`` comes first if it needs to."""

    needs_training: ClassVar[bool] = False

    @classmethod
    def for_task(cls, task: Task) -> "Rule":  # noqa: ARG003
        """The rule for a task, of those it is registered for, before it is fitted."""
        return cls()

    def fit(self, tables: Sequence[NoteTable], labels: Sequence[Classes]) -> "Rule":  # noqa: ARG002
        """Return the rule as fitted on the training pieces; by default itself.

        Args:
            tables: Note tables of the training split.
            labels: Head -> class of each note (onset), for each table; ``IGNORE_LABEL`` of none.
        """
        return self

    @abstractmethod
    def __call__(self, notes: NoteTable) -> dict[str, NDArray[Any]]:
        """Predict the notes, or the onset groups, of a score.

        Returns:
            Head -> class of each note, shape ``(num_notes,)``; of each onset group or of the piece,
            ``(1,)``, where the task asks for that.

        Raises:
            InputError: If the rule needs training and has none.
        """


RULES: Registry[type[Rule]] = Registry("rule", "musebench.models.rules")  # <target>/<name>

AnyRule = TypeVar("AnyRule", bound=type[Rule])


def register_rule(name: str, *targets: str) -> Callable[[AnyRule], AnyRule]:
    """Make a class a rule.

    Args:
        name: Name of the rule.
        targets: Names of the tasks, or of single boards, that it is for.

    Raises:
        InputError: If one of them has a rule of this name.
    """

    def register(rule: AnyRule) -> AnyRule:
        for target in targets:
            RULES.add(f"{target}/{name}", rule)
        return rule

    return register


def rules_of(task_or_board: str) -> dict[str, Rule]:
    """The rules of a task or board, by name.

    Raises:
        InputError: If there is neither.
    """
    board = BOARDS.get(task_or_board)
    task = board.task if board else TASKS.find(task_or_board)
    targets = {task_or_board, task.name}
    found = {}
    for key, rule in RULES.items():
        target, _, name = key.partition("/")
        if target in targets:
            found[name] = rule.for_task(task)
    return found


def nearest_spelling(
    midi_pitch: NDArray[np.int64], centre: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Spell pitches at their places nearest to a centre on the line of fifths.

    Of the twelve fifths ``centre - 5`` to ``centre + 6`` each pitch class has one.

    Args:
        midi_pitch: MIDI pitches. Shape ``(num_notes,)``.
        centre: Tonal pitch class, one or one for each note.

    Returns:
        Spelling class of each note, shape ``(num_notes,)``; with at most two accidentals.
    """
    fifths = 7 * midi_pitch  # a place on the line of fifths, up to multiples of 12
    return pitch.spelling_class(pitch.nearest_tpc(fifths, np.asarray(centre)))
