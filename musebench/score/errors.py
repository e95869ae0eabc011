"""What goes wrong while a score is read, and the door by which it leaves this folder.

Inside, a reason not to read a file is a ``Refusal``, and what a reader mends or leaves out is
warned of by ``ScoreWarning``; both without the file's name, which ``naming`` adds.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from musebench.errors import InputError, MusebenchError, ScoreError, ScoreWarning


class Refusal(Exception):  # noqa: N818 (it never leaves this folder)
    """Why a file is not read, without the file's name; ``naming`` adds that."""


@contextmanager
def naming(
    file: str | Path, error_type: type[MusebenchError] = ScoreError, content: str = ""
) -> Iterator[None]:
    """Name the file in whatever is raised or warned of inside.

    Args:
        file: Path or address of the file.
        error_type: The error of the caller's floor.
        content: What the file should be, such as ``MusicXML``.

    Raises:
        error_type: Instead of a refusal, and of anything that a parser raises.
    """
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("ignore")  # partitura names every tag that it leaves out
        warnings.simplefilter("always", ScoreWarning)
        try:
            yield
        except (Refusal, InputError) as refusal:  # both are sentences
            msg = f"{file}: {str(refusal).removesuffix('.')}."
            raise error_type(msg) from refusal
        except MusebenchError:  # it says already what it is about
            raise
        except Exception as error:  # parsers raise what their parts raise; the user needs the file
            kind = f" as {content}" if content else ""
            msg = f"{file}: cannot be read{kind} ({type(error).__name__}: {str(error)[:300]})."
            raise error_type(msg) from error
    for message in (warning.message for warning in found):
        if isinstance(message, ScoreWarning):
            named = ScoreWarning(f"{file}: {message}.", message.what, message.times)
            # Told at the line that called the reader: above are this, contextlib and the reader.
            warnings.warn(named, stacklevel=4)
