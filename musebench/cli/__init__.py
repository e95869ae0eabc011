"""The command line over all of it. Sub-commands import what they need when they run."""

import codecs
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from musebench.errors import (
    ISSUES,
    DownloadError,
    IncompleteError,
    IntegrityError,
    MusebenchError,
    PredictionError,
    ScoreError,
    SubmissionError,
)
from musebench.files import FULL, printable

EXIT_USAGE, EXIT_VALIDATION, EXIT_NETWORK, EXIT_INTEGRITY, EXIT_INCOMPLETE = 2, 3, 4, 5, 6
EXIT_BUG = 70


def main() -> None:
    """Run ``musebench``; errors that musebench reports on purpose end in a sentence and a code.

    Anything else is a bug: it keeps its traceback.
    """
    _write_any_name()
    with warnings.catch_warnings():
        warnings.showwarning = _OneLine()
        with _log_lines():
            _run()


def _run() -> None:
    try:
        from musebench.cli.app import app

        app(prog_name="musebench")
    except MusebenchError as error:
        _say(str(error))
        sys.exit(_exit_code(error))
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            _drop_output()  # what writes files names them
            _say(f"the output cannot be written ({error.strerror}).")
            sys.exit(EXIT_NETWORK)
        traceback.print_exc()
        _say(f"this is a bug. Please report it, with the lines above, at {ISSUES}")
        sys.exit(EXIT_BUG)


def _exit_code(error: MusebenchError) -> int:
    """The code of an error.

    0 ok, 2 usage, 3 validation failed, 4 network, offline or nowhere to store a file, 5 integrity,
    6 some of several scores could not be read.
    """
    if isinstance(error, DownloadError):
        return EXIT_NETWORK
    if isinstance(error, IntegrityError):
        return EXIT_INTEGRITY
    if isinstance(error, IncompleteError):
        return EXIT_INCOMPLETE
    if isinstance(error, PredictionError | ScoreError | SubmissionError):
        return EXIT_VALIDATION
    return EXIT_USAGE


class _OneLine:
    """Shows each warning once, as one line without the place in the source."""

    def __init__(self) -> None:
        self.shown: set[str] = set()

    def __call__(self, message: Warning | str, *_: Any, **__: Any) -> None:
        """Show a warning, as ``warnings.showwarning`` is called."""
        text = str(message)
        if text not in self.shown:
            self.shown.add(text)
            _say(f"warning: {text}")


class _Lines(logging.Handler):
    """Prints log messages of musebench to standard error, one per line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        kind = "warning: " if record.levelno >= logging.WARNING else ""
        _say(f"{kind}{record.getMessage()}")


@contextmanager
def _log_lines() -> Iterator[None]:
    logger, handler = logging.getLogger("musebench"), _Lines()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _say(sentence: str) -> None:
    with suppress(OSError):  # standard error may be full, too
        sys.stderr.write(f"musebench: {printable(sentence, kept=chr(10))}\n")


def _write_any_name() -> None:
    """Print every file name, also one that is not UTF-8."""
    codecs.register_error("musebench", _bytes_of)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="musebench")


def _bytes_of(error: UnicodeError) -> tuple[bytes, int]:
    """Encode what the terminal cannot: raw bytes of a file name stay, others are escaped."""
    assert isinstance(error, UnicodeEncodeError)
    bad = error.object[error.start : error.end]
    try:
        return bad.encode("ascii", "surrogateescape"), error.end
    except UnicodeEncodeError:
        return bad.encode("ascii", "backslashreplace"), error.end


def _drop_output() -> None:
    """Discard what is still buffered: standard output is closed."""
    with suppress(OSError, ValueError):  # in a notebook it is not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
