"""All errors that musebench raises on purpose, as one tree.

::

    MusebenchError
    ├── InputError             an argument, option, configuration or name that is not accepted
    ├── MissingDependencyError a package of an extra is not installed
    ├── DownloadError          a file cannot be downloaded; says how to get it by hand
    │   ├── OfflineError       it is not cached, and the network is forbidden
    │   └── StorageError       it cannot be written: says in which folder, why, and what to do
    ├── IntegrityError         a file differs from the one in the registry
    ├── ScoreError             a file cannot be read as a score: names the file and the reason
    │   └── EngravingError     a score cannot be engraved
    ├── IncompleteError        some scores of a folder cannot be read; the others are done
    ├── AnnotationError        an annotation does not fit its score
    ├── PredictionError        predictions do not fit the pieces they are for
    ├── SubmissionError        a submission does not pass
    ├── CheckpointError        a checkpoint is damaged or belongs to another model
    ├── NoPretrainedModelError no weights are installed for a task
    ├── BusyError              another process trains this run
    ├── ResumeError            a run cannot be resumed as asked
    ├── DivergedError          a loss became NaN or infinite
    └── ReleaseError           a run cannot be released

A score that has faults but can be read gives one ``ScoreWarning`` for each kind of fault that was
repaired or left out.

Each error is also the built-in exception that a caller would expect. Any other exception that
escapes from musebench is a bug and keeps its traceback.
"""

from collections.abc import Sequence

REPOSITORY = "musebench/musebench"  # on GitHub
ISSUES = f"https://github.com/{REPOSITORY}/issues"  # where a bug is reported


class MusebenchError(Exception):
    """Base of all errors that musebench raises on purpose; each has a sentence as its message."""


class InputError(MusebenchError, ValueError):
    """An argument, option, configuration or name that is not accepted: says what is."""


class MissingDependencyError(MusebenchError, ModuleNotFoundError):
    """A package of an extra is not installed: says how to install it."""


class DownloadError(MusebenchError, OSError):
    """A file cannot be downloaded: says how to get it by hand."""


class OfflineError(DownloadError):
    """A file is not cached, and the network is forbidden."""


class StorageError(DownloadError):
    """A file cannot be written: says in which folder, why, and what to do."""


class IntegrityError(MusebenchError, OSError):
    """A file differs from the one in the registry."""


class ScoreError(MusebenchError, ValueError):
    """A file that cannot be read as a score: names the file and the reason."""


class ScoreWarning(UserWarning):
    """What was repaired or left out while reading a score: names the file, place and number.

    Args:
        text: The sentence.
        what: What was done, without file, place and number; None: the sentence.
        times: How often.
    """

    def __init__(self, text: str, what: str | None = None, times: int = 1) -> None:
        super().__init__(text)
        self.what, self.times = text if what is None else what, times


class EngravingError(ScoreError):
    """A score that cannot be engraved."""


class IncompleteError(MusebenchError):
    """Some scores of a folder that cannot be read, while the others are done."""


class AnnotationError(MusebenchError, ValueError):
    """An annotation that does not fit its score."""


class PredictionError(MusebenchError, ValueError):
    """Predictions that do not fit the pieces they are for."""


class SubmissionError(MusebenchError, ValueError):
    """A submission that does not pass: says what is wrong with it.

    Args:
        message: The sentence.
        faults: One sentence per fault, if there are several.

    Attributes:
        faults: At least one sentence.
    """

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults) or (message,)


class CheckpointError(MusebenchError, ValueError):
    """A checkpoint that is damaged or belongs to another model."""


class NoPretrainedModelError(MusebenchError, ValueError):
    """There are no weights for a task: says how to get some."""


class BusyError(MusebenchError, ValueError):
    """Another process trains this run."""


class ResumeError(MusebenchError, ValueError):
    """A run that cannot be resumed as asked."""


class DivergedError(MusebenchError, ValueError):
    """A loss became NaN or infinite."""


class ReleaseError(MusebenchError, ValueError):
    """A run that cannot be released."""


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 file``, ``2 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
