"""The command line over all of it. Sub-commands import what they need when they run."""

import sys

from musebench.errors import (
    DownloadError,
    IntegrityError,
    PredictionError,
    ScoreError,
    SubmissionError,
)

EXIT_USAGE, EXIT_VALIDATION, EXIT_NETWORK, EXIT_INTEGRITY = 2, 3, 4, 5


def main() -> None:
    """Run ``musebench``; errors that musebench foresees end in a sentence and an exit code."""
    from musebench.cli.app import app

    try:
        app()
    except (ModuleNotFoundError, OSError, ValueError) as error:
        code = _exit_code(error)
        if code is None:
            raise
        sys.stderr.write(f"musebench: {error}\n")
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """The code of an error; None: unforeseen.

    0 ok, 2 usage, 3 validation failed, 4 network, offline or nowhere to store a file, 5 integrity.
    """
    if isinstance(error, DownloadError):
        return EXIT_NETWORK
    if isinstance(error, IntegrityError):
        return EXIT_INTEGRITY
    if isinstance(error, PredictionError | ScoreError | SubmissionError):
        return EXIT_VALIDATION
    if isinstance(error, OSError) and error.filename is not None:
        return EXIT_USAGE  # it names the file
    needs_extra = isinstance(error, ModuleNotFoundError) and error.name == "matplotlib"
    return EXIT_USAGE if needs_extra or isinstance(error, ValueError) else None
