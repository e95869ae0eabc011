"""The command line over all of it. Sub-commands import what they need when they run."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer import Typer

EXIT_USAGE, EXIT_VALIDATION, EXIT_NETWORK, EXIT_INTEGRITY = 2, 3, 4, 5


def load_app() -> "Typer":
    """The command line with all its commands."""
    from musebench.cli import cards  # noqa: F401 (registers its commands)
    from musebench.cli.app import app

    return app


def main() -> None:
    """Run ``musebench``; errors that musebench foresees end in a sentence and an exit code."""
    app = load_app()
    try:
        app()
    except (OSError, ValueError) as error:
        code = _exit_code(error)
        if code is None:
            raise
        sys.stderr.write(f"musebench: {error}\n")
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """The code of an error; None: unforeseen.

    0 ok, 2 usage, 3 validation failed, 4 network, offline or nowhere to store a file, 5 integrity.
    """
    from musebench.corpora import DownloadError, IntegrityError
    from musebench.evaluation import PredictionError
    from musebench.score import ScoreError

    if isinstance(error, DownloadError):
        return EXIT_NETWORK
    if isinstance(error, IntegrityError):
        return EXIT_INTEGRITY
    if isinstance(error, PredictionError | ScoreError):
        return EXIT_VALIDATION
    return EXIT_USAGE if isinstance(error, ValueError) else None
